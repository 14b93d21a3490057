CREATE TABLE clicks (
  user_id BIGINT,
  page STRING,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

-- Spark's window, tumbling and sliding.
SELECT window.start, window.end, page, COUNT(*) AS n FROM clicks GROUP BY window(ts, '5 minutes'), page;
SELECT window.start AS s, window(ts, '10 minutes', '1 minute').end AS e, window_time(window) AS t, COUNT(DISTINCT user_id) AS users
FROM clicks GROUP BY window(ts, '10 minutes', '1 minute') HAVING window.start > TIMESTAMP '2024-05-01 00:00:00';
SELECT window.start, COUNT(*) FROM clicks GROUP BY window(ts, 'interval 1 hour 30 minutes', INTERVAL '30' MINUTE, '-5 minutes');
-- Under another name, through a subquery; grouped again.
SELECT w.start, w.`end`, n FROM (SELECT window(ts, '1 week') AS w, COUNT(*) AS n FROM clicks GROUP BY window(ts, '1 week')) AS weeks WHERE w.end > TIMESTAMP '2024-05-01 00:00:00';
SELECT w.start, AVG(n) OVER (ORDER BY w.end ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving
FROM (SELECT window AS w, COUNT(*) AS n FROM clicks GROUP BY window(ts, '10 seconds', '5 seconds'));
SELECT w.start, MAX(n) FROM (SELECT window AS w, window.start AS window_start, window.end AS window_end, page, COUNT(*) AS n FROM clicks GROUP BY window(ts, '10 seconds'), page)
GROUP BY w.start, w.end;
SELECT window_start, MAX(w.start) AS latest, SUM(n) FROM TABLE(TUMBLE(TABLE (
  SELECT window AS w, window_time(window) AS t, COUNT(*) AS n FROM clicks GROUP BY window(ts, '10 seconds')), DESCRIPTOR(t), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end;
