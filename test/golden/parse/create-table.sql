CREATE TEMPORARY TABLE IF NOT EXISTS cat.`my db`.clicks (
  `id` BIGINT NOT NULL COMMENT 'it''s the id',
  price DECIMAL(10, 2) NULL,
  user ROW<id INT, `name` STRING NOT NULL, tags ARRAY<STRING>>,
  row ROW(a INT 'first', b MAP<STRING, ARRAY<DOUBLE>>),
  list INT ARRAY NOT NULL,
  rate DOUBLE PRECISION,
  code CHAR VARYING(10),
  timestamp TIMESTAMP(3),
  value TIMESTAMP(3) WITH LOCAL TIME ZONE,
  date DATE, time TIME(3), count TIMESTAMP_LTZ(3),
  plain TIMESTAMP WITHOUT TIME ZONE,
  offset BIGINT METADATA VIRTUAL,
  headers MAP<STRING, BYTES> METADATA FROM 'headers' COMMENT 'h',
  event_time TIMESTAMP(3) METADATA FROM 'timestamp' VIRTUAL,
  ts AS TO_TIMESTAMP_LTZ(`timestamp`, 3) COMMENT 'made',
  proc AS PROCTIME(),
  cost AS price * 0.9,
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND,
  CONSTRAINT pk PRIMARY KEY (id, code) NOT ENFORCED
) COMMENT 'clicks'
PARTITIONED BY (`date`, code)
WITH ('connector' = 'kafka', 'topic' = 'a;b', 'x' = '');
CREATE TABLE inline_key (id INT PRIMARY KEY NOT ENFORCED, v STRING COMMENT 'v') WITH ();
CREATE TABLE copy WITH ('topic' = 'other') LIKE clicks (EXCLUDING OPTIONS INCLUDING WATERMARKS OVERWRITING ALL);
CREATE TABLE copy2 (extra INT) LIKE db.clicks;
CREATE TABLE watermark (watermark INT, primary INT, constraint INT, key INT, metadata INT, comment INT);
