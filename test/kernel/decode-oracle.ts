/**
 * What a record must give, worked out naively: JSON.parse for the grammar, regular expressions and BigInt for the values. It
 * shares nothing with the kernel. A number keeps its text (reviver's `source`), so that integers and decimals are exact.
 */
import type { DataType } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import type { DecodeOptions, TestField } from "./decode-harness.ts";

export const SKIP_EMPTY = 1;
export const SKIP_NOT_OBJECT = 2;
export const BAD_JSON = 16;
export const BAD_UTF8 = 17;
export const BAD_NOT_OBJECT = 18;
export const BAD_FIELD = 19;
export const BAD_MISSING_FIELD = 20;

/** A number's text. */
class NumberText {
  readonly source: string;

  constructor(source: string) {
    this.source = source;
  }
}

/** A value that does not fit. */
const misfit = Symbol("misfit");
/** An object or array as STRING: compared by meaning. */
export class JsonText {
  readonly value: unknown;

  constructor(value: unknown) {
    this.value = value;
  }
}
export type Expected = CellValue | JsonText;

export interface ExpectedOutcome {
  readonly rows: readonly (readonly Expected[])[];
  /** Reasons, bad and skipped alike, in order. */
  readonly reasons: readonly number[];
}

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function expectedOf(bytes: Uint8Array, fields: readonly TestField[], options: DecodeOptions): ExpectedOutcome {
  const ignore = options.ignoreParseErrors;
  const refuse = (reason: number): ExpectedOutcome => ({ rows: [], reasons: [ignore ? SKIP_NOT_OBJECT : reason] });
  const text = decodeText(bytes);
  if (text === null) return refuse(BAD_UTF8);
  if (/^[ \t\r\n]*$/.test(text)) return { rows: [], reasons: [SKIP_EMPTY] };
  const value = parse(text);
  if (value === misfit) return refuse(BAD_JSON);
  if (Array.isArray(value) && value.length === 0) return { rows: [], reasons: [SKIP_EMPTY] };
  const rows: (readonly Expected[])[] = [];
  const reasons: number[] = [];
  for (const element of Array.isArray(value) ? value : [value]) {
    const row = isObject(element) ? rowOf(element, fields, options) : BAD_NOT_OBJECT;
    if (typeof row === "number") reasons.push(ignore ? SKIP_NOT_OBJECT : row);
    else rows.push(row);
  }
  return { rows, reasons };
}

function decodeText(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text, (_key, value, context?: { source?: string }) =>
      typeof value === "number" ? new NumberText(context?.source ?? "") : value,
    );
  } catch {
    return misfit;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof NumberText);
}

function rowOf(
  object: Record<string, unknown>,
  fields: readonly TestField[],
  options: DecodeOptions,
): Expected[] | number {
  const row: Expected[] = [];
  for (const field of fields) {
    const value = fieldValue(object, field, options);
    if (value === misfit && !options.ignoreParseErrors) return BAD_FIELD;
    if (value === undefined && options.failOnMissingField) return BAD_MISSING_FIELD;
    row.push(value === misfit || value === undefined ? null : (value as Expected));
  }
  return row;
}

/** undefined = missing. */
function fieldValue(object: Record<string, unknown>, field: TestField, options: DecodeOptions): unknown {
  let value: unknown = object;
  for (const key of field.path) {
    if (value === null) return null;
    if (!isObject(value)) return misfit;
    if (!Object.hasOwn(value, key)) return undefined;
    value = value[key];
  }
  return value === null ? null : convert(field.type, value, options);
}

function convert(type: DataType, value: unknown, options: DecodeOptions): unknown {
  switch (type.kind) {
    case "boolean":
      return typeof value === "boolean" ? value : typeof value === "string" && trim(value).toLowerCase() === "true";
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return toInteger(type.kind, value);
    case "float":
    case "double":
      return toFloating(type.kind, value);
    case "decimal":
      return toDecimal(value, type.precision, type.scale);
    case "string":
    case "char":
    case "varchar":
      return toText(value);
    case "bytes":
      return toBytes(value);
    case "date":
      return typeof value === "string" ? toDate(value) : misfit;
    case "time":
      return typeof value === "string" ? toTime(value, type.precision) : misfit;
    case "timestamp":
    case "timestamp_ltz":
      return toTimestamp(type, value, options);
    default:
      throw new RangeError(`no oracle for ${type.kind}`);
  }
}

/** Java's String.trim. */
function trim(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: Java trims every character up to the blank
  return text.replace(/^[\x00-\x20]+|[\x00-\x20]+$/g, "");
}

const bits = { tinyint: 8, smallint: 16, int: 32, bigint: 64 } as const;

function toInteger(kind: keyof typeof bits, value: unknown): unknown {
  let whole: bigint;
  if (value instanceof NumberText) whole = scaled(value.source, 0).whole;
  else if (typeof value === "string" && /^[+-]?\d+$/.test(trim(value))) whole = BigInt(trim(value).replace(/^\+/, ""));
  else return misfit;
  if (BigInt.asIntN(bits[kind], whole) !== whole) return misfit;
  return kind === "bigint" ? whole : Number(whole);
}

/** Beyond this no number of a test fits anything; it keeps BigInt's work bounded. */
const HUGE = 400;

/** text × 10^scale, cut toward zero, and whether the first digit cut off is 5 or more. */
function scaled(text: string, scale: number): { whole: bigint; half: boolean } {
  const match = /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text);
  if (match === null) throw new RangeError(text);
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  if (digits === "") return { whole: 0n, half: false };
  const power = Math.max(-1e9, Math.min(1e9, Number(exponent))) - fraction.length + scale;
  const size = digits.length + power;
  if (size > HUGE) return { whole: (sign === "-" ? -1n : 1n) * 10n ** BigInt(HUGE), half: false };
  if (size < 0) return { whole: 0n, half: false };
  const kept = power >= 0 ? digits + "0".repeat(power) : digits.slice(0, size);
  const half = power < 0 && Number(digits[size]) >= 5;
  const value = BigInt(kept === "" ? "0" : kept);
  return { whole: sign === "-" ? -value : value, half };
}

const decimalText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

function toFloating(kind: "float" | "double", value: unknown): unknown {
  const text = value instanceof NumberText ? value.source : typeof value === "string" ? trim(value) : "";
  const special = typeof value === "string" && /^[+-]?(?:NaN|Infinity)$/.test(text);
  if (!special && !decimalText.test(text)) return misfit;
  const number = text.endsWith("NaN") ? Number.NaN : Number(text);
  return kind === "float" ? Math.fround(number) : number;
}

function toDecimal(value: unknown, precision: number, scale: number): unknown {
  const text = value instanceof NumberText ? value.source : typeof value === "string" ? trim(value) : "";
  if (!decimalText.test(text)) return misfit;
  const { whole, half } = scaled(text, scale);
  const rounded = half ? whole + (text.startsWith("-") ? -1n : 1n) : whole;
  return (rounded < 0n ? -rounded : rounded) < 10n ** BigInt(precision) ? rounded : null;
}

function toText(value: unknown): unknown {
  if (typeof value === "string") return value.toWellFormed();
  if (typeof value === "boolean") return String(value);
  return value instanceof NumberText ? value.source : new JsonText(plain(value));
}

/** The same with numbers as they are. */
export function plain(value: unknown): unknown {
  if (value instanceof NumberText) return Number(value.source);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

function toBytes(value: unknown): unknown {
  if (typeof value !== "string" || value.length % 4 !== 0) return misfit;
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(value)) return misfit;
  return new Uint8Array(Buffer.from(value, "base64"));
}

const MS_PER_DAY = 86_400_000;

/** Days since the epoch; null when there is no such day. Years −999999 … 999999. */
function daysOf(year: number, month: number, day: number): bigint | null {
  // 400 years are 146097 days: a year near 2000 of the same shape stands for the one meant.
  const shift = Math.floor((year - 2000) / 400);
  const ms = Date.UTC(year - shift * 400, month - 1, day);
  const date = new Date(ms);
  if (month < 1 || month > 12 || date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return null;
  return BigInt(ms / MS_PER_DAY) + BigInt(shift) * 146_097n;
}

const yearText = "([+-]\\d+|\\d{4})";
const dayText = `${yearText}-(\\d\\d)-(\\d\\d)`;

function readDay(parts: readonly (string | undefined)[]): bigint | null {
  const year = parts[0] ?? "";
  const digits = year.replace(/^[+-]/, "").length;
  if (digits < (year.startsWith("+") ? 5 : 4) || digits > 10 || Math.abs(Number(year)) > 999_999) return null;
  return daysOf(Number(year), Number(parts[1]), Number(parts[2]));
}

function toDate(text: string): unknown {
  const match = new RegExp(`^${dayText}$`).exec(text);
  const days = match === null ? null : readDay(match.slice(1));
  return days === null ? misfit : Number(days);
}

/** Nanoseconds of the day; null when there is no such time. */
function nanosOf(parts: readonly (string | undefined)[]): bigint | null {
  const [hour, minute, second = "0", fraction = ""] = parts;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const seconds = BigInt(Number(hour) * 3600 + Number(minute) * 60 + Number(second));
  return seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0").slice(0, 9));
}

function toTime(text: string, precision: number): unknown {
  const match = /^(\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?$/.exec(text);
  const nanos = match === null ? null : nanosOf(match.slice(1));
  if (nanos === null) return misfit;
  const unit = 10n ** BigInt(9 - precision);
  return Number(((nanos / unit) * unit) / 1_000_000n);
}

type TimestampType = Extract<DataType, { precision: number; kind: "timestamp" | "timestamp_ltz" }>;

function toTimestamp(type: TimestampType, value: unknown, options: DecodeOptions): unknown {
  if (value instanceof NumberText) {
    if (options.timestampFormat !== "lenient") return misfit;
    const ms = scaled(value.source, 0).whole;
    return BigInt.asIntN(64, ms) === ms ? stored(type, ms * 1_000_000n) : misfit;
  }
  if (typeof value !== "string") return misfit;
  const match = timestampPattern(type, options.timestampFormat).exec(value);
  if (match === null) return misfit;
  const day = readDay(match.slice(1, 4));
  const nanos = nanosOf(match.slice(4, 8));
  const offset = offsetNanos(match[8]);
  if (day === null || nanos === null || offset === null) return misfit;
  return stored(type, day * BigInt(MS_PER_DAY) * 1_000_000n + nanos - offset);
}

function timestampPattern(type: TimestampType, format: DecodeOptions["timestampFormat"]): RegExp {
  const zone = type.kind === "timestamp_ltz" ? "(Z)" : "()";
  const fraction = "(?:\\.(\\d{1,9}))?";
  if (format === "SQL") return new RegExp(`^${dayText} (\\d\\d):(\\d\\d):(\\d\\d)${fraction}${zone}$`);
  if (format === "ISO-8601") return new RegExp(`^${dayText}T(\\d\\d):(\\d\\d)(?::(\\d\\d)${fraction})?${zone}$`);
  const offset = "( ?(?:[Zz]|[+-]\\d\\d(?::?\\d\\d(?::?\\d\\d)?)?))?";
  return new RegExp(`^${dayText}[ Tt](\\d\\d):(\\d\\d)(?::(\\d\\d)(?:\\.(\\d+))?)?${offset}$`);
}

function offsetNanos(text: string | undefined): bigint | null {
  const zone = (text ?? "").trim();
  if (zone === "" || /^[Zz]$/.test(zone)) return 0n;
  const [hours, minutes = 0, seconds = 0] = (zone.slice(1).match(/\d\d/g) ?? []).map(Number);
  if (hours === undefined || hours > 18 || minutes > 59 || seconds > 59) return null;
  const offset = hours * 3600 + minutes * 60 + seconds;
  if (offset > 64_800) return null;
  return BigInt(zone.startsWith("-") ? -offset : offset) * 1_000_000_000n;
}

/** Cut to the precision, in the unit it is kept in. */
function stored(type: TimestampType, nanos: bigint): unknown {
  const unit = 10n ** BigInt(9 - type.precision);
  const cut = nanos - (((nanos % unit) + unit) % unit);
  const value = type.precision > 6 ? cut : cut / 1000n;
  return BigInt.asIntN(64, value) === value ? value : misfit;
}
