/** What `millrace produce` writes with: records of bytes to a topic, idempotent, acknowledged by all in-sync replicas. */
import { EngineError, ExitCode } from "../../core/error.ts";
import { KafkaAdmin, type NewTopic } from "./admin.ts";
import { isTopicName } from "./options.ts";
import { KafkaProducer, type ProduceRows } from "./producer.ts";
import { propertyPrefix, readProperties, type TableProperties } from "./properties.ts";

export interface ProduceTarget {
  readonly topic: string;
  readonly bootstrapServers: string;
  /** Further client properties, without the prefix `properties.`. */
  readonly properties: Readonly<Record<string, string>>;
  /** Makes the topic, with so many partitions, where it is not there; null = it has to be there. */
  readonly createPartitions: number | null;
}

export interface RecordProducer {
  /** Queues the records, to `partition` or where the partitioner puts them; waits while too much is under way. */
  send(records: ProduceRows, partition: number | null): Promise<void>;
  /** Resolves when every record so far is acknowledged. Rejects with EngineError (75). */
  flush(): Promise<void>;
  close(): Promise<void>;
}

/** Throws EngineError: 74 for a topic or a property that is not there, 75 where no broker answers. */
export async function openProducer(target: ProduceTarget): Promise<RecordProducer> {
  const { topic, bootstrapServers, properties } = target;
  if (!isTopicName(topic))
    throw configuration(`"${topic}" is no topic's name`, "letters, digits, dots, dashes and underscores");
  const given = Object.entries({ ...properties, "bootstrap.servers": bootstrapServers });
  const options = Object.fromEntries(given.map(([name, value]) => [propertyPrefix + name, value]));
  const checked = readProperties({ table: topic, options, subject: `topic "${topic}"` }, "producer");
  if (target.createPartitions !== null)
    await createTopic(checked, { name: topic, partitions: target.createPartitions });
  const producer = await KafkaProducer.open({
    table: null,
    topic,
    properties: checked,
    guarantee: "at-least-once",
  });
  return {
    async send(records, partition) {
      if (partition !== null && partition >= producer.partitions) {
        const message = `topic "${topic}" has ${producer.partitions} partitions; there is no partition ${partition}`;
        throw configuration(message, "ask for fewer with --partitions, or add partitions to the topic");
      }
      await producer.send(partition === null ? records : { ...records, partition });
    },
    flush: () => producer.flush(),
    close: () => producer.close(),
  };
}

async function createTopic(properties: TableProperties, topic: NewTopic): Promise<void> {
  const admin = new KafkaAdmin(properties);
  try {
    await admin.ensureTopic(topic);
  } finally {
    await admin.close();
  }
}

function configuration(message: string, hint: string): EngineError {
  return new EngineError(message, {
    domain: "user",
    code: "KAFKA-TOPIC",
    exitCode: ExitCode.configuration,
    hint,
  });
}
