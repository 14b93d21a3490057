CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts)
WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE VIEW per_page AS
SELECT window_start, window_end, window_time, page, COUNT(*) AS n FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, window_time, page;
SELECT SUM(n) OVER (ORDER BY window_time ROWS 1 PRECEDING) AS two, MAX(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 5 PRECEDING AND 1 PRECEDING) AS five,
  COUNT(*) OVER (ORDER BY window_time ROWS 1 PRECEDING) FROM per_page;
SELECT page, n - LAG(n, 1, 0) OVER (PARTITION BY page ORDER BY window_time) AS change FROM per_page;
SELECT page, LEAD(n, 2) OVER (PARTITION BY page ORDER BY window_time) FROM per_page;
SELECT page, RANK() OVER (ORDER BY window_time) AS place, DENSE_RANK() OVER (ORDER BY window_time) FROM per_page;
SELECT page FROM (SELECT page, ROW_NUMBER() OVER (PARTITION BY page ORDER BY window_time) AS rn FROM per_page) WHERE rn = 1;
SELECT window_start, user_id, rk FROM (
  SELECT *, RANK() OVER (PARTITION BY window_start, window_end, page ORDER BY user_id DESC) AS rk
  FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE))) WHERE rk <= 3;
SELECT page, SUM(user_id) OVER (PARTITION BY page ORDER BY ts RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW) AS ten FROM clicks WHERE user_id > 3;
SELECT ts, page FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY ts) AS rn FROM clicks) WHERE rn = 1;
SELECT page, user_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY ts DESC) AS rn FROM clicks) WHERE rn = 1;
SELECT page, n, rn FROM (SELECT page, COUNT(*) AS n, ROW_NUMBER() OVER (ORDER BY COUNT(*) DESC, page) AS rn FROM clicks GROUP BY page) WHERE rn <= 10;
SELECT page, COUNT(*) OVER (PARTITION BY page ORDER BY window_end RANGE BETWEEN INTERVAL '1' HOUR PRECEDING AND CURRENT ROW) FROM per_page;
