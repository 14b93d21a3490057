/**
 * Raw records for what is measured without decoding: a row's offset gives its key and value, its timestamp its time. Keys come in no
 * order, all of them as often.
 */
import type { Kernel } from "../src/kernel/kernel.ts";

export const BATCH = 1 << 15;

/** Table "rows_in" with v BIGINT and t TIMESTAMP(3), whose watermark is an interval behind. */
export const rawTable = (
  delay: string,
): string => `CREATE TABLE rows_in (line STRING, v BIGINT METADATA FROM 'offset' VIRTUAL,
    t TIMESTAMP(3) METADATA FROM 'timestamp', WATERMARK FOR t AS t - INTERVAL ${delay})
  WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'x', 'format' = 'raw');`;

/** Lays down `rows` records, at most BATCH, the first of them number `first`; `timeOf` takes a row's number and gives less than 2^31 ms. */
export function fill(
  region: ReturnType<Kernel["input"]>,
  first: number,
  rows: number,
  timeOf: (row: number) => number,
): void {
  region.reserve(BATCH, BATCH);
  const buffer = region.buffer();
  new Uint8Array(buffer, region.bytes, rows).fill(120);
  const offsets = new Int32Array(buffer, region.offsets, rows + 1);
  // Words of 64-bit numbers, the low one first.
  const values = new Int32Array(buffer, region.positions, rows * 2);
  const times = new Int32Array(buffer, region.timestamps, rows * 2);
  for (let row = 0; row <= rows; row++) offsets[row] = row;
  for (let row = 0; row < rows; row++) {
    values[row * 2] = ((first + row) * 7_368_787) % 1_000_000_007;
    values[row * 2 + 1] = 0;
    times[row * 2] = timeOf(first + row);
    times[row * 2 + 1] = 0;
  }
  new Int32Array(buffer, region.partitions, rows).fill(0);
}

/** Takes in the records that lie there. */
export function ingest(kernel: Kernel, rows: number): void {
  kernel.ingestBegin(0, rows);
  while (kernel.ingestNext(0)) {}
}

/** Takes what the query gives and returns the sum of its third column, COUNT(*), below 2^32 each. */
export function drainCounts(kernel: Kernel): number {
  let total = 0;
  for (let batch = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0)) {
    const { values } = batch.columns[2] as { values: Uint8Array };
    const words = new Uint32Array(values.buffer, values.byteOffset, values.byteLength >> 2);
    for (let i = 0; i < words.length; i += 2) total += words[i] as number;
  }
  return total;
}
