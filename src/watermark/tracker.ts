/**
 * A table's watermark: the minimum over its live partitions, never going back. A partition is live until it is finished
 * (its bound is reached) or idle. Idle means read to its end over a live connection AND silent for the whole time-out: a
 * partition that lags, is paused or cannot be reached holds the watermark back and is named by `holdback`. An empty
 * partition that was read to its end does not hold anything back before its first row. Pure: the time is an argument.
 * Rules: docs "Watermarks"; Flink's CombinedWatermarkStatus is the model for the minimum.
 */
import type { EpochMs } from "../core/type.ts";

/** Watermark of a source that will give no more rows: every window closes. */
export const END_OF_TIME: EpochMs = Number.MAX_SAFE_INTEGER;

export interface PartitionState {
  readonly index: number;
  readonly name: string;
  /** Largest value of the WATERMARK expression, floored to ms; null before the first row. */
  watermark: EpochMs | null;
  caughtUp: boolean;
  /** It was read as far as can be, and there are records of an open transaction behind that. */
  held: boolean;
  finished: boolean;
  idle: boolean;
  /** Processing time since when nothing came. */
  silentSince: EpochMs;
}

/**
 * What the partitions of one worker have to say about the table's watermark: their own least, END_OF_TIME when all are finished,
 * `unknown` while a live one has none, `silent` when none is live, `absent` when there are none.
 */
export type Standing = EpochMs | "unknown" | "silent" | "absent";

/** The least of all workers'; null when that says nothing: one does not know its own, or nobody is live and not all are finished. */
export function leastOf(standings: readonly Standing[]): EpochMs | null {
  if (standings.includes("unknown")) return null;
  const known = standings.filter((standing) => typeof standing === "number");
  const least = known.length === 0 ? null : Math.min(...known);
  return least === END_OF_TIME && standings.includes("silent") ? null : least;
}

/** Why a table's watermark stands where it stands. */
export interface Holdback {
  readonly partition: PartitionState;
  readonly reason: "lowest watermark" | "no event time seen yet" | "an open transaction";
}

/** Decisions that are remembered for people to see. */
const MAX_DECISIONS = 50;

/** A change of idleness: replay and recovery obey the log of these. */
export interface IdleDecision {
  readonly partition: number;
  readonly idle: boolean;
  readonly at: EpochMs;
}

export class WatermarkTracker {
  readonly #partitions: PartitionState[] = [];
  readonly #idleTimeoutMs: number;
  readonly #decisions: IdleDecision[] = [];
  #decisionCount = 0;
  #current: EpochMs | null = null;

  /** `idleTimeoutMs` 0 switches idleness off: a silent partition then holds the watermark for ever. */
  constructor(idleTimeoutMs: number) {
    this.#idleTimeoutMs = idleTimeoutMs;
  }

  get current(): EpochMs | null {
    return this.#current;
  }

  get partitions(): readonly Readonly<PartitionState>[] {
    return this.#partitions;
  }

  /** The latest ones, oldest first. */
  get decisions(): readonly IdleDecision[] {
    return this.#decisions;
  }

  /** Of all there were. */
  get decisionCount(): number {
    return this.#decisionCount;
  }

  addPartition(index: number, name: string, now: EpochMs): void {
    this.#partitions[index] = {
      index,
      name,
      watermark: null,
      caughtUp: false,
      held: false,
      finished: false,
      idle: false,
      silentSince: now,
    };
  }

  /** Rows came from the partition; `watermark` null when none of them had an event time. Returns a wake-up, if it was one. */
  observe(index: number, watermark: EpochMs | null, now: EpochMs): IdleDecision | null {
    const partition = this.#partition(index);
    if (watermark !== null && (partition.watermark === null || watermark > partition.watermark)) {
      partition.watermark = watermark;
    }
    partition.silentSince = now;
    partition.caughtUp = false;
    partition.held = false;
    return this.#wake(partition, now);
  }

  caughtUp(index: number): void {
    const partition = this.#partition(index);
    partition.caughtUp = true;
    partition.held = false;
  }

  /** Records are there that cannot be read yet: they hold the watermark back like any unread ones. May be a wake-up. */
  hold(index: number, now: EpochMs): IdleDecision | null {
    const partition = this.#partition(index);
    if (partition.finished) return null;
    partition.caughtUp = false;
    partition.held = true;
    return this.#wake(partition, now);
  }

  finish(index: number): void {
    this.#partition(index).finished = true;
  }

  get allFinished(): boolean {
    return this.#partitions.length > 0 && this.#partitions.every((p) => p.finished);
  }

  /** Declares partitions idle whose time is up. */
  tick(now: EpochMs): IdleDecision[] {
    const decisions: IdleDecision[] = [];
    if (this.#idleTimeoutMs === 0) return decisions;
    for (const partition of this.#partitions) {
      if (partition.idle || partition.finished || !partition.caughtUp) continue;
      if (now - partition.silentSince < this.#idleTimeoutMs) continue;
      partition.idle = true;
      decisions.push(this.#remember({ partition: partition.index, idle: true, at: now }));
    }
    return decisions;
  }

  /** The watermark after what was observed, here and by other workers; never less than before. Null: no row has been seen. */
  advance(others: readonly Standing[] = []): EpochMs | null {
    const low = leastOf([this.standing, ...others]);
    if (low !== null && (this.#current === null || low > this.#current)) this.#current = low;
    return this.#current;
  }

  get standing(): Standing {
    if (this.#partitions.length === 0) return "absent";
    if (this.allFinished) return END_OF_TIME;
    let low: EpochMs | null = null;
    for (const partition of this.#partitions) {
      if (!isLive(partition)) continue;
      if (partition.watermark === null) return "unknown";
      if (low === null || partition.watermark < low) low = partition.watermark;
    }
    return low ?? "silent";
  }

  /** The partition that keeps the watermark where it is; null when none is live. */
  holdback(): Holdback | null {
    let lowest: PartitionState | null = null;
    for (const partition of this.#partitions) {
      if (!isLive(partition)) continue;
      if (partition.watermark === null) return { partition, reason: reasonOf(partition) ?? "no event time seen yet" };
      if (lowest === null || partition.watermark < (lowest.watermark ?? 0)) lowest = partition;
    }
    return lowest && { partition: lowest, reason: reasonOf(lowest) ?? "lowest watermark" };
  }

  #wake(partition: PartitionState, now: EpochMs): IdleDecision | null {
    if (!partition.idle) return null;
    partition.idle = false;
    return this.#remember({ partition: partition.index, idle: false, at: now });
  }

  #remember(decision: IdleDecision): IdleDecision {
    this.#decisionCount++;
    this.#decisions.push(decision);
    if (this.#decisions.length > MAX_DECISIONS) this.#decisions.shift();
    return decision;
  }

  #partition(index: number): PartitionState {
    const partition = this.#partitions[index];
    if (partition === undefined) throw new RangeError(`partition ${index} was never added`);
    return partition;
  }
}

function reasonOf({ held }: PartitionState): "an open transaction" | null {
  return held ? "an open transaction" : null;
}

/** An empty partition read to its end joins with its first row: it holds nothing back until then. */
function isLive(partition: PartitionState): boolean {
  if (partition.finished || partition.idle) return false;
  return partition.watermark !== null || !partition.caughtUp;
}
