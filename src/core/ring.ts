/**
 * A bounded single-producer, single-consumer ring of frames in shared memory: the one way results leave the engine's
 * thread. The producer waits while the ring is full, so memory between the threads never exceeds the ring; the consumer
 * sleeps in Atomics.waitAsync and its event loop stays free. A frame larger than a part travels in several parts and is
 * put together again, so no frame is refused for its size and none is lost.
 *
 * Control words (int32): 0 head (bytes written), 1 tail (bytes read), both modulo 2^32; 2 data signal, 3 space signal:
 * counted up before every notify, so that a wait that begins too late returns at once; 4 stopped by the consumer;
 * 5 closed by the producer. A part is a 16-byte header (u32 part bytes, u32 kind, u32 frame bytes, u32 position in the
 * frame) and its bytes, padded to 16: a header never wraps around.
 */
import { assert } from "./error.ts";

export interface Frame {
  readonly kind: number;
  /** Fresh bytes, starting on a multiple of 8; the receiver owns them. */
  readonly payload: Uint8Array;
}

const HEAD = 0;
const TAIL = 1;
const DATA = 2;
const SPACE = 3;
const STOPPED = 4;
const CLOSED = 5;
const CONTROL_BYTES = 64;
const PART_HEADER_BYTES = 16;
const MAX_FRAME_BYTES = 0x7fffffff;
const MIN_CAPACITY = 1024;
/** Frames and bytes a reader takes before it lets timers and sockets of its thread have their turn. */
const BURST_FRAMES = 32;
const BURST_BYTES = 1 << 20;

/** Shared memory for a ring; `capacityBytes` is a power of two ≥ 1024. */
export function createRing(capacityBytes: number): SharedArrayBuffer {
  checkCapacity(capacityBytes);
  return new SharedArrayBuffer(CONTROL_BYTES + capacityBytes);
}

function checkCapacity(capacity: number): void {
  assert(
    capacity >= MIN_CAPACITY && capacity <= 2 ** 30 && (capacity & (capacity - 1)) === 0,
    `a ring of ${capacity} bytes has a power of two from ${MIN_CAPACITY} to 2^30`,
  );
}

interface RingMemory {
  readonly control: Int32Array;
  readonly data: Uint8Array;
  readonly words: DataView;
  readonly capacity: number;
}

function openMemory(buffer: SharedArrayBuffer): RingMemory {
  const capacity = buffer.byteLength - CONTROL_BYTES;
  checkCapacity(capacity);
  return {
    control: new Int32Array(buffer, 0, CONTROL_BYTES / 4),
    data: new Uint8Array(buffer, CONTROL_BYTES, capacity),
    words: new DataView(buffer, CONTROL_BYTES, capacity),
    capacity,
  };
}

function usedBytes(memory: RingMemory): number {
  return (Atomics.load(memory.control, HEAD) - Atomics.load(memory.control, TAIL)) >>> 0;
}

function signal(memory: RingMemory, word: typeof DATA | typeof SPACE): void {
  Atomics.add(memory.control, word, 1);
  Atomics.notify(memory.control, word);
}

/** The producer's end. One thread only. */
export class RingWriter {
  readonly #memory: RingMemory;
  readonly #partBytes: number;

  constructor(buffer: SharedArrayBuffer) {
    this.#memory = openMemory(buffer);
    this.#partBytes = this.#memory.capacity / 4;
  }

  /** True once the consumer wants nothing more: frames written from then on are dropped by its own wish. */
  get stopped(): boolean {
    return Atomics.load(this.#memory.control, STOPPED) !== 0;
  }

  /** Writes the whole frame or nothing. False when there is no room for it now, or never (larger than a part). */
  tryWrite(kind: number, payload: Uint8Array): boolean {
    const length = payload.length;
    if (length > this.#partBytes || this.stopped || !this.#hasRoom(length)) return false;
    this.#put(kind, payload, { start: 0, length });
    return true;
  }

  /** Writes the frame, blocking this thread while the ring is full. False when the consumer stopped instead. */
  write(kind: number, payload: Uint8Array): boolean {
    assert(payload.length <= MAX_FRAME_BYTES, `a frame of ${payload.length} bytes is cut before it is written`);
    let start = 0;
    do {
      const length = Math.min(this.#partBytes, payload.length - start);
      if (!this.#waitForRoom(length)) return false;
      this.#put(kind, payload, { start, length });
      start += length;
    } while (start < payload.length);
    return true;
  }

  /** No frame follows: the reader gets null once it has read them all. */
  close(): void {
    Atomics.store(this.#memory.control, CLOSED, 1);
    signal(this.#memory, DATA);
  }

  #hasRoom(length: number): boolean {
    return this.#memory.capacity - usedBytes(this.#memory) >= partSize(length);
  }

  #waitForRoom(length: number): boolean {
    const { control } = this.#memory;
    for (;;) {
      const seen = Atomics.load(control, SPACE);
      if (this.stopped) return false;
      if (this.#hasRoom(length)) return true;
      Atomics.wait(control, SPACE, seen);
    }
  }

  #put(kind: number, payload: Uint8Array, part: { start: number; length: number }): void {
    const { control, data, words, capacity } = this.#memory;
    const head = Atomics.load(control, HEAD);
    const at = (head >>> 0) % capacity;
    words.setUint32(at, part.length, true);
    words.setUint32(at + 4, kind, true);
    words.setUint32(at + 8, payload.length, true);
    words.setUint32(at + 12, part.start, true);
    const body = (at + PART_HEADER_BYTES) % capacity;
    const first = Math.min(part.length, capacity - body);
    data.set(payload.subarray(part.start, part.start + first), body);
    if (first < part.length) data.set(payload.subarray(part.start + first, part.start + part.length), 0);
    Atomics.store(control, HEAD, (head + partSize(part.length)) | 0);
    signal(this.#memory, DATA);
  }
}

/** The consumer's end. One thread only, one `read` at a time. */
export class RingReader {
  readonly #memory: RingMemory;
  /** A frame whose parts are still arriving. */
  #partial: { kind: number; payload: Uint8Array; filled: number } | null = null;
  readonly #turn: (() => Promise<void>) | null;
  #burstFrames = 0;
  #burstBytes = 0;

  /**
   * `turn` lets the thread's event loop run once (setImmediate); `read` awaits it every so often. Without it, a ring that
   * is never empty keeps timers and sockets of the thread waiting.
   */
  constructor(buffer: SharedArrayBuffer, turn: (() => Promise<void>) | null = null) {
    this.#turn = turn;
    this.#memory = openMemory(buffer);
  }

  /** Bytes waiting in the ring, headers and padding included. */
  get usedBytes(): number {
    return usedBytes(this.#memory);
  }

  /** The producer closed and everything was read. */
  get drained(): boolean {
    return Atomics.load(this.#memory.control, CLOSED) !== 0 && usedBytes(this.#memory) === 0;
  }

  /** The next whole frame, or null when none is there now. */
  tryRead(): Frame | null {
    while (usedBytes(this.#memory) > 0) {
      const frame = this.#takePart();
      if (frame !== null) return frame;
    }
    return null;
  }

  /** The next frame; null once the producer closed and everything was read, or after `stop`. */
  async read(): Promise<Frame | null> {
    const { control } = this.#memory;
    for (;;) {
      const seen = Atomics.load(control, DATA);
      const closed = Atomics.load(control, CLOSED) !== 0;
      if (Atomics.load(control, STOPPED) !== 0) return null;
      const frame = this.tryRead();
      if (frame !== null) {
        await this.#pace(frame);
        return frame;
      }
      if (closed) return null;
      this.#burstFrames = 0;
      this.#burstBytes = 0;
      const wait = Atomics.waitAsync(control, DATA, seen);
      if (wait.async) await wait.value;
    }
  }

  /** Wants no more: wakes a blocked producer, whose writes fail from now on. What is in the ring is dropped. */
  stop(): void {
    Atomics.store(this.#memory.control, STOPPED, 1);
    signal(this.#memory, SPACE);
    signal(this.#memory, DATA);
  }

  async #pace(frame: Frame): Promise<void> {
    this.#burstFrames++;
    this.#burstBytes += frame.payload.length;
    if (this.#burstFrames < BURST_FRAMES && this.#burstBytes < BURST_BYTES) return;
    this.#burstFrames = 0;
    this.#burstBytes = 0;
    await this.#turn?.();
  }

  #takePart(): Frame | null {
    const { control, data, words, capacity } = this.#memory;
    const tail = Atomics.load(control, TAIL);
    const at = (tail >>> 0) % capacity;
    const length = words.getUint32(at, true);
    const kind = words.getUint32(at + 4, true);
    const frameBytes = words.getUint32(at + 8, true);
    const start = words.getUint32(at + 12, true);
    assert(partSize(length) <= usedBytes(this.#memory), "a part of the ring is whole");
    const frame = this.#frameFor(kind, frameBytes, start);
    assert(length <= frameBytes - start, "a part of the ring ends inside its frame");
    const body = (at + PART_HEADER_BYTES) % capacity;
    const first = Math.min(length, capacity - body);
    frame.payload.set(data.subarray(body, body + first), start);
    if (first < length) frame.payload.set(data.subarray(0, length - first), start + first);
    frame.filled = start + length;
    Atomics.store(control, TAIL, (tail + partSize(length)) | 0);
    signal(this.#memory, SPACE);
    if (frame.filled < frameBytes) return null;
    this.#partial = null;
    return { kind, payload: frame.payload };
  }

  #frameFor(kind: number, frameBytes: number, start: number): { kind: number; payload: Uint8Array; filled: number } {
    if (start === 0) {
      assert(this.#partial === null, "a frame of the ring begins after the one before it ended");
      this.#partial = { kind, payload: new Uint8Array(frameBytes), filled: 0 };
    }
    const frame = this.#partial;
    assert(
      frame !== null && frame.kind === kind && frame.payload.length === frameBytes && frame.filled === start,
      "the parts of a frame follow each other",
    );
    return frame;
  }
}

function partSize(length: number): number {
  return PART_HEADER_BYTES + Math.ceil(length / PART_HEADER_BYTES) * PART_HEADER_BYTES;
}
