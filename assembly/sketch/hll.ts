// HyperLogLog sketches in DataSketches' terms: a few coupons are kept as they are (exact but for 26-bit collisions), many turn
// into 2^lgK registers of one byte, register[coupon & (k - 1)] = max(coupon >> 26). Slot of a row, 8 bytes:
//   0 u32 reference   4 u32 kind | lg << 3 | coupons << 8
// kind NONE: nothing yet. ONE: the reference is the coupon. LIST: 2^lg coupon cells, unordered, scanned. SET: 2^lg cells,
// open-addressed by the coupon's low bits. DENSE: the registers. Coupons are never 0, so 0 marks a free cell.
// A list becomes a set beyond 32 coupons, and dense when 4 x coupons > 3 x 2^(lgK - 3) (lgK > 7; beyond 8 coupons below that),
// which is where that library goes over, so that images agree.
import { allocateZeroed, release } from "../memory/heap";
import { MISSES } from "../memory/vectors";

const META: usize = 4;
const KIND_MASK: u32 = 7;
const KIND_NONE: u32 = 0;
const KIND_ONE: u32 = 1;
const KIND_LIST: u32 = 2;
const KIND_SET: u32 = 3;
const KIND_DENSE: u32 = 4;
const LG_SHIFT: u32 = 3;
const LG_MASK: u32 = 31;
const COUNT_SHIFT: u32 = 8;
const FIRST_LIST_LG: u32 = 4;
const LAST_LIST_LG: u32 = 5;

/** Adds coupon i to the sketch at `slot` of rows[i]. Dense sketches inline, the others after them. */
export function addCoupons(rows: usize, coupons: usize, slot: u32, lanes: u32, options: u64): void {
  const lgK: u32 = <u32>options;
  const sink: u32 = <u32>(options >> 32);
  const mask: u32 = (1 << lgK) - 1;
  let misses: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    const at: usize = <usize>row + slot;
    const coupon: u32 = load<u32>(coupons + (i << 2));
    if (load<u32>(at, META) === KIND_DENSE) {
      const register: usize = <usize>load<u32>(at) + (coupon & mask);
      store<u8>(register, <u8>max<u32>(coupon >> 26, load<u8>(register)));
      continue;
    }
    store<u32>(MISSES + (misses << 2), i);
    misses += u32(row !== sink);
  }
  for (let i: u32 = 0; i < misses; i++) {
    const lane: u32 = load<u32>(MISSES + (i << 2));
    addCoupon(<usize>load<u32>(rows + (lane << 2)) + slot, load<u32>(coupons + (lane << 2)), lgK);
  }
}

/** Coupons kept before a sketch of this lgK goes dense. */
function sparseLimit(lgK: u32): u32 {
  return lgK > 7 ? (3 << (lgK - 3)) >> 2 : 8;
}

function addCoupon(at: usize, coupon: u32, lgK: u32): void {
  const meta: u32 = load<u32>(at, META);
  const kind: u32 = meta & KIND_MASK;
  if (kind === KIND_DENSE) return setRegister(load<u32>(at), coupon, lgK);
  if (kind === KIND_NONE) {
    store<u32>(at, coupon);
    store<u32>(at, KIND_ONE | (1 << COUNT_SHIFT), META);
    return;
  }
  if (kind === KIND_ONE) {
    if (load<u32>(at) !== coupon) startList(at, coupon);
    return;
  }
  const lg: u32 = (meta >> LG_SHIFT) & LG_MASK;
  const count: u32 = meta >> COUNT_SHIFT;
  const cells: usize = load<u32>(at);
  const cell: usize = kind === KIND_LIST ? findInList(cells, coupon, count) : findInSet(cells, coupon, lg);
  if (load<u32>(cell) === coupon) return;
  if (count + 1 > sparseLimit(lgK)) return turnDense(at, coupon, lgK);
  store<u32>(cell, coupon);
  store<u32>(at, kind | (lg << LG_SHIFT) | ((count + 1) << COUNT_SHIFT), META);
  widen(at, kind, lg, count + 1);
}

function startList(at: usize, coupon: u32): void {
  const cells: usize = allocateZeroed(4 << FIRST_LIST_LG);
  store<u32>(cells, load<u32>(at));
  store<u32>(cells, coupon, 4);
  store<u32>(at, <u32>cells);
  store<u32>(at, KIND_LIST | (FIRST_LIST_LG << LG_SHIFT) | (2 << COUNT_SHIFT), META);
}

/** The cell that holds the coupon, or the first free one; there always is one. */
function findInList(cells: usize, coupon: u32, count: u32): usize {
  const wanted: v128 = i32x4.splat(<i32>coupon);
  for (let i: u32 = 0; i < count; i += 4) {
    const mask: u32 = <u32>i32x4.bitmask(i32x4.eq(v128.load(cells + (i << 2)), wanted));
    if (mask !== 0) return cells + ((i + ctz<u32>(mask)) << 2);
  }
  return cells + (count << 2);
}

function findInSet(cells: usize, coupon: u32, lg: u32): usize {
  const mask: u32 = (1 << lg) - 1;
  let place: u32 = (coupon ^ (coupon >> 13)) & mask;
  while (true) {
    const found: u32 = load<u32>(cells + (place << 2));
    if (found === coupon || found === 0) return cells + (place << 2);
    place = (place + 1) & mask;
  }
}

/** Makes room before the last cell of a list, or the last quarter of a set, is used. */
function widen(at: usize, kind: u32, lg: u32, count: u32): void {
  const size: u32 = 1 << lg;
  if (kind === KIND_LIST ? count < size : count <= size - (size >> 2)) return;
  const set: bool = kind === KIND_SET || lg === LAST_LIST_LG;
  const cells: usize = allocateZeroed(8 << lg);
  const old: usize = load<u32>(at);
  let moved: u32 = 0;
  for (let i: u32 = 0; i < size; i++) {
    const coupon: u32 = load<u32>(old + (i << 2));
    if (coupon === 0) continue;
    const cell: usize = set ? findInSet(cells, coupon, lg + 1) : cells + (moved << 2);
    store<u32>(cell, coupon);
    moved++;
  }
  release(old);
  store<u32>(at, <u32>cells);
  store<u32>(at, (set ? KIND_SET : KIND_LIST) | ((lg + 1) << LG_SHIFT) | (count << COUNT_SHIFT), META);
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

function setRegister(registers: usize, coupon: u32, lgK: u32): void {
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
