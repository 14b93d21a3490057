/**
 * Writes rows to one topic: a batch a call, copied into librdkafka's queue, its fate counted from delivery reports. Room is
 * bounded in bytes: `send` resolves when less than the bound is under way. The first message that cannot be delivered fails
 * the next call; nothing is dropped in silence.
 */
import type { Pointer } from "bun:ffi";
import { ptr } from "bun:ffi";
import { assert } from "../../core/error.ts";
import { type ClientCounters, KafkaClient } from "./client.ts";
import { sinkSettings } from "./defaults.ts";
import type { KafkaSinkOptions } from "./options.ts";
import { refusalOf } from "./refusals.ts";
import { Cluster, missingTopic, serviceError, type TopicInfo } from "./topics.ts";
import { cString } from "./wire.ts";

/** Arrow Binary columns: row i is bytes[offsets[i], offsets[i + 1]). */
export interface ProduceRows {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
  readonly keyBytes?: Uint8Array | null;
  readonly keyOffsets?: Int32Array | null;
  /** A byte a row: 1 = null value (a tombstone), 2 = null key, 3 = both. */
  readonly nulls?: Uint8Array;
  /** Milliseconds, a record each; absent = the time of sending. */
  readonly timestamps?: BigInt64Array;
  /** One for all, or a row each; absent = the partitioner decides by the key, any partition without one. */
  readonly partition?: number | Int32Array;
}

export type ProducerOptions = Pick<KafkaSinkOptions, "topic" | "properties" | "guarantee"> & {
  /** For messages; null = no table writes here, a command does. */
  readonly table: string | null;
};

/** Keys and payloads under way, at most, before `send` waits. */
const MOST_OUTSTANDING_BYTES = 64 << 20;
const TURN_MS = 5;
const TOPIC_TRIES = 6;
const TOPIC_WAIT_MS = 250;
/** RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART, …_LEADER_NOT_AVAILABLE: what a topic just created answers. */
const UNKNOWN_TOPIC = 3;
const NO_LEADER = 5;

export class KafkaProducer {
  readonly #options: ProducerOptions;
  readonly #client: KafkaClient;
  readonly #request = new BigInt64Array(13);
  #topic: Pointer | null = null;
  #partitions = 0;

  private constructor(options: ProducerOptions) {
    this.#options = options;
    this.#client = new KafkaClient("producer", sinkSettings(options));
  }

  /** Throws EngineError: 74 for a topic that is not there, 75 where no broker answers. */
  static async open(options: ProducerOptions): Promise<KafkaProducer> {
    const producer = new KafkaProducer(options);
    try {
      const cluster = new Cluster(producer.#client, options.properties.bootstrapServers);
      producer.#partitions = (await findTopic(cluster, options)).partitions;
      const topic = producer.#client.library.mr_topic_open(producer.#client.pointer, cString(options.topic));
      assert(topic !== null, `librdkafka takes the topic "${options.topic}"`);
      producer.#topic = topic as Pointer;
      return producer;
    } catch (error) {
      await producer.close();
      throw error;
    }
  }

  get partitions(): number {
    return this.#partitions;
  }

  counters(): ClientCounters {
    return this.#client.counters();
  }

  /** The C handle, for calls of librdkafka's own API. */
  get handle(): Pointer {
    return this.#client.library.mr_client_handle(this.#client.pointer) as Pointer;
  }

  /** Queues the rows; their memory may be reused when it resolves. */
  async send(rows: ProduceRows): Promise<void> {
    for (let next = this.#enqueue(rows, 0); next < rows.rows; next = this.#enqueue(rows, next)) await this.#turn();
    while (this.#client.counters().outstandingBytes > MOST_OUTSTANDING_BYTES) await this.#turn();
    this.#checkDelivery();
  }

  /** Resolves when every row so far is acknowledged. */
  async flush(): Promise<void> {
    for (;;) {
      this.#client.poll(0);
      this.#checkDelivery();
      const { enqueued, delivered, failed } = this.#client.counters();
      if (delivered + failed >= enqueued) return;
      await this.#turn();
    }
  }

  async close(): Promise<void> {
    if (this.#client.isClosed) return;
    if (this.#topic !== null) this.#client.library.mr_topic_close(this.#topic);
    this.#topic = null;
    await this.#client.close();
  }

  async #turn(): Promise<void> {
    this.#client.poll(TURN_MS);
    this.#checkDelivery();
    await new Promise((resolve) => setImmediate(resolve));
  }

  #enqueue(rows: ProduceRows, start: number): number {
    const { bytes, offsets, keyBytes, keyOffsets, nulls, timestamps, partition } = rows;
    const each = typeof partition === "object" ? partition : undefined;
    assert(offsets.length > rows.rows, "a row has a start and an end");
    assert((keyOffsets?.length ?? Infinity) > rows.rows, "a key has a start and an end");
    for (const column of [nulls, timestamps, each]) assert((column?.length ?? Infinity) >= rows.rows, "a cell a row");
    this.#request.set([
      addressOf(bytes),
      BigInt(bytes.length),
      addressOf(offsets),
      BigInt(rows.rows),
      addressOf(keyBytes),
      BigInt(keyBytes?.length ?? 0),
      addressOf(keyOffsets),
      addressOf(nulls),
      addressOf(each),
      addressOf(timestamps),
      BigInt(typeof partition === "number" ? partition : -1),
      BigInt(this.#partitions),
      BigInt(start),
    ]);
    const { library, pointer } = this.#client;
    const next = Number(library.mr_produce(pointer, this.#topic, this.#request));
    assert(next >= start, `rows to produce lie within their columns, partitions within the topic (${next})`);
    return next;
  }

  /** With the guarantee `none` what is not delivered is only counted. */
  #checkDelivery(): void {
    for (const event of this.#client.events()) {
      const refusal = event.kind === "client-error" ? refusalOf(event.text) : null;
      if (refusal?.isLasting) {
        const message = `kafka at "${this.#options.properties.bootstrapServers}" ${refusal.what}`;
        throw serviceError(message, { hint: refusal.hint });
      }
      const isLoss = event.kind === "delivery-error" && this.#options.guarantee === "at-least-once";
      if (!isLoss && !event.fatal) continue;
      const where = `topic "${this.#options.topic}"${event.partition >= 0 ? ` partition ${event.partition}` : ""}`;
      throw serviceError(`a row was not delivered to ${where}: ${event.text} (${event.name})`, {
        hint: hintOf(event.name),
      });
    }
  }
}

function hintOf(name: string): string {
  if (name === "MSG_SIZE_TOO_LARGE")
    return "raise 'properties.message.max.bytes' and the topic's own max.message.bytes";
  if (name === "_MSG_TIMED_OUT") return "the broker did not take it in 'properties.delivery.timeout.ms'";
  return "see the broker's log";
}

function addressOf(column: NodeJS.TypedArray | null | undefined): bigint {
  if (column === null || column === undefined) return 0n;
  // A view of length 0 has no address; where a column has to be there, any will do.
  return BigInt(ptr(column.length === 0 ? empty : column));
}

const empty = new Uint8Array(8);

/** A broker that creates topics by itself takes a moment to. */
async function findTopic(cluster: Cluster, { table, topic }: ProducerOptions): Promise<TopicInfo> {
  for (let attempt = 1; ; attempt++) {
    const info = (await cluster.topics(topic)).find(({ name }) => name === topic);
    const error = info?.error ?? UNKNOWN_TOPIC;
    if (info !== undefined && error === 0 && info.partitions > 0) return info;
    const mayCome = error === UNKNOWN_TOPIC || error === NO_LEADER || error === 0;
    if (mayCome && attempt < TOPIC_TRIES) {
      await Bun.sleep(TOPIC_WAIT_MS);
      continue;
    }
    if (error === UNKNOWN_TOPIC) {
      const others = (await cluster.topics(null)).map(({ name }) => name).filter((name) => name !== topic);
      throw missingTopic({ table, topic, others });
    }
    const hint = "it may have no leader, or this client may not write it; see the broker's log";
    throw serviceError(`topic "${topic}" cannot be written now (kafka error ${error})`, { hint });
  }
}
