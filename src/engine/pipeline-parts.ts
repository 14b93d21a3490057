/** What a pipeline is made of, and what it keeps of a source while it runs. */
import type { Clock, InputRegion, Sink, Source, SourcePartition } from "../connectors/connector.ts";
import type { EpochMs } from "../core/type.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { QueryProgram } from "../kernel/program.ts";
import type { BadRowPolicy } from "./bad-rows.ts";
import type { PartialsIn, PartialsOut } from "./exchange.ts";
import type { ExplainFailure } from "./failing-expression.ts";
import type { JobEffect } from "./job.ts";

export interface PipelineSource {
  readonly name: string;
  readonly source: Source;
  /** Indices of the queries that read it. */
  readonly queries: readonly number[];
  readonly badRows: BadRowPolicy;
  /** Name of the source that bad rows go to, with policy `dead-letter`. */
  readonly deadLetterTable: string | null;
  readonly idleTimeoutMs: number;
  readonly maxDriftMs: number;
  /** The event time, when the table has a watermark. */
  readonly timeColumn: string | null;
}

export interface PipelineQuery {
  readonly label: string;
  /** The sources it reads, each once. */
  readonly sources: readonly number[];
  /** The kernel's queries, each behind those it reads; the last one gives the rows. */
  readonly stages: readonly PipelineStage[];
  readonly sink: Sink;
}

export interface PipelineStage {
  /** Number of the kernel's query. */
  readonly query: number;
  /** A projection gives rows while it reads, a window when the watermark closes it, OVER when the stage before does. */
  readonly kind: QueryProgram["kind"];
  /** How often its open windows give what has changed in them, in ms: 0 = whenever changes leave, null = never. */
  readonly everyMs: number | null;
  /** Reads a source itself. */
  readonly reads: boolean;
  /** The source at the bottom. */
  readonly source: number;
  /** A join whose rows leave when their window has closed. */
  readonly windowed: boolean;
  /** A join whose rows leave memory when the watermark has passed them. */
  readonly timed: boolean;
  /** Windows of processing time: the clock closes them. */
  readonly clocked: boolean;
  /** How far behind the watermark rows may come that the stage reads, in ms. */
  readonly behindMs: number;
  /** What it does, for people. */
  readonly title: string;
  /** Places of the stages whose rows it reads. */
  readonly from: readonly number[];
}

export interface PipelineParts {
  readonly kernel: Kernel;
  readonly sources: readonly PipelineSource[];
  readonly queries: readonly PipelineQuery[];
  readonly clock: Clock;
  readonly commitIntervalMs: number;
  /** How long changes of a result are gathered before they leave. */
  readonly changesIntervalMs: number;
  /** Gives the thread's other work (messages, timers) its turn; waits about `ms`. */
  readonly rest: (ms: number) => Promise<void>;
  /** Finds the expression that fails on a row; without it the column is named alone. */
  readonly explain?: ExplainFailure;
  /** Where the rows and the state of this worker go, when another one gives the results. */
  readonly gives?: PartialsOut;
  /** What other workers give to this one. */
  readonly takes?: PartialsIn;
  /** Sources that only the first worker reads. */
  readonly pinned?: ReadonlySet<number>;
  readonly decided?: (effect: Extract<JobEffect, { kind: "decision" }>) => void;
}

/** What the pipeline keeps about a source while it runs. */
export interface RunningSource {
  readonly settings: PipelineSource;
  readonly region: InputRegion;
  readonly partitions: SourcePartition[];
  readonly positions: Map<number, bigint>;
  /** How far its watermark has come; null before there is one. */
  watermark: EpochMs | null;
  warnings: number;
  lastWarning: string | null;
  lastBadRow: string | null;
  /** When `lastBadRow` may be written anew. */
  nextBadRow: EpochMs;
  /** Bad rows that were written as dead letters, by the planned query that refused them; −1: the record itself. */
  readonly deadLettered: Map<number, number>;
  /** Letters about a record of the batch in hand, by record and query. */
  readonly letters: Map<string, number>;
  done: boolean;
}
