/** A time plus or minus an interval, in the units each is kept in: days, milliseconds of the day, micro- or nanoseconds. */
import * as op from "../../../assembly/shared/opcode.ts";
import { MS_PER_DAY } from "../../core/calendar.ts";
import type { DataType } from "../../core/type.ts";
import { unitsPerMs } from "../../kernel/physical.ts";
import type { Register } from "../../kernel/program.ts";
import { type Context, emitI64, i64Constant, type Operand } from "./context.ts";

/** TIME_* of assembly/shared/opcode.ts: how a temporal type's i64 counts. */
export function timeKind(type: DataType): number {
  if (type.kind === "date") return op.TIME_DATE;
  if (type.kind === "time") return op.TIME_OF_DAY;
  return unitsPerMs(type) === 1000 ? op.TIME_MICROS : op.TIME_NANOS;
}

export interface IntervalSum {
  readonly time: Operand;
  readonly interval: Operand;
  readonly sign: 1 | -1;
}

/** Months keep the day where the month has it, else take its last. A TIME stays inside its day. */
export function addInterval(context: Context, { time, interval, sign }: IntervalSum): Register {
  const { builder } = context;
  const opcode = sign === 1 ? op.OP_I64_ADD : op.OP_I64_SUB;
  const kind = timeKind(time.type);
  if (interval.type.kind === "interval_month") {
    if (kind === op.TIME_OF_DAY) return time.register;
    const months =
      sign === 1 ? interval.register : emitI64(builder, op.OP_I64_NEG, { a: interval.register, flags: 64 });
    return emitI64(builder, op.OP_TIME_ADD_MONTHS, { a: time.register, b: months, flags: kind });
  }
  if (kind === op.TIME_DATE) {
    const days = inDays(context, interval.register);
    return emitI64(builder, opcode, { a: time.register, b: days, flags: 32 });
  }
  if (kind === op.TIME_OF_DAY) {
    const sum = emitI64(builder, opcode, { a: time.register, b: interval.register, flags: 64 });
    return emitI64(builder, op.OP_I64_FLOOR_MOD, { a: sum, immediate: BigInt(MS_PER_DAY) });
  }
  const units = inUnits(context, interval.register, BigInt(unitsPerMs(time.type)));
  return emitI64(builder, opcode, { a: time.register, b: units, flags: 64 });
}

/** What is left of a day is cut off. */
function inDays(context: Context, interval: Register): Register {
  const known = context.builder.constantOf(interval);
  if (typeof known === "bigint") return i64Constant(context, known / BigInt(MS_PER_DAY));
  return emitI64(context.builder, op.OP_I64_UNSCALE, { a: interval, immediate: BigInt(MS_PER_DAY) });
}

/** Nearly every interval is a literal: then it is reckoned here once, unless it overflows, which is a row's error. */
function inUnits(context: Context, interval: Register, perMs: bigint): Register {
  const known = context.builder.constantOf(interval);
  if (typeof known === "bigint" && BigInt.asIntN(64, known * perMs) === known * perMs) {
    return i64Constant(context, known * perMs);
  }
  return emitI64(context.builder, op.OP_I64_SCALE, { a: interval, immediate: perMs });
}
