/**
 * `bun bench/cost.ts [--save]`: what a row costs beside the number of keys, of open windows, and the lateness that is allowed, in the
 * kernel, on one core. Raw records, so that no decoding is in it; COUNT, SUM, MIN and MAX by key; windows are given out as the
 * watermark passes. `--save` writes bench/cost.md and bench/cost.svg.
 */
import { writeFileSync } from "node:fs";
import { type Curve, curves } from "./curves.ts";
import { kernelOf } from "./kernel.ts";
import { BATCH, drainCounts, fill, ingest, rawTable } from "./raw-rows.ts";
import { machine, sameAnswer } from "./table.ts";

const ROUNDS = 3;
/** Stands for no lateness on the axis, which has no zero. */
const IN_ORDER = 0.1;

interface Job {
  readonly window: string;
  readonly keys: number;
  readonly delayMs: number;
  /** Windows that count a row. */
  readonly copies: number;
}

const sql = ({ window, keys, delayMs }: Job): string => `${rawTable(`'${delayMs / 1000}' SECOND(3)`)}
  SELECT window_end, MOD(v, ${keys}) AS k, COUNT(*) AS n, SUM(v) AS s, MIN(v) AS low, MAX(v) AS high
  FROM TABLE(${window}) GROUP BY window_start, window_end, MOD(v, ${keys});`;

const TUMBLE = "TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE)";
const HOP = "HOP(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)";

/** Milliseconds of a row's event time and of the watermark behind it, by the row's number. */
interface Times {
  readonly rows: number;
  /** Rows that are not timed: windows fill. */
  readonly warm: number;
  readonly timeOf: (row: number) => number;
  readonly watermarkOf: (row: number) => number;
}

/** Nanoseconds a row, the best of some runs. */
function cost(job: Job, times: Times): number {
  const text = sql(job);
  const kernel = kernelOf(text);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) least = Math.min(least, run(kernelOf(text, kernel), job, times));
  return least;
}

function run(kernel: ReturnType<typeof kernelOf>, { copies }: Job, { rows, warm, timeOf, watermarkOf }: Times): number {
  const region = kernel.input(0);
  let [spent, counted] = [0, 0];
  for (let first = 0; first < rows; first += BATCH) {
    fill(region, first, BATCH, timeOf);
    const start = performance.now();
    ingest(kernel, BATCH);
    kernel.advance(0, watermarkOf(first + BATCH - 1));
    counted += drainCounts(kernel);
    if (first >= warm) spent += performance.now() - start;
  }
  kernel.advance(0, Number.MAX_SAFE_INTEGER);
  counted += drainCounts(kernel);
  const batches = Math.ceil(rows / BATCH);
  sameAnswer("rows counted in windows", counted, batches * BATCH * copies);
  return (spent * 1e6) / ((batches - Math.ceil(warm / BATCH)) * BATCH);
}

/** In order, ten rows a key and minute. */
function ordered(keys: number, minutes: number, warmMinutes: number): Times {
  const perMinute = Math.max(10 * keys, 100_000);
  const timeOf = (row: number): number => Math.floor((row * 60_000) / perMinute);
  return { rows: perMinute * minutes, warm: perMinute * warmMinutes, timeOf, watermarkOf: (row) => timeOf(row) - 1 };
}

function byKeys(): Curve[] {
  const counts = [1, 10, 100, 1000, 10_000, 100_000];
  const of = (window: string, keys: number, copies: number, times: Times) => ({
    x: keys,
    y: cost({ window, keys, delayMs: 1, copies }, times),
  });
  const tumbling = [...counts, 1_000_000].map((keys) => of(TUMBLE, keys, 1, ordered(keys, 6, 2)));
  const hopping = counts.map((keys) => of(HOP, keys, 10, ordered(keys, 24, 12)));
  return [
    { name: "tumbling 1 min", points: tumbling },
    { name: "hopping 10 min / 1 min", points: hopping },
  ];
}

/** Windows of a second with 100 keys each, all open; rows in the newest, or in one after the other. */
function byOpenWindows(): Curve[] {
  const window = "TUMBLE(TABLE rows_in, DESCRIPTOR(t), INTERVAL '1' SECOND)";
  const of = (windows: number, scattered: boolean) => {
    const warm = Math.ceil((windows * 100) / BATCH) * BATCH;
    const newest = windows * 1000 - 1;
    const timeOf = (row: number): number => (scattered || row < warm ? (row % windows) * 1000 : newest);
    const times = { rows: warm + 40 * BATCH, warm, timeOf, watermarkOf: () => -1 };
    return { x: windows, y: cost({ window, keys: 100, delayMs: 2_000_000_000, copies: 1 }, times) };
  };
  const counts = [1, 10, 100, 1000, 10_000];
  return [
    { name: "rows in the newest window", points: counts.map((windows) => of(windows, false)) },
    { name: "rows spread over all of them", points: counts.map((windows) => of(windows, true)) },
  ];
}

/** Rows up to so late, evenly, and a watermark that waits for them; 1,000 keys, a million rows a minute. */
function byLateness(): Curve[] {
  const of = (window: string, copies: number, seconds: number) => {
    const [perMinute, delayMs] = [1_000_000, seconds * 1000 + 1];
    const now = (row: number): number => delayMs + Math.floor((row * 60_000) / perMinute);
    const timeOf = (row: number): number => now(row) - ((Math.imul(row, 0x9e3779b1) >>> 0) % delayMs);
    const warm = perMinute * 2;
    const times = { rows: warm + 4 * perMinute, warm, timeOf, watermarkOf: (row: number) => now(row) - delayMs - 1 };
    return { x: Math.max(seconds, IN_ORDER), y: cost({ window, keys: 1000, delayMs, copies }, times) };
  };
  const bounds = [0, 1, 10, 60, 600, 3600];
  return [
    { name: "tumbling 1 min", points: bounds.map((seconds) => of(TUMBLE, 1, seconds)) },
    { name: "hopping 10 min / 1 min", points: bounds.map((seconds) => of(HOP, 10, seconds)) },
  ];
}

const panels = [
  { title: "Keys", unit: "keys, ten rows each a minute", curves: byKeys() },
  { title: "Open windows", unit: "open windows of 100 keys", curves: byOpenWindows() },
  { title: "Lateness", unit: "seconds that rows may be late", curves: byLateness() },
];
const tables = panels.map(({ title, unit, curves: drawn }) => {
  const xs = [...new Set(drawn.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const rows = xs.map((x) => {
    const cells = drawn.map(({ points }) => points.find((point) => point.x === x)?.y.toFixed(1) ?? "–");
    return `| ${x === IN_ORDER ? 0 : x.toLocaleString("en")} | ${cells.join(" | ")} |`;
  });
  const head = `| ${unit} | ${drawn.map(({ name }) => `${name}, ns a row`).join(" | ")} |`;
  return `## ${title}\n\n${head}\n|---:|${drawn.map(() => "---:|").join("")}\n${rows.join("\n")}\n`;
});
console.log(tables.join("\n"));
if (process.argv.includes("--save")) {
  const page = `# What a row costs

Nanoseconds a row in the kernel, one core, windows given out included, the best of ${ROUNDS} runs: raw records, so that no decoding is in it, with COUNT, SUM, MIN and MAX by key.
\`bun bench/cost.ts --save\`, ${new Date().toISOString().slice(0, 10)}, ${machine()}.

![Nanoseconds a row beside keys, open windows and lateness](cost.svg)

${tables.join("\n")}`;
  writeFileSync(new URL("cost.md", import.meta.url), page);
  writeFileSync(new URL("cost.svg", import.meta.url), curves(panels));
}
