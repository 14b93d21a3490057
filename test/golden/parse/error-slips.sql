SELECT a FROM t WHERE ts > b - 5 SECONDS;
SELECT INTERVAL '5 minutes' FROM t;
SELECT a FROM t WHERE a ILIKE 'x%';
SELECT (a FROM t;
SELECT a FROM t WHERE a IN ('a' 'b');
CREATE TABLE a (id BIGINT ts TIMESTAMP(3)) WITH ('connector' = 'print');
CREATE TABLE b (id BIGINT) WITH (connector = 'print');
SELECT a FROM t
SELECT b FROM t;
