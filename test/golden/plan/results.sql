CREATE TABLE clicks (user_id BIGINT, page STRING, action STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

CREATE VIEW per_page AS
SELECT window_start, window_end, window_time, page, COUNT(*) AS n, COUNT(DISTINCT user_id) AS users
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, window_time, page;

-- an aggregate of aggregates, in the same windows; users is not read and not computed
SELECT window_start, window_end, MAX(n) AS most, COUNT(*) AS pages FROM per_page GROUP BY window_start, window_end HAVING COUNT(*) > 1;

-- a moving average in the grouped SELECT itself
SELECT window_start, page, AVG(COUNT(*)) OVER (PARTITION BY page ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, page;

-- the portable form, with a condition on the result and a WHERE below it
SELECT page, window_end, moving / 2 AS half FROM (
  SELECT page, window_end, SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS 3 PRECEDING) AS moving FROM per_page WHERE n > 1
) WHERE moving > 10;

-- OVER on OVER, two calls in one frame, FILTER and DISTINCT
SELECT window_time, MAX(total) OVER (ORDER BY window_time ROWS BETWEEN 9 PRECEDING AND CURRENT ROW) AS top FROM (
  SELECT window_time, COUNT(DISTINCT page) FILTER (WHERE n > 2) OVER (ORDER BY window_time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS pages,
         SUM(n) OVER (ORDER BY window_time ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS total
  FROM per_page);

-- legacy windows
SELECT TUMBLE_START(ts, INTERVAL '1' HOUR) AS h, COUNT(*) AS n, SUM(COUNT(*)) OVER (ORDER BY TUMBLE_ROWTIME(ts, INTERVAL '1' HOUR) ROWS BETWEEN 23 PRECEDING AND CURRENT ROW) AS day_total
FROM clicks GROUP BY TUMBLE(ts, INTERVAL '1' HOUR);

-- windows of windows
SELECT window_start, window_end, SUM(n) FROM TABLE(TUMBLE(TABLE (
  SELECT window_time, COUNT(*) AS n FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE)) GROUP BY window_start, window_end, window_time
), DESCRIPTOR(window_time), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;

-- the busiest pages of every minute; the number in a comparison of either form
SELECT window_start, page, rn FROM (
  SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, page) AS rn FROM per_page
) WHERE rn <= 3;
SELECT * FROM (SELECT window_end, page, users, ROW_NUMBER() OVER (PARTITION BY window_end, n % 2 ORDER BY users DESC NULLS FIRST) AS rn FROM per_page WHERE n > 1)
WHERE 2 > rn AND page <> 'home';
SELECT window_end, page, n FROM (
  SELECT window_end, page, COUNT(*) AS n, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY COUNT(*) DESC, page) AS rn
  FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)) GROUP BY window_start, window_end, page
) WHERE rn = 1;

-- a running total
SELECT window_end, page, SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far FROM per_page;
