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
