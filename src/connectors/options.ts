/**
 * Reads connector options: text from `WITH (…)` into numbers, lengths of time and sizes, with one form of error that names the
 * table, the option and what it takes. Knows no connector.
 */
import { parseDuration, parseSize } from "../core/duration.ts";
import { EngineError, ExitCode } from "../core/error.ts";

export type Options = Readonly<Record<string, string>>;

/** Options of one table, and the table's name for messages. */
export interface TableOptions {
  readonly table: string;
  readonly options: Options;
  /** What messages name in place of the table, where there is none: `topic "clicks"`. */
  readonly subject?: string;
}

/** A table option that cannot be honoured: the job does not start (exit code 74). */
export function optionError(from: TableOptions, message: string, hint: string): EngineError {
  return new EngineError(`${from.subject ?? `table "${from.table}"`}: ${message}`, {
    domain: "user",
    code: "TABLE-OPTION",
    exitCode: ExitCode.configuration,
    hint,
  });
}

export function requiredText(from: TableOptions, name: string): string {
  const text = readText(from, name);
  if (text !== null && text.trim() !== "") return text;
  throw optionError(from, `option "${name}" is missing`, `add '${name}' = '…' to WITH (…)`);
}

export function readText(from: TableOptions, name: string): string | null {
  return Object.hasOwn(from.options, name) ? (from.options[name] as string) : null;
}

/** A whole number within [min, max], both at most 2^53 − 1. Null where the option is absent. */
export function readInteger(from: TableOptions, name: string, range: { min: number; max: number }): number | null {
  const text = readText(from, name);
  if (text === null) return null;
  const value = /^\s*[+-]?\d{1,16}\s*$/.test(text) ? Number(text) : Number.NaN;
  if (value >= range.min && value <= range.max) return value;
  throw optionError(from, `option "${name}" is "${text}"`, `it takes a whole number from ${range.min} to ${range.max}`);
}

/** Milliseconds. Null where the option is absent. */
export function readDuration(from: TableOptions, name: string): number | null {
  const text = readText(from, name);
  if (text === null) return null;
  const value = parseDuration(text);
  if (value !== null) return value;
  throw optionError(from, `option "${name}" is "${text}"`, "it takes a length of time: 500 ms, 10 s, 5 min, 2 h, 1 d");
}

/** Bytes. Null where the option is absent. */
export function readSize(from: TableOptions, name: string): number | null {
  const text = readText(from, name);
  if (text === null) return null;
  const value = parseSize(text);
  if (value !== null) return value;
  throw optionError(from, `option "${name}" is "${text}"`, "it takes a size: 4096, 64 kb, 128 mb");
}
