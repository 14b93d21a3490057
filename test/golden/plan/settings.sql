-- SET and RESET act in order; Flink's own keys are taken with a notice.
SET 'table.exec.source.idle-timeout' = '10 s';
SET parallelism.default = 4;
SET 'distinct.mode' = 'approx';
CREATE TABLE t (x BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) WITH ('connector' = 'datagen');
SELECT COUNT(DISTINCT x) AS n FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND) GROUP BY window_start, window_end;
RESET 'distinct.mode';
SET 'table.exec.source.idle-timeout' = '20 s';
SELECT COUNT(DISTINCT x) AS n FROM TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND) GROUP BY window_start, window_end;
DROP TABLE IF EXISTS nothing;
DROP TABLE t;
