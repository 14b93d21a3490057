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

-- Legacy group windows and their helper functions.
SELECT TUMBLE_START(ts, INTERVAL '5' MINUTE) AS s, TUMBLE_END(ts, INTERVAL '5' MINUTE) AS e,
  TUMBLE_ROWTIME(ts, INTERVAL '5' MINUTE) AS r, page, COUNT(*) AS n
FROM clicks GROUP BY TUMBLE(ts, INTERVAL '5' MINUTE), page HAVING COUNT(*) > 1;
SELECT COUNT(*) FROM clicks GROUP BY TUMBLE(ts, INTERVAL '1' DAY);
