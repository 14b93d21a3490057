/**
 * What the server needs of the rest, as interfaces: it is created from these parts and knows no engine, so that a test, the
 * command line and an embedding program plug in what they have.
 */
import type { Batch } from "../core/batch.ts";
import type { EpochMs, Schema } from "../core/type.ts";
import type { JobStatus } from "../engine/status.ts";
import type { MetricRegistry } from "../metrics/metrics.ts";
import type { View } from "../views/view.ts";

export interface ViewProvider {
  list(): readonly View[];
  get(name: string): View | undefined;
}

export interface JobInfo {
  /** Stable, used in paths. */
  readonly id: string;
  /** `pipeline.name`, or what stands in for it. */
  readonly name: string;
  readonly status: JobStatus;
  /** Why it failed; null otherwise. */
  readonly error: { readonly code: string; readonly message: string; readonly hint: string | null } | null;
  /** The plan as JSON text without secrets (`planToPublicJson`). */
  readonly plan: string;
}

export interface JobProvider {
  list(): readonly JobInfo[];
  get(id: string): JobInfo | undefined;
  /** Resolves once the job was told; it ends when its sinks are flushed. */
  stop(id: string): Promise<void>;
}

/** Encoders of result rows besides JSON; the engine has them from `formats`. */
export interface RowFormats {
  csv(batch: Batch): Uint8Array;
  /** A whole Arrow IPC stream. */
  arrow(schema: Schema, batches: readonly Batch[]): Uint8Array;
}

export interface StreamLimits {
  /** Streams open at once; one more is refused with 503. */
  readonly clients: number;
  /** A client this many changes behind, and not reading, is dropped. */
  readonly behindRows: number;
  /** Rows of one event at most. */
  readonly eventRows: number;
  readonly heartbeatMs: number;
}

export interface ServerParts {
  readonly views: ViewProvider;
  readonly jobs: JobProvider;
  readonly metrics: MetricRegistry;
  readonly formats: RowFormats;
  readonly clock: { now(): EpochMs };
  /** `/readyz`: null when requests can be answered with sense, else what is missing. */
  readonly notReady: () => string | null;
  readonly version: string;
  /** Address listened on; decides which Host headers are taken. */
  readonly host: string;
  /** Further host names under which people reach this server. */
  readonly allowedHosts?: readonly string[];
  /** Tells this run of the server from others, so that a stream never resumes in another's numbers. */
  readonly instance: string;
  readonly streamLimits?: Partial<StreamLimits>;
  /** Hears of requests that ended in our own fault. */
  readonly onFault?: (error: unknown) => void;
}

export const defaultStreamLimits: StreamLimits = {
  clients: 500,
  behindRows: 100_000,
  eventRows: 500,
  heartbeatMs: 15_000,
};
