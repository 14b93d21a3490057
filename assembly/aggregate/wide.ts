// Unsigned integers of 640 bits, as 20 limbs of 32 bits, least first: for the few divisions that averages and variances of
// integers and decimals need when a window closes. Schoolbook methods; nothing here is on the way of a row.
export const LIMBS: u32 = 20;
export const WIDE_BYTES: u32 = 80;

export function wideClear(at: usize): void {
  memory.fill(at, 0, WIDE_BYTES);
}

export function wideSet(at: usize, value: u64): void {
  wideClear(at);
  store<u64>(at, value);
}

/** Magnitude of a two's complement number of `words` 64-bit words. Returns whether it was negative. */
export function wideMagnitude(to: usize, from: usize, words: u32): bool {
  const negative: bool = load<i64>(from + ((words - 1) << 3)) < 0;
  wideClear(to);
  let carry: u64 = u64(negative);
  for (let i: u32 = 0; i < words; i++) {
    const word: u64 = load<u64>(from + (i << 3));
    const flipped: u64 = negative ? ~word + carry : word;
    carry = u64(negative && carry === 1 && word === 0);
    store<u64>(to + (i << 3), flipped);
  }
  return negative;
}

/** to = a x b; `to` is neither of them. What exceeds 640 bits is lost, and is never needed. */
export function wideMultiply(to: usize, a: usize, b: usize): void {
  wideClear(to);
  for (let i: u32 = 0; i < LIMBS; i++) {
    const factor: u64 = load<u32>(a + (i << 2));
    if (factor === 0) continue;
    let carry: u64 = 0;
    for (let j: u32 = 0; i + j < LIMBS; j++) {
      const cell: usize = to + ((i + j) << 2);
      const sum: u64 = factor * <u64>load<u32>(b + (j << 2)) + <u64>load<u32>(cell) + carry;
      store<u32>(cell, <u32>sum);
      carry = sum >> 32;
    }
  }
}

export function wideMultiplySmall(at: usize, factor: u32): void {
  let carry: u64 = 0;
  for (let i: u32 = 0; i < LIMBS; i++) {
    const product: u64 = <u64>load<u32>(at + (i << 2)) * <u64>factor + carry;
    store<u32>(at + (i << 2), <u32>product);
    carry = product >> 32;
  }
}

/** at x 10^digits. */
export function wideScale(at: usize, digits: u32): void {
  let left: u32 = digits;
  for (; left >= 9; left -= 9) wideMultiplySmall(at, 1000000000);
  let factor: u32 = 1;
  for (; left > 0; left--) factor *= 10;
  wideMultiplySmall(at, factor);
}

export function wideAdd(at: usize, other: usize): void {
  let carry: u64 = 0;
  for (let i: u32 = 0; i < LIMBS; i++) {
    const sum: u64 = <u64>load<u32>(at + (i << 2)) + <u64>load<u32>(other + (i << 2)) + carry;
    store<u32>(at + (i << 2), <u32>sum);
    carry = sum >> 32;
  }
}

/** at -= other, which is not greater. */
export function wideSubtract(at: usize, other: usize): void {
  let borrow: u64 = 0;
  for (let i: u32 = 0; i < LIMBS; i++) {
    const difference: u64 = <u64>load<u32>(at + (i << 2)) - <u64>load<u32>(other + (i << 2)) - borrow;
    store<u32>(at + (i << 2), <u32>difference);
    borrow = (difference >> 32) & 1;
  }
}

export function wideCompare(a: usize, b: usize): i32 {
  for (let i: i32 = <i32>LIMBS - 1; i >= 0; i--) {
    const x: u32 = load<u32>(a + (i << 2));
    const y: u32 = load<u32>(b + (i << 2));
    if (x !== y) return x < y ? -1 : 1;
  }
  return 0;
}

/** at = floor(at / divisor). */
export function wideDivide(at: usize, divisor: u64): void {
  if (divisor >> 32 === 0) {
    let rest: u64 = 0;
    for (let i: i32 = <i32>LIMBS - 1; i >= 0; i--) {
      const part: u64 = (rest << 32) | <u64>load<u32>(at + (i << 2));
      store<u32>(at + (i << 2), <u32>(part / divisor));
      rest = part % divisor;
    }
    return;
  }
  divideBits(at, divisor);
}

/** Bit by bit, for divisors of 33 to 63 bits. */
function divideBits(at: usize, divisor: u64): void {
  let rest: u64 = 0;
  for (let i: i32 = <i32>LIMBS - 1; i >= 0; i--) {
    const word: u32 = load<u32>(at + (i << 2));
    let quotient: u32 = 0;
    for (let bit: i32 = 31; bit >= 0; bit--) {
      rest = (rest << 1) | <u64>((word >> bit) & 1);
      quotient <<= 1;
      if (rest >= divisor) {
        rest -= divisor;
        quotient |= 1;
      }
    }
    store<u32>(at + (i << 2), quotient);
  }
}

/** at += by. */
export function wideIncrease(at: usize, by: u64): void {
  let carry: u64 = by;
  for (let i: u32 = 0; i < LIMBS && carry !== 0; i++) {
    const sum: u64 = <u64>load<u32>(at + (i << 2)) + (carry & 0xffffffff);
    store<u32>(at + (i << 2), <u32>sum);
    carry = (carry >> 32) + (sum >> 32);
  }
}

/** Nearest double, by the leading 64 bits. */
export function wideToDouble(at: usize): f64 {
  let value: f64 = 0.0;
  for (let i: i32 = <i32>LIMBS - 1; i >= 0; i--) value = value * 4294967296.0 + <f64>load<u32>(at + (i << 2));
  return value;
}

/** A whole, not negative double below 2^600. */
export function wideFromDouble(at: usize, value: f64): void {
  const bits: u64 = reinterpret<u64>(value);
  const exponent: i32 = <i32>((bits >> 52) & 0x7ff) - 1075;
  const mantissa: u64 = (bits & 0xfffffffffffff) | (((<u64>0x00100000) << 32) | 0x00000000);
  if (value < 9007199254740992.0) return wideSet(at, <u64>value);
  wideSet(at, mantissa);
  wideShift(at, <u32>exponent);
}

/** at x 2^bits. */
export function wideShift(at: usize, bits: u32): void {
  let left: u32 = bits;
  for (; left >= 31; left -= 31) wideMultiplySmall(at, 0x80000000);
  wideMultiplySmall(at, 1 << left);
}
