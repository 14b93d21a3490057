/**
 * What happens to a record that gave no row: with policy `fail` the job stops with an error that names table, partition, offset
 * (and line, where the source has lines), the byte that is wrong and what was expected there, and shows the record around it;
 * with `skip` it is counted, and the same words about one of the last are in the job's status. Never silent either way.
 */
import {
  BAD_EXPRESSION,
  BAD_FIELD,
  BAD_JSON,
  BAD_MISSING_FIELD,
  BAD_NOT_OBJECT,
  BAD_NULL_TIME,
  BAD_UTF8,
} from "../../assembly/shared/status.ts";
import { safeText } from "../connectors/print/safe-text.ts";
import { EngineError } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import { describeJsonValue, findJsonFault, findUtf8Fault, type JsonFault } from "../formats/json-fault.ts";
import type { BadRow } from "../kernel/bad-row.ts";
import type { TableDefinition } from "../plan/plan.ts";
import type { ExpressionFailure } from "./failing-expression.ts";

export type BadRowPolicy = "fail" | "skip" | "dead-letter";

/** Bytes of a record that are shown, and how many of them before the fault when it is further in. */
const EXCERPT_BYTES = 160;
const EXCERPT_BEFORE = 80;

export interface BadRecord {
  readonly bad: BadRow;
  readonly table: string;
  /** `clicks[3]`, or a file. */
  readonly partition: string;
  /** Offset in the partition. */
  readonly position: bigint;
  /** Line of the file, from 1; null where there are no lines or it is not known. */
  readonly line: number | null;
  readonly bytes: Uint8Array;
  /** The table's event time; null when it has none. */
  readonly timeColumn: string | null;
  /** Which expression fails on which values; null where none does or it is not known. */
  readonly failure: ExpressionFailure | null;
}

/** The column whose values the table's watermark follows. */
export function timeColumnOf({ columns, watermark }: TableDefinition): string | null {
  return watermark === null ? null : (columns[watermark.column]?.name ?? null);
}

/** The error a job with policy `fail` ends with. */
export function badRowError(record: BadRecord): EngineError {
  const span = record.failure?.span;
  return new EngineError(describeBadRow(record), {
    domain: "user",
    code: "MALFORMED-RECORD",
    hint: hintFor(record),
    ...(span === undefined ? {} : { span }),
  });
}

/** One line, safe to show: a record must not be able to move the cursor or retitle the window of who reads it. */
export function describeBadRow(record: BadRecord): string {
  const { table, partition, position, line } = record;
  const bytes = withoutLineEnd(record.bytes);
  const { at, message } = faultOf({ ...record, bytes });
  const where = `${partition} offset ${position}${line === null ? "" : ` (line ${line})`}`;
  const what = at !== null ? `, byte ${at}: ${message}` : message.startsWith(":") ? message : ` ${message}`;
  return safeText(`table "${table}": record at ${where}${what}, in ${excerpt(bytes, at ?? 0)}`);
}

/** What is wrong with the record, without where it is. Depends on the record alone. */
export function reasonOf(record: BadRecord): string {
  const bytes = withoutLineEnd(record.bytes);
  const { at, message } = faultOf({ ...record, bytes });
  return safeText(at === null ? message : `byte ${at}: ${message}`);
}

const reasonWords: Readonly<Record<number, string>> = {
  [BAD_JSON]: "is not JSON",
  [BAD_UTF8]: "is not UTF-8",
  [BAD_NOT_OBJECT]: "expected a JSON object",
  [BAD_FIELD]: "a value does not fit",
  [BAD_MISSING_FIELD]: "a field is missing for",
  [BAD_NULL_TIME]: "has no event time",
  [BAD_EXPRESSION]: "makes an expression fail in",
};

/** The same in fewer words, without a look at the record. */
export function shortReason({ reason, at, column }: BadRow): string {
  const words = reasonWords[reason] ?? `was refused for reason ${reason}`;
  return safeText(`${at < 0 ? "" : `byte ${at}: `}${words}${column === null ? "" : ` column "${column}"`}`);
}

function withoutLineEnd(bytes: Uint8Array): Uint8Array {
  if (bytes.at(-1) !== 10) return bytes;
  return bytes.subarray(0, bytes.at(-2) === 13 ? -2 : -1);
}

interface Fault {
  readonly at: number | null;
  readonly message: string;
}

function faultOf({ bad, bytes, timeColumn, failure }: BadRecord): Fault {
  switch (bad.reason) {
    case BAD_JSON:
      return within(findJsonFault(bytes), "is not JSON");
    case BAD_UTF8:
      return within(findUtf8Fault(bytes), "is not UTF-8");
    case BAD_NOT_OBJECT:
      return notObject(bad, bytes);
    case BAD_FIELD:
      return misfit(bad, bytes);
    case BAD_MISSING_FIELD:
      return missing(bad, bytes);
    case BAD_NULL_TIME:
      return { at: null, message: `has no event time in ${columnText(bad, timeColumn)}` };
    case BAD_EXPRESSION:
      return expressionFault(bad, failure);
    default:
      return { at: null, message: `was refused for reason ${bad.reason}` };
  }
}

function expressionFault(bad: BadRow, failure: ExpressionFailure | null): Fault {
  const column = bad.column === null ? "" : ` (${columnText(bad)})`;
  return {
    at: null,
    message: failure === null ? `makes an expression fail${column}` : `: ${failure.message}${column}`,
  };
}

/** `otherwise` is said of a record in which the second look finds nothing. */
function within(fault: JsonFault | null, otherwise: string): Fault {
  return fault ?? { at: null, message: otherwise };
}

function notObject(bad: BadRow, bytes: Uint8Array): Fault {
  const at = Math.max(0, bad.at);
  const { path, text } = describeJsonValue(bytes, at);
  const expected = path === "" ? "a JSON object or an array of objects" : "a JSON object";
  return { at, message: `expected ${expected}, found ${text}` };
}

function misfit(bad: BadRow, bytes: Uint8Array): Fault {
  const { path, text } = describeJsonValue(bytes, bad.at);
  const type = bad.field === null ? "" : ` of type ${formatType(bad.field.type)}`;
  const where = path === null || path === bad.column ? "" : ` at "${path}"`;
  return { at: bad.at, message: `${text}${where} does not fit ${columnText(bad)}${type}` };
}

function missing(bad: BadRow, bytes: Uint8Array): Fault {
  const name = bad.field?.path.join(".") ?? "";
  const message = name === bad.column ? `has no field "${name}"` : `has no field "${name}" for ${columnText(bad)}`;
  const { path } = describeJsonValue(bytes, bad.at);
  if (path === null || path === "") return { at: null, message };
  return { at: bad.at, message: `the object at "${path}" ${message}` };
}

function columnText(bad: BadRow, otherwise: string | null = null): string {
  const name = bad.column ?? otherwise;
  return name === null ? "a column" : `column "${name}"`;
}

function hintFor({ bad, failure }: BadRecord): string {
  const skip = "'bad-row.policy' = 'skip' in WITH (…) counts such";
  switch (bad.reason) {
    case BAD_NULL_TIME:
      return "SET 'table.exec.source.rowtime-null-handling' = 'DROP' counts and drops such rows";
    case BAD_EXPRESSION:
      return `${failure?.hint == null ? "" : `${failure.hint}; `}${skip} rows and goes on`;
    default:
      return `'json.ignore-parse-errors' = 'true' or ${skip} records and goes on`;
  }
}

/** The record's beginning, or the bytes around `at` where that is further in. */
function excerpt(bytes: Uint8Array, at: number): string {
  const from = at < EXCERPT_BYTES - EXCERPT_BEFORE / 2 ? 0 : characterStart(bytes, at - EXCERPT_BEFORE);
  const to = Math.min(bytes.length, from + EXCERPT_BYTES);
  const end = to < bytes.length ? characterStart(bytes, to) : to;
  const text = new TextDecoder().decode(bytes.subarray(from, end));
  return `${from > 0 ? "…" : ""}${end < bytes.length ? `${text}…` : text.trimEnd()}`;
}

/** `at`, or the character's first byte when `at` is inside one. */
function characterStart(bytes: Uint8Array, at: number): number {
  let start = at;
  while (start > at - 3 && start > 0 && ((bytes[start] as number) & 0xc0) === 0x80) start--;
  return start;
}
