/** Whole jobs over windows that overlap, against the oracle that lists every window of every row. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { type OracleSpec, windowOracle } from "../oracle/windows.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";
import { rowJson, windowRows } from "./window-rows.ts";

const DELAY_MS = 5_000;
const table = `
  CREATE TABLE clicks (user_id BIGINT, page STRING, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '5' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');
`;

const windows: readonly { readonly text: string; readonly spec: Omit<OracleSpec, "delayMs"> }[] = [
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '1' MINUTE)",
    spec: { kind: "hopping", sizeMs: 60_000, stepMs: 10_000, offsetMs: 0 },
  },
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '4' SECOND, INTERVAL '10' SECOND, INTERVAL '-9' SECOND)",
    spec: { kind: "hopping", sizeMs: 10_000, stepMs: 4_000, offsetMs: -9_000 },
  },
  {
    text: "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '3' SECOND, INTERVAL '1' SECOND)",
    spec: { kind: "hopping", sizeMs: 3_000, stepMs: 7_000, offsetMs: 1_000 },
  },
  {
    text: "CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '15' SECOND, INTERVAL '1' MINUTE, INTERVAL '100' SECOND)",
    spec: { kind: "cumulating", sizeMs: 60_000, stepMs: 15_000, offsetMs: 100_000 },
  },
];

for (const { text, spec } of windows) {
  describe(text, () => {
    test("is tried with rows that are late, that miss some windows, or that are in none", () => {
      const outcomes = [1, 2, 3, 4].map((seed) =>
        windowOracle(windowRows(seed).flat(), { ...spec, delayMs: DELAY_MS }),
      );
      const total = (of: "late" | "missed" | "outside"): number =>
        outcomes.reduce((sum, outcome) => sum + outcome[of], 0);
      expect(total("late")).toBeGreaterThan(0);
      const gaps = (spec.stepMs ?? 0) > spec.sizeMs;
      expect([total("missed") > 0, total("outside") > 0]).toEqual([!gaps, gaps]);
    });

    for (const seed of [1, 2, 3, 4]) {
      for (const maxBatch of [7, 600, 5000]) {
        test(`equals the oracle for seed ${seed} in batches of up to ${maxBatch}`, async () => {
          const partitions = windowRows(seed);
          const expected = windowOracle(partitions.flat(), { ...spec, delayMs: DELAY_MS });
          const { sinks, status } = await runSimulated(
            `${table} SELECT window_start, window_end, page, COUNT(*), COUNT(DISTINCT user_id)
             FROM TABLE(${text}) GROUP BY window_start, window_end, page;`,
            () =>
              new SimulatedSource(
                partitions.map((rows) => rows.map(rowJson)),
                { seed: seed * 31 + maxBatch, maxBatch },
              ),
          );
          expect(sinks[0]?.rows).toEqual(
            expected.windows.map((window) => [
              BigInt(window.windowStart) * 1000n,
              BigInt(window.windowEnd) * 1000n,
              window.key,
              BigInt(window.count),
              BigInt(window.users.size),
            ]),
          );
          const { late, counted, missed, outside } = expected;
          expect(status.queries[0]).toMatchObject({ late, counted, missed, filtered: outside, bad: 0 });
          expect(status.queries[0]?.rows).toBe(late + counted + outside);
        });
      }
    }
  });
}

/** Rows of every query of the script, over the same records. */
async function rowsOf(sql: string, seed = 3) {
  const records = windowRows(seed).map((rows) => rows.map(rowJson));
  const { sinks } = await runSimulated(table + sql, () => new SimulatedSource(records, { seed, maxBatch: 400 }));
  return sinks.map(({ rows }) => rows);
}

const tenSeconds = "INTERVAL '10' SECOND, INTERVAL '1' MINUTE";

describe("one window in several spellings", () => {
  const spellings = {
    "HOP by position and by name": `
      SELECT window_start, window_end, window_time, page, COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})
      GROUP BY window_start, window_end, window_time, page;
      SELECT window_start, window_end, window_time, page, COUNT(*)
      FROM HOP(DATA => TABLE clicks, TIMECOL => DESCRIPTOR(ts), SIZE => INTERVAL '1' MINUTE, SLIDE => INTERVAL '10' SECOND)
      GROUP BY window_start, window_end, window_time, page;`,
    "HOP in FROM and in GROUP BY": `
      SELECT window_start, window_end, window_time, page, COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})
      GROUP BY window_start, window_end, window_time, page;
      SELECT HOP_START(ts, ${tenSeconds}), HOP_END(ts, ${tenSeconds}), HOP_ROWTIME(ts, ${tenSeconds}), page, COUNT(*)
      FROM clicks GROUP BY HOP(ts, ${tenSeconds}), page;`,
    "a slide as long as the size, and TUMBLE": `
      SELECT window_start, window_end, page, COUNT(*)
      FROM HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '10' SECOND) GROUP BY window_start, window_end, page;
      SELECT window_start, window_end, page, COUNT(*)
      FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, page;`,
    "HOP and Spark's window": `
      SELECT window_start, window_end, window_time, page, COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})
      GROUP BY window_start, window_end, window_time, page;
      SELECT window.start, window.end, window_time(window), page, COUNT(*)
      FROM clicks GROUP BY window(ts, '1 minute', '10 seconds'), page;`,
    "TUMBLE and Spark's window, read from outside": `
      SELECT window_start, page, COUNT(*) AS n FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '2' SECOND)
      GROUP BY window_start, window_end, page HAVING COUNT(*) > 1;
      SELECT w.start, page, n FROM (SELECT window(ts, '7 seconds', '7 seconds', '2 seconds') AS w, page, COUNT(*) AS n
      FROM clicks GROUP BY window(ts, '7 seconds', '7 seconds', '2 seconds'), page) WHERE n > 1;`,
    "an offset and the same beyond the slide": `
      SELECT window_start, page, COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds}, INTERVAL '3' SECOND)
      GROUP BY window_start, window_end, page;
      SELECT window_start, page, COUNT(*) FROM HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds}, INTERVAL '-77' SECOND)
      GROUP BY window_start, window_end, page;`,
    "HAVING and WHERE on the window": `
      SELECT window_end, page, COUNT(*) FROM CUMULATE(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})
      GROUP BY window_start, window_end, page HAVING window_end > TIMESTAMP '2024-05-01 00:00:30';
      SELECT window_end, page, COUNT(*) FROM CUMULATE(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})
      WHERE window_end > TIMESTAMP '2024-05-01 00:00:30' GROUP BY window_start, window_end, page;`,
  };
  for (const [name, sql] of Object.entries(spellings)) {
    test(name, async () => {
      const [first, second] = await rowsOf(sql);
      expect(first?.length).toBeGreaterThan(50);
      expect(second).toEqual(first ?? []);
    });
  }
});

describe("over the results of windows that overlap", () => {
  test("a moving average of counts, in the grouped SELECT itself", async () => {
    const hop = `FROM TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})) GROUP BY window_start, window_end, page`;
    const [counts, moving] = await rowsOf(`
      SELECT window_start, window_end, page, COUNT(*) AS event_count ${hop};
      SELECT window_start, window_end, page, COUNT(*) AS event_count,
        AVG(COUNT(*)) OVER (ORDER BY window_start ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS moving_avg_3window ${hop};`);
    const expected = (counts ?? []).map((row, index) => {
      const last = (counts ?? []).slice(Math.max(0, index - 2), index + 1).map((other) => other[3] as bigint);
      return [...row, last.reduce((sum, count) => sum + count, 0n) / BigInt(last.length)];
    });
    expect(expected.length).toBeGreaterThan(50);
    expect(moving).toEqual(expected);
  });

  test("OVER on Spark's window", async () => {
    const by = "FROM clicks GROUP BY window(ts, '1 minute', '10 seconds'), page";
    const [averages, moving] = await rowsOf(`
      SELECT window.start, page, AVG(user_id) AS average, COUNT(*) AS event_count ${by};
      SELECT w.start, page, SUM(n) OVER (ORDER BY w.end ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
      FROM (SELECT window AS w, page, COUNT(*) AS n ${by});`);
    const expected = (averages ?? []).map(([start, page, , count], index) => {
      const before = index === 0 ? 0n : (averages?.[index - 1]?.[3] as bigint);
      return [start, page, (count as bigint) + before] as CellValue[];
    });
    expect(expected.length).toBeGreaterThan(50);
    expect(moving).toEqual(expected);
  });

  for (const name of ["HOP", "CUMULATE"]) {
    test(`${name} grouped again by its windows`, async () => {
      const [pages, again] = await rowsOf(`
        CREATE VIEW pages AS SELECT window_start, window_end, page, COUNT(*) AS n
          FROM TABLE(${name}(TABLE clicks, DESCRIPTOR(ts), ${tenSeconds})) GROUP BY window_start, window_end, page;
        SELECT window_start, window_end, n FROM pages;
        SELECT window_start, window_end, COUNT(*), SUM(n), MAX(n) FROM pages GROUP BY window_start, window_end;`);
      const groups = Map.groupBy(pages ?? [], ([start, end]) => `${start} ${end}`);
      const expected = [...groups.values()].map((rows) => {
        const counts = rows.map((row) => row[2] as bigint);
        const most = counts.toSorted((a, b) => Number(b - a))[0];
        return [rows[0]?.[0], rows[0]?.[1], BigInt(rows.length), counts.reduce((sum, n) => sum + n, 0n), most];
      });
      expect(expected.length).toBeGreaterThan(10);
      expect(again).toEqual(expected as CellValue[][]);
    });
  }

  test("a hopping window over tumbling results", async () => {
    const [minutes, hours] = await rowsOf(`
      CREATE VIEW minutes AS SELECT window_time, COUNT(*) AS n
        FROM TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND) GROUP BY window_start, window_end, window_time;
      SELECT window_time, n FROM minutes;
      SELECT HOP_END(window_time, ${tenSeconds}), SUM(n) FROM minutes GROUP BY HOP(window_time, ${tenSeconds});`);
    const sums = new Map<bigint, bigint>();
    for (const [time, n] of minutes ?? []) {
      const end = (time as bigint) + 1000n;
      for (let later = 0n; later < 6n; later++) {
        const at = end + later * 10_000_000n;
        sums.set(at, (sums.get(at) ?? 0n) + (n as bigint));
      }
    }
    expect(sums.size).toBeGreaterThan(10);
    expect(hours).toEqual([...sums].sort(([a], [b]) => (a < b ? -1 : 1)));
  });
});
