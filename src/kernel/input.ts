/**
 * A source's input region in kernel memory, in the shape that connectors write to. Addresses are read afresh from the
 * kernel's descriptor on every access, since reserving room moves them.
 */

import { CONTROL_A } from "../../assembly/shared/abi.ts";
import {
  INPUT_BYTES,
  INPUT_BYTES_CAPACITY,
  INPUT_ENVELOPE_BYTES,
  INPUT_ENVELOPE_BYTES_CAPACITY,
  INPUT_ENVELOPE_OFFSETS,
  INPUT_KEY_BYTES,
  INPUT_KEY_BYTES_CAPACITY,
  INPUT_KEY_OFFSETS,
  INPUT_OFFSETS,
  INPUT_PARTITIONS,
  INPUT_POSITIONS,
  INPUT_ROWS_CAPACITY,
  INPUT_TIMESTAMPS,
} from "../../assembly/shared/layout.ts";
import type { KernelExports } from "./kernel.ts";
import type { KernelMemory } from "./memory.ts";

export interface SplitLines {
  readonly used: number;
  readonly final: boolean;
  readonly partition: number;
  readonly position: bigint;
}

/** A record of the region: where it came from, and a copy of its bytes. */
export interface InputRecord {
  readonly partition: number;
  readonly position: bigint;
  /** Milliseconds; int64 minimum where there is none. */
  readonly timestamp: bigint;
  readonly bytes: Uint8Array;
  /** Empty where keys are not read. */
  readonly key: Uint8Array;
  /** As assembly/shared/layout.ts draws it; empty where envelopes are not read. */
  readonly envelope: Uint8Array;
}

export class KernelInput {
  readonly wantsKeys: boolean;
  readonly #kernel: KernelExports;
  readonly #memory: KernelMemory;
  readonly #source: number;
  readonly #descriptor: number;

  constructor(parts: { kernel: KernelExports; memory: KernelMemory; source: number; wantsKeys: boolean }) {
    this.#kernel = parts.kernel;
    this.#memory = parts.memory;
    this.#source = parts.source;
    this.wantsKeys = parts.wantsKeys;
    this.#descriptor = parts.kernel.inputDescriptor(parts.source);
  }

  buffer(): ArrayBuffer {
    return this.#memory.buffer();
  }

  reserve(bytes: number, rows: number): void {
    this.#kernel.reserveInput(this.#source, bytes, rows);
  }

  get bytes(): number {
    return this.#field(INPUT_BYTES);
  }

  get bytesCapacity(): number {
    return this.#field(INPUT_BYTES_CAPACITY);
  }

  get rowsCapacity(): number {
    return this.#field(INPUT_ROWS_CAPACITY);
  }

  get offsets(): number {
    return this.#field(INPUT_OFFSETS);
  }

  get partitions(): number {
    return this.#field(INPUT_PARTITIONS);
  }

  get positions(): number {
    return this.#field(INPUT_POSITIONS);
  }

  get timestamps(): number {
    return this.#field(INPUT_TIMESTAMPS);
  }

  get keyBytes(): number {
    return this.#field(INPUT_KEY_BYTES);
  }

  get keyBytesCapacity(): number {
    return this.#field(INPUT_KEY_BYTES_CAPACITY);
  }

  get keyOffsets(): number {
    return this.#field(INPUT_KEY_OFFSETS);
  }

  get wantsEnvelopes(): boolean {
    return this.envelopeBytes !== 0;
  }

  get envelopeBytes(): number {
    return this.#field(INPUT_ENVELOPE_BYTES);
  }

  get envelopeBytesCapacity(): number {
    return this.#field(INPUT_ENVELOPE_BYTES_CAPACITY);
  }

  get envelopeOffsets(): number {
    return this.#field(INPUT_ENVELOPE_OFFSETS);
  }

  /** At most `rowsCapacity` records; what lies behind them is left for the next call. */
  splitLines(input: SplitLines): { rows: number; consumed: number } {
    this.#memory.setControl(CONTROL_A, input.position);
    const rows = this.#kernel.splitLines(this.#source, input.used, input.final ? 1 : 0, input.partition);
    return { rows, consumed: this.#memory.i32(this.offsets + rows * 4) };
  }

  record(index: number): InputRecord {
    return {
      partition: this.#memory.i32(this.partitions + index * 4),
      position: this.#memory.i64(this.positions + index * 8),
      timestamp: this.#memory.i64(this.timestamps + index * 8),
      bytes: this.#slice(this.bytes, this.offsets + index * 4),
      key: this.wantsKeys ? this.#slice(this.keyBytes, this.keyOffsets + index * 4) : new Uint8Array(),
      envelope: this.wantsEnvelopes
        ? this.#slice(this.envelopeBytes, this.envelopeOffsets + index * 4)
        : new Uint8Array(),
    };
  }

  /** Makes this the region's only record, of partition 0. */
  layRecord({ position, timestamp, bytes, key, envelope }: InputRecord): void {
    this.reserve(Math.max(bytes.length, key.length, envelope.length), 1);
    const view = new DataView(this.buffer());
    view.setInt32(this.partitions, 0, true);
    view.setBigInt64(this.positions, position, true);
    view.setBigInt64(this.timestamps, timestamp, true);
    this.#lay(bytes, this.bytes, this.offsets);
    if (this.wantsKeys) this.#lay(key, this.keyBytes, this.keyOffsets);
    if (this.wantsEnvelopes) this.#lay(envelope, this.envelopeBytes, this.envelopeOffsets);
  }

  /** As the first cell of a Binary column. */
  #lay(cell: Uint8Array, base: number, offsets: number): void {
    new Uint8Array(this.buffer()).set(cell, base);
    const view = new DataView(this.buffer());
    view.setInt32(offsets, 0, true);
    view.setInt32(offsets + 4, cell.length, true);
  }

  #slice(base: number, offset: number): Uint8Array {
    const start = this.#memory.i32(offset);
    return this.#memory.copyOut(base + start, this.#memory.i32(offset + 4) - start);
  }

  #field(offset: number): number {
    return this.#memory.u32(this.#descriptor + offset);
  }
}
