/** Records that gave no row, where the pipeline meets them: what is said of them, who hears it, and whether the job goes on. */
import { BAD_EXPRESSION } from "../../assembly/shared/status.ts";
import { assert } from "../core/error.ts";
import type { BadRow } from "../kernel/bad-row.ts";
import type { InputRecord } from "../kernel/input.ts";
import { type BadRecord, badRowError, describeBadRow } from "./bad-rows.ts";
import { letterOf, lettersOf } from "./dead-letters.ts";
import type { ExpressionFailure } from "./failing-expression.ts";
import type { PipelineParts, RunningSource } from "./pipeline-parts.ts";

/** How often a skipped bad row is looked at for the status; and one part of the time in so many, as records may be huge. */
const BAD_ROW_EVERY_MS = 1000;
const BAD_ROW_SHARE = 50;

export class BadRecordReader {
  readonly #parts: PipelineParts;
  readonly #sources: readonly RunningSource[];

  constructor(parts: PipelineParts, sources: readonly RunningSource[]) {
    this.#parts = parts;
    this.#sources = sources;
  }

  /** Ends the job at the vector's first bad row, or keeps words about one now and then where they are skipped. */
  look(index: number, running: RunningSource): void {
    const bad = this.#parts.kernel.firstBadRow(index);
    if (bad === null) return;
    const now = this.#parts.clock.now();
    if (running.settings.badRows === "fail") throw badRowError(this.#badRecord(index, bad));
    if (running.settings.badRows === "dead-letter") this.#writeDeadLetters(index);
    if (now < running.nextBadRow) return;
    running.lastBadRow = describeBadRow(this.#badRecord(index, bad));
    const after = this.#parts.clock.now();
    running.nextBadRow = after + Math.max(BAD_ROW_EVERY_MS, BAD_ROW_SHARE * (after - now));
  }

  #writeDeadLetters(index: number): void {
    const letters = lettersOf(this.#sources, index);
    assert(letters !== null, "a table with dead letters has a source of them");
    const { kernel, queries } = this.#parts;
    const running = this.#sourceAt(index);
    let number = -1;
    let input: InputRecord | undefined;
    for (const bad of kernel.badRows(index)) {
      // The bad elements of an array come one behind the other: their record is copied once.
      if (input === undefined || number !== bad.record) input = kernel.record(index, bad.record);
      number = bad.record;
      const record = this.#badRecord(index, bad, { input, explained: false });
      letters.source.put(letterOf(record, { running, from: input.partition, queries }));
    }
  }

  #badRecord(
    index: number,
    bad: BadRow,
    { input = this.#parts.kernel.record(index, bad.record), explained = true } = {},
  ): BadRecord {
    const { settings, partitions } = this.#sourceAt(index);
    const { partition, position, bytes } = input;
    // Counting lines may read a whole file: for the one that ends the job only.
    const line = settings.badRows === "fail" ? (settings.source.lineOf?.(partition, position) ?? null) : null;
    return {
      bad,
      table: settings.name,
      partition: partitions[partition]?.name ?? `partition ${partition}`,
      position,
      line,
      bytes,
      timeColumn: settings.timeColumn,
      failure: explained && bad.reason === BAD_EXPRESSION ? this.#explain(index, bad) : null,
    };
  }

  #explain(index: number, { record, query, item }: BadRow): ExpressionFailure | null {
    const input = this.#parts.kernel.record(index, record);
    const partition = this.#sourceAt(index).partitions[input.partition];
    if (partition === undefined) return null;
    try {
      return this.#parts.explain?.({ source: index, query, item, record: input, partition }) ?? null;
    } catch {
      // The row is to be told of in any case: the words about it must not become the error.
      return null;
    }
  }

  #sourceAt(index: number): RunningSource {
    const running = this.#sources[index];
    assert(running !== undefined, `source ${index} runs`);
    return running;
  }
}
