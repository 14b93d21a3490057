/**
 * A source that does what a script of steps says, one step a poll, on a clock that the steps move: what a broker's partitions
 * look like to the engine when they fall silent, wake, run ahead and are paused. Nothing is random here and nothing waits.
 */
import type {
  Clock,
  InputRegion,
  PartitionLag,
  PollResult,
  Source,
  SourceEvent,
  SourcePartition,
} from "../../src/connectors/connector.ts";

export interface ScriptedRow {
  readonly partition: number;
  readonly record: string;
  /** Of the record itself, in ms; absent = none. */
  readonly timestamp?: number;
}

export interface Step {
  readonly rows?: readonly ScriptedRow[];
  /** Partitions read to their end, for now. */
  readonly caughtUp?: readonly number[];
  /** Partitions whose position goes on by one without a row, as past a control record; before `caughtUp`. */
  readonly skips?: readonly number[];
  /** Partitions with records behind their end that cannot be read yet. */
  readonly held?: readonly number[];
  /** How far the clock goes on before the step, in ms. */
  readonly afterMs?: number;
}

const NO_TIMESTAMP = -(2n ** 63n);

export class ScriptedSource implements Source {
  readonly clock: Clock;
  /** What was asked for, in order: `pause 0`, `resume 0`. */
  readonly asked: string[] = [];
  readonly paused = new Set<number>();
  readonly #next: (source: ScriptedSource) => Step | null;
  readonly #positions: number[];
  #now = 1_700_000_000_000;
  #ended = false;

  /** `next` gives the step of each poll; null ends every partition. */
  constructor(partitions: number, next: (source: ScriptedSource) => Step | null) {
    this.#positions = Array.from({ length: partitions }, () => 0);
    this.#next = next;
    this.clock = { now: () => this.#now };
  }

  open(): Promise<readonly SourcePartition[]> {
    return Promise.resolve(
      this.#positions.map((_, index) => ({ index, name: `scripted[${index}]`, topic: "scripted", partition: index })),
    );
  }

  poll(region: InputRegion, _waitMs: number): PollResult {
    if (this.#ended) return { rows: 0, events: [] };
    const step = this.#next(this);
    if (step === null) {
      this.#ended = true;
      return { rows: 0, events: this.#positions.map((_, partition) => ({ kind: "finished", partition })) };
    }
    this.#now += step.afterMs ?? 0;
    const rows = step.rows ?? [];
    this.#write(region, rows);
    for (const partition of step.skips ?? []) this.#positions[partition] = (this.#positions[partition] ?? 0) + 1;
    const ends = (kind: "caught-up" | "held", partitions: readonly number[] = []): SourceEvent[] =>
      partitions.map((partition) => ({ kind, partition, position: BigInt(this.#positions[partition] ?? 0) }));
    return { rows: rows.length, events: [...ends("caught-up", step.caughtUp), ...ends("held", step.held)] };
  }

  #write(region: InputRegion, rows: readonly ScriptedRow[]): void {
    const records = rows.map((row) => Buffer.from(row.record));
    region.reserve(
      records.reduce((sum, record) => sum + record.length, 0),
      rows.length,
    );
    const view = new DataView(region.buffer());
    const memory = new Uint8Array(region.buffer());
    let at = 0;
    view.setInt32(region.offsets, 0, true);
    for (const [row, { partition, timestamp }] of rows.entries()) {
      const position = this.#positions[partition] ?? 0;
      this.#positions[partition] = position + 1;
      memory.set(records[row] as Buffer, region.bytes + at);
      at += (records[row] as Buffer).length;
      view.setInt32(region.offsets + 4 * (row + 1), at, true);
      view.setInt32(region.partitions + 4 * row, partition, true);
      view.setBigInt64(region.positions + 8 * row, BigInt(position), true);
      view.setBigInt64(region.timestamps + 8 * row, timestamp === undefined ? NO_TIMESTAMP : BigInt(timestamp), true);
    }
  }

  pause(partitions: readonly number[]): void {
    this.asked.push(...partitions.map((partition) => `pause ${partition}`));
    for (const partition of partitions) this.paused.add(partition);
  }

  resume(partitions: readonly number[]): void {
    this.asked.push(...partitions.map((partition) => `resume ${partition}`));
    for (const partition of partitions) this.paused.delete(partition);
  }

  commit(): void {}

  lag(): readonly PartitionLag[] {
    return this.#positions.map((position, partition) => ({
      partition,
      position: BigInt(position),
      highWatermark: null,
    }));
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** One step a poll. */
export function stepsOf(steps: readonly Step[]): () => Step | null {
  let at = 0;
  return () => steps[at++] ?? null;
}
