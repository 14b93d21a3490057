/**
 * The one error type that crosses folders. `domain` says whose move it is: the user's (edit the query or the data), the
 * outside world's (a broker, a disk), or ours (a bug). Bugs are raised by `assert` and exit with code 70.
 */

export type ErrorDomain = "user" | "external" | "internal";

/** Exit codes people and scripts rely on. */
export const ExitCode = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  bug: 70,
  stateCorrupt: 71,
  fenced: 72,
  storage: 73,
  configuration: 74,
  service: 75,
  inputGap: 76,
} as const;
export type ExitCode = (typeof ExitCode)[keyof typeof ExitCode];

/** Half-open range of UTF-16 offsets into a source text. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface EngineErrorOptions {
  readonly domain: ErrorDomain;
  /** Stable, upper-case, dash-separated: `UNKNOWN-COLUMN`. Printed as `error[CODE]`. */
  readonly code: string;
  readonly exitCode?: ExitCode;
  readonly hint?: string;
  readonly span?: Span;
  readonly retryable?: boolean;
  readonly cause?: unknown;
}

export class EngineError extends Error {
  readonly domain: ErrorDomain;
  readonly code: string;
  readonly exitCode: ExitCode;
  readonly hint: string | undefined;
  readonly span: Span | undefined;
  readonly retryable: boolean;

  constructor(message: string, options: EngineErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "EngineError";
    this.domain = options.domain;
    this.code = options.code;
    this.exitCode = options.exitCode ?? (options.domain === "internal" ? ExitCode.bug : ExitCode.checkFailed);
    this.hint = options.hint;
    this.span = options.span;
    this.retryable = options.retryable ?? false;
  }
}

/** Raises our own bug. Never use it for input. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new EngineError(message, { domain: "internal", code: "BUG" });
}

export function unreachable(value: never): never {
  throw new EngineError(`unexpected value ${JSON.stringify(value)}`, { domain: "internal", code: "BUG" });
}
