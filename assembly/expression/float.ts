// DOUBLE and FLOAT in f64 lanes: IEEE 754, so nothing overflows and division by zero gives infinity or NaN. A FLOAT is
// rounded to 32 bits after every operation, which for + - * / and the square root equals arithmetic in 32 bits (Figueroa,
// "When is double rounding innocuous?"). POWER, EXP and logarithms follow Java's Math, to within an ulp.
import {
  FLAG_FLOAT,
  OP_F64_ABS,
  OP_F64_ADD,
  OP_F64_CEIL,
  OP_F64_DIV,
  OP_F64_EXP,
  OP_F64_FLOOR,
  OP_F64_LN,
  OP_F64_LOG2,
  OP_F64_LOG10,
  OP_F64_MOD,
  OP_F64_MUL,
  OP_F64_NEG,
  OP_F64_POWER,
  OP_F64_ROUND,
  OP_F64_SQRT,
  OP_F64_SUB,
  OP_F64_TRUNCATE,
} from "../shared/opcode";
import { LANE_VALID } from "../shared/status";
import { aValues, bValues, dstValidity, dstValues, flagsOf } from "./operand";
import { roundDouble } from "./read-float";
import { strict1, strict2 } from "./validity";

export function runFloat(opcode: i32, ins: usize, rows: i32): void {
  if (opcode <= OP_F64_MOD || opcode === OP_F64_POWER || opcode === OP_F64_ROUND || opcode === OP_F64_TRUNCATE) {
    strict2(ins, rows);
    binary(opcode, ins, rows);
  } else {
    strict1(ins, rows);
    if (opcode <= OP_F64_CEIL || opcode === OP_F64_SQRT) unary(opcode, ins, rows);
    else transcendental(opcode, ins, rows);
  }
  if (flagsOf(ins) & FLAG_FLOAT) roundToFloat(dstValues(ins), rows);
}

/** To the nearest 32-bit float, ties to even. */
export function roundToFloat(values: usize, rows: i32): void {
  for (let i: usize = 0; i < <usize>rows; i += 2) {
    const at: usize = values + (i << 3);
    v128.store(at, f64x2.promote_low_f32x4(f32x4.demote_f64x2_zero(v128.load(at))));
  }
}

function binary(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const end: usize = (<usize>rows) << 3;
  switch (opcode) {
    case OP_F64_ADD:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.add(v128.load(a + i), v128.load(b + i)));
      return;
    case OP_F64_SUB:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.sub(v128.load(a + i), v128.load(b + i)));
      return;
    case OP_F64_MUL:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.mul(v128.load(a + i), v128.load(b + i)));
      return;
    case OP_F64_DIV:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.div(v128.load(a + i), v128.load(b + i)));
      return;
    case OP_F64_MOD:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, load<f64>(a + i) % load<f64>(b + i));
      return;
    case OP_F64_POWER:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, power(load<f64>(a + i), load<f64>(b + i)));
      return;
    default:
      return round(ins, rows, opcode === OP_F64_ROUND);
  }
}

function round(ins: usize, rows: i32, half: bool): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    store<f64>(dst + (i << 3), roundDouble(load<f64>(a + (i << 3)), load<i64>(b + (i << 3)), half));
  }
}

function unary(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const end: usize = (<usize>rows) << 3;
  switch (opcode) {
    case OP_F64_NEG:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.neg(v128.load(a + i)));
      return;
    case OP_F64_ABS:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.abs(v128.load(a + i)));
      return;
    case OP_F64_FLOOR:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.floor(v128.load(a + i)));
      return;
    case OP_F64_CEIL:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.ceil(v128.load(a + i)));
      return;
    case OP_F64_SQRT:
      for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, f64x2.sqrt(v128.load(a + i)));
      return;
    default:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, signOf(load<f64>(a + i)));
  }
}

/** -1, 1, or what it was for zeros and NaN, as Java's signum. */
function signOf(x: f64): f64 {
  if (x > 0.0) return 1.0;
  return x < 0.0 ? -1.0 : x;
}

function transcendental(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const end: usize = (<usize>rows) << 3;
  switch (opcode) {
    case OP_F64_EXP:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, Math.exp(load<f64>(a + i)));
      return;
    case OP_F64_LN:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, Math.log(load<f64>(a + i)));
      return;
    case OP_F64_LOG10:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, Math.log10(load<f64>(a + i)));
      return;
    case OP_F64_LOG2:
      for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, Math.log(load<f64>(a + i)) / Math.LN2);
      return;
    default:
      unreachable();
  }
}

/** Java: anything to the power NaN, and 1 or -1 to an infinite power, is NaN (C says 1). */
function power(x: f64, y: f64): f64 {
  if (y === 0.0) return 1.0;
  if (y !== y || (abs<f64>(x) === 1.0 && abs<f64>(y) === Infinity)) return NaN;
  return x ** y;
}
