// DECIMAL(p, s) from decimal text, exactly: the digits are read as one whole number at scale s, half away from zero; what needs
// more than p digits does not fit. The result is a 128-bit integer.
import { digitCount, digitsAt, digitsEnd, exponent, isNegative, powerOfTen, WHOLE_DIGITS } from "./number";

/** Digits of the largest DECIMAL. */
const MOST_DIGITS: i64 = 38;

export let decimalLow: u64 = 0;
export let decimalHigh: i64 = 0;

/** The number that readNumber took apart, in decimalLow and decimalHigh. False when it has more than `precision` digits. */
export function toDecimal(precision: u32, scale: u32): bool {
  decimalLow = 0;
  decimalHigh = 0;
  if (digitCount == 0) return true;
  const dropped: i64 = <i64>digitCount - <i64>min<u32>(digitCount, WHOLE_DIGITS);
  /** Of the last digit in the text. */
  const last: i64 = exponent - dropped;
  const wanted: i64 = <i64>digitCount + last + <i64>scale;
  if (wanted < 0) return true;
  if (wanted > MOST_DIGITS) return false;
  let taken: i64 = 0;
  let at: usize = digitsAt;
  for (; at < digitsEnd && taken < wanted; at++) {
    const digit: u32 = <u32>load<u8>(at) - 48;
    if (digit >= 10) continue;
    appendDigit(digit);
    taken++;
  }
  for (; taken < wanted; taken++) appendDigit(0);
  if (wanted < <i64>digitCount && nextDigit(at) >= 5) add(1);
  if (!isBelowPower(precision)) return false;
  if (isNegative) negate();
  return true;
}

/** The digit at `at`, a point skipped. */
function nextDigit(at: usize): u32 {
  const digit: u32 = <u32>load<u8>(at) - 48;
  return digit < 10 ? digit : <u32>load<u8>(at, 1) - 48;
}

function appendDigit(digit: u32): void {
  const low: u64 = (decimalLow & 0xffffffff) * 10 + digit;
  const middle: u64 = (decimalLow >> 32) * 10 + (low >> 32);
  decimalLow = (middle << 32) | (low & 0xffffffff);
  decimalHigh = decimalHigh * 10 + <i64>(middle >> 32);
}

function add(value: u64): void {
  decimalLow += value;
  if (decimalLow < value) decimalHigh++;
}

function negate(): void {
  decimalLow = 0 - decimalLow;
  decimalHigh = ~decimalHigh + i64(decimalLow == 0);
}

/** Whether the value, not negative, is less than 10^digits. */
function isBelowPower(digits: u32): bool {
  const low: u64 = decimalLow;
  const high: i64 = decimalHigh;
  decimalLow = powerOfTen(min<u32>(digits, WHOLE_DIGITS));
  decimalHigh = 0;
  for (let i: u32 = WHOLE_DIGITS; i < digits; i++) appendDigit(0);
  const below: bool = high < decimalHigh || (high == decimalHigh && low < decimalLow);
  decimalLow = low;
  decimalHigh = high;
  return below;
}
