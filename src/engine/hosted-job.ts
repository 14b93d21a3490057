/**
 * A job as the main thread holds it: the engine's Worker, the ring its results come through, and the last status it sent.
 * Ends when the Worker says so and everything in the ring was taken.
 */

import type { Batch } from "../core/batch.ts";
import { decodeBatch } from "../core/batch-bytes.ts";
import { assert, EngineError } from "../core/error.ts";
import { createRing, RingReader } from "../core/ring.ts";
import type { EpochMs } from "../core/type.ts";
import type { Plan } from "../plan/plan.ts";
import { planToJson } from "../plan/plan-json.ts";
import { engineWorkerUrl } from "./assets.ts";
import { frameTarget, readWatermark } from "./forward-sink.ts";
import { type FromEngine, fromPlainError, type ToEngine } from "./messages.ts";
import type { JobStatus } from "./status.ts";

/** Bytes of results on their way; the engine waits when they are not taken. */
const RING_BYTES = 64 * 2 ** 20;

export interface HostedJobInput {
  readonly plan: Plan;
  readonly kernel: Uint8Array;
  /** Rows of a query whose target the main thread serves. */
  readonly onRows: (query: number, batch: Batch) => void;
  /** The query's watermark moved; rows up to it were handed over before. */
  readonly onWatermark: (query: number, watermark: EpochMs) => void;
}

export class HostedJob {
  readonly done: Promise<"finished" | "stopped">;
  readonly #worker: Worker;
  readonly #reader: RingReader;
  #status: JobStatus | null = null;

  constructor(input: HostedJobInput) {
    const ring = createRing(RING_BYTES);
    this.#reader = new RingReader(ring, () => new Promise((resolve) => setImmediate(resolve)));
    this.#worker = new Worker(engineWorkerUrl());
    const rows = this.#takeRows(input);
    this.done = this.#ended().then(async (reason) => {
      await rows;
      this.#worker.terminate();
      return reason;
    });
    // Whoever waits for `done` hears of a failure; until somebody does it is no unhandled rejection.
    this.done.catch(() => this.#reader.stop());
    this.#post({ kind: "start", plan: planToJson(input.plan), ring, kernel: input.kernel });
  }

  /** The last status the engine sent; null before the first. */
  get status(): JobStatus | null {
    return this.#status;
  }

  /** Asks for an end in good order; `done` settles when it is reached. */
  stop(): void {
    this.#post({ kind: "stop" });
  }

  #post(message: ToEngine): void {
    this.#worker.postMessage(message);
  }

  #ended(): Promise<"finished" | "stopped"> {
    return new Promise((resolve, reject) => {
      this.#worker.onmessage = (event: MessageEvent<FromEngine>) => {
        const message = event.data;
        if (message.kind === "status") this.#status = message.status;
        else if (message.kind === "ended") {
          this.#status = message.status;
          resolve(message.reason);
        } else if (message.kind === "failed") {
          if (this.#status !== null) this.#status = { ...this.#status, phase: "failed" };
          this.#worker.terminate();
          reject(fromPlainError(message.error));
        }
      };
      this.#worker.onerror = (event) => {
        reject(new EngineError(`the engine's thread ended: ${event.message}`, { domain: "internal", code: "BUG" }));
      };
    });
  }

  async #takeRows({ plan, onRows, onWatermark }: HostedJobInput): Promise<void> {
    for (let frame = await this.#reader.read(); frame !== null; frame = await this.#reader.read()) {
      const { query, watermark } = frameTarget(frame.kind);
      const schema = plan.queries[query]?.root.schema;
      assert(schema !== undefined, `frame of query ${query}`);
      if (watermark) onWatermark(query, readWatermark(frame.payload));
      else onRows(query, decodeBatch(frame.payload, schema));
    }
  }
}
