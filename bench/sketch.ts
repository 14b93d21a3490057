/**
 * HyperLogLog of lgK 12. A value's cost through the kernel's own queries is a run with APPROX_COUNT_DISTINCT less the same run
 * with COUNT(*): raw records whose offset is the value and, modulo the groups, its group, so no decoder of text is in the way.
 * Merging and estimating are in merge.ts.
 */
import type { Kernel } from "../src/kernel/kernel.ts";
import { runBaseline } from "./baseline.ts";
import { best, kernelOf, totals } from "./kernel.ts";
import { benchMerge } from "./merge.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const ROWS = 1 << 17;
/** Steps until the kernel's code is compiled for good: its first ones cost more than all that is measured. */
const WARM_STEPS = 16;
/** Of `best`. */
const ROUNDS = 5;
const REGISTERS = 4096;
const THEORY = 1.04 / Math.sqrt(REGISTERS);

const table = `CREATE TABLE values_in (line STRING, v BIGINT METADATA FROM 'offset' VIRTUAL,
    t TIMESTAMP(3) METADATA FROM 'timestamp', WATERMARK FOR t AS t)
  WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'x', 'format' = 'raw');`;

const query = (groups: number, aggregate: string): string =>
  `${table} SELECT MOD(v, ${groups}) AS g, ${aggregate} AS n FROM TUMBLE(TABLE values_in, DESCRIPTOR(t), INTERVAL '1' DAY)
   GROUP BY window_start, window_end, MOD(v, ${groups});`;

/** Hands over ROWS one-byte records whose offsets are first, first + 1, …, and returns the kernel's milliseconds. */
function feedValues(kernel: Kernel, first: number): number {
  const region = kernel.input(0);
  region.reserve(ROWS, ROWS);
  const buffer = region.buffer();
  new Uint8Array(buffer, region.bytes, ROWS).fill(120);
  const offsets = new Int32Array(buffer, region.offsets, ROWS + 1);
  const values = new BigInt64Array(buffer, region.positions, ROWS);
  for (let row = 0; row <= ROWS; row++) offsets[row] = row;
  for (let row = 0; row < ROWS; row++) values[row] = BigInt(first + row);
  new Int32Array(buffer, region.partitions, ROWS).fill(0);
  new BigInt64Array(buffer, region.timestamps, ROWS).fill(0n);
  const start = performance.now();
  kernel.ingestBegin(0, ROWS);
  while (kernel.ingestNext(0)) {}
  return performance.now() - start;
}

async function update(groups: number, result: BenchTable): Promise<void> {
  // Sketches have their registers before time counts.
  const warm = Math.max(Math.ceil((groups * 450) / ROWS), WARM_STEPS) * ROWS;
  const time = (aggregate: string): { readonly ns: number; readonly total: number } => {
    const kernel = kernelOf(query(groups, aggregate));
    let next = 0;
    const step = (): number => {
      next += ROWS;
      return feedValues(kernel, next - ROWS);
    };
    while (next < warm) step();
    const ns = best(ROWS, step);
    return { ns, total: totals(kernel, { count: 1, sum: 1 }).sum };
  };
  const count = time("COUNT(*)");
  const sketch = time("APPROX_COUNT_DISTINCT(v)");
  sameAnswer("rows counted", count.total, warm + ROUNDS * ROWS);
  // Four standard errors of a sum of so many independent sketches.
  const near = Math.abs(sketch.total / count.total - 1) < (4 * THEORY) / Math.sqrt(groups);
  sameAnswer(`distinct values in ${groups} sketches, within 4 standard errors`, near, true);
  const c = await runBaseline("hll-update", [groups, warm, ROWS, ROUNDS].map(String));
  const [theirs, estimates] = (c ?? "").split(" ").map(Number);
  if (c !== null) sameAnswer("sum of the estimates", sketch.total, estimates);
  result.cost({
    what: `update, ${groups.toLocaleString("en")} dense sketches`,
    unit: "ns/value",
    ours: sketch.ns - count.ns,
    theirs: c === null ? null : (theirs ?? 0),
    beside: "the same in C, gcc -O3 -march=native",
    bar: groups >= 50_000 ? "≤ 20" : null,
  });
}

export async function benchSketch(): Promise<BenchTable> {
  const result = new BenchTable("HyperLogLog, lgK 12, one core");
  for (const groups of [16, 50_000]) await update(groups, result);
  await benchMerge(result);
  return result;
}
