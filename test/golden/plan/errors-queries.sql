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

CREATE TABLE plain (page STRING, ts TIMESTAMP(3)) WITH ('connector' = 'datagen');
CREATE TABLE sink (page STRING, n BIGINT) WITH ('connector' = 'print');
-- Group by.
SELECT page, COUNT(*) FROM clicks GROUP BY page;
SELECT COUNT(*) FROM clicks;
SELECT window_start, page, action, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, page;
SELECT window_start, SUM(COUNT(*)), user_id + 1 FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
SELECT window_start, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start;
SELECT UPPER(page) AS p, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, p;
SELECT COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, 1;
SELECT SUM(page), COUNT(user_id, page), APPROX_COUNT_DISTINCT(page, 30), SUM(DISTINCT visits), COUNT(*) FILTER (WHERE visits), UPPER(DISTINCT page)
FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
SELECT COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end HAVING page = 'x' AND user_id;
SELECT page FROM clicks HAVING page = 'x';
SELECT DISTINCT page FROM clicks;
-- Windows.
SELECT * FROM TUMBLE(TABLE plain, DESCRIPTOR(ts), INTERVAL '1' MINUTE);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(page), INTERVAL '1' MINUTE);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(tss), INTERVAL '1' MINUTE);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MONTH);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '0' MINUTE);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '2' MINUTE);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), 60);
SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts));
SELECT * FROM TUMBLE(TABLE (SELECT ts + INTERVAL '1' DAY AS ts FROM clicks), DESCRIPTOR(ts), INTERVAL '1' MINUTE);
SELECT COUNT(*) FROM plain GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE), COUNT(*) FROM clicks GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE);
SELECT TUMBLE_START(ts, INTERVAL '2' MINUTE) FROM clicks;
SELECT COUNT(*) FROM clicks GROUP BY SESSION(ts, INTERVAL '1' MINUTE);
SELECT n FROM (SELECT window_start AS s, COUNT(*) AS n FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end) GROUP BY n;
-- Sinks.
INSERT INTO sink SELECT page FROM clicks;
INSERT INTO sink SELECT user_id, page FROM clicks;
INSERT INTO sink (n, n) SELECT 1, 2 FROM clicks;
INSERT INTO sink (m) SELECT 1 FROM clicks;
INSERT INTO plain SELECT page, ts FROM clicks;
INSERT INTO snik SELECT page, 1 FROM clicks;
SELECT * FROM sink;
-- Not in this release.
SELECT a.page FROM clicks AS a JOIN clicks AS b ON a.page = b.page;
SELECT page FROM clicks UNION ALL SELECT action FROM clicks;
SELECT page FROM clicks ORDER BY page LIMIT 10;
INSERT INTO sink VALUES ('a', 1);
CREATE VIEW broken AS SELECT nope FROM clicks;
SELECT whatever FROM broken;
-- Names from elsewhere, columns that cannot be written or shown.
SELECT window_start, page AS p FROM clicks WHERE p = 'x';
CREATE TABLE in_place (page STRING, `offset` BIGINT METADATA, tags ARRAY<STRING>) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json');
INSERT INTO in_place (page) SELECT page FROM clicks;
SELECT tags FROM in_place;
