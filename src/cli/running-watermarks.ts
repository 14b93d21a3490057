/**
 * `explain --watermark http://…`: of the jobs of a running engine, where the watermark of each table and partition stands, who is
 * silent and since when, who holds the table back, and what the next window of each query waits for.
 */
import { EngineError } from "../core/error.ts";

const ANSWER_WITHIN_MS = 10_000;

/** What `/v1/jobs/:job/watermarks` answers. */
interface JobWatermarks {
  readonly id: string;
  readonly at: string;
  readonly sources: readonly {
    readonly name: string;
    readonly watermark: string | null;
    readonly holdback: string | null;
    readonly idleChangeCount: number;
    readonly partitions: readonly Partition[];
  }[];
  readonly queries: readonly {
    readonly label: string;
    readonly openWindows: number;
    readonly nextWindowEnd: string | null;
    readonly waitsFor: string | null;
  }[];
}

interface Partition {
  readonly name: string;
  readonly watermark: string | null;
  readonly idle: boolean;
  readonly finished: boolean;
  readonly paused: boolean;
  readonly silentSince: string;
}

/** Whether the argument names a running engine rather than a script. */
export function isEngineAddress(argument: string): boolean {
  return /^https?:\/\//.test(argument);
}

/** Throws EngineError where nobody answers, or something else does. */
export async function runningWatermarks(address: string): Promise<string> {
  const { jobs } = await answer<{ readonly jobs: readonly { readonly id: string; readonly name: string }[] }>(
    address,
    "v1/jobs",
  );
  if (!Array.isArray(jobs)) throw notAnEngine(address, "its answer names no jobs");
  const texts: string[] = [];
  for (const { id, name } of jobs) {
    const watermarks = await answer<JobWatermarks>(address, `v1/jobs/${encodeURIComponent(id)}/watermarks`);
    texts.push(jobText(name, watermarks));
  }
  return texts.length === 0 ? "no job runs there\n" : texts.join("\n");
}

async function answer<T>(address: string, path: string): Promise<T> {
  let url: URL;
  try {
    url = new URL(path, address.endsWith("/") ? address : `${address}/`);
  } catch {
    throw notAnEngine(address, "it is no URL");
  }
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) });
    if (!response.ok) throw notAnEngine(address, `${path} is answered with ${response.status}`);
    return (await response.json()) as T;
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const { name, message } = error as Error;
    if (name === "TimeoutError") throw notAnEngine(address, `no answer within ${ANSWER_WITHIN_MS / 1000} s`);
    throw notAnEngine(address, error instanceof SyntaxError ? `${path} is not JSON` : message);
  }
}

function notAnEngine(address: string, why: string): EngineError {
  return new EngineError(`no running engine answers at ${address}: ${why}`, {
    domain: "user",
    code: "ADDRESS",
    hint: "name the address that run --port has printed, as in http://127.0.0.1:8088",
  });
}

function jobText(name: string, { id, at, sources, queries }: JobWatermarks): string {
  const lines = [`job ${id}, ${name}, at ${timeText(at)}`];
  if (sources.length === 0) lines.push("it has only begun");
  for (const { name: table, watermark, holdback, idleChangeCount, partitions } of sources) {
    const held = holdback === null ? "no partition holds it back" : `held back by ${holdback}`;
    lines.push("", `${table}: watermark ${timeText(watermark)}; ${held}`);
    if (idleChangeCount > 0) lines.push(`  ${idleChangeCount} times a silent partition was set aside or woke`);
    const rows = partitions.map((one) => [one.name, timeText(one.watermark), timeText(one.silentSince), stateOf(one)]);
    lines.push(...tableLines([["partition", "watermark", "silent since", ""], ...rows]));
  }
  lines.push("");
  for (const { label, openWindows, nextWindowEnd, waitsFor } of queries) {
    if (nextWindowEnd === null) lines.push(`${label}: no window is open`);
    else {
      lines.push(`${label}: ${openWindows} open, the next ends at ${timeText(nextWindowEnd)}`);
      if (waitsFor !== null) lines.push(`  waits for ${waitsFor}`);
    }
  }
  return `${lines.join("\n")}\n`;
}

function stateOf({ idle, finished, paused }: Partition): string {
  if (finished) return "at its end";
  if (idle) return "silent: set aside";
  return paused ? "paused" : "";
}

/** As an SQL timestamp. */
function timeText(iso: string | null): string {
  return iso === null ? "none yet" : iso.replace("T", " ").replace(/Z$/, "");
}

function tableLines(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join("  ")}`.trimEnd());
}
