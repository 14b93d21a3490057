/** Several workers, each with some of the partitions: the final rows and the counters are those of one. */
import { describe, expect, test } from "bun:test";
import type { Share } from "../../src/connectors/connector.ts";
import type { CellValue } from "../../src/core/value.ts";
import { compileJob } from "../../src/engine/assemble-job.ts";
import { pinnedSources } from "../../src/engine/pinned-sources.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { applied, sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const tableWith = (options = ""): string => `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json'${options});
`;
const calls = `COUNT(*) AS n, COUNT(DISTINCT user_id) AS users, MIN(page) AS least, MAX(user_id) AS most, COUNT(DISTINCT page) AS pages,
  AVG(user_id) AS average, APPROX_COUNT_DISTINCT(user_id) AS about, SUM(CAST(user_id AS DECIMAL(20, 2))) AS total`;
const windowed = (window: string, key = "page"): string => `SELECT window_start, window_end, ${key}, ${calls}
  FROM TABLE(${window}) GROUP BY window_start, window_end, ${key}`;
const TUMBLE = "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)";
const HOP = "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND, INTERVAL '-9' SECOND)";
const CUMULATE = "CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '15' SECOND, INTERVAL '1' MINUTE)";
const LATE = ", 'late.policy' = 'side-output', 'late.table' = 'late_clicks'";

/** Scripts whose rows leave in a defined order; then those whose rows are compared as they stand in the end. */
const ordered: Readonly<Record<string, string>> = {
  "a tumbling window": `${tableWith()} ${windowed(TUMBLE)};`,
  "a hopping window": `${tableWith()} ${windowed(HOP)};`,
  "a cumulating window": `${tableWith()} ${windowed(CUMULATE, "user_id")};`,
  "a window without a key": `${tableWith()} SELECT window_end, ${calls} FROM TABLE(${HOP}) WHERE user_id > 0 GROUP BY window_start, window_end;`,
  "a moving average": `${tableWith()} SELECT window_start, page, AVG(COUNT(*)) OVER (PARTITION BY page ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)
    FROM TABLE(${TUMBLE}) GROUP BY window_start, window_end, page;`,
  "windows grouped again": `${tableWith()} SELECT window_start, COUNT(*), SUM(n) FROM (${windowed(TUMBLE)}) GROUP BY window_start, window_end;`,
  "the first of a window": `${tableWith()} SELECT window_end, page, n FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, page) AS rn
    FROM (${windowed(HOP)})) WHERE rn <= 3;`,
};
const unordered: Readonly<Record<string, string>> = {
  "rows as they are": `${tableWith()} SELECT user_id, UPPER(page), ts FROM clicks WHERE user_id IS NOT NULL;`,
  "groups without a window": `${tableWith()} SELECT page, ${calls} FROM clicks GROUP BY page;`,
  "counts of counts": `${tableWith()} SELECT n, COUNT(*) FROM (SELECT user_id, COUNT(*) AS n FROM clicks GROUP BY user_id) GROUP BY n;`,
  "early rows": `${tableWith()} SET 'emit' = 'on-update'; ${windowed(HOP)};`,
  "late rows": `${tableWith(LATE)} ${windowed(TUMBLE)}; SELECT * FROM late_clicks;`,
  "corrected windows": `${tableWith(", 'late.policy' = 'update', 'late.allowed' = '1 min'")} ${windowed(CUMULATE)};`,
  "two queries on a table": `${tableWith()} ${windowed(TUMBLE)}; SELECT page, COUNT(*) FROM clicks GROUP BY page;`,
  "sessions, which one worker reads": `${tableWith()} SELECT window_start, window_end, page, COUNT(*)
    FROM TABLE(SESSION(TABLE clicks PARTITION BY page, DESCRIPTOR(ts), INTERVAL '1' SECOND)) GROUP BY window_start, window_end, page;`,
  "a join, and a window on another table": `${tableWith()} ${tableWith().replace("clicks", "views")}
    SELECT c.user_id, v.page FROM clicks AS c JOIN views AS v ON c.user_id = v.user_id;
    ${windowed(TUMBLE.replace("clicks", "views"))}; ${tableWith().replace("clicks", "others")} ${windowed(TUMBLE.replace("clicks", "others"))};`,
};

interface Outcome {
  readonly rows: readonly (readonly CellValue[])[][];
  readonly ended: readonly string[][];
  readonly counters: readonly object[];
}

async function run(sql: string, seed: number, workers: number, maxBatch: number): Promise<Outcome> {
  const records = windowRows(seed).map((rows) => rows.map(rowJson));
  const sourceOf = (_: string, share: Share) =>
    new SimulatedSource(records, { seed: seed * 31 + workers, maxBatch, share });
  const { sinks, status } = await runSimulated(sql, sourceOf, { workers });
  const counters = status.queries.map(
    ({ rows, counted, late, filtered, bad, missed, groups, openWindows, accounting }) => {
      return {
        rows,
        counted,
        late,
        filtered,
        bad,
        missed,
        groups: sql.includes("window_start") ? groups : 0,
        openWindows,
        accounting,
      };
    },
  );
  return { rows: sinks.map((sink) => sink.rows), ended: sinks.map((sink) => sorted(applied(sink))), counters };
}

const seeds = Array.from(
  { length: Math.ceil((1 + Number(process.env.MILLRACE_PROPERTY ?? "1")) / 2) },
  (_, i) => 1 + i,
);

describe("several workers", () => {
  for (const [name, sql] of Object.entries({ ...ordered, ...unordered })) {
    test(`${name}: the rows of one (${seeds.length} seeds)`, async () => {
      for (const seed of seeds) {
        const alone = await run(sql, seed, 1, 600);
        expect(alone.rows[0]?.length).toBeGreaterThan(0);
        for (const [workers, maxBatch] of [
          [2, 600],
          [3, 7],
          [8, 5000],
        ] as const) {
          const together = await run(sql, seed, workers, maxBatch);
          const about = { seed, workers };
          if (name in ordered) expect({ ...about, rows: together.rows }).toEqual({ ...about, rows: alone.rows });
          expect({ ...about, ended: together.ended }).toEqual({ ...about, ended: alone.ended });
          expect({ ...about, counters: together.counters }).toEqual({ ...about, counters: alone.counters });
        }
      }
    }, 600_000);
  }

  test("give all they have before they say that they are at their end", async () => {
    const group = "SELECT page, COUNT(*) FROM clicks GROUP BY page;";
    const sql = `${tableWith()} SELECT window_end, COUNT(*) FROM TABLE(${TUMBLE}) GROUP BY window_start, window_end; ${group}`;
    // The first worker takes 64 frames at a time: the border between two takings goes through every frame of the other's end.
    for (let windows = 58; windows <= 66; windows++) {
      const at = (i: number): string => new Date(Date.UTC(2024, 4, 1) + i * 10_000).toISOString().slice(0, -1);
      const records = [1, windows].map((count) =>
        Array.from({ length: count }, (_, i) => JSON.stringify({ page: "p", ts: at(i).replace("T", " ") })),
      );
      const sourceOf = (_: string, share: Share) => new SimulatedSource(records, { seed: 1, maxBatch: 5000, share });
      const { sinks } = await runSimulated(sql, sourceOf, { workers: 2 });
      const [ofWindows, ofGroups] = sinks.map((sink) => applied(sink));
      expect(ofWindows?.length).toBe(windows);
      expect(ofGroups).toEqual([["p", BigInt(windows + 1)]]);
    }
  });

  test("write the same dead letters", async () => {
    const random = seededRandom(5);
    const records = Array.from({ length: 5 }, () =>
      Array.from({ length: 400 }, (_, i) => (random() < 0.2 ? `{"user_id":${i}` : `{"user_id":${i},"page":"p"}`)),
    );
    const sql = `CREATE TABLE clicks (user_id BIGINT, page STRING) WITH ('connector' = 'filesystem', 'path' = 'x',
      'format' = 'json', 'dead-letter.table' = 'bad'); SELECT user_id FROM clicks; SELECT reason, COUNT(*) FROM bad GROUP BY reason;`;
    const ended: string[][][] = [];
    for (const workers of [1, 2, 4]) {
      const sourceOf = (_: string, share: Share) =>
        new SimulatedSource(records, { seed: workers, maxBatch: 50, share });
      const { sinks, status } = await runSimulated(sql, sourceOf, { workers });
      ended.push(
        sinks.map((sink) =>
          sorted(applied(sink).map((row) => row.map((cell) => (cell instanceof Uint8Array ? cell.toHex() : cell)))),
        ),
      );
      for (const { accounting } of status.queries) expect(accounting?.difference ?? 0).toBe(0);
    }
    expect(ended[0]?.[2]?.length).toBeGreaterThan(100);
    expect(ended[1]).toEqual(ended[0] as string[][]);
    expect(ended[2]).toEqual(ended[0] as string[][]);
  });
});

describe("tables that one worker reads", () => {
  const reasons = (sql: string): string[] => {
    const { plan } = planText({ text: sql, settings: {} });
    if (plan === null) throw new Error("the script has a plan");
    return [...pinnedSources(compileJob(plan)).values()];
  };

  test("are those of queries that see rows in order or together", () => {
    for (const sql of Object.values(ordered)) expect(reasons(sql)).toEqual([]);
    expect(reasons(unordered["sessions, which one worker reads"] ?? "")).toEqual([
      'query "select 1" has session windows',
    ]);
    expect(reasons(unordered["a join, and a window on another table"] ?? "")).toEqual([
      'query "select 1" joins tables',
      'query "select 1" joins tables',
    ]);
    const rank =
      "SELECT page, user_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY user_id) AS rn FROM clicks) WHERE rn = 1;";
    expect(reasons(`${tableWith()} ${rank}`)).toEqual(['query "select 1" ranks rows']);
    const over =
      "SELECT page, COUNT(*) OVER (PARTITION BY page ORDER BY ts RANGE BETWEEN INTERVAL '1' MINUTE PRECEDING AND CURRENT ROW) FROM clicks;";
    expect(reasons(`${tableWith()} ${over}`)).toEqual(['query "select 1" needs the rows of a table in order']);
  });
});
