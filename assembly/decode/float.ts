// Decimal text to the nearest binary float, ties to even, for every input. Small numbers by exact arithmetic (Clinger, "How to
// Read Floating Point Numbers Accurately", 1990), others by one or two 64 x 64 bit products with a power of five (Lemire,
// "Number Parsing at a Gigabyte per Second", 2021; that no more is needed: Mushtak and Lemire, "Fast Number Parsing Without
// Fallback", 2022), and texts of more than 19 digits that lie near the middle of two floats by big integers.
import { compareNumber } from "./big";
import { digitCount, exponent, isNegative, significand, WHOLE_DIGITS } from "./number";
import { LEAST_POWER, MOST_POWER, powerOfFive } from "./power-of-five";

const EXACT_INTEGERS: u64 = 1 << 53;
const EXACT_POWERS: usize = memory.data<f64>([
  1.0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
  1e21, 1e22,
]);
const FRACTION_BITS: u32 = 52;
const INFINITY_BITS: u64 = 0x7ff0000000000000;

/** The number that readNumber took apart, as a double. */
export function toDouble(): f64 {
  const magnitude: f64 = toMagnitude();
  return isNegative ? -magnitude : magnitude;
}

function toMagnitude(): f64 {
  if (significand == 0) return 0.0;
  if (digitCount <= WHOLE_DIGITS && significand <= EXACT_INTEGERS && exponent >= -22 && exponent <= 22) {
    const whole: f64 = <f64>significand;
    if (exponent < 0) return whole / load<f64>(EXACT_POWERS + ((<usize>-exponent) << 3));
    return whole * load<f64>(EXACT_POWERS + ((<usize>exponent) << 3));
  }
  if (exponent > MOST_POWER) return Infinity;
  if (exponent < LEAST_POWER) return 0.0;
  const low: u64 = nearestBits(significand, <i32>exponent);
  if (digitCount <= WHOLE_DIGITS) return reinterpret<f64>(low);
  const high: u64 = nearestBits(significand + 1, <i32>exponent);
  return reinterpret<f64>(low == high ? low : chooseBetween(low));
}

/** Bits of the double nearest to w x 10^q, for w > 0 and q in LEAST_POWER ... MOST_POWER. */
function nearestBits(w: u64, q: i32): u64 {
  const zeros: u32 = <u32>clz<u64>(w);
  w <<= zeros;
  const power: usize = powerOfFive(q);
  let high: u64 = multiplyHigh(w, load<u64>(power, 8));
  let low: u64 = w * load<u64>(power, 8);
  if ((high & 0x1ff) == 0x1ff) {
    const more: u64 = multiplyHigh(w, load<u64>(power));
    low += more;
    if (low < more) high++;
  }
  const top: u32 = <u32>(high >> 63);
  let fraction: u64 = high >> (top + 64 - FRACTION_BITS - 3);
  let binary: i32 = (((152170 + 65536) * q) >> 16) + 63 + <i32>top - <i32>zeros + 1023;
  if (binary <= 0) return subnormalBits(fraction, binary);
  if (low <= 1 && q >= -4 && q <= 23 && (fraction & 3) == 1 && fraction << (top + 64 - FRACTION_BITS - 3) == high) {
    fraction &= ~1;
  }
  fraction = (fraction + (fraction & 1)) >> 1;
  if (fraction >= (<u64>2) << FRACTION_BITS) {
    fraction = (<u64>1) << FRACTION_BITS;
    binary++;
  }
  if (binary >= 2047) return INFINITY_BITS;
  return (fraction & (((<u64>1) << FRACTION_BITS) - 1)) | ((<u64>binary) << FRACTION_BITS);
}

/** Carries into the exponent by itself when it rounds up to the least normal number. */
function subnormalBits(fraction: u64, binary: i32): u64 {
  const shift: i32 = 1 - binary;
  if (shift >= 64) return 0;
  fraction >>= shift;
  return (fraction + (fraction & 1)) >> 1;
}

function multiplyHigh(a: u64, b: u64): u64 {
  const aLow: u64 = a & 0xffffffff;
  const aHigh: u64 = a >> 32;
  const bLow: u64 = b & 0xffffffff;
  const bHigh: u64 = b >> 32;
  const middle: u64 = aHigh * bLow + ((aLow * bLow) >> 32);
  const other: u64 = aLow * bHigh + (middle & 0xffffffff);
  return aHigh * bHigh + (middle >> 32) + (other >> 32);
}

/** The digits lie at or above the double of these bits and at most at the next one: which is nearer? */
function chooseBetween(bits: u64): u64 {
  const biased: i32 = <i32>(bits >> FRACTION_BITS);
  let fraction: u64 = bits & (((<u64>1) << FRACTION_BITS) - 1);
  if (biased != 0) fraction |= (<u64>1) << FRACTION_BITS;
  const side: i32 = compareNumber(fraction * 2 + 1, max<i32>(biased, 1) - 1076);
  return side > 0 || (side == 0 && (bits & 1) != 0) ? bits + 1 : bits;
}

/** The number that readNumber took apart, rounded once to 24 bits, as a double. */
export function toFloat(): f64 {
  const magnitude: f64 = toMagnitude();
  let near: f32 = <f32>magnitude;
  const gap: f64 = magnitude - <f64>near;
  if (gap != 0.0 && magnitude != Infinity) {
    const bits: u32 = reinterpret<u32>(near);
    const other: f32 = reinterpret<f32>(gap > 0.0 ? bits + 1 : bits - 1);
    // A tie after the first rounding: the digits themselves decide, unless the double is exact.
    if (isMiddle(magnitude, near, other)) {
      const wide: u64 = reinterpret<u64>(magnitude);
      const fraction: u64 = (wide & (((<u64>1) << FRACTION_BITS) - 1)) | ((<u64>1) << FRACTION_BITS);
      const side: i32 = compareNumber(fraction, <i32>(wide >> FRACTION_BITS) - 1075);
      if (side > 0) near = max<f32>(near, other);
      else if (side < 0) near = min<f32>(near, other);
    }
  }
  return isNegative ? -(<f64>near) : <f64>near;
}

/** 2^128 stands for the infinity that the largest floats round up to. */
function isMiddle(value: f64, a: f32, b: f32): bool {
  const left: f64 = a == Infinity ? 3.402823669209384634633746e38 : <f64>a;
  const right: f64 = b == Infinity ? 3.402823669209384634633746e38 : <f64>b;
  return (left + right) * 0.5 == value;
}

/** A whole text as Java's Double.parseDouble reads it, hexadecimal forms aside, after readNumber refused it. */
export function readSpecial(at: usize, end: usize): bool {
  let sign: f64 = 1.0;
  if (at < end && (load<u8>(at) == 45 || load<u8>(at) == 43)) {
    if (load<u8>(at) == 45) sign = -1.0;
    at++;
  }
  const length: u32 = <u32>(end - at);
  if (length == 3 && load<u16>(at) == 0x614e && load<u8>(at, 2) == 0x4e) {
    special = NaN;
    return true;
  }
  if (length != 8 || load<u64>(at) != 0x7974696e69666e49) return false;
  special = sign * Infinity;
  return true;
}

export let special: f64 = 0.0;
