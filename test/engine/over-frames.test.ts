/** Several OVERs in one SELECT, LAG and ranks by time, against what plain code makes of the results themselves. */
import { describe, expect, test } from "bun:test";
import { type Result, run } from "./per-page.ts";

const seeds = [1, 2, 3, 4, 5, 6];

/** With each result those before it in its partition, the latest last, and itself at the end. */
function histories(results: readonly Result[], keyOf: (result: Result) => unknown): Result[][] {
  const seen = new Map<unknown, Result[]>();
  return results.map((result) => {
    const history = [...(seen.get(keyOf(result)) ?? []), result];
    seen.set(keyOf(result), history);
    return history;
  });
}

const sum = (rows: readonly Result[]): bigint | null =>
  rows.length === 0 ? null : rows.reduce((total, { n }) => total + n, 0n);

describe("several OVERs in one SELECT", () => {
  test.each(seeds)("have partitions and frames of their own (seed %p)", async (seed) => {
    const { results, rows } = await run(
      seed,
      `SELECT page, SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) AS three,
              SUM(n) OVER (ORDER BY window_time ROWS BETWEEN 4 PRECEDING AND CURRENT ROW) + 1 AS five, n,
              SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS so_far,
              COUNT(*) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 2 PRECEDING AND CURRENT ROW),
              SUM(n) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 5 PRECEDING AND 2 PRECEDING),
              COUNT(*) OVER (PARTITION BY page ORDER BY window_time ROWS BETWEEN 5 PRECEDING AND 2 PRECEDING)
       FROM per_page;`,
    );
    const all = histories(results, () => 0);
    const expected = histories(results, ({ page }) => page).map((history, i) => {
      const result = results[i] as Result;
      const early = history.slice(-6, -2);
      const five = (sum((all[i] as Result[]).slice(-5)) ?? 0n) + 1n;
      return [
        result.page,
        sum(history.slice(-3)),
        five,
        result.n,
        sum(history),
        BigInt(Math.min(3, history.length)),
        sum(early),
        BigInt(early.length),
      ];
    });
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(20);
  });

  test("stand beside a rank in the window, and in a grouped SELECT", async () => {
    const { results, rows } = await run(
      4,
      `SELECT page, two, seen, rn FROM (
         SELECT page, SUM(COUNT(*)) OVER (PARTITION BY page ORDER BY window_end ROWS 1 PRECEDING) AS two,
                COUNT(*) OVER (ORDER BY window_end ROWS UNBOUNDED PRECEDING) AS seen,
                ROW_NUMBER() OVER (PARTITION BY window_start, window_end ORDER BY COUNT(*) DESC, page) AS rn
         FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)) GROUP BY window_start, window_end, page
       ) WHERE rn <= 2;`,
    );
    const rowsOf = histories(results, ({ page }) => page).map((history, i) => ({
      result: results[i] as Result,
      two: sum(history.slice(-2)),
      seen: BigInt(i + 1),
    }));
    const name = (page: string | null): string => (page === null ? "" : `+${page}`);
    const expected = [...Map.groupBy(rowsOf, ({ result }) => result.start).values()].flatMap((window) =>
      window
        .toSorted((a, b) => Number(b.result.n - a.result.n) || (name(a.result.page) < name(b.result.page) ? -1 : 1))
        .slice(0, 2)
        .map(({ result, two, seen }, i) => [result.page, two, seen, BigInt(i + 1)]),
    );
    expect(rows).toEqual(expected);
  });
});

describe("frames by time", () => {
  test.each(seeds)("take the rows of the row's own window, and of those a time before (seed %p)", async (seed) => {
    const partition = seed % 2 === 0 ? "PARTITION BY n % 3 " : "";
    const back = [0, 10, 20, 35, 60, 1000][seed - 1] as number;
    const { results, rows } = await run(
      seed,
      `SELECT page, SUM(n) OVER (${partition}ORDER BY window_time), COUNT(*) OVER (${partition}ORDER BY window_start RANGE UNBOUNDED PRECEDING),
              SUM(n) OVER (${partition}ORDER BY window_time RANGE BETWEEN INTERVAL '${back}' SECOND PRECEDING AND CURRENT ROW),
              MAX(last) OVER (${partition}ORDER BY window_end RANGE CURRENT ROW),
              SUM(n) OVER (${partition}ORDER BY window_time ROWS 2 PRECEDING) FROM per_page;`,
    );
    const keyOf = ({ n }: Result): bigint => (seed % 2 === 0 ? n % 3n : 0n);
    const before = histories(results, keyOf);
    const expected = results.map((result, i) => {
      const own = results.filter((row) => keyOf(row) === keyOf(result));
      const upTo = own.filter(({ start }) => start <= result.start);
      const near = upTo.filter(({ start }) => start >= result.start - BigInt(back) * 1_000_000n);
      const pages = upTo.flatMap(({ start, page }) => (start === result.start && page !== null ? [page] : [])).sort();
      return [
        result.page,
        sum(upTo),
        BigInt(upTo.length),
        sum(near),
        pages.at(-1) ?? null,
        sum((before[i] as Result[]).slice(-3)),
      ];
    });
    expect(rows).toEqual(expected);
    expect(rows.length).toBeGreaterThan(20);
  });
});

describe("LAG", () => {
  test.each(seeds)("reads the row n before, NULL or the default where there is none (seed %p)", async (seed) => {
    const { results, rows } = await run(
      seed,
      `SELECT page, LAG(n) OVER (PARTITION BY page ORDER BY window_time) AS last_n, LAG(total, 2) OVER (PARTITION BY page ORDER BY window_time),
              LAG(total, 3, -1) OVER (PARTITION BY page ORDER BY window_time), LAG(page) OVER (ORDER BY window_time),
              LAG(page, 2, 'none') OVER (ORDER BY window_time), n - LAG(n, 1, n) OVER (PARTITION BY page ORDER BY window_time),
              LAG(n, 0) OVER (ORDER BY window_time) FROM per_page;`,
    );
    const expected = histories(results, ({ page }) => page).map((history, i) => {
      const { page, n } = results[i] as Result;
      const back = (rows: number): Result | undefined => history[history.length - 1 - rows];
      const third = back(3);
      const two = i >= 2 ? (results[i - 2] as Result).page : "none";
      return [
        page,
        back(1)?.n ?? null,
        back(2)?.total ?? null,
        third === undefined ? -1n : third.total,
        results[i - 1]?.page ?? null,
        two,
        n - (back(1)?.n ?? n),
        n,
      ];
    });
    expect(rows).toEqual(expected);
  });
});

describe("ranks by time", () => {
  test.each(seeds)("count rows, and windows (seed %p)", async (seed) => {
    const over = seed % 2 === 0 ? "(PARTITION BY n % 3 ORDER BY window_time)" : "(ORDER BY window_start)";
    const { results, rows } = await run(
      seed,
      `SELECT page, ROW_NUMBER() OVER ${over} AS rn, RANK() OVER ${over}, DENSE_RANK() OVER ${over} FROM per_page;`,
    );
    const expected = histories(results, ({ n }) => (seed % 2 === 0 ? n % 3n : 0n)).map((history, i) => {
      const { page, start } = results[i] as Result;
      const first = history.findIndex((row) => row.start === start);
      return [page, BigInt(history.length), BigInt(first + 1), BigInt(new Set(history.map((row) => row.start)).size)];
    });
    expect(rows).toEqual(expected);
  });

  test("give the first row of a key, with a condition", async () => {
    const { results, rows } = await run(
      2,
      "SELECT window_start, page FROM (SELECT *, ROW_NUMBER() OVER (PARTITION BY page ORDER BY window_time) AS rn FROM per_page) WHERE rn = 1;",
    );
    const firsts = results.filter(({ page }, i) => results.findIndex((row) => row.page === page) === i);
    expect(rows).toEqual(firsts.map(({ start, page }) => [start, page]));
  });
});

describe("ranks in the window", () => {
  test.each(seeds)("RANK and DENSE_RANK keep all that are equal (seed %p)", async (seed) => {
    const most = [1, 2, 3, 4, 6, 50][seed - 1] as number;
    const name = seed % 2 === 0 ? "RANK" : "DENSE_RANK";
    const { results, rows } = await run(
      seed,
      `SELECT window_start, page, n, rk FROM (
         SELECT *, ${name}() OVER (PARTITION BY window_start, window_end ORDER BY n / 4 DESC) AS rk FROM per_page) WHERE rk <= ${most};`,
    );
    const windows = [...Map.groupBy(results, ({ start }) => start).values()];
    const expected = windows.flatMap((window) => {
      const ranked = window.map((row) => {
        const better = window.filter(({ n }) => n / 4n > row.n / 4n).map(({ n }) => n / 4n);
        return { row, rank: 1 + (name === "RANK" ? better.length : new Set(better).size) };
      });
      return ranked
        .filter(({ rank }) => rank <= most)
        .map(({ row, rank }) => [row.start, row.page, row.n, BigInt(rank)]);
    });
    const sorted = (list: readonly unknown[][]): string[] => list.map((row) => row.join(" ")).sort();
    expect(sorted(rows)).toEqual(sorted(expected));
    expect(rows.length).toBeGreaterThan(10);
    const order = rows.map(([start, , , rank]) => [start, rank] as [bigint, bigint]);
    expect(order).toEqual(order.toSorted((a, b) => Number(a[0] - b[0]) || Number(a[1] - b[1])));
  });
});
