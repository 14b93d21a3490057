// Exact comparison of a decimal number with m x 2^k, in big integers: the last word on rounding where 19 digits do not decide.
// Both sides are scaled to integers by powers of five, and by the difference of their powers of two.
import { digitCount, digitsAt, digitsEnd, exponent, WHOLE_DIGITS } from "./number";

/** Digits taken as they are; 768 decide any f64. What follows them counts as "a little more". */
const MOST_DIGITS: u32 = 800;
/** 32-bit limbs: 801 digits x 5^308 or 2^1100 stay far below 8192 bits. */
const LIMBS: u32 = 256;
const LEFT: usize = memory.data(LIMBS * 4);
const RIGHT: usize = memory.data(LIMBS * 4);
let leftLimbs: u32 = 0;
let rightLimbs: u32 = 0;

/** Sign of |number that readNumber took apart| - m x 2^k. The two must be within a factor of 2^100 of each other. */
export function compareNumber(m: u64, k: i32): i32 {
  const powerOfTen: i64 = exponent + <i64>min<u32>(digitCount, WHOLE_DIGITS) - <i64>loadDigits();
  const downTo: i32 = <i32>powerOfTen;
  rightLimbs = loadWord(RIGHT, m);
  if (downTo >= 0) leftLimbs = timesPowerOfFive(LEFT, leftLimbs, downTo);
  else rightLimbs = timesPowerOfFive(RIGHT, rightLimbs, -downTo);
  const shift: i32 = downTo - k;
  if (shift > 0) leftLimbs = shiftLeft(LEFT, leftLimbs, shift);
  else if (shift < 0) rightLimbs = shiftLeft(RIGHT, rightLimbs, -shift);
  return compareBig();
}

/** Fills LEFT with the digits and returns how many it took, the one that stands for the rest included. */
function loadDigits(): u32 {
  let taken: u32 = 0;
  let rest: bool = false;
  leftLimbs = loadWord(LEFT, 0);
  for (let at: usize = digitsAt; at < digitsEnd; at++) {
    const digit: u32 = <u32>load<u8>(at) - 48;
    if (digit >= 10) continue;
    if (taken < MOST_DIGITS) {
      leftLimbs = multiplyAdd(LEFT, leftLimbs, 10, digit);
      taken++;
    } else if (digit != 0) {
      rest = true;
    }
  }
  if (!rest) return taken;
  leftLimbs = multiplyAdd(LEFT, leftLimbs, 10, 1);
  return taken + 1;
}

function loadWord(big: usize, value: u64): u32 {
  store<u64>(big, value);
  return 2;
}

/** big x factor + add; returns its limbs. */
function multiplyAdd(big: usize, limbs: u32, factor: u32, add: u32): u32 {
  let carry: u64 = add;
  for (let i: u32 = 0; i < limbs; i++) {
    carry += <u64>load<u32>(big + (i << 2)) * factor;
    store<u32>(big + (i << 2), <u32>carry);
    carry >>= 32;
  }
  if (carry == 0) return limbs;
  store<u32>(big + (limbs << 2), <u32>carry);
  return limbs + 1;
}

function timesPowerOfFive(big: usize, limbs: u32, power: i32): u32 {
  for (; power >= 13; power -= 13) limbs = multiplyAdd(big, limbs, 1220703125, 0);
  for (; power > 0; power--) limbs = multiplyAdd(big, limbs, 5, 0);
  return limbs;
}

function shiftLeft(big: usize, limbs: u32, bits: i32): u32 {
  const words: u32 = <u32>bits >> 5;
  memory.copy(big + (words << 2), big, limbs << 2);
  memory.fill(big, 0, words << 2);
  return multiplyAdd(big, limbs + words, 1 << (bits & 31), 0);
}

function compareBig(): i32 {
  let i: i32 = <i32>max<u32>(leftLimbs, rightLimbs) - 1;
  for (; i >= 0; i--) {
    const left: u32 = <u32>i < leftLimbs ? load<u32>(LEFT + (i << 2)) : 0;
    const right: u32 = <u32>i < rightLimbs ? load<u32>(RIGHT + (i << 2)) : 0;
    if (left != right) return left > right ? 1 : -1;
  }
  return 0;
}
