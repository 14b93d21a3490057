// What a whole number does not hold: products beyond 64 bits, results beyond their type's width.
import { ERR_OVERFLOW } from "../shared/status";
import { dstValidity, dstValues, flagsOf } from "./operand";
import { poison } from "./validity";

export function multiplyOverflows(x: i64, y: i64): bool {
  if (x === 0 || y === 0) return false;
  if ((x === -1 && y === i64.MIN_VALUE) || (y === -1 && x === i64.MIN_VALUE)) return true;
  return (x * y) / y !== x;
}

/** Results beyond flags bits. 64 bits are checked where they arise. */
export function checkWidth(ins: usize, rows: i32): void {
  const bits: u32 = flagsOf(ins) & 0x7f;
  if (bits === 64) return;
  const dst: usize = dstValues(ins);
  const half: v128 = i64x2.splat(1 << (<i64>(bits - 1)));
  const end: usize = (<usize>rows) << 3;
  let beyond: v128 = i64x2.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    beyond = v128.or(beyond, i64x2.shr_u(i64x2.add(v128.load(dst + i), half), bits));
  }
  if (v128.any_true(beyond)) poisonWidth(ins, rows);
}

function poisonWidth(ins: usize, rows: i32): void {
  const bits: u64 = flagsOf(ins) & 0x7f;
  const dst: usize = dstValues(ins);
  const half: u64 = (<u64>1) << (bits - 1);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if ((load<u64>(dst + (i << 3)) + half) >> bits !== 0) poison(dstValidity(ins) + i, ERR_OVERFLOW);
  }
}
