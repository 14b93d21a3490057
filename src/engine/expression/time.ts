/**
 * Dates and times, all in UTC. Units of an hour and less are arithmetic on the stored number; units of a day and more go
 * through the calendar in the kernel. Times before 1970 are floored, not truncated (Flink truncates some of them).
 */

import { PHYS_STR } from "../../../assembly/shared/layout.ts";
import * as op from "../../../assembly/shared/opcode.ts";
import { MS_PER_DAY } from "../../core/calendar.ts";
import type { DataType } from "../../core/type.ts";
import type { Register } from "../../kernel/program.ts";
import { isTemporal, isTimestamp } from "../../plan/type-rules.ts";
import { compileCast } from "./cast.ts";
import {
  argument,
  type Call,
  type CallCompiler,
  type Context,
  emitI64,
  emitStr,
  i64Constant,
  lacking,
  type Operand,
  operand,
  requireText,
  userError,
} from "./context.ts";
import { compileDatePattern } from "./date-pattern.ts";
import { timeKind } from "./interval.ts";
import { bitsOf } from "./numeric.ts";

const NS_PER_SECOND = 1_000_000_000n;
/** Nanoseconds. */
const clockUnits: Readonly<Record<string, bigint>> = {
  HOUR: 3600n * NS_PER_SECOND,
  MINUTE: 60n * NS_PER_SECOND,
  SECOND: NS_PER_SECOND,
  MILLISECOND: 1_000_000n,
  MICROSECOND: 1000n,
  NANOSECOND: 1n,
};
/** What a unit is counted within: the minute of the hour, the millisecond of the second. */
const clockWholes: Readonly<Record<string, bigint>> = {
  HOUR: 24n * 3600n * NS_PER_SECOND,
  MINUTE: 3600n * NS_PER_SECOND,
  SECOND: 60n * NS_PER_SECOND,
  MILLISECOND: NS_PER_SECOND,
  MICROSECOND: NS_PER_SECOND,
  NANOSECOND: NS_PER_SECOND,
};
const calendarUnits: Readonly<Record<string, number>> = {
  MILLENNIUM: op.UNIT_MILLENNIUM,
  CENTURY: op.UNIT_CENTURY,
  DECADE: op.UNIT_DECADE,
  YEAR: op.UNIT_YEAR,
  QUARTER: op.UNIT_QUARTER,
  MONTH: op.UNIT_MONTH,
  WEEK: op.UNIT_WEEK,
  DAY: op.UNIT_DAY,
  DOW: op.UNIT_DOW,
  ISODOW: op.UNIT_ISODOW,
  DOY: op.UNIT_DOY,
  ISOYEAR: op.UNIT_ISOYEAR,
};

/** Nanoseconds in one step of a temporal type's i64. */
function nsPerStep(type: DataType): bigint {
  switch (timeKind(type)) {
    case op.TIME_DATE:
      return BigInt(MS_PER_DAY) * 1_000_000n;
    case op.TIME_OF_DAY:
      return 1_000_000n;
    case op.TIME_MICROS:
      return 1000n;
    default:
      return 1n;
  }
}

/** Exact a × from / to, floored, where one of them divides the other. */
function convert(
  context: Context,
  a: Register,
  { from, to }: { readonly from: bigint; readonly to: bigint },
): Register {
  if (from === to) return a;
  if (from > to) return emitI64(context.builder, op.OP_I64_SCALE, { a, immediate: from / to });
  return emitI64(context.builder, op.OP_I64_UNSCALE, { a, flags: op.FLAG_FLOOR, immediate: to / from });
}

/** EXTRACT(unit, t). */
const extract: CallCompiler = (context, call) => {
  const unit = requireText(call, 0, "its unit").toUpperCase();
  const time = operand(context, argument(call, 1));
  if (!isTemporal(time.type)) throw lacking(call);
  const step = nsPerStep(time.type);
  const kind = timeKind(time.type);
  if (unit === "EPOCH") return convert(context, time.register, { from: step, to: NS_PER_SECOND });
  const clock = clockUnits[unit];
  if (clock !== undefined) {
    if (kind === op.TIME_DATE) return i64Constant(context, 0n);
    const whole = clockWholes[unit] as bigint;
    const within = emitI64(context.builder, op.OP_I64_FLOOR_MOD, { a: time.register, immediate: whole / step });
    return convert(context, within, { from: step, to: clock });
  }
  const calendar = calendarUnits[unit];
  if (calendar === undefined || kind === op.TIME_OF_DAY) throw userError(call, `has no unit ${unit} of this type`);
  return emitI64(context.builder, op.OP_TIME_EXTRACT, { a: time.register, flags: kind, immediate: BigInt(calendar) });
};

/** FLOOR_TIME and CEIL_TIME(t, unit). Below a day they are steps on the number, of which a DATE has none; a TIME stays inside its day. */
function toUnit(up: boolean): CallCompiler {
  return (context, call) => {
    const time = operand(context, argument(call, 0));
    const unit = requireText(call, 1, "its unit").toUpperCase();
    if (!isTemporal(time.type)) throw lacking(call);
    const kind = timeKind(time.type);
    const step = nsPerStep(time.type);
    const length = unit === "DAY" ? BigInt(MS_PER_DAY) * 1_000_000n : clockUnits[unit];
    if (length !== undefined) {
      if (length <= step) return time.register;
      const opcode = up ? op.OP_I64_CEIL_TO : op.OP_I64_FLOOR_TO;
      const stepped = emitI64(context.builder, opcode, { a: time.register, immediate: length / step });
      if (!up || kind !== op.TIME_OF_DAY) return stepped;
      return emitI64(context.builder, op.OP_I64_FLOOR_MOD, { a: stepped, immediate: BigInt(MS_PER_DAY) });
    }
    const calendar = calendarUnits[unit];
    if (calendar === undefined || calendar > op.UNIT_WEEK || kind === op.TIME_OF_DAY) {
      throw userError(call, `has no unit ${unit} of this type`);
    }
    const opcode = up ? op.OP_TIME_CEIL : op.OP_TIME_FLOOR;
    return emitI64(context.builder, opcode, { a: time.register, flags: kind, immediate: BigInt(calendar) });
  };
}

const monthUnits: Readonly<Record<string, bigint>> = { YEAR: 12n, QUARTER: 3n, MONTH: 1n };
const lengthUnits: Readonly<Record<string, bigint>> = {
  ...clockUnits,
  WEEK: 7n * 24n * 3600n * NS_PER_SECOND,
  DAY: 24n * 3600n * NS_PER_SECOND,
};

/** TIMESTAMPDIFF(unit, a, b): whole units from a to b, negative when b is before a. */
const timestampDifference: CallCompiler = (context, call) => {
  const unit = requireText(call, 0, "its unit").toUpperCase();
  const from = operand(context, argument(call, 1));
  const to = operand(context, argument(call, 2));
  if (!isTemporal(from.type) || !isTemporal(to.type)) throw lacking(call);
  const { builder } = context;
  const [a, b, type] = meet(context, to, from);
  const months = monthUnits[unit];
  if (months !== undefined) {
    const between = emitI64(builder, op.OP_TIME_MONTHS_BETWEEN, { a, b, flags: timeKind(type) });
    const count = months === 1n ? between : emitI64(builder, op.OP_I64_UNSCALE, { a: between, immediate: months });
    return narrowTo(context, call, count);
  }
  const length = lengthUnits[unit];
  if (length === undefined) throw userError(call, `has no unit ${unit}`);
  const step = nsPerStep(type);
  if (step <= length) {
    return narrowTo(context, call, emitI64(builder, op.OP_I64_DIFFERENCE, { a, b, immediate: length / step }));
  }
  const difference = emitI64(builder, op.OP_I64_SUB, { a, b, flags: 64 });
  return narrowTo(context, call, emitI64(builder, op.OP_I64_SCALE, { a: difference, immediate: step / length }));
};

/** Both in the same unit of time: a date beside a timestamp is its midnight, microseconds beside nanoseconds are those. */
function meet(context: Context, a: Operand, b: Operand): readonly [Register, Register, DataType] {
  if (nsPerStep(a.type) === nsPerStep(b.type)) return [a.register, b.register, a.type];
  const finer = nsPerStep(a.type) < nsPerStep(b.type) ? a.type : b.type;
  const as = (value: Operand): Register =>
    nsPerStep(value.type) === nsPerStep(finer) ? value.register : compileCast(context.builder, value, finer, false);
  return [as(a), as(b), finer];
}

/** Poisons what the result type does not hold. */
function narrowTo(context: Context, call: Call, a: Register): Register {
  const bits = bitsOf(call.type);
  if (bits === 64) return a;
  return emitI64(context.builder, op.OP_I64_ADD, { a, b: i64Constant(context, 0n), flags: bits });
}

function patternConstant(context: Context, call: Call, index: number): Register {
  const pattern = requireText(call, index, "its pattern");
  const compiled = compileDatePattern(pattern);
  if (!compiled.ok) throw userError(call, `pattern '${pattern}' ${compiled.message}`);
  return context.builder.constant(PHYS_STR, compiled.program);
}

const DEFAULT_PATTERN = "yyyy-MM-dd HH:mm:ss";

function defaultPattern(context: Context): Register {
  const compiled = compileDatePattern(DEFAULT_PATTERN);
  return context.builder.constant(PHYS_STR, compiled.ok ? compiled.program : "");
}

const MICROS_PER_SECOND = 1_000_000n;

/** DATE_FORMAT(timestamp, pattern). */
const dateFormat: CallCompiler = (context, call) => {
  const time = operand(context, argument(call, 0));
  if (!isTimestamp(time.type) && time.type.kind !== "date") throw lacking(call);
  const b = patternConstant(context, call, 1);
  return emitStr(context.builder, op.OP_TIME_FORMAT, { a: time.register, b, flags: timeKind(time.type) });
};

/** FROM_UNIXTIME(seconds [, pattern]). */
const fromUnixTime: CallCompiler = (context, call) => {
  const seconds = context.compile(argument(call, 0));
  const b = call.arguments.length > 1 ? patternConstant(context, call, 1) : defaultPattern(context);
  const a = emitI64(context.builder, op.OP_I64_SCALE, { a: seconds, immediate: MICROS_PER_SECOND });
  return emitStr(context.builder, op.OP_TIME_FORMAT, { a, b, flags: op.TIME_MICROS });
};

/** UNIX_TIMESTAMP(text [, pattern]): seconds, floored. */
const unixTimestamp: CallCompiler = (context, call) => {
  const a = context.compile(argument(call, 0));
  const b = call.arguments.length > 1 ? patternConstant(context, call, 1) : defaultPattern(context);
  const micros = emitI64(context.builder, op.OP_TIME_PARSE, { a, b, flags: op.TIME_MICROS, immediate: 0n });
  return emitI64(context.builder, op.OP_I64_UNSCALE, { a: micros, flags: op.FLAG_FLOOR, immediate: MICROS_PER_SECOND });
};

/** TO_TIMESTAMP and TO_DATE(text [, pattern]): without a pattern the text is read as a cast reads it. */
const parseTime: CallCompiler = (context, call) => {
  const text = operand(context, argument(call, 0));
  if (call.arguments.length === 1) return compileCast(context.builder, text, call.type, true);
  const b = patternConstant(context, call, 1);
  const digits = "precision" in call.type ? BigInt(call.type.precision) : 0n;
  const retry = call.function === "TO_TIMESTAMP" ? op.FLAG_RETRY : 0;
  const operands = { a: text.register, b, flags: timeKind(call.type) | retry, immediate: digits };
  return emitI64(context.builder, op.OP_TIME_PARSE, operands);
};

/** TO_TIMESTAMP_LTZ(epoch, 0 | 3). */
const fromEpoch: CallCompiler = (context, call) => {
  const a = context.compile(argument(call, 0));
  const second = call.arguments[1];
  const precision = second === undefined ? 3n : second.kind === "literal" ? second.value : null;
  if (precision !== 0n && precision !== 3n)
    throw userError(call, "takes 0 (seconds) or 3 (milliseconds) as its precision");
  return emitI64(context.builder, op.OP_TIME_FROM_EPOCH, { a, immediate: precision });
};

export const timeCompilers: Readonly<Record<string, CallCompiler>> = {
  EXTRACT: extract,
  FLOOR_TIME: toUnit(false),
  CEIL_TIME: toUnit(true),
  TIMESTAMPDIFF: timestampDifference,
  DATE_FORMAT: dateFormat,
  FROM_UNIXTIME: fromUnixTime,
  UNIX_TIMESTAMP: unixTimestamp,
  TO_TIMESTAMP: parseTime,
  TO_DATE: parseTime,
  TO_TIMESTAMP_LTZ: fromEpoch,
};
