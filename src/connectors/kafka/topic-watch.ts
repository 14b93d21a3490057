/**
 * Looks at the cluster's topics now and then while a table is read: what is new is planned, and what was there and is not any
 * more, or is another topic of the same name, ends the job. Nothing here waits: a look is a task, asked about with every poll.
 *
 * Invariant: partitions are called gone when two looks in a row, some time apart, do not have them; a broker that has just come
 * back may not know its topics at first.
 */
import type { Clock, Share, SourcePartition } from "../connector.ts";
import type { Task } from "./client.ts";
import { freshPartitions, ownPartitions, partitionsMissing, topicsInAnswer } from "./discovery.ts";
import type { KafkaSourceOptions } from "./options.ts";
import { type PlannedPartition, planNewPartitions } from "./positions.ts";
import { partitionsGone, topicsReplaced } from "./source-faults.ts";
import { type Cluster, readTopicIds, type TopicIds, type TopicInfo, type TopicPartition } from "./topics.ts";

export interface TopicWatchInput {
  readonly cluster: Cluster;
  readonly options: KafkaSourceOptions;
  readonly clock: Clock;
  readonly share: Share;
}

export interface TopicChanges {
  /** To be read from now on. */
  readonly found: readonly PlannedPartition[];
  /** A look that failed, once. */
  readonly warning: string | null;
}

const SECOND_LOOK_MS = 2000;
/** librdkafka goes over to a topic that took the name of another without a word. */
const IDS_EVERY_MS = 5000;
const CLOSE_WAIT_MS = 1000;

export class TopicWatch {
  readonly #cluster: Cluster;
  readonly #options: KafkaSourceOptions;
  readonly #clock: Clock;
  readonly #share: Share;
  #task: Task | null = null;
  #stage: "topics" | "ids" = "topics";
  #next: number;
  #nextIds: number;
  #found: PlannedPartition[] = [];
  #failure: unknown = null;
  /** Names that the last look did not have. */
  #missing: ReadonlySet<string> = new Set();
  #ids: TopicIds = new Map();
  /** What the first half of a look found; the second compares ids. */
  #fresh: readonly TopicPartition[] | null = null;

  constructor({ cluster, options, clock, share }: TopicWatchInput) {
    this.#share = share;
    this.#cluster = cluster;
    this.#options = options;
    this.#clock = clock;
    this.#next = this.#afterInterval();
    this.#nextIds = clock.now();
  }

  /** There is reason to think that a topic is gone. */
  lookNow(): void {
    this.#next = Math.min(this.#next, this.#clock.now());
  }

  /** `known` are all partitions so far, `live` those that are still to be read. Throws EngineError (75) for those that are gone. */
  poll(known: readonly SourcePartition[], live: () => readonly SourcePartition[]): TopicChanges {
    this.#look(known, live);
    const warning = this.#failure === null ? null : `new partitions could not be looked for: ${String(this.#failure)}`;
    this.#failure = null;
    return { found: this.#found.splice(0), warning };
  }

  /** False when a look is still under way, as with a broker that does not answer: the client must not be freed then. */
  async close(): Promise<boolean> {
    const deadline = this.#clock.now() + CLOSE_WAIT_MS;
    while (this.#task !== null && this.#task.outcome() === null) {
      if (this.#clock.now() >= deadline) return false;
      await Bun.sleep(5);
    }
    this.#task = null;
    return true;
  }

  #look(known: readonly SourcePartition[], live: () => readonly SourcePartition[]): void {
    const outcome = this.#task?.outcome() ?? null;
    if (this.#task !== null && outcome === null) return;
    this.#task = null;
    if (outcome === null) this.#begin(live);
    else if (this.#stage === "topics") this.#lookAtTopics(topicsInAnswer(outcome), { known, live: live() });
    else {
      this.#compare(readTopicIds(outcome), live());
      if (this.#fresh !== null) void this.#plan(this.#fresh);
      this.#fresh = null;
    }
  }

  /** A whole look when it is time, ids alone more often. */
  #begin(live: () => readonly SourcePartition[]): void {
    const now = this.#clock.now();
    if (now >= this.#next) {
      this.#next = Number.POSITIVE_INFINITY;
      this.#stage = "topics";
      this.#task = this.#cluster.startTopics(null);
    } else if (now >= this.#nextIds) this.#lookAtIds(topicNames(live()));
  }

  #lookAtIds(names: readonly string[]): void {
    this.#nextIds = this.#clock.now() + IDS_EVERY_MS;
    this.#stage = "ids";
    this.#task = this.#cluster.startTopicIds(names);
  }

  #lookAtTopics(
    topics: readonly TopicInfo[] | null,
    { known, live }: Record<"known" | "live", readonly SourcePartition[]>,
  ): void {
    const missing = partitionsMissing(topics, live).map(({ name }) => name);
    const gone = missing.filter((name) => this.#missing.has(name));
    if (gone.length > 0) throw partitionsGone(gone);
    this.#missing = new Set(missing);
    if (missing.length > 0) {
      this.#next = this.#clock.now() + SECOND_LOOK_MS;
      return;
    }
    this.#fresh = ownPartitions(freshPartitions(topics, this.#options, known), this.#share);
    this.#lookAtIds(topicNames([...live, ...this.#fresh]));
  }

  /** Ids of topics that are new are those they keep. */
  #compare(ids: TopicIds, live: readonly SourcePartition[]): void {
    const replaced = topicNames(live).filter((name) => {
      const [before, now] = [this.#ids.get(name), ids.get(name)];
      return before !== undefined && now !== undefined && before !== now;
    });
    if (replaced.length > 0) throw topicsReplaced(replaced);
    this.#ids = new Map([...ids, ...this.#ids]);
    // Brokers that give none at first never do.
    if (this.#ids.size === 0) this.#nextIds = Number.POSITIVE_INFINITY;
  }

  async #plan(fresh: readonly TopicPartition[]): Promise<void> {
    try {
      if (fresh.length > 0) this.#found = await planNewPartitions(this.#cluster, this.#options, fresh);
    } catch (error) {
      this.#failure = error;
    }
    this.#next = this.#afterInterval();
  }

  #afterInterval(): number {
    const { discoveryIntervalMs } = this.#options;
    return discoveryIntervalMs > 0 ? this.#clock.now() + discoveryIntervalMs : Number.POSITIVE_INFINITY;
  }
}

function topicNames(partitions: readonly TopicPartition[]): string[] {
  return [...new Set(partitions.map(({ topic }) => topic))];
}
