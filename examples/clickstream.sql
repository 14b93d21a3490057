-- Clicks on a shop's pages, counted in windows of one minute.
--
--   millrace demo                          runs this file and serves the view
--   millrace run examples/clickstream.sql  does so without HTTP
--
-- The generator makes 1,000 clicks a second of event time, shuffled within 5 s, one in a thousand later than that. It
-- runs sixty times faster than the clock, so a window closes every second.

CREATE TABLE clicks (
  user_id BIGINT,
  page STRING,
  action STRING,
  event_timestamp TIMESTAMP(3),
  session_id STRING,
  device STRING,
  country STRING,
  event_id STRING,
  session_duration INT,
  WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
) WITH (
  'connector' = 'datagen',
  'kind' = 'clickstream',
  'seed' = '42',
  'partitions' = '4',
  'events-per-second' = '1000',
  'rows-per-second' = '60000'
);

-- Every page, for `curl` and the browser.
CREATE MATERIALIZED VIEW page_counts AS
SELECT
  window_start,
  window_end,
  page,
  COUNT(*) AS clicks,
  COUNT(DISTINCT user_id) AS users,
  APPROX_COUNT_DISTINCT(user_id) AS users_approx
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, page;

-- The busiest pages, for the terminal.
SELECT
  window_start,
  page,
  COUNT(*) AS clicks,
  COUNT(DISTINCT user_id) AS users,
  APPROX_COUNT_DISTINCT(user_id) AS users_approx
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, page
HAVING COUNT(*) >= 1000;
