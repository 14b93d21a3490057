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

-- Every aggregate, FILTER, DISTINCT, expressions over aggregates and keys, HAVING.
SELECT window_start, UPPER(page) AS p, CASE WHEN visits > 3 THEN 'many' ELSE 'few' END AS size_class,
  COUNT(*) n, COUNT(user_id) users, COUNT(DISTINCT user_id) AS u, SUM(visits) AS v, SUM(amount) AS total, AVG(amount) AS mean,
  AVG(visits), MIN(page), MAX(ts) AS last, STDDEV_POP(price), VARIANCE(price) AS var,
  APPROX_COUNT_DISTINCT(user_id) AS au, APPROX_COUNT_DISTINCT(user_id, 14) AS au14,
  COUNT(*) FILTER (WHERE action = 'buy') AS buys,
  CAST(COUNT(*) FILTER (WHERE action = 'buy') AS DOUBLE) / COUNT(*) AS rate,
  SUM(amount) / COUNT(*) + 1 AS x, window_time, window_end
FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '15' MINUTES)
WHERE price BETWEEN 1 AND 100 AND page NOT IN ('a', 'b') AND (action LIKE 'b%' OR action IS NULL)
GROUP BY window_start, window_end, UPPER(page), CASE WHEN visits > 3 THEN 'many' ELSE 'few' END
HAVING COUNT(*) > 10 AND window_start > '2024-05-01' AND SUM(visits) > 3;
