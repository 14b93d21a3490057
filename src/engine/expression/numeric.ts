/** Arithmetic, mathematics, comparison and picking, by the type of the arguments. DECIMAL scales travel in the immediate. */

import { PHYS_F64 } from "../../../assembly/shared/layout.ts";
import * as op from "../../../assembly/shared/opcode.ts";
import { assert } from "../../core/error.ts";
import type { DataType } from "../../core/type.ts";
import { physicalOf } from "../../kernel/physical.ts";
import type { Register } from "../../kernel/program.ts";
import { isDecimal, isFloat, isInteger, isInterval, isTemporal } from "../../plan/type-rules.ts";
import {
  argument,
  type Call,
  type CallCompiler,
  type Context,
  emitBool,
  emitDec,
  emitF64,
  emitI64,
  i64Constant,
  lacking,
  type Operand,
  operand,
} from "./context.ts";
import { addInterval, timeKind } from "./interval.ts";

const typeBits: Readonly<Record<string, number>> = {
  tinyint: 8,
  smallint: 16,
  int: 32,
  bigint: 64,
  date: 32,
  interval_month: 32,
};

/** Bits of the type's range; what is kept in milliseconds or microseconds has all 64. */
export function bitsOf(type: DataType): number {
  return typeBits[type.kind] ?? 64;
}

export function floatFlag(type: DataType): number {
  return type.kind === "float" ? op.FLAG_FLOAT : 0;
}

/** Scales of the operands, precision and scale of the result, as the DECIMAL operations read them. */
export function decimalShape(result: DataType, a: DataType, b?: DataType): bigint {
  assert(isDecimal(result) || isDecimal(a), "a DECIMAL operation has a DECIMAL");
  const { precision, scale } = isDecimal(result) ? result : { precision: 38, scale: 0 };
  const shape = scaleOf(a) | (scaleOf(b ?? a) << 8) | (precision << 16) | (scale << 24);
  return BigInt(shape);
}

function scaleOf(type: DataType): number {
  return isDecimal(type) ? type.scale : 0;
}

interface ArithmeticOpcodes {
  readonly i64: number;
  readonly f64: number;
  readonly dec: number;
}

function arithmetic(context: Context, call: Call, opcodes: ArithmeticOpcodes): Register {
  const left = operand(context, argument(call, 0));
  const right = operand(context, argument(call, 1));
  const operands = { a: left.register, b: right.register };
  const { type } = call;
  if (isDecimal(type) && isDecimal(left.type) && isDecimal(right.type)) {
    return emitDec(context.builder, opcodes.dec, { ...operands, immediate: decimalShape(type, left.type, right.type) });
  }
  if (isFloat(type)) return emitF64(context.builder, opcodes.f64, { ...operands, flags: floatFlag(type) });
  if (isInteger(type) || isInterval(type))
    return emitI64(context.builder, opcodes.i64, { ...operands, flags: bitsOf(type) });
  throw lacking(call);
}

function addOrSubtract(sign: 1 | -1): CallCompiler {
  const opcodes =
    sign === 1
      ? { i64: op.OP_I64_ADD, f64: op.OP_F64_ADD, dec: op.OP_DEC_ADD }
      : { i64: op.OP_I64_SUB, f64: op.OP_F64_SUB, dec: op.OP_DEC_SUB };
  return (context, call) => {
    if (!isTemporal(argument(call, 0).type)) return arithmetic(context, call, opcodes);
    const time = operand(context, argument(call, 0));
    const interval = operand(context, argument(call, 1));
    if (!isInterval(interval.type)) throw lacking(call);
    return addInterval(context, { time, interval, sign });
  };
}

interface UnaryOpcodes extends ArithmeticOpcodes {
  /** Whole numbers stay what they are. */
  readonly integers?: "same";
}

function unary(opcodes: UnaryOpcodes): CallCompiler {
  return (context, call) => {
    const value = operand(context, argument(call, 0));
    const { type } = call;
    if (isDecimal(type)) {
      return emitDec(context.builder, opcodes.dec, { a: value.register, immediate: decimalShape(type, value.type) });
    }
    if (isFloat(type)) return emitF64(context.builder, opcodes.f64, { a: value.register, flags: floatFlag(type) });
    if (!isInteger(type) && !isInterval(type)) throw lacking(call);
    if (opcodes.integers === "same") return value.register;
    return emitI64(context.builder, opcodes.i64, { a: value.register, flags: bitsOf(type) });
  };
}

/** ROUND and TRUNCATE(x [, digits]). */
function rounding(opcodes: ArithmeticOpcodes): CallCompiler {
  return (context, call) => {
    const value = operand(context, argument(call, 0));
    const second = call.arguments[1];
    const digits = second === undefined ? i64Constant(context, 0n) : context.compile(second);
    const operands = { a: value.register, b: digits };
    const { type } = call;
    if (isDecimal(type))
      return emitDec(context.builder, opcodes.dec, { ...operands, immediate: decimalShape(type, value.type) });
    if (isFloat(type)) return emitF64(context.builder, opcodes.f64, { ...operands, flags: floatFlag(type) });
    if (!isInteger(type)) throw lacking(call);
    return emitI64(context.builder, opcodes.i64, { ...operands, flags: bitsOf(type) });
  };
}

function onDoubles(opcode: number): CallCompiler {
  return (context, call) => {
    const [a, b] = call.arguments.map(context.compile);
    if (call.arguments.some(({ type }) => physicalOf(type) !== PHYS_F64) || a === undefined) throw lacking(call);
    return emitF64(context.builder, opcode, b === undefined ? { a } : { a, b });
  };
}

function compare(comparison: number): CallCompiler {
  return (context, call) => {
    const left = operand(context, argument(call, 0));
    const right = operand(context, argument(call, 1));
    requireOneType(call, [left, right]);
    const opcode = (op.FAMILY_COMPARE << 8) | (physicalOf(left.type) << 4) | comparison;
    return emitBool(context.builder, opcode, { a: left.register, b: right.register });
  };
}

/** GREATEST and LEAST: the first, then step by step the better of it and the next. */
function pick(comparison: number): CallCompiler {
  return (context, call) => {
    const values = call.arguments.map((expression) => operand(context, expression));
    requireOneType(call, values);
    const physical = physicalOf(call.type);
    const opcode = (op.FAMILY_COMPARE << 8) | (physical << 4) | comparison;
    return values
      .map(({ register }) => register)
      .reduce((a, b) => context.builder.emit({ opcode, physical }, { a, b }));
  };
}

/** Values must be comparable as they are kept: same physical type, same scale, same unit of time. */
function requireOneType(call: Call, operands: readonly Operand[]): void {
  const [first] = operands;
  if (first === undefined) throw lacking(call);
  for (const { type } of operands) {
    if (physicalOf(type) !== physicalOf(first.type) || scaleOf(type) !== scaleOf(first.type)) throw lacking(call);
    if (isTemporal(type) && isTemporal(first.type) && timeKind(type) !== timeKind(first.type)) throw lacking(call);
  }
}

export const numericCompilers: Readonly<Record<string, CallCompiler>> = {
  ADD: addOrSubtract(1),
  SUB: addOrSubtract(-1),
  MUL: (context, call) => arithmetic(context, call, { i64: op.OP_I64_MUL, f64: op.OP_F64_MUL, dec: op.OP_DEC_MUL }),
  DIV: (context, call) => arithmetic(context, call, { i64: op.OP_I64_DIV, f64: op.OP_F64_DIV, dec: op.OP_DEC_DIV }),
  MOD: (context, call) => arithmetic(context, call, { i64: op.OP_I64_MOD, f64: op.OP_F64_MOD, dec: op.OP_DEC_MOD }),
  NEG: unary({ i64: op.OP_I64_NEG, f64: op.OP_F64_NEG, dec: op.OP_DEC_NEG }),
  ABS: unary({ i64: op.OP_I64_ABS, f64: op.OP_F64_ABS, dec: op.OP_DEC_ABS }),
  SIGN: unary({ i64: op.OP_I64_SIGN, f64: op.OP_F64_SIGN, dec: op.OP_DEC_SIGN }),
  FLOOR: unary({ i64: 0, f64: op.OP_F64_FLOOR, dec: op.OP_DEC_FLOOR, integers: "same" }),
  CEIL: unary({ i64: 0, f64: op.OP_F64_CEIL, dec: op.OP_DEC_CEIL, integers: "same" }),
  ROUND: rounding({ i64: op.OP_I64_ROUND, f64: op.OP_F64_ROUND, dec: op.OP_DEC_ROUND }),
  TRUNCATE: rounding({ i64: op.OP_I64_TRUNCATE, f64: op.OP_F64_TRUNCATE, dec: op.OP_DEC_TRUNCATE }),
  SQRT: onDoubles(op.OP_F64_SQRT),
  POWER: onDoubles(op.OP_F64_POWER),
  EXP: onDoubles(op.OP_F64_EXP),
  LN: onDoubles(op.OP_F64_LN),
  LOG10: onDoubles(op.OP_F64_LOG10),
  LOG2: onDoubles(op.OP_F64_LOG2),
  EQ: compare(op.COMPARE_EQ),
  NE: compare(op.COMPARE_NE),
  LT: compare(op.COMPARE_LT),
  LE: compare(op.COMPARE_LE),
  GT: compare(op.COMPARE_GT),
  GE: compare(op.COMPARE_GE),
  IS_DISTINCT_FROM: compare(op.COMPARE_DISTINCT),
  IS_NOT_DISTINCT_FROM: compare(op.COMPARE_NOT_DISTINCT),
  GREATEST: pick(op.COMPARE_GREATEST),
  LEAST: pick(op.COMPARE_LEAST),
};
