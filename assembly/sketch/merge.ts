// One sketch into another of the same lgK, which then is what it would be had it seen the values of both: a slice's sketch
// into a window's. Sparse into any: its coupons one by one. Dense into sparse: a copy of the registers takes the coupons.
// Dense into dense: the larger of each pair of registers, 64 a step. The source is not changed and not kept.
// DataSketches' union at one lgK (datasketches-cpp HllUnion-internal.hpp): union of coupons, maximum of registers.
import { allocateZeroed, release } from "../memory/heap";
import {
  addCoupon,
  isDense,
  KIND_DENSE,
  KIND_MASK,
  KIND_NONE,
  KIND_ONE,
  LG_MASK,
  LG_SHIFT,
  META,
  registersOf,
  setRegister,
} from "./hll";

/** Merges the sketch at slot `from` into the one at slot `to`. The two may be the same. */
export function mergeSketch(to: usize, from: usize, lgK: u32): void {
  if (!isDense(from)) {
    if (to !== from) addSparse(to, from, lgK);
  } else if (isDense(to)) maxRegisters(registersOf(to), registersOf(from), (<usize>1) << lgK);
  else addDense(to, from, lgK);
}

/** `source` is sparse. */
function addSparse(to: usize, source: usize, lgK: u32): void {
  const kind: u32 = load<u32>(source, META) & KIND_MASK;
  if (kind === KIND_NONE) return;
  if (kind === KIND_ONE) return addCoupon(to, load<u32>(source), lgK);
  const cells: usize = load<u32>(source);
  const end: usize = cells + cellBytes(source);
  for (let at: usize = cells; at < end; at += 4) {
    const coupon: u32 = load<u32>(at);
    if (coupon !== 0) addCoupon(to, coupon, lgK);
  }
}

/** `to` is sparse, `from` dense. */
function addDense(to: usize, from: usize, lgK: u32): void {
  const registers: usize = allocateZeroed((<usize>1) << lgK);
  memory.copy(registers, registersOf(from), (<usize>1) << lgK);
  const kind: u32 = load<u32>(to, META) & KIND_MASK;
  if (kind === KIND_ONE) setRegister(registers, load<u32>(to), lgK);
  else if (kind !== KIND_NONE) {
    const cells: usize = load<u32>(to);
    const end: usize = cells + cellBytes(to);
    for (let at: usize = cells; at < end; at += 4) {
      const coupon: u32 = load<u32>(at);
      if (coupon !== 0) setRegister(registers, coupon, lgK);
    }
    release(cells);
  }
  store<u32>(to, <u32>registers);
  store<u32>(to, KIND_DENSE, META);
}

/** Of a set. */
export function cellBytes(slot: usize): usize {
  return (<usize>4) << ((load<u32>(slot, META) >> LG_SHIFT) & LG_MASK);
}

/** `count` is a power of two of at least 16. Loads stand before the stores, so that none waits to see whether they overlap. */
function maxRegisters(to: usize, from: usize, count: usize): void {
  const end: usize = to + count;
  for (; to + 64 <= end; to += 64) {
    const a: v128 = i8x16.max_u(v128.load(to), v128.load(from));
    const b: v128 = i8x16.max_u(v128.load(to, 16), v128.load(from, 16));
    const c: v128 = i8x16.max_u(v128.load(to, 32), v128.load(from, 32));
    const d: v128 = i8x16.max_u(v128.load(to, 48), v128.load(from, 48));
    v128.store(to, a);
    v128.store(to, b, 16);
    v128.store(to, c, 32);
    v128.store(to, d, 48);
    from += 64;
  }
  for (; to < end; to += 16) {
    v128.store(to, i8x16.max_u(v128.load(to), v128.load(from)));
    from += 16;
  }
}
