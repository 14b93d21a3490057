/**
 * Where to start and where to stop, per partition, from the table's modes: everything becomes an offset when the source opens,
 * so that what is read does not depend on when records arrive. Rules of Flink's OffsetsInitializers; a position the log no
 * longer has is an input gap (exit code 76), never a silent jump.
 */
import { EngineError, ExitCode } from "../../core/error.ts";
import { optionError } from "../options.ts";
import type { BoundMode, KafkaSourceOptions, StartMode } from "./options.ts";
import { type Cluster, OffsetSpec, type TopicPartition } from "./topics.ts";

export interface PlannedPartition extends TopicPartition {
  readonly start: bigint;
  /** First offset not to read; null = none. */
  readonly bound: bigint | null;
  /** The log's end when asked. */
  readonly end: bigint;
}

interface LogRange {
  readonly low: bigint;
  readonly end: bigint;
}

/** The end counts open transactions as not there yet when only committed records are read. */
export async function planPartitions(
  cluster: Cluster,
  options: KafkaSourceOptions,
  partitions: readonly TopicPartition[],
): Promise<PlannedPartition[]> {
  const ranges = await logRanges(cluster, options, partitions);
  const starts = await offsetsOf(options.start, { cluster, options, partitions, ranges, isStart: true });
  const bounds = await offsetsOf(options.bound, { cluster, options, partitions, ranges, isStart: false });
  return partitions.map((at, index) => {
    const range = ranges[index] as LogRange;
    const start = starts[index] ?? range.low;
    if (options.start.kind === "group" || options.start.kind === "specific") checkInLog(at, start, range);
    return { topic: at.topic, partition: at.partition, start, bound: bounds[index] ?? null, end: range.end };
  });
}

/** Partitions that appear while the job runs are read from their beginning. */
export async function planNewPartitions(
  cluster: Cluster,
  options: KafkaSourceOptions,
  partitions: readonly TopicPartition[],
): Promise<PlannedPartition[]> {
  const ranges = await logRanges(cluster, options, partitions);
  return partitions.map((at, index) => {
    const { low, end } = ranges[index] as LogRange;
    return { topic: at.topic, partition: at.partition, start: low, bound: null, end };
  });
}

async function logRanges(
  cluster: Cluster,
  { properties }: KafkaSourceOptions,
  partitions: readonly TopicPartition[],
): Promise<LogRange[]> {
  const stable = properties.values.get("isolation.level") !== "read_uncommitted";
  const ask = (offset: bigint) =>
    cluster.listOffsets(
      partitions.map((at) => ({ ...at, offset })),
      stable,
    );
  const low = await ask(OffsetSpec.earliest);
  const end = await ask(OffsetSpec.latest);
  return partitions.map((_, index) => ({ low: low[index]?.offset ?? 0n, end: end[index]?.offset ?? 0n }));
}

interface Question {
  readonly cluster: Cluster;
  readonly options: KafkaSourceOptions;
  readonly partitions: readonly TopicPartition[];
  readonly ranges: readonly LogRange[];
  readonly isStart: boolean;
}

/** One offset a partition; null = no bound. */
async function offsetsOf(mode: StartMode | BoundMode, question: Question): Promise<(bigint | null)[]> {
  const { cluster, partitions, ranges } = question;
  switch (mode.kind) {
    case "unbounded":
      return partitions.map(() => null);
    case "earliest":
      return ranges.map(({ low }) => low);
    case "latest":
      return ranges.map(({ end }) => end);
    case "timestamp": {
      const asked = partitions.map((at) => ({ ...at, offset: BigInt(mode.at) }));
      const answers = await cluster.listOffsets(asked, false);
      return answers.map(({ offset }, index) => (offset >= 0n ? offset : (ranges[index] as LogRange).end));
    }
    case "group":
      return committedOffsets(question);
    case "specific":
      return specificOffsets(mode.offsets, question);
  }
}

async function committedOffsets(question: Question): Promise<bigint[]> {
  const { cluster, partitions, options } = question;
  const answers = await cluster.committed(partitions);
  return answers.map(({ offset }, index) => (offset >= 0n ? offset : withoutCommit(question, index, options)));
}

function withoutCommit({ partitions, ranges, isStart }: Question, index: number, options: KafkaSourceOptions): bigint {
  const { low, end } = ranges[index] as LogRange;
  const { offsetReset, groupId } = options.properties;
  if (isStart && offsetReset === "earliest") return low;
  if (isStart && offsetReset === "latest") return end;
  const { topic, partition } = partitions[index] as TopicPartition;
  const name = isStart ? "scan.startup.mode" : "scan.bounded.mode";
  const hint = isStart
    ? "set 'properties.auto.offset.reset' = 'earliest', or 'scan.startup.mode' = 'earliest-offset'"
    : "choose another 'scan.bounded.mode'";
  const message = `option "${name}" is group-offsets and group "${groupId}" has committed nothing for "${topic}[${partition}]"`;
  throw optionError({ table: options.table, options: {} }, message, hint);
}

/**
 * Partitions that are not listed: a start is what the group has committed, else the beginning; as a bound it means that the
 * partition is not read at all.
 */
async function specificOffsets(offsets: ReadonlyMap<number, bigint>, question: Question): Promise<bigint[]> {
  const { cluster, partitions, ranges, options, isStart } = question;
  for (const partition of offsets.keys()) {
    if (partitions.some((at) => at.partition === partition)) continue;
    const name = isStart ? "scan.startup.specific-offsets" : "scan.bounded.specific-offsets";
    const message = `option "${name}" names partition ${partition}, which topic "${partitions[0]?.topic}" has not`;
    throw optionError(
      { table: options.table, options: {} },
      message,
      `it has partitions 0 to ${partitions.length - 1}`,
    );
  }
  if (!isStart) return partitions.map(({ partition }) => offsets.get(partition) ?? 0n);
  const rest = options.properties.groupId === null ? null : await cluster.committed(partitions);
  return partitions.map(({ partition }, index) => {
    const committed = rest?.[index]?.offset ?? -1n;
    return offsets.get(partition) ?? (committed >= 0n ? committed : (ranges[index] as LogRange).low);
  });
}

function checkInLog({ topic, partition }: TopicPartition, start: bigint, { low, end }: LogRange): void {
  if (start >= low && start <= end) return;
  const gap = start < low ? `${low - start} records before it are gone` : "the log ends before it";
  throw inputGap(`"${topic}[${partition}]" cannot start at offset ${start}: the log has ${low} to ${end}; ${gap}`);
}

/** Offsets that should be there are lost (exit code 76). */
export function inputGap(message: string): EngineError {
  return new EngineError(message, {
    domain: "external",
    code: "INPUT-GAP",
    exitCode: ExitCode.inputGap,
    hint: "to go on without them choose 'scan.startup.mode' = 'earliest-offset'",
  });
}
