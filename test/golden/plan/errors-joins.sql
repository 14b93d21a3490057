CREATE TABLE Orders (id BIGINT, order_time TIMESTAMP(3), amount INT, WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE Shipments (order_id BIGINT, ship_time TIMESTAMP(3), WATERMARK FOR ship_time AS ship_time - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
-- one bound, no bound, bounds the wrong way round, a month, a comparison of both sides
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND ship_time >= order_time;
SELECT o.id FROM Orders o JOIN Shipments s ON o.id = s.order_id AND ship_time >= order_time;
SELECT o.id FROM Orders o FULL JOIN Shipments s ON o.id = s.order_id;
SELECT o.id FROM Orders o JOIN Shipments s ON o.id = s.order_id AND ship_time BETWEEN order_time AND order_time - INTERVAL '1' HOUR;
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND ship_time BETWEEN order_time AND order_time + INTERVAL '1' MONTH;
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND amount > s.order_id AND ship_time = order_time;
-- times that are no event times, in no order, in a window that is not grouped
CREATE VIEW j AS SELECT o.id, order_time, ship_time FROM Orders o JOIN Shipments s ON o.id = s.order_id AND order_time = ship_time;
CREATE VIEW k AS SELECT o.id, order_time, ship_time FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND order_time = ship_time;
SELECT COUNT(*) FROM TUMBLE(TABLE k, DESCRIPTOR(order_time), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
SELECT COUNT(*) OVER (ORDER BY order_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM j;
SELECT * FROM TUMBLE(TABLE j, DESCRIPTOR(order_time), INTERVAL '1' MINUTE);
-- late rows that go elsewhere
SELECT o.id FROM Orders o JOIN Shipments /*+ OPTIONS('late.policy' = 'update', 'late.allowed' = '1 min') */ s ON o.id = s.order_id AND ship_time = order_time;
-- IN and EXISTS: of no window, of other windows, between ORs, of more than a query can be, of what is compared beside equalities, of NULLs
CREATE VIEW o AS SELECT * FROM TUMBLE(TABLE Orders, DESCRIPTOR(order_time), INTERVAL '1' MINUTE);
CREATE VIEW s AS SELECT * FROM TUMBLE(TABLE Shipments, DESCRIPTOR(ship_time), INTERVAL '1' MINUTE);
CREATE VIEW s2 AS SELECT * FROM TUMBLE(TABLE Shipments, DESCRIPTOR(ship_time), INTERVAL '2' MINUTE);
CREATE VIEW h AS SELECT * FROM HOP(TABLE Shipments, DESCRIPTOR(ship_time), INTERVAL '1' MINUTE, INTERVAL '5' MINUTE);
SELECT id FROM Orders WHERE id IN (SELECT order_id FROM Shipments);
SELECT id FROM o WHERE id IN (SELECT order_id FROM s);
SELECT id FROM o WHERE EXISTS (SELECT * FROM s2 WHERE o.window_start = s2.window_start AND o.window_end = s2.window_end);
SELECT order_id FROM h AS a WHERE EXISTS (SELECT * FROM h AS b WHERE a.window_start = b.window_start AND a.window_end = b.window_end);
SELECT id FROM o WHERE amount > 3 OR EXISTS (SELECT * FROM s WHERE o.window_start = s.window_start AND o.window_end = s.window_end);
SELECT id IN (SELECT order_id FROM s) FROM o;
SELECT id FROM o WHERE id IN (SELECT COUNT(*) FROM s WHERE o.window_end = s.window_end);
SELECT id FROM o WHERE id IN (SELECT order_id, ship_time FROM s WHERE o.window_end = s.window_end);
SELECT id FROM o WHERE id IN (SELECT * FROM s WHERE o.window_end = s.window_end);
SELECT id FROM o WHERE id IN (SELECT order_id FROM s WHERE o.window_end = s.window_end AND s.ship_time > o.order_time);
SELECT id FROM o WHERE id NOT IN (SELECT order_id FROM s WHERE o.window_end = s.window_end AND o.amount > 3);
SELECT id FROM o WHERE id NOT IN (SELECT order_id FROM s WHERE o.window_end = s.window_end AND s.ship_time = o.order_time);
SELECT id FROM o WHERE id IN (SELECT orderid FROM s WHERE o.window_end = s.window_end);
SELECT id FROM o WHERE id IN (SELECT order_id FROM s WHERE o.window_ende = s.window_end);
