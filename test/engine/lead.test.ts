/** LEAD: rows wait for those behind them; those that nothing comes behind leave when the input has ended. */
import { describe, expect, test } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { sorted } from "./changelog.ts";
import { type Result, run, table } from "./per-page.ts";
import { kernelBytes } from "./run-simulated.ts";

const seeds = [1, 2, 3, 4, 5, 6];

describe("LEAD", () => {
  test.each(seeds)("reads the row n behind, NULL or the default where there is none (seed %p)", async (seed) => {
    const { results, rows } = await run(
      seed,
      `SELECT window_start, page, LEAD(n) OVER (PARTITION BY page ORDER BY window_time) AS next_n,
              LEAD(total, 3, -1) OVER (PARTITION BY page ORDER BY window_time), LEAD(last, 3) OVER (PARTITION BY page ORDER BY window_time),
              LEAD(n, 0) OVER (PARTITION BY page ORDER BY window_time), SUM(n) OVER (ORDER BY window_time) FROM per_page;`,
    );
    const groups = Map.groupBy(results, ({ page }) => page);
    const expected = results.map((result): CellValue[] => {
      const own = groups.get(result.page) as Result[];
      const at = own.indexOf(result);
      const third = own[at + 3];
      const before = results.filter(({ start }) => start <= result.start);
      return [
        result.start,
        result.page,
        own[at + 1]?.n ?? null,
        third === undefined ? -1n : third.total,
        third?.page ?? null,
        result.n,
        before.reduce((sum, { n }) => sum + n, 0n),
      ];
    });
    expect(sorted(rows)).toEqual(sorted(expected));
    expect(rows.length).toBeGreaterThan(20);
    // Rows of a partition keep their order.
    for (const [page, own] of groups)
      expect(rows.filter((row) => row[1] === page).map(([start]) => start)).toEqual(own.map(({ start }) => start));
  });

  test.each(seeds)("is read by conditions, and grouped (seed %p)", async (seed) => {
    const { results, rows } = await run(
      seed,
      `SELECT window_start, n FROM (SELECT window_start, n, LEAD(n) OVER (ORDER BY window_time) AS later FROM per_page) WHERE later > n;`,
    );
    const expected = results.filter(({ n }, i) => (results[i + 1]?.n ?? 0n) > n).map(({ start, n }) => [start, n]);
    expect(rows).toEqual(expected);
  });

  test("leaves a row as soon as the one behind it is there, and keeps nothing of it", () => {
    const sql = `${table} SELECT user_id, LEAD(user_id) OVER (PARTITION BY page ORDER BY ts) FROM clicks;`;
    const { plan } = planText({ text: sql, settings: {} });
    if (plan === null) throw new Error("the script plans");
    const { program, queries } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const stages = (queries[1]?.stages ?? []).map(({ query }) => query);
    const kernel = loadKernel(kernelBytes);
    const before = kernel.usedBytes;
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const start = 1_714_521_600_000;
    const used: number[] = [];
    let rows = 0;
    for (let round = 0; round < 40; round++) {
      const ts = new Date(start + round * 1000).toISOString().replace("T", " ").replace("Z", "");
      const pages = Array.from({ length: 300 }, (_, i) => `${"long ".repeat(60)}${i % 40}`);
      feed(
        kernel,
        pages.map((page, i) => ({ text: JSON.stringify({ user_id: i, page, ts }) })),
      );
      for (const query of [0, ...stages]) {
        kernel.advance(query, start + round * 1000);
        do rows += kernel.takeOutput(1)?.rows ?? 0;
        while (kernel.emitVector(query));
      }
      expect(rows).toBe((round + 1) * 300 - 40);
      used.push(kernel.usedBytes);
    }
    expect(used[39]).toBe(used[20] as number);
    for (const query of stages) {
      kernel.advance(query, Number.MAX_SAFE_INTEGER);
      while (kernel.emitVector(query)) rows += kernel.takeOutput(1)?.rows ?? 0;
    }
    expect(rows).toBe(40 * 300);
    kernel.load({ version: 1, registers: [], constants: [], sources: [], queries: [] });
    expect(kernel.usedBytes - before).toBeLessThan(1 << 20);
  });
});
