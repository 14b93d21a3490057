/** The plain way to read through bun:ffi: a message at a time, its fields read from C's struct. What our drain is compared with. */
import { dlopen, type Pointer, read, toArrayBuffer } from "bun:ffi";
import { kafkaLibraryInfo } from "../../src/connectors/kafka/library.ts";

const text = (value: string) => Buffer.from(`${value}\0`);

export interface PlainInput {
  readonly bootstrap: string;
  readonly topic: string;
  readonly partitions: number;
  readonly rows: number;
}

/** Offsets of rd_kafka_message_t's fields on 64-bit machines: err, payload, len. */
const ERR = 0;
const PAYLOAD = 24;
const LENGTH = 32;

/** Milliseconds from the assignment to the last record, and the payloads' bytes. */
export function plainDrain({ bootstrap, topic, partitions, rows }: PlainInput): { ms: number; bytes: number } {
  const kafka = dlopen(kafkaLibraryInfo().path, {
    rd_kafka_conf_new: { args: [], returns: "ptr" },
    rd_kafka_conf_set: { args: ["ptr", "ptr", "ptr", "ptr", "usize"], returns: "i32" },
    rd_kafka_new: { args: ["i32", "ptr", "ptr", "usize"], returns: "ptr" },
    rd_kafka_poll_set_consumer: { args: ["ptr"], returns: "i32" },
    rd_kafka_topic_partition_list_new: { args: ["i32"], returns: "ptr" },
    rd_kafka_topic_partition_list_add: { args: ["ptr", "ptr", "i32"], returns: "ptr" },
    rd_kafka_topic_partition_list_set_offset: { args: ["ptr", "ptr", "i32", "i64"], returns: "i32" },
    rd_kafka_topic_partition_list_destroy: { args: ["ptr"], returns: "void" },
    rd_kafka_assign: { args: ["ptr", "ptr"], returns: "i32" },
    rd_kafka_consumer_poll: { args: ["ptr", "i32"], returns: "ptr" },
    rd_kafka_message_destroy: { args: ["ptr"], returns: "void" },
    rd_kafka_consumer_close: { args: ["ptr"], returns: "i32" },
    rd_kafka_destroy: { args: ["ptr"], returns: "void" },
  }).symbols;
  const conf = kafka.rd_kafka_conf_new() as Pointer;
  const error = new Uint8Array(512);
  const settings = { "bootstrap.servers": bootstrap, "group.id": "plain", "fetch.queue.backoff.ms": "2" };
  for (const [name, value] of Object.entries(settings))
    kafka.rd_kafka_conf_set(conf, text(name), text(value), error, 512);
  const client = kafka.rd_kafka_new(1, conf, error, 512) as Pointer;
  kafka.rd_kafka_poll_set_consumer(client);
  const list = kafka.rd_kafka_topic_partition_list_new(partitions) as Pointer;
  for (let partition = 0; partition < partitions; partition++) {
    kafka.rd_kafka_topic_partition_list_add(list, text(topic), partition);
    kafka.rd_kafka_topic_partition_list_set_offset(list, text(topic), partition, 0);
  }
  const startedAt = performance.now();
  kafka.rd_kafka_assign(client, list);
  const memory = new Uint8Array(1 << 20);
  let bytes = 0;
  for (let taken = 0; taken < rows; ) {
    const message = kafka.rd_kafka_consumer_poll(client, 100) as Pointer | null;
    if (message === null) continue;
    if (read.i32(message, ERR) === 0) {
      const length = Number(read.u64(message, LENGTH));
      memory.set(new Uint8Array(toArrayBuffer(Number(read.u64(message, PAYLOAD)) as Pointer, 0, length)));
      bytes += length;
      taken++;
    }
    kafka.rd_kafka_message_destroy(message);
  }
  const ms = performance.now() - startedAt;
  kafka.rd_kafka_topic_partition_list_destroy(list);
  kafka.rd_kafka_consumer_close(client);
  kafka.rd_kafka_destroy(client);
  return { ms, bytes };
}
