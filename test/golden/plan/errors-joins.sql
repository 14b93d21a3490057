CREATE TABLE Orders (id BIGINT, order_time TIMESTAMP(3), amount INT, WATERMARK FOR order_time AS order_time - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
CREATE TABLE Shipments (order_id BIGINT, ship_time TIMESTAMP(3), WATERMARK FOR ship_time AS ship_time - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 't', 'format' = 'json');
-- one bound, no bound, bounds the wrong way round, a month, a condition on the side whose rows all leave
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND ship_time >= order_time;
SELECT o.id FROM Orders o JOIN Shipments s ON o.id = s.order_id AND ship_time >= order_time;
SELECT o.id FROM Orders o FULL JOIN Shipments s ON o.id = s.order_id;
SELECT o.id FROM Orders o JOIN Shipments s ON o.id = s.order_id AND ship_time BETWEEN order_time AND order_time - INTERVAL '1' HOUR;
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND ship_time BETWEEN order_time AND order_time + INTERVAL '1' MONTH;
SELECT o.id FROM Orders o LEFT JOIN Shipments s ON o.id = s.order_id AND amount > 3 AND ship_time = order_time;
-- times that are no event times
SELECT COUNT(*) FROM TUMBLE((SELECT o.order_time AS ts FROM Orders o JOIN Shipments s ON o.id = s.order_id AND order_time = ship_time), DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
-- late rows that go elsewhere
SELECT o.id FROM Orders o JOIN Shipments /*+ OPTIONS('late.policy' = 'update', 'late.allowed' = '1 min') */ s ON o.id = s.order_id AND ship_time = order_time;
