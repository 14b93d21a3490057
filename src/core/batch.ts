/**
 * A batch of rows as Arrow-layout columns: the unit that leaves the kernel and that sinks and views receive. Buffers are
 * owned by the batch, immutable, and laid out as the Arrow columnar format says (validity bitmaps LSB first, int32
 * offsets, little-endian values). `op` gives each row's change kind; absent means every row is an insert (`+I`).
 */
import type { EpochMs, Schema } from "./type.ts";

/** Change kinds, one byte a row. */
export const Op = { insert: 0, updateBefore: 1, updateAfter: 2, delete: 3 } as const;
export type Op = (typeof Op)[keyof typeof Op];
/** Flink's spelling of each kind, indexed by its byte. */
export const opNames: readonly string[] = ["+I", "-U", "+U", "-D"];

export interface Column {
  /** Bit i set = row i is not NULL. Null when no row is NULL. */
  readonly validity: Uint8Array | null;
  /** `rows + 1` byte positions into `values`; only for strings and bytes. */
  readonly offsets: Int32Array | null;
  /** Fixed-width little-endian values (booleans bit-packed), or the concatenated bytes of strings. */
  readonly values: Uint8Array;
}

export interface Batch {
  readonly schema: Schema;
  readonly rows: number;
  readonly columns: readonly Column[];
  readonly op: Uint8Array | null;
  /** The table's watermark that this batch reflects; null where the source has none. */
  readonly watermark: EpochMs | null;
  /** Checkpoint epoch the batch belongs to; 0 without checkpoints. */
  readonly epoch: number;
}
