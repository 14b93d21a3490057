/**
 * Reads a table's Kafka partitions: assigned, never subscribed, each from an offset decided when it is opened to a bound, if
 * there is one. Fetched bytes are copied once, by C, into the engine's input region.
 *
 * Invariants: records of a partition are handed over in their order, none twice, none left out; a partition ends exactly at
 * its bound, told by end-of-partition events where markers and compaction leave gaps; what cannot be ridden out is thrown.
 */
import { ptr } from "bun:ffi";
import { assert, type EngineError } from "../../core/error.ts";
import {
  type Clock,
  type InputRegion,
  type PartitionLag,
  type PollResult,
  type Share,
  type Source,
  type SourceEvent,
  type SourcePartition,
  WHOLE,
} from "../connector.ts";
import { type ClientCounters, KafkaClient } from "./client.ts";
import { sourceSettings } from "./defaults.ts";
import { choosePartitions, ownPartitions } from "./discovery.ts";
import type { KafkaSourceOptions } from "./options.ts";
import { type PlannedPartition, planPartitions } from "./positions.ts";
import { faultOf, mayBeGone } from "./source-faults.ts";
import { TopicWatch } from "./topic-watch.ts";
import { Cluster } from "./topics.ts";
import { cString, type KafkaEvent, textOf } from "./wire.ts";

export interface KafkaSourceInput {
  readonly options: KafkaSourceOptions;
  readonly clock: Clock;
  /** Which partitions to read; all unless given. */
  readonly share?: Share;
}

export function createKafkaSource(input: KafkaSourceInput): KafkaSource {
  return new KafkaSource(input);
}

const NO_BOUND = 2n ** 63n - 1n;
const COMMIT_WAIT_MS = 3000;
/** How soon a transaction that begins behind the last record is noticed. */
const HELD_CHECK_MS = 20;
const MIN_BYTES = 1 << 20;
const MIN_ROWS = 8192;
/** Fields of mr_region in native/drain.c, in 32-bit words. */
const REGION_WORDS = 19;
const ROWS = 15;
const NEEDED_BYTES = 16;

export class KafkaSource implements Source {
  readonly #options: KafkaSourceOptions;
  readonly #clock: Clock;
  readonly #share: Share;
  readonly #partitions: SourcePartition[] = [];
  readonly #finished = new Set<number>();
  readonly #paused = new Set<number>();
  readonly #pending: SourceEvent[] = [];
  /** Partitions at their end → the position there. */
  readonly #caughtUp = new Map<number, bigint>();
  #nextHeldCheck = 0;
  /** Whether `#positions` are those of this poll: with many partitions ends come in numbers. */
  #positionsRead = false;
  readonly #region = new Uint32Array(REGION_WORDS);
  /** End of the log when a partition was opened: the lag until a fetch says more. */
  readonly #ends: bigint[] = [];
  #positions = new BigInt64Array(16);
  #highs = new BigInt64Array(16);
  #client: KafkaClient | null = null;
  #cluster: Cluster | null = null;
  #watch: TopicWatch | null = null;

  constructor({ options, clock, share = WHOLE }: KafkaSourceInput) {
    this.#share = share;
    this.#options = options;
    this.#clock = clock;
  }

  async open(): Promise<readonly SourcePartition[]> {
    const options = this.#options;
    this.#client = new KafkaClient("consumer", sourceSettings(options));
    this.#cluster = new Cluster(this.#client, options.properties.bootstrapServers);
    try {
      const chosen = await choosePartitions(this.#cluster, options);
      const all = await planPartitions(this.#cluster, options, chosen);
      for (const planned of ownPartitions(all, this.#share)) this.#add(planned);
      this.#watch = new TopicWatch({ cluster: this.#cluster, options, clock: this.#clock, share: this.#share });
      this.#startFetching(this.#partitions.map(({ index }) => index));
    } catch (error) {
      await this.close();
      throw error;
    }
    return [...this.#partitions];
  }

  poll(region: InputRegion, waitMs: number): PollResult {
    const client = this.#running();
    this.#discover();
    this.#positionsRead = false;
    if (region.bytesCapacity === 0 || region.rowsCapacity === 0) region.reserve(MIN_BYTES, MIN_ROWS);
    let rows = this.#drain(region, this.#pending.length > 0 ? 0 : waitMs);
    const needed = Math.max(...this.#region.subarray(NEEDED_BYTES));
    if (rows === 0 && needed > 0) {
      region.reserve(Math.max(needed, region.bytesCapacity), region.rowsCapacity);
      rows = this.#drain(region, 0);
      assert(rows > 0, "a record fits the room made for it");
    }
    for (const event of this.#cluster?.takeEvents() ?? []) this.#take(event);
    for (const event of client.events()) this.#take(event);
    if (rows === 0) this.#checkHeld();
    return { rows, events: this.#pending.splice(0) };
  }

  pause(partitions: readonly number[]): void {
    const live = partitions.filter((index) => !this.#finished.has(index) && !this.#paused.has(index));
    this.#setFetching("mr_fetch_stop", live);
    for (const index of live) this.#paused.add(index);
  }

  resume(partitions: readonly number[]): void {
    const live = partitions.filter((index) => this.#paused.delete(index) && !this.#finished.has(index));
    this.#startFetching(live);
  }

  /** Without a group there is nowhere to note it. */
  commit(positions: ReadonlyMap<number, bigint>): void {
    if (this.#options.properties.groupId === null || positions.size === 0) return;
    const client = this.#running();
    const indexes = Int32Array.from(positions.keys());
    const offsets = BigInt64Array.from(positions.values());
    client.library.mr_commit(client.pointer, indexes, offsets, indexes.length);
  }

  lag(): readonly PartitionLag[] {
    this.#readPositions();
    return this.#partitions.map(({ index }) => {
      const position = this.#positions[index] as bigint;
      const fetched = this.#highs[index] as bigint;
      const end = this.#ends[index] as bigint;
      return { partition: index, position, highWatermark: largest(position, fetched, end) };
    });
  }

  async close(): Promise<void> {
    const client = this.#client;
    if (client === null || client.isClosed) return;
    this.#setFetching(
      "mr_fetch_stop",
      this.#partitions.map(({ index }) => index),
    );
    const deadline = this.#clock.now() + COMMIT_WAIT_MS;
    while (client.counters().pendingCommits > 0 && this.#clock.now() < deadline) {
      client.poll(0);
      await Bun.sleep(2);
    }
    // What a request still needs is left to the end of the process.
    if ((await this.#watch?.close()) === false) return;
    await client.close();
  }

  /** For metrics. */
  counters(): ClientCounters {
    return this.#running().counters();
  }

  #running(): KafkaClient {
    assert(this.#client !== null, "a Kafka source is opened before it is used");
    return this.#client;
  }

  #add({ topic, partition, start, bound, end }: PlannedPartition): SourcePartition {
    const client = this.#running();
    const index = this.#partitions.length;
    const added = client.library.mr_partition_add(client.pointer, cString(topic), partition, start, bound ?? NO_BOUND);
    assert(added === index, `partition ${topic}[${partition}] gets the next index (${added})`);
    const entry = { index, name: `${topic}[${partition}]`, topic, partition };
    this.#partitions.push(entry);
    this.#ends.push(end);
    if (bound !== null && start >= bound) this.#finish(index);
    return entry;
  }

  #finish(index: number): void {
    if (this.#finished.has(index)) return;
    const client = this.#running();
    this.#finished.add(index);
    client.library.mr_fetch_finish(client.pointer, index);
    this.#pending.push({ kind: "finished", partition: index });
  }

  #startFetching(indexes: readonly number[]): void {
    const live = indexes.filter((index) => !this.#finished.has(index));
    this.#setFetching("mr_fetch_start", live);
  }

  #setFetching(call: "mr_fetch_start" | "mr_fetch_stop", indexes: readonly number[]): void {
    if (indexes.length === 0) return;
    const client = this.#running();
    const error = new Uint8Array(512);
    const list = Int32Array.from(indexes);
    const answer = client.library[call](client.pointer, list, list.length, error, error.length);
    assert(answer === 0, `librdkafka takes the assignment: ${textOf(error)}`);
  }

  #drain(region: InputRegion, waitMs: number): number {
    const client = this.#running();
    const memory = region.buffer();
    this.#region.set([
      region.bytes,
      Math.min(region.bytesCapacity, 0x7fffffff),
      region.rowsCapacity,
      region.offsets,
      region.partitions,
      region.positions,
      region.timestamps,
      region.wantsKeys ? 1 : 0,
      region.keyBytes,
      Math.min(region.keyBytesCapacity, 0x7fffffff),
      region.keyOffsets,
      region.wantsEnvelopes ? 1 : 0,
      region.envelopeBytes,
      Math.min(region.envelopeBytesCapacity, 0x7fffffff),
      region.envelopeOffsets,
    ]);
    const answer = client.library.mr_drain(client.pointer, ptr(memory), memory.byteLength, this.#region, waitMs);
    assert(answer === 0, "the input region lies within its memory");
    return this.#region[ROWS] as number;
  }

  #take(event: KafkaEvent): void {
    switch (event.kind) {
      case "end":
        this.#takeEnd(event.index, event.offset);
        return;
      case "finished":
        this.#finish(event.index);
        return;
      default: {
        if (mayBeGone(event)) this.#watch?.lookNow();
        const fault: EngineError | SourceEvent = faultOf(event, this.#partitions, this.#options);
        if (fault instanceof Error) throw fault;
        this.#pending.push(fault);
      }
    }
  }

  /**
   * The end that librdkafka tells of is the last stable offset: what lies behind it belongs to transactions that are open, and
   * is not read yet. Rows that are only on their way look the same for a moment; they undo it when they come.
   */
  #takeEnd(index: number, end: bigint): void {
    if (!this.#positionsRead) this.#readPositions();
    // Rows behind this end have come with it: another end is told when they are read.
    if (this.#positions[index] !== end) return;
    if (this.#isHeld(index, end)) {
      this.#pending.push({ kind: "held", partition: index, position: end });
      return;
    }
    this.#caughtUp.set(index, end);
    this.#pending.push({ kind: "caught-up", partition: index, position: end });
  }

  /** A transaction may begin behind the last record. */
  #checkHeld(): void {
    const now = this.#clock.now();
    if (this.#caughtUp.size === 0 || now < this.#nextHeldCheck) return;
    this.#nextHeldCheck = now + HELD_CHECK_MS;
    if (!this.#positionsRead) this.#readPositions();
    for (const [index, end] of this.#caughtUp) {
      const isHeld = this.#isHeld(index, end);
      if (isHeld) this.#pending.push({ kind: "held", partition: index, position: end });
      if (isHeld || this.#positions[index] !== end) this.#caughtUp.delete(index);
    }
  }

  /** Reads `#positions`. */
  #isHeld(index: number, end: bigint): boolean {
    if (this.#options.properties.values.get("isolation.level") === "read_uncommitted") return false;
    return this.#positions[index] === end && (this.#highs[index] as bigint) > end && !this.#finished.has(index);
  }

  #discover(): void {
    const live = () => this.#partitions.filter(({ index }) => !this.#finished.has(index));
    const { found = [], warning = null } = this.#watch?.poll(this.#partitions, live) ?? {};
    if (warning !== null) this.#pending.push({ kind: "warning", code: "DISCOVERY", message: warning });
    for (const planned of found) {
      const partition = this.#add(planned);
      this.#pending.push({ kind: "partition-added", partition });
      this.#startFetching([partition.index]);
    }
  }

  #readPositions(): void {
    const client = this.#running();
    if (this.#positions.length < this.#partitions.length) {
      this.#positions = new BigInt64Array(this.#partitions.length * 2);
      this.#highs = new BigInt64Array(this.#partitions.length * 2);
    }
    client.library.mr_lag(client.pointer, this.#positions, this.#highs, this.#positions.length);
    this.#positionsRead = true;
  }
}

function largest(first: bigint, ...rest: readonly bigint[]): bigint {
  let most = first;
  for (const value of rest) if (value > most) most = value;
  return most;
}
