/**
 * Windows that share slices beside tumbling ones: the same rows, keys and aggregates, rows emitted as the watermark passes.
 * Raw records, so that no decoder of text is in the way: a row's offset gives its key, its timestamp its time.
 */
import type { Kernel } from "../src/kernel/kernel.ts";
import { kernelOf } from "./kernel.ts";
import { BATCH, drainCounts, fill, ingest, rawTable } from "./raw-rows.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const KEYS = 100_000;
const MINUTE_MS = 60_000;
const ROUNDS = 3;
const LONG = { minutes: 30, warmMinutes: 10 } as const;
const SESSION_KEYS = 1_000_000;

const table = rawTable("'0.001' SECOND");

const query = (window: string): string =>
  `${table} SELECT window_end, MOD(v, ${KEYS}) AS k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS low, MAX(v) AS high
   FROM TABLE(${window}) GROUP BY window_start, window_end, MOD(v, ${KEYS});`;

/** A key has two rows a minute, at times of no order: about two in five sessions go on with the next. */
const sessions = `${table} SELECT SESSION_END(t, INTERVAL '15' SECOND), MOD(v, ${SESSION_KEYS}) AS k, COUNT(*) AS n, SUM(v) AS s
  FROM rows_in GROUP BY SESSION(t, INTERVAL '15' SECOND), MOD(v, ${SESSION_KEYS});`;

/** Nanoseconds a row: taking it in, and its share of giving windows out. */
interface Spent {
  readonly ingest: number;
  readonly emit: number;
}

interface Feed {
  readonly perMinute: number;
  readonly windowsOfARow: number;
  readonly minutes: number;
  /** The first minutes are not timed: hopping windows are not full yet. */
  readonly warmMinutes: number;
}

/** Feeds `perMinute` rows a minute of event time, in order, and drains windows after every batch. */
function run(kernel: Kernel, { perMinute, windowsOfARow, minutes, warmMinutes }: Feed): Spent {
  let [taking, emit, counted] = [0, 0, 0];
  const total = perMinute * minutes;
  const rowMs = MINUTE_MS / perMinute;
  const region = kernel.input(0);
  let timed = 0;
  for (let first = 0; first < total; first += BATCH) {
    const rows = Math.min(BATCH, total - first);
    fill(region, first, rows, (row) => Math.floor(row * rowMs));
    const start = performance.now();
    ingest(kernel, rows);
    const taken = performance.now();
    kernel.advance(0, Math.floor((first + rows - 1) * rowMs) - 1);
    counted += drainCounts(kernel);
    if (first < perMinute * warmMinutes) continue;
    timed += rows;
    taking += taken - start;
    emit += performance.now() - taken;
  }
  kernel.advance(0, Number.MAX_SAFE_INTEGER);
  counted += drainCounts(kernel);
  sameAnswer("rows counted in windows", counted, total * windowsOfARow);
  return { ingest: (taking * 1e6) / timed, emit: (emit * 1e6) / timed };
}

const tumblingOfKeys = `${table} SELECT window_end, MOD(v, ${SESSION_KEYS}) AS k, COUNT(*) AS n, SUM(v) AS s
  FROM TABLE(TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE)) GROUP BY window_start, window_end, MOD(v, ${SESSION_KEYS});`;

const shapes = {
  tumbling: { window: "TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE)", windowsOfARow: 1 },
  hopping: {
    window: "HOP(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)",
    windowsOfARow: 10,
  },
} as const;

/** Million rows a second, the best of ROUNDS. */
function rate(sql: string, feed: Feed): number {
  const kernel = kernelOf(sql);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const { ingest, emit } = run(kernelOf(sql, kernel), feed);
    least = Math.min(least, ingest + emit);
  }
  return 1000 / least;
}

/** Nanoseconds a row that falls into the newest of so many open windows, 100 groups each. */
function costWithOpen(windows: number): number {
  const kernel = kernelOf(
    `${rawTable("'30' DAY")} SELECT window_end, MOD(v, 100) AS k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS low, MAX(v) AS high
     FROM TABLE(TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' SECOND)) GROUP BY window_start, window_end, MOD(v, 100);`,
  );
  const region = kernel.input(0);
  const feed = (first: number, timeOf: (row: number) => number): number => {
    fill(region, first, BATCH, timeOf);
    const start = performance.now();
    ingest(kernel, BATCH);
    return performance.now() - start;
  };
  for (let round = 0; round * BATCH < windows * 100; round++) feed(round * BATCH, (row) => (row % windows) * 1000);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 40; round++)
    least = Math.min(
      least,
      feed(round * BATCH, () => windows * 1000 - 1),
    );
  sameAnswer("open windows", kernel.queryCounters(0).openWindows, windows);
  return (least * 1e6) / BATCH;
}

export async function benchWindow(): Promise<BenchTable> {
  const result = new BenchTable("Windows that share slices, one core");
  for (const perMinute of [KEYS, 10 * KEYS]) {
    result.rate({
      what: `hopping 10 min every 1 min, 100,000 keys, rows a key and minute: ${perMinute / KEYS}`,
      unit: "M rows/s",
      ours: rate(query(shapes.hopping.window), { perMinute, ...shapes.hopping, ...LONG }),
      theirs: rate(query(shapes.tumbling.window), { perMinute, ...shapes.tumbling, ...LONG }),
      beside: "tumbling 1 min",
      bar: perMinute === KEYS ? null : "0.7",
    });
  }
  const feed = { perMinute: 2 * SESSION_KEYS, windowsOfARow: 1, minutes: 4, warmMinutes: 1 };
  result.rate({
    what: "sessions with a gap of 15 s over 1,000,000 keys, two rows a key and minute",
    unit: "M rows/s",
    ours: rate(sessions, feed),
    theirs: rate(tumblingOfKeys, feed),
    beside: "tumbling 1 min over as many keys",
    bar: "3 M rows/s",
  });
  result.cost({
    what: "a row into the newest of 10,000 open windows",
    unit: "ns",
    ours: costWithOpen(10_000),
    theirs: costWithOpen(1),
    beside: "one open window",
    bar: "≥ 0.83",
  });
  return result;
}
