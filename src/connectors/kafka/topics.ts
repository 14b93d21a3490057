/**
 * What the cluster has: topics with their partition counts, offsets of partitions. Asked through tasks; a broker that does not
 * answer becomes an EngineError (75) within a bounded time, naming the brokers and the last that was heard of them.
 */
import { EngineError, ExitCode } from "../../core/error.ts";
import { nearestName } from "../../core/nearest.ts";
import { certificateRefusal } from "./certificate.ts";
import { type KafkaClient, type Task, TaskKind, type TaskOutcome } from "./client.ts";
import { closedWithoutAWord, type Refusal, refusalOf, UNTRUSTED, wasCutOff } from "./refusals.ts";
import { type AnswerReader, type KafkaEvent, RequestWriter } from "./wire.ts";

export interface TopicInfo {
  readonly name: string;
  readonly partitions: number;
  /** librdkafka's code; 0 = the topic is there. */
  readonly error: number;
}

export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Where to look: what a ListOffsets request takes. A number of ms means the first record of that time or later. */
export const OffsetSpec = { earliest: -2n, latest: -1n } as const;

export interface OffsetAnswer {
  /** −1 (timestamp asked) when no record is that late; −1001 when nothing was committed. */
  readonly offset: bigint;
  readonly error: number;
}

/** First try, then once more with the rest: 10 s in all. A connection that is refused ends it after the first. */
const ATTEMPTS_MS = [3000, 7000];
const REQUEST_MS = 10_000;

/** A leader that is being chosen or has just moved, a coordinator that loads: soon it is known again. */
const moving = new Set([3, 5, 6, 14, 15, 16, 74, 75, 76, -156, -188, -190]);
const OFFSET_TRIES = 20;
const OFFSET_WAIT_MS = 250;

export class Cluster {
  readonly #client: KafkaClient;
  readonly #servers: string;
  readonly #heard: KafkaEvent[] = [];
  #lastError: KafkaEvent | null = null;
  #allDown = false;

  constructor(client: KafkaClient, servers: string) {
    this.#client = client;
    this.#servers = servers;
  }

  /** Events that came while the cluster was asked, for whoever looks after the client. */
  takeEvents(): KafkaEvent[] {
    return this.#heard.splice(0);
  }

  /** One topic, or all of them (null). A topic that is not there is in the answer, with its error. */
  async topics(name: string | null): Promise<readonly TopicInfo[]> {
    const input = new RequestWriter().text(name ?? "").bytes();
    let failure = "";
    for (const timeoutMs of ATTEMPTS_MS) {
      const outcome = await this.#ask({ kind: TaskKind.metadata, input, timeoutMs });
      if ("answer" in outcome) return readTopics(outcome.answer);
      failure = outcome.failure.text || outcome.failure.name;
      if (this.#allDown || isAuthentication(this.#lastError)) break;
    }
    throw await this.#unreachable(failure);
  }

  /** Asks for ids of topics: one that was deleted and made anew has another. Read it with `readTopicIds`. */
  startTopicIds(names: readonly string[]): Task {
    const request = new RequestWriter();
    for (const name of names.slice(0, MOST_IDS)) request.text(name);
    return this.#client.startTask({ kind: TaskKind.topicIds, input: request.bytes(), timeoutMs: REQUEST_MS });
  }

  /** Starts a look at the topics that does not wait; read it with `topicsOf`. */
  startTopics(name: string | null): Task {
    const input = new RequestWriter().text(name ?? "").bytes();
    return this.#client.startTask({ kind: TaskKind.metadata, input, timeoutMs: REQUEST_MS });
  }

  /** `offset` of each is an OffsetSpec or milliseconds; `stable` stops at the first open transaction. In the order asked. */
  async listOffsets(asked: readonly (TopicPartition & { offset: bigint })[], stable: boolean): Promise<OffsetAnswer[]> {
    if (asked.length === 0) return [];
    const request = new RequestWriter().int32(stable ? 1 : 0);
    for (const { topic, partition, offset } of asked) request.int32(partition).int64(offset).text(topic);
    return this.#offsets(TaskKind.listOffsets, request.bytes(), asked);
  }

  /** Offsets committed under the client's group. */
  async committed(asked: readonly TopicPartition[]): Promise<OffsetAnswer[]> {
    if (asked.length === 0) return [];
    const request = new RequestWriter();
    for (const { topic, partition } of asked) request.int32(partition).int64(0n).text(topic);
    return this.#offsets(TaskKind.committed, request.bytes(), asked);
  }

  async #offsets(kind: TaskKind, input: Uint8Array, asked: readonly TopicPartition[]): Promise<OffsetAnswer[]> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await this.#ask({ kind, input, timeoutMs: REQUEST_MS });
      const answers =
        "failure" in outcome
          ? []
          : asked.map(() => ({ offset: outcome.answer.int64(), error: outcome.answer.int32() }));
      const refused = answers.findIndex(({ error }) => error !== 0);
      if ("answer" in outcome && refused < 0) return answers;
      const error = "failure" in outcome ? outcome.failure.code : (answers[refused]?.error ?? 0);
      if (attempt < OFFSET_TRIES && moving.has(error)) {
        await Bun.sleep(OFFSET_WAIT_MS);
        await this.topics(null); // librdkafka answers from what it knows, until it knows better
        continue;
      }
      if ("failure" in outcome) throw await this.#unreachable(outcome.failure.text || outcome.failure.name);
      const at = asked[refused] as TopicPartition;
      throw serviceError(`no offset of "${at.topic}[${at.partition}]" (kafka error ${error})`, {
        hint: "the partition may have no leader; see the broker's log",
      });
    }
  }

  async #ask(request: { kind: TaskKind; input: Uint8Array; timeoutMs: number }): Promise<TaskOutcome> {
    this.#allDown = false;
    const outcome = await this.#client.runTask(request);
    for (const event of this.#client.events()) {
      this.#heard.push(event);
      if (event.name === "_ALL_BROKERS_DOWN") this.#allDown = true;
      else if (event.kind === "client-error") this.#lastError = event;
    }
    return outcome;
  }

  async #unreachable(failure: string): Promise<EngineError> {
    const heard = this.#lastError?.text ?? failure;
    // A connection that nobody takes is told by an event; one that is taken and ended only where it was being written to.
    const wasEnded = this.#lastError === null ? this.#allDown : wasCutOff(this.#lastError.text);
    const refusal = wasEnded ? closedWithoutAWord(this.#client.protocol) : await this.#refusal(heard);
    if (refusal !== null) return serviceError(`kafka at "${this.#servers}" ${refusal.what}`, { hint: refusal.hint });
    if (isAuthentication(this.#lastError)) {
      const hint = "see 'properties.security.protocol', 'properties.sasl.*' and 'properties.ssl.*'";
      return serviceError(`kafka at "${this.#servers}" refuses the connection: ${heard}`, { hint });
    }
    const hint = "is the broker running, and does 'properties.bootstrap.servers' name it?";
    return serviceError(`no answer from kafka at "${this.#servers}": ${heard}`, { hint });
  }

  async #refusal(heard: string): Promise<Refusal | null> {
    const refusal = refusalOf(heard);
    if (!heard.includes(UNTRUSTED)) return refusal;
    return (await certificateRefusal(heard, this.#client.trust)) ?? refusal;
  }
}

export function serviceError(message: string, more: { hint: string; cause?: unknown }): EngineError {
  return new EngineError(message, {
    domain: "external",
    code: "KAFKA",
    exitCode: ExitCode.service,
    retryable: true,
    ...more,
  });
}

/** A topic that a table, or a command (null), names and the cluster has not (exit code 74). */
export function missingTopic(input: { table: string | null; topic: string; others: readonly string[] }): EngineError {
  const near = nearestName(input.topic, input.others);
  const known = input.others.filter((name) => !name.startsWith("__")).sort();
  const list = known.length === 0 ? "the cluster has no topics" : `there are: ${known.slice(0, 10).join(", ")}`;
  const hint = near === null ? list : `did you mean "${near}"?`;
  const message = `there is no topic "${input.topic}"`;
  return new EngineError(input.table === null ? message : `table "${input.table}": ${message}`, {
    domain: "user",
    code: "KAFKA-TOPIC",
    exitCode: ExitCode.configuration,
    hint: input.table === null ? `--create-topic makes it; ${hint}` : hint,
  });
}

/** Topic → id. */
export type TopicIds = ReadonlyMap<string, string>;

/** Of more topics the rest is not looked at. */
const MOST_IDS = 1000;

/** Empty after a failure and where brokers give none. */
export function readTopicIds(outcome: TaskOutcome): TopicIds {
  if ("failure" in outcome) return new Map();
  const ids = new Map<string, string>();
  while (!outcome.answer.isAtEnd) {
    const error = outcome.answer.int32();
    const name = outcome.answer.text();
    const id = outcome.answer.text();
    if (error === 0 && id !== "") ids.set(name, id);
  }
  return ids;
}

export function readTopics(answer: AnswerReader): TopicInfo[] {
  const topics: TopicInfo[] = [];
  answer.int32();
  while (!answer.isAtEnd) {
    const error = answer.int32();
    const partitions = answer.int32();
    topics.push({ name: answer.text(), partitions, error });
  }
  return topics;
}

function isAuthentication(event: KafkaEvent | null): boolean {
  return event !== null && (event.name === "_AUTHENTICATION" || event.name === "_SSL");
}
