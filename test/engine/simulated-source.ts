/**
 * A simulated broker's source: partitions of records held in memory, read in an interleaving and with batch breaks that a
 * seed chooses. Drives the real pipeline and the real kernel; only the network is not there.
 */
import {
  type InputRegion,
  isOwn,
  type PartitionLag,
  type PollResult,
  type Share,
  type Source,
  type SourceEvent,
  type SourcePartition,
  WHOLE,
} from "../../src/connectors/connector.ts";

/** xorshift128+-like 32-bit generator: small, seeded, good enough to choose interleavings. */
export function seededRandom(seed: number): () => number {
  let state = (seed ^ 0x9e3779b9) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state >>>= 0;
    state ^= state >>> 17;
    state ^= state << 5;
    state >>>= 0;
    return state / 4294967296;
  };
}

export interface SimulatedSourceOptions {
  readonly seed: number;
  readonly maxBatch: number;
  /** Record timestamps in ms, by partition and index; absent = none. */
  readonly timestamps?: readonly (readonly number[])[];
  /** Which partitions to read; all unless given. */
  readonly share?: Share;
}

export class SimulatedSource implements Source {
  readonly #records: readonly (readonly Uint8Array[])[];
  readonly #positions: number[];
  readonly #ended: boolean[];
  readonly #options: SimulatedSourceOptions;
  readonly #random: () => number;
  /** Of its partitions among all. */
  readonly #numbers: readonly number[];
  readonly committed = new Map<number, bigint>();
  closed = false;

  constructor(records: readonly (readonly (string | Uint8Array)[])[], options: SimulatedSourceOptions) {
    const encoder = new TextEncoder();
    this.#numbers = [...records.keys()].filter((number) => isOwn(options.share ?? WHOLE, number));
    this.#records = this.#numbers.map((number) =>
      (records[number] ?? []).map((record) => (typeof record === "string" ? encoder.encode(record) : record)),
    );
    this.#positions = this.#records.map(() => 0);
    this.#ended = this.#records.map(() => false);
    this.#options = options;
    this.#random = seededRandom(options.seed);
  }

  open(): Promise<readonly SourcePartition[]> {
    return Promise.resolve(
      this.#numbers.map((number, index) => {
        return { index, name: `simulated[${number}]`, topic: "simulated", partition: number };
      }),
    );
  }

  poll(region: InputRegion, _waitMs: number): PollResult {
    const picks = this.#pick();
    const bytes = picks.reduce((sum, pick) => sum + pick.record.length + 1, 0);
    region.reserve(bytes, picks.length);
    const view = new DataView(region.buffer());
    const memory = new Uint8Array(region.buffer());
    let at = 0;
    view.setInt32(region.offsets, 0, true);
    for (const [row, pick] of picks.entries()) {
      memory.set(pick.record, region.bytes + at);
      at += pick.record.length;
      memory[region.bytes + at++] = 10;
      view.setInt32(region.offsets + 4 * (row + 1), at, true);
      view.setInt32(region.partitions + 4 * row, pick.partition, true);
      view.setBigInt64(region.positions + 8 * row, BigInt(pick.position), true);
      const timestamp = this.#options.timestamps?.[this.#numbers[pick.partition] ?? 0]?.[pick.position];
      view.setBigInt64(region.timestamps + 8 * row, timestamp === undefined ? -(2n ** 63n) : BigInt(timestamp), true);
    }
    return { rows: picks.length, events: this.#events() };
  }

  #pick(): { partition: number; position: number; record: Uint8Array }[] {
    const picks: { partition: number; position: number; record: Uint8Array }[] = [];
    const size = 1 + Math.floor(this.#random() * this.#options.maxBatch);
    while (picks.length < size) {
      const live = this.#positions.flatMap((p, i) => (p < (this.#records[i]?.length ?? 0) ? [i] : []));
      const partition = live[Math.floor(this.#random() * live.length)];
      if (partition === undefined) break;
      const position = this.#positions[partition] ?? 0;
      const record = this.#records[partition]?.[position];
      if (record === undefined) break;
      picks.push({ partition, position, record });
      this.#positions[partition] = position + 1;
    }
    return picks;
  }

  #events(): SourceEvent[] {
    const events: SourceEvent[] = [];
    this.#positions.forEach((position, partition) => {
      if (this.#ended[partition] || position < (this.#records[partition]?.length ?? 0)) return;
      this.#ended[partition] = true;
      events.push({ kind: "caught-up", partition, position: BigInt(position) }, { kind: "finished", partition });
    });
    return events;
  }

  pause(): void {}
  resume(): void {}

  commit(positions: ReadonlyMap<number, bigint>): void {
    for (const [partition, position] of positions) this.committed.set(partition, position);
  }

  lag(): readonly PartitionLag[] {
    return this.#positions.map((position, partition) => ({
      partition,
      position: BigInt(position),
      highWatermark: BigInt(this.#records[partition]?.length ?? 0),
    }));
  }

  close(): Promise<void> {
    this.closed = true;
    return Promise.resolve();
  }
}
