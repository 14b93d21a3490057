/**
 * Baseline: DuckDB, in-process and vectorised, over the same newline-delimited file. The limit of a good columnar batch
 * engine: it sees the whole file, so no row is late. usage:
 * bun duckdb.ts FILE WINDOW_MS THREADS [aggregates|distinct] → one JSON line
 */
import { DuckDBInstance } from "@duckdb/node-api";

const [path, windowText, threadsText, job] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: duckdb.ts FILE WINDOW_MS THREADS [aggregates|distinct]");
const aggregates =
  job === "distinct"
    ? "0 AS s, count(DISTINCT user_id) AS u"
    : `sum(session_duration) AS s, min(session_duration) AS lo, max(session_duration) AS hi,
       approx_count_distinct(user_id) AS u`;
const windowMs = Number(windowText ?? 60_000);
const instance = await DuckDBInstance.create(":memory:", { threads: String(Number(threadsText ?? 1)) });
const connection = await instance.connect();
const start = performance.now();
const reader = await connection.runAndReadAll(
  `SELECT count(*) AS groups, sum(c)::BIGINT AS count, sum(s)::BIGINT AS sum, sum(u)::BIGINT AS users FROM (
     SELECT epoch_ms(event_timestamp) // ${windowMs} AS w, page, count(*) AS c, ${aggregates}
     FROM read_json($path, format = 'newline_delimited', columns = {
       user_id: 'BIGINT', page: 'VARCHAR', event_timestamp: 'TIMESTAMP', session_duration: 'BIGINT' })
     GROUP BY w, page)`,
  { path },
);
const ms = performance.now() - start;
const [row] = reader.getRowObjects();
const text = JSON.stringify({ ms, ...row }, (_, value: unknown) => (typeof value === "bigint" ? Number(value) : value));
console.log(text);
connection.closeSync();
