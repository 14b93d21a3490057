/** Topics and offsets of a cluster: what tests and demonstrations prepare and look at. Needs no table. */
import { EngineError, ExitCode } from "../../core/error.ts";
import { KafkaClient, TaskKind } from "./client.ts";
import { propertyPrefix, readProperties } from "./properties.ts";
import { Cluster, OffsetSpec, serviceError, type TopicInfo } from "./topics.ts";
import { RequestWriter } from "./wire.ts";

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** Of the topic: `cleanup.policy`, `max.message.bytes`, … */
  readonly settings?: Readonly<Record<string, string>>;
}

const REQUEST_MS = 15_000;

export class KafkaAdmin {
  readonly #client: KafkaClient;
  readonly #cluster: Cluster;

  constructor(bootstrapServers: string) {
    const options = { [`${propertyPrefix}bootstrap.servers`]: bootstrapServers };
    this.#client = new KafkaClient("producer", readProperties({ table: "admin", options }, "producer"));
    this.#cluster = new Cluster(this.#client, bootstrapServers);
  }

  topics(): Promise<readonly TopicInfo[]> {
    return this.#cluster.topics(null);
  }

  /** One replica a partition. */
  createTopic({ name, partitions, settings = {} }: NewTopic): Promise<void> {
    const request = new RequestWriter().text(name).int32(partitions).int32(1);
    for (const [key, value] of Object.entries(settings)) request.text(key).text(value);
    return this.#run(TaskKind.createTopic, request, `topic "${name}" was not created`);
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

  async #run(kind: TaskKind, request: RequestWriter, what: string): Promise<void> {
    const outcome = await this.#client.runTask({ kind, input: request.bytes(), timeoutMs: REQUEST_MS });
    if ("answer" in outcome) return;
    const { name, text } = outcome.failure;
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
