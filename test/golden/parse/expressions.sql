SELECT a + b * c - d / e % f || g, (a + b) * c, -a * b, - -1, +a, a - -1;
SELECT a = b AND c <> d OR NOT e < f AND g != h, NOT a = b, NOT NOT a, a = NOT b;
SELECT a IS NULL, a = b IS NOT NULL, a IS NOT TRUE, a IS FALSE, a IS UNKNOWN, a IS NULL = b;
SELECT a IS DISTINCT FROM b + 1, a IS NOT DISTINCT FROM b AND c;
SELECT a BETWEEN 1 AND 2 AND b, a NOT BETWEEN SYMMETRIC b + 1 AND c OR d, a BETWEEN ASYMMETRIC 1 AND 2, symmetric BETWEEN symmetric AND 1;
SELECT a IN (1), a NOT IN (1, 2 + 3), a IN (b) AND c, a + 1 IN (2) = TRUE;
SELECT a LIKE '%x', a NOT LIKE b || '_' ESCAPE '\', a LIKE 'x' AND b;
SELECT CASE WHEN a > 1 THEN 'x' WHEN b THEN 'y' ELSE 'z' END, CASE a WHEN 1 THEN 2 END, CASE CASE a WHEN 1 THEN 2 END WHEN 3 THEN 4 END;
SELECT CAST(a AS DECIMAL(10, 2)), TRY_CAST(a + 1 AS ROW<x INT>), CAST(NULL AS TIMESTAMP(3) WITH LOCAL TIME ZONE);
SELECT EXTRACT(DAY FROM ts), EXTRACT(epoch FROM a.b), FLOOR(ts TO HOUR), CEIL(ts TO day), CEILING(x), FLOOR(a + 1);
SELECT TRIM(x), TRIM(BOTH FROM x), TRIM(LEADING ' ' FROM x), TRIM(TRAILING a || b FROM x), TRIM('x' FROM y), TRIM(leading), TRIM(both.a);
SELECT POSITION('a' IN b), POSITION(a + 1 IN b IN (1)), SUBSTRING(a FROM 1), SUBSTRING(a FROM 1 FOR 2), SUBSTRING(a, 1, 2), OVERLAY(a PLACING b FROM 1 FOR 2);
SELECT ROW(1, 'a'), (1, 2), ARRAY[1, 2], ARRAY[], MAP['a', 1, 'b', 2], MAP[], a[1], a[1][2].b.c, (a).b, (a.b).c, ROW(1).f, f(x)[1].y;
SELECT DATE '2024-05-01', TIME '12:00:00', TIMESTAMP '2024-05-01 12:00:00', TIMESTAMP_LTZ '2024-05-01 12:00:00';
SELECT INTERVAL '5' SECOND, INTERVAL '1-2' YEAR TO MONTH, INTERVAL '1 02:03:04.5' DAY TO SECOND(3), INTERVAL -'5' minutes, INTERVAL '10' DAY(3), interval '2' weeks, INTERVAL + '1' QUARTER, INTERVAL '1' HOUR + x;
SELECT X'0aFF', x'', 'it''s', '', 'two
lines', U&'\0041\+01F600\\', U&'!0041' UESCAPE '!', 'ünï 漢字 👩‍👩‍👧', TRUE, false, NULL;
SELECT 1, 1.50, .5, 1., 1e3, 1.5E-3, 9223372036854775808, -9223372036854775808;
SELECT count(*), COUNT(DISTINCT a, b), sum(ALL x), f(), my.f(1), g(a => 1, `b` => 2), CURRENT_TIMESTAMP, localtime, CURRENT_TIMESTAMP(3), `CURRENT_DATE`, MINUTE(ts), LEFT(s, 1), RIGHT(s, 2), IF(a, b, c), TIMESTAMPDIFF(MINUTE, a, b), LOG10(x), COALESCE(a, b);
SELECT timestamp, date, time, user, count, value, interval, row, array, map, at, start, method, end_, left, limit, offset, filter, over, first, key, position, trim, cast, exists, set, begin, year, day, sum, rank, system, period FROM t;
SELECT timestamp - INTERVAL '5' SECOND, date > DATE '2024-01-01', row.a, interval + 1, user.id, case_ FROM t;
select/**/a--x
from--y
t/* z ; */where(a)=(1)and`b`=2;
