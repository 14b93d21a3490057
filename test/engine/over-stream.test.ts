/** OVER on the rows of a table: in order of event time, each row when the watermark has reached it, against plain code. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { overStream } from "../oracle/over-stream.ts";
import type { OracleRow } from "../oracle/windows.ts";
import { runSimulated, type SimulatedRun } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";
import { rowJson } from "./window-rows.ts";

const DELAY_MS = 5_000;
const table = `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
`;

/** Rows of one partition, some behind the watermark, many at the same time. */
function rowsOf(seed: number): OracleRow[] {
  const random = seededRandom(seed);
  let now = 1_714_521_600_000;
  return Array.from({ length: 300 + Math.floor(random() * 900) }, (): OracleRow => {
    now += Math.floor(random() * 300);
    const back = random() < 0.05 ? random() * 20_000 : random() * 6000;
    return {
      partition: 0,
      timeMs: Math.floor((now - back) / 250) * 250,
      key: random() < 0.05 ? null : `/p/${Math.floor(random() * (1 + seed))}`,
      user: random() < 0.1 ? null : BigInt(Math.floor(random() * 90)),
    };
  });
}

function runOver(rows: readonly OracleRow[], sql: string, maxBatch: number): Promise<SimulatedRun> {
  const records = [rows.map(rowJson)];
  return runSimulated(`${table} ${sql}`, () => new SimulatedSource(records, { seed: maxBatch, maxBatch }));
}

const time = (row: OracleRow): bigint => BigInt(row.timeMs ?? 0) * 1000n;
const users = (rows: readonly OracleRow[]): bigint[] => rows.flatMap(({ user }) => user ?? []);
const sum = (values: readonly bigint[]): bigint | null =>
  values.length === 0 ? null : values.reduce((a, b) => a + b, 0n);
const seeds = [1, 2, 3, 4, 5];

describe("OVER the rows of a table", () => {
  for (const seed of seeds) {
    for (const maxBatch of [1, 37, 5000]) {
      test(`by rows equals plain code for seed ${seed} in batches of up to ${maxBatch}`, async () => {
        const rows = rowsOf(seed);
        const { sinks, status } = await runOver(
          rows,
          `SELECT ts, page, user_id, SUM(user_id) OVER w3 AS three, COUNT(*) OVER w3, LAG(user_id, 2, -1) OVER (PARTITION BY page ORDER BY ts),
                  MAX(page) OVER (PARTITION BY page ORDER BY ts ROWS UNBOUNDED PRECEDING), ROW_NUMBER() OVER (PARTITION BY page ORDER BY ts)
           FROM clicks;`.replaceAll(
            "OVER w3",
            "OVER (PARTITION BY page ORDER BY ts ROWS BETWEEN 2 PRECEDING AND CURRENT ROW)",
          ),
          maxBatch,
        );
        const { left, late } = overStream(rows, DELAY_MS, ({ key }) => key);
        const expected = left.map(({ row, history }): CellValue[] => {
          const three = history.slice(-3);
          const before = history.at(-3);
          return [
            time(row),
            row.key,
            row.user,
            sum(users(three)),
            BigInt(three.length),
            before === undefined ? -1n : before.user,
            row.key,
            BigInt(history.length),
          ];
        });
        expect(sinks[0]?.rows ?? []).toEqual(expected);
        expect(status.queries[0]?.late).toBe(late);
        expect(late).toBeGreaterThan(0);
      });

      test(`by time equals plain code for seed ${seed} in batches of up to ${maxBatch}`, async () => {
        const rows = rowsOf(seed);
        const over = "OVER (PARTITION BY page ORDER BY ts RANGE BETWEEN INTERVAL '4' SECOND PRECEDING AND CURRENT ROW)";
        const { sinks } = await runOver(
          rows,
          `SELECT ts, page, user_id, SUM(user_id) ${over}, COUNT(DISTINCT user_id) ${over}, MAX(page) ${over} FROM clicks;`,
          maxBatch,
        );
        const expected = overStream(rows, DELAY_MS, ({ key }) => key).left.map(({ row, peers }): CellValue[] => {
          const frame = peers.filter(({ timeMs }) => Number(timeMs) >= Number(row.timeMs) - 4000);
          return [time(row), row.key, row.user, sum(users(frame)), BigInt(new Set(users(frame)).size), row.key];
        });
        expect(sinks[0]?.rows ?? []).toEqual(expected);
      });
    }

    test(`long frames by rows equal plain code (seed ${seed})`, async () => {
      const rows = rowsOf(seed);
      const over = `OVER (PARTITION BY page ORDER BY ts ROWS ${60 + seed * 5} PRECEDING)`;
      const { sinks } = await runOver(
        rows,
        `SELECT ts, SUM(user_id) ${over}, COUNT(*) ${over}, COUNT(DISTINCT user_id) ${over}, MIN(user_id) ${over}, MAX(page) ${over} FROM clicks;`,
        90,
      );
      const expected = overStream(rows, DELAY_MS, ({ key }) => key).left.map(({ row, history }): CellValue[] => {
        const frame = history.slice(-61 - seed * 5);
        const values = users(frame);
        const least = values.toSorted((a, b) => Number(a - b))[0] ?? null;
        return [time(row), sum(values), BigInt(frame.length), BigInt(new Set(values).size), least, row.key];
      });
      expect(sinks[0]?.rows ?? []).toEqual(expected);
      expect(expected.some((row) => row[2] === BigInt(61 + seed * 5))).toBe(true);
    });

    test(`without a frame takes all rows up to the row's time (seed ${seed})`, async () => {
      const rows = rowsOf(seed);
      const { sinks } = await runOver(
        rows,
        "SELECT ts, user_id, SUM(user_id) OVER (ORDER BY ts), MIN(page) OVER (ORDER BY ts), RANK() OVER (ORDER BY ts), DENSE_RANK() OVER (ORDER BY ts) FROM clicks;",
        100,
      );
      const expected = overStream(rows, DELAY_MS, () => 0).left.map(({ row, peers, history }): CellValue[] => {
        const pages = peers.flatMap(({ key }) => key ?? []).sort();
        const rank = BigInt(history.findIndex(({ timeMs }) => timeMs === row.timeMs) + 1);
        const dense = BigInt(new Set(history.map(({ timeMs }) => timeMs)).size);
        return [time(row), row.user, sum(users(peers)), pages[0] ?? null, rank, dense];
      });
      expect(sinks[0]?.rows ?? []).toEqual(expected);
    });
  }

  test.each(["ORDER BY ts", "ORDER BY ts RANGE BETWEEN INTERVAL '1' SECOND PRECEDING AND CURRENT ROW"])(
    "answers for thousands of rows of one time together: %s",
    async (order) => {
      const start = 1_714_521_600_000;
      const rows = Array.from(
        { length: 9000 },
        (_, i): OracleRow => ({
          partition: 0,
          timeMs: start + (i < 100 ? 0 : i < 8000 ? 400 : 2000),
          key: `/p/${i % 3}`,
          user: BigInt(i),
        }),
      );
      const { sinks } = await runOver(
        rows,
        `SELECT user_id, COUNT(*) OVER (PARTITION BY page ${order}) AS n, SUM(user_id) OVER (PARTITION BY page ${order}), MAX(page) OVER (PARTITION BY page ${order}) FROM clicks;`,
        5000,
      );
      const bounded = order.includes("RANGE");
      const answer = (row: OracleRow): CellValue[] => {
        const at = Number(row.timeMs);
        const frame = rows.filter(
          ({ timeMs, key }) => key === row.key && Number(timeMs) <= at && (!bounded || Number(timeMs) >= at - 1000),
        );
        return [BigInt(frame.length), sum(users(frame)), row.key];
      };
      const known = new Map<string, CellValue[]>();
      const expected = rows.map((row): CellValue[] => {
        const id = `${row.timeMs} ${row.key}`;
        const answered = known.get(id) ?? answer(row);
        known.set(id, answered);
        return [row.user, ...answered];
      });
      expect(sinks[0]?.rows).toEqual(expected);
    },
  );

  test("reads expressions and conditions of subqueries, and is read by others", async () => {
    const rows = rowsOf(3);
    const { sinks } = await runOver(
      rows,
      `SELECT page, twice, moving FROM (
         SELECT page, twice, AVG(twice) OVER (PARTITION BY page ORDER BY ts ROWS 1 PRECEDING) AS moving
         FROM (SELECT ts, page, user_id * 2 AS twice FROM clicks WHERE user_id > 10)
       ) WHERE moving > 60;
       SELECT ts, first_page, COUNT(*) OVER (PARTITION BY page ORDER BY ts ROWS 2 PRECEDING) FROM (
         SELECT ts, page, MIN(page) OVER (PARTITION BY page ORDER BY ts ROWS 1 PRECEDING) AS first_page FROM clicks);`,
      64,
    );
    const passing = rows.filter(({ user }) => user !== null && user > 10n);
    // The watermark is that of all rows: the filter stands behind it.
    expect(passing.length).toBeLessThan(rows.length);
    const histories = sinks[0]?.rows ?? [];
    expect(histories.every(([, , moving]) => (moving as bigint) > 60n)).toBe(true);
    const both = overStream(rows, DELAY_MS, ({ key }) => key).left.map(({ row, history }): CellValue[] => [
      time(row),
      row.key,
      BigInt(Math.min(3, history.length)),
    ]);
    expect(sinks[1]?.rows).toEqual(both);
  });

  for (const seed of seeds) {
    test(`of several partitions is the same however they are read (seed ${seed})`, async () => {
      const random = seededRandom(seed);
      const parts = Array.from({ length: 2 + (seed % 3) }, (_, partition) =>
        rowsOf(seed * 10 + partition)
          .slice(0, 100 + Math.floor(random() * 400))
          .map((row) => ({ ...row, partition, key: row.key === null ? null : row.key.slice(0, 4) })),
      );
      const { left, late } = overStream(parts.flat(), DELAY_MS, ({ key }) => key);
      const expected = left.map(({ row, history, peers }): CellValue[] => [
        time(row),
        row.user,
        sum(users(peers)),
        sum(users(history.slice(-5))),
      ]);
      for (const maxBatch of [3, 250, 5000]) {
        const records = parts.map((rows) => rows.map(rowJson));
        const { sinks, status } = await runSimulated(
          `${table} SELECT ts, user_id, SUM(user_id) OVER (PARTITION BY page ORDER BY ts),
             SUM(user_id) OVER (PARTITION BY page ORDER BY ts ROWS 4 PRECEDING) FROM clicks;`,
          () => new SimulatedSource(records, { seed: seed * maxBatch, maxBatch }),
        );
        expect(sinks[0]?.rows).toEqual(expected);
        expect(status.queries[0]?.late).toBe(late);
      }
      expect(late).toBeGreaterThan(0);
    });
  }
});

describe("a window over OVER", () => {
  test("counts the rows that OVER gave", async () => {
    const rows = rowsOf(2).map((row, i) => ({ ...row, timeMs: 1_714_521_600_000 + i * 90 }));
    const { sinks } = await runOver(
      rows,
      `SELECT window_start, COUNT(*), MAX(n) FROM TABLE(TUMBLE(TABLE (
         SELECT ts, COUNT(*) OVER (PARTITION BY page ORDER BY ts ROWS UNBOUNDED PRECEDING) AS n FROM clicks
       ), DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end;`,
      70,
    );
    const { left } = overStream(rows, DELAY_MS, ({ key }) => key);
    const windows = Map.groupBy(left, ({ row }) => Math.floor(Number(row.timeMs) / 10_000) * 10_000);
    const expected = [...windows].map(([start, given]): CellValue[] => [
      BigInt(start) * 1000n,
      BigInt(given.length),
      BigInt(Math.max(...given.map(({ history }) => history.length))),
    ]);
    expect(sinks[0]?.rows).toEqual(expected);
    expect(expected.length).toBeGreaterThan(3);
  });
});

describe("the first row of every key", () => {
  test.each(seeds)("is the earliest, once (seed %p)", async (seed) => {
    const rows = rowsOf(seed);
    const { sinks } = await runOver(
      rows,
      "SELECT ts, page, user_id FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page, user_id ORDER BY ts ASC) AS rn FROM clicks) WHERE rn = 1;",
      40,
    );
    const { left } = overStream(rows, DELAY_MS, ({ key, user }) => `${key} ${user}`);
    const expected = left.flatMap(({ row, history }): CellValue[][] =>
      history.length === 1 ? [[time(row), row.key, row.user]] : [],
    );
    expect(sinks[0]?.rows).toEqual(expected);
  });
});
