// Dates, times of day and timestamps as text. The head `yyyy-MM-dd HH:mm` is checked and read in one 16-byte step; fraction,
// offset and years of other than four digits go byte by byte. Calendar: proleptic Gregorian, days by Howard Hinnant's
// "chrono-compatible low-level date algorithms". No result depends on a zone or a clock.
import { JSON_TIME_ISO, JSON_TIME_LENIENT, JSON_TIME_SQL } from "../shared/json";

const SECONDS_PER_DAY: i64 = 86400;
/** Years whose days fit every unit that a register holds; wider ones cannot be stored anyway. */
const MOST_YEAR: i64 = 999999;

/** Days since 1970-01-01. */
export let days: i64 = 0;
/** Seconds of the day, or since the epoch after readTimestamp. */
export let seconds: i64 = 0;
export let nanos: u32 = 0;
/** Where the last piece ended. */
let cursor: usize = 0;

function digit(at: usize, end: usize): u32 {
  return at < end ? <u32>load<u8>(at) - 48 : 10;
}

/** Two digits at `at`; 100 when they are none. */
function twoDigits(at: usize, end: usize): u32 {
  const a: u32 = digit(at, end);
  const b: u32 = digit(at + 1, end);
  return a < 10 && b < 10 ? a * 10 + b : 100;
}

/** Of a date that exists. */
export function daysOfDate(year: i64, month: u32, day: u32): i64 {
  const y: i64 = year - i64(month <= 2);
  const era: i64 = (y >= 0 ? y : y - 399) / 400;
  const yearOfEra: i64 = y - era * 400;
  const dayOfYear: i64 = <i64>((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1);
  return era * 146097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719468;
}

export function isDate(year: i64, month: u32, day: u32): bool {
  if (month - 1 >= 12 || day - 1 >= 31) return false;
  if (day <= 28) return true;
  if (month != 2) return day <= 30 + ((month + (month >> 3)) & 1);
  return day == 29 && (year & 3) == 0 && (year % 100 != 0 || year % 400 == 0);
}

/** Four digits, or a sign and four to six: `+` where there are more than four. */
function readYear(at: usize, end: usize): bool {
  const sign: u32 = at < end ? load<u8>(at) : 0;
  const signed: bool = sign == 45 || sign == 43;
  if (signed) at++;
  let length: u32 = 0;
  let value: i64 = 0;
  for (; length < 10 && digit(at, end) < 10; at++, length++) value = value * 10 + digit(at, end);
  year = sign == 45 ? -value : value;
  cursor = at;
  if (value > MOST_YEAR) return false;
  return sign == 43 ? length > 4 : length == 4 || (signed && length > 4);
}

let year: i64 = 0;

/** `yyyy-MM-dd` at `at`; the cursor stands behind it. */
function readDay(at: usize, end: usize): bool {
  if (!readYear(at, end)) return false;
  at = cursor;
  if (end - at < 6 || load<u8>(at) != 45 || load<u8>(at, 3) != 45) return false;
  const month: u32 = twoDigits(at + 1, end);
  const day: u32 = twoDigits(at + 4, end);
  if (!isDate(year, month, day)) return false;
  days = daysOfDate(year, month, day);
  cursor = at + 6;
  return true;
}

/** `HH:mm[:ss[.fraction]]` at `at`; the cursor stands behind it. */
function readClock(at: usize, end: usize, needsSeconds: bool, longFraction: bool): bool {
  const hour: u32 = twoDigits(at, end);
  const minute: u32 = twoDigits(at + 3, end);
  if (end - at < 5 || load<u8>(at, 2) != 58 || hour > 23 || minute > 59) return false;
  seconds = <i64>(hour * 3600 + minute * 60);
  nanos = 0;
  cursor = at + 5;
  if (cursor == end || load<u8>(cursor) != 58) return !needsSeconds;
  const second: u32 = twoDigits(at + 6, end);
  if (second > 59) return false;
  seconds += second;
  cursor = at + 8;
  return cursor == end || load<u8>(cursor) != 46 || readFraction(cursor + 1, end, longFraction);
}

/** One to nine digits; more are cut where `long`. */
function readFraction(at: usize, end: usize, long: bool): bool {
  let length: u32 = 0;
  let value: u32 = 0;
  for (; digit(at, end) < 10; at++, length++) if (length < 9) value = value * 10 + digit(at, end);
  if (length == 0 || (length > 9 && !long)) return false;
  for (let i: u32 = length; i < 9; i++) value *= 10;
  nanos = value;
  cursor = at;
  return true;
}

/** `Z`, `+HH`, `+HHmm`, `+HH:mm`, with seconds too; nothing is UTC. Up to 18 hours. Moves `seconds` to UTC. */
function readOffset(at: usize, end: usize): bool {
  if (at < end && load<u8>(at) == 32) at++;
  if (at == end) return load<u8>(at - 1) != 32;
  const sign: u32 = load<u8>(at);
  if ((sign | 32) == 122) return at + 1 == end;
  if (sign != 43 && sign != 45) return false;
  const hours: u32 = twoDigits(at + 1, end);
  at += 3;
  let offset: u32 = hours * 3600;
  if (hours > 18) return false;
  for (let unit: u32 = 60; unit > 0 && at != end; unit /= 60) {
    if (load<u8>(at) == 58) at++;
    const part: u32 = twoDigits(at, end);
    if (part > 59) return false;
    offset += part * unit;
    at += 2;
  }
  seconds -= sign == 45 ? -(<i64>offset) : <i64>offset;
  return at == end && offset <= 64800;
}

/** `yyyy-MM-dd` and nothing else, in `days`. */
export function readDate(at: usize, end: usize): bool {
  return readDay(at, end) && cursor == end;
}

/** `HH:mm:ss[.fraction]` and nothing else, in `seconds` and `nanos`. */
export function readTime(at: usize, end: usize): bool {
  return readClock(at, end, true, false) && cursor == end;
}

/**
 * A timestamp in the style `format` (JSON_TIME_*), in `seconds` since the epoch (UTC, or of the wall clock) and `nanos`.
 * Strict styles: TIMESTAMP has no zone, TIMESTAMP_LTZ (`zoned`) a literal `Z`. Lenient: either style, any offset, none = UTC.
 */
export function readTimestamp(at: usize, end: usize, format: u32, zoned: bool): bool {
  if (!readDay(at, end) || cursor == end) return false;
  const separator: u32 = load<u8>(cursor);
  const lenient: bool = format == JSON_TIME_LENIENT;
  const spaced: bool = separator == 32 && format != JSON_TIME_ISO;
  const lettered: bool = (separator == 84 && format != JSON_TIME_SQL) || (separator == 116 && lenient);
  if (!spaced && !lettered) return false;
  if (!readClock(cursor + 1, end, format == JSON_TIME_SQL, lenient)) return false;
  const whole: i64 = days * SECONDS_PER_DAY;
  if (lenient) {
    if (!readOffset(cursor, end)) return false;
  } else if (zoned) {
    if (end - cursor != 1 || load<u8>(cursor) != 90) return false;
  } else if (cursor != end) {
    return false;
  }
  seconds += whole;
  return true;
}

/** Weights of HH, mm, ss, the first two digits of the fraction, and its third. */
const WEIGHTS: usize = memory.data<i16>([3600, 60, 1000, 10, 1, 0, 0, 0]);
/** One more than the most that each of them, and of the lanes beyond, may be. */
const LIMITS: usize = memory.data<i16>([24, 60, 60, 100, 10, 1, 1, 1]);
const COLONS: usize = memory.data<u8>([0, 0, 0, 58, 0, 0, 58, 0, 0, 46, 0, 0, 0, 0, 0, 0]);

/**
 * Milliseconds of the day of the 13 bytes `?HH:mm:ss.SSS` at `at` (16 readable), where `?` is `separator`; -1 when they are not of
 * that form or no time.
 */
export function readClockMs(at: usize, separator: u32): i32 {
  const text: v128 = v128.load(at);
  const digits: v128 = i8x16.sub(text, i8x16.splat(48));
  const points: u32 = <u32>i8x16.bitmask(i8x16.eq(text, i8x16.replace_lane(v128.load(COLONS), 0, <u8>separator)));
  const numbers: u32 = <u32>i8x16.bitmask(i8x16.lt_u(digits, i8x16.splat(10)));
  if (((points & 0x249) | (numbers & 0x1db6)) !== 0x1fff) return -1;
  const zero: v128 = i8x16.splat(0);
  const packed: v128 = i8x16.shuffle(digits, zero, 1, 2, 4, 5, 7, 8, 10, 11, 16, 12, 16, 16, 16, 16, 16, 16);
  const tens: v128 = i16x8.mul(v128.and(packed, i16x8.splat(255)), i16x8.splat(10));
  const pairs: v128 = i16x8.add(tens, i16x8.shr_u(packed, 8));
  if (!i16x8.all_true(i16x8.lt_u(pairs, v128.load(LIMITS)))) return -1;
  const sums: v128 = i32x4.dot_i16x8_s(pairs, v128.load(WEIGHTS));
  return i32x4.extract_lane(sums, 0) * 1000 + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2);
}
