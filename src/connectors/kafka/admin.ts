/** Topics and offsets of a cluster: what tests and demonstrations prepare and look at. Needs no table. */
import { EngineError, ExitCode } from "../../core/error.ts";
import { KafkaClient, TaskKind } from "./client.ts";
import { propertyPrefix, readProperties, type TableProperties } from "./properties.ts";
import { Cluster, OffsetSpec, serviceError, type TopicInfo } from "./topics.ts";
import { RequestWriter } from "./wire.ts";

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Of the topic: `cleanup.policy`, `max.message.bytes`, … */
  readonly settings?: Readonly<Record<string, string>>;
}

const REQUEST_MS = 15_000;
/** As many replicas as the brokers' default.replication.factor says. */
const BROKER_DEFAULT = -1;

export class KafkaAdmin {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;

  /** With brokers alone, or with all that a secured cluster asks for. */
  constructor(cluster: string | TableProperties) {
    const properties = typeof cluster === "string" ? plainProperties(cluster) : cluster;
    this.#client = new KafkaClient("producer", properties);
    this.#cluster = new Cluster(this.#client, properties.bootstrapServers);
  }

  topics(): Promise<readonly TopicInfo[]> {
    return this.#cluster.topics(null);
  }

  /** One replica a partition. */
  createTopic(topic: NewTopic): Promise<void> {
    return this.#run(TaskKind.createTopic, newTopic(topic, 1), `topic "${topic.name}" was not created`);
  }

  /** Leaves a topic that is there as it is. Replicas as the brokers' default says. */
  async ensureTopic(topic: NewTopic): Promise<void> {
    // A cluster that does not answer is told soon, by the request that all others begin with.
    const topics = await this.topics();
    if (topics.some(({ name, error }) => name === topic.name && error === 0)) return;
    const what = `topic "${topic.name}" was not created`;
    await this.#run(TaskKind.createTopic, newTopic(topic, BROKER_DEFAULT), what, "TOPIC_ALREADY_EXISTS");
  }

  deleteTopic(name: string): Promise<void> {
    return this.#run(TaskKind.deleteTopic, new RequestWriter().text(name), `topic "${name}" was not deleted`);
  }

  /** `total` counts those there are. */
  addPartitions(name: string, total: number): Promise<void> {
    const request = new RequestWriter().text(name).int32(total);
    return this.#run(TaskKind.createPartitions, request, `topic "${name}" got no new partitions`);
  }

  /** Everything before `offset` is gone afterwards. */
  deleteRecords({ topic, partition, offset }: { topic: string; partition: number; offset: bigint }): Promise<void> {
    const request = new RequestWriter().int32(partition).int64(offset).text(topic);
    return this.#run(TaskKind.deleteRecords, request, `records of "${topic}[${partition}]" were not deleted`);
  }

  /** First offset and next offset, a partition each. */
  async offsets(topic: string, partitions: number): Promise<{ low: bigint; end: bigint }[]> {
    const ask = (offset: bigint) =>
      this.#cluster.listOffsets(
        Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset })),
        false,
      );
    const low = await ask(OffsetSpec.earliest);
    const end = await ask(OffsetSpec.latest);
    return low.map(({ offset }, partition) => ({ low: offset, end: end[partition]?.offset ?? 0n }));
  }

  close(): Promise<void> {
    return this.#client.close();
  }

  async #run(kind: TaskKind, request: RequestWriter, what: string, fine = ""): Promise<void> {
    const outcome = await this.#client.runTask({ kind, input: request.bytes(), timeoutMs: REQUEST_MS });
    if ("answer" in outcome) return;
    const { name, text } = outcome.failure;
    if (name === fine) return;
    if (name === "_TIMED_OUT" || name === "_TRANSPORT")
      throw serviceError(`${what}: ${text}`, { hint: "is the broker up?" });
    const hint = "see the broker's log";
    throw new EngineError(`${what}: ${text} (${name})`, {
      domain: "external",
      code: "KAFKA-ADMIN",
      exitCode: ExitCode.service,
      hint,
    });
  }
}

function plainProperties(bootstrapServers: string): TableProperties {
  const options = { [`${propertyPrefix}bootstrap.servers`]: bootstrapServers };
  return readProperties({ table: "admin", options }, "producer");
}

function newTopic({ name, partitions, settings = {} }: NewTopic, replicas: number): RequestWriter {
  const request = new RequestWriter().text(name).int32(partitions).int32(replicas);
  for (const [key, value] of Object.entries(settings)) request.text(key).text(value);
  return request;
}
