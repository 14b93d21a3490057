// Unsigned numbers of many 32-bit limbs, little-endian, in static memory: what DECIMAL of 38 digits and exact reading of
// floating-point text need beyond 64 bits. "A" and "B" of 256 bits hold the magnitudes a DECIMAL operation works on.
// Long division is Knuth's Algorithm D (TAOCP 4.3.1) on 32-bit digits. Nothing here is re-entrant.

/** Limbs of A and B. */
export const LIMBS: i32 = 8;
/** Most limbs `divideLong` takes. */
const MOST_LIMBS: i32 = 256;
export const A: usize = memory.data(32);
export const B: usize = memory.data(32);
/** Quotient of the last `divideLong`. */
export const QUOTIENT: usize = memory.data(1032);
const DIVISOR: usize = memory.data(1032);
/** 10^0 ... 10^38, 16 bytes each. */
export const POWERS: usize = memory.data(624);
const BILLION: u32 = 1000000000;

startPowers();

function startPowers(): void {
  clear(A);
  store<u32>(A, 1);
  for (let i: usize = 0; i <= 38; i++) {
    v128.store(POWERS + (i << 4), v128.load(A));
    multiplySmall(A, LIMBS, 10);
  }
}

export function clear(at: usize): void {
  memory.fill(at, 0, 32);
}

/** Magnitude of the i128 at `from`; tells whether it is negative. */
export function loadMagnitude(at: usize, from: usize): bool {
  const low: u64 = load<u64>(from);
  const high: u64 = load<u64>(from, 8);
  const negative: bool = <i64>high < 0;
  store<u64>(at, negative ? 0 - low : low);
  store<u64>(at, negative ? ~high + <u64>(low === 0) : high, 8);
  store<u64>(at, 0, 16);
  store<u64>(at, 0, 24);
  return negative;
}

/** Stores A with its sign as an i128; false, and nothing stored, when it has more than `precision` (0 ... 38) digits. */
export function storeSigned(to: usize, negative: bool, precision: i32): bool {
  if ((load<u64>(A, 16) | load<u64>(A, 24)) !== 0) return false;
  const low: u64 = load<u64>(A);
  const high: u64 = load<u64>(A, 8);
  const power: usize = POWERS + ((<usize>precision) << 4);
  const limit: u64 = load<u64>(power, 8);
  if (high > limit || (high === limit && low >= load<u64>(power))) return false;
  store<u64>(to, negative ? 0 - low : low);
  store<u64>(to, negative ? ~high + <u64>(low === 0) : high, 8);
  return true;
}

export function isZero(at: usize): bool {
  return !v128.any_true(v128.or(v128.load(at), v128.load(at, 16)));
}

/** Multiplies in place; gives what did not fit. */
export function multiplySmall(at: usize, limbs: i32, factor: u32): u32 {
  let carry: u64 = 0;
  for (let i: i32 = 0; i < limbs; i++) {
    const limb: usize = at + ((<usize>i) << 2);
    carry += <u64>load<u32>(limb) * factor;
    store<u32>(limb, <u32>carry);
    carry >>= 32;
  }
  return <u32>carry;
}

/** Divides in place; gives the remainder. */
export function divideSmall(at: usize, limbs: i32, divisor: u32): u32 {
  let rest: u64 = 0;
  for (let i: i32 = limbs - 1; i >= 0; i--) {
    const limb: usize = at + ((<usize>i) << 2);
    rest = (rest << 32) | load<u32>(limb);
    store<u32>(limb, <u32>(rest / divisor));
    rest %= divisor;
  }
  return <u32>rest;
}

/** Adds a small number in place; gives the carry. */
export function addSmall(at: usize, limbs: i32, summand: u32): u32 {
  let carry: u64 = summand;
  for (let i: i32 = 0; i < limbs && carry !== 0; i++) {
    const limb: usize = at + ((<usize>i) << 2);
    carry += load<u32>(limb);
    store<u32>(limb, <u32>carry);
    carry >>= 32;
  }
  return <u32>carry;
}

/** 256 bits x 10^exponent; false when it does not fit. */
export function multiplyPower(at: usize, exponent: i32): bool {
  let left: i32 = exponent;
  for (; left >= 9; left -= 9) if (multiplySmall(at, LIMBS, BILLION) !== 0) return isZero(at);
  return multiplySmall(at, LIMBS, smallPower(left)) === 0;
}

/** 256 bits / 10^exponent, cut. Tells whether anything was cut off. */
export function dividePower(at: usize, exponent: i32): bool {
  let rest: u32 = 0;
  let left: i32 = min<i32>(exponent, 90);
  for (; left >= 9; left -= 9) rest |= divideSmall(at, LIMBS, BILLION);
  return (rest | divideSmall(at, LIMBS, smallPower(left))) !== 0;
}

/** 256 bits / 10^exponent, half up. */
export function dividePowerHalfUp(at: usize, exponent: i32): void {
  if (exponent <= 0) return;
  dividePower(at, exponent - 1);
  if (divideSmall(at, LIMBS, 10) >= 5) addSmall(at, LIMBS, 1);
}

/** 10^exponent for 0 ... 9. */
function smallPower(exponent: i32): u32 {
  return load<u32>(POWERS + ((<usize>exponent) << 4));
}

/** A = A x B, both of 128 bits. */
export function multiplyWide(): void {
  const a0: u64 = load<u64>(A);
  const a1: u64 = load<u64>(A, 8);
  const b0: u64 = load<u64>(B);
  const b1: u64 = load<u64>(B, 8);
  const low: u64 = a0 * b0;
  let carry: u64 = multiplyHigh(a0, b0);
  let second: u64 = a1 * b0;
  let third: u64 = multiplyHigh(a1, b0);
  second += carry;
  third += <u64>(second < carry);
  const cross: u64 = a0 * b1;
  second += cross;
  carry = multiplyHigh(a0, b1) + <u64>(second < cross);
  let fourth: u64 = multiplyHigh(a1, b1);
  third += carry;
  fourth += <u64>(third < carry);
  const top: u64 = a1 * b1;
  third += top;
  fourth += <u64>(third < top);
  store<u64>(A, low);
  store<u64>(A, second, 8);
  store<u64>(A, third, 16);
  store<u64>(A, fourth, 24);
}

/** Upper 64 bits of the 128-bit product. */
export function multiplyHigh(x: u64, y: u64): u64 {
  const x0: u64 = x & 0xffffffff;
  const x1: u64 = x >> 32;
  const y0: u64 = y & 0xffffffff;
  const y1: u64 = y >> 32;
  const middle: u64 = x1 * y0 + ((x0 * y0) >> 32);
  const other: u64 = x0 * y1 + (middle & 0xffffffff);
  return x1 * y1 + (middle >> 32) + (other >> 32);
}

/** < 0, 0, > 0 as the 256 bits at a are less than, equal to, more than those at b. */
export function orderWide(a: usize, b: usize): i32 {
  for (let i: i32 = 24; i >= 0; i -= 8) {
    const x: u64 = load<u64>(a + <usize>i);
    const y: u64 = load<u64>(b + <usize>i);
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** 256 bits at a += those at b; gives the carry. */
export function addWide(a: usize, b: usize): u64 {
  let carry: u64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    carry += <u64>load<u32>(a + i) + load<u32>(b + i);
    store<u32>(a + i, <u32>carry);
    carry >>= 32;
  }
  return carry;
}

/** 256 bits at to = larger - smaller. */
export function subtractWide(to: usize, larger: usize, smaller: usize): void {
  let borrow: i64 = 0;
  for (let i: usize = 0; i < 32; i += 4) {
    borrow += <i64>load<u32>(larger + i) - <i64>load<u32>(smaller + i);
    store<u32>(to + i, <u32>borrow);
    borrow >>= 32;
  }
}

/** Limbs without leading zeros. */
export function usedLimbs(at: usize, limbs: i32): i32 {
  let used: i32 = limbs;
  while (used > 0 && load<u32>(at + ((<usize>(used - 1)) << 2)) === 0) used--;
  return used;
}

/**
 * QUOTIENT = numerator / divisor, and the remainder in the numerator's place. The numerator has room for one limb more than
 * it counts. Lengths are used limbs (the divisor's top limb is not 0). Gives the quotient's limbs.
 */
export function divideLong(numerator: usize, length: i32, divisor: usize, divisorLength: i32): i32 {
  if (length > MOST_LIMBS - 2 || divisorLength > MOST_LIMBS - 2) unreachable();
  if (length < divisorLength) return 0;
  if (divisorLength === 1) {
    memory.copy(QUOTIENT, numerator, (<usize>length) << 2);
    const rest: u32 = divideSmall(QUOTIENT, length, load<u32>(divisor));
    memory.fill(numerator, 0, (<usize>length) << 2);
    store<u32>(numerator, rest);
    return length;
  }
  const shift: u32 = clz<u32>(load<u32>(divisor + ((<usize>(divisorLength - 1)) << 2)));
  shiftLeft(DIVISOR, divisor, divisorLength, shift);
  store<u32>(numerator + ((<usize>length) << 2), 0);
  shiftLeft(numerator, numerator, length + 1, shift);
  for (let i: i32 = length - divisorLength; i >= 0; i--) {
    const digit: u32 = estimate(numerator + ((<usize>i) << 2), divisorLength);
    store<u32>(QUOTIENT + ((<usize>i) << 2), digit);
  }
  shiftRight(numerator, length + 1, shift);
  return length - divisorLength + 1;
}

/** Steps D3 to D6: one digit of the quotient, subtracted from the numerator. */
function estimate(at: usize, length: i32): u32 {
  const top: usize = at + ((<usize>length) << 2);
  const first: u64 = load<u32>(DIVISOR + ((<usize>(length - 1)) << 2));
  const second: u64 = load<u32>(DIVISOR + ((<usize>(length - 2)) << 2));
  const head: u64 = ((<u64>load<u32>(top)) << 32) | load<u32>(top - 4);
  let digit: u64 = head / first;
  let rest: u64 = head % first;
  while (digit >> 32 !== 0 || digit * second > ((rest << 32) | load<u32>(top - 8))) {
    digit--;
    rest += first;
    if (rest >> 32 !== 0) break;
  }
  let borrow: i64 = 0;
  let carry: u64 = 0;
  for (let i: usize = 0; i < (<usize>length) << 2; i += 4) {
    carry += digit * load<u32>(DIVISOR + i);
    borrow += <i64>load<u32>(at + i) - <i64>(carry & 0xffffffff);
    store<u32>(at + i, <u32>borrow);
    carry >>= 32;
    borrow >>= 32;
  }
  borrow += <i64>load<u32>(top) - <i64>carry;
  store<u32>(top, <u32>borrow);
  if (borrow >= 0) return <u32>digit;
  carry = 0;
  for (let i: usize = 0; i < (<usize>length) << 2; i += 4) {
    carry += <u64>load<u32>(at + i) + load<u32>(DIVISOR + i);
    store<u32>(at + i, <u32>carry);
    carry >>= 32;
  }
  store<u32>(top, load<u32>(top) + <u32>carry);
  return <u32>(digit - 1);
}

/** By less than 32 bits; the top limb's overflow is dropped. `to` may be `from`. */
function shiftLeft(to: usize, from: usize, limbs: i32, bits: u32): void {
  for (let i: i32 = limbs - 1; i >= 0; i--) {
    const at: usize = (<usize>i) << 2;
    const below: u64 = i === 0 ? 0 : load<u32>(from + at - 4);
    store<u32>(to + at, <u32>((((<u64>load<u32>(from + at)) << 32) | below) >> (32 - bits)));
  }
}

function shiftRight(at: usize, limbs: i32, bits: u32): void {
  for (let i: i32 = 0; i < limbs; i++) {
    const limb: usize = at + ((<usize>i) << 2);
    const above: u64 = i === limbs - 1 ? 0 : load<u32>(limb, 4);
    store<u32>(limb, <u32>(((above << 32) | load<u32>(limb)) >> bits));
  }
}
