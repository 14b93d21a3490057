// Casts to and from DECIMAL of what is no text. Whole numbers take its low bits after the fraction is cut off (Java's
// longValue, then narrowing), floats the shortest decimal they print as, rounded half up; too many digits give NULL.
import {
  FLAG_FLOAT,
  FLAG_TRY,
  OP_CAST_BOOL_DEC,
  OP_CAST_DEC_BOOL,
  OP_CAST_DEC_F64,
  OP_CAST_DEC_I64,
  OP_CAST_F64_DEC,
  OP_CAST_I64_DEC,
} from "../shared/opcode";
import { ERR_CAST, LANE_NULL, LANE_VALID } from "../shared/status";
import { wrap } from "./cast-number";
import { finish, operandScale, readShape } from "./decimal";
import { aValues, dstValidity, dstValues, flagsOf } from "./operand";
import { readDouble, readFloat } from "./read-float";
import { scanNumber } from "./scan-number";
import { shortestDigits, shortestDouble, shortestExponent } from "./shortest";
import { strict1 } from "./validity";
import { A, clear, dividePower, divideSmall, isZero, LIMBS, loadMagnitude } from "./wide";

export function castDecimal(opcode: i32, ins: usize, rows: i32): void {
  strict1(ins, rows);
  readShape(ins);
  const valid: usize = dstValidity(ins);
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const flags: u32 = flagsOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    switch (opcode) {
      case OP_CAST_BOOL_DEC:
        store<u8>(valid + i, fromWhole(dst + (i << 4), <i64>load<u8>(a + i)));
        break;
      case OP_CAST_I64_DEC:
        store<u8>(valid + i, fromWhole(dst + (i << 4), load<i64>(a + (i << 3))));
        break;
      case OP_CAST_F64_DEC:
        store<u8>(valid + i, fromFloat(dst + (i << 4), load<f64>(a + (i << 3)), flags));
        break;
      case OP_CAST_DEC_BOOL:
        store<u8>(dst + i, <u8>((load<u64>(a + (i << 4)) | load<u64>(a + (i << 4), 8)) !== 0));
        break;
      case OP_CAST_DEC_I64:
        store<i64>(dst + (i << 3), toWhole(a + (i << 4)));
        break;
      case OP_CAST_DEC_F64:
        store<f64>(dst + (i << 3), toFloat(a + (i << 4), flags));
        break;
      default:
        unreachable();
    }
  }
  if (opcode === OP_CAST_DEC_I64) wrap(dst, dst, rows, 64 - (flags & 0x7f));
}

function fromWhole(dst: usize, value: i64): u32 {
  clear(A);
  store<u64>(A, value < 0 ? 0 - value : value);
  return finish(dst, value < 0, 0);
}

function fromFloat(dst: usize, value: f64, flags: u32): u32 {
  if (value - value !== 0.0) return flags & FLAG_TRY ? LANE_NULL : ERR_CAST;
  clear(A);
  if (value === 0.0) return finish(dst, false, 0);
  shortestDouble(value);
  store<u64>(A, shortestDigits());
  return finish(dst, value < 0.0, -shortestExponent());
}

function toWhole(a: usize): i64 {
  const negative: bool = loadMagnitude(A, a);
  dividePower(A, operandScale());
  const low: i64 = load<i64>(A);
  return negative ? 0 - low : low;
}

const TEXT: usize = memory.data(48);

/** By way of its digits, so that it is rounded once. */
function toFloat(a: usize, flags: u32): f64 {
  const end: usize = TEXT + 48;
  const start: usize = decimalText(a, operandScale(), end);
  scanNumber(start, end);
  return flags & FLAG_FLOAT ? readFloat() : readDouble();
}

/** Writes plain digits in front of `end`, at most 41 bytes; gives where they begin. */
export function decimalText(a: usize, scale: i32, end: usize): usize {
  const negative: bool = loadMagnitude(A, a);
  let at: usize = end;
  let written: i32 = 0;
  while (written <= scale || !isZero(A)) {
    if (written === scale && scale > 0) store<u8>(--at, 46);
    store<u8>(--at, <u8>(48 + divideSmall(A, LIMBS, 10)));
    written++;
  }
  if (negative) store<u8>(--at, 45);
  return at;
}
