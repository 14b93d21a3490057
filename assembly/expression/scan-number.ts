// Decimal numbers in text: [sign] digits [. digits] [e [sign] digits], as Java's BigDecimal and Double read them. The digits
// are laid out without leading zeros, so that each reader takes as many as it needs: value = 0.d1d2d3... x 10^point.
import { A, addSmall, clear, LIMBS, multiplySmall } from "./wide";

/** More digits never change a double; they are remembered as one digit that is not 0. */
const MOST_DIGITS: i32 = 780;
/** Digits that always fit 256 bits. */
const WIDE_DIGITS: i32 = 76;
const MOST_EXPONENT: i32 = 100000;

/** Digits as bytes 0 ... 9. */
export const DIGITS: usize = memory.data(800);
let count: i32 = 0;
let point: i32 = 0;
let negative: bool = false;
let end: usize = 0;

export function digitCount(): i32 {
  return count;
}

/** Exponent of the decimal point in front of the first digit. */
export function pointExponent(): i32 {
  return point;
}

export function isNegative(): bool {
  return negative;
}

/** Where the scan stopped. */
export function scanEnd(): usize {
  return end;
}

/** Reads a number at `at`; false where none stands there. `limit` is the end of the text. */
export function scanNumber(at: usize, limit: usize): bool {
  let cursor: usize = at;
  count = 0;
  point = 0;
  negative = cursor < limit && load<u8>(cursor) === 45;
  if (cursor < limit && (negative || load<u8>(cursor) === 43)) cursor++;
  const start: usize = cursor;
  cursor = scanDigits(cursor, limit, false);
  let digits: usize = cursor - start;
  if (cursor < limit && load<u8>(cursor) === 46) {
    const behind: usize = cursor + 1;
    cursor = scanDigits(behind, limit, true);
    digits += cursor - behind;
  }
  if (digits === 0) return false;
  end = cursor;
  if (cursor < limit && (load<u8>(cursor) | 32) === 101) return scanExponent(cursor + 1, limit);
  return true;
}

function scanDigits(at: usize, limit: usize, fraction: bool): usize {
  let cursor: usize = at;
  for (; cursor < limit; cursor++) {
    const digit: u32 = <u32>load<u8>(cursor) - 48;
    if (digit > 9) break;
    if (count === 0 && digit === 0) {
      if (fraction) point--;
      continue;
    }
    if (count < MOST_DIGITS) {
      store<u8>(DIGITS + <usize>count, digit);
      count++;
    } else if (digit !== 0) store<u8>(DIGITS + <usize>(MOST_DIGITS - 1), 1);
    if (!fraction) point++;
  }
  return cursor;
}

function scanExponent(at: usize, limit: usize): bool {
  let cursor: usize = at;
  const minus: bool = cursor < limit && load<u8>(cursor) === 45;
  if (cursor < limit && (minus || load<u8>(cursor) === 43)) cursor++;
  const start: usize = cursor;
  let value: i32 = 0;
  for (; cursor < limit; cursor++) {
    const digit: u32 = <u32>load<u8>(cursor) - 48;
    if (digit > 9) break;
    value = min<i32>(value * 10 + <i32>digit, MOST_EXPONENT);
  }
  if (cursor === start) return false;
  end = cursor;
  point += minus ? -value : value;
  return true;
}

/** Puts the digits into A as a whole number and gives their power of ten. Digits beyond 76 are cut. */
export function digitsToWide(): i32 {
  const used: i32 = min<i32>(count, WIDE_DIGITS);
  clear(A);
  for (let i: i32 = 0; i < used; i++) {
    multiplySmall(A, LIMBS, 10);
    addSmall(A, LIMBS, load<u8>(DIGITS + <usize>i));
  }
  return point - used;
}

/** Sets the digits from a whole number: value = number x 10^exponent. */
export function digitsFrom(number: u64, exponent: i32, minus: bool): void {
  let rest: u64 = number;
  let at: i32 = 20;
  while (rest !== 0) {
    store<u8>(DIGITS + <usize>--at, <u8>(rest % 10));
    rest /= 10;
  }
  count = 20 - at;
  memory.copy(DIGITS, DIGITS + <usize>at, <usize>count);
  point = count + exponent;
  negative = minus;
}

/** Cuts the digits to those before 10^-places, half away from zero or toward zero. */
export function roundDigits(places: i64, half: bool): void {
  const kept: i64 = <i64>point + places;
  if (kept >= count) return;
  if (kept < 0) {
    count = 0;
    return;
  }
  const up: bool = half && load<u8>(DIGITS + <usize>kept) >= 5;
  count = <i32>kept;
  if (!up) return;
  while (count > 0 && load<u8>(DIGITS + <usize>(count - 1)) === 9) count--;
  if (count > 0) {
    const last: usize = DIGITS + <usize>(count - 1);
    store<u8>(last, load<u8>(last) + 1);
    return;
  }
  store<u8>(DIGITS, 1);
  count = 1;
  point++;
}
