/**
 * Keyed count, sum, min and max of a DOUBLE by a BIGINT key, 10 k to 1 M groups, uniform keys, beside the same in C. The kernel
 * reads JSON, so its cost of aggregating is the time with the aggregate less the time of decoding alone, in the same run.
 */
import { runBaseline } from "./baseline.ts";
import { best, feed, kernelOf, totals } from "./kernel.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const ROWS = 1 << 20;
const BARS: readonly (readonly [groups: number, bar: string])[] = [
  [10_000, "≥ 0.8"],
  [100_000, "≥ 0.7"],
  [1_000_000, "≥ 0.6"],
];

const table = `CREATE TABLE rows_in (k BIGINT, v DOUBLE, t TIMESTAMP(3), WATERMARK FOR t AS t)
  WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', 'json.validation' = 'projected');`;
const decodeOnly = "SELECT k, v, t FROM rows_in WHERE v < 0;";
const aggregate = `SELECT k, COUNT(*) AS n, SUM(v) AS total, MIN(v) AS low, MAX(v) AS high
  FROM TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' DAY) GROUP BY window_start, window_end, k;`;

/** The keys and values of the C program: xorshift64, key = high half scaled to the groups, value = low 16 bits. */
function makeRows(groups: number): Uint8Array {
  let x = 88172645463325252n;
  const lines: string[] = [];
  for (let i = 0; i < ROWS; i++) {
    x ^= (x << 13n) & 0xffffffffffffffffn;
    x ^= x >> 7n;
    x ^= (x << 17n) & 0xffffffffffffffffn;
    lines.push(`{"k":${((x >> 32n) * BigInt(groups)) >> 32n},"v":${x & 0xffffn},"t":1714521600000}`);
  }
  return new TextEncoder().encode(`${lines.join("\n")}\n`);
}

export async function benchAggregate(): Promise<BenchTable> {
  const result = new BenchTable("Keyed aggregation: count, sum, min, max of a DOUBLE");
  for (const [groups, bar] of BARS) {
    const bytes = makeRows(groups);
    const decoder = kernelOf(table + decodeOnly);
    const decoding = best(ROWS, () => feed(decoder, bytes));
    const kernel = kernelOf(table + aggregate);
    feed(kernel, bytes);
    // The first round made the groups; the ones timed find them, as the C program's do.
    const both = best(ROWS, () => feed(kernel, bytes));
    const rounds = kernel.sourceCounters(0).rows / ROWS;
    const stateBytes = kernel.queryCounters(0).stateBytes;
    const c = await runBaseline("group-by", [String(groups), String(ROWS), "3"]);
    const [found, theirs, checksum] = (c ?? "").split(" ").map(Number);
    const answer = totals(kernel, { count: 1, sum: 2 });
    sameAnswer("rows", answer.count, ROWS * rounds);
    if (c !== null) sameAnswer("groups and sum", [answer.rows, answer.sum / rounds], [found, checksum]);
    result.cost({
      what: `${groups.toLocaleString("en")} groups (${(stateBytes / 2 ** 20).toFixed(0)} MiB of state)`,
      unit: "ns/row",
      ours: both - decoding,
      theirs: c === null ? null : (theirs ?? 0),
      beside: "C, gcc -O3 -march=native",
      bar,
    });
  }
  return result;
}
