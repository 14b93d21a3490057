/**
 * What a client is set to unless the table's properties say otherwise, and what no property can change. Reasons stand beside
 * the settings; names are librdkafka's.
 */
import type { KafkaSinkOptions, KafkaSourceOptions } from "./options.ts";
import type { KafkaSettings } from "./properties.ts";

const common: readonly (readonly [string, string])[] = [
  ["client.id", "millrace"],
  ["socket.keepalive.enable", "true"],
  ["log_level", "4"],
  ["socket.timeout.ms", "30000"],
  // A broker that comes back is noticed soon.
  ["reconnect.backoff.max.ms", "2000"],
  ["enable.metrics.push", "false"],
];

/** librdkafka's defaults, its least message.max.bytes, and what a response needs around its records. */
const DEFAULT_FETCH_BYTES = 52_428_800;
const DEFAULT_MESSAGE_BYTES = 1_000_000;
const DEFAULT_RECEIVE_BYTES = 100_000_000;
const LEAST_BYTES = 1000;
const RESPONSE_BYTES = 512;

export function sourceSettings({ properties }: KafkaSourceOptions): KafkaSettings {
  const values = new Map<string, string>([
    ...common,
    ["check.crcs", "true"],
    ["isolation.level", "read_committed"],
    // The default of a second stalls a fast reader each time the queue has been full.
    ["fetch.queue.backoff.ms", "2"],
    ["fetch.error.backoff.ms", "100"],
    // A partition that starts or resumes waits for the request under way, which waits for news of the others.
    ["fetch.wait.max.ms", "100"],
    ["max.partition.fetch.bytes", "4194304"],
    ["queued.min.messages", "200000"],
    ["topic.metadata.refresh.interval.ms", "60000"],
    // A topic that is gone is told of soon. That one is only on its way is found out by asking again (topic-watch.ts).
    ["topic.metadata.propagation.max.ms", "1000"],
    ...properties.values,
    // We keep positions ourselves; a lost one must be an error, not a jump.
    ["group.id", properties.groupId ?? "millrace"],
    // No group is joined. librdkafka keeps commits that find no coordinator for this long, and cannot be closed meanwhile.
    ["session.timeout.ms", "3000"],
    ["heartbeat.interval.ms", "1000"],
    ["enable.auto.commit", "false"],
    ["enable.auto.offset.store", "false"],
    ["auto.offset.reset", "error"],
    ["enable.partition.eof", "true"],
    ["allow.auto.create.topics", "false"],
  ]);
  fitFetchSizes(values);
  return { values, secrets: properties.secrets };
}

/** Java takes any of these; librdkafka wants message.max.bytes ≤ fetch.max.bytes ≤ receive.message.max.bytes − 512. */
function fitFetchSizes(values: Map<string, string>): void {
  const fetch = Number(values.get("fetch.max.bytes") ?? DEFAULT_FETCH_BYTES);
  const message = Number(values.get("message.max.bytes") ?? DEFAULT_MESSAGE_BYTES);
  const receive = Number(values.get("receive.message.max.bytes") ?? DEFAULT_RECEIVE_BYTES);
  if (message > fetch) values.set("message.max.bytes", String(Math.max(fetch, LEAST_BYTES)));
  if (fetch < LEAST_BYTES) values.set("fetch.max.bytes", String(LEAST_BYTES));
  if (receive < fetch + RESPONSE_BYTES) values.set("receive.message.max.bytes", String(fetch + RESPONSE_BYTES));
}

export function sinkSettings({
  properties,
  guarantee,
}: Pick<KafkaSinkOptions, "properties" | "guarantee">): KafkaSettings {
  const values = new Map<string, string>([
    ...common,
    ["linger.ms", "10"],
    ["delivery.timeout.ms", "120000"],
    // Java's partitioner: murmur2 of the key, any partition without one.
    ["partitioner", "murmur2_random"],
    // Bounded by bytes, by us.
    ["queue.buffering.max.messages", "1000000"],
    ["queue.buffering.max.kbytes", "1048576"],
  ]);
  if (guarantee === "at-least-once") values.set("enable.idempotence", "true");
  for (const [name, value] of properties.values) values.set(name, value);
  if (guarantee === "at-least-once") values.set("acks", "all");
  else if (!values.has("acks")) values.set("acks", "1");
  return { values, secrets: properties.secrets };
}
