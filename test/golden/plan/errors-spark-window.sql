CREATE TABLE clicks (
  page STRING,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');
CREATE TABLE sink (page STRING, n BIGINT) WITH ('connector' = 'print');

SELECT COUNT(*) FROM clicks GROUP BY window(ts);
SELECT COUNT(*) FROM clicks GROUP BY window(page, '5 minutes');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '5 parsecs');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '5');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 month');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '0 seconds');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 day', '10 milliseconds');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 minute', '10 seconds', '2 minutes', '1 minute');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 minute', 5);
SELECT window, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute');
INSERT INTO sink SELECT window, 1 FROM clicks GROUP BY window(ts, '1 minute');
SELECT window.middle, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute');
SELECT window.start.second, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute');
SELECT window(ts, '2 minutes').start, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute');
SELECT window_time(page), COUNT(*) FROM clicks GROUP BY window(ts, '1 minute'), page;
SELECT MAX(window.start), COUNT(window) FROM clicks GROUP BY window(ts, '1 minute');
SELECT window.start FROM clicks;
SELECT window(ts, '1 minute').start FROM clicks WHERE window(ts, '1 minute').end IS NULL;
SELECT COUNT(*) FROM clicks GROUP BY session_window(ts, '1 minute');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 minute'), window(ts, '2 minutes');
SELECT COUNT(*), HOP_START(ts, INTERVAL '1' MINUTE) FROM clicks GROUP BY window(ts, '1 minute');
SELECT COUNT(*) FROM clicks GROUP BY window(ts, '1 minute'), page HAVING window = page;
SELECT DISTINCT window(ts, '1 minute') FROM clicks;
SELECT COUNT(*) FROM clicks GROUP BY window(DISTINCT ts, '1 minute');
SELECT COUNT(*) FROM clicks GROUP BY HOP(ts, INTERVAL '1' MINUTE, INTERVAL '1' HOUR) FILTER (WHERE TRUE);
SELECT COUNT(*) FROM clicks GROUP BY TUMBLE(*);
SELECT COUNT(*) FROM clicks GROUP BY window(time => ts, size => '1 minute');
SELECT UPPER(page) AS p, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute'), page HAVING p = 'A';
