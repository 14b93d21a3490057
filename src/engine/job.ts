/**
 * The engine's core: (event, state) → (state, effects). It decides when watermarks move, which windows may close, when a
 * partition is idle, what is paused, what is committed and when the job ends, and does none of it: the driver does, and
 * reports back as the next event. No clock, no broker, no kernel in here, so a test with a simulated broker drives exactly
 * the code the process runs.
 */
import type { EpochMs } from "../core/type.ts";
import { END_OF_TIME, type IdleDecision, type Standing, WatermarkTracker } from "../watermark/tracker.ts";

export interface JobSourceSettings {
  readonly name: string;
  readonly idleTimeoutMs: number;
  /** Partitions further ahead of the slowest than this are paused; 0 = never. */
  readonly maxDriftMs: number;
}

export interface JobSettings {
  readonly sources: readonly JobSourceSettings[];
  /** How often progress is committed where the outside world keeps it. */
  readonly commitIntervalMs: number;
  /** How long changes of results that have no window are gathered before they leave. */
  readonly changesIntervalMs: number;
  /** Whether there are windows of processing time. */
  readonly clocked?: boolean;
}

export type JobEvent =
  | {
      readonly kind: "partition-added";
      readonly source: number;
      readonly partition: number;
      readonly name: string;
      readonly now: EpochMs;
    }
  /** A vector-wise ingest of one poll ended. `watermarks` and `positions` hold what the kernel and the source know now. */
  | {
      readonly kind: "ingested";
      readonly source: number;
      readonly now: EpochMs;
      readonly partitions: readonly IngestedPartition[];
    }
  /** Read to its end, or (held) as far as can be: records of an open transaction stand behind it. */
  | {
      readonly kind: "caught-up" | "held";
      readonly source: number;
      readonly partition: number;
      /** Next position to read: may have moved without rows, past control records. */
      readonly position: bigint;
      readonly now: EpochMs;
    }
  | { readonly kind: "finished"; readonly source: number; readonly partition: number; readonly now: EpochMs }
  /** Where the partitions of the source stand that other workers read. */
  | {
      readonly kind: "others";
      readonly source: number;
      readonly standings: readonly Standing[];
      readonly now: EpochMs;
    }
  | { readonly kind: "tick"; readonly now: EpochMs }
  /** Everything written so far is durable in every sink. */
  | { readonly kind: "flushed"; readonly now: EpochMs }
  | { readonly kind: "stop"; readonly now: EpochMs };

export interface IngestedPartition {
  readonly partition: number;
  /** After the rows; null without event time. */
  readonly watermark: EpochMs | null;
  /** Next position to read. */
  readonly position: bigint;
}

export type JobEffect =
  /** Close what the watermark closes in every query of the source, and emit it. */
  | { readonly kind: "advance"; readonly source: number; readonly watermark: EpochMs }
  /** Close the windows of processing time that end at `time` + 1 ms or before, and emit them. */
  | { readonly kind: "clock"; readonly time: EpochMs }
  | { readonly kind: "pause" | "resume"; readonly source: number; readonly partitions: readonly number[] }
  | { readonly kind: "decision"; readonly source: number; readonly decision: IdleDecision }
  /** Emit the changes of results without a window, and of windows whose time for it has come. */
  | { readonly kind: "emit-changes"; readonly now: EpochMs }
  /** Flush sinks, then report `flushed`. */
  | { readonly kind: "flush" }
  | { readonly kind: "commit"; readonly source: number; readonly positions: ReadonlyMap<number, bigint> }
  /** Close sources and sinks; the job is over. */
  | { readonly kind: "end"; readonly reason: "finished" | "stopped" };

interface SourceState {
  readonly settings: JobSourceSettings;
  readonly tracker: WatermarkTracker;
  readonly positions: Map<number, bigint>;
  readonly paused: Set<number>;
  others: readonly Standing[];
  advanced: EpochMs | null;
}

export type JobPhase = "running" | "flushing" | "ending" | "ended";

export class Job {
  readonly #sources: readonly SourceState[];
  readonly #settings: JobSettings;
  #phase: JobPhase = "running";
  #endReason: "finished" | "stopped" = "finished";
  #lastCommit: EpochMs;
  #lastChanges: EpochMs;
  #pendingCommit: { source: number; positions: Map<number, bigint> }[] = [];
  /** Flushes asked for and not yet reported: what was written before the last one is durable when none is left. */
  #openFlushes = 0;

  constructor(settings: JobSettings, now: EpochMs) {
    this.#settings = settings;
    this.#lastCommit = now;
    this.#lastChanges = now;
    this.#sources = settings.sources.map((source) => ({
      settings: source,
      tracker: new WatermarkTracker(source.idleTimeoutMs),
      positions: new Map(),
      paused: new Set(),
      others: [],
      advanced: null,
    }));
  }

  get phase(): JobPhase {
    return this.#phase;
  }

  /** For status pages: where a source's watermark stands and why. */
  tracker(source: number): WatermarkTracker {
    return this.#source(source).tracker;
  }

  pausedPartitions(source: number): ReadonlySet<number> {
    return this.#source(source).paused;
  }

  /** Applies one event. Effects are to be performed in order. */
  step(event: JobEvent): JobEffect[] {
    if (this.#phase === "ended") return [];
    switch (event.kind) {
      case "partition-added":
        this.#source(event.source).tracker.addPartition(event.partition, event.name, event.now);
        return [];
      case "ingested":
        return this.#ingested(event);
      case "caught-up":
      case "held":
        return this.#atEnd(event);
      case "finished":
        this.#source(event.source).tracker.finish(event.partition);
        return [...this.#progress(event.source), ...this.#endWhenDone(event.now)];
      case "others":
        this.#source(event.source).others = event.standings;
        return [...this.#progress(event.source), ...this.#endWhenDone(event.now)];
      case "tick":
        return this.#tick(event.now);
      case "flushed":
        return this.#flushed();
      case "stop":
        return this.#beginEnd("stopped", event.now);
    }
  }

  #ingested(event: Extract<JobEvent, { kind: "ingested" }>): JobEffect[] {
    const source = this.#source(event.source);
    const effects: JobEffect[] = [];
    for (const partition of event.partitions) {
      source.positions.set(partition.partition, partition.position);
      const decision = source.tracker.observe(partition.partition, partition.watermark, event.now);
      if (decision !== null) effects.push({ kind: "decision", source: event.source, decision });
    }
    effects.push(...this.#progress(event.source));
    return effects;
  }

  #atEnd({
    kind,
    source: index,
    partition,
    position,
    now,
  }: Extract<JobEvent, { kind: "caught-up" | "held" }>): JobEffect[] {
    const { tracker, positions } = this.#source(index);
    positions.set(partition, position);
    if (kind === "caught-up") {
      tracker.caughtUp(partition);
      return this.#progress(index);
    }
    const decision = tracker.hold(partition, now);
    return decision === null ? [] : [{ kind: "decision", source: index, decision }];
  }

  #tick(now: EpochMs): JobEffect[] {
    const effects: JobEffect[] = [];
    this.#sources.forEach((source, index) => {
      for (const decision of source.tracker.tick(now)) effects.push({ kind: "decision", source: index, decision });
      effects.push(...this.#progress(index));
    });
    // What is read from now on has this time or a later one.
    if (this.#settings.clocked === true) effects.push({ kind: "clock", time: now - 1 });
    if (this.#phase === "running" && now - this.#lastChanges >= this.#settings.changesIntervalMs) {
      this.#lastChanges = now;
      effects.push({ kind: "emit-changes", now });
    }
    if (this.#phase === "running" && now - this.#lastCommit >= this.#settings.commitIntervalMs) {
      this.#lastCommit = now;
      effects.push(...this.#beginCommit(now));
    }
    return effects;
  }

  /** Watermark first, then drift: a paused partition may be let go by the very advance it waited for. */
  #progress(index: number): JobEffect[] {
    const source = this.#source(index);
    const effects: JobEffect[] = [];
    const watermark = source.tracker.advance(source.others);
    if (watermark !== null && watermark !== source.advanced) {
      source.advanced = watermark;
      effects.push({ kind: "advance", source: index, watermark });
    }
    if (source.settings.maxDriftMs > 0) effects.push(...this.#align(index));
    return effects;
  }

  #align(index: number): JobEffect[] {
    const source = this.#source(index);
    const low = source.tracker.current;
    if (low === null || low === END_OF_TIME) return [];
    const pause: number[] = [];
    const resume: number[] = [];
    for (const partition of source.tracker.partitions) {
      const ahead = partition.watermark !== null && partition.watermark - low > source.settings.maxDriftMs;
      if (ahead && !partition.finished && !source.paused.has(partition.index)) pause.push(partition.index);
      if (!ahead && source.paused.has(partition.index)) resume.push(partition.index);
    }
    for (const partition of pause) source.paused.add(partition);
    for (const partition of resume) source.paused.delete(partition);
    const effects: JobEffect[] = [];
    if (pause.length > 0) effects.push({ kind: "pause", source: index, partitions: pause });
    if (resume.length > 0) effects.push({ kind: "resume", source: index, partitions: resume });
    return effects;
  }

  #endWhenDone(now: EpochMs): JobEffect[] {
    const over = this.#sources.every((source) => source.tracker.current === END_OF_TIME);
    return over ? this.#beginEnd("finished", now) : [];
  }

  #beginEnd(reason: "finished" | "stopped", now: EpochMs): JobEffect[] {
    if (this.#phase === "ending") return [];
    this.#phase = "ending";
    this.#endReason = reason;
    const clocked = this.#settings.clocked === true && reason === "finished";
    return [...(clocked ? [{ kind: "clock", time: END_OF_TIME } as const] : []), ...this.#flush(now)];
  }

  #beginCommit(now: EpochMs): JobEffect[] {
    if (this.#sources.every((source) => source.positions.size === 0)) return [];
    this.#phase = "flushing";
    return this.#flush(now);
  }

  #flush(now: EpochMs): JobEffect[] {
    this.#pendingCommit = this.#sources.map((source, index) => ({
      source: index,
      positions: new Map(source.positions),
    }));
    this.#openFlushes++;
    return [{ kind: "emit-changes", now }, { kind: "flush" }];
  }

  #flushed(): JobEffect[] {
    this.#openFlushes--;
    if (this.#openFlushes > 0) return [];
    const effects: JobEffect[] = [];
    for (const commit of this.#pendingCommit) {
      if (commit.positions.size > 0) effects.push({ kind: "commit", ...commit });
    }
    this.#pendingCommit = [];
    if (this.#phase === "ending") {
      this.#phase = "ended";
      effects.push({ kind: "end", reason: this.#endReason });
    } else this.#phase = "running";
    return effects;
  }

  #source(index: number): SourceState {
    const source = this.#sources[index];
    if (source === undefined) throw new RangeError(`no source ${index}`);
    return source;
  }
}
