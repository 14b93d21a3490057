/**
 * Queries over window results, against what plain code makes of the results themselves: the same script gives both, and the
 * inner query is held to its own oracle elsewhere.
 */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { type Result, records, run, table } from "./per-page.ts";
import { kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource } from "./simulated-source.ts";

const seeds = [1, 2, 3, 4, 5, 6];

/** Bytes in use after each of so many windows with long strings, of the second query of a script; all are given back at the end. */
async function memoryOver(sql: string, windows: number): Promise<number[]> {
  const { plan } = planText({ text: sql, settings: {} });
  if (plan === null) throw new Error("the script plans");
  const { program, queries } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
  const stages = (queries[1]?.stages ?? []).map(({ query }) => query);
  const kernel = loadKernel(kernelBytes);
  const before = kernel.usedBytes;
  kernel.load(program);
  kernel.ensurePartitions(0, 1);
  const used: number[] = [];
  let rows = 0;
  for (let round = 0; round < windows; round++) {
    const start = 1_714_521_600_000 + round * 10_000;
    const ts = new Date(start).toISOString().replace("T", " ").replace("Z", "");
    const pages = Array.from({ length: 300 }, (_, i) => `${"long ".repeat(60)}${i % 40}`);
    feed(
      kernel,
      pages.map((page, i) => ({ text: JSON.stringify({ user_id: i, page, ts }) })),
    );
    for (const query of [0, ...stages]) {
      kernel.advance(query, start);
      while (kernel.emitVector(query)) rows += kernel.takeOutput(1)?.rows ?? 0;
    }
    used.push(kernel.usedBytes);
  }
  expect(rows).toBeGreaterThan(windows);
  kernel.load({ version: 1, registers: [], constants: [], sources: [], queries: [] });
  expect(kernel.usedBytes - before).toBeLessThan(1 << 20);
  return used;
}

const frame = (preceding: number): string => `ORDER BY window_time ROWS BETWEEN ${preceding} PRECEDING AND CURRENT ROW`;

describe("OVER window results", () => {
  test.each(seeds)("aggregates the last rows of each partition (seed %p)", async (seed) => {
    const preceding = [0, 1, 2, 7, 40, 1000][seed - 1] as number;
    const over = `OVER (PARTITION BY page ${frame(preceding)})`;
    const { results, rows } = await run(
      seed,
      `SELECT window_start, page, COUNT(*) ${over}, SUM(n) ${over}, AVG(total) ${over}, MIN(n) ${over}, MAX(last) ${over},
              COUNT(DISTINCT n) ${over}, SUM(n) FILTER (WHERE total > 100) ${over}, APPROX_COUNT_DISTINCT(n) ${over} FROM per_page;`,
    );
    const history = new Map<string | null, Result[]>();
    const expected = results.map((result) => {
      const seen = history.get(result.page) ?? [];
      seen.push(result);
      history.set(result.page, seen);
      const last = seen.slice(-preceding - 1);
      const totals = last.flatMap(({ total }) => (total === null ? [] : [total]));
      const sum = (values: readonly bigint[]): bigint => values.reduce((a, b) => a + b, 0n);
      const passing = last.filter(({ total }) => total !== null && total > 100n);
      const ns = last.map(({ n }) => n);
      return [
        result.start,
        result.page,
        BigInt(last.length),
        sum(ns),
        totals.length === 0 ? null : sum(totals) / BigInt(totals.length),
        ns.toSorted((a, b) => Number(a - b))[0] ?? null,
        result.page,
        BigInt(new Set(ns).size),
        passing.length === 0 ? null : sum(passing.map(({ n }) => n)),
        BigInt(new Set(ns).size),
      ];
    });
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(20);
  });

  test.each(seeds)(
    "without PARTITION BY takes rows in the order of their windows and keys, with a condition on the result (seed %p)",
    async (seed) => {
      const { results, rows } = await run(
        seed,
        `SELECT page, moving * 2 FROM (SELECT page, AVG(n) OVER (${frame(2)}) AS moving FROM per_page) WHERE moving > 8;`,
      );
      const expected = results.flatMap(({ page }, index) => {
        const last = results.slice(Math.max(0, index - 2), index + 1);
        const moving = last.reduce((sum, { n }) => sum + n, 0n) / BigInt(last.length);
        return moving > 8n ? [[page, moving * 2n]] : [];
      });
      expect(rows).toEqual(expected);
    },
  );

  test.each(seeds)("aggregates all rows so far, with and without PARTITION BY (seed %p)", async (seed) => {
    const partition = seed % 2 === 0 ? "PARTITION BY page " : "";
    const over = `OVER (${partition}ORDER BY window_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)`;
    const { results, rows } = await run(
      seed,
      `SELECT page, SUM(n) ${over}, MIN(last) ${over}, MAX(last) ${over}, COUNT(DISTINCT n) ${over}, AVG(total) ${over},
              COUNT(*) FILTER (WHERE n > 4) ${over}, APPROX_COUNT_DISTINCT(last) ${over} FROM per_page;`,
    );
    const history = new Map<string | null, Result[]>();
    const expected = results.map((result) => {
      const key = partition === "" ? null : result.page;
      const seen = [...(history.get(key) ?? []), result];
      history.set(key, seen);
      const pages = seen.flatMap(({ page }) => (page === null ? [] : [page])).sort();
      const totals = seen.flatMap(({ total }) => (total === null ? [] : [total]));
      return [
        result.page,
        seen.reduce((sum, { n }) => sum + n, 0n),
        pages[0] ?? null,
        pages.at(-1) ?? null,
        BigInt(new Set(seen.map(({ n }) => n)).size),
        totals.length === 0 ? null : totals.reduce((sum, total) => sum + total, 0n) / BigInt(totals.length),
        BigInt(seen.filter(({ n }) => n > 4n).length),
        BigInt(new Set(pages).size),
      ];
    });
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(20);
  });

  test("over another OVER, in the grouped SELECT itself", async () => {
    const { results, rows } = await run(
      3,
      `SELECT page, SUM(two) OVER (PARTITION BY page ${frame(1)}) FROM (
         SELECT window_time, page, SUM(COUNT(*)) OVER (PARTITION BY page ${frame(1)}) AS two
         FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, window_time, page);`,
    );
    const counts = new Map<string | null, bigint[]>();
    const expected = results.map(({ page, n }) => {
      const seen = [...(counts.get(page) ?? []), n];
      counts.set(page, seen);
      const two = (at: number): bigint => (at < 0 ? 0n : (seen[at] as bigint) + (seen[at - 1] ?? 0n));
      return [page, two(seen.length - 1) + two(seen.length - 2)];
    });
    expect(rows).toEqual(expected);
  });
});

describe("the first rows of every window", () => {
  /** Rows of the same window, ordered by `compare`, numbered within what `keyOf` tells apart. */
  function ranked(
    results: readonly Result[],
    compare: (a: Result, b: Result) => number,
    keyOf: (result: Result) => string = () => "",
  ): { readonly result: Result; readonly rank: number }[] {
    const windows = [...Map.groupBy(results, ({ start }) => start).values()];
    return windows.flatMap((rows) => {
      const groups = [...Map.groupBy(rows, keyOf)].sort(([a], [b]) => (a < b ? -1 : 1));
      return groups.flatMap(([, group]) => group.toSorted(compare).map((result, i) => ({ result, rank: i + 1 })));
    });
  }

  const byPage = (a: Result, b: Result): number => {
    if (a.page === null || b.page === null) return Number(a.page !== null) - Number(b.page !== null);
    return a.page < b.page ? -1 : 1;
  };
  const byTotal = (a: Result, b: Result): number => {
    if (a.total === null || b.total === null) return Number(a.total === null) - Number(b.total === null);
    return Number(b.total - a.total);
  };

  test.each(seeds)("by a count, ties by the other columns (seed %p)", async (seed) => {
    const most = [1, 2, 3, 5, 8, 100][seed - 1] as number;
    const { results, rows } = await run(
      seed,
      `SELECT window_start, page, n, rn FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY n DESC, page) AS rn FROM per_page
       ) WHERE rn <= ${most};`,
    );
    const order = ranked(results, (a, b) => Number(b.n - a.n) || byPage(a, b));
    const expected = order.flatMap(({ result, rank }) =>
      rank <= most ? [[result.start, result.page, result.n, BigInt(rank)]] : [],
    );
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(10);
  });

  test.each(seeds)(
    "within a partition, NULLs where the order puts them, with a condition behind (seed %p)",
    async (seed) => {
      const { results, rows } = await run(
        seed,
        `SELECT page, total, n FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY window_end, n % 2 ORDER BY total DESC NULLS LAST, page) AS rn FROM per_page WHERE n > 2
       ) WHERE rn < 3 AND n <> 7;`,
      );
      const order = ranked(
        results.filter(({ n }) => n > 2n),
        (a, b) => byTotal(a, b) || byPage(a, b),
        ({ n }) => String(n % 2n),
      );
      const expected = order.flatMap(({ result, rank }) =>
        rank < 3 && result.n !== 7n ? [[result.page, result.total, result.n]] : [],
      );
      expect(rows).toEqual(expected);
    },
  );

  test("by booleans, doubles and decimals, both ways", async () => {
    const { results, rows } = await run(
      4,
      `SELECT page, rn FROM (
         SELECT *, ROW_NUMBER() OVER (PARTITION BY window_start, window_end
           ORDER BY n > 5 DESC, CAST(n AS DOUBLE) / -7, CAST(total AS DECIMAL(30, 2)) DESC, page) AS rn FROM per_page
       ) WHERE rn <= 4;`,
    );
    const large = ({ n }: Result): number => Number(n > 5n);
    const order = ranked(results, (a, b) => large(b) - large(a) || Number(b.n - a.n) || byTotal(a, b) || byPage(a, b));
    const expected = order.flatMap(({ result, rank }) => (rank <= 4 ? [[result.page, BigInt(rank)]] : []));
    expect(rows).toEqual(expected);
  });

  test("are given back when their window has left, strings and all", async () => {
    const sql = `${table} SELECT page, last FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY window_end ORDER BY last DESC) AS rn FROM per_page) WHERE rn <= 7;`;
    const used = await memoryOver(sql, 40);
    expect(used[39]).toBe(used[20] as number);
  });

  test.each(["ROW_NUMBER", "RANK", "DENSE_RANK"])(
    "of rows in several windows are given back, too, by %s",
    async (name) => {
      const windows = "TABLE(HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND, INTERVAL '40' SECOND))";
      const sql = `${table} SELECT page, user_id FROM (SELECT *, ${name}() OVER (PARTITION BY window_start, window_end ORDER BY page DESC) AS rn FROM ${windows}) WHERE rn <= 7;`;
      const used = await memoryOver(sql, 40);
      expect(used[39]).toBe(used[20] as number);
    },
  );
});

describe("what OVER keeps", () => {
  const over = `OVER (PARTITION BY page ${frame(3)})`;
  const sql = `${table} SELECT MAX(last) ${over}, COUNT(DISTINCT last) ${over} FROM per_page;`;

  test("of all rows so far is a row a partition", async () => {
    const all = over.replace("3 PRECEDING", "UNBOUNDED PRECEDING");
    const used = await memoryOver(`${table} SELECT MAX(last) ${all}, COUNT(*) ${all} FROM per_page;`, 40);
    expect(used[39]).toBe(used[5] as number);
  });

  test.each(["ROWS 3 PRECEDING", "RANGE BETWEEN INTERVAL '20' SECOND PRECEDING AND CURRENT ROW", ""])(
    "of the rows of a table, %s, is bounded, too",
    async (text) => {
      const window = `OVER (PARTITION BY page ORDER BY ts ${text})`;
      const used = await memoryOver(
        `${table} SELECT page, MAX(page) ${window}, COUNT(DISTINCT page) ${window} FROM clicks;`,
        60,
      );
      expect(used[59]).toBe(used[30] as number);
    },
  );

  test.each(["rn <= 3", "rn = 1", "rn <= 5 AND rn <> 2"])(
    "of ranks without a window, %s, is bounded, too",
    async (limit) => {
      const ranks = "ROW_NUMBER() OVER (PARTITION BY user_id ORDER BY page DESC)";
      const used = await memoryOver(
        `${table} SELECT page FROM (SELECT *, ${ranks} AS rn FROM clicks) WHERE ${limit};`,
        60,
      );
      expect(used[59]).toBe(used[30] as number);
    },
  );

  test("is bounded by its partitions", async () => {
    const used = await memoryOver(sql, 60);
    expect(used[59]).toBe(used[30] as number);
  });
});

describe("grouping window results again", () => {
  test.each(seeds)("by the same window gives one row a window (seed %p)", async (seed) => {
    const { results, rows } = await run(
      seed,
      `SELECT window_start, window_end, COUNT(*), SUM(n), MAX(total) FROM per_page WHERE n > 2 GROUP BY window_start, window_end;`,
    );
    const windows = Map.groupBy(
      results.filter(({ n }) => n > 2n),
      ({ start }) => start,
    );
    const expected = [...windows].map(([start, group]) => {
      const totals = group.flatMap(({ total }) => (total === null ? [] : [total]));
      return [
        start,
        start + 10_000_000n,
        BigInt(group.length),
        group.reduce((sum, { n }) => sum + n, 0n),
        totals.reduce<bigint | null>((most, total) => (most === null || total > most ? total : most), null),
      ];
    });
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(3);
  });

  test("by the window and a computed key: a count of counts", async () => {
    const { results, rows } = await run(
      2,
      `SELECT window_end, n, COUNT(*) FROM per_page GROUP BY window_start, window_end, n;`,
    );
    const groups = Map.groupBy(results, ({ start, n }) => `${start} ${n}`);
    const expected = [...groups.values()]
      .map((group) => [(group[0] as Result).start + 10_000_000n, (group[0] as Result).n, BigInt(group.length)] as const)
      .sort((a, b) => Number(a[0] - b[0]) || Number(a[1] - b[1]));
    expect(rows).toEqual(expected as unknown as CellValue[][]);
  });

  test("by windows on window_time: a minute of ten-second windows", async () => {
    const { results, rows } = await run(
      5,
      `SELECT window_start, window_end, COUNT(*), SUM(n)
       FROM TABLE(TUMBLE(TABLE (SELECT window_time AS rowtime, n FROM per_page), DESCRIPTOR(rowtime), INTERVAL '1' MINUTE))
       GROUP BY window_start, window_end;`,
    );
    const minutes = Map.groupBy(results, ({ start }) => start - (start % 60_000_000n));
    const expected = [...minutes].map(([start, group]) => [
      start,
      start + 60_000_000n,
      BigInt(group.length),
      group.reduce((sum, { n }) => sum + n, 0n),
    ]);
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(1);
  });

  test("the rows that were read are told by the query that reads them", async () => {
    const parts = records(4);
    const { sinks, status } = await runSimulated(
      `${table} SELECT window_end, MAX(n) FROM per_page GROUP BY window_start, window_end;`,
      () => new SimulatedSource(parts, { seed: 4, maxBatch: 100 }),
    );
    const [plain, nested] = status.queries;
    expect(nested?.rows).toBe(parts.flat().length);
    expect(nested?.late).toBe(plain?.late ?? -1);
    expect(nested?.emitted).toBe(sinks[1]?.rows.length ?? -1);
    expect(nested).toMatchObject({ groups: 0, openWindows: 0 });
  });

  test("a result that cannot be computed ends the job and names the column", async () => {
    const failing = run(1, "SELECT window_end, SUM(1 / (n - n)) FROM per_page GROUP BY window_start, window_end;");
    await expect(failing).rejects.toThrow("over results cannot be computed");
  });
});
