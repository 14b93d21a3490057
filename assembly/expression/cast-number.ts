// Casts between BOOLEAN, whole numbers and floats, by Java's conversions, which Flink's casts are: narrowing wraps, a float
// saturates at 32 or 64 bits (then wraps into narrower types), NaN becomes 0. None of them fails.
import {
  FLAG_FLOAT,
  OP_CAST_BOOL_F64,
  OP_CAST_BOOL_I64,
  OP_CAST_F64_BOOL,
  OP_CAST_F64_FLOAT,
  OP_CAST_F64_I64,
  OP_CAST_I64_BOOL,
  OP_CAST_I64_F64,
  OP_CAST_WRAP,
} from "../shared/opcode";
import { roundToFloat } from "./float";
import { aValues, dstValues, flagsOf } from "./operand";
import { strict1 } from "./validity";

export function castNumber(opcode: i32, ins: usize, rows: i32): void {
  strict1(ins, rows);
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const flags: u32 = flagsOf(ins);
  switch (opcode) {
    case OP_CAST_WRAP:
      return wrap(dst, a, rows, 64 - (flags & 0x7f));
    case OP_CAST_I64_F64:
      if (flags & FLAG_FLOAT) return toFloat(dst, a, rows);
      return toDouble(dst, a, rows);
    case OP_CAST_F64_I64:
      fromDouble(dst, a, rows, (flags & 0x7f) === 64);
      return wrap(dst, dst, rows, 64 - (flags & 0x7f));
    case OP_CAST_F64_FLOAT:
      memory.copy(dst, a, (<usize>rows) << 3);
      return roundToFloat(dst, rows);
    case OP_CAST_BOOL_I64:
      for (let i: usize = 0; i < <usize>rows; i++) store<i64>(dst + (i << 3), load<u8>(a + i));
      return;
    case OP_CAST_BOOL_F64:
      for (let i: usize = 0; i < <usize>rows; i++) store<f64>(dst + (i << 3), <f64>load<u8>(a + i));
      return;
    case OP_CAST_I64_BOOL:
      for (let i: usize = 0; i < <usize>rows; i++) store<u8>(dst + i, <u8>(load<i64>(a + (i << 3)) !== 0));
      return;
    case OP_CAST_F64_BOOL:
      for (let i: usize = 0; i < <usize>rows; i++) store<u8>(dst + i, <u8>(load<f64>(a + (i << 3)) !== 0.0));
      return;
    default:
      unreachable();
  }
}

/** Keeps the low 64 - spare bits, with their sign. */
export function wrap(dst: usize, a: usize, rows: i32, spare: i32): void {
  const end: usize = (<usize>rows) << 3;
  for (let i: usize = 0; i < end; i += 16) {
    v128.store(dst + i, i64x2.shr_s(i64x2.shl(v128.load(a + i), spare), spare));
  }
}

function toDouble(dst: usize, a: usize, rows: i32): void {
  const end: usize = (<usize>rows) << 3;
  for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, <f64>load<i64>(a + i));
}

/** Straight to 32 bits: by way of 64 it would round twice. */
function toFloat(dst: usize, a: usize, rows: i32): void {
  const end: usize = (<usize>rows) << 3;
  for (let i: usize = 0; i < end; i += 8) store<f64>(dst + i, <f64>(<f32>load<i64>(a + i)));
}

function fromDouble(dst: usize, a: usize, rows: i32, wide: bool): void {
  const end: usize = (<usize>rows) << 3;
  if (wide) {
    for (let i: usize = 0; i < end; i += 8) store<i64>(dst + i, <i64>load<f64>(a + i));
  } else {
    for (let i: usize = 0; i < end; i += 8) store<i64>(dst + i, <i64>(<i32>load<f64>(a + i)));
  }
}
