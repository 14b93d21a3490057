/**
 * The sink that hands rows to the main thread: for views, `print` and bare SELECT. A full ring blocks the engine's thread,
 * so a reader that falls behind slows the job instead of filling memory. Watermarks follow the rows they cover, at most
 * every WATERMARK_EVERY_MS: people read them, nothing depends on each.
 */
import type { Clock, Sink } from "../connectors/connector.ts";
import type { Batch } from "../core/batch.ts";
import { encodeBatch } from "../core/batch-bytes.ts";
import type { RingWriter } from "../core/ring.ts";
import type { EpochMs } from "../core/type.ts";

const WATERMARK_EVERY_MS = 50;

/** Frame kinds: two a query, rows and watermark. */
const frameKind = (query: number, watermark: boolean): number => query * 2 + (watermark ? 1 : 0);

export function frameTarget(kind: number): { readonly query: number; readonly watermark: boolean } {
  return { query: kind >>> 1, watermark: (kind & 1) === 1 };
}

export function readWatermark(payload: Uint8Array): EpochMs {
  return new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0, true);
}

export class ForwardSink implements Sink {
  readonly #ring: RingWriter;
  readonly #query: number;
  readonly #clock: Clock;
  #pending: EpochMs | null = null;
  #sentAt = 0;

  constructor(input: { readonly ring: RingWriter; readonly query: number; readonly clock: Clock }) {
    this.#ring = input.ring;
    this.#query = input.query;
    this.#clock = input.clock;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  write(batch: Batch): void {
    this.#ring.write(frameKind(this.#query, false), encodeBatch(batch));
  }

  advance(watermark: EpochMs): void {
    this.#pending = watermark;
    if (this.#clock.now() - this.#sentAt >= WATERMARK_EVERY_MS) this.#sendWatermark();
  }

  flush(): Promise<void> {
    this.#sendWatermark();
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #sendWatermark(): void {
    if (this.#pending === null) return;
    const payload = new Uint8Array(8);
    new DataView(payload.buffer).setFloat64(0, this.#pending, true);
    this.#pending = null;
    this.#sentAt = this.#clock.now();
    this.#ring.write(frameKind(this.#query, true), payload);
  }
}
