/**
 * Literals from their text: exact numbers, dates, times, timestamps and intervals, in the units the plan keeps them in.
 * Each reader returns null for text that is not of the form, and never rounds a number. Typing follows Calcite: a whole
 * number is INT or else BIGINT, one with a point DECIMAL(digits, digits behind the point), one with an exponent DOUBLE.
 */
import { daysFromCivil, isCivilDate, MS_PER_DAY } from "../core/calendar.ts";
import type { DataType } from "../core/type.ts";
import type { IntervalUnit } from "../sql/tree.ts";
import type { LiteralValue } from "./plan.ts";
import { BIGINT, DOUBLE, INT, MAX_DECIMAL_PRECISION } from "./type-rules.ts";

export interface TypedLiteral {
  readonly value: LiteralValue;
  readonly type: DataType;
}

const INT_MAX = 2n ** 31n - 1n;
const BIGINT_MAX = 2n ** 63n - 1n;

/** `1`, `1.50`, `.5`, `1e3`, with an optional sign of its own so that −2^63 can be written. Null: too large to hold. */
export function readNumber(text: string, negative: boolean): TypedLiteral | null {
  if (/e/i.test(text)) {
    const value = Number(text);
    return Number.isFinite(value) ? { value: negative ? -value : value, type: DOUBLE } : null;
  }
  const point = text.indexOf(".");
  if (point === -1 || point === text.length - 1) {
    const value = (negative ? -1n : 1n) * BigInt(point === -1 ? text : text.slice(0, point));
    if (value >= -INT_MAX - 1n && value <= INT_MAX) return { value, type: INT };
    return value >= -BIGINT_MAX - 1n && value <= BIGINT_MAX ? { value, type: BIGINT } : null;
  }
  const digits = text.slice(0, point) + text.slice(point + 1);
  const scale = text.length - point - 1;
  const precision = Math.max(digits.replace(/^0+(?=\d)/, "").length, scale, 1);
  if (precision > MAX_DECIMAL_PRECISION) return null;
  const declared = Math.min(Math.max(digits.length, precision), MAX_DECIMAL_PRECISION);
  return { value: (negative ? -1n : 1n) * BigInt(digits), type: { kind: "decimal", precision: declared, scale } };
}

export interface TemporalText {
  /** Days for DATE, milliseconds of the day for TIME, nanoseconds since the epoch for timestamps. */
  readonly value: bigint;
  /** Digits of the fraction as written. */
  readonly precision: number;
}

const datePattern = /^(\d{4})-(\d{1,2})-(\d{1,2})$/;
const clockPattern = /^(\d{1,2}):(\d{1,2})(?::(\d{1,2})(?:\.(\d{1,9}))?)?$/;

export function readDate(text: string): TemporalText | null {
  const match = datePattern.exec(text.trim());
  if (match === null) return null;
  const date = { year: Number(match[1]), month: Number(match[2]), day: Number(match[3]) };
  return isCivilDate(date) ? { value: BigInt(daysFromCivil(date)), precision: 0 } : null;
}

export function readTime(text: string): TemporalText | null {
  const clock = readClock(text.trim());
  return clock === null ? null : { value: clock.value / 1_000_000n, precision: clock.precision };
}

/** `2024-05-01[ |T]12:00[:00[.123456789]]`, or a date alone (midnight); a `Z` may close it. */
export function readTimestamp(text: string): TemporalText | null {
  const trimmed = text.trim().replace(/Z$/, "");
  const cut = trimmed.search(/[ T]/);
  const date = readDate(cut === -1 ? trimmed : trimmed.slice(0, cut));
  if (date === null) return null;
  const midnight = date.value * BigInt(MS_PER_DAY) * 1_000_000n;
  if (cut === -1) return { value: midnight, precision: 0 };
  const clock = readClock(trimmed.slice(cut + 1));
  return clock === null ? null : { value: midnight + clock.value, precision: clock.precision };
}

/** Nanoseconds of the day. */
function readClock(text: string): TemporalText | null {
  const match = clockPattern.exec(text);
  if (match === null) return null;
  const [hour, minute, second] = [Number(match[1]), Number(match[2]), Number(match[3] ?? 0)];
  if (hour > 23 || minute > 59 || second > 59) return null;
  const fraction = match[4] ?? "";
  const seconds = BigInt((hour * 60 + minute) * 60 + second);
  return { value: seconds * 1_000_000_000n + BigInt(fraction.padEnd(9, "0")), precision: fraction.length };
}

/** Nanoseconds to the unit a timestamp of this precision is kept in, cut to its digits. */
export function cutTimestamp(nanoseconds: bigint, precision: number): bigint {
  const step = 10n ** BigInt(9 - precision);
  const remainder = ((nanoseconds % step) + step) % step;
  const cut = nanoseconds - remainder;
  return precision <= 6 ? cut / 1000n : cut;
}

const unitMs: Readonly<Record<string, bigint>> = {
  WEEK: 604_800_000n,
  DAY: 86_400_000n,
  HOUR: 3_600_000n,
  MINUTE: 60_000n,
  SECOND: 1000n,
};
const unitMonths: Readonly<Record<string, bigint>> = { YEAR: 12n, QUARTER: 3n, MONTH: 1n };

/** `count` units as an interval literal: milliseconds or months. */
export function intervalOf(count: bigint, unit: IntervalUnit): TypedLiteral {
  const months = unitMonths[unit];
  if (months !== undefined) return { value: count * months, type: { kind: "interval_month" } };
  return { value: count * (unitMs[unit] ?? 1n), type: { kind: "interval_day" } };
}

/** Below this no interval overflows the milliseconds it is kept in. */
const MAX_INTERVAL_DIGITS = 10;

/** The text between the quotes of `INTERVAL '…' from [TO to]`. */
export function readInterval(text: string, from: IntervalUnit, to: IntervalUnit | null): TypedLiteral | null {
  const trimmed = text.trim();
  const negative = trimmed.startsWith("-");
  const body = trimmed.replace(/^[+-]\s*/, "");
  const magnitude = to === null ? readSingle(body, from) : readCompound(body, from, to);
  if (magnitude === null) return null;
  return negative ? { value: -(magnitude.value as bigint), type: magnitude.type } : magnitude;
}

function readSingle(body: string, unit: IntervalUnit): TypedLiteral | null {
  const match = /^(\d+)(?:\.(\d{1,9}))?$/.exec(body);
  if (match === null || (match[1] as string).length > MAX_INTERVAL_DIGITS) return null;
  const whole = intervalOf(BigInt(match[1] as string), unit);
  if (match[2] === undefined) return whole;
  if (unit !== "SECOND") return null;
  const ms = BigInt(match[2].padEnd(3, "0").slice(0, 3));
  return { value: (whole.value as bigint) + ms, type: whole.type };
}

const dayTimeUnits: readonly IntervalUnit[] = ["DAY", "HOUR", "MINUTE", "SECOND"];

function readCompound(body: string, from: IntervalUnit, to: IntervalUnit): TypedLiteral | null {
  if (from === "YEAR" && to === "MONTH") {
    const match = /^(\d{1,4})-(\d{1,2})$/.exec(body);
    if (match === null || Number(match[2]) > 11) return null;
    return { value: BigInt(match[1] as string) * 12n + BigInt(match[2] as string), type: { kind: "interval_month" } };
  }
  const first = dayTimeUnits.indexOf(from);
  const last = dayTimeUnits.indexOf(to);
  if (first === -1 || last <= first) return null;
  const parts = body.split(/[ :]/);
  if (parts.length !== last - first + 1) return null;
  const joined = parts.slice(1).reduce((text, part, i) => text + separatorAfter(first + i) + part, parts[0] as string);
  if (joined !== body) return null;
  let total = 0n;
  for (const [i, part] of parts.entries()) {
    const unit = dayTimeUnits[first + i] as IntervalUnit;
    const value = readSingle(part, unit);
    if (value === null || (i > 0 && Number.parseInt(part, 10) >= (unit === "HOUR" ? 24 : 60))) return null;
    total += value.value as bigint;
  }
  return { value: total, type: { kind: "interval_day" } };
}

/** What stands behind the unit at this place: a blank behind days, a colon behind the rest. */
function separatorAfter(unit: number): string {
  return unit === 0 ? " " : ":";
}
