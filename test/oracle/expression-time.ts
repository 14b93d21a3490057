/** Dates and times, one value at a time: text, intervals, units, patterns. */
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import {
  civil,
  DAY_SECONDS,
  daysOf,
  type Fields,
  fieldsOf,
  fractionText,
  monthLength,
  stepsPerDay,
  two,
} from "./expression-calendar.ts";
import { formatPattern } from "./expression-pattern.ts";
import {
  bitsOf,
  floorDiv,
  floorMod,
  inBits,
  type Operand,
  poison,
  stepsPerSecond,
  type Value,
} from "./expression-value.ts";

type Compute = (call: Extract<BoundExpression, { kind: "call" }>, args: readonly Operand[]) => Value;

function yearText(year: bigint): string {
  const digits = (year < 0n ? -year : year).toString().padStart(4, "0");
  return year < 0n ? `-${digits}` : year > 9999n ? `+${digits}` : digits;
}

function clockText(nanos: bigint): string {
  const seconds = nanos / 1_000_000_000n;
  return `${two(seconds / 3600n)}:${two((seconds / 60n) % 60n)}:${two(seconds % 60n)}`;
}

export function formatTime(value: bigint, type: DataType): string {
  const fields = fieldsOf(value, type);
  const precision = "precision" in type ? type.precision : 0;
  const date = `${yearText(fields.year)}-${two(fields.month)}-${two(fields.day)}`;
  if (type.kind === "date") return date;
  const digits = fractionText(fields.nanos).slice(0, precision);
  if (type.kind !== "time") return `${date} ${clockText(fields.nanos)}${precision === 0 ? "" : `.${digits}`}`;
  return `${clockText(fields.nanos)}${precision === 0 ? "" : `.${digits.replace(/0+$/, "") || "0"}`}`;
}

/** Days and nanoseconds of the day as a value of the type, cut to its precision; poison where it does not fit. */
function toType(days: bigint, nanos: bigint, type: DataType): Value {
  if (type.kind === "date") return days;
  const precision = "precision" in type ? type.precision : 0;
  const cut = nanos - (nanos % 10n ** BigInt(9 - precision));
  if (type.kind === "time") return cut / 1_000_000n;
  const steps = stepsPerDay(type);
  return inBits(days * steps + cut / ((DAY_SECONDS * 1_000_000_000n) / steps), 64);
}

const clock = String.raw`(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:\.(\d{0,9}))?)?)?`;
const datePattern = /^(\d{1,9})(?:-(\d{1,2})(?:-(\d{1,2}))?)?(?:[ T].*)?$/s;
const timestampPattern = new RegExp(String.raw`^(\d{4})-(\d{1,2})-(\d{1,2})(?:[ T]${clock})?Z?$`);
const timePattern = new RegExp(`^${clock}$`);

export function parseTimeText(input: string, to: DataType): Value {
  const text = input.replace(/^[\0- ]+|[\0- ]+$/g, "");
  if (to.kind === "date") {
    const [, year = "0", month = "1", day = "1"] = datePattern.exec(text) ?? [undefined, "99999"];
    const exists = Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && BigInt(year) <= 9999n;
    if (!exists || Number(day) > monthLength(BigInt(year), Number(month))) return poison;
    return daysOf(BigInt(year), Number(month), Number(day));
  }
  if (to.kind === "time") {
    const match = timePattern.exec(text);
    const nanos = match === null ? null : nanosOf(match.slice(1));
    return nanos === null ? poison : toType(0n, nanos, to);
  }
  const match = timestampPattern.exec(text);
  if (match === null || (match[4] !== undefined && match[5] === undefined)) return poison;
  const [year, month, day] = [BigInt(match[1] as string), Number(match[2]), Number(match[3])];
  const nanos = nanosOf(match.slice(4));
  if (month < 1 || month > 12 || day < 1 || day > 31 || nanos === null) return poison;
  return toType(daysOf(year, month, Math.min(day, monthLength(year, month))), nanos, to);
}

function nanosOf([hour = "0", minute = "0", second = "0", fraction = ""]: readonly string[]): bigint | null {
  const [h, m, s] = [Number(hour), Number(minute), Number(second)];
  if (h > 23 || m > 59 || s > 59) return null;
  return BigInt((h * 60 + m) * 60 + s) * 1_000_000_000n + BigInt(fraction.padEnd(9, "0"));
}

export function timeToTime({ value, type }: Operand, to: DataType): Value {
  const { days, nanos } = fieldsOf(value as bigint, type);
  return toType(days, nanos, to);
}

function addMonths(days: bigint, months: bigint): bigint {
  const { year, month, day } = civil(days);
  const total = year * 12n + BigInt(month - 1) + months;
  const y = floorDiv(total, 12n);
  const m = Number(floorMod(total, 12n)) + 1;
  return daysOf(y, m, Math.min(day, monthLength(y, m)));
}

export function addInterval(time: Operand, interval: Operand, sign: bigint): Value {
  const [value, amount] = [time.value as bigint, sign * (interval.value as bigint)];
  if (interval.type.kind === "interval_month") {
    if (time.type.kind === "time") return value;
    const steps = stepsPerDay(time.type);
    const days = floorDiv(value, steps);
    return inBits(addMonths(days, amount) * steps + floorMod(value, steps), bitsOf(time.type));
  }
  if (time.type.kind === "date") return inBits(value + amount / 86_400_000n, 32);
  if (time.type.kind === "time") return floorMod(value + amount, 86_400_000n);
  const steps = (amount * stepsPerSecond(time.type)) / 1000n;
  const scaled = inBits(steps, 64);
  return scaled === poison ? poison : inBits(value + scaled, 64);
}

const clockNanos: Readonly<Record<string, readonly [unit: bigint, whole: bigint]>> = {
  HOUR: [3_600_000_000_000n, 86_400_000_000_000n],
  MINUTE: [60_000_000_000n, 3_600_000_000_000n],
  SECOND: [1_000_000_000n, 60_000_000_000n],
  MILLISECOND: [1_000_000n, 1_000_000_000n],
  MICROSECOND: [1000n, 1_000_000_000n],
  NANOSECOND: [1n, 1_000_000_000n],
};

/** The Thursday of the ISO week decides its year. */
function isoWeek(days: bigint): { readonly year: bigint; readonly week: bigint } {
  const thursday = days - floorMod(days + 3n, 7n) + 3n;
  const { year } = civil(thursday);
  return { year, week: (thursday - daysOf(year, 1, 1)) / 7n + 1n };
}

function away(year: bigint, unit: bigint): bigint {
  return year > 0n ? (year + unit - 1n) / unit : (year - unit + 1n) / unit;
}

function extract(unit: string, { value, type }: Operand): Value {
  const fields = fieldsOf(value as bigint, type);
  const part = clockNanos[unit];
  if (part !== undefined) return (fields.nanos % part[1]) / part[0];
  switch (unit) {
    case "EPOCH":
      return fields.days * DAY_SECONDS + fields.nanos / 1_000_000_000n;
    case "YEAR":
      return fields.year;
    case "QUARTER":
      return BigInt(Math.ceil(fields.month / 3));
    case "MONTH":
      return BigInt(fields.month);
    case "DAY":
      return BigInt(fields.day);
    case "WEEK":
      return isoWeek(fields.days).week;
    case "ISOYEAR":
      return isoWeek(fields.days).year;
    case "DOW":
      return floorMod(fields.days + 4n, 7n) + 1n;
    case "ISODOW":
      return floorMod(fields.days + 3n, 7n) + 1n;
    case "DOY":
      return fields.days - daysOf(fields.year, 1, 1) + 1n;
    case "DECADE":
      return fields.year / 10n;
    case "CENTURY":
      return away(fields.year, 100n);
    default:
      return away(fields.year, 1000n);
  }
}

function floorDay(unit: string, { days, year, month }: Fields): bigint {
  switch (unit) {
    case "WEEK":
      return days - floorMod(days + 4n, 7n);
    case "MONTH":
      return daysOf(year, month, 1);
    case "QUARTER":
      return daysOf(year, Math.ceil(month / 3) * 3 - 2, 1);
    case "YEAR":
      return daysOf(year, 1, 1);
    case "DECADE":
      return daysOf((year / 10n) * 10n, 1, 1);
    case "CENTURY":
      return daysOf(((year + 99n) / 100n) * 100n - 99n, 1, 1);
    default:
      return daysOf(((year + 999n) / 1000n) * 1000n - 999n, 1, 1);
  }
}

function ceilDay(unit: string, fields: Fields): bigint {
  const { days, year, month, day } = fields;
  switch (unit) {
    case "WEEK":
      return days + floorMod(-(days + 4n), 7n);
    case "MONTH":
      return daysOf(year, day > 1 ? month + 1 : month, 1);
    case "QUARTER":
      return daysOf(year, (Math.ceil(month / 3) + (month > 1 || day > 1 ? 1 : 0)) * 3 - 2, 1);
    case "YEAR":
      return daysOf(month > 1 || day > 1 ? year + 1n : year, 1, 1);
    case "DECADE":
      return daysOf((year / 10n) * 10n + 10n, 1, 1);
    case "CENTURY":
      return daysOf(((year + 99n) / 100n) * 100n + 1n, 1, 1);
    default:
      return daysOf(((year + 999n) / 1000n) * 1000n + 1n, 1, 1);
  }
}

function toUnit(up: boolean): Compute {
  return (_, [time, unit]) => {
    const { value, type } = time as Operand;
    const name = unit?.value as string;
    const steps = stepsPerDay(type);
    const nanosPerStep = (DAY_SECONDS * 1_000_000_000n) / steps;
    const length = name === "DAY" ? DAY_SECONDS * 1_000_000_000n : clockNanos[name]?.[0];
    if (length !== undefined) {
      if (length <= nanosPerStep) return value;
      const step = length / nanosPerStep;
      const floored = floorDiv(value as bigint, step) * step;
      const stepped = up && floored !== value ? floored + step : floored;
      return type.kind === "time" ? floorMod(stepped, steps) : inBits(stepped, 64);
    }
    const fields = fieldsOf(value as bigint, type);
    return inBits((up ? ceilDay(name, fields) : floorDay(name, fields)) * steps, 64);
  };
}

/** The largest number of months that leads from `from` to no later than `to`; negated where `to` is earlier. */
function monthsBetween(to: bigint, from: bigint): bigint {
  if (to < from) return -monthsBetween(from, to);
  let months = (to - from) / 31n;
  while (addMonths(from, months + 1n) <= to) months++;
  return months;
}

const diffNanos: Readonly<Record<string, bigint>> = {
  ...Object.fromEntries(Object.entries(clockNanos).map(([unit, [length]]) => [unit, length])),
  DAY: DAY_SECONDS * 1_000_000_000n,
  WEEK: 7n * DAY_SECONDS * 1_000_000_000n,
};
const diffMonths: Readonly<Record<string, bigint>> = { MONTH: 1n, QUARTER: 3n, YEAR: 12n };

const timestampDifference: Compute = (call, [unit, from, to]) => {
  const [a, b] = [to as Operand, from as Operand];
  const nanos = ({ value, type }: Operand): bigint =>
    (value as bigint) * ((DAY_SECONDS * 1_000_000_000n) / stepsPerDay(type));
  const months = diffMonths[unit?.value as string];
  if (months === undefined) {
    const count = (nanos(a) - nanos(b)) / (diffNanos[unit?.value as string] as bigint);
    return inBits(count, bitsOf(call.type));
  }
  const [x, y] = [fieldsOf(a.value as bigint, a.type), fieldsOf(b.value as bigint, b.type)];
  let count = monthsBetween(x.days, y.days);
  if (addMonths(y.days, count) === x.days && x.nanos < y.nanos) count--;
  return inBits(count / months, bitsOf(call.type));
};

const MICROS: DataType = { kind: "timestamp", precision: 6 };
const DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss";

/** Patterns of fixed widths only: text fits when it is what the instant it seems to say prints as. */
function parsePattern(input: string, pattern: string): bigint | null {
  const groups: string[] = [];
  const source = pattern.replace(/([a-zA-Z])\1*|[^a-zA-Z]/g, (run) => {
    if (!/[a-zA-Z]/.test(run)) return run.replace(/[.*+?^${}()|[\]\\/]/, "\\$&");
    groups.push(run[0] as string);
    return `(\\d{${run.length}})`;
  });
  const match = new RegExp(`^${source}$`).exec(input);
  if (match === null) return null;
  const part = (letter: string, missing: string): string => match[groups.indexOf(letter) + 1] ?? missing;
  const get = (letter: string, missing: string): string => (groups.includes(letter) ? part(letter, missing) : missing);
  const [month, day] = [Number(get("M", "1")), Number(get("d", "1"))];
  const nanos = nanosOf([get("H", "0"), get("m", "0"), get("s", "0"), get("S", "")]);
  if (month < 1 || month > 12 || day < 1 || day > 31 || nanos === null) return null;
  const year = BigInt(get("y", "1970"));
  return toType(daysOf(year, month, Math.min(day, monthLength(year, month))), nanos, MICROS) as bigint;
}

function parseTime(call: Parameters<Compute>[0], args: readonly Operand[]): Value {
  const [text, pattern] = args.map(({ value }) => value as string) as [string, string | undefined];
  const read = (): Value => {
    const value = parseTimeText(text, call.type);
    return value === poison ? null : value;
  };
  if (pattern === undefined) return read();
  const micros = parsePattern(text, pattern);
  if (micros !== null) return timeToTime({ value: micros, type: MICROS }, call.type);
  return call.function === "TO_TIMESTAMP" ? read() : null;
}

export const timeFunctions: Readonly<Record<string, Compute>> = {
  EXTRACT: (_, [unit, time]) => extract(unit?.value as string, time as Operand),
  FLOOR_TIME: toUnit(false),
  CEIL_TIME: toUnit(true),
  TIMESTAMPDIFF: timestampDifference,
  DATE_FORMAT: (_, [time, pattern]) => {
    const { value, type } = time as Operand;
    return formatPattern(fieldsOf(value as bigint, type), pattern?.value as string);
  },
  TO_TIMESTAMP: parseTime,
  TO_DATE: parseTime,
  UNIX_TIMESTAMP: (_, [text, pattern]) => {
    const micros = parsePattern(text?.value as string, (pattern?.value as string | undefined) ?? DEFAULT_PATTERN);
    return micros === null ? null : floorDiv(micros, 1_000_000n);
  },
  FROM_UNIXTIME: (_, [seconds, pattern]) => {
    const micros = inBits((seconds?.value as bigint) * 1_000_000n, 64);
    if (micros === poison) return poison;
    return formatPattern(fieldsOf(micros as bigint, MICROS), (pattern?.value as string | undefined) ?? DEFAULT_PATTERN);
  },
  TO_TIMESTAMP_LTZ: (_, [epoch, precision]) => {
    const micros = (epoch?.value as bigint) * (precision?.value === 0n ? 1_000_000n : 1000n);
    return micros >= -62_167_219_200_000_000n && micros < 253_402_300_800_000_000n ? micros : null;
  },
};
