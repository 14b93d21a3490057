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
-- Rules that are easy to forget.
CREATE VIEW two (a) AS SELECT page, action FROM clicks;
CREATE VIEW twice AS SELECT page, page FROM clicks;
CREATE VIEW plain AS SELECT page, ts AS event_time FROM clicks;
SELECT page FROM plain /*+ OPTIONS('scan.startup.mode' = 'x') */;
INSERT INTO plain SELECT page, ts FROM clicks;
SELECT nothing.page, ABS(*), DESCRIPTOR(ts) FROM clicks;
SELECT * FROM TUMBLE(DATA => TABLE clicks, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' MINUTE);
SELECT * FROM TUMBLE(clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE);
SELECT * FROM TUMBEL(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE);
SELECT * FROM TUMBLE(TABLE (SELECT * FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)), DESCRIPTOR(window_time), INTERVAL '5' MINUTE);
CREATE TABLE strict (page STRING NOT NULL, n INT) WITH ('connector' = 'print');
INSERT INTO strict (n) SELECT visits FROM clicks;
SELECT window_start, MAX(window_end) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
SELECT COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) WHERE window_end > ts GROUP BY window_start, window_end;
SELECT COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, TIMESTAMPDIFF(SECOND, window_start, ts);
SELECT window_end, page, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, page ORDER BY page;
SELECT window_end, COUNT(*) AS n FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end ORDER BY window_end DESC;
WITH w AS (SELECT page FROM clicks), w AS (SELECT page FROM clicks) SELECT page FROM w;
-- Right: the time attribute passes through a view under another name.
SELECT COUNT(*) FROM TUMBLE(TABLE plain, DESCRIPTOR(event_time), INTERVAL '1' MINUTE) GROUP BY window_start, window_end;
