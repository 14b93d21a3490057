-- Columns of every origin, nested fields, computed time, metadata; only what is read is scanned.
CREATE TABLE events (
  id BIGINT NOT NULL,
  `user` ROW<id BIGINT, name STRING, address ROW<city STRING NOT NULL, zip STRING>>,
  tags ARRAY<STRING>,
  ms BIGINT,
  ts AS TO_TIMESTAMP_LTZ(ms, 3),
  city AS UPPER(`user`.address.city),
  kafka_time TIMESTAMP_LTZ(3) METADATA FROM 'timestamp',
  `offset` BIGINT METADATA VIRTUAL,
  WATERMARK FOR ts AS ts - INTERVAL '1' MINUTE,
  PRIMARY KEY (id) NOT ENFORCED
) WITH ('connector' = 'kafka', 'topic' = 'events', 'format' = 'json', 'properties.sasl.jaas.config' = 'password=''x''');
SELECT e.id, e.`user`.id AS user_id, `user`.name, city, e.`offset` FROM events e WHERE `user`.address.zip = '10115';
SELECT u.address.city, COUNT(DISTINCT u.id) AS n FROM (SELECT `user` AS u, ts FROM events) AS x
GROUP BY TUMBLE(ts, INTERVAL '1' MINUTE), u.address.city;
CREATE TABLE copy_of_events (extra INT) WITH ('topic' = 'other') LIKE events;
SELECT id, extra FROM copy_of_events /*+ OPTIONS('scan.startup.mode' = 'earliest-offset') */;
