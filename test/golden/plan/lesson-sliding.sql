-- The lesson's moving average over hopping windows, as written.
CREATE TABLE clickstream (
  action STRING,
  event_timestamp TIMESTAMP(3),
  WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clickstream', 'format' = 'json');
SELECT window_start, window_end, action, COUNT(*) AS event_count,
  AVG(COUNT(*)) OVER (ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving_avg_3window
FROM TABLE(HOP(TABLE clickstream, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE))
GROUP BY window_start, window_end, action;
