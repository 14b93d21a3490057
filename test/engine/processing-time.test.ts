/**
 * Windows of processing time, on a clock the test moves. A query beside them reads PROCTIME() of every row, and plain code puts the
 * rows into windows by it.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { windowsOf } from "../oracle/windows.ts";
import { sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const columns = "user_id BIGINT, page STRING, ts TIMESTAMP(3)";
const options = "WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json')";
const tables: Readonly<Record<string, string>> = {
  "a computed column": `CREATE TABLE clicks (${columns}, p AS PROCTIME()) ${options};`,
  "a view, beside event time": `CREATE TABLE raw (${columns}, WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) ${options};
    CREATE VIEW clicks AS SELECT *, PROCTIME() AS p FROM raw;`,
};
const windows = [
  ["TUMBLE(TABLE clicks, DESCRIPTOR(p), INTERVAL '0.05' SECOND)", { kind: "tumbling", sizeMs: 50 }],
  [
    "HOP(TABLE clicks, DESCRIPTOR(p), INTERVAL '0.02' SECOND, INTERVAL '0.05' SECOND)",
    { kind: "hopping", sizeMs: 50, stepMs: 20 },
  ],
  [
    "CUMULATE(TABLE clicks, DESCRIPTOR(p), INTERVAL '0.02' SECOND, INTERVAL '0.1' SECOND)",
    { kind: "cumulating", sizeMs: 100, stepMs: 20 },
  ],
] as const;

/** A clock that jumps ahead now and then, and back. */
function jumpingClock(seed: number): { now(): number } {
  const random = seededRandom(seed);
  let now = 1_700_000_000_000;
  return {
    now: () => {
      now += random() < 0.05 ? Math.floor(random() * 300) : 1;
      return random() < 0.03 ? now - 200 : now;
    },
  };
}

function records(seed: number): string[][] {
  const random = seededRandom(seed);
  return [0, 1, 2].map(() =>
    Array.from({ length: 500 }, () => {
      // Event times all over the place say nothing about windows of processing time.
      const at = new Date(1_600_000_000_000 + Math.floor(random() * 1e9))
        .toISOString()
        .replace("T", " ")
        .replace("Z", "");
      return `{"user_id":${Math.floor(random() * 50)},"page":"/p/${Math.floor(random() * 5)}","ts":"${at}"}`;
    }),
  );
}

async function run(sql: string, seed: number, workers = 1) {
  const rows = records(seed);
  return runSimulated(sql, (_, share) => new SimulatedSource(rows, { seed, maxBatch: 1 + (seed % 40), share }), {
    clock: jumpingClock(seed),
    workers,
  });
}

describe("windows of processing time", () => {
  for (const [name, table] of Object.entries(tables)) {
    for (const [text, spec] of windows) {
      test(`${text} over ${name}`, async () => {
        for (let seed = 1; seed <= 6; seed++) {
          const { sinks, status } = await run(
            `${table} SELECT p, page FROM clicks; SELECT window_start, window_end, page, COUNT(*)
             FROM TABLE(${text}) GROUP BY window_start, window_end, page;`,
            seed,
          );
          const expected = new Map<string, CellValue[]>();
          for (const [time, page] of sinks[0]?.rows ?? []) {
            for (const { start, end } of windowsOf(Number((time as bigint) / 1000n), {
              offsetMs: 0,
              delayMs: 0,
              ...spec,
            })) {
              const key = `${start} ${end} ${page}`;
              const row = expected.get(key) ?? [BigInt(start) * 1000n, BigInt(end) * 1000n, page as CellValue, 0n];
              expected.set(key, [...row.slice(0, 3), (row[3] as bigint) + 1n]);
            }
          }
          expect({ seed, rows: sorted(sinks[1]?.rows ?? []) }).toEqual({ seed, rows: sorted([...expected.values()]) });
          expect(status.queries[1]).toMatchObject({ rows: 1500, counted: 1500, late: 0, missed: 0, openWindows: 0 });
          // In the order of their ends: they leave while rows still come.
          const ends = (sinks[1]?.rows ?? []).map((row) => row[1] as bigint);
          expect(ends).toEqual([...ends].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)));
          expect(sinks[1]?.batches.length).toBeGreaterThan(1);
        }
      });
    }
  }

  test("by group windows, and results on results", async () => {
    const table = tables["a computed column"] ?? "";
    const { sinks } = await run(
      `${table} SELECT TUMBLE_START(p, INTERVAL '0.05' SECOND), COUNT(*) FROM clicks GROUP BY TUMBLE(p, INTERVAL '0.05' SECOND);
       SELECT window_start, SUM(COUNT(*)) OVER (ORDER BY window_start ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
       FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(p), INTERVAL '0.05' SECOND)) GROUP BY window_start, window_end;`,
      3,
    );
    const counts = sinks[0]?.rows ?? [];
    let sum = 0n;
    const running = counts.map(([start, count]) => {
      sum += count as bigint;
      return [start, sum];
    });
    expect(running.length).toBeGreaterThan(3);
    expect(sum).toBe(1500n);
    expect(sinks[1]?.rows).toEqual(running as CellValue[][]);
  });

  test("are read by one worker", async () => {
    const { sinks } = await run(
      `${tables["a computed column"]} SELECT COUNT(*) FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(p), INTERVAL '1' HOUR)) GROUP BY window_start, window_end;`,
      2,
      3,
    );
    expect(sinks[0]?.rows.reduce((total, [count]) => total + (count as bigint), 0n)).toBe(1500n);
  });

  const messageOf = (sql: string): string[] =>
    planText({ text: sql, settings: {} }).errors.map(({ message }) => message);

  test("are refused where they are not there yet", () => {
    const table = tables["a computed column"] ?? "";
    const session =
      "SELECT COUNT(*) FROM TABLE(SESSION(TABLE clicks, DESCRIPTOR(p), INTERVAL '1' SECOND)) GROUP BY window_start, window_end;";
    expect(messageOf(table + session)).toEqual(["a session of processing time is not part of this release"]);
    expect(messageOf(`CREATE TABLE t (n INT, p AS PROCTIME(), WATERMARK FOR p AS p) ${options};`)).toEqual([
      'the watermark is for "p", which is processing time: the clock closes its windows',
    ]);
    const result = "SELECT n, PROCTIME() FROM (SELECT page, COUNT(*) AS n FROM clicks GROUP BY page);";
    expect(messageOf(table + result)).toEqual(["PROCTIME() of rows that are results is not part of this release"]);
    const other = `CREATE TABLE t (page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts) ${options};`;
    const counts = (from: string, time: string): string =>
      `(SELECT window_start, window_end, page FROM TABLE(TUMBLE(TABLE ${from}, DESCRIPTOR(${time}), INTERVAL '1' SECOND)) GROUP BY window_start, window_end, page)`;
    const join = `SELECT a.page FROM ${counts("clicks", "p")} AS a JOIN ${counts("t", "ts")} AS b ON a.window_start = b.window_start AND a.window_end = b.window_end;`;
    expect(messageOf(table + other + join)).toEqual([
      "a join of windows of processing time with other rows is not part of this release",
    ]);
    expect(messageOf(`${table} SELECT PROCTIME(1) FROM clicks;`).length).toBe(1);
  });
});
