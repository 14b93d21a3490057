/** `SET 'distinct.mode'`: auto gives the exact count up to the limit and the sketch's beyond, and says which. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { applied, sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const TABLE = `CREATE TABLE t (k BIGINT, v BIGINT, s STRING, x DOUBLE, d DECIMAL(20, 2), ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json');`;
const LIMIT = 20;
const COLUMNS = ["v", "s", "x", "d"];
const COUNTS = COLUMNS.flatMap((x) => [`COUNT(DISTINCT ${x})`, `DISTINCT_IS_EXACT(${x})`]);
COUNTS.push("COUNT(DISTINCT v) FILTER (WHERE k > 2)", "DISTINCT_IS_EXACT(v) FILTER (WHERE k > 2)");

const inWindows = (window: string): string =>
  `SELECT window_start, window_end, k, ${COUNTS.join()} FROM TABLE(${window}) GROUP BY window_start, window_end, k`;
const T = "TABLE t, DESCRIPTOR(ts)";
const shapes: Readonly<Record<string, string>> = {
  "tumbling windows": inWindows(`TUMBLE(${T}, INTERVAL '10' SECOND)`),
  "hopping windows": inWindows(`HOP(${T}, INTERVAL '3' SECOND, INTERVAL '10' SECOND)`),
  "cumulating windows": inWindows(`CUMULATE(${T}, INTERVAL '2' SECOND, INTERVAL '10' SECOND)`),
  sessions: inWindows("SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '0.1' SECOND)"),
  "no window": `SELECT k, ${COUNTS.join()} FROM t GROUP BY k`,
};

function records(seed: number): string[] {
  const random = seededRandom(seed);
  return Array.from({ length: 3000 }, (_, i) => {
    // Some keys have few values, some many; zeros, both of them, and NULLs.
    const k = Math.floor(random() ** 2 * 6);
    const v = Math.floor(random() * 12 * 4 ** k) - 3;
    const ts = new Date(1_714_521_600_000 + i * 10 - Math.floor(random() * 4000)).toISOString().slice(0, 23);
    const x = random() < 0.1 ? "-0.0" : v / 8;
    return `{"k":${k},"v":${random() < 0.1 ? null : v},"s":"${v} ${"long".repeat(Math.abs(v) % 5)}","x":${x},"d":${v}.25,"ts":"${ts.replace("T", " ")}"}`;
  });
}

async function rowsOf(
  mode: string,
  query: string,
  rows: readonly string[],
  workers: number,
  limit = LIMIT,
): Promise<CellValue[][]> {
  const parts = [0, 1, 2].map((part) => rows.filter((_, i) => i % 3 === part));
  const { sinks } = await runSimulated(
    `SET 'distinct.mode' = '${mode}'; SET 'distinct.exact-limit' = '${limit}'; ${TABLE} ${query};`,
    (_, share) => new SimulatedSource(parts, { seed: 5, maxBatch: 700, share }),
    { workers },
  );
  return applied(sinks[0] as never);
}

describe("distinct.mode", () => {
  test.each(Object.entries(shapes))(
    "auto over %p is exact up to the limit, then a sketch's estimate",
    async (_, query) => {
      const rows = records(7);
      const [exact, approx] = [await rowsOf("exact", query, rows, 1), await rowsOf("APPROX", query, rows, 1)];
      const width = exact[0]?.length ?? 0;
      let turned = 0;
      const expected = exact.map((row, at) =>
        row.map((value, i) => {
          const from = width - COUNTS.length;
          if (i < from) return value;
          const count = row[i - ((i - from) % 2)] as bigint;
          if ((i - from) % 2 === 1) return count <= LIMIT;
          if (count > LIMIT) turned++;
          return count <= LIMIT ? value : (approx[at]?.[i] as CellValue);
        }),
      );
      expect([turned > 0, exact.length > 0]).toEqual([true, true]);
      for (const workers of [1, 3])
        expect(sorted(await rowsOf("auto", query, rows, workers))).toEqual(sorted(expected));
      expect(exact.every((row) => row.at(-1) === true)).toBe(true);
      expect(approx.every((row) => row.at(-1) === false)).toBe(true);
    },
  );

  test("auto takes all values of a group that turns in the middle of a merge", async () => {
    // Two slices of 900 values a key: the merge enters 2,048 at a time, and some group turns between two of its own.
    const rows = Array.from({ length: 7200 }, (_, i) => {
      const [k, half] = [Math.floor(i / 900) % 4, Math.floor(i / 3600)];
      return `{"k":${k},"v":${i},"s":"${i}","ts":"2024-05-01 00:00:0${half * 5}"}`;
    });
    const query = `SELECT window_start, k, COUNT(DISTINCT v), COUNT(DISTINCT s), DISTINCT_IS_EXACT(v) FROM TABLE(HOP(${T}, INTERVAL '5' SECOND, INTERVAL '10' SECOND))
      GROUP BY window_start, window_end, k`;
    const byWindow = ([a, b]: CellValue[], [c, d]: CellValue[]): number =>
      Number(a) - Number(c) || Number(b) - Number(d);
    const approx = (await rowsOf("approx", query, rows, 1)).sort(byWindow);
    const auto = (await rowsOf("auto", query, rows, 1, 1000)).sort(byWindow);
    expect(auto).toHaveLength(12);
    auto.forEach((row, at) => {
      const [start, k, v, s] = approx[at] as [bigint, bigint, bigint, bigint];
      expect(row).toEqual(at >= 4 && at < 8 ? [start, k, v, s, false] : [start, k, 900n, 900n, true]);
    });
  });

  test("auto takes rows back, and slides, exactly", async () => {
    const rows = records(8);
    const nested = `SELECT COUNT(DISTINCT n), DISTINCT_IS_EXACT(n) FROM (SELECT v, COUNT(*) AS n FROM t GROUP BY v)`;
    const counts = new Map<string, number>();
    for (const row of rows) counts.set(JSON.parse(row).v, (counts.get(JSON.parse(row).v) ?? 0) + 1);
    const distinct = new Set(counts.values()).size;
    expect(distinct).toBeGreaterThan(LIMIT);
    expect(await rowsOf("auto", nested, rows, 1)).toEqual([[BigInt(distinct), true]]);
    for (const mode of ["exact", "auto"]) {
      const over = `SELECT k, ts, COUNT(DISTINCT v) OVER w AS n, DISTINCT_IS_EXACT(v) OVER w AS exact FROM t
        WINDOW w AS (PARTITION BY k ORDER BY ts ROWS BETWEEN 9 PRECEDING AND CURRENT ROW)`;
      const found = await rowsOf(mode, over, rows, 1);
      expect(found.every(([, , n, exact]) => (n as bigint) <= 10n && exact === true)).toBe(true);
    }
  });
});
