/**
 * Windows whose rows leave before they close: whatever the moments at which they leave, what a reader of the changes holds in the end
 * is what the same windows give once, when they close.
 */
import { describe, expect, test } from "bun:test";
import { Op } from "../../src/core/batch.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { readSourceFormats } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { feed } from "../kernel/harness.ts";
import { applied, sorted } from "./changelog.ts";
import { type CollectingSink, kernelBytes, runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const table = `CREATE TABLE clicks (page STRING, n BIGINT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND)
  WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json');`;

function clicksOf(seed: number): string[][] {
  const random = seededRandom(seed);
  return Array.from({ length: 1 + Math.floor(random() * 3) }, () => {
    let now = 1_714_521_600_000;
    return Array.from({ length: 100 + Math.floor(random() * 1500) }, () => {
      now += Math.floor(random() * 300);
      const ts = new Date(now - Math.floor(random() * 9000)).toISOString().replace("T", " ").replace("Z", "");
      const page = random() < 0.05 ? null : `/p/${Math.floor(random() * 12)}${"long ".repeat(random() < 0.2 ? 8 : 0)}`;
      return JSON.stringify({ page, n: random() < 0.1 ? null : Math.floor(random() * 100), ts });
    });
  });
}

const shapes = [
  "TUMBLE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '10' SECOND)",
  "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '3' SECOND, INTERVAL '10' SECOND)",
  "HOP(TABLE clicks, DESCRIPTOR(ts), INTERVAL '7' SECOND, INTERVAL '5' SECOND)",
  "CUMULATE(TABLE clicks, DESCRIPTOR(ts), INTERVAL '5' SECOND, INTERVAL '20' SECOND)",
];

const query = (shape: string): string =>
  `SELECT window_start, window_end, page, COUNT(*), SUM(n), MIN(n), MAX(page), COUNT(DISTINCT n), APPROX_COUNT_DISTINCT(n)
   FROM TABLE(${shape}) GROUP BY window_start, window_end, page HAVING COUNT(*) <> 3`;

async function run(seed: number, sql: string): Promise<{ sink: CollectingSink; late: number; missed: number }> {
  const source = () => new SimulatedSource(clicksOf(seed), { seed, maxBatch: 1 + (seed % 4) * 60 });
  const { sinks, status } = await runSimulated(`${table} ${sql}`, source);
  const [counters] = status.queries;
  expect(counters?.rows).toBe((counters?.counted ?? 0) + (counters?.late ?? 0) + (counters?.filtered ?? 0));
  expect(counters?.openWindows).toBe(0);
  return { sink: sinks[0] as CollectingSink, late: counters?.late ?? -1, missed: counters?.missed ?? -1 };
}

const seeds = [1, 2, 3, 4, 5].concat(
  Array.from({ length: (Number(process.env.MILLRACE_PROPERTY ?? "1") - 1) * 2 }, (_, i) => 100 + i),
);

describe("rows of windows before they close", () => {
  for (const emit of ["on-update", "every 1 s", "every 30 ms"]) {
    test.each(seeds)(`${emit}: the changes lead to what windows give when they close (seed %p)`, async (seed) => {
      const shape = shapes[seed % shapes.length] as string;
      const once = await run(seed, query(shape));
      const early = await run(seed, `SET 'emit' = '${emit}'; ${query(shape)}`);
      expect(sorted(applied(early.sink))).toEqual(sorted(once.sink.rows));
      expect([early.late, early.missed]).toEqual([once.late, once.missed]);
      // Where a poll gives a row, not all of them come with the one that closes their window.
      if (emit === "on-update" && seed === 4) expect(early.sink.rows.length).toBeGreaterThan(once.sink.rows.length);
    });
  }

  test("what keeps rows by key gets the newest state of each, by any column of the window", async () => {
    const sql = `CREATE TABLE kept (s TIMESTAMP(3), page STRING, c BIGINT, PRIMARY KEY (s, page) NOT ENFORCED) WITH ('connector' = 'view');
      INSERT INTO kept SELECT window_start, page, COUNT(*) FROM TABLE(${shapes[1]}) GROUP BY window_start, window_end, page`;
    const once = await run(2, sql);
    const early = await run(2, `SET 'emit' = 'on-update'; ${sql}`);
    const kept = new Map(
      early.sink.rows.map(([start, page, count]) => [sorted([[start ?? null, page ?? null]])[0], count]),
    );
    for (const { op } of early.sink.batches) expect(op?.includes(Op.updateBefore)).toBe(false);
    const expected = once.sink.rows.map(([start, page, count]) => [sorted([[start ?? null, page ?? null]])[0], count]);
    expect(kept).toEqual(new Map(expected as [string, bigint][]));
  });

  test("Flink's early-fire settings act on windows that GROUP BY names, and are refused elsewhere", async () => {
    const legacy = `SELECT TUMBLE_START(ts, INTERVAL '10' SECOND), page, COUNT(*) FROM clicks GROUP BY TUMBLE(ts, INTERVAL '10' SECOND), page;`;
    const once = await run(4, legacy);
    const set = "SET 'table.exec.emit.early-fire.enabled' = 'true'; SET 'table.exec.emit.early-fire.delay' = '1 s';";
    const early = await run(4, `${set} ${legacy}`);
    expect(sorted(applied(early.sink))).toEqual(sorted(once.sink.rows));
    const { errors } = planText({ text: `${table} ${set} ${query(shapes[0] as string)}`, settings: {} });
    expect(errors.map(({ hint }) => hint)).toEqual(["SET 'emit' = 'every 10 s' is for every window"]);
  });

  test("sinks that only add rows refuse them", () => {
    const sql = `SET 'emit' = 'on-update';
      CREATE TABLE out (page STRING, c BIGINT) WITH ('connector' = 'filesystem', 'path' = 'out', 'format' = 'json');
      INSERT INTO out SELECT page, COUNT(*) FROM TABLE(${shapes[0]}) GROUP BY window_start, window_end, page;`;
    expect(planText({ text: `${table} ${sql}`, settings: {} }).errors.map(({ code }) => code)).toEqual(["UPDATES"]);
  });

  test("state of windows that are over is given back", () => {
    const { plan } = planText({
      text: `${table} SET 'emit' = 'on-update'; ${query(shapes[1] as string)};`,
      settings: {},
    });
    if (plan === null) throw new Error("the script plans");
    const { program } = compilePlan(plan, (source) => readSourceFormats(source, plan.settings, false));
    const kernel = loadKernel(kernelBytes);
    kernel.load(program);
    kernel.ensurePartitions(0, 1);
    const used: number[] = [];
    for (let round = 0; round < 30; round++) {
      const start = 1_714_521_600_000 + round * 12_000;
      const ts = new Date(start).toISOString().replace("T", " ").replace("Z", "");
      feed(
        kernel,
        Array.from({ length: 500 }, (_, i) => ({
          text: JSON.stringify({ page: `${"long ".repeat(30)}${i}`, n: i, ts }),
        })),
      );
      kernel.fire(0);
      while (kernel.emitVector(0)) kernel.takeOutput(0);
      kernel.advance(0, start - 2000);
      while (kernel.emitVector(0)) kernel.takeOutput(0);
      used.push(kernel.usedBytes);
    }
    expect(Math.max(...used.slice(15))).toBeLessThanOrEqual(Math.max(...used.slice(3, 15)));
    kernel.advance(0, 1_814_521_600_000);
    while (kernel.emitVector(0)) kernel.takeOutput(0);
    expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
    kernel.dropQuery(0);
    expect(kernel.queryCounters(0).stateBytes).toBe(0);
  });
});
