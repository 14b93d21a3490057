// Numbers as text: the parts every numeric type is made from, and whole numbers. Accepts JSON's numbers, and what Java's
// parsers take besides (a plus sign, a point without digits on one side), which strings may hold.
//
// The value is +-digits x 10^exponent: `significand` holds the first 19 significant digits, `digitCount` says how many there are.

/** Longest run of digits that always fits in a u64. */
export const WHOLE_DIGITS: u32 = 19;
/** An exponent beyond decides by itself; no input is long enough to make up for it. */
const HUGE_EXPONENT: i64 = 1 << 40;

export let isNegative: bool = false;
export let significand: u64 = 0;
/** Of the last kept digit. */
export let exponent: i64 = 0;
/** Significant digits in the text, leading zeros aside; beyond WHOLE_DIGITS they are not in `significand`. */
export let digitCount: u32 = 0;
/** First significant digit; points and such stand between the digits. */
export let digitsAt: usize = 0;
/** Where the digits end: at the exponent's letter or the text's end. */
export let digitsEnd: usize = 0;

const POWERS: usize = memory.data<u64>([
  1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000, 1000000000, 10000000000, 100000000000, 1000000000000,
  10000000000000, 100000000000000, 1000000000000000, 10000000000000000, 100000000000000000, 1000000000000000000,
  10000000000000000000,
]);

/** 10^n for n in 0 ... 19. */
export function powerOfTen(n: u32): u64 {
  return load<u64>(POWERS + (n << 3));
}

/** Takes [at, end) apart. False when it is no decimal number. */
export function readNumber(at: usize, end: usize): bool {
  isNegative = at < end && load<u8>(at) == 45;
  if (at < end && (isNegative || load<u8>(at) == 43)) at++;
  significand = 0;
  digitCount = 0;
  digitsAt = at;
  let kept: i64 = 0;
  let fraction: i64 = 0;
  let any: bool = false;
  let point: bool = false;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - 48;
    if (digit < 10) {
      any = true;
      fraction += i64(point);
      if (digitCount == 0 && digit == 0) continue;
      if (digitCount == 0) digitsAt = at;
      if (digitCount++ < WHOLE_DIGITS) {
        significand = significand * 10 + digit;
        kept = fraction;
      } else if (!point) {
        kept--;
      }
    } else if (digit == <u32>(46 - 48) && !point) {
      point = true;
    } else {
      break;
    }
  }
  digitsEnd = at;
  exponent = digitCount <= WHOLE_DIGITS ? -fraction : -kept;
  return any && (at == end || readExponent(at, end));
}

function readExponent(at: usize, end: usize): bool {
  if ((load<u8>(at++) | 32) != 101) return false;
  const below: bool = at < end && load<u8>(at) == 45;
  if (at < end && (below || load<u8>(at) == 43)) at++;
  if (at == end) return false;
  let value: i64 = 0;
  for (; at < end; at++) {
    const digit: u32 = <u32>load<u8>(at) - 48;
    if (digit >= 10) return false;
    if (value < HUGE_EXPONENT) value = value * 10 + digit;
  }
  exponent += below ? -value : value;
  return true;
}

export let integer: i64 = 0;

/** The number last read, cut to a whole one, in `integer`; false when it lies outside [least, most]. */
export function toInteger(least: i64, most: i64): bool {
  let value: u64 = significand;
  integer = 0;
  if (value == 0) return true;
  const kept: i64 = min<u32>(digitCount, WHOLE_DIGITS);
  if (exponent > 0) {
    if (kept + exponent > <i64>WHOLE_DIGITS) return false;
    value *= powerOfTen(<u32>exponent);
  } else if (exponent < 0) {
    if (kept + exponent <= 0) return true;
    value /= powerOfTen(<u32>-exponent);
  }
  if (value > <u64>i64.MAX_VALUE + u64(isNegative)) return false;
  integer = isNegative ? <i64>(0 - value) : <i64>value;
  return integer >= least && integer <= most;
}

/** Whether [at, end) is an optional sign and digits: what Java's parseLong takes. */
export function isWholeNumber(at: usize, end: usize): bool {
  if (at < end && (load<u8>(at) == 45 || load<u8>(at) == 43)) at++;
  if (at == end) return false;
  for (; at < end; at++) if (<u32>load<u8>(at) - 48 >= 10) return false;
  return true;
}

/** Value of eight ASCII digits, the first in the lowest byte. */
export function eightDigits(text: u64): u64 {
  let v: u64 = (((text & 0x0f0f0f0f0f0f0f0f) * 2561) >> 8) & 0x00ff00ff00ff00ff;
  v = ((v * 6553601) >> 16) & 0x0000ffff0000ffff;
  return (v * 42949672960001) >> 32;
}

/** Eight bytes of text as digits 0 ... 9, the first `length` of 1 ... 8 from the end; the others are 0. */
export function lastDigits(end: usize, length: i32): u64 {
  const cleared: u32 = (<u32>(8 - length)) << 3;
  return ((load<u64>(end - 8) ^ 0x3030303030303030) >> cleared) << cleared;
}

/** Nonzero when a byte is none of 0 ... 9. */
export function notDigits(digits: u64): u64 {
  return ((digits + 0x7676767676767676) | digits) & 0x8080808080808080;
}
