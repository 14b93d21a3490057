CREATE TABLE clicks (
  user_id BIGINT,
  page STRING,
  price DOUBLE,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

-- Windows that overlap: by position, by name, with and without TABLE(…).
SELECT window_start, window_end, page, AVG(price) AS average
FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE))
GROUP BY window_start, window_end, page;
SELECT window_end, COUNT(*) FROM HOP(DATA => TABLE clicks, TIMECOL => DESCRIPTOR(ts), SLIDE => INTERVAL '1' MINUTE, SIZE => INTERVAL '10' MINUTE)
GROUP BY window_start, window_end;
SELECT window_end, COUNT(*) FROM CUMULATE(SIZE => INTERVAL '1' DAY, STEP => INTERVAL '1' HOUR, `OFFSET` => INTERVAL '-2' HOUR, TIMECOL => DESCRIPTOR(ts), DATA => TABLE clicks)
GROUP BY window_start, window_end;
SELECT window_start, window_end, window_time, page, COUNT(*) AS n
FROM TABLE(CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' DAY))
WHERE window_end > TIMESTAMP '2024-05-01 00:00:00' AND price > 1
GROUP BY window_start, window_end, window_time, page HAVING COUNT(*) > 2;
-- A slide that does not divide the size, one beyond the size, an offset beyond the slide.
SELECT COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND) GROUP BY window_start, window_end;
SELECT COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '10' MINUTE) GROUP BY window_start, window_end;
SELECT COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '1' HOUR, INTERVAL '-7' MINUTE) GROUP BY window_start, window_end;
-- One window a row is tumbling, whatever it is called; so it needs no GROUP BY.
SELECT window_start, page FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '5' MINUTE);
SELECT COUNT(*) FROM CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' MINUTE, INTERVAL '5' MINUTE) GROUP BY window_start, window_end;
-- Through a subquery, and distinct.
SELECT page, COUNT(DISTINCT user_id) AS users FROM (
  SELECT * FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '1' MINUTE) WHERE page <> 'home'
) GROUP BY window_start, window_end, page;
SELECT DISTINCT window_start, window_end, page FROM CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '30' SECOND, INTERVAL '1' MINUTE);
-- Named by GROUP BY.
SELECT HOP_START(ts, INTERVAL '1' MINUTE, INTERVAL '10' MINUTE) AS s, HOP_END(ts, INTERVAL '1' MINUTE, INTERVAL '10' MINUTE) AS e,
  HOP_ROWTIME(ts, INTERVAL '1' MINUTE, INTERVAL '10' MINUTE) AS r, page, COUNT(*) AS n
FROM clicks GROUP BY HOP(ts, INTERVAL '1' MINUTE, INTERVAL '10' MINUTE), page;
