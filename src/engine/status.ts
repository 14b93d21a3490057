/**
 * What a running job says about itself: plain numbers, posted from the engine's thread a few times a second and read by the
 * HTTP server, the metrics and the command line. Rows add up: rows = counted + late + filtered + bad, for every query.
 */

import type { EpochMs } from "../core/type.ts";
import type { QueryCounters, QueryEffort, SourceCounters } from "../kernel/counters.ts";
import type { Accounting } from "./accounting.ts";

export interface PartitionStatus {
  readonly name: string;
  readonly watermark: EpochMs | null;
  readonly position: string;
  /** Rows (Kafka) or bytes (files) between the position and the last known end; null when unknown. */
  readonly lag: number | null;
  readonly idle: boolean;
  readonly finished: boolean;
  readonly paused: boolean;
  /** Processing time since when nothing came. */
  readonly silentSince: EpochMs;
}

/** A partition fell silent and holds the watermark back no more, or woke and does again. */
export interface IdleChange {
  /** Name of the partition. */
  readonly partition: string;
  readonly idle: boolean;
  readonly at: EpochMs;
}

export interface SourceStatus extends SourceCounters {
  /** The engine's own: dead letters. Its records are no input. */
  readonly own: boolean;
  readonly name: string;
  /** How long decoding its records took, and what comes before the queries. */
  readonly decodingMs: number;
  readonly watermark: EpochMs | null;
  /** Names the partition that keeps the watermark where it is. */
  readonly holdback: string | null;
  readonly partitions: readonly PartitionStatus[];
  readonly warnings: number;
  readonly lastWarning: string | null;
  /** What was wrong with one of the last bad rows, as a failing job would say it; null before there is one. */
  readonly lastBadRow: string | null;
  /** The latest ones, oldest first. */
  readonly idleChanges: readonly IdleChange[];
  /** How many there were in all. */
  readonly idleChangeCount: number;
}

/** One step of a query: what the kernel runs as a query of its own. */
export interface OperatorStatus extends QueryCounters, QueryEffort {
  /** As EXPLAIN names it. */
  readonly title: string;
  /** Places of the operators whose rows it reads; none where it reads the table. */
  readonly reads: readonly number[];
  /** The table it reads, itself or through others. */
  readonly table: string;
}

export interface QueryStatus extends QueryCounters {
  /** Each behind those it reads; the last gives the rows. */
  readonly operators: readonly OperatorStatus[];
  /** End of the next window to close; of sessions a time that none ends before. Null where no window with rows is open. */
  readonly nextWindowEnd: EpochMs | null;
  /** How far beyond the end of a window the watermark has to be, in ms: rows joined by time come behind it. */
  readonly behindMs?: number;
  /** Null before the first batch, and for queries on late rows. */
  readonly accounting: Accounting | null;
  readonly label: string;
  readonly source: number;
}

export interface JobStatus {
  readonly phase: "starting" | "running" | "finished" | "stopped" | "failed";
  readonly at: EpochMs;
  readonly startedAt: EpochMs;
  readonly sources: readonly SourceStatus[];
  readonly queries: readonly QueryStatus[];
  readonly kernelBytes: number;
}

/** Before the engine's thread has said anything. */
export function emptyStatus(at: EpochMs): JobStatus {
  return { phase: "starting", at, startedAt: at, sources: [], queries: [], kernelBytes: 0 };
}
