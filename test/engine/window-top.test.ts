/** The best rows of every window of a table, not grouped, against plain code that sorts every window of every row. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { type OracleRow, type OracleSpec, windowsOf } from "../oracle/windows.ts";
import { runSimulated, type SimulatedRun } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const DELAY_MS = 5_000;
const table = `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
`;

const windows: readonly { readonly text: string; readonly spec: Omit<OracleSpec, "delayMs"> }[] = [
  {
    text: "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
    spec: { kind: "tumbling", sizeMs: 10_000, offsetMs: 0 },
  },
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)",
    spec: { kind: "hopping", sizeMs: 60_000, stepMs: 10_000, offsetMs: 0 },
  },
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND, INTERVAL '-9' SECOND)",
    spec: { kind: "hopping", sizeMs: 10_000, stepMs: 4_000, offsetMs: -9_000 },
  },
  {
    text: "CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '15' SECOND, INTERVAL '1' MINUTE)",
    spec: { kind: "cumulating", sizeMs: 60_000, stepMs: 15_000, offsetMs: 0 },
  },
];

interface Member {
  readonly start: number;
  readonly end: number;
  readonly row: OracleRow;
}

/** Every row in every window that took it. */
function members(rows: readonly OracleRow[], spec: Omit<OracleSpec, "delayMs">): Member[] {
  const watermarks = new Map<number, number>();
  return rows.flatMap((row) => {
    const time = row.timeMs ?? 0;
    const before = watermarks.get(row.partition) ?? Number.NEGATIVE_INFINITY;
    watermarks.set(row.partition, Math.max(before, time - DELAY_MS));
    const open = windowsOf(time, { ...spec, delayMs: DELAY_MS }).filter(({ end }) => before < end - 1);
    return open.map(({ start, end }) => ({ start, end, row }));
  });
}

/** NULLs first. */
function compare(a: bigint | string | null, b: bigint | string | null): number {
  if (a === null || b === null) return Number(a !== null) - Number(b !== null);
  return a < b ? -1 : Number(a > b);
}

function runOver(seed: number, sql: string, maxBatch: number): Promise<SimulatedRun> {
  const partitions = windowRows(seed).map((rows) => rows.slice(0, 700));
  const records = partitions.map((rows) => rows.map(rowJson));
  return runSimulated(`${table} ${sql}`, () => new SimulatedSource(records, { seed: seed * 31 + maxBatch, maxBatch }));
}

const rowsOf = (seed: number): OracleRow[] => windowRows(seed).flatMap((rows) => rows.slice(0, 700));
const micros = (ms: number): bigint => BigInt(ms) * 1000n;

for (const { text, spec } of windows) {
  describe(`the first rows of every window of ${text}`, () => {
    for (const seed of [1, 2, 3, 4]) {
      for (const maxBatch of [7, 5000]) {
        test(`equal the oracle's for seed ${seed} in batches of up to ${maxBatch}`, async () => {
          const most = 1 + (seed % 3) * 2;
          const { sinks, status } = await runOver(
            seed,
            `SELECT window_start, window_end, window_time, page, user_id, rn FROM (
               SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, page ORDER BY user_id DESC NULLS LAST, ts) AS rn
               FROM TABLE(${text}) WHERE page <> '/p/7') WHERE rn <= ${most};`,
            maxBatch,
          );
          const all = members(rowsOf(seed), spec).filter(({ row }) => row.key !== null && row.key !== "/p/7");
          const groups = [...Map.groupBy(all, ({ end, start, row }) => `${end} ${start} ${row.key}`).values()];
          const lists = groups.map((group) => {
            const best = group.toSorted((a, b) =>
              a.row.user === null || b.row.user === null
                ? Number(a.row.user === null) - Number(b.row.user === null)
                : compare(b.row.user, a.row.user),
            );
            return best.slice(0, most);
          });
          const ordered = lists.toSorted(
            ([a], [b]) =>
              (a as Member).end - (b as Member).end || compare((a as Member).row.key, (b as Member).row.key),
          );
          const expected = ordered.flatMap((list) =>
            list.map(({ start, end, row }, i): CellValue[] => [
              micros(start),
              micros(end),
              micros(end - 1),
              row.key,
              row.user,
              BigInt(i + 1),
            ]),
          );
          expect(sinks[0]?.rows ?? []).toEqual(expected);
          expect(expected.length).toBeGreaterThan(0);
          const [query] = status.queries;
          const taken = new Set(members(rowsOf(seed), spec).map(({ row }) => row));
          expect(query?.late).toBe(rowsOf(seed).length - taken.size);
        });
      }
    }

    test.each([1, 2, 3])("with RANK and DENSE_RANK have all that are equal (seed %p)", async (seed) => {
      const name = seed === 2 ? "RANK" : "DENSE_RANK";
      const { sinks } = await runOver(
        seed,
        `SELECT window_end, page, user_id, rk FROM (
           SELECT *, ${name}() OVER (PARTITION BY window_start, window_end ORDER BY page DESC NULLS LAST) AS rk FROM TABLE(${text})) WHERE rk <= 3;`,
        50,
      );
      const all = members(rowsOf(seed), spec);
      const expected = [...Map.groupBy(all, ({ end }) => end).values()].flatMap((window) => {
        const pages = window.map(({ row }) => row.key);
        return window.flatMap(({ end, row }): CellValue[][] => {
          const better = pages.filter((page) => page !== null && (row.key === null || page > row.key));
          const rank = 1 + (name === "RANK" ? better.length : new Set(better).size);
          return rank <= 3 ? [[micros(end), row.key, row.user, BigInt(rank)]] : [];
        });
      });
      const sorted = (list: readonly (readonly CellValue[])[]): string[] => list.map((row) => row.join(" ")).sort();
      expect(sorted(sinks[0]?.rows ?? [])).toEqual(sorted(expected));
    });
  });
}

describe("the first row of every key in a window", () => {
  test("by its time, grouped again by the window", async () => {
    const { sinks } = await runOver(
      3,
      `SELECT window_start, window_end, COUNT(*), SUM(user_id) FROM (
         SELECT * FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end, page ORDER BY ts ASC, user_id) AS rn
           FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND))) WHERE rn = 1
       ) GROUP BY window_start, window_end;`,
      300,
    );
    const all = members(rowsOf(3), { kind: "tumbling", sizeMs: 10_000, offsetMs: 0 });
    const byWindow = Map.groupBy(
      all.toSorted((a, b) => a.end - b.end),
      ({ end }) => end,
    );
    const expected = [...byWindow].map(([end, window]) => {
      const firsts = [...Map.groupBy(window, ({ row }) => row.key).values()].map(
        (rows) =>
          rows.toSorted(
            (a, b) => Number(a.row.timeMs) - Number(b.row.timeMs) || compare(a.row.user, b.row.user),
          )[0] as Member,
      );
      const users = firsts.flatMap(({ row }) => row.user ?? []);
      const total = users.length === 0 ? null : users.reduce((sum, user) => sum + user, 0n);
      return [micros(end - 10_000), micros(end), BigInt(firsts.length), total];
    });
    expect(sinks[0]?.rows).toEqual(expected);
  });

  test("where a condition on the window stands below and above", async () => {
    const inside = "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)";
    const ranked = (from: string): string =>
      `SELECT window_start, page FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY page, user_id) AS rn FROM ${from}) WHERE rn <= 2`;
    const late = "window_start > TIMESTAMP '2024-05-01 00:00:30'";
    const { sinks } = await runOver(
      2,
      `${ranked(`TABLE(${inside}) WHERE ${late}`)}; ${ranked(`TABLE(${inside})`)} AND ${late};`,
      100,
    );
    expect(sinks[0]?.rows).toEqual(sinks[1]?.rows as CellValue[][]);
    expect(sinks[0]?.rows.length).toBeGreaterThan(3);
  });
});
