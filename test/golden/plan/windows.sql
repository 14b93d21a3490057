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

-- A bare window function: nothing is aggregated, nothing is late.
SELECT page, window_start, window_time FROM TABLE(TUMBLE(DATA => TABLE clicks, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '5' MINUTE))
WHERE page = 'home' AND window_end > TIMESTAMP '2024-05-01 00:00:00';
-- A group over filtered window rows is a window aggregate all the same.
SELECT window_start, COUNT(*) FROM (
  SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '-1' MINUTE)
  WHERE page = 'home' AND window_end > TIMESTAMP '2024-05-01 00:00:00'
) GROUP BY window_start, window_end;
SELECT DISTINCT window_start, window_end, page FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE);
SELECT window_end, page, COUNT(*) AS n FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE)
GROUP BY window_start, window_end, page ORDER BY window_end, page;
