/** What docs/differs.md lists and a query can show: each with the query that shows it, over `clicks`. */
export interface Difference {
  /** Its row in docs/differs.md. */
  readonly name: string;
  readonly query: string;
  readonly views?: readonly string[];
  /** `refuses`: words of the message; null = it gives rows. */
  readonly flink: { readonly refuses: string | null };
  readonly millrace: { readonly refuses: string | null };
}

const takenHere = { flink: { refuses: "" }, millrace: { refuses: null } };
const otherRows = { flink: { refuses: null }, millrace: { refuses: null } };
const over = (call: string): string => `SELECT id, ${call} FROM clicks`;
const perMinute = `CREATE VIEW per_minute AS SELECT window_start, window_end, window_time, \`user\`, COUNT(*) AS n
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, window_time, \`user\``;

export const differences: readonly Difference[] = [
  {
    name: "windows with an offset",
    query: `SELECT window_start, window_end, COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' SECOND))
      GROUP BY window_start, window_end`,
    ...otherRows,
  },
  {
    name: "rows that are equal in ORDER BY",
    query:
      "SELECT page, score FROM (SELECT page, score, ROW_NUMBER() OVER (PARTITION BY page ORDER BY `user`) AS rn FROM clicks) WHERE rn = 1",
    ...otherRows,
  },
  {
    name: "a slide that does not divide the size",
    query: `SELECT window_start, window_end, COUNT(*) FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '1' MINUTE))
      GROUP BY window_start, window_end`,
    ...takenHere,
  },
  {
    name: "OVER ordered by `window_start`",
    views: [perMinute],
    query:
      "SELECT window_start, SUM(n) OVER (PARTITION BY `user` ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM per_minute",
    ...takenHere,
  },
  {
    name: "several frames in one SELECT",
    query: over(
      "SUM(id) OVER (PARTITION BY `user` ORDER BY ts ROWS 2 PRECEDING), SUM(id) OVER (PARTITION BY `user` ORDER BY ts ROWS 5 PRECEDING)",
    ),
    ...takenHere,
  },
  {
    name: "frames that end before the current row",
    query: over("SUM(id) OVER (PARTITION BY `user` ORDER BY ts ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)"),
    ...takenHere,
  },
  { name: "`LEAD`", query: over("LEAD(id) OVER (PARTITION BY `user` ORDER BY ts)"), ...takenHere },
  {
    name: "`RANK` and `DENSE_RANK` with a bound",
    query:
      "SELECT id, rk FROM (SELECT *, RANK() OVER (PARTITION BY page ORDER BY `user`) AS rk FROM clicks) WHERE rk <= 2",
    ...takenHere,
  },
  {
    name: "Spark's `window(…)` in GROUP BY",
    query: "SELECT window.start, COUNT(*) FROM clicks GROUP BY window(ts, '1 minute')",
    ...takenHere,
  },
  {
    name: "`TUMBLE` in FROM without `TABLE( )`",
    query: `SELECT window_start, window_end, COUNT(*) FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '1' MINUTE) GROUP BY window_start, window_end`,
    ...takenHere,
  },
  {
    name: "a query in place of a table, `TUMBLE(TABLE (SELECT …), …)`",
    query: `SELECT window_start, COUNT(*) FROM TABLE(TUMBLE(TABLE (SELECT id, ts FROM clicks), DESCRIPTOR(ts), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end`,
    ...takenHere,
  },
  { name: "`STARTSWITH` and `ENDSWITH`", query: over("STARTSWITH(page, '/'), ENDSWITH(page, 'e')"), ...takenHere },
  {
    name: "whole numbers that do not fit",
    query: over("id + 2147483600"),
    flink: { refuses: null },
    millrace: { refuses: "overflows" },
  },
  {
    name: "sums that do not fit their type",
    query: "SELECT SUM(CAST(`user` AS TINYINT)) FROM clicks",
    flink: { refuses: null },
    millrace: { refuses: "overflows" },
  },
];
