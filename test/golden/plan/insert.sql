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

-- INSERT: positions, column lists, implicit casts, columns left out.
CREATE TABLE out_all (
  n DOUBLE, code VARCHAR(3), total DECIMAL(20, 4), day_of DATE, note STRING, c AS n + 1,
  `timestamp` TIMESTAMP_LTZ(3) METADATA, `partition` INT METADATA VIRTUAL
) WITH ('connector' = 'kafka', 'topic' = 'out', 'format' = 'json');
CREATE TABLE seen (x INT) WITH ('connector' = 'blackhole');
EXECUTE STATEMENT SET BEGIN
  INSERT INTO out_all SELECT visits, page, amount, ts, NULL, ts FROM clicks;
  INSERT INTO out_all (note, total) SELECT page, 5 FROM clicks;
END;
CREATE TABLE counts (page STRING, n BIGINT) WITH ('connector' = 'view');
INSERT INTO counts SELECT page, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, page;
CREATE MATERIALIZED VIEW per_minute AS
SELECT window_start, page, COUNT(*) AS n FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end, page;
EXPLAIN SELECT page FROM clicks;
