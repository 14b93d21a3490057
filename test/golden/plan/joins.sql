-- Flink's documentation, "Interval Joins", as it stands there, and the bounds it says are good ones.
CREATE TABLE Orders (id BIGINT, order_time TIMESTAMP(3), amount INT, WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND)
WITH ('connector' = 'datagen');
CREATE TABLE Shipments (order_id BIGINT, ship_time TIMESTAMP(3), WATERMARK FOR ship_time AS ship_time - INTERVAL '5' SECOND)
WITH ('connector' = 'datagen');

SELECT *
FROM Orders o, Shipments s
WHERE o.id = s.order_id
AND o.order_time BETWEEN s.ship_time - INTERVAL '4' HOUR AND s.ship_time;

SELECT o.id FROM Orders o JOIN Shipments s ON o.id = s.order_id AND order_time = ship_time;

SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id
AND order_time >= ship_time AND order_time < ship_time + INTERVAL '10' MINUTE AND s.order_id > 3;

SELECT o.id FROM Orders o FULL JOIN Shipments s ON o.id = s.order_id
AND order_time BETWEEN ship_time - INTERVAL '10' SECOND AND ship_time + INTERVAL '5' SECOND;

-- a window of a joined row's time
SELECT window_start, COUNT(*) FROM TUMBLE((SELECT order_time, ship_time FROM Orders o, Shipments s WHERE o.id = s.order_id
AND order_time BETWEEN ship_time - INTERVAL '10' SECOND AND ship_time + INTERVAL '5' SECOND), DESCRIPTOR(ship_time), INTERVAL '1' MINUTE)
GROUP BY window_start, window_end;

-- Flink's documentation, "Window JOIN": outer, semi and anti joins
CREATE TABLE LeftTable (row_time TIMESTAMP(3), num INT, id STRING, WATERMARK FOR row_time AS row_time - INTERVAL '1' SECOND)
WITH ('connector' = 'datagen');
CREATE TABLE RightTable (row_time TIMESTAMP(3), num INT, id STRING, WATERMARK FOR row_time AS row_time - INTERVAL '1' SECOND)
WITH ('connector' = 'datagen');

SELECT L.num as L_Num, L.id as L_Id, R.num as R_Num, R.id as R_Id,
            COALESCE(L.window_start, R.window_start) as window_start,
            COALESCE(L.window_end, R.window_end) as window_end
            FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE LeftTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) L
            FULL JOIN (
                SELECT * FROM TABLE(TUMBLE(TABLE RightTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) R
            ON L.num = R.num AND L.window_start = R.window_start AND L.window_end = R.window_end;

SELECT *
            FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE LeftTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) L WHERE L.num IN (
              SELECT num FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE RightTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
              ) R WHERE L.window_start = R.window_start AND L.window_end = R.window_end);

SELECT *
            FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE LeftTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) L WHERE EXISTS (
              SELECT * FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE RightTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
              ) R WHERE L.num = R.num AND L.window_start = R.window_start AND L.window_end = R.window_end);

SELECT *
            FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE LeftTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) L WHERE L.num NOT IN (
              SELECT num FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE RightTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
              ) R WHERE L.window_start = R.window_start AND L.window_end = R.window_end);

SELECT *
            FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE LeftTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
            ) L WHERE NOT EXISTS (
              SELECT * FROM (
                SELECT * FROM TABLE(TUMBLE(TABLE RightTable, DESCRIPTOR(row_time), INTERVAL '5' MINUTES))
              ) R WHERE L.num = R.num AND L.window_start = R.window_start AND L.window_end = R.window_end);
