// HyperLogLog sketches in DataSketches' terms: a few coupons are kept as they are (exact but for 26-bit collisions), many turn
// into 2^lgK registers of one byte, register[coupon & (k - 1)] = max(coupon >> 26). Slot of a row, 8 bytes:
//   0 u32 reference   4 u32 kind | lg << 3 | coupons << 8
// kind NONE: nothing yet. ONE: the reference is the coupon. SET: 2^lg cells in groups of four, open-addressed by the coupon's low
// bits, at most 3/4 full; coupons are never 0, so 0 marks a free cell. DENSE: the registers. A set turns dense when
// 4 x coupons > 3 x 2^(lgK - 3) (lgK > 7; beyond 8 coupons below that), which is where that library goes over, so that images agree.
import { allocateZeroed, release } from "../memory/heap";
import { DENSE_LANES, MISSES } from "../memory/vectors";

export const META: usize = 4;
export const KIND_MASK: u32 = 7;
export const KIND_NONE: u32 = 0;
export const KIND_ONE: u32 = 1;
const KIND_SET: u32 = 2;
export const KIND_DENSE: u32 = 3;
export const LG_SHIFT: u32 = 3;
export const LG_MASK: u32 = 31;
const COUNT_SHIFT: u32 = 8;
const FIRST_LG: u32 = 4;

/**
 * Adds coupon i to the sketch at `slot` of rows[i]. Lanes are told apart by kind first, without a branch: groups follow each
 * other at random, and a branch on the kind would be mispredicted every other time.
 */
export function addCoupons(rows: usize, coupons: usize, slot: u32, lanes: u32, options: u64): void {
  const lgK: u32 = <u32>options;
  const sink: u32 = <u32>(options >> 32);
  let dense: u32 = 0;
  let sparse: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    const registers: bool = load<u32>(<usize>row + slot, META) === KIND_DENSE;
    store<u32>(DENSE_LANES + (dense << 2), i);
    store<u32>(MISSES + (sparse << 2), i);
    dense += u32(registers);
    sparse += u32(!registers && row !== sink);
  }
  addToRegisters(rows, coupons, slot, dense, (1 << lgK) - 1);
  addToSets(rows, coupons, slot, sparse, lgK);
}

/** Lanes in DENSE_LANES. */
function addToRegisters(rows: usize, coupons: usize, slot: u32, lanes: u32, mask: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const lane: u32 = load<u32>(DENSE_LANES + (i << 2));
    const coupon: u32 = load<u32>(coupons + (lane << 2));
    const register: usize = <usize>load<u32>(<usize>load<u32>(rows + (lane << 2)) + slot) + (coupon & mask);
    store<u8>(register, <u8>max<u32>(coupon >> 26, load<u8>(register)));
  }
}

/** Lanes in MISSES: sets that hold the coupon or have room for it inline, the rest with care. */
function addToSets(rows: usize, coupons: usize, slot: u32, lanes: u32, lgK: u32): void {
  const limit: u32 = sparseLimit(lgK);
  for (let i: u32 = 0; i < lanes; i++) {
    const lane: u32 = load<u32>(MISSES + (i << 2));
    const at: usize = <usize>load<u32>(rows + (lane << 2)) + slot;
    const coupon: u32 = load<u32>(coupons + (lane << 2));
    const meta: u32 = load<u32>(at, META);
    if ((meta & KIND_MASK) !== KIND_SET) {
      addCoupon(at, coupon, lgK);
      continue;
    }
    const cells: usize = load<u32>(at);
    const last: u32 = (1 << ((meta >> LG_SHIFT) & LG_MASK)) - 1;
    const wanted: v128 = i32x4.splat(coupon);
    let place: u32 = coupon & last & ~3;
    let group: v128 = v128.load(cells + (place << 2));
    let held: bool = v128.any_true(i32x4.eq(group, wanted));
    let free: u32 = <u32>i32x4.bitmask(i32x4.eq(group, i32x4.splat(0)));
    while (!held && free === 0) {
      place = (place + 4) & last;
      group = v128.load(cells + (place << 2));
      held = v128.any_true(i32x4.eq(group, wanted));
      free = <u32>i32x4.bitmask(i32x4.eq(group, i32x4.splat(0)));
    }
    if (held) continue;
    if (meta >> COUNT_SHIFT >= min<u32>(limit, last - (last >> 2))) {
      addCoupon(at, coupon, lgK);
      continue;
    }
    store<u32>(cells + ((place + ctz<u32>(free)) << 2), coupon);
    store<u32>(at, meta + (1 << COUNT_SHIFT), META);
  }
}

/** Coupons kept before a sketch of this lgK goes dense. */
function sparseLimit(lgK: u32): u32 {
  return lgK > 7 ? (3 << (lgK - 3)) >> 2 : 8;
}

/** One coupon, whatever the sketch's kind: first ones, growth, the step to registers. */
export function addCoupon(at: usize, coupon: u32, lgK: u32): void {
  const meta: u32 = load<u32>(at, META);
  const kind: u32 = meta & KIND_MASK;
  if (kind === KIND_NONE) {
    store<u32>(at, coupon);
    store<u32>(at, KIND_ONE | (1 << COUNT_SHIFT), META);
  } else if (kind === KIND_ONE) {
    if (load<u32>(at) !== coupon) startSet(at, coupon);
  } else if (kind === KIND_DENSE) {
    setRegister(load<u32>(at), coupon, lgK);
  } else {
    addToSet(at, coupon, lgK);
  }
}

function startSet(at: usize, coupon: u32): void {
  const cells: usize = allocateZeroed(4 << FIRST_LG);
  const first: u32 = load<u32>(at);
  store<u32>(findInSet(cells, first, FIRST_LG), first);
  store<u32>(findInSet(cells, coupon, FIRST_LG), coupon);
  store<u32>(at, <u32>cells);
  store<u32>(at, KIND_SET | (FIRST_LG << LG_SHIFT) | (2 << COUNT_SHIFT), META);
}

function addToSet(at: usize, coupon: u32, lgK: u32): void {
  const meta: u32 = load<u32>(at, META);
  const count: u32 = meta >> COUNT_SHIFT;
  const lg: u32 = (meta >> LG_SHIFT) & LG_MASK;
  if (load<u32>(findInSet(load<u32>(at), coupon, lg)) === coupon) return;
  if (count >= sparseLimit(lgK)) {
    turnDense(at, coupon, lgK);
    return;
  }
  const last: u32 = (1 << lg) - 1;
  const wider: u32 = lg + u32(count >= last - (last >> 2));
  if (wider > lg) widen(at, lg);
  store<u32>(findInSet(load<u32>(at), coupon, wider), coupon);
  store<u32>(at, KIND_SET | (wider << LG_SHIFT) | ((count + 1) << COUNT_SHIFT), META);
}

/** The cell that holds the coupon, or the free one it belongs in. Cells are taken in groups of four. */
function findInSet(cells: usize, coupon: u32, lg: u32): usize {
  const mask: u32 = (1 << lg) - 1;
  let place: u32 = coupon & mask & ~3;
  while (load<u32>(cells + (place << 2)) !== coupon && load<u32>(cells + (place << 2)) !== 0)
    place = (place + 1) & mask;
  return cells + (place << 2);
}

/** Twice the cells. The caller stores what goes with it. */
function widen(at: usize, lg: u32): void {
  const cells: usize = allocateZeroed(8 << lg);
  const old: usize = load<u32>(at);
  for (let i: u32 = 0; i < 1 << lg; i++) {
    const coupon: u32 = load<u32>(old + (i << 2));
    if (coupon !== 0) store<u32>(findInSet(cells, coupon, lg + 1), coupon);
  }
  release(old);
  store<u32>(at, <u32>cells);
}

function turnDense(at: usize, coupon: u32, lgK: u32): void {
  const registers: usize = allocateZeroed((<usize>1) << lgK);
  const size: u32 = 1 << ((load<u32>(at, META) >> LG_SHIFT) & LG_MASK);
  const old: usize = load<u32>(at);
  for (let i: u32 = 0; i < size; i++) {
    const kept: u32 = load<u32>(old + (i << 2));
    if (kept !== 0) setRegister(registers, kept, lgK);
  }
  setRegister(registers, coupon, lgK);
  release(old);
  store<u32>(at, <u32>registers);
  store<u32>(at, KIND_DENSE, META);
}

export function setRegister(registers: usize, coupon: u32, lgK: u32): void {
  const register: usize = registers + (coupon & ((1 << lgK) - 1));
  const value: u32 = coupon >> 26;
  if (value > <u32>load<u8>(register)) store<u8>(register, <u8>value);
}

export function isDense(slot: usize): bool {
  return load<u32>(slot, META) === KIND_DENSE;
}

/** Coupons of a sparse sketch. */
export function couponCount(slot: usize): u32 {
  return load<u32>(slot, META) >> COUNT_SHIFT;
}

/** Registers of a dense sketch. */
export function registersOf(slot: usize): usize {
  return load<u32>(slot);
}

/** Writes a sparse sketch's coupons, in no order, and returns the address behind them. */
export function copyCoupons(slot: usize, to: usize): usize {
  const meta: u32 = load<u32>(slot, META);
  const kind: u32 = meta & KIND_MASK;
  if (kind === KIND_NONE) return to;
  if (kind === KIND_ONE) {
    store<u32>(to, load<u32>(slot));
    return to + 4;
  }
  const cells: usize = load<u32>(slot);
  const size: u32 = 1 << ((meta >> LG_SHIFT) & LG_MASK);
  let end: usize = to;
  for (let i: u32 = 0; i < size; i++) {
    const coupon: u32 = load<u32>(cells + (i << 2));
    if (coupon === 0) continue;
    store<u32>(end, coupon);
    end += 4;
  }
  return end;
}

export function releaseSketch(slot: usize): void {
  if ((load<u32>(slot, META) & KIND_MASK) > KIND_ONE) release(load<u32>(slot));
}
