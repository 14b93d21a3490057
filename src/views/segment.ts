/**
 * A segment of a view: an immutable batch, the sequence numbers of its rows, and which of them are still live. Rows are
 * never moved inside a segment; a row that was replaced, deleted or retained out is only marked. Sequence numbers rise
 * inside a segment and from one to the next, so a row is found by binary search.
 */
import type { Batch, Column } from "../core/batch.ts";
import type { DataType, Schema } from "../core/type.ts";
import { type CellReader, cellReader, cellWidth, fixedValues, hasOffsets, isPresent } from "../core/value.ts";

export interface Segment {
  readonly batch: Batch;
  readonly firstSequence: number;
  /** Null when rows are numbered without gaps from `firstSequence`. */
  readonly sequences: Float64Array | null;
  readonly lastSequence: number;
  /** One byte a row, 1 = live; null while every row is. */
  live: Uint8Array | null;
  liveRows: number;
  readonly bytes: number;
  /** Smallest and largest window start; null without a window column or when all are NULL. */
  readonly windows: { readonly first: bigint; readonly last: bigint } | null;
  /** One reader a column, made once. */
  readonly readers: readonly CellReader[];
}

/** A row of a view, by place. */
export interface RowReference {
  readonly segment: Segment;
  readonly row: number;
}

export interface SegmentRows {
  readonly batch: Batch;
  readonly firstSequence: number;
  readonly sequences: Float64Array | null;
  /** Index of window_start, or −1. */
  readonly windowColumn: number;
}

export function createSegment(rows: SegmentRows): Segment {
  const { batch, firstSequence, sequences } = rows;
  const readers = batch.columns.map((column, index) => cellReader(column, fieldType(batch.schema, index)));
  return {
    batch,
    firstSequence,
    sequences,
    lastSequence: sequences === null ? firstSequence + batch.rows - 1 : (sequences.at(-1) ?? firstSequence),
    live: null,
    liveRows: batch.rows,
    bytes: batchBytes(batch) + (sequences?.byteLength ?? 0),
    windows: windowRange(batch, rows.windowColumn),
    readers,
  };
}

export function fieldType(schema: Schema, index: number): DataType {
  const field = schema.fields[index];
  if (field === undefined) throw new RangeError(`no field ${index}`);
  return field.type;
}

export function isLive(segment: Segment, row: number): boolean {
  return segment.live === null || segment.live[row] === 1;
}

/** False when the row was dead already. */
export function markDead(segment: Segment, row: number): boolean {
  segment.live ??= new Uint8Array(segment.batch.rows).fill(1);
  if (segment.live[row] === 0) return false;
  segment.live[row] = 0;
  segment.liveRows--;
  return true;
}

export function sequenceOf(segment: Segment, row: number): number {
  return segment.sequences === null ? segment.firstSequence + row : (segment.sequences[row] as number);
}

/** First row whose sequence is above `sequence`; the row count when there is none. */
export function firstRowAfter(segment: Segment, sequence: number): number {
  const { sequences, firstSequence, batch } = segment;
  if (sequences === null) return Math.min(batch.rows, Math.max(0, sequence - firstSequence + 1));
  let low = 0;
  let high = batch.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sequences[middle] as number) <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Index of the first segment that holds a sequence above `sequence`. */
export function firstSegmentAfter(segments: readonly Segment[], sequence: number): number {
  let low = 0;
  let high = segments.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((segments[middle] as Segment).lastSequence <= sequence) low = middle + 1;
    else high = middle;
  }
  return low;
}

function batchBytes(batch: Batch): number {
  let bytes = batch.op?.byteLength ?? 0;
  for (const { validity, offsets, values } of batch.columns) {
    bytes += (validity?.byteLength ?? 0) + (offsets?.byteLength ?? 0) + values.byteLength;
  }
  return bytes;
}

function windowRange(batch: Batch, windowColumn: number): Segment["windows"] {
  const column = batch.columns[windowColumn];
  if (column === undefined) return null;
  const values = fixedValues(column, fieldType(batch.schema, windowColumn));
  let first: bigint | null = null;
  let last: bigint | null = null;
  for (let row = 0; row < batch.rows; row++) {
    if (!isPresent(column, row)) continue;
    const value = values[row] as bigint;
    if (first === null || value < first) first = value;
    if (last === null || value > last) last = value;
  }
  return first === null || last === null ? null : { first, last };
}

/** Copies rows, in the order given, into one fresh batch; `op` comes along where `withOp` asks for it. */
export function gatherRows(schema: Schema, rows: readonly RowReference[], withOp: boolean): Batch {
  const columns = schema.fields.map((field, index) => gatherColumn(field.type, index, rows));
  const hasOp = withOp && rows.some(({ segment }) => segment.batch.op !== null);
  const op = hasOp ? Uint8Array.from(rows, ({ segment, row }) => segment.batch.op?.[row] ?? 0) : null;
  return { schema, rows: rows.length, columns, op, watermark: null, epoch: 0 };
}

function gatherColumn(type: DataType, index: number, rows: readonly RowReference[]): Column {
  const validity = gatherValidity(index, rows);
  if (hasOffsets(type)) return { validity, ...gatherVariable(index, rows) };
  const values = type.kind === "boolean" ? gatherBits(index, rows) : gatherFixed(cellWidth(type), index, rows);
  return { validity, offsets: null, values };
}

function gatherValidity(index: number, rows: readonly RowReference[]): Uint8Array | null {
  let bits: Uint8Array | null = null;
  rows.forEach(({ segment, row }, to) => {
    if (isPresent(segment.batch.columns[index] as Column, row)) return;
    bits ??= allOnes(rows.length);
    bits[to >> 3] = (bits[to >> 3] as number) & ~(1 << (to & 7));
  });
  return bits;
}

/** Bits past the last row stay 0. */
function allOnes(rows: number): Uint8Array {
  const bits = new Uint8Array((rows + 7) >>> 3).fill(0xff);
  if ((rows & 7) !== 0) bits[bits.length - 1] = (1 << (rows & 7)) - 1;
  return bits;
}

function gatherBits(index: number, rows: readonly RowReference[]): Uint8Array {
  const bits = new Uint8Array((rows.length + 7) >>> 3);
  rows.forEach(({ segment, row }, to) => {
    const { values } = segment.batch.columns[index] as Column;
    const bit = ((values[row >> 3] as number) >> (row & 7)) & 1;
    bits[to >> 3] = (bits[to >> 3] as number) | (bit << (to & 7));
  });
  return bits;
}

function gatherFixed(width: number, index: number, rows: readonly RowReference[]): Uint8Array {
  const bytes = new Uint8Array(width * rows.length);
  let to = 0;
  for (const { segment, row } of rows) {
    const { values } = segment.batch.columns[index] as Column;
    const from = row * width;
    for (let i = 0; i < width; i++) bytes[to + i] = values[from + i] as number;
    to += width;
  }
  return bytes;
}

function gatherVariable(index: number, rows: readonly RowReference[]): { offsets: Int32Array; values: Uint8Array } {
  const offsets = new Int32Array(rows.length + 1);
  let end = 0;
  rows.forEach(({ segment, row }, to) => {
    const from = (segment.batch.columns[index] as Column).offsets as Int32Array;
    end += (from[row + 1] as number) - (from[row] as number);
    if (end > 0x7fffffff) throw new RangeError("the strings of a result exceed 2 GiB; lower the limit");
    offsets[to + 1] = end;
  });
  const values = new Uint8Array(end);
  rows.forEach(({ segment, row }, to) => {
    const column = segment.batch.columns[index] as Column;
    const from = column.offsets as Int32Array;
    values.set(column.values.subarray(from[row], from[row + 1]), offsets[to]);
  });
  return { offsets, values };
}
