/** Casts by what they turn into what (Flink's rules); a cast that changes nothing gives the operand's own register. */

import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_STR } from "../../../assembly/shared/layout.ts";
import * as op from "../../../assembly/shared/opcode.ts";
import { MS_PER_DAY } from "../../core/calendar.ts";
import { EngineError } from "../../core/error.ts";
import type { DataType } from "../../core/type.ts";
import { formatType } from "../../core/type-text.ts";
import { physicalOf, unitsPerMs } from "../../kernel/physical.ts";
import type { Register } from "../../kernel/program.ts";
import {
  isDecimal,
  isInteger,
  isInterval,
  isNested,
  isString,
  isTemporal,
  isTimestamp,
  sameType,
} from "../../plan/type-rules.ts";
import type { ProgramBuilder } from "../program-builder.ts";
import { emitBool, emitDec, emitF64, emitI64, emitStr, type Operand } from "./context.ts";
import { timeKind } from "./interval.ts";
import { bitsOf, decimalShape, floatFlag } from "./numeric.ts";

interface Cast {
  readonly builder: ProgramBuilder;
  readonly from: DataType;
  readonly to: DataType;
  readonly a: Register;
  /** FLAG_TRY or 0. */
  readonly attempt: number;
}

/** `attempt`: TRY_CAST. */
export function compileCast(builder: ProgramBuilder, value: Operand, to: DataType, attempt: boolean): Register {
  if (value.type.kind === "null") return builder.constant(physicalOf(to), null);
  if (sameType(value.type, to)) return value.register;
  const cast: Cast = { builder, from: value.type, to, a: value.register, attempt: attempt ? op.FLAG_TRY : 0 };
  if (isNested(cast.from) || isNested(to)) throw noCast(cast);
  if (to.kind === "bytes" || cast.from.kind === "bytes") return castBytes(cast);
  if (isString(to)) return toLength(cast, toText(cast));
  if (isTemporal(to)) return toTime(cast);
  if (to.kind === "boolean") return toBoolean(cast);
  if (isDecimal(to)) return toDecimal(cast);
  if (to.kind === "float" || to.kind === "double") return toFloat(cast);
  if (isInteger(to)) return toInteger(cast);
  if (isInterval(to) && isInteger(cast.from)) return cast.a;
  throw noCast(cast);
}

function noCast({ from, to }: Cast): EngineError {
  const message = `there is no cast from ${formatType(from)} to ${formatType(to)}: go by way of STRING`;
  return new EngineError(message, { domain: "user", code: "UNSUPPORTED-CAST" });
}

function castBytes(cast: Cast): Register {
  if (cast.to.kind === "bytes" && isString(cast.from)) return cast.a;
  if (!isString(cast.to)) throw noCast(cast);
  return toLength(cast, emitStr(cast.builder, op.OP_CAST_UTF8, { a: cast.a, flags: cast.attempt }));
}

/** As STRING, before CHAR(n) and VARCHAR(n) cut it. */
function toText(cast: Cast): Register {
  const { builder, from, a } = cast;
  if (isString(from)) return a;
  if (isDecimal(from)) return emitStr(builder, op.OP_CAST_DEC_STR, { a, immediate: BigInt(from.scale) });
  if (isTemporal(from)) {
    const digits = "precision" in from ? BigInt(from.precision) : 0n;
    return emitStr(builder, op.OP_CAST_TIME_STR, { a, flags: timeKind(from), immediate: digits });
  }
  if (isInterval(from))
    return emitStr(builder, op.OP_CAST_INTERVAL_STR, { a, flags: from.kind === "interval_month" ? 1 : 0 });
  if (from.kind === "boolean") return emitStr(builder, op.OP_CAST_BOOL_STR, { a });
  if (isInteger(from)) return emitStr(builder, op.OP_CAST_I64_STR, { a });
  return emitStr(builder, op.OP_CAST_F64_STR, { a, flags: floatFlag(from) });
}

function toLength({ builder, from, to }: Cast, text: Register): Register {
  if (to.kind !== "char" && to.kind !== "varchar") return text;
  const fits = to.kind === "varchar" && "length" in from && from.length <= to.length;
  if (fits) return text;
  const flags = to.kind === "char" ? 1 : 0;
  return emitStr(builder, op.OP_CAST_STR_LENGTH, { a: text, flags, immediate: BigInt(to.length) });
}

function toBoolean(cast: Cast): Register {
  const { builder, from, a, attempt } = cast;
  switch (physicalOf(from)) {
    case PHYS_STR:
      return emitBool(builder, op.OP_CAST_STR_BOOL, { a, flags: attempt });
    case PHYS_DEC:
      return emitBool(builder, op.OP_CAST_DEC_BOOL, { a });
    case PHYS_F64:
      return emitBool(builder, op.OP_CAST_F64_BOOL, { a });
    default:
      if (!isInteger(from)) throw noCast(cast);
      return emitBool(builder, op.OP_CAST_I64_BOOL, { a });
  }
}

function toDecimal(cast: Cast): Register {
  const { builder, from, to, a, attempt } = cast;
  const immediate = decimalShape(to, from);
  switch (physicalOf(from)) {
    case PHYS_STR:
      return emitDec(builder, op.OP_CAST_STR_DEC, { a, flags: attempt, immediate });
    case PHYS_DEC:
      return emitDec(builder, op.OP_DEC_RESCALE, { a, immediate });
    case PHYS_F64:
      return emitDec(builder, op.OP_CAST_F64_DEC, { a, flags: attempt, immediate });
    case PHYS_BOOL:
      return emitDec(builder, op.OP_CAST_BOOL_DEC, { a, immediate });
    default:
      if (!isInteger(from)) throw noCast(cast);
      return emitDec(builder, op.OP_CAST_I64_DEC, { a, immediate });
  }
}

function toFloat(cast: Cast): Register {
  const { builder, from, to, a, attempt } = cast;
  const flags = floatFlag(to);
  switch (physicalOf(from)) {
    case PHYS_STR:
      return emitF64(builder, op.OP_CAST_STR_F64, { a, flags: flags | attempt });
    case PHYS_DEC:
      return emitF64(builder, op.OP_CAST_DEC_F64, { a, flags, immediate: decimalShape(from, from) });
    case PHYS_F64:
      return to.kind === "double" ? a : emitF64(builder, op.OP_CAST_F64_FLOAT, { a });
    case PHYS_BOOL:
      return emitF64(builder, op.OP_CAST_BOOL_F64, { a });
    default:
      if (!isInteger(from)) throw noCast(cast);
      return emitF64(builder, op.OP_CAST_I64_F64, { a, flags });
  }
}

function toInteger(cast: Cast): Register {
  const { builder, from, to, a, attempt } = cast;
  const flags = bitsOf(to);
  switch (physicalOf(from)) {
    case PHYS_STR:
      return emitI64(builder, op.OP_CAST_STR_I64, { a, flags: flags | attempt });
    case PHYS_DEC:
      return emitI64(builder, op.OP_CAST_DEC_I64, { a, flags, immediate: decimalShape(from, from) });
    case PHYS_F64:
      return emitI64(builder, op.OP_CAST_F64_I64, { a, flags });
    case PHYS_BOOL:
      return emitI64(builder, op.OP_CAST_BOOL_I64, { a });
    default:
      if (!isInteger(from) && !isInterval(from)) throw noCast(cast);
      return bitsOf(from) <= flags ? a : emitI64(builder, op.OP_CAST_WRAP, { a, flags });
  }
}

const MICROS_PER_MS = 1000n;
const dayMs = BigInt(MS_PER_DAY);

function toTime(cast: Cast): Register {
  const { builder, from, to, a, attempt } = cast;
  if (isString(from)) {
    const digits = "precision" in to ? BigInt(to.precision) : 0n;
    return emitI64(builder, op.OP_CAST_STR_TIME, { a, flags: timeKind(to) | attempt, immediate: digits });
  }
  if (to.kind === "date" && isTimestamp(from)) {
    return emitI64(builder, op.OP_I64_UNSCALE, {
      a,
      flags: op.FLAG_FLOOR,
      immediate: dayMs * BigInt(unitsPerMs(from)),
    });
  }
  if (to.kind === "time" && isTimestamp(from)) {
    const units = BigInt(unitsPerMs(from));
    const ofDay = emitI64(builder, op.OP_I64_FLOOR_MOD, { a, immediate: dayMs * units });
    return cutFraction(cast, emitI64(builder, op.OP_I64_UNSCALE, { a: ofDay, immediate: units }), 3);
  }
  if (to.kind === "time" && from.kind === "time") return cutFraction(cast, a, from.precision);
  if (!isTimestamp(to)) throw noCast(cast);
  const units = BigInt(unitsPerMs(to));
  if (from.kind === "date") return emitI64(builder, op.OP_I64_SCALE, { a, flags: attempt, immediate: dayMs * units });
  if (from.kind === "time") return cutFraction(cast, emitI64(builder, op.OP_I64_SCALE, { a, immediate: units }), 3);
  if (!isTimestamp(from)) throw noCast(cast);
  return cutFraction(cast, changeUnits(cast, units), from.precision);
}

function changeUnits({ builder, from, a, attempt }: Cast, units: bigint): Register {
  const own = BigInt(unitsPerMs(from));
  if (own === units) return a;
  if (own < units) return emitI64(builder, op.OP_I64_SCALE, { a, flags: attempt, immediate: MICROS_PER_MS });
  return emitI64(builder, op.OP_I64_UNSCALE, { a, flags: op.FLAG_FLOOR, immediate: MICROS_PER_MS });
}

/** Cuts the digits of the fraction that the target does not keep. */
function cutFraction({ builder, to }: Cast, a: Register, digits: number): Register {
  if (!("precision" in to) || to.precision >= digits) return a;
  const kept = to.kind === "time" ? 3 : to.precision > 6 ? 9 : 6;
  if (to.precision >= kept) return a;
  return emitI64(builder, op.OP_I64_FLOOR_TO, { a, immediate: 10n ** BigInt(kept - to.precision) });
}
