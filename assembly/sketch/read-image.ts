// A sketch from an image of DataSketches (image.ts writes them): compact lists and sets of coupons of any kind, and HLL_8 registers.
// Images come from outside: nothing is read before it was checked. A sketch of more registers than are wanted folds: a register's
// low bits name it, and the value is of other bits of the hash (datasketches-java hll/HllUtil.java, Union).
import { allocateZeroed, release } from "../memory/heap";
import { estimateSketch } from "./estimate";
import { addCoupon, KIND_DENSE, META, releaseSketch } from "./hll";
import { mergeSketch } from "./merge";

const VERSION: u32 = 1;
const FAMILY: u32 = 7;
const LEAST_LG_K: u32 = 4;
const MOST_LG_K: u32 = 21;
const FLAG_COMPACT: u32 = 8;
const MODE_LIST: u32 = 0;
const MODE_SET: u32 = 1;
const HLL_8: u32 = 2;
const LIST_AT: u32 = 8;
const SET_AT: u32 = 12;
const REGISTERS_AT: u32 = 40;
const MOST_VALUE: u32 = 63;

/** lgK of the image, 0 when the bytes are none. */
export function imageLgK(image: usize, bytes: u32): u32 {
  if (bytes < LIST_AT || load<u8>(image, 1) !== VERSION || load<u8>(image, 2) !== FAMILY) return 0;
  const lgK: u32 = load<u8>(image, 3);
  if (lgK < LEAST_LG_K || lgK > MOST_LG_K) return 0;
  const mode: u32 = modeOf(image);
  if (mode <= MODE_SET) {
    const compact: bool = (load<u8>(image, 5) & FLAG_COMPACT) !== 0;
    if (mode === MODE_SET && bytes < SET_AT) return 0;
    const count: u32 = couponsIn(image);
    if (!compact || count > (bytes - couponsAt(image)) >> 2 || bytes < couponsAt(image)) return 0;
    return areCoupons(image + couponsAt(image), count) ? lgK : 0;
  }
  const kind: u32 = (load<u8>(image, 7) >> 2) & 3;
  if (mode !== 2 || kind !== HLL_8 || bytes < REGISTERS_AT + (1 << lgK)) return 0;
  return areRegisters(image + REGISTERS_AT, 1 << lgK) ? lgK : 0;
}

function modeOf(image: usize): u32 {
  return load<u8>(image, 7) & 3;
}

function couponsAt(image: usize): u32 {
  return modeOf(image) === MODE_LIST ? LIST_AT : SET_AT;
}

function couponsIn(image: usize): u32 {
  return modeOf(image) === MODE_LIST ? <u32>load<u8>(image, 6) : load<u32>(image, 8);
}

/** A coupon's value is of its high bits, and never 0. */
function areCoupons(coupons: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (load<u32>(coupons + (i << 2)) >> 26 === 0) return false;
  return true;
}

function areRegisters(registers: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++) if (<u32>load<u8>(registers + i) > MOST_VALUE) return false;
  return true;
}

/** Unites the image, whose lgK is no less, with the sketch at `slot`. `imageLgK` has found it to be one. */
export function uniteImage(slot: usize, lgK: u32, image: usize): void {
  if (modeOf(image) <= MODE_SET) {
    const coupons: usize = image + couponsAt(image);
    const count: u32 = couponsIn(image);
    for (let i: u32 = 0; i < count; i++) addCoupon(slot, load<u32>(coupons + (i << 2)), lgK);
    return;
  }
  const registers: usize = allocateZeroed(1 << lgK);
  const count: u32 = 1 << load<u8>(image, 3);
  const mask: u32 = (1 << lgK) - 1;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = registers + (i & mask);
    store<u8>(at, <u8>max<u32>(load<u8>(at), load<u8>(image + REGISTERS_AT + i)));
  }
  store<u32>(HAND, <u32>registers);
  store<u32>(HAND, KIND_DENSE, META);
  mergeSketch(slot, HAND, lgK);
  release(registers);
}

/** Distinct values of an image that `imageLgK` has found to be one. */
export function estimateImage(image: usize, lgK: u32): i64 {
  store<u64>(WHOLE, 0);
  uniteImage(WHOLE, lgK, image);
  const estimate: i64 = estimateSketch(WHOLE, lgK);
  releaseSketch(WHOLE);
  return estimate;
}

/** Slots of sketches in hand. */
const HAND: usize = memory.data(8);
const WHOLE: usize = memory.data(8);
