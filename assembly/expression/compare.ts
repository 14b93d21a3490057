// Comparison of fixed-width values. Whole numbers and booleans by value, DECIMALs of one scale by their unscaled value, floats
// as Java's operators: a NaN is unequal to everything, itself included, and neither greater nor less; -0.0 equals 0.0.
// Eight SIMD comparisons of two lanes are narrowed into one store of 16 booleans.

import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_I64, PHYS_STR } from "../shared/layout";
import {
  COMPARE_DISTINCT,
  COMPARE_EQ,
  COMPARE_GE,
  COMPARE_GREATEST,
  COMPARE_GT,
  COMPARE_LE,
  COMPARE_LT,
  COMPARE_NE,
  COMPARE_NOT_DISTINCT,
} from "../shared/opcode";
import { LANE_VALID } from "../shared/status";
import { compareBytes, compareText } from "./compare-string";
import { aValidity, aValues, bValidity, bValues, dstValidity, dstValues } from "./operand";
import { strict2 } from "./validity";

/** `opcode` is PHYS_* << 4 | COMPARE_*. */
export function runCompare(opcode: i32, ins: usize, rows: i32): void {
  const physical: i32 = (opcode >> 4) & 0xf;
  const comparison: i32 = opcode & 0xf;
  strict2(ins, rows);
  if (comparison >= COMPARE_GREATEST) return pick(physical, ins, rows, comparison === COMPARE_GREATEST);
  const distinct: bool = comparison === COMPARE_DISTINCT || comparison === COMPARE_NOT_DISTINCT;
  const test: i32 = distinct ? (comparison === COMPARE_DISTINCT ? COMPARE_NE : COMPARE_EQ) : comparison;
  if (physical === PHYS_I64) compareI64(test, ins, rows);
  else if (physical === PHYS_STR) compareText(test, ins, rows);
  else if (physical === PHYS_F64) compareF64(test, ins, rows);
  else if (physical === PHYS_BOOL) compareBool(test, ins, rows);
  else compareDecimal(test, ins, rows);
  if (distinct) decideNulls(ins, rows, comparison === COMPARE_DISTINCT ? 1 : 0);
}

/** IS [NOT] DISTINCT FROM: two NULLs are not distinct, one is; poison stays. */
function decideNulls(ins: usize, rows: i32, distinct: u8): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValidity(ins);
  const b: usize = bValidity(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== 0) continue;
    const same: bool = load<u8>(a + i) === load<u8>(b + i);
    store<u8>(dst + i, same ? 1 - distinct : distinct);
    store<u8>(valid + i, LANE_VALID);
  }
}

/** Eight masks of two 64-bit lanes to 16 bytes of 0 and 255. */
function narrow(m0: v128, m1: v128, m2: v128, m3: v128): v128 {
  const low: v128 = v128.shuffle<i32>(m0, m1, 0, 2, 4, 6);
  const high: v128 = v128.shuffle<i32>(m2, m3, 0, 2, 4, 6);
  return i16x8.narrow_i32x4_s(low, high);
}

function storeMasks(at: usize, low: v128, high: v128): void {
  v128.store(at, v128.and(i8x16.narrow_i16x8_s(low, high), i8x16.splat(1)));
}

function compareI64(test: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  if (test === COMPARE_EQ || test === COMPARE_NE) equalI64(a, b, dst, rows);
  else if (test === COMPARE_LT || test === COMPARE_GE) lessI64(a, b, dst, rows);
  else lessI64(b, a, dst, rows);
  if (test === COMPARE_NE || test === COMPARE_GE || test === COMPARE_LE) flip(dst, rows);
}

/** TRUE to FALSE and back. */
export function flip(dst: usize, rows: i32): void {
  for (let i: usize = 0; i < <usize>rows; i += 16) v128.store(dst + i, v128.xor(v128.load(dst + i), i8x16.splat(1)));
}

function equalI64(a: usize, b: usize, dst: usize, rows: i32): void {
  const end: usize = dst + <usize>rows;
  while (dst < end) {
    const m0: v128 = i64x2.eq(v128.load(a), v128.load(b));
    const m1: v128 = i64x2.eq(v128.load(a, 16), v128.load(b, 16));
    const m2: v128 = i64x2.eq(v128.load(a, 32), v128.load(b, 32));
    const m3: v128 = i64x2.eq(v128.load(a, 48), v128.load(b, 48));
    const m4: v128 = i64x2.eq(v128.load(a, 64), v128.load(b, 64));
    const m5: v128 = i64x2.eq(v128.load(a, 80), v128.load(b, 80));
    const m6: v128 = i64x2.eq(v128.load(a, 96), v128.load(b, 96));
    const m7: v128 = i64x2.eq(v128.load(a, 112), v128.load(b, 112));
    storeMasks(dst, narrow(m0, m1, m2, m3), narrow(m4, m5, m6, m7));
    a += 128;
    b += 128;
    dst += 16;
  }
}

function lessI64(a: usize, b: usize, dst: usize, rows: i32): void {
  const end: usize = dst + <usize>rows;
  while (dst < end) {
    const m0: v128 = i64x2.lt_s(v128.load(a), v128.load(b));
    const m1: v128 = i64x2.lt_s(v128.load(a, 16), v128.load(b, 16));
    const m2: v128 = i64x2.lt_s(v128.load(a, 32), v128.load(b, 32));
    const m3: v128 = i64x2.lt_s(v128.load(a, 48), v128.load(b, 48));
    const m4: v128 = i64x2.lt_s(v128.load(a, 64), v128.load(b, 64));
    const m5: v128 = i64x2.lt_s(v128.load(a, 80), v128.load(b, 80));
    const m6: v128 = i64x2.lt_s(v128.load(a, 96), v128.load(b, 96));
    const m7: v128 = i64x2.lt_s(v128.load(a, 112), v128.load(b, 112));
    storeMasks(dst, narrow(m0, m1, m2, m3), narrow(m4, m5, m6, m7));
    a += 128;
    b += 128;
    dst += 16;
  }
}

function compareF64(test: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  if (test === COMPARE_LT) return lessF64(a, b, dst, rows);
  if (test === COMPARE_GT) return lessF64(b, a, dst, rows);
  if (test === COMPARE_LE) return atMostF64(a, b, dst, rows);
  if (test === COMPARE_GE) return atMostF64(b, a, dst, rows);
  equalF64(a, b, dst, rows);
  if (test === COMPARE_NE) flip(dst, rows);
}

function equalF64(a: usize, b: usize, dst: usize, rows: i32): void {
  const end: usize = dst + <usize>rows;
  while (dst < end) {
    const m0: v128 = f64x2.eq(v128.load(a), v128.load(b));
    const m1: v128 = f64x2.eq(v128.load(a, 16), v128.load(b, 16));
    const m2: v128 = f64x2.eq(v128.load(a, 32), v128.load(b, 32));
    const m3: v128 = f64x2.eq(v128.load(a, 48), v128.load(b, 48));
    const m4: v128 = f64x2.eq(v128.load(a, 64), v128.load(b, 64));
    const m5: v128 = f64x2.eq(v128.load(a, 80), v128.load(b, 80));
    const m6: v128 = f64x2.eq(v128.load(a, 96), v128.load(b, 96));
    const m7: v128 = f64x2.eq(v128.load(a, 112), v128.load(b, 112));
    storeMasks(dst, narrow(m0, m1, m2, m3), narrow(m4, m5, m6, m7));
    a += 128;
    b += 128;
    dst += 16;
  }
}

function lessF64(a: usize, b: usize, dst: usize, rows: i32): void {
  const end: usize = dst + <usize>rows;
  while (dst < end) {
    const m0: v128 = f64x2.lt(v128.load(a), v128.load(b));
    const m1: v128 = f64x2.lt(v128.load(a, 16), v128.load(b, 16));
    const m2: v128 = f64x2.lt(v128.load(a, 32), v128.load(b, 32));
    const m3: v128 = f64x2.lt(v128.load(a, 48), v128.load(b, 48));
    const m4: v128 = f64x2.lt(v128.load(a, 64), v128.load(b, 64));
    const m5: v128 = f64x2.lt(v128.load(a, 80), v128.load(b, 80));
    const m6: v128 = f64x2.lt(v128.load(a, 96), v128.load(b, 96));
    const m7: v128 = f64x2.lt(v128.load(a, 112), v128.load(b, 112));
    storeMasks(dst, narrow(m0, m1, m2, m3), narrow(m4, m5, m6, m7));
    a += 128;
    b += 128;
    dst += 16;
  }
}

function atMostF64(a: usize, b: usize, dst: usize, rows: i32): void {
  const end: usize = dst + <usize>rows;
  while (dst < end) {
    const m0: v128 = f64x2.le(v128.load(a), v128.load(b));
    const m1: v128 = f64x2.le(v128.load(a, 16), v128.load(b, 16));
    const m2: v128 = f64x2.le(v128.load(a, 32), v128.load(b, 32));
    const m3: v128 = f64x2.le(v128.load(a, 48), v128.load(b, 48));
    const m4: v128 = f64x2.le(v128.load(a, 64), v128.load(b, 64));
    const m5: v128 = f64x2.le(v128.load(a, 80), v128.load(b, 80));
    const m6: v128 = f64x2.le(v128.load(a, 96), v128.load(b, 96));
    const m7: v128 = f64x2.le(v128.load(a, 112), v128.load(b, 112));
    storeMasks(dst, narrow(m0, m1, m2, m3), narrow(m4, m5, m6, m7));
    a += 128;
    b += 128;
    dst += 16;
  }
}

function compareBool(test: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const swap: bool = test === COMPARE_GT || test === COMPARE_LE;
  const a: usize = swap ? bValues(ins) : aValues(ins);
  const b: usize = swap ? aValues(ins) : bValues(ins);
  const equality: bool = test === COMPARE_EQ || test === COMPARE_NE;
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const x: v128 = v128.load(a + i);
    const y: v128 = v128.load(b + i);
    v128.store(dst + i, v128.and(equality ? i8x16.eq(x, y) : i8x16.lt_u(x, y), i8x16.splat(1)));
  }
  if (test === COMPARE_NE || test === COMPARE_GE || test === COMPARE_LE) flip(dst, rows);
}

function compareDecimal(test: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const swap: bool = test === COMPARE_GT || test === COMPARE_LE;
  const a: usize = swap ? bValues(ins) : aValues(ins);
  const b: usize = swap ? aValues(ins) : bValues(ins);
  if (test === COMPARE_EQ || test === COMPARE_NE) {
    for (let i: usize = 0; i < <usize>rows; i++) {
      const difference: v128 = v128.xor(v128.load(a + (i << 4)), v128.load(b + (i << 4)));
      store<u8>(dst + i, v128.any_true(difference) ? 0 : 1);
    }
  } else {
    for (let i: usize = 0; i < <usize>rows; i++) store<u8>(dst + i, <u8>lessI128(a + (i << 4), b + (i << 4)));
  }
  if (test === COMPARE_NE || test === COMPARE_GE || test === COMPARE_LE) flip(dst, rows);
}

function lessI128(a: usize, b: usize): bool {
  const high: i64 = load<i64>(a, 8);
  const other: i64 = load<i64>(b, 8);
  return high < other || (high === other && load<u64>(a) < load<u64>(b));
}

/** GREATEST and LEAST of two: b where it is greater (less), else a. */
function pick(physical: i32, ins: usize, rows: i32, greatest: bool): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (physical === PHYS_I64) {
      const x: i64 = load<i64>(a + (i << 3));
      const y: i64 = load<i64>(b + (i << 3));
      store<i64>(dst + (i << 3), (greatest ? y > x : y < x) ? y : x);
    } else if (physical === PHYS_F64) {
      const x: f64 = load<f64>(a + (i << 3));
      const y: f64 = load<f64>(b + (i << 3));
      store<f64>(dst + (i << 3), (greatest ? y > x : y < x) ? y : x);
    } else if (physical === PHYS_BOOL) {
      const both: u8 = greatest ? load<u8>(a + i) | load<u8>(b + i) : load<u8>(a + i) & load<u8>(b + i);
      store<u8>(dst + i, both);
    } else if (physical === PHYS_DEC) {
      const at: usize = i << 4;
      const other: bool = greatest ? lessI128(a + at, b + at) : lessI128(b + at, a + at);
      v128.store(dst + at, v128.load((other ? b : a) + at));
    } else if (load<u8>(dstValidity(ins) + i) === LANE_VALID) {
      const at: usize = i << 3;
      const order: i32 = compareBytes(a + at, b + at);
      store<u64>(dst + at, load<u64>((greatest ? order < 0 : order > 0) ? b + at : a + at));
    }
  }
}
