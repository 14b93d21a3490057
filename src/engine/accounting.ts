/**
 * What became of every row that a query was to read. The rows that were read are counted where records come in; the parts are counted
 * where each is decided, by kernel and engine; `difference` is what lies between, and is 0. Taken between two batches: within
 * one a row may be read and not yet decided, and the batch that ends a job with an error is not in it.
 */
import type { Kernel } from "../kernel/kernel.ts";
import type { PipelineQuery, RunningSource } from "./pipeline-parts.ts";

/** Elements of a record that is an array count singly. Of a join: of all sides together. */
export interface Accounting {
  readonly read: number;
  readonly counted: number;
  readonly late: number;
  /** Written to a table of dead letters. */
  readonly deadLettered: number;
  /** Empty records, and bad rows by policy `skip`. */
  readonly skipped: number;
  readonly filtered: number;
  /** `read` less all the others. */
  readonly difference: number;
}

interface Counted {
  readonly kernel: Kernel;
  readonly sources: readonly RunningSource[];
  readonly queries: readonly PipelineQuery[];
}

/** By query; null for those that read late rows, which are counted by the query that refused them. */
export function accountQueries(counted: Counted): readonly (Accounting | null)[] {
  return counted.queries.map((query, index) =>
    query.stages.some(({ kind }) => kind === "late") ? null : accountQuery(counted, query, index),
  );
}

function accountQuery({ kernel, sources }: Counted, query: PipelineQuery, index: number): Accounting {
  const parts = { read: 0, counted: 0, late: 0, deadLettered: 0, skipped: 0, filtered: 0 };
  for (const stage of query.stages) {
    const running = sources[stage.source];
    if (!stage.reads || running === undefined) continue;
    const source = kernel.sourceCounters(stage.source);
    const own = kernel.queryCounters(stage.query);
    parts.read += source.records + source.elements;
    parts.counted += own.counted;
    parts.late += own.late;
    parts.filtered += own.filtered;
    parts.skipped += source.skipped;
    const policy = running.settings.badRows;
    if (policy === "dead-letter") parts.deadLettered += running.deadLettered.get(-1) ?? 0;
    // A bad row that ends the job ends its batch undecided.
    else if (policy === "skip") parts.skipped += source.bad + own.bad;
  }
  for (const source of query.sources) parts.deadLettered += sources[source]?.deadLettered.get(index) ?? 0;
  const { read, counted, late, deadLettered, skipped, filtered } = parts;
  return { ...parts, difference: read - counted - late - deadLettered - skipped - filtered };
}
