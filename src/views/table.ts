/**
 * The rows a view holds: segments in order of arrival, a key index where a primary key is declared, and a change log that
 * is the segments themselves, rows numbered 1, 2, 3, … as they arrive. With a key a row replaces the one before it by its
 * op; without, rows are only added. Whole windows, oldest first, leave when there are too many rows or bytes, and are
 * counted. Invariant: every row whose sequence is at or above `logStart` is still here, live or not.
 *
 * Neighbouring small segments are merged as in a log-structured merge tree (sizes roughly double), so that a million
 * one-row batches cost a few hundred segments.
 */
import { type Batch, Op } from "../core/batch.ts";
import { assert, EngineError } from "../core/error.ts";
import type { EpochMs, Schema } from "../core/type.ts";
import type { CellValue } from "../core/value.ts";
import {
  createSegment,
  firstRowAfter,
  firstSegmentAfter,
  gatherRows,
  isLive,
  markDead,
  type RowReference,
  type Segment,
  sequenceOf,
} from "./segment.ts";

export interface TableSettings {
  readonly name: string;
  readonly schema: Schema;
  /** Column indexes; empty = append-only. */
  readonly primaryKey: readonly number[] | null;
  /** Index of window_start, or −1. */
  readonly windowColumn: number;
  readonly maxRows: number;
  readonly maxBytes: number;
  /** Rows of the change log kept although replaced, for readers that resume. */
  readonly logRows: number;
}

/** Rows beyond which segments are not merged any more. */
const MERGED_ROWS = 8192;

export class ViewTable {
  readonly settings: TableSettings;
  #segments: Segment[] = [];
  readonly #index = new Map<string, number>();
  /** Live rows per window start. */
  readonly #windows = new Map<bigint, number>();
  #nextSequence = 1;
  #logStart = 1;
  #liveRows = 0;
  /** Live and dead rows in segments. */
  #storedRows = 0;
  #bytes = 0;
  #droppedRows = 0;
  #droppedWindows = 0;
  #watermark: EpochMs | null = null;
  #epoch = 0;

  constructor(settings: TableSettings) {
    this.settings = settings;
  }

  get segments(): readonly Segment[] {
    return this.#segments;
  }
  get rows(): number {
    return this.#liveRows;
  }
  get bytes(): number {
    return this.#bytes;
  }
  get windows(): number {
    return this.#windows.size;
  }
  /** Sequence of the last row that arrived; 0 before the first. */
  get sequence(): number {
    return this.#nextSequence - 1;
  }
  /** Changes from this sequence on can still be read. */
  get logStart(): number {
    return this.#logStart;
  }
  get droppedRows(): number {
    return this.#droppedRows;
  }
  get droppedWindows(): number {
    return this.#droppedWindows;
  }
  get watermark(): EpochMs | null {
    return this.#watermark;
  }
  get epoch(): number {
    return this.#epoch;
  }

  /** Takes ownership of the batch. Throws EngineError when a keyless view is asked to replace or delete a row. */
  append(batch: Batch): void {
    this.advance(batch.watermark, batch.epoch);
    if (batch.rows === 0) return;
    const { primaryKey, name, windowColumn } = this.settings;
    if (primaryKey === null && batch.op?.some((op) => op !== Op.insert)) {
      throw new EngineError(`view "${name}" has no primary key and cannot take updates or deletes`, {
        domain: "user",
        code: "VIEW-NEEDS-KEY",
        hint: "declare PRIMARY KEY (…) NOT ENFORCED on it",
      });
    }
    const segment = createSegment({ batch, firstSequence: this.#nextSequence, sequences: null, windowColumn });
    this.#nextSequence += batch.rows;
    this.#segments.push(segment);
    this.#bytes += segment.bytes;
    this.#storedRows += batch.rows;
    this.#liveRows += batch.rows;
    for (let row = 0; row < batch.rows; row++) this.#countWindow(segment, row, 1);
    if (primaryKey !== null) this.#upsert(segment);
    this.#mergeTail();
    this.#retain();
  }

  /** The watermark never goes back. */
  advance(watermark: EpochMs | null, epoch: number): void {
    if (watermark !== null && (this.#watermark === null || watermark > this.#watermark)) this.#watermark = watermark;
    if (epoch > this.#epoch) this.#epoch = epoch;
  }

  /** Rows that changed after `sequence`, at most `limit`; null when some of them are gone. */
  changesAfter(sequence: number, limit: number): RowReference[] | null {
    if (sequence + 1 < this.#logStart) return null;
    const changes: RowReference[] = [];
    for (let at = firstSegmentAfter(this.#segments, sequence); at < this.#segments.length; at++) {
      const segment = this.#segments[at] as Segment;
      for (let row = firstRowAfter(segment, sequence); row < segment.batch.rows; row++) {
        if (changes.length === limit) return changes;
        changes.push({ segment, row });
      }
    }
    return changes;
  }

  #upsert(segment: Segment): void {
    const { op, rows } = segment.batch;
    for (let row = 0; row < rows; row++) {
      const kind = op?.[row] ?? Op.insert;
      const key = this.#keyOf(segment, row);
      const before = this.#index.get(key);
      if (before !== undefined) this.#kill(this.#locate(before));
      if (kind === Op.insert || kind === Op.updateAfter) {
        this.#index.set(key, sequenceOf(segment, row));
      } else {
        this.#index.delete(key);
        this.#kill({ segment, row });
      }
    }
  }

  #keyOf(segment: Segment, row: number): string {
    let key = "";
    for (const index of this.settings.primaryKey ?? []) key += keyPart(segment.readers[index]?.(row) ?? null);
    return key;
  }

  #locate(sequence: number): RowReference {
    const segment = this.#segments[firstSegmentAfter(this.#segments, sequence - 1)];
    assert(segment !== undefined, `row ${sequence} of a view is indexed and there`);
    const row = firstRowAfter(segment, sequence - 1);
    assert(sequenceOf(segment, row) === sequence, `row ${sequence} of a view is where its index says`);
    return { segment, row };
  }

  #kill(reference: RowReference): void {
    if (!markDead(reference.segment, reference.row)) return;
    this.#liveRows--;
    this.#countWindow(reference.segment, reference.row, -1);
  }

  #countWindow(segment: Segment, row: number, change: number): void {
    const window = segment.readers[this.settings.windowColumn]?.(row);
    if (typeof window !== "bigint") return;
    const count = (this.#windows.get(window) ?? 0) + change;
    if (count === 0) this.#windows.delete(window);
    else this.#windows.set(window, count);
  }

  #mergeTail(): void {
    while (this.#segments.length >= 2) {
      const last = this.#segments.at(-1) as Segment;
      const before = this.#segments.at(-2) as Segment;
      const rows = last.batch.rows + before.batch.rows;
      if (rows > MERGED_ROWS || before.batch.rows > 2 * last.batch.rows) return;
      this.#segments.length -= 2;
      this.#segments.push(this.#rebuild([before, last], () => true));
    }
  }

  /** One segment from the rows of `parts` that `keep` holds, which stay as live or dead as they were. */
  #rebuild(parts: readonly Segment[], keep: (segment: Segment, row: number) => boolean): Segment {
    const kept: RowReference[] = [];
    for (const segment of parts) {
      for (let row = 0; row < segment.batch.rows; row++) if (keep(segment, row)) kept.push({ segment, row });
      this.#release(segment);
    }
    const { schema, windowColumn } = this.settings;
    const numbers = Float64Array.from(kept, ({ segment, row }) => sequenceOf(segment, row));
    const firstSequence = numbers[0] ?? 0;
    const dense = (numbers.at(-1) ?? 0) - firstSequence === numbers.length - 1;
    const batch = gatherRows(schema, kept, true);
    const merged = createSegment({ batch, firstSequence, sequences: dense ? null : numbers, windowColumn });
    kept.forEach(({ segment, row }, to) => {
      if (!isLive(segment, row)) markDead(merged, to);
    });
    this.#bytes += merged.bytes;
    this.#storedRows += merged.batch.rows;
    return merged;
  }

  #retain(): void {
    const { maxRows, maxBytes, logRows } = this.settings;
    if (this.#liveRows > maxRows) this.#dropOldest(this.#liveRows - maxRows);
    if (this.#storedRows - this.#liveRows > 2 * Math.max(logRows, this.#liveRows / 2, 1)) this.#compact(logRows);
    if (this.#bytes <= maxBytes) return;
    this.#compact(0);
    while (this.#bytes > maxBytes && this.#liveRows > 0 && this.#segments.length > 1) {
      this.#dropOldest(Math.ceil(this.#liveRows / 8));
      this.#compact(0);
    }
  }

  /** Drops at least `rows` live rows: whole windows, oldest first, then the oldest rows of the newest one. */
  #dropOldest(rows: number): void {
    const before = this.#liveRows;
    while (before - this.#liveRows < rows && this.#windows.size > 1) {
      let oldest: bigint | null = null;
      for (const window of this.#windows.keys()) if (oldest === null || window < oldest) oldest = window;
      if (oldest !== null) this.#dropWindow(oldest);
    }
    let missing = rows - (before - this.#liveRows);
    for (const segment of this.#segments) {
      if (missing <= 0) break;
      for (let row = 0; row < segment.batch.rows && missing > 0; row++) if (this.#forget(segment, row)) missing--;
    }
    this.#droppedRows += before - this.#liveRows;
  }

  #dropWindow(start: bigint): void {
    this.#droppedWindows++;
    for (const segment of this.#segments) {
      const { windows } = segment;
      if (windows === null || windows.first > start || windows.last < start) continue;
      const read = segment.readers[this.settings.windowColumn];
      for (let row = 0; row < segment.batch.rows; row++) if (read?.(row) === start) this.#forget(segment, row);
    }
  }

  /** Kills a live row and its index entry. */
  #forget(segment: Segment, row: number): boolean {
    if (!isLive(segment, row)) return false;
    if (this.settings.primaryKey !== null) this.#index.delete(this.#keyOf(segment, row));
    this.#kill({ segment, row });
    return true;
  }

  /**
   * Frees dead rows that lie more than `logRows` behind the newest one, and joins what is left of neighbouring segments.
   * Moves `logStart` past what it frees.
   */
  #compact(logRows: number): void {
    const horizon = this.#nextSequence - logRows;
    const kept: Segment[] = [];
    let run: Segment[] = [];
    let runRows = 0;
    const endRun = (): void => {
      const merged = this.#freeDead(run, runRows);
      if (merged !== null) kept.push(merged);
      run = [];
      runRows = 0;
    };
    for (const segment of this.#segments) {
      const sparse = segment.liveRows <= segment.batch.rows / 2;
      const small = run.length > 0 && segment.batch.rows <= MERGED_ROWS / 4;
      if (segment.lastSequence >= horizon || !(sparse || small)) {
        endRun();
        kept.push(segment);
        continue;
      }
      if (runRows + segment.liveRows > MERGED_ROWS) endRun();
      run.push(segment);
      runRows += segment.liveRows;
    }
    endRun();
    this.#segments = kept;
  }

  #freeDead(run: readonly Segment[], liveRows: number): Segment | null {
    const last = run.at(-1);
    if (last === undefined) return null;
    let dead = false;
    for (const segment of run) if (segment.liveRows < segment.batch.rows) dead = true;
    if (dead) this.#logStart = Math.max(this.#logStart, last.lastSequence + 1);
    if (liveRows > 0) return this.#rebuild(run, isLive);
    for (const segment of run) this.#release(segment);
    return null;
  }

  #release(segment: Segment): void {
    this.#bytes -= segment.bytes;
    this.#storedRows -= segment.batch.rows;
  }
}

/** Kind and length before the text, so that no two keys run together. */
function keyPart(value: CellValue): string {
  if (value === null) return "n;";
  const text = value instanceof Uint8Array ? value.toHex() : String(value);
  return `${text.length}:${text};`;
}
