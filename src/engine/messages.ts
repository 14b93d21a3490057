/**
 * What the engine's thread and the main thread say to each other. Results travel in the ring (frame kind = index of the
 * query, payload = an encoded batch); everything else is one of these small messages.
 */
import { EngineError, type EngineErrorOptions, ExitCode, type Span } from "../core/error.ts";
import type { WorkerPlace } from "./assemble-job.ts";
import type { QueryDigest } from "./result-digest.ts";
import type { JobStatus } from "./status.ts";

export interface StartMessage {
  readonly kind: "start";
  /** `planToJson` of the checked plan. */
  readonly plan: string;
  /** Results for the main thread; null in workers that are not the first. */
  readonly ring: SharedArrayBuffer | null;
  readonly kernel: Uint8Array;
  /** Null when there is one worker only. */
  readonly workers: WorkerPlace | null;
  /** Whether digests of results are wanted at the end. */
  readonly recorded: boolean;
}

export type ToEngine = StartMessage | { readonly kind: "stop" };

export type FromEngine =
  | { readonly kind: "status"; readonly status: JobStatus }
  | { readonly kind: "notice"; readonly text: string }
  | {
      readonly kind: "ended";
      readonly reason: "finished" | "stopped";
      readonly status: JobStatus;
      /** By query; none where none was asked for, or another worker gives the results. */
      readonly digests: readonly QueryDigest[];
    }
  | { readonly kind: "failed"; readonly error: PlainError };

/** An EngineError as a plain value: class and prototype do not survive the way between threads. */
export interface PlainError {
  readonly message: string;
  readonly domain: EngineErrorOptions["domain"];
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | null;
  readonly span: Span | null;
  readonly stack: string | null;
}

export function toPlainError(error: unknown): PlainError {
  if (error instanceof EngineError) {
    const { message, domain, code, exitCode, hint, span } = error;
    return {
      message,
      domain,
      code,
      exitCode,
      hint: hint ?? null,
      span: span ?? null,
      stack: domain === "internal" ? (error.stack ?? null) : null,
    };
  }
  const message = error instanceof Error ? error.message : String(error);
  const stack = error instanceof Error ? (error.stack ?? null) : null;
  return { message, domain: "internal", code: "BUG", exitCode: ExitCode.bug, hint: null, span: null, stack };
}

export function fromPlainError(plain: PlainError): EngineError {
  const { message, domain, code, exitCode } = plain;
  return new EngineError(message, {
    domain,
    code,
    exitCode,
    ...(plain.hint === null ? {} : { hint: plain.hint }),
    ...(plain.span === null ? {} : { span: plain.span }),
    ...(plain.stack === null ? {} : { cause: plain.stack }),
  });
}
