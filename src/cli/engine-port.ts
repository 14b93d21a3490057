/**
 * What the command line asks of the engine: check a script, explain it, run it and say how it goes. The engine satisfies it and
 * `main.ts` joins the two, so commands are tested against the same shape that runs.
 */
import type { EngineError, ExitCode } from "../core/error.ts";
import type { EpochMs } from "../core/type.ts";
import type { Divergence } from "../engine/replay.ts";
import type { ExplainMode } from "../plan/plan-script.ts";

/** How rows of a bare SELECT are shown. */
export const printFormats = ["table", "json", "csv", "changelog"] as const;
export type PrintFormat = (typeof printFormats)[number];

/** Where rows of a bare SELECT go. */
export interface PrintTarget {
  write(text: string): void;
  /** Characters in a line of the terminal; null where there is none (a pipe, a file). */
  readonly columns: number | null;
  readonly color: boolean;
}

export interface Script {
  readonly text: string;
  /** For messages only. */
  readonly fileName: string;
  /** `--set` of the command line, in force before the script's own SET. */
  readonly settings: Readonly<Record<string, string>>;
}

export interface StartJobOptions extends Script {
  /** Null = keep nothing. */
  readonly stateDir: string | null;
  readonly allowStateLoss: boolean;
  /** Null = the engine chooses. */
  readonly workers: number | null;
  readonly format: PrintFormat;
  /** Ends when bounded inputs are used up, although the HTTP server could go on answering. */
  readonly untilEnd: boolean;
  /** Null = no HTTP; 0 = any free port. */
  readonly port: number | null;
  readonly host: string;
  /** Further names under which people reach the server. */
  readonly allowedHosts: readonly string[];
  readonly out: PrintTarget;
  /** Where a recording of the run is written when it has read its input to the end; null = nowhere. */
  readonly record: string | null;
}

export interface JobProgress {
  readonly phase: "starting" | "running" | "finished" | "stopped" | "failed";
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly late: number;
  /** Windows that had closed before a row came which others of its windows took. */
  readonly missed: number;
  /** Rows skipped or dead-lettered. */
  readonly bad: number;
  /** Partitions that are silent and hold the watermark back no more. */
  readonly idle: number;
  /** Windows with rows that are not emitted yet, over all queries. */
  readonly openWindows: number;
  /** The lowest of the tables' watermarks; null before the first and without event time. */
  readonly watermark: EpochMs | null;
  /** Rows (Kafka) or bytes (files) still to read; null when unknown. */
  readonly lag: number | null;
  readonly views: readonly string[];
  /** Null without HTTP. */
  readonly url: string | null;
}

export interface RunningJob {
  status(): JobProgress;
  /** Settles when the job is over and everything is closed. Rejects with the EngineError that ended it. */
  readonly done: Promise<ExitCode>;
  /** Stops in good order: reads no more, flushes sinks, commits. `done` settles afterwards. */
  stop(): Promise<void>;
}

export interface CheckResult {
  /** In order of the text. Empty = the script would start. */
  readonly errors: readonly EngineError[];
  readonly notices: readonly string[];
  /** Queries that would run. */
  readonly queries: number;
  /** EXPLAIN statements. */
  readonly explained?: number;
}

export interface ExplainOptions extends Script {
  /** What is asked of the script's queries; its EXPLAIN statements say it themselves. */
  readonly mode: ExplainMode;
  /** How long to run what is analyzed, at most. */
  readonly forMs: number;
}

export interface ReplayOptions extends Script {
  readonly recording: { readonly text: string; readonly fileName: string };
  readonly workers: number;
}

export interface ReplayReport {
  readonly queries: number;
  readonly windows: number;
  readonly rows: number;
  readonly notices: readonly string[];
  /** In order; none: the replay gave what was recorded. */
  readonly divergences: readonly Divergence[];
}

export interface EnginePort {
  /** `workers`: how many it is to run with; 1 unless given. */
  checkScript(script: Script & { readonly workers?: number }): CheckResult;
  /** The text to print. Throws EngineError where the script does not check. */
  explainScript(script: ExplainOptions): string | Promise<string>;
  /** The text to print for the script's EXPLAIN statements; empty where it has none. */
  explainStatements(script: Omit<ExplainOptions, "mode">): Promise<string>;
  verifyReplay(script: ReplayOptions): Promise<ReplayReport>;
  /** Settles when the job runs. Rejects with EngineError where it cannot start. */
  startJob(options: StartJobOptions): Promise<RunningJob>;
}
