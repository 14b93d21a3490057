CREATE TABLE clicks (
  user_id BIGINT,
  page STRING,
  action STRING,
  amount DECIMAL(10, 2),
  price DOUBLE,
  visits INT,
  ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'clicks', 'format' = 'json');

SELECT user_idd, c.pag, clicks.user_id, x.y, nothing(1), UPER(page), MD5(page), LISTAGG(page) FROM clicks AS c;
SELECT page FROM clikcs;
SELECT UPPER(visits), SUBSTRING(page), LEFT(page, user_id), IF(page, 1, 2), ROUND(price, 1, 2), DATE_FORMAT(ts, page) FROM clicks;
SELECT page + 1, page = 1, ts - ts, ts + 5, -page, NOT page, page AND TRUE, visits || 'x', ts > 'soon', ROUND(visits, 'x') FROM clicks;
SELECT CASE WHEN visits THEN 1 END, CASE WHEN TRUE THEN 1 ELSE 'x' END, COALESCE(page, 1), CAST(visits AS TIMESTAMP(3)), CAST('x' AS DATE) FROM clicks;
SELECT 9223372036854775808, -9223372036854775808, INTERVAL 'x' DAY, DATE '2023-02-29', page LIKE page, EXTRACT(EPOC FROM ts), FLOOR(ts TO DAYS) FROM clicks;
SELECT TIMESTAMPDIFF(FORTNIGHT, ts, ts), TIMESTAMPADD(DAY, visits, ts), TO_TIMESTAMP_LTZ(visits, 6), page.x, page[1], ARRAY[1], EXISTS (SELECT 1 FROM clicks) FROM clicks;
SELECT page FROM clicks WHERE COUNT(*) > 1 AND visits;
SELECT page, page AS page FROM clicks WHERE price IN (SELECT 1 FROM clicks);
SELECT page FROM (SELECT page, action AS page FROM clicks);
SELECT 1;
SELECT c.* FROM clicks AS d;
