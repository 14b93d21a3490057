CREATE VIEW v AS SELECT * FROM t;
CREATE TEMPORARY VIEW IF NOT EXISTS v (a, b) COMMENT 'c' AS SELECT t.*, u.x.* FROM t;
CREATE MATERIALIZED VIEW IF NOT EXISTS mv WITH ('retention' = '1 h') AS SELECT a FROM t;
DROP TABLE t; DROP TEMPORARY TABLE IF EXISTS a.b; DROP VIEW IF EXISTS v; DROP MATERIALIZED VIEW mv;
SET 'table.local-time-zone' = 'Europe/Berlin';
SET execution.checkpointing.interval = 10s;
set parallelism.default=4;
SET table.local-time-zone = Europe/Berlin; -- comment
SET state.checkpoints.dir = file:///tmp/x;
SET 'k' = 'it''s; here';
SET;
RESET;
RESET 'k';
RESET pipeline.name;
EXPLAIN SELECT 1;
EXPLAIN PLAN FOR INSERT INTO t SELECT 1;
EXPLAIN ESTIMATED_COST, CHANGELOG_MODE SELECT a FROM t;
INSERT INTO t VALUES (1, 'a'), (2, 'b');
INSERT INTO db.t /*+ OPTIONS('sink.parallelism' = '2') */ (a, `b`) SELECT a, b FROM s;
INSERT INTO t (SELECT a FROM s);
INSERT INTO t (a) (SELECT a FROM s UNION ALL SELECT b FROM u);
;;
EXECUTE STATEMENT SET
BEGIN
  INSERT INTO a SELECT 1;
  INSERT INTO b SELECT ';' /* ; */ -- ;
  ;
END;
BEGIN STATEMENT SET; INSERT INTO a SELECT 1; END;
EXPLAIN STATEMENT SET BEGIN INSERT INTO a SELECT 1; END;
SELECT 1
