/** What the jobs say of themselves, asked every second: rate, lag, late rows, who holds the watermark back. */
import { parseJson } from "./format.ts";

export interface SourceState {
  readonly name: string;
  readonly records: number;
  readonly rows: number;
  readonly bad: number;
  readonly partitions: number;
  readonly idlePartitions: number;
  readonly lag: number | null;
  readonly watermark: string | null;
  readonly holdback: string | null;
  readonly lastWarning: string | null;
  /** What was wrong with one of the last rows that were skipped. */
  readonly lastBadRow: string | null;
  /** Oldest first. */
  readonly idleChanges: readonly { readonly partition: string; readonly idle: boolean; readonly at: string }[];
  readonly idleChangeCount: number;
}

export interface JobState {
  readonly id: string;
  readonly name: string;
  readonly phase: string;
  readonly at: string;
  readonly sources: readonly SourceState[];
  readonly queries: readonly { readonly source: number; readonly late: number }[];
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
}

export interface JobsState {
  readonly jobs: readonly JobState[];
  readonly now: number;
}

export async function fetchJson<T>(path: string): Promise<T> {
  const response = await fetch(path, { headers: { accept: "application/json" } });
  const text = await response.text();
  if (!response.ok) {
    const problem = response.headers.get("content-type")?.startsWith("application/problem+json")
      ? parseJson<{ detail: string }>(text)
      : null;
    throw new Error(problem?.detail ?? `${path} answered ${response.status}`);
  }
  return parseJson<T>(text);
}

/** A row that two queries of one source refuse is one late row. */
export function lateRows({ sources, queries }: JobState): number {
  const bySource = sources.map((_, source) =>
    queries.reduce((most, query) => (query.source === source ? Math.max(most, query.late) : most), 0),
  );
  return bySource.reduce((sum, late) => sum + late, 0);
}

/** Records a second between two looks, from the job's own clock; null until there are two. */
export class RateMeter {
  #before: { at: number; records: number } | null = null;
  #last: number | null = null;

  observe({ jobs }: JobsState): number | null {
    const at = Math.max(0, ...jobs.map((job) => Date.parse(job.at)));
    const records = jobs.flatMap((job) => job.sources).reduce((sum, source) => sum + source.records, 0);
    const before = this.#before;
    if (before === null || records < before.records) this.#last = null;
    else if (at > before.at) this.#last = ((records - before.records) * 1000) / (at - before.at);
    if (before === null || at > before.at || records < before.records) this.#before = { at, records };
    if (jobs.length > 0 && jobs.every((job) => job.phase !== "running" && job.phase !== "starting")) this.#last = 0;
    return this.#last;
  }
}
