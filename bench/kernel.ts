/**
 * The kernel on one core, from JSON bytes in memory: projection alone, and the main job (text timestamps, GROUP BY page, one
 * minute windows, count/sum/min/max and an HLL of users). Beside it simdjson's On-Demand and JSON.parse on the same file.
 */
import { readFileSync } from "node:fs";
import type { Batch } from "../src/core/batch.ts";
import { readCell } from "../src/core/value.ts";
import { compilePlan } from "../src/engine/compile.ts";
import { planText } from "../src/engine/plan-text.ts";
import { readSourceFormats } from "../src/engine/table-options.ts";
import type { Kernel } from "../src/kernel/kernel.ts";
import { loadKernel } from "../src/kernel/load.ts";
import { END_OF_TIME } from "../src/watermark/tracker.ts";
import { runBaseline } from "./baseline.ts";
import { clickFile } from "./data.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const EVENTS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000);
const CHUNK_BYTES = 1 << 20;
const ROUNDS = 5;

export type Validation = "projected" | "full";

function table(validation: Validation): string {
  return `CREATE TABLE clicks (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), session_duration INT,
      WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND)
    WITH ('connector' = 'filesystem', 'path' = 'x', 'format' = 'json', 'json.validation' = '${validation}');`;
}

const projection = `SELECT user_id, page, event_timestamp FROM clicks WHERE session_duration < 0;`;

const mainJob = `
  SELECT window_start, page, COUNT(*) AS n, SUM(CAST(session_duration AS BIGINT)) AS total, MIN(session_duration) AS low,
    MAX(session_duration) AS high, APPROX_COUNT_DISTINCT(user_id) AS users
  FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE))
  GROUP BY window_start, window_end, page;`;

/** A kernel that runs the script's one query, in `kernel` if given: loading anew empties it and keeps its compiled code. */
export function kernelOf(
  sql: string,
  kernel = loadKernel(readFileSync(new URL("../build/kernel.wasm", import.meta.url))),
): Kernel {
  const { plan, errors } = planText({ text: sql, settings: {} });
  if (plan === null) throw new Error(errors.map((error) => error.message).join("\n"));
  kernel.load(compilePlan(plan, (source) => readSourceFormats(source, {}, false)).program);
  kernel.ensurePartitions(0, 1);
  return kernel;
}

/**
 * Feeds the whole buffer once, as a file source would, and returns the milliseconds the kernel took: bytes are in its memory
 * when they count, lines are not split yet.
 */
export function feed(kernel: Kernel, bytes: Uint8Array): number {
  const region = kernel.input(0);
  region.reserve(CHUNK_BYTES, CHUNK_BYTES / 64);
  let spent = 0;
  for (let at = 0; at < bytes.length; ) {
    const chunk = bytes.subarray(at, at + CHUNK_BYTES);
    new Uint8Array(region.buffer()).set(chunk, region.bytes);
    const final = at + chunk.length === bytes.length;
    const start = performance.now();
    const split = region.splitLines({ used: chunk.length, final, partition: 0, position: BigInt(at) });
    kernel.ingestBegin(0, split.rows);
    while (kernel.ingestNext(0)) {}
    spent += performance.now() - start;
    at += split.consumed;
  }
  return spent;
}

/** Best of ROUNDS in nanoseconds an event; `run` returns the milliseconds that count. */
export function best(events: number, run: () => number): number {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) least = Math.min(least, run());
  return (least * 1e6) / events;
}

/** Ends the kernel's one query and adds up two of its columns. */
export function totals(
  kernel: Kernel,
  columns: { readonly count: number; readonly sum: number },
): { readonly rows: number; readonly count: number; readonly sum: number } {
  let [rows, count, sum] = [0, 0, 0];
  kernel.advance(0, END_OF_TIME);
  for (let batch: Batch | null = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0)) {
    rows += batch.rows;
    for (let row = 0; row < batch.rows; row++) {
      count += cell(batch, columns.count, row);
      sum += cell(batch, columns.sum, row);
    }
  }
  return { rows, count, sum };
}

function cell(batch: Batch, column: number, row: number): number {
  const field = batch.schema.fields[column];
  const values = batch.columns[column];
  if (field === undefined || values === undefined) throw new RangeError(`column ${column}`);
  return Number(readCell(values, field.type, row));
}

export async function benchKernel(): Promise<BenchTable> {
  const path = clickFile(EVENTS);
  const bytes = new Uint8Array(readFileSync(path));
  const result = new BenchTable("Kernel, one core");
  const simdjson = await runBaseline("simdjson", [path, String(ROUNDS)]);
  const parse = parseCost(bytes);
  for (const validation of ["projected", "full"] as const) {
    const kernel = kernelOf(table(validation) + projection);
    const ours = best(EVENTS, () => feed(kernel, bytes));
    sameAnswer("events decoded", kernel.sourceCounters(0).rows, EVENTS * ROUNDS);
    const what = `JSON projection, 4 of 9 fields, ${validation}`;
    const theirs = simdjson === null ? null : Number(simdjson.split(" ")[2]);
    result.cost({ what, unit: "ns/event", ours, theirs, beside: "simdjson On-Demand, native", bar: "≥ 0.9 ×" });
    result.cost({ what, unit: "ns/event", ours, theirs: parse, beside: "JSON.parse", bar: "≥ 20 ×" });
  }
  for (const [validation, bar] of [
    ["projected", "≥ 12 M"],
    ["full", "≥ 8 M"],
  ] as const) {
    const sql = table(validation) + mainJob;
    const kernel = kernelOf(sql);
    const ns = best(EVENTS, () => feed(kernelOf(sql, kernel), bytes));
    const late = kernel.queryCounters(0).late;
    const answer = totals(kernel, { count: 2, sum: 3 });
    sameAnswer("rows counted and late", answer.count + late, EVENTS);
    result.rate({
      what: `JSON → 1-minute windows by page, 4 aggregates + HLL, ${validation}`,
      unit: "M events/s",
      ours: 1000 / ns,
      theirs: null,
      beside: "–",
      bar,
    });
  }
  return result;
}

function parseCost(bytes: Uint8Array): number {
  const lines = new TextDecoder().decode(bytes).trim().split("\n");
  let users = 0;
  return best(EVENTS, () => {
    const start = performance.now();
    for (const line of lines) users += (JSON.parse(line) as { user_id: number }).user_id;
    if (users < 0) throw new Error("unreachable");
    return performance.now() - start;
  });
}
