// What a sketch answers. Dense: Ertl's improved estimator (arXiv 1702.01284, algorithm 6), unbiased over the whole range
// without tables; registers hold 1 ... 63, so q = 62. Sparse: the number of coupons, corrected for the pairs expected to
// share one: values collide with probability 1 / (3 x 2^26), since two coupons agree in 26 bits and in a geometric value.
import { couponCount, isDense, registersOf } from "./hll";

const Q: u32 = 62;
const HALF_OVER_LN2: f64 = 0.7213475204444817;
const PAIRS: f64 = 6.0 * 67108864.0;
const histogram: usize = memory.data(64 * 4);

/** Distinct values, rounded to an integer. */
export function estimateSketch(slot: usize, lgK: u32): i64 {
  if (isDense(slot)) return <i64>nearest<f64>(estimateDense(registersOf(slot), (<usize>1) << lgK));
  const coupons: f64 = <f64>couponCount(slot);
  return <i64>nearest<f64>(coupons + (coupons * coupons) / PAIRS);
}

function estimateDense(registers: usize, count: usize): f64 {
  memory.fill(histogram, 0, 64 * 4);
  for (let i: usize = 0; i < count; i++) {
    const cell: usize = histogram + ((<usize>load<u8>(registers + i)) << 2);
    store<u32>(cell, load<u32>(cell) + 1);
  }
  const m: f64 = <f64>count;
  let z: f64 = m * tau(1.0 - <f64>load<u32>(histogram + ((Q + 1) << 2)) / m);
  for (let k: u32 = Q; k >= 1; k--) z = 0.5 * (z + <f64>load<u32>(histogram + (k << 2)));
  z += m * sigma(<f64>load<u32>(histogram) / m);
  return (HALF_OVER_LN2 * m * m) / z;
}

function sigma(start: f64): f64 {
  if (start === 1.0) return Infinity;
  let x: f64 = start;
  let y: f64 = 1.0;
  let z: f64 = start;
  while (true) {
    x *= x;
    const before: f64 = z;
    z += x * y;
    y += y;
    if (z === before) return z;
  }
}

function tau(start: f64): f64 {
  if (start === 0.0 || start === 1.0) return 0.0;
  let x: f64 = start;
  let y: f64 = 1.0;
  let z: f64 = 1.0 - start;
  while (true) {
    x = sqrt<f64>(x);
    const before: f64 = z;
    y *= 0.5;
    z -= (1.0 - x) * (1.0 - x) * y;
    if (z === before) return z / 3.0;
  }
}
