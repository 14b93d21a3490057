// Digits to the nearest double or float, ties to even, always right. Up to 19 digits whose number and power of ten are exact
// in floating point take one multiplication or division (Clinger, "How to read floating point numbers accurately", 1990);
// the rest is computed with long integers.
import { DIGITS, digitCount, digitsFrom, isNegative, pointExponent, roundDigits } from "./scan-number";
import { shortestDigits, shortestDouble, shortestExponent } from "./shortest";
import { addSmall, divideLong, multiplySmall, QUOTIENT, usedLimbs } from "./wide";

const BUFFER_LIMBS: i32 = 250;
const NUMBER: usize = memory.data(1032);
const POWER: usize = memory.data(1032);
const FIVE_13: u32 = 1220703125;

// The format asked for: bits of precision and the exponent of its smallest step.
let mantissaBits: i32 = 53;
let leastExponent: i32 = -1074;

/** The number in scan-number's digits, rounded once. */
export function readDouble(): f64 {
  mantissaBits = 53;
  leastExponent = -1074;
  const x: f64 = nearest();
  return isNegative() ? -x : x;
}

/** Rounded once to 32 bits. */
export function readFloat(): f64 {
  mantissaBits = 24;
  leastExponent = -149;
  const x: f64 = nearest();
  return isNegative() ? -x : x;
}

/** x to 10^-digits on its shortest decimal, half away from zero or toward zero. */
export function roundDouble(x: f64, digits: i64, half: bool): f64 {
  if (x === 0.0 || x - x !== 0.0) return x;
  shortestDouble(x);
  digitsFrom(shortestDigits(), shortestExponent(), x < 0.0);
  roundDigits(digits, half);
  return digitCount() === 0 ? 0.0 : readDouble();
}

function nearest(): f64 {
  const count: i32 = digitCount();
  if (count === 0 || pointExponent() < -400) return 0.0;
  if (pointExponent() > 400) return Infinity;
  if (count <= 19) {
    let number: u64 = 0;
    for (let i: i32 = 0; i < count; i++) number = number * 10 + load<u8>(DIGITS + <usize>i);
    const exponent: i32 = pointExponent() - count;
    if (mantissaBits === 53 && number <= 1 << 53 && exponent >= -22 && exponent <= 22) {
      return exponent < 0 ? <f64>number / powerOf10(-exponent) : <f64>number * powerOf10(exponent);
    }
  }
  return exact(count);
}

/** Exact up to 10^22. */
function powerOf10(exponent: i32): f64 {
  let power: f64 = 1.0;
  for (let i: i32 = 0; i < exponent; i++) power *= 10.0;
  return power;
}

function append(at: usize, limbs: i32, limb: u32): void {
  store<u32>(at + ((<usize>limbs) << 2), limb);
}

/** digits x 10^e = digits x 5^e x 2^e, with the power of two kept apart. */
function exact(count: i32): f64 {
  memory.fill(NUMBER, 0, 1032);
  let limbs: i32 = 1;
  for (let i: i32 = 0; i < count; i++) {
    const carry: u32 = multiplySmall(NUMBER, limbs, 10);
    if (carry !== 0) append(NUMBER, limbs++, carry);
    const over: u32 = addSmall(NUMBER, limbs, load<u8>(DIGITS + <usize>i));
    if (over !== 0) append(NUMBER, limbs++, over);
  }
  const exponent: i32 = pointExponent() - count;
  if (exponent >= 0) {
    limbs = multiplyFives(NUMBER, limbs, exponent);
    return round(NUMBER, limbs, exponent, false);
  }
  memory.fill(POWER, 0, 1032);
  store<u32>(POWER, 1);
  const divisorLimbs: i32 = multiplyFives(POWER, 1, -exponent);
  const lift: i32 = max<i32>(0, divisorLimbs - limbs + 4);
  memory.copy(NUMBER + ((<usize>lift) << 2), NUMBER, (<usize>limbs) << 2);
  memory.fill(NUMBER, 0, (<usize>lift) << 2);
  const quotient: i32 = divideLong(NUMBER, limbs + lift, POWER, divisorLimbs);
  const rest: bool = usedLimbs(NUMBER, divisorLimbs) !== 0;
  return round(QUOTIENT, quotient, exponent - lift * 32, rest);
}

function multiplyFives(at: usize, limbs: i32, exponent: i32): i32 {
  let used: i32 = limbs;
  let left: i32 = exponent;
  while (left > 0) {
    let factor: u32 = FIVE_13;
    if (left < 13) {
      factor = 1;
      for (let i: i32 = 0; i < left; i++) factor *= 5;
    }
    left -= 13;
    const carry: u32 = multiplySmall(at, used, factor);
    if (carry === 0) continue;
    if (used === BUFFER_LIMBS) unreachable();
    append(at, used++, carry);
  }
  return used;
}

/** number x 2^exponent, plus something less than 2^exponent when `rest`, to the nearest of the format asked for. */
function round(at: usize, limbs: i32, exponent: i32, rest: bool): f64 {
  const used: i32 = usedLimbs(at, limbs);
  if (used === 0) return 0.0;
  const bits: i32 = used * 32 - <i32>clz<u32>(load<u32>(at + ((<usize>(used - 1)) << 2)));
  const step: i32 = max<i32>(bits + exponent - mantissaBits, leastExponent);
  const drop: i32 = step - exponent;
  if (drop <= 0) return scaled(bitsFrom(at, 0, used), exponent);
  if (drop > bits) return 0.0;
  const half: u64 = bitsFrom(at, drop - 1, used) & 1;
  const sticky: bool = rest || anyBelow(at, drop - 1);
  let mantissa: u64 = drop === bits ? 0 : bitsFrom(at, drop, used);
  if (half !== 0 && (sticky || (mantissa & 1) !== 0)) mantissa++;
  return scaled(mantissa, step);
}

/** 64 bits from bit `place` up. */
function bitsFrom(at: usize, place: i32, used: i32): u64 {
  const limb: i32 = place >> 5;
  const shift: u64 = place & 31;
  const low: u64 = limb < used ? load<u32>(at + ((<usize>limb) << 2)) : 0;
  const middle: u64 = limb + 1 < used ? load<u32>(at + ((<usize>(limb + 1)) << 2)) : 0;
  const high: u64 = limb + 2 < used ? load<u32>(at + ((<usize>(limb + 2)) << 2)) : 0;
  const both: u64 = low | (middle << 32);
  return shift === 0 ? both : (both >> shift) | (high << (64 - shift));
}

function anyBelow(at: usize, place: i32): bool {
  const limb: i32 = place >> 5;
  for (let i: i32 = 0; i < limb; i++) if (load<u32>(at + ((<usize>i) << 2)) !== 0) return true;
  const mask: u32 = (1 << (place & 31)) - 1;
  return (load<u32>(at + ((<usize>limb) << 2)) & mask) !== 0;
}

/** mantissa x 2^exponent, exact by construction; too large is infinite. */
function scaled(mantissa: u64, exponent: i32): f64 {
  const most: i32 = mantissaBits === 53 ? 1023 : 127;
  if (mantissa === 0) return 0.0;
  const top: i32 = 63 - <i32>clz<u64>(mantissa);
  if (top + exponent > most) return Infinity;
  let x: f64 = <f64>mantissa;
  let left: i32 = exponent;
  for (; left > 1000; left -= 1000) x *= powerOf2(1000);
  for (; left < -1000; left += 1000) x *= powerOf2(-1000);
  return x * powerOf2(left);
}

/** For -1022 ... 1023. */
function powerOf2(exponent: i32): f64 {
  return reinterpret<f64>((<u64>(exponent + 1023)) << 52);
}
