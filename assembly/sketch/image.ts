// A sketch as DataSketches' compact HLL_8 image, little-endian, readable by that library in every language:
//   0 preamble ints (2 list, 3 set, 10 dense)   1 version 1   2 family 7   3 lgK   4 lg of the cells   5 flags
//   6 coupons of a list, or least register (0)   7 mode: list 0, set 1, dense 2, | 8 for HLL_8
// list: coupons from 8. set: i32 count at 8, coupons from 12. dense: f64 hip at 8, f64 sums of 2^-r over r < 32 and r >= 32 at
// 16 and 24, i32 zero registers at 32, i32 aux count at 36, registers from 40.
// Flags: 4 empty, 8 compact, 16 out of order: a reader then uses the registers and not the hip accumulator, which a merged or
// restored sketch cannot have. Layout: datasketches-java hll/PreambleUtil.java.
import { copyCoupons, couponCount, isDense, registersOf } from "./hll";

const FLAG_EMPTY: u32 = 4;
const FLAG_COMPACT: u32 = 8;
const FLAG_OUT_OF_ORDER: u32 = 16;
const MODE_HLL_8: u32 = 8;
const MOST_LIST: u32 = 8;
const SMALL_LIST_LG: u32 = 3;
const SMALL_SET_LG: u32 = 5;

/** Bytes of the image. */
export function imageBytes(slot: usize, lgK: u32): u32 {
  if (isDense(slot)) return 40 + (1 << lgK);
  const coupons: u32 = couponCount(slot);
  return (coupons <= MOST_LIST ? 8 : 12) + (coupons << 2);
}

/** Writes the image to `to`, which has room for imageBytes. */
export function writeImage(slot: usize, lgK: u32, to: usize): void {
  store<u8>(to, 1, 1);
  store<u8>(to, 7, 2);
  store<u8>(to, <u8>lgK, 3);
  store<u8>(to, 0, 6);
  if (isDense(slot)) return writeDense(registersOf(slot), lgK, to);
  const coupons: u32 = couponCount(slot);
  const set: bool = coupons > MOST_LIST;
  let lg: u32 = set ? SMALL_SET_LG : SMALL_LIST_LG;
  while (set && coupons << 2 > 3 << lg) lg++;
  store<u8>(to, set ? 3 : 2);
  store<u8>(to, <u8>lg, 4);
  store<u8>(to, <u8>(FLAG_COMPACT | (coupons === 0 ? FLAG_EMPTY : 0)), 5);
  store<u8>(to, <u8>(MODE_HLL_8 | (set ? 1 : 0)), 7);
  if (set) store<u32>(to, coupons, 8);
  else store<u8>(to, <u8>coupons, 6);
  copyCoupons(slot, to + (set ? 12 : 8));
}

function writeDense(registers: usize, lgK: u32, to: usize): void {
  const count: u32 = 1 << lgK;
  let low: f64 = 0.0;
  let high: f64 = 0.0;
  let zeros: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const value: u32 = load<u8>(registers + i);
    const part: f64 = reinterpret<f64>((<u64>1023 - value) << 52);
    if (value < 32) low += part;
    else high += part;
    zeros += u32(value === 0);
  }
  store<u8>(to, 10);
  store<u8>(to, 0, 4);
  store<u8>(to, <u8>(FLAG_COMPACT | FLAG_OUT_OF_ORDER), 5);
  store<u8>(to, <u8>(MODE_HLL_8 | 2), 7);
  store<f64>(to, 0.0, 8);
  store<f64>(to, low, 16);
  store<f64>(to, high, 24);
  store<u32>(to, zeros, 32);
  store<u32>(to, 0, 36);
  memory.copy(to + 40, registers, count);
}
