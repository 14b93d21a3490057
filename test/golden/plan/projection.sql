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

-- A filter, computed columns, a projection: no window at all.
SELECT user_id, page || '/' || action AS what, amount * visits AS paid, ts + INTERVAL '1' DAY AS tomorrow,
  EXTRACT(HOUR FROM ts) AS h, FLOOR(ts TO HOUR) AS hour_start, TIMESTAMPDIFF(MINUTE, ts, TIMESTAMP '2024-05-01 00:00:00') AS d,
  COALESCE(page, 'none'), NULLIF(visits, 0), IF(visits > 1, price, 0), CAST('12.5' AS DECIMAL(5, 1)), TRY_CAST(page AS INT) AS n
FROM clicks AS c
WHERE c.user_id = 7 AND ts >= TIMESTAMP '2024-01-01 00:00:00' AND price > visits;
