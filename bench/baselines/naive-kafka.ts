/**
 * Baseline: the job by hand in TypeScript over the same librdkafka as ours, called through bun:ffi a message at a time.
 * usage: bun naive-kafka.ts BOOTSTRAP TOPIC PARTITIONS RECORDS WINDOW_MS DELAY_MS → one JSON line as naive.ts
 */
import { dlopen, type Pointer, read, toArrayBuffer } from "bun:ffi";
import { kafkaLibraryInfo } from "../../src/connectors/kafka/library.ts";
import { NaiveJob } from "./naive-job.ts";

const [bootstrap, topic, ...numbers] = process.argv.slice(2);
const [partitions, records, windowMs, delayMs] = numbers.map(Number);
if (bootstrap === undefined || topic === undefined || numbers.length !== 4)
  throw new Error("usage: naive-kafka.ts BOOTSTRAP TOPIC PARTITIONS RECORDS WINDOW_MS DELAY_MS");

/** Offsets of rd_kafka_message_t's fields on 64-bit machines. */
const ERR = 0;
const PARTITION = 16;
const PAYLOAD = 24;
const LENGTH = 32;

const kafka = dlopen(kafkaLibraryInfo().path, {
  rd_kafka_conf_new: { args: [], returns: "ptr" },
  rd_kafka_conf_set: { args: ["ptr", "ptr", "ptr", "ptr", "usize"], returns: "i32" },
  rd_kafka_new: { args: ["i32", "ptr", "ptr", "usize"], returns: "ptr" },
  rd_kafka_poll_set_consumer: { args: ["ptr"], returns: "i32" },
  rd_kafka_topic_partition_list_new: { args: ["i32"], returns: "ptr" },
  rd_kafka_topic_partition_list_add: { args: ["ptr", "ptr", "i32"], returns: "ptr" },
  rd_kafka_topic_partition_list_set_offset: { args: ["ptr", "ptr", "i32", "i64"], returns: "i32" },
  rd_kafka_assign: { args: ["ptr", "ptr"], returns: "i32" },
  rd_kafka_consumer_poll: { args: ["ptr", "i32"], returns: "ptr" },
  rd_kafka_message_destroy: { args: ["ptr"], returns: "void" },
  rd_kafka_consumer_close: { args: ["ptr"], returns: "i32" },
}).symbols;
const text = (value: string): Buffer => Buffer.from(`${value}\0`);

const start = performance.now();
const conf = kafka.rd_kafka_conf_new() as Pointer;
const error = new Uint8Array(512);
const settings = { "bootstrap.servers": bootstrap, "group.id": "naive", "fetch.queue.backoff.ms": "2" };
for (const [name, value] of Object.entries(settings))
  if (kafka.rd_kafka_conf_set(conf, text(name), text(value), error, 512) !== 0) throw new Error(name);
const client = kafka.rd_kafka_new(1, conf, error, 512) as Pointer;
kafka.rd_kafka_poll_set_consumer(client);
const list = kafka.rd_kafka_topic_partition_list_new(partitions ?? 0) as Pointer;
for (let partition = 0; partition < (partitions ?? 0); partition++) {
  kafka.rd_kafka_topic_partition_list_add(list, text(topic), partition);
  kafka.rd_kafka_topic_partition_list_set_offset(list, text(topic), partition, 0);
}
kafka.rd_kafka_assign(client, list);
const job = new NaiveJob(windowMs ?? 60_000, delayMs ?? 5_000);
const utf8 = new TextDecoder();
for (let taken = 0; taken < (records ?? 0); ) {
  const message = kafka.rd_kafka_consumer_poll(client, 100) as Pointer | null;
  if (message === null) continue;
  if (read.i32(message, ERR) === 0) {
    const length = Number(read.u64(message, LENGTH));
    const payload = toArrayBuffer(Number(read.u64(message, PAYLOAD)) as Pointer, 0, length);
    job.add(utf8.decode(payload), read.i32(message, PARTITION));
    taken++;
  }
  kafka.rd_kafka_message_destroy(message);
}
const totals = job.totals(performance.now() - start);
kafka.rd_kafka_consumer_close(client);
console.log(JSON.stringify(totals));
