/**
 * The little byte formats between the host and the C side: requests and answers of tasks, settings, events. Layouts are drawn
 * in native/task.c and native/millrace-kafka.h; all integers little-endian, as on every machine Bun runs on.
 */

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A text for C: UTF-8, NUL-terminated. The text holds no NUL: callers have checked. */
export function cString(text: string): Uint8Array {
  return encoder.encode(`${text}\0`);
}

/** Bytes up to the first NUL. */
export function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return decoder.decode(end < 0 ? bytes : bytes.subarray(0, end));
}

export class RequestWriter {
  #view = new DataView(new ArrayBuffer(256));
  #length = 0;

  int32(value: number): this {
    this.#room(4);
    this.#view.setInt32(this.#length, value, true);
    this.#length += 4;
    return this;
  }

  int64(value: bigint): this {
    this.#room(8);
    this.#view.setBigInt64(this.#length, value, true);
    this.#length += 8;
    return this;
  }

  text(text: string): this {
    const bytes = encoder.encode(text);
    this.int32(bytes.length);
    this.#room(bytes.length);
    new Uint8Array(this.#view.buffer).set(bytes, this.#length);
    this.#length += bytes.length;
    return this;
  }

  bytes(): Uint8Array {
    return new Uint8Array(this.#view.buffer, 0, this.#length);
  }

  #room(bytes: number): void {
    if (this.#length + bytes <= this.#view.byteLength) return;
    const grown = new Uint8Array((this.#length + bytes) * 2);
    grown.set(this.bytes());
    this.#view = new DataView(grown.buffer);
  }
}

export class AnswerReader {
  readonly #view: DataView;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#view.byteLength;
  }

  int32(): number {
    this.#at += 4;
    return this.#view.getInt32(this.#at - 4, true);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#view.getBigInt64(this.#at - 8, true);
  }

  text(): string {
    const length = this.int32();
    const bytes = new Uint8Array(this.#view.buffer, this.#view.byteOffset + this.#at, length);
    this.#at += length;
    return decoder.decode(bytes);
  }
}

/** MR_EVENT_* of native/millrace-kafka.h. */
const eventKinds = [
  null,
  "end",
  "finished",
  "partition-error",
  "client-error",
  "commit-error",
  "delivery-error",
] as const;

export const EVENT_BYTES = 512;

export interface KafkaEvent {
  readonly kind: Exclude<(typeof eventKinds)[number], null>;
  /** librdkafka's code and its name, such as `_TRANSPORT`. */
  readonly code: number;
  readonly name: string;
  /** Dense partition index, −1 when not about one of ours. */
  readonly index: number;
  readonly partition: number;
  readonly offset: bigint;
  readonly fatal: boolean;
  readonly text: string;
}

export function decodeEvent(bytes: Uint8Array): KafkaEvent | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, EVENT_BYTES);
  const kind = eventKinds[view.getInt32(0, true)] ?? null;
  if (kind === null) return null;
  return {
    kind,
    code: view.getInt32(4, true),
    name: textOf(bytes.subarray(32, 80)),
    index: view.getInt32(8, true),
    partition: view.getInt32(12, true),
    offset: view.getBigInt64(16, true),
    fatal: view.getInt32(24, true) !== 0,
    text: textOf(bytes.subarray(80, EVENT_BYTES)),
  };
}
