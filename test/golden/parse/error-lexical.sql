SELECT "a" FROM t WHERE a == b;
SELECT a::INT, ‘quoted’, 10s, a ? b;
SELECT a FROM t WHERE `b = 1;
SELECT 1;
SELECT 漢字 🚀🚀 FROM t;
CREATE TABLE t (a INT) WITH ('connector = 'kafka', 'topic' = 'x');
SELECT 'unclosed FROM t;
SELECT 2;
/* unclosed
