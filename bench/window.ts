/**
 * Windows that share slices beside tumbling ones: the same rows, keys and aggregates, rows emitted as the watermark passes.
 * Raw records, so that no decoder of text is in the way: a row's offset gives its key, its timestamp its time.
 */
import type { Kernel } from "../src/kernel/kernel.ts";
import { kernelOf } from "./kernel.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const KEYS = 100_000;
const MINUTES = 30;
const BATCH = 1 << 15;
const MINUTE_MS = 60_000;
const ROUNDS = 3;
/** The first minutes of a round are not timed: hopping windows are not full yet. */
const WARM_MINUTES = 10;

const table = `CREATE TABLE rows_in (line STRING, v BIGINT METADATA FROM 'offset' VIRTUAL,
    t TIMESTAMP(3) METADATA FROM 'timestamp', WATERMARK FOR t AS t - INTERVAL '0.001' SECOND)
  WITH ('connector' = 'kafka', 'topic' = 'x', 'properties.bootstrap.servers' = 'x', 'format' = 'raw');`;

const query = (window: string): string =>
  `${table} SELECT window_end, MOD(v, ${KEYS}) AS k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS low, MAX(v) AS high
   FROM TABLE(${window}) GROUP BY window_start, window_end, MOD(v, ${KEYS});`;

/** Nanoseconds a row: taking it in, and its share of giving windows out. */
interface Spent {
  readonly ingest: number;
  readonly emit: number;
}

/** Feeds `perMinute` rows a minute of event time, in order, and drains windows after every batch. */
function run(kernel: Kernel, perMinute: number, windowsOfARow: number): Spent {
  let [ingest, emit, counted] = [0, 0, 0];
  const total = perMinute * MINUTES;
  const rowMs = MINUTE_MS / perMinute;
  const region = kernel.input(0);
  region.reserve(BATCH, BATCH);
  let timed = 0;
  for (let first = 0; first < total; first += BATCH) {
    const rows = Math.min(BATCH, total - first);
    fill(region, first, rows, rowMs);
    const start = performance.now();
    kernel.ingestBegin(0, rows);
    while (kernel.ingestNext(0)) {}
    const taken = performance.now();
    kernel.advance(0, Math.floor((first + rows - 1) * rowMs) - 1);
    for (let batch = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0))
      counted += sum(batch.columns[2]?.values);
    if (first < perMinute * WARM_MINUTES) continue;
    timed += rows;
    ingest += taken - start;
    emit += performance.now() - taken;
  }
  kernel.advance(0, Number.MAX_SAFE_INTEGER);
  for (let batch = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0))
    counted += sum(batch.columns[2]?.values);
  sameAnswer("rows counted in windows", counted, total * windowsOfARow);
  return { ingest: (ingest * 1e6) / timed, emit: (emit * 1e6) / timed };
}

function fill(region: ReturnType<Kernel["input"]>, first: number, rows: number, rowMs: number): void {
  const buffer = region.buffer();
  new Uint8Array(buffer, region.bytes, rows).fill(120);
  const offsets = new Int32Array(buffer, region.offsets, rows + 1);
  const values = new BigInt64Array(buffer, region.positions, rows);
  const times = new BigInt64Array(buffer, region.timestamps, rows);
  for (let row = 0; row <= rows; row++) offsets[row] = row;
  // Keys in no order, and all of them as often.
  for (let row = 0; row < rows; row++) values[row] = (BigInt(first + row) * 7_368_787n) % 1_000_000_007n;
  for (let row = 0; row < rows; row++) times[row] = BigInt(Math.floor((first + row) * rowMs));
  new Int32Array(buffer, region.partitions, rows).fill(0);
}

function sum(values: Uint8Array | undefined): number {
  if (values === undefined) return 0;
  let total = 0n;
  for (const value of new BigInt64Array(values.buffer, values.byteOffset, values.byteLength >> 3)) total += value;
  return Number(total);
}

const shapes = {
  tumbling: { window: "TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE)", windowsOfARow: 1 },
  hopping: {
    window: "HOP(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)",
    windowsOfARow: 10,
  },
} as const;

/** Million rows a second, the best of ROUNDS. */
function rate(shape: (typeof shapes)[keyof typeof shapes], perMinute: number): number {
  const kernel = kernelOf(query(shape.window));
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const { ingest, emit } = run(kernelOf(query(shape.window), kernel), perMinute, shape.windowsOfARow);
    least = Math.min(least, ingest + emit);
  }
  return 1000 / least;
}

export async function benchWindow(): Promise<BenchTable> {
  const result = new BenchTable("Windows that share slices, one core");
  for (const perMinute of [KEYS, 10 * KEYS]) {
    result.rate({
      what: `hopping 10 min every 1 min, 100,000 keys, ${perMinute / KEYS} rows a key and minute`,
      unit: "M rows/s",
      ours: rate(shapes.hopping, perMinute),
      theirs: rate(shapes.tumbling, perMinute),
      beside: "tumbling 1 min",
      bar: perMinute === KEYS ? null : "0.7",
    });
  }
  return result;
}
