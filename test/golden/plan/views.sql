CREATE TABLE clicks (
  user_id BIGINT,
  page STRING,
  action STRING,
  amount DECIMAL(10, 2),
  price DOUBLE,
  visits INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

-- Views and subqueries are written out; what nothing reads is not read.
CREATE VIEW bought AS SELECT user_id AS id, page, ts, amount, price * 2 AS double_price FROM clicks WHERE action = 'buy';
CREATE TEMPORARY VIEW per_page (page, started, n, total) AS
  SELECT page, window_start, COUNT(*), SUM(amount) FROM TABLE(TUMBLE(TABLE bought, DESCRIPTOR(ts), INTERVAL '10' MINUTE))
  GROUP BY page, window_start, window_end;
WITH big AS (SELECT * FROM per_page WHERE n > 5)
SELECT page, total / n AS mean FROM (SELECT * FROM big WHERE started > '2024-05-01 00:00:00') AS b WHERE b.page <> '';
