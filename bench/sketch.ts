/**
 * HyperLogLog of lgK 12 through the kernel's own queries. A value's cost is a run with APPROX_COUNT_DISTINCT less the same run
 * with COUNT(*): raw records whose offset is the value, so no decoder of text is in the way. The errors come
 * from disjoint sets of consecutive integers, one a window.
 */
import type { Kernel } from "../src/kernel/kernel.ts";
import { END_OF_TIME as END } from "../src/watermark/tracker.ts";
import { best, cell, kernelOf } from "./kernel.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const ROWS = 1 << 17;
/** Steps until the kernel's code is compiled for good: its first ones cost more than all that is measured. */
const WARM_STEPS = 16;
const REGISTERS = 4096;
/** Coupons a sketch keeps before it has registers. */
const MOST_COUPONS = 384;
const THEORY = 1.04 / Math.sqrt(REGISTERS);
/** Distinct values and trials: as many trials as a few seconds hold. */
const TRIALS: readonly (readonly [values: number, trials: number])[] = [
  [100, 2000],
  [1000, 2000],
  [10_000, 800],
  [100_000, 1000],
  [1_000_000, 100],
  [10_000_000, 10],
];

const table = `CREATE TABLE values_in (line STRING, v BIGINT METADATA FROM 'offset' VIRTUAL, t TIMESTAMP(3) METADATA FROM 'timestamp', WATERMARK FOR t AS t)
  WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'x', 'format' = 'raw');`;

const query = (group: string, aggregate: string, window: string): string =>
  `${table} SELECT ${group} AS g, ${aggregate} AS n FROM TUMBLE(TABLE values_in, DESCRIPTOR(t), INTERVAL ${window})
   GROUP BY window_start, window_end${group === "0" ? "" : `, ${group}`};`;
const distinct = "APPROX_COUNT_DISTINCT(v)";

/** Hands over one-byte records whose offsets are first ... first + rows - 1, and returns the kernel's milliseconds. */
function feedValues(kernel: Kernel, first: number, rows: number, timeMs: number): number {
  const region = kernel.input(0);
  region.reserve(rows, rows);
  const buffer = region.buffer();
  new Uint8Array(buffer, region.bytes, rows).fill(120);
  const offsets = new Int32Array(buffer, region.offsets, rows + 1);
  const values = new BigInt64Array(buffer, region.positions, rows);
  for (let row = 0; row <= rows; row++) offsets[row] = row;
  for (let row = 0; row < rows; row++) values[row] = BigInt(first + row);
  new Int32Array(buffer, region.partitions, rows).fill(0);
  new BigInt64Array(buffer, region.timestamps, rows).fill(BigInt(timeMs));
  const start = performance.now();
  kernel.ingestBegin(0, rows);
  while (kernel.ingestNext(0)) {}
  return performance.now() - start;
}

/** The second column of all that a watermark closes. */
function results(kernel: Kernel, watermark: number): number[] {
  kernel.advance(0, watermark);
  const found: number[] = [];
  for (let batch = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0))
    for (let row = 0; row < batch.rows; row++) found.push(cell(batch, 1, row));
  return found;
}

function update(groups: number, result: BenchTable): void {
  const warm = Math.max(groups * 450, WARM_STEPS * ROWS);
  const time = (aggregate: string): { readonly ns: number; readonly emitMs: number; readonly total: number } => {
    const kernel = kernelOf(query(`MOD(v, ${groups})`, aggregate, "'1' DAY"));
    let next = 0;
    const step = (): number => {
      next += ROWS;
      return feedValues(kernel, next - ROWS, ROWS, 0);
    };
    while (next < warm) step();
    const ns = best(ROWS, step);
    const start = performance.now();
    const found = results(kernel, END);
    const emitMs = performance.now() - start;
    return { ns, emitMs, total: found.reduce((sum, value) => sum + value, 0) };
  };
  const count = time("COUNT(*)");
  const sketch = time(distinct);
  // Four standard errors of a sum of so many independent sketches.
  const near = Math.abs(sketch.total / count.total - 1) < (4 * THEORY) / Math.sqrt(groups);
  sameAnswer(`distinct values in ${groups} sketches, within 4 standard errors`, near, true);
  result.cost({
    what: `update, ${groups.toLocaleString("en")} dense sketches`,
    unit: "ns/value",
    ours: sketch.ns - count.ns,
    theirs: null,
    beside: "–",
    bar: groups >= 50_000 ? "≤ 20" : null,
  });
  if (groups < 50_000) return;
  result.cost({
    what: "estimate of a dense sketch, and freeing it",
    unit: "µs",
    ours: ((sketch.emitMs - count.emitMs) * 1000) / groups,
    theirs: null,
    beside: "–",
    bar: null,
  });
}

function errors(values: number, trials: number, result: BenchTable): void {
  const kernel = kernelOf(query("0", distinct, "'1' SECOND"));
  const off: number[] = [];
  let next = 0;
  for (let trial = 0; trial < trials; trial++) {
    for (let left = values; left > 0; left -= ROWS, next += ROWS)
      feedValues(kernel, next, Math.min(ROWS, left), trial * 1000);
    for (const estimate of results(kernel, trial * 1000 + 999)) off.push(estimate / values - 1);
  }
  sameAnswer("estimates", off.length, trials);
  const mean = (of: readonly number[]): number => of.reduce((sum, value) => sum + value, 0) / of.length;
  const rmse = 100 * Math.sqrt(mean(off.map((error) => error * error)));
  const theory = 100 * THEORY;
  const what = `${values.toLocaleString("en")} values, ${trials} trials`;
  const row = { unit: "%", bar: null };
  // Few values are kept as they are: next to no error, and no ratio that says anything.
  if (values <= MOST_COUPONS)
    result.cost({ ...row, what: `RMSE, ${what}`, ours: rmse, theirs: null, beside: "– (coupons, nearly exact)" });
  else {
    // The RMSE of a handful of trials is chance.
    const bar = trials >= 100 ? "≥ 0.95" : null;
    result.cost({ ...row, what: `RMSE, ${what}`, ours: rmse, theirs: theory, beside: "theory, 1.04/√4096", bar });
  }
  const noise = (theory / Math.sqrt(trials)).toFixed(2);
  const beside = values <= MOST_COUPONS ? "–" : `– (trials alone: ± ${noise} %)`;
  result.cost({ ...row, what: `bias, ${what}`, ours: 100 * Math.abs(mean(off)), theirs: null, beside, bar: "< 0.1 %" });
}

export async function benchSketch(): Promise<BenchTable> {
  const result = new BenchTable("HyperLogLog, lgK 12, one core");
  for (const groups of [16, 50_000]) update(groups, result);
  for (const [values, trials] of TRIALS) errors(values, trials, result);
  return result;
}
