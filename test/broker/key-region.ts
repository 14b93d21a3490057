/** An input region over plain memory, with keys: what a Kafka source is tested against. Reads back rows as text. */
import type { InputRegion } from "../../src/connectors/connector.ts";

export interface ReadRecord {
  /** Without the newline the source adds. */
  readonly text: string;
  readonly key: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly timestamp: bigint;
  /** Only where envelopes are wanted. */
  readonly envelope?: Uint8Array;
}

export class KeyRegion implements InputRegion {
  readonly wantsKeys: boolean;
  readonly bytes = 0;
  bytesCapacity = 0;
  rowsCapacity = 0;
  keyBytes = 0;
  keyBytesCapacity = 0;
  keyOffsets = 0;
  readonly wantsEnvelopes: boolean;
  envelopeBytes = 0;
  envelopeBytesCapacity = 0;
  envelopeOffsets = 0;
  offsets = 0;
  partitions = 0;
  positions = 0;
  timestamps = 0;
  #buffer = new ArrayBuffer(0);

  constructor(size: { bytes: number; rows: number; wantsKeys?: boolean; wantsEnvelopes?: boolean }) {
    this.wantsKeys = size.wantsKeys ?? true;
    this.wantsEnvelopes = size.wantsEnvelopes ?? false;
    this.reserve(size.bytes, size.rows);
  }

  buffer(): ArrayBuffer {
    return this.#buffer;
  }

  reserve(bytes: number, rows: number): void {
    this.bytesCapacity = Math.max(this.bytesCapacity, bytes);
    this.keyBytesCapacity = this.bytesCapacity;
    this.rowsCapacity = Math.max(this.rowsCapacity, rows);
    this.keyBytes = this.bytesCapacity;
    this.envelopeBytes = this.keyBytes + this.keyBytesCapacity;
    this.envelopeBytesCapacity = this.bytesCapacity;
    this.positions = align8(this.envelopeBytes + this.envelopeBytesCapacity);
    this.timestamps = this.positions + 8 * this.rowsCapacity;
    this.offsets = this.timestamps + 8 * this.rowsCapacity;
    this.keyOffsets = this.offsets + 4 * (this.rowsCapacity + 1);
    this.envelopeOffsets = this.keyOffsets + 4 * (this.rowsCapacity + 1);
    this.partitions = this.envelopeOffsets + 4 * (this.rowsCapacity + 1);
    this.#buffer = new ArrayBuffer(align8(this.partitions + 4 * this.rowsCapacity));
  }

  splitLines(): { rows: number; consumed: number } {
    throw new Error("a Kafka source does not split lines");
  }

  records(rows: number): ReadRecord[] {
    const buffer = Buffer.from(this.#buffer);
    const offsets = new Int32Array(this.#buffer, this.offsets, rows + 1);
    const keyOffsets = new Int32Array(this.#buffer, this.keyOffsets, rows + 1);
    const envelopeOffsets = new Int32Array(this.#buffer, this.envelopeOffsets, rows + 1);
    const partitions = new Int32Array(this.#buffer, this.partitions, rows);
    const positions = new BigInt64Array(this.#buffer, this.positions, rows);
    const timestamps = new BigInt64Array(this.#buffer, this.timestamps, rows);
    return Array.from({ length: rows }, (_, row) => {
      const end = this.bytes + (offsets[row + 1] ?? 0);
      if (buffer[end - 1] !== 10) throw new Error(`row ${row} has no newline at its end`);
      return {
        text: buffer.toString("utf8", this.bytes + (offsets[row] ?? 0), end - 1),
        key: this.wantsKeys
          ? buffer.toString("utf8", this.keyBytes + (keyOffsets[row] ?? 0), this.keyBytes + (keyOffsets[row + 1] ?? 0))
          : "",
        partition: partitions[row] as number,
        offset: positions[row] as bigint,
        timestamp: timestamps[row] as bigint,
        ...(this.wantsEnvelopes && {
          envelope: Uint8Array.from(
            buffer.subarray(
              this.envelopeBytes + (envelopeOffsets[row] ?? 0),
              this.envelopeBytes + (envelopeOffsets[row + 1] ?? 0),
            ),
          ),
        }),
      };
    });
  }
}

function align8(value: number): number {
  return Math.ceil(value / 8) * 8;
}
