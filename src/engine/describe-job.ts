/** Gathers a `JobStatus` from the job, the kernel and the sources. Reads only. */
import type { EpochMs } from "../core/type.ts";
import type { QueryCounters } from "../kernel/counters.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { END_OF_TIME } from "../watermark/tracker.ts";
import type { Accounting } from "./accounting.ts";
import { DeadLetterSource } from "./dead-letters.ts";
import type { Job } from "./job.ts";
import type { PipelineQuery, RunningSource } from "./pipeline-parts.ts";
import type { JobStatus, OperatorStatus, PartitionStatus, QueryStatus, SourceStatus } from "./status.ts";

export interface DescribeInput {
  readonly phase: JobStatus["phase"];
  readonly at: EpochMs;
  readonly startedAt: EpochMs;
  readonly job: Job;
  readonly kernel: Kernel;
  readonly sources: readonly RunningSource[];
  readonly queries: readonly PipelineQuery[];
  /** By query, as it stood after the last batch. */
  readonly accounts: readonly (Accounting | null)[];
}

export function describeJob(input: DescribeInput): JobStatus {
  return {
    phase: input.phase,
    at: input.at,
    startedAt: input.startedAt,
    sources: input.sources.map((source, index) => describeSource(input, source, index)),
    queries: input.queries.map((query, index) => describeQuery(input, query, index)),
    kernelBytes: input.kernel.memoryBytes,
  };
}

function describeSource(input: DescribeInput, running: RunningSource, index: number): SourceStatus {
  const tracker = input.job.tracker(index);
  const holdback = tracker.holdback();
  const lags = new Map(running.settings.source.lag().map((lag) => [lag.partition, lag]));
  const partitions = tracker.partitions.map((partition): PartitionStatus => {
    const lag = lags.get(partition.index);
    const behind = lag?.highWatermark == null ? null : Number(lag.highWatermark - lag.position);
    return {
      name: partition.name,
      watermark: partition.watermark,
      position: String(lag?.position ?? 0n),
      lag: behind,
      idle: partition.idle,
      finished: partition.finished,
      paused: input.job.pausedPartitions(index).has(partition.index),
      silentSince: partition.silentSince,
    };
  });
  return {
    ...input.kernel.sourceCounters(index),
    own: running.settings.source instanceof DeadLetterSource,
    name: running.settings.name,
    decodingMs: input.kernel.decodingMs(index),
    watermark: shownWatermark(tracker.current),
    holdback: holdback && `${holdback.partition.name}: ${holdback.reason}`,
    partitions,
    warnings: running.warnings,
    lastWarning: running.lastWarning,
    lastBadRow: running.lastBadRow,
    idleChanges: tracker.decisions.map(({ partition, idle, at }) => {
      return { partition: tracker.partitions[partition]?.name ?? `partition ${partition}`, idle, at };
    }),
    idleChangeCount: tracker.decisionCount,
  };
}

function describeQuery(input: DescribeInput, query: PipelineQuery, index: number): QueryStatus {
  const stages = query.stages.map((stage) => input.kernel.queryCounters(stage.query));
  const reading = stages.filter((_, place) => query.stages[place]?.reads);
  const last = stages[stages.length - 1] ?? input.kernel.queryCounters(index);
  const sum = (of: (counters: QueryCounters) => number, among = stages): number =>
    among.reduce((total, one) => total + of(one), 0);
  return {
    // What became of the rows that were read is told by the stages that read them.
    rows: sum(({ rows }) => rows, reading),
    counted: sum(({ counted }) => counted, reading),
    late: sum(({ late }) => late, reading),
    filtered: sum(({ filtered }) => filtered, reading),
    bad: sum(({ bad }) => bad, reading),
    missed: sum(({ missed }) => missed, reading),
    groups: sum(({ groups }) => groups),
    openWindows: sum(({ openWindows }) => openWindows),
    stateBytes: sum(({ stateBytes }) => stateBytes),
    // A projection gives one row for each that it counts.
    emitted: readsOnly(query) ? sum(({ counted }) => counted) : last.emitted,
    nextWindowEnd: leastOf(query.stages.map((stage) => input.kernel.nextClose(stage.query))),
    behindMs: Math.max(0, ...query.stages.map(({ behindMs }) => behindMs)),
    accounting: input.accounts[index] ?? null,
    operators: query.stages.map(
      (stage): OperatorStatus => ({
        title: stage.title,
        reads: stage.from,
        table: input.sources[stage.source]?.settings.name ?? "",
        ...input.kernel.queryCounters(stage.query),
        ...input.kernel.effort(stage.query),
      }),
    ),
    label: query.label,
    source: query.sources[0] ?? 0,
  };
}

function leastOf(times: readonly (EpochMs | null)[]): EpochMs | null {
  const known = times.filter((time) => time !== null);
  return known.length === 0 ? null : Math.min(...known);
}

function readsOnly({ stages }: PipelineQuery): boolean {
  return stages.every(({ kind }) => kind === "late") || (stages.length === 1 && stages[0]?.kind === "project");
}

/** The end of a bounded input is no point in time: shown as none. */
function shownWatermark(watermark: EpochMs | null): EpochMs | null {
  return watermark === END_OF_TIME ? null : watermark;
}
