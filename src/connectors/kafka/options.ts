/**
 * The options of `'connector' = 'kafka'`, with Flink's names and defaults, as plain values. A new option is a name in
 * `kafkaOptionNames` and a field here. Reading opens nothing and throws EngineError (74).
 */
import type { EpochMs } from "../../core/type.ts";
import { optionError, readDuration, readInteger, readText, requiredText, type TableOptions } from "../options.ts";
import { readProperties, type TableProperties } from "./properties.ts";

export type TopicChoice =
  | { readonly kind: "list"; readonly topics: readonly string[] }
  | { readonly kind: "pattern"; readonly pattern: RegExp; readonly text: string };

/** Partition → offset. */
export type SpecificOffsets = ReadonlyMap<number, bigint>;

export type StartMode =
  | { readonly kind: "earliest" | "latest" | "group" }
  | { readonly kind: "timestamp"; readonly at: EpochMs }
  | { readonly kind: "specific"; readonly offsets: SpecificOffsets };

export type BoundMode = StartMode | { readonly kind: "unbounded" };

export interface KafkaSourceOptions {
  readonly table: string;
  readonly topics: TopicChoice;
  readonly properties: TableProperties;
  readonly start: StartMode;
  readonly bound: BoundMode;
  /** How often to look for new topics and partitions; 0 = never. Bounded tables never do. */
  readonly discoveryIntervalMs: number;
}

export type Partitioner = "default" | "fixed" | "round-robin";

export interface KafkaSinkOptions {
  readonly table: string;
  readonly topic: string;
  readonly properties: TableProperties;
  readonly partitioner: Partitioner;
  readonly guarantee: "none" | "at-least-once";
}

/** What a kafka table can have beside `connector` and the options of its formats. `properties.*` is a family. */
export const kafkaOptionNames: readonly string[] = [
  "topic",
  "topic-pattern",
  "properties.*",
  "scan.startup.mode",
  "scan.startup.timestamp-millis",
  "scan.startup.specific-offsets",
  "scan.bounded.mode",
  "scan.bounded.timestamp-millis",
  "scan.bounded.specific-offsets",
  "scan.topic-partition-discovery.interval",
  "scan.parallelism",
  "sink.partitioner",
  "sink.delivery-guarantee",
  "sink.transactional-id-prefix",
  "sink.parallelism",
];

const DEFAULT_DISCOVERY_MS = 5 * 60_000;
const MOST_TOPICS = 1000;
const MOST_MS = 8.64e15;

export function readKafkaSourceOptions(from: TableOptions): KafkaSourceOptions {
  const properties = readProperties(from, "consumer");
  const start = readStart(from);
  const bound = readBound(from);
  if (properties.groupId === null && (start.kind === "group" || bound.kind === "group")) {
    const option = start.kind === "group" ? "scan.startup.mode" : "scan.bounded.mode";
    const hint = `add 'properties.group.id' = '…', or choose another '${option}', such as ${start.kind === "group" ? "earliest-offset" : "latest-offset"}`;
    throw optionError(from, `option "${option}" is group-offsets and "properties.group.id" is missing`, hint);
  }
  readInteger(from, "scan.parallelism", { min: 1, max: 1024 });
  const discovery = readDuration(from, "scan.topic-partition-discovery.interval");
  return {
    table: from.table,
    topics: readTopics(from),
    properties,
    start,
    bound,
    discoveryIntervalMs:
      bound.kind === "unbounded" ? (discovery ?? properties.discoveryIntervalMs ?? DEFAULT_DISCOVERY_MS) : 0,
  };
}

export function readKafkaSinkOptions(from: TableOptions): KafkaSinkOptions {
  const properties = readProperties(from, "producer");
  if (readText(from, "topic-pattern") !== null)
    throw optionError(from, 'a sink has no "topic-pattern"', "name one topic with 'topic' = '…'");
  const choice = readTopics(from);
  const topics = choice.kind === "list" ? choice.topics : [];
  const [topic] = topics;
  if (topic === undefined || topics.length !== 1)
    throw optionError(from, `option "topic" names ${topics.length} topics; a sink writes one`, "name one topic");
  readInteger(from, "sink.parallelism", { min: 1, max: 1024 });
  const guarantee = readGuarantee(from);
  refuseWeakAcks(from, properties, guarantee);
  return { table: from.table, topic, properties, partitioner: readPartitioner(from), guarantee };
}

function readTopics(from: TableOptions): TopicChoice {
  const list = readText(from, "topic");
  const pattern = readText(from, "topic-pattern");
  if (list !== null && pattern !== null)
    throw optionError(from, 'options "topic" and "topic-pattern" exclude each other', "keep one of the two");
  if (pattern !== null) return { kind: "pattern", pattern: readPattern(from, pattern), text: pattern };
  const topics = requiredText(from, "topic")
    .split(";")
    .map((topic) => topic.trim())
    .filter((topic) => topic !== "");
  const unfit = topics.find((topic) => !isTopicName(topic));
  if (unfit !== undefined || topics.length === 0 || topics.length > MOST_TOPICS) {
    const hint = "a topic's name has 1 to 249 letters, digits, dots, dashes and underscores; a list is 'a;b'";
    throw optionError(from, `option "topic" holds "${unfit ?? list}", which is no topic's name`, hint);
  }
  return { kind: "list", topics: [...new Set(topics)] };
}

/** Kafka's own rule. */
export function isTopicName(text: string): boolean {
  return /^[A-Za-z0-9._-]{1,249}$/.test(text) && text !== "." && text !== "..";
}

function readPattern(from: TableOptions, text: string): RegExp {
  try {
    return new RegExp(`^(?:${text})$`);
  } catch (cause) {
    const reason = (cause as Error).message;
    const hint = "it is matched against whole names of topics";
    throw optionError(from, `option "topic-pattern" is no regular expression: ${reason}`, hint);
  }
}

function readStart(from: TableOptions): StartMode {
  const option = "scan.startup.mode";
  const mode = readText(from, option) ?? "group-offsets";
  const found = readMode(from, "scan.startup", mode);
  if (found !== null) return found;
  const hint = "it takes earliest-offset, latest-offset, group-offsets, timestamp or specific-offsets";
  throw optionError(from, `option "${option}" is "${mode}"`, hint);
}

function readBound(from: TableOptions): BoundMode {
  const option = "scan.bounded.mode";
  const mode = readText(from, option) ?? "unbounded";
  if (mode === "unbounded") return { kind: "unbounded" };
  const found = mode === "earliest-offset" ? null : readMode(from, "scan.bounded", mode);
  if (found !== null) return found;
  const hint = "it takes unbounded, latest-offset, group-offsets, timestamp or specific-offsets";
  throw optionError(from, `option "${option}" is "${mode}"`, hint);
}

/** Null for a mode there is not. */
function readMode(from: TableOptions, prefix: string, mode: string): StartMode | null {
  switch (mode) {
    case "earliest-offset":
      return { kind: "earliest" };
    case "latest-offset":
      return { kind: "latest" };
    case "group-offsets":
      return { kind: "group" };
    case "timestamp": {
      const option = `${prefix}.timestamp-millis`;
      requiredText(from, option);
      return { kind: "timestamp", at: readInteger(from, option, { min: 0, max: MOST_MS }) as EpochMs };
    }
    case "specific-offsets":
      return { kind: "specific", offsets: readSpecificOffsets(from, `${prefix}.specific-offsets`) };
    default:
      return null;
  }
}

/** `partition:0,offset:42;partition:1,offset:300` */
function readSpecificOffsets(from: TableOptions, option: string): SpecificOffsets {
  const offsets = new Map<number, bigint>();
  const parts = requiredText(from, option).split(";");
  for (const part of parts) {
    if (part.trim() === "") continue;
    const match = /^\s*partition\s*:\s*(\d{1,9})\s*,\s*offset\s*:\s*(\d{1,18})\s*$/.exec(part);
    const hint = "write partition:0,offset:42;partition:1,offset:300";
    if (match === null) throw optionError(from, `option "${option}" holds "${part.trim()}"`, hint);
    const partition = Number(match[1]);
    if (offsets.has(partition)) throw optionError(from, `option "${option}" names partition ${partition} twice`, hint);
    offsets.set(partition, BigInt(match[2] as string));
  }
  if (readText(from, "topic-pattern") !== null || (readText(from, "topic") ?? "").split(";").filter(Boolean).length > 1)
    throw optionError(from, `option "${option}" needs a table of one topic`, "name one topic with 'topic' = '…'");
  return offsets;
}

function readPartitioner(from: TableOptions): Partitioner {
  const text = readText(from, "sink.partitioner") ?? "default";
  const hint = "it takes default, fixed or round-robin";
  if (text !== "default" && text !== "fixed" && text !== "round-robin")
    throw optionError(from, `option "sink.partitioner" is "${text}"`, hint);
  if (text === "round-robin" && readText(from, "key.fields") !== null) {
    const reason = 'option "sink.partitioner" is round-robin, which goes without "key.fields"';
    throw optionError(from, reason, "leave one of the two out");
  }
  return text;
}

function readGuarantee(from: TableOptions): KafkaSinkOptions["guarantee"] {
  const text = readText(from, "sink.delivery-guarantee") ?? "at-least-once";
  if (text === "none" || text === "at-least-once") return text;
  const hint = text === "exactly-once" ? "this release has at-least-once and none" : "it takes at-least-once or none";
  throw optionError(from, `option "sink.delivery-guarantee" is "${text}"`, hint);
}

function refuseWeakAcks(from: TableOptions, { values }: TableProperties, guarantee: string): void {
  const acks = values.get("acks") ?? "all";
  if (guarantee === "none" || acks === "all" || acks === "-1") return;
  const hint = "leave it out, or set 'sink.delivery-guarantee' = 'none'";
  throw optionError(from, `option "properties.acks" is "${acks}", which does not make rows durable`, hint);
}

/** METADATA columns of a kafka table; sinks write `timestamp` alone. Of `headers`, cells are read: `headers['id']`. */
export const kafkaMetadata = [
  { key: "topic", type: { kind: "string" }, writable: false },
  { key: "partition", type: { kind: "int" }, writable: false },
  { key: "offset", type: { kind: "bigint" }, writable: false },
  { key: "timestamp", type: { kind: "timestamp_ltz", precision: 3 }, writable: true },
  { key: "leader-epoch", type: { kind: "int" }, writable: false },
  { key: "timestamp-type", type: { kind: "string" }, writable: false },
  { key: "headers", type: { kind: "map", key: { kind: "string" }, value: { kind: "bytes" } }, writable: false },
] as const;
