CREATE TABLE clicks (page STRING, ts TIMESTAMP(3)) WITH ('connector' = 'datagen');
SELECT DATE_TRUNC('hour', ts), NVL(page, ''), DATEDIFF(ts, ts), STRPOS(page, 'a'), TO_CHAR(ts, 'YYYY'), time_bucket(ts) FROM clicks;
CREATE TABLE a (a TEXT, b NUMBER, c INT64, d DATETIME, e FLOAT64, f TIMESTAMPTZ, g JSONB, h FLAOT) WITH ('connector' = 'datagen');
CREATE TABLE b (ts BIGINT, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE c (ms BIGINT, WATERMARK FOR ms AS ms - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
SELECT DATE_FORMAT(ts, '%Y-%m-%d'), DATE_FORMAT(ts, 'YYYY-MM-DD'), TO_TIMESTAMP(page, 'yyyy-MM-dd''T''HH:mm:ssXXX') FROM clicks;
