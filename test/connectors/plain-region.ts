/** An input region over plain memory, with the plainest possible `splitLines`: what a source is tested against. */
import type { InputRegion } from "../../src/connectors/connector.ts";

export interface PlainRecord {
  readonly text: string;
  readonly partition: number;
  readonly position: bigint;
  readonly timestamp: bigint;
}

export class PlainRegion implements InputRegion {
  readonly bytes = 8;
  readonly wantsKeys = false;
  readonly keyBytes = 0;
  readonly keyBytesCapacity = 0;
  readonly keyOffsets = 0;
  readonly wantsEnvelopes = false;
  readonly envelopeBytes = 0;
  readonly envelopeBytesCapacity = 0;
  readonly envelopeOffsets = 0;
  bytesCapacity = 0;
  rowsCapacity = 0;
  offsets = 0;
  partitions = 0;
  positions = 0;
  timestamps = 0;
  reserved = 0;
  #buffer = new ArrayBuffer(0);

  constructor(bytes: number, rows: number) {
    this.reserve(bytes, rows);
    this.reserved = 0;
  }

  buffer(): ArrayBuffer {
    return this.#buffer;
  }

  reserve(bytes: number, rows: number): void {
    this.reserved++;
    this.bytesCapacity = Math.max(this.bytesCapacity, bytes);
    this.rowsCapacity = Math.max(this.rowsCapacity, rows);
    this.positions = align8(this.bytes + this.bytesCapacity);
    this.timestamps = this.positions + this.rowsCapacity * 8;
    this.offsets = this.timestamps + this.rowsCapacity * 8;
    this.partitions = this.offsets + (this.rowsCapacity + 1) * 4;
    this.#buffer = new ArrayBuffer(align8(this.partitions + this.rowsCapacity * 4));
  }

  splitLines(input: { used: number; final: boolean; partition: number; position: bigint }): {
    rows: number;
    consumed: number;
  } {
    const bytes = new Uint8Array(this.#buffer, this.bytes, input.used);
    const offsets = new Int32Array(this.#buffer, this.offsets, this.rowsCapacity + 1);
    let rows = 0;
    let start = 0;
    offsets[0] = 0;
    while (rows < this.rowsCapacity && start < input.used) {
      const newline = bytes.indexOf(10, start);
      if (newline < 0 && !input.final) break;
      const end = newline < 0 ? input.used : newline + 1;
      new Int32Array(this.#buffer, this.partitions)[rows] = input.partition;
      new BigInt64Array(this.#buffer, this.positions, this.rowsCapacity)[rows] = input.position + BigInt(start);
      new BigInt64Array(this.#buffer, this.timestamps, this.rowsCapacity)[rows] = -(2n ** 63n);
      offsets[++rows] = end;
      start = end;
    }
    return { rows, consumed: start };
  }

  /** The first `rows` records, copied out. */
  records(rows: number): PlainRecord[] {
    const bytes = new Uint8Array(this.#buffer, this.bytes);
    const offsets = new Int32Array(this.#buffer, this.offsets);
    const partitions = new Int32Array(this.#buffer, this.partitions);
    const positions = new BigInt64Array(this.#buffer, this.positions, this.rowsCapacity);
    const timestamps = new BigInt64Array(this.#buffer, this.timestamps, this.rowsCapacity);
    const utf8 = new TextDecoder();
    return Array.from({ length: rows }, (_, row) => ({
      text: utf8.decode(bytes.subarray(offsets[row], offsets[row + 1])),
      partition: partitions[row] as number,
      position: positions[row] as bigint,
      timestamp: timestamps[row] as bigint,
    }));
  }
}

function align8(value: number): number {
  return Math.ceil(value / 8) * 8;
}
