/**
 * Text from a request to a value that can be compared with a column's cells. Strict: the whole text must be a literal of
 * the column's type, and what cannot be kept exactly is refused with the reason, never rounded.
 */
import { daysFromCivil, isCivilDate, MS_PER_DAY } from "../core/calendar.ts";
import type { DataType } from "../core/type.ts";
import { timestampUnitsPerMs } from "../core/value.ts";

/** A value to compare cells with. A decimal keeps its own scale, at least the column's. */
export type Operand =
  | { readonly kind: "number"; readonly value: number | bigint }
  | { readonly kind: "boolean"; readonly value: boolean }
  /** UTF-8 for strings. */
  | { readonly kind: "bytes"; readonly value: Uint8Array }
  | { readonly kind: "decimal"; readonly unscaled: bigint; readonly scale: number };

/** Thrown with what the text should have been: `a whole number`. */
export class LiteralError extends Error {}

/** Longest literal of a number or time that is looked at. */
const MAX_LITERAL = 128;
const utf8 = new TextEncoder();

export function parseOperand(type: DataType, text: string): Operand {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return { kind: "bytes", value: utf8.encode(text) };
    case "bytes":
      return { kind: "bytes", value: parseBytes(text) };
  }
  if (text.length > MAX_LITERAL) throw new LiteralError(`a literal of at most ${MAX_LITERAL} characters`);
  switch (type.kind) {
    case "boolean":
      if (text !== "true" && text !== "false") throw new LiteralError("true or false");
      return { kind: "boolean", value: text === "true" };
    case "decimal":
      return parseDecimal(text, type.scale);
    case "float":
      return { kind: "number", value: Math.fround(parseDouble(text)) };
    case "double":
      return { kind: "number", value: parseDouble(text) };
    case "date":
      return { kind: "number", value: parseDate(text) };
    case "time":
      return { kind: "number", value: parseTime(text) };
    case "timestamp":
    case "timestamp_ltz":
      return { kind: "number", value: parseTimestamp(text, type.precision) };
    case "row":
    case "array":
    case "map":
    case "null":
      throw new LiteralError("a column of another type: this one has no literals");
    default:
      return { kind: "number", value: parseInteger(text) };
  }
}

/** Beyond the type's range is fine: no cell equals it, and it compares. */
function parseInteger(text: string): bigint {
  if (!/^[+-]?\d+$/.test(text)) throw new LiteralError("a whole number");
  return BigInt(text.startsWith("+") ? text.slice(1) : text);
}

function parseDouble(text: string): number {
  if (/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return Number(text);
  if (/^(NaN|[+-]?Infinity)$/.test(text)) return Number(text);
  throw new LiteralError("a number such as 12.5 or 1e-3");
}

function parseDecimal(text: string, columnScale: number): Operand {
  const parts = /^([+-]?)(\d*)(?:\.(\d*))?$/.exec(text);
  const whole = parts?.[2] ?? "";
  const fraction = (parts?.[3] ?? "").replace(/0+$/, "");
  if (parts === null || whole + (parts[3] ?? "") === "") throw new LiteralError("a plain number such as 12.50");
  const scale = Math.max(columnScale, fraction.length);
  const magnitude = BigInt(whole + fraction.padEnd(scale, "0"));
  return { kind: "decimal", unscaled: parts[1] === "-" ? -magnitude : magnitude, scale };
}

function parseBytes(text: string): Uint8Array {
  const digits = /^x'((?:[0-9a-fA-F]{2})*)'$/.exec(text)?.[1];
  if (digits === undefined) throw new LiteralError("bytes such as x'0aff'");
  return Uint8Array.fromHex(digits);
}

const DATE = /^(\d{4})-(\d{2})-(\d{2})/;
const CLOCK = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?/;
const ZONE = /^(?:Z|([+-])(\d{2}):?(\d{2}))$/;

function parseDate(text: string): number {
  const days = text.length === 10 ? matchDate(text) : null;
  if (days === null) throw new LiteralError("a date such as 2024-05-01");
  return days;
}

function parseTime(text: string): number {
  const clock = matchClock(text);
  if (clock === null || clock.length !== text.length) throw new LiteralError("a time such as 12:30:00");
  if (clock.nanos % 1_000_000 !== 0) throw new LiteralError("a time with at most 3 fraction digits");
  return clock.secondOfDay * 1000 + clock.nanos / 1_000_000;
}

/**
 * `2024-05-01`, `2024-05-01 12:00[:00[.fff]]` with a blank or `T`, then nothing, `Z` or an offset (nothing is UTC); or
 * whole milliseconds since the epoch.
 */
export function parseTimestamp(text: string, precision: number): bigint {
  const units = BigInt(timestampUnitsPerMs(precision));
  if (/^-?\d{5,19}$/.test(text)) return BigInt(text) * units;
  const days = matchDate(text);
  if (days === null) throw timestampError();
  const rest = text.slice(10);
  if (rest === "") return BigInt(days * MS_PER_DAY) * units;
  const clock = /^[T ]/.test(rest) ? matchClock(rest.slice(1)) : null;
  if (clock === null) throw timestampError();
  const zone = rest.slice(1 + clock.length);
  const seconds = days * 86_400 + clock.secondOfDay - offsetSeconds(zone);
  const nanosPerUnit = precision > 6 ? 1 : 1000;
  if (clock.nanos % nanosPerUnit !== 0) throw new LiteralError("a timestamp with at most 6 fraction digits");
  return BigInt(seconds) * 1000n * units + BigInt(clock.nanos / nanosPerUnit);
}

function timestampError(): LiteralError {
  return new LiteralError("a timestamp such as 2024-05-01T12:00:00Z, or milliseconds since 1970");
}

function offsetSeconds(zone: string): number {
  if (zone === "") return 0;
  const parts = ZONE.exec(zone);
  if (parts === null) throw timestampError();
  const seconds = Number(parts[2] ?? 0) * 3600 + Number(parts[3] ?? 0) * 60;
  return parts[1] === "-" ? -seconds : seconds;
}

function matchDate(text: string): number | null {
  const parts = DATE.exec(text);
  if (parts === null) return null;
  const date = { year: Number(parts[1]), month: Number(parts[2]), day: Number(parts[3]) };
  return isCivilDate(date) ? daysFromCivil(date) : null;
}

function matchClock(text: string): { secondOfDay: number; nanos: number; length: number } | null {
  const parts = CLOCK.exec(text);
  if (parts === null) return null;
  const [hour, minute, second] = [Number(parts[1]), Number(parts[2]), Number(parts[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const nanos = Number((parts[4] ?? "").padEnd(9, "0"));
  return { secondOfDay: hour * 3600 + minute * 60 + second, nanos, length: parts[0].length };
}
