/** Which partitions a table reads: its topics, or those its pattern matches, as the cluster has them. */
import { nearestName } from "../../core/nearest.ts";
import { isOwn, placeOfName, type Share } from "../connector.ts";
import { optionError } from "../options.ts";
import type { TaskOutcome } from "./client.ts";
import type { KafkaSourceOptions } from "./options.ts";
import { type Cluster, missingTopic, readTopics, serviceError, type TopicInfo, type TopicPartition } from "./topics.ts";

/** Throws EngineError: 74 for a topic that is not there, 75 where no broker answers. */
export async function choosePartitions(cluster: Cluster, options: KafkaSourceOptions): Promise<TopicPartition[]> {
  const { topics } = options;
  if (topics.kind === "pattern") return byPattern(await cluster.topics(null), options);
  const found: TopicInfo[] = [];
  for (const topic of topics.topics) {
    const info = (await cluster.topics(topic)).find(({ name }) => name === topic);
    if (info === undefined || info.error === UNKNOWN_TOPIC) throw await missing(cluster, options, topic);
    if (info.error !== 0 || info.partitions === 0) throw unusable(info);
    found.push(info);
  }
  return found.flatMap(partitionsOf);
}

/** RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART */
const UNKNOWN_TOPIC = 3;

async function missing(cluster: Cluster, { table }: KafkaSourceOptions, topic: string) {
  const others = (await cluster.topics(null)).map(({ name }) => name);
  return missingTopic({ table, topic, others });
}

function unusable({ name, error }: TopicInfo) {
  const hint = "it may have no leader, or this client may not read it; see the broker's log";
  return serviceError(`topic "${name}" cannot be read now (kafka error ${error})`, { hint });
}

function byPattern(all: readonly TopicInfo[], options: KafkaSourceOptions): TopicPartition[] {
  const matching = matchingTopics(all, options);
  if (matching.length > 0) return matching.flatMap(partitionsOf);
  const text = options.topics.kind === "pattern" ? options.topics.text : "";
  const names = all.map(({ name }) => name).filter((name) => !isInternal(name));
  const near = nearestName(text.replace(/[^A-Za-z0-9._-]/g, ""), names);
  const hint = near === null ? "it is matched against whole names of topics" : `there is a topic "${near}"`;
  const from = { table: options.table, options: {} };
  throw optionError(from, `option "topic-pattern" is "${text}" and no topic matches it`, hint);
}

/** Kafka's own topics are not data, as its admin client sees it. */
function isInternal(name: string): boolean {
  return name.startsWith("__");
}

function matchingTopics(all: readonly TopicInfo[], { topics }: KafkaSourceOptions): TopicInfo[] {
  const fits = (name: string) =>
    topics.kind === "list" ? topics.topics.includes(name) : !isInternal(name) && topics.pattern.test(name);
  return all
    .filter(({ name, error }) => error === 0 && fits(name))
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

function partitionsOf({ name, partitions }: TopicInfo): TopicPartition[] {
  return Array.from({ length: partitions }, (_, partition) => ({ topic: name, partition }));
}

/** Those that one of several readers takes: the partitions of a topic in turn, topics beginning with different readers. */
export function ownPartitions<P extends TopicPartition>(partitions: readonly P[], share: Share): P[] {
  return partitions.filter(({ topic, partition }) => isOwn(share, placeOfName(topic) + partition));
}

/** The cluster's topics; null where the look failed: the next one may not. */
export function topicsInAnswer(outcome: TaskOutcome): readonly TopicInfo[] | null {
  return "failure" in outcome ? null : readTopics(outcome.answer);
}

/** Those of the table's partitions that are not known yet. Bounded tables and those that never look have none. */
export function freshPartitions(
  topics: readonly TopicInfo[] | null,
  options: KafkaSourceOptions,
  known: readonly TopicPartition[],
): TopicPartition[] {
  if (topics === null || options.discoveryIntervalMs === 0) return [];
  const isKnown = new Set(known.map(({ topic, partition }) => `${topic}[${partition}]`));
  return matchingTopics(topics, options)
    .flatMap(partitionsOf)
    .filter(({ topic, partition }) => !isKnown.has(`${topic}[${partition}]`));
}

/** Those of the partitions that the cluster does not have; none where the look failed. */
export function partitionsMissing<P extends TopicPartition>(
  topics: readonly TopicInfo[] | null,
  partitions: readonly P[],
): P[] {
  if (topics === null) return [];
  const there = new Map(topics.map((topic) => [topic.name, topic]));
  return partitions.filter(({ topic, partition }) => {
    const found = there.get(topic);
    if (found === undefined || found.error === UNKNOWN_TOPIC) return true;
    return found.error === 0 && partition >= found.partitions;
  });
}
