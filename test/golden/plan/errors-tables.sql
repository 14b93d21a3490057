CREATE TABLE a (x BIGINT, x STRING, y STRNG, z DECIMAL(40, 2), t TIMESTAMP(12)) WITH ('connector' = 'kafka', 'topic' = 'a', 'formt' = 'json');
CREATE TABLE b (ms BIGINT, WATERMARK FOR ms AS ms - 5) WITH ('connector' = 'datagen');
CREATE TABLE c (ts TIMESTAMP(6), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE d (ts TIMESTAMP(3), WATERMARK FOR tz AS tz - INTERVAL '5' SECOND) WITH ('connector' = 'datagen');
CREATE TABLE e (ts TIMESTAMP(3), WATERMARK FOR ts AS COUNT(ts)) WITH ('connector' = 'datagen');
CREATE TABLE f (ts TIMESTAMP(3), WATERMARK FOR ts AS CAST(ts AS DATE)) WITH ('connector' = 'datagen');
CREATE TABLE g (p STRING METADATA FROM 'partitions', o STRING METADATA FROM 'offset') WITH ('connector' = 'kafka', 'topic' = 'a', 'format' = 'json');
CREATE TABLE h (a AS b + 1, b AS c + 1, c INT, PRIMARY KEY (q) NOT ENFORCED) WITH ('connector' = 'datagen', 'connector' = 'print');
CREATE TABLE i (a INT) WITH ('connector' = 'kafak');
CREATE TABLE j (a INT) WITH ('topic' = 'x');
CREATE TABLE j (a INT) WITH ('connector' = 'print');
CREATE TABLE k (a INT, pt AS PROCTIME()) WITH ('connector' = 'datagen');
DROP TABLE clikcs;
DROP VIEW j;
-- The tables that are right, or wrong in their options only, are known below.
SELECT x, nothing FROM a;
SELECT a FROM i;
SELECT a + 1, pt FROM k;
