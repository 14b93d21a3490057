/** What every command gets, and the flags several of them share. */
import { InvalidArgumentError } from "commander";
import { parseDuration } from "../core/duration.ts";
import { EngineError, ExitCode } from "../core/error.ts";
import type { EnginePort } from "./engine-port.ts";
import { type CliIo, type TextOutput, usesColor } from "./io.ts";
import type { ProducerPort } from "./producer-port.ts";
import { type RenderSpan, type RenderStyle, renderFailure, type SourceText } from "./render.ts";

/** Parts are loaded when a command first needs them: `version` starts no kernel. */
export interface CliDependencies {
  readonly io: CliIo;
  readonly engine: () => Promise<EnginePort>;
  readonly producer: () => Promise<ProducerPort>;
  readonly renderSpan: RenderSpan;
  /** `examples/clickstream.sql`. */
  readonly demoScript: () => Promise<string>;
  readonly version: string;
}

/** Reads `FILE` or `-` (standard input). Throws EngineError (exit code 2) that names the file. */
export async function readScript(io: CliIo, path: string): Promise<SourceText> {
  try {
    if (path === "-") return { text: await io.readStdin(), fileName: "<stdin>" };
    return { text: await io.readText(path), fileName: path };
  } catch (cause) {
    throw fileError(path, cause);
  }
}

const fileFaults = new Map([
  ["ENOENT", "is not there"],
  ["EISDIR", "is a folder"],
  ["EACCES", "may not be read by this user"],
]);

export function fileError(path: string, cause: unknown): EngineError {
  const { code, message } = cause as NodeJS.ErrnoException;
  const why = fileFaults.get(code ?? "") ?? `is not readable: ${message}`;
  return new EngineError(`file "${path}" ${why}`, {
    domain: "user",
    code: "FILE",
    exitCode: ExitCode.usage,
    hint: "name a file, or - for standard input",
    cause,
  });
}

export function styleOf({ io, renderSpan }: CliDependencies, output: TextOutput, json = false): RenderStyle {
  return { color: usesColor(io, output), json, renderSpan };
}

export function printFailure(
  dependencies: CliDependencies,
  failure: { error: unknown; source: SourceText | null; json?: boolean },
): void {
  const { stderr } = dependencies.io;
  const style = styleOf(dependencies, stderr, failure.json ?? false);
  stderr.write(renderFailure(failure.error, failure.source, style));
}

/** Nothing is wrong with such a script, and `run` refuses it. */
export const noQueryNotice = "the script has no query to run: add a SELECT or an INSERT INTO";

/** `--set 'key=value'`, again and again; quotes around either side, as in SQL's SET, are taken off. */
export function collectSetting(text: string, before: Readonly<Record<string, string>> = {}): Record<string, string> {
  const at = text.indexOf("=");
  const key = unquote(text.slice(0, at).trim());
  if (at < 0 || key === "") throw new InvalidArgumentError("write it as 'key=value'.");
  return { ...before, [key]: unquote(text.slice(at + 1).trim()) };
}

export function collectName(name: string, before: readonly string[] = []): string[] {
  return [...before, name];
}

function unquote(text: string): string {
  return /^'.*'$/s.test(text) ? text.slice(1, -1).replaceAll("''", "'") : text;
}

/** A parser for a whole number of [min, max]. */
export function wholeNumber(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= min && value <= max) return value;
    throw new InvalidArgumentError(`it takes a whole number from ${min} to ${max}.`);
  };
}

/** How long what EXPLAIN ANALYZE asks about runs at most, unless it is said. */
export const ANALYZED_MS = 10_000;

/** A parser for a length of time, `10 s`, in milliseconds. */
export function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === null || ms === 0) throw new InvalidArgumentError("it takes a length of time, such as '10 s' or '2 min'.");
  return ms;
}
