-- What a kafka record brings with it: columns from METADATA, headers read by their names.
CREATE TABLE clicks (
  page STRING,
  p INT METADATA FROM 'partition' VIRTUAL,
  epoch INT METADATA FROM 'leader-epoch' VIRTUAL,
  stamped STRING METADATA FROM 'timestamp-type' VIRTUAL,
  headers MAP<STRING, BYTES> METADATA VIRTUAL,
  named MAP<STRING, STRING> METADATA FROM 'headers' VIRTUAL,
  kind AS CAST(headers['kind'] AS STRING),
  ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL,
  WATERMARK FOR ts AS ts
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'properties.bootstrap.servers' = 'localhost:9092', 'format' = 'json');

SELECT page, epoch, stamped, headers['id'] AS id, named['it''s'] AS its, kind FROM clicks WHERE clicks.headers['id'] IS NOT NULL;

SELECT window_start, named['source'] AS source, COUNT(*) AS c
FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE))
GROUP BY window_start, window_end, named['source'];
