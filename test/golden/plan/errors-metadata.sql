CREATE TABLE clicks (
  props MAP<STRING, STRING>,
  headers MAP<STRING, BYTES> METADATA VIRTUAL,
  name STRING,
  p INT METADATA FROM 'leader-epochs' VIRTUAL,
  wrong BIGINT METADATA FROM 'headers' VIRTUAL,
  numbers MAP<STRING, INT> METADATA FROM 'headers' VIRTUAL
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
CREATE TABLE read (headers MAP<STRING, BYTES> METADATA VIRTUAL, name STRING, props MAP<STRING, STRING>)
  WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');
SELECT headers FROM read;
SELECT headers[name], headers[1], props['a'], name['a'], headers.id FROM read;
SELECT h['id'] FROM (SELECT headers AS h FROM read);
SELECT h FROM (SELECT headers['id'] AS h FROM read) WHERE h = 'x';
