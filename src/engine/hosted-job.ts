/**
 * A job as the main thread holds it: the engine's workers, the ring its results come through, and the last status they sent.
 * Ends when all workers say so and everything in the ring was taken.
 */

import type { Batch } from "../core/batch.ts";
import { decodeBatch } from "../core/batch-bytes.ts";
import { assert, EngineError } from "../core/error.ts";
import { createRing, RingReader } from "../core/ring.ts";
import type { EpochMs } from "../core/type.ts";
import type { Plan } from "../plan/plan.ts";
import { planToJson } from "../plan/plan-json.ts";
import { compileJob } from "./assemble-job.ts";
import { engineWorkerUrl } from "./assets.ts";
import { boardBytes, type ExchangeMemory } from "./exchange.ts";
import { frameTarget, readWatermark } from "./forward-sink.ts";
import { mergeStatus } from "./merge-status.ts";
import { type FromEngine, fromPlainError, type ToEngine } from "./messages.ts";
import type { QueryDigest } from "./result-digest.ts";
import type { JobStatus } from "./status.ts";

/** Bytes on their way from one worker to the first; it waits when they are not taken. */
const EXCHANGE_BYTES = 32 * 2 ** 20;
/** Bytes of results on their way; the engine waits when they are not taken. */
const RING_BYTES = 64 * 2 ** 20;

export interface HostedJobInput {
  readonly plan: Plan;
  readonly kernel: Uint8Array;
  /** At least 1. */
  readonly workers: number;
  /** Takes digests of the results (`HostedJob.digests`). */
  readonly recorded?: boolean;
  /** Rows of a query whose target the main thread serves. */
  readonly onRows: (query: number, batch: Batch) => void;
  /** The query's watermark moved; rows up to it were handed over before. */
  readonly onWatermark: (query: number, watermark: EpochMs) => void;
}

export class HostedJob {
  readonly done: Promise<"finished" | "stopped">;
  /** Threads that read and aggregate; the first one gives the results. */
  readonly #workers: readonly Worker[];
  readonly #reader: RingReader;
  readonly #statuses: (JobStatus | null)[];
  #failed = false;
  #digests: readonly QueryDigest[] = [];

  constructor(input: HostedJobInput) {
    const ring = createRing(RING_BYTES);
    this.#reader = new RingReader(ring, () => new Promise((resolve) => setImmediate(resolve)));
    this.#workers = Array.from({ length: input.workers }, () => new Worker(engineWorkerUrl()));
    this.#statuses = this.#workers.map(() => null);
    const rows = this.#takeRows(input);
    this.done = this.#ended().then(async (reason) => {
      await rows;
      this.#terminate();
      return reason;
    });
    // Whoever waits for `done` hears of a failure; until somebody does it is no unhandled rejection.
    this.done.catch(() => this.#reader.stop());
    const plan = planToJson(input.plan);
    const memory = input.workers === 1 ? null : exchangeMemory(input);
    this.#workers.forEach((worker, index) => {
      const workers = memory && { worker: index, memory };
      const { kernel, recorded = false } = input;
      post(worker, { kind: "start", plan, ring: index === 0 ? ring : null, kernel, workers, recorded });
    });
  }

  /** The last status the engine sent; null before the first. */
  get status(): JobStatus | null {
    const [first, ...others] = this.#statuses;
    if (first == null) return null;
    const merged = mergeStatus(
      first,
      others.filter((status) => status !== null),
    );
    return this.#failed ? { ...merged, phase: "failed" } : merged;
  }

  /** By query, once the job has ended. */
  get digests(): readonly QueryDigest[] {
    return this.#digests;
  }

  /** Asks for an end in good order; `done` settles when it is reached. */
  stop(): void {
    for (const worker of this.#workers) post(worker, { kind: "stop" });
  }

  #terminate(): void {
    for (const worker of this.#workers) worker.terminate();
  }

  /** When all workers have: the first failure of any is the job's. */
  async #ended(): Promise<"finished" | "stopped"> {
    const reasons = await Promise.all(this.#workers.map((worker, index) => this.#endOf(worker, index)));
    return reasons[0] ?? "finished";
  }

  #endOf(worker: Worker, index: number): Promise<"finished" | "stopped"> {
    return new Promise((resolve, reject) => {
      worker.onmessage = (event: MessageEvent<FromEngine>) => {
        const message = event.data;
        if (message.kind === "status") this.#statuses[index] = message.status;
        else if (message.kind === "ended") {
          this.#statuses[index] = message.status;
          if (index === 0) this.#digests = message.digests;
          resolve(message.reason);
        } else if (message.kind === "failed") {
          this.#failed = true;
          this.#terminate();
          reject(fromPlainError(message.error));
        }
      };
      worker.onerror = (event) => {
        this.#terminate();
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

function post(worker: Worker, message: ToEngine): void {
  worker.postMessage(message);
}

function exchangeMemory({ plan, workers }: HostedJobInput): ExchangeMemory {
  const { sources } = compileJob(plan);
  return {
    board: new SharedArrayBuffer(boardBytes(workers, sources.length)),
    rings: Array.from({ length: workers - 1 }, () => createRing(EXCHANGE_BYTES)),
  };
}
