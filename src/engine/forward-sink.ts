/**
 * The sink that hands rows to the main thread: for views, `print` and bare SELECT. A full ring blocks the engine's thread,
 * so a reader that falls behind slows the job instead of filling memory.
 */
import type { Sink } from "../connectors/connector.ts";
import type { Batch } from "../core/batch.ts";
import { encodeBatch } from "../core/batch-bytes.ts";
import type { RingWriter } from "../core/ring.ts";

export class ForwardSink implements Sink {
  readonly #ring: RingWriter;
  readonly #query: number;

  constructor(ring: RingWriter, query: number) {
    this.#ring = ring;
    this.#query = query;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  write(batch: Batch): void {
    this.#ring.write(this.#query, encodeBatch(batch));
  }

  flush(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}
