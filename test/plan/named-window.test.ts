/** `OVER w` and `WINDOW w AS (…)` mean what the window written out means. */
import { describe, expect, test } from "bun:test";
import { planText } from "../../src/engine/plan-text.ts";

const TABLE = `CREATE TABLE t (a BIGINT, b STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json');`;
const planned = (sql: string) => planText({ text: `${TABLE} ${sql};`, settings: {} });

describe("named windows", () => {
  test.each([
    ["OVER w FROM t WINDOW w AS (PARTITION BY b ORDER BY ts)", "OVER (PARTITION BY b ORDER BY ts) FROM t"],
    [
      "OVER (w ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t WHERE a > 0 WINDOW v AS (PARTITION BY b), w AS (v ORDER BY ts)",
      "OVER (PARTITION BY b ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM t WHERE a > 0",
    ],
    ["OVER (`rows`) FROM t WINDOW `rows` AS (ORDER BY ts)", "OVER (ORDER BY ts) FROM t"],
    [
      "OVER w FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end HAVING COUNT(*) > 1 WINDOW w AS (ORDER BY window_start)",
      "OVER (ORDER BY window_start) FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end HAVING COUNT(*) > 1",
    ],
  ])("%s", (named, written) => {
    const call = written.includes("GROUP") ? "SUM(SUM(a))" : "SUM(a)";
    const [one, other] = [named, written].map((text) => planned(`SELECT ${call} ${text}`));
    expect([one?.errors, other?.errors]).toEqual([[], []]);
    const [a, b] = [one, other].map((result) => JSON.stringify(result?.plan?.queries[0]?.root, withoutSpans));
    expect(a).toBe(b as string);
  });

  test.each([
    ["OVER v FROM t WINDOW w AS (ORDER BY ts)", "UNKNOWN-WINDOW"],
    ["OVER w FROM t", "UNKNOWN-WINDOW"],
    ["OVER w FROM t WINDOW w AS (v), v AS (ORDER BY ts)", "UNKNOWN-WINDOW"],
    ["OVER w FROM t WINDOW w AS (w ORDER BY ts)", "UNKNOWN-WINDOW"],
    ["OVER (w ORDER BY ts) FROM t WINDOW w AS (ORDER BY ts)", "WINDOW-TWICE"],
    ["OVER (w PARTITION BY a) FROM t WINDOW w AS (ORDER BY ts)", "WINDOW-TWICE"],
  ])("%s is refused", (text, code) => {
    expect(planned(`SELECT SUM(a) ${text}`).errors.map((error) => error.code)).toEqual([code]);
  });
});

/** Where and how a column is written is no part of what it means. */
function withoutSpans(key: string, value: unknown): unknown {
  if (key === "span" || key === "name") return undefined;
  return typeof value === "bigint" ? `${value}n` : value;
}
