/**
 * What a source and a sink promise the engine. Connectors move bytes: a source lays whole records end to end in the
 * kernel's input region (an Arrow Binary column with its partition, offset and timestamp beside it), a sink takes rows
 * that a format has already turned into bytes, or a column batch. No connector knows a format, none imports another.
 */
import type { Batch } from "../core/batch.ts";
import type { EpochMs } from "../core/type.ts";

/** Where a source writes. Pointers are byte positions in `buffer()`; fetch it anew after every `reserve`. */
export interface InputRegion {
  buffer(): ArrayBuffer;
  /** Makes room for at least this much, keeping nothing. Pointers may move. */
  reserve(bytes: number, rows: number): void;
  readonly bytes: number;
  readonly bytesCapacity: number;
  readonly rowsCapacity: number;
  /** int32[rowsCapacity + 1]: record i is bytes[offsets[i], offsets[i + 1]) (a trailing newline belongs to it). */
  readonly offsets: number;
  /** int32[rowsCapacity]: dense partition index, as numbered by the source. */
  readonly partitions: number;
  /** int64[rowsCapacity]: offset in the partition (Kafka's, or the byte position of the line). */
  readonly positions: number;
  /** int64[rowsCapacity]: record timestamp in milliseconds; int64 minimum where there is none. */
  readonly timestamps: number;
  /** Arrow Binary of record keys, when `wantsKeys`. */
  readonly wantsKeys: boolean;
  readonly keyBytes: number;
  readonly keyBytesCapacity: number;
  readonly keyOffsets: number;
  /** Arrow Binary of envelopes (assembly/shared/layout.ts draws one), when `wantsEnvelopes`. */
  readonly wantsEnvelopes: boolean;
  readonly envelopeBytes: number;
  readonly envelopeBytesCapacity: number;
  readonly envelopeOffsets: number;
  /**
   * Splits bytes[0, used) at newlines into records of one partition, filling offsets, partitions and positions. `final`
   * makes a last line without newline a record too. `consumed` bytes belong to whole records; blank lines are records
   * of length ≤ 1 that the decoder skips and counts.
   */
  splitLines(input: { used: number; final: boolean; partition: number; position: bigint }): {
    rows: number;
    consumed: number;
  };
}

/** Which partitions one of several readers of a source takes: those at the places `index`, `index + of`, …. */
export interface Share {
  readonly index: number;
  readonly of: number;
}

export const WHOLE: Share = { index: 0, of: 1 };

/** `place` has to be the same for all readers whenever they look: it follows from the partition alone. */
export function isOwn({ index, of }: Share, place: number): boolean {
  return place % of === index;
}

/** A place for a name, spread evenly: 32-bit FNV-1a. */
export function placeOfName(name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(name)) hash = Math.imul(hash ^ byte, 0x01000193);
  return hash >>> 0;
}

export interface SourcePartition {
  /** Dense index 0 … n−1, stable for the life of the source; new partitions take the next number. */
  readonly index: number;
  /** What people call it: `clicks[3]`, `/data/part-0.json`. */
  readonly name: string;
  readonly topic: string;
  readonly partition: number;
}

/** What happened during a poll besides rows. */
export type SourceEvent =
  | { readonly kind: "partition-added"; readonly partition: SourcePartition }
  /** Read to the current end, over a live connection. Not the end for ever. */
  | { readonly kind: "caught-up"; readonly partition: number; readonly position: bigint }
  /** There are records behind the last that can be read: a transaction is open. Until rows or `caught-up` come. */
  | { readonly kind: "held"; readonly partition: number; readonly position: bigint }
  /** No row will ever come again from this partition: its bound is reached. */
  | { readonly kind: "finished"; readonly partition: number }
  /** A fault the source rides out by itself; counted and shown. */
  | { readonly kind: "warning"; readonly code: string; readonly message: string };

export interface PollResult {
  readonly rows: number;
  readonly events: readonly SourceEvent[];
}

export interface PartitionLag {
  readonly partition: number;
  readonly position: bigint;
  /** Last known end of the partition, null when unknown. */
  readonly highWatermark: bigint | null;
}

export interface Source {
  /** Connects, resolves partitions and start positions. Throws EngineError (exit code 74 or 75). */
  open(): Promise<readonly SourcePartition[]>;
  /**
   * Fills the region and returns at once when rows are there, else waits at most `waitMs`. Fewer rows than a region holds
   * is normal. A record larger than the region makes the source call `region.reserve`. Throws EngineError on what it
   * cannot ride out. Never loses a record: what does not fit comes with the next poll.
   */
  poll(region: InputRegion, waitMs: number): PollResult;
  pause(partitions: readonly number[]): void;
  resume(partitions: readonly number[]): void;
  /** Remembers "everything before these positions is done" where the outside world keeps such a note. */
  commit(positions: ReadonlyMap<number, bigint>): void;
  lag(): readonly PartitionLag[];
  /** For sources of lines: which line, from 1, the record at a position is; null when that is not known. May read it all again. */
  lineOf?(partition: number, position: bigint): number | null;
  close(): Promise<void>;
}

/** Rows as bytes: an Arrow Binary column, row i is bytes[offsets[i], offsets[i + 1]). Keys likewise, when there are keys. */
export interface EncodedRows {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly keyBytes: Uint8Array | null;
  readonly keyOffsets: Int32Array | null;
  /** Of the records themselves, in ms; 0 = the time of sending. Absent where the rows say nothing of it. */
  readonly timestamps?: BigInt64Array;
}

export interface Sink {
  open(): Promise<void>;
  /** Takes the batch; resolves when there is room for more (backpressure), not when it is durable. */
  write(batch: Batch): Promise<void> | void;
  /** No row with an event time at or below this comes any more in what is still to be written; for sinks that show it. */
  advance?(watermark: EpochMs): void;
  /** Resolves when everything written so far is durable by the sink's guarantee. */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Turns a batch into bytes; the engine hands one to sinks that write bytes. */
export type EncodeRows = (batch: Batch) => EncodedRows;

/** Injected so that tests choose the time. */
export interface Clock {
  now(): EpochMs;
}
