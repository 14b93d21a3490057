/** FIRST_VALUE, LAST_VALUE, LISTAGG and APPROX_PERCENTILE of whole jobs: the rows are plain code's, however partitions are read. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compileJob } from "../../src/engine/assemble-job.ts";
import { pinnedSources } from "../../src/engine/pinned-sources.ts";
import { planText } from "../../src/engine/plan-text.ts";
import type { OracleRow } from "../oracle/windows.ts";
import { applied, sorted } from "./changelog.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const TABLE = `CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');`;
const CALLS = `FIRST_VALUE(page) AS first_page, LAST_VALUE(user_id) AS last_user, LISTAGG(page, '; ') AS pages, LISTAGG(DISTINCT page) AS names,
  APPROX_PERCENTILE(user_id, 0.5) AS middle, FIRST_VALUE(page) FILTER (WHERE user_id IS NULL) AS unknown`;
const HOP = "TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND))";
const SESSION = "TABLE(SESSION(TABLE clicks PARTITION BY page, DESCRIPTOR(ts), INTERVAL '1' SECOND))";
const ROWS = "OVER (PARTITION BY page ORDER BY ts ROWS BETWEEN 3 PRECEDING AND CURRENT ROW)";
const RUNNING = "OVER (PARTITION BY page ORDER BY ts RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)";
const DELAY_MS = 5000;
const seeds = Array.from({ length: 2 * Number(process.env.MILLRACE_PROPERTY ?? "1") }, (_, i) => 1 + i);

/** The canonical sequence: by the watermark of the own partition before the row, partition, position. */
function inSequence(rows: readonly OracleRow[][]): { row: OracleRow; before: number }[] {
  const placed = rows.flatMap((partition, index) => {
    let before = Number.NEGATIVE_INFINITY;
    return partition.map((row, position) => {
      const place = { row, before, index, position };
      before = Math.max(before, (row.timeMs ?? 0) - DELAY_MS);
      return place;
    });
  });
  return placed.sort((a, b) =>
    a.before === b.before ? a.index - b.index || a.position - b.position : a.before - b.before,
  );
}

function resultOf(rows: readonly OracleRow[]): CellValue[] {
  const pages = rows.map(({ key }) => key).filter((key) => key !== null);
  const users = rows.map(({ user }) => user).filter((user) => user !== null);
  const unknown = rows.find(({ user, key }) => user === null && key !== null)?.key ?? null;
  const joined = pages.length === 0 ? null : pages.join("; ");
  return [
    pages[0] ?? null,
    users.at(-1) ?? null,
    joined,
    pages.length === 0 ? null : [...new Set(pages)].join(","),
    unknown,
  ];
}

/** Per hopping window: its end, and the result of its rows. */
function hops(rows: readonly OracleRow[][]): CellValue[][] {
  const windows = new Map<number, OracleRow[]>();
  for (const { row, before } of inSequence(rows)) {
    const time = row.timeMs ?? 0;
    for (let start = Math.floor(time / 4000) * 4000; start + 10_000 > time; start -= 4000) {
      if (before >= start + 10_000 - 1) continue;
      windows.set(start + 10_000, [...(windows.get(start + 10_000) ?? []), row]);
    }
  }
  return [...windows].map(([end, inside]) => [BigInt(end) * 1000n, ...resultOf(inside)]);
}

async function run(sql: string, rows: readonly OracleRow[][], seed: number, maxBatch: number): Promise<CellValue[][]> {
  const records = rows.map((partition) => partition.map(rowJson));
  const { sinks } = await runSimulated(`${TABLE} ${sql};`, () => new SimulatedSource(records, { seed, maxBatch }));
  return applied(sinks[0] as (typeof sinks)[number]);
}

/** All but the percentile, which is column `at`. */
const without = (rows: readonly CellValue[][], at: number): CellValue[][] => rows.map((row) => row.toSpliced(at, 1));

describe("aggregates that go by the order of rows", () => {
  test(`of hopping windows are plain code's (${seeds.length} seeds)`, async () => {
    for (const seed of seeds) {
      const rows = windowRows(seed);
      const sql = `SELECT window_end, ${CALLS} FROM ${HOP} GROUP BY window_start, window_end`;
      const got = await run(sql, rows, seed, 1 + (seed % 3) * 700);
      expect({ seed, rows: sorted(without(got, 5)) }).toEqual({ seed, rows: sorted(hops(rows)) });
    }
  }, 600_000);

  test(`of a group without a window are plain code's (${seeds.length} seeds)`, async () => {
    for (const seed of seeds) {
      const rows = windowRows(seed).map((partition) => partition.slice(0, 500));
      const got = await run(`SELECT ${CALLS} FROM clicks`, rows, seed, 90);
      expect({ seed, rows: without(got, 4) }).toEqual({
        seed,
        rows: [resultOf(inSequence(rows).map(({ row }) => row))],
      });
    }
  }, 600_000);

  const others = {
    sessions: `SELECT window_start, page, ${CALLS} FROM ${SESSION} GROUP BY window_start, window_end, page`,
    "rows of a table": `SELECT ts, user_id, FIRST_VALUE(page) ${ROWS} AS a, LAST_VALUE(user_id) ${ROWS} AS b, LISTAGG(page) ${ROWS} AS c FROM clicks`,
    "running totals": `SELECT ts, user_id, FIRST_VALUE(user_id) ${RUNNING} AS a, LAST_VALUE(user_id) ${RUNNING} AS b,
      APPROX_PERCENTILE(user_id, 0.9) ${RUNNING} AS c FROM clicks`,
  };
  for (const [name, sql] of Object.entries(others)) {
    test(`of ${name} do not depend on how partitions are read (${seeds.length} seeds)`, async () => {
      for (const seed of seeds) {
        const rows = windowRows(seed);
        const expected = sorted(await run(sql, rows, seed, 5000));
        expect(expected.length).toBeGreaterThan(0);
        for (const [other, maxBatch] of [
          [seed + 100, 40],
          [seed + 200, 1],
        ] as const) {
          const got = sorted(await run(sql, rows, other, maxBatch));
          expect({ seed, other, rows: got }).toEqual({ seed, other, rows: expected });
        }
      }
    }, 600_000);
  }

  test("keep their table in one worker", () => {
    const { plan } = planText({ text: `${TABLE} SELECT LISTAGG(page) FROM clicks;`, settings: {} });
    if (plan === null) throw new Error("the script has a plan");
    expect([...pinnedSources(compileJob(plan)).values()]).toEqual(['query "select 1" depends on the order of rows']);
  });
});

describe("APPROX_PERCENTILE", () => {
  test("is off by 0.79 % at most, and exact at the ends", async () => {
    for (const seed of seeds) {
      const rows = windowRows(seed).map((partition) =>
        partition.map((row) => ({ ...row, user: row.user && row.user % 100_003n })),
      );
      const quantiles = [0, 0.01, 0.25, 0.5, 0.75, 0.99, 1];
      const calls = quantiles.map((quantile) => `APPROX_PERCENTILE(user_id, ${quantile})`).join(", ");
      const [got] = await run(`SELECT ${calls} FROM clicks`, rows, seed, 600);
      const users = rows.flat().flatMap(({ user }) => (user === null ? [] : [Number(user)]));
      users.sort((a, b) => a - b);
      quantiles.forEach((quantile, index) => {
        const exact = users[Math.max(1, Math.ceil(quantile * users.length)) - 1] as number;
        const off = Math.abs((got?.[index] as number) - exact);
        expect(off).toBeLessThanOrEqual(quantile === 0 || quantile === 1 ? 0 : exact / 128);
      });
    }
  });

  test("of negative, huge and missing numbers", async () => {
    const sql = `CREATE TABLE t (x DOUBLE) WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
      SELECT APPROX_PERCENTILE(x, 0.5), APPROX_PERCENTILE(DISTINCT x, 1), APPROX_PERCENTILE(x, 0) FROM t;`;
    const records = [[-5, 1e308, null, -5, 0, -1e308, -5].map((x) => JSON.stringify({ x }))];
    const { sinks } = await runSimulated(sql, () => new SimulatedSource(records, { seed: 1, maxBatch: 2 }));
    expect(applied(sinks[0] as (typeof sinks)[number])).toEqual([[-5, 1e308, -1e308]]);
  });
});
