/**
 * A librdkafka client: made from checked settings, asked for things by tasks (calls that wait, on threads of the library),
 * read through events. Owns the C object: it is freed once, by `close`, when no task is running.
 */
import type { Pointer } from "bun:ffi";
import { assert, EngineError, ExitCode } from "../../core/error.ts";
import type { Trust } from "./certificate.ts";
import { type KafkaLibrary, kafkaLibrary } from "./library.ts";
import type { KafkaSettings } from "./properties.ts";
import { settingsHint } from "./refusals.ts";
import { AnswerReader, cString, decodeEvent, EVENT_BYTES, type KafkaEvent, textOf } from "./wire.ts";

/** TASK_* of native/task.c. */
export const TaskKind = {
  metadata: 1,
  listOffsets: 2,
  committed: 3,
  createTopic: 4,
  deleteTopic: 5,
  createPartitions: 6,
  deleteRecords: 7,
  close: 8,
  topicIds: 9,
} as const;
export type TaskKind = (typeof TaskKind)[keyof typeof TaskKind];

export interface TaskRequest {
  readonly kind: TaskKind;
  readonly input?: Uint8Array;
  readonly timeoutMs: number;
}

export interface TaskFailure {
  readonly code: number;
  /** `_TRANSPORT`, `UNKNOWN_TOPIC_OR_PART`, … */
  readonly name: string;
  readonly text: string;
}

export type TaskOutcome = { readonly answer: AnswerReader } | { readonly failure: TaskFailure };

/** Sums since the client was made. */
export interface ClientCounters {
  readonly enqueued: number;
  readonly delivered: number;
  readonly failed: number;
  /** Bytes of keys and payloads whose delivery is not known yet. */
  readonly outstandingBytes: number;
  readonly pendingCommits: number;
  readonly logLines: number;
  readonly statsReports: number;
  readonly eventsLost: number;
  readonly strayMessages: number;
  /** Messages taken from librdkafka that wait for room. */
  readonly held: number;
}

const ERROR_BYTES = 512;
const CLOSE_WAIT_MS = 3000;
const POINTER_FREE = 0 as unknown as Pointer;

/** A task under way. Ask `outcome()` now and then; it frees the task when done. */
export class Task {
  readonly #library: KafkaLibrary;
  #pointer: Pointer;

  constructor(library: KafkaLibrary, pointer: Pointer) {
    this.#library = library;
    this.#pointer = pointer;
  }

  /** Null while it runs. Once it has answered, the task is gone. */
  outcome(): TaskOutcome | null {
    assert(this.#pointer !== POINTER_FREE, "a task is asked once it has answered");
    if (this.#library.mr_task_done(this.#pointer) === 0) return null;
    const outcome = this.#read();
    this.#library.mr_task_free(this.#pointer);
    this.#pointer = POINTER_FREE;
    return outcome;
  }

  #read(): TaskOutcome {
    const task = this.#pointer;
    const code = this.#library.mr_task_error(task);
    if (code !== 0) {
      const name = this.#library.mr_task_error_name(task) ?? "";
      return { failure: { code, name, text: this.#library.mr_task_text(task) ?? "" } };
    }
    // One byte more: a view of length 0 has no address.
    const length = Number(this.#library.mr_task_result_length(task));
    const bytes = new Uint8Array(length + 1);
    this.#library.mr_task_result(task, bytes, length);
    return { answer: new AnswerReader(bytes.subarray(0, length)) };
  }
}

export class KafkaClient {
  readonly library: KafkaLibrary;
  /** `plaintext`, `ssl`, `sasl_plaintext` or `sasl_ssl`. */
  readonly protocol: string;
  readonly trust: Trust;
  readonly #isConsumer: boolean;
  readonly #event = new Uint8Array(EVENT_BYTES);
  readonly #counters = new BigInt64Array(10);
  #pointer: Pointer;
  #tasks = 0;

  /** Throws EngineError (74) where librdkafka refuses a setting. */
  constructor(kind: "producer" | "consumer", settings: KafkaSettings) {
    this.library = kafkaLibrary();
    const { values } = settings;
    this.protocol = values.get("security.protocol") ?? "plaintext";
    this.trust = { pem: values.get("ssl.ca.pem") ?? null, location: values.get("ssl.ca.location") ?? null };
    this.#isConsumer = kind === "consumer";
    const pairs = cString([...settings.values].flat().join("\0"));
    const error = new Uint8Array(ERROR_BYTES);
    const pointer = this.library.mr_client_new(this.#isConsumer ? 1 : 0, pairs, pairs.length, error, ERROR_BYTES - 1);
    if (pointer === null) throw refusedSettings(textOf(error), settings);
    this.#pointer = pointer as Pointer;
  }

  get pointer(): Pointer {
    assert(this.#pointer !== POINTER_FREE, "a closed Kafka client is not used");
    return this.#pointer;
  }

  get isClosed(): boolean {
    return this.#pointer === POINTER_FREE;
  }

  /** Runs callbacks; blocks for at most `waitMs`. */
  poll(waitMs: number): void {
    this.library.mr_poll(this.pointer, waitMs);
  }

  events(): KafkaEvent[] {
    const events: KafkaEvent[] = [];
    while (this.library.mr_event_take(this.pointer, this.#event, EVENT_BYTES) === 1) {
      const event = decodeEvent(this.#event);
      if (event !== null) events.push(event);
    }
    return events;
  }

  counters(): ClientCounters {
    this.library.mr_counters(this.pointer, this.#counters, this.#counters.length);
    const at = (index: number) => Number(this.#counters[index] ?? 0n);
    return {
      enqueued: at(0),
      delivered: at(1),
      failed: at(2),
      outstandingBytes: at(3),
      pendingCommits: at(4),
      logLines: at(5),
      statsReports: at(6),
      eventsLost: at(7),
      strayMessages: at(8),
      held: at(9),
    };
  }

  startTask(request: TaskRequest): Task {
    const input = request.input ?? new Uint8Array(1);
    const length = request.input === undefined ? 0 : input.length;
    const pointer = this.library.mr_task_start(this.pointer, request.kind, input, length, request.timeoutMs);
    assert(pointer !== null, "a thread for a Kafka request starts");
    return new Task(this.library, pointer as Pointer);
  }

  /** Resolves when the task is done; callbacks run meanwhile. `stop` ends the wait for nobody's sake but the caller's. */
  async runTask(request: TaskRequest): Promise<TaskOutcome> {
    const task = this.startTask(request);
    this.#tasks++;
    try {
      for (let waitMs = 1; ; waitMs = Math.min(waitMs * 2, 20)) {
        if (!this.isClosed) this.poll(0);
        const outcome = task.outcome();
        if (outcome !== null) return outcome;
        await Bun.sleep(waitMs);
      }
    } finally {
      this.#tasks--;
    }
  }

  /** Frees everything. What is not delivered or committed by now is dropped. May be called again. */
  async close(): Promise<void> {
    if (this.isClosed) return;
    while (this.#tasks > 0) await Bun.sleep(5);
    const task = this.startTask({ kind: TaskKind.close, timeoutMs: 0 });
    this.#pointer = POINTER_FREE;
    // Threads of librdkafka that do not end in time are left to the end of the process.
    for (let waitedMs = 0; waitedMs < CLOSE_WAIT_MS && task.outcome() === null; waitedMs += 2) await Bun.sleep(2);
  }
}

function refusedSettings(message: string, settings: KafkaSettings): EngineError {
  const safe = settings.secrets.reduce(
    (text, secret) => (secret === "" ? text : text.replaceAll(secret, "…")),
    message,
  );
  return new EngineError(`kafka settings are refused: ${safe}`, {
    domain: "user",
    code: "KAFKA-SETTINGS",
    exitCode: ExitCode.configuration,
    hint: settingsHint(message),
  });
}
