// Text to dates and timestamps by a date program, as Java's DateTimeFormatter parses: a number of two or more letters takes
// that many digits, one of a single letter as many as there are (less what fixed widths right behind it need); names are
// exact; a day beyond its month's end is the last (SMART resolution). Missing parts are 1970, 1 January, 00:00 (Flink).
import {
  DATE_AM_PM,
  DATE_DAY,
  DATE_DAY_OF_YEAR,
  DATE_FRACTION,
  DATE_HOUR,
  DATE_HOUR_0_11,
  DATE_HOUR_1_12,
  DATE_HOUR_1_24,
  DATE_LITERAL,
  DATE_MINUTE,
  DATE_MONTH,
  DATE_MONTH_FULL,
  DATE_MONTH_SHORT,
  DATE_QUARTER,
  DATE_SECOND,
  DATE_WEEKDAY_FULL,
  DATE_WEEKDAY_SHORT,
  DATE_YEAR,
  DATE_YEAR_OF_ERA,
  DATE_YEAR_SHORT,
  FLAG_RETRY,
  TIME_DATE,
} from "../shared/opcode";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { equalBytes } from "./bytes";
import { trimEnd, trimStart } from "./cast-text";
import { daysFromCivil, isLeap, monthLength, weekday } from "./civil";
import { monthName, weekdayName } from "./date-names";
import { aValues, bValues, dstValidity, dstValues, flagsOf, immediateOf } from "./operand";
import { readTimestamp, setInstant, storeTime } from "./time-text";

/** Fields by DATE_*, -1 where none was given. */
const FIELDS: usize = memory.data(160);
let cursor: usize = 0;
let limit: usize = 0;

export function parseLanes(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const flags: u32 = flagsOf(ins);
  const kind: i32 = <i32>(flags & 0xff);
  const digits: i32 = kind === TIME_DATE ? 0 : <i32>immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const text: usize = load<u32>(a + (i << 3));
    const end: usize = text + load<u32>(a + (i << 3), 4);
    const program: usize = load<u32>(b + (i << 3));
    cursor = text;
    limit = end;
    if (parseProgram(program, program + load<u32>(b + (i << 3), 4)) && resolve(dst + (i << 3), kind, digits)) continue;
    const retry: bool = (flags & FLAG_RETRY) !== 0;
    const trimmed: usize = trimEnd(text, end);
    if (retry && readTimestamp(trimStart(text, trimmed), trimmed) && storeTime(dst + (i << 3), kind, digits)) continue;
    store<u8>(valid + i, LANE_NULL);
  }
}

function parseProgram(start: usize, end: usize): bool {
  for (let i: usize = 0; i < 20; i++) store<i64>(FIELDS + (i << 3), -1);
  let at: usize = start;
  while (at + 2 <= end) {
    const item: i32 = load<u8>(at);
    const width: i32 = load<u8>(at, 1);
    at += 2;
    if (item === DATE_LITERAL) {
      if (cursor + <usize>width > limit || !equalBytes(cursor, at, width)) return false;
      cursor += <usize>width;
      at += <usize>width;
    } else if (!parseItem(item, width, reserved(at, end))) {
      return false;
    }
  }
  return cursor === limit;
}

/** Digits that numbers of fixed width right behind need. */
function reserved(start: usize, end: usize): i32 {
  let digits: i32 = 0;
  let at: usize = start;
  while (at + 2 <= end && isNumber(load<u8>(at)) && load<u8>(at, 1) !== 0) {
    digits += load<u8>(at, 1);
    at += 2;
  }
  return digits;
}

function isNumber(item: i32): bool {
  const name: bool =
    item === DATE_MONTH_SHORT || item === DATE_MONTH_FULL || item === DATE_WEEKDAY_SHORT || item === DATE_WEEKDAY_FULL;
  return !name && item !== DATE_LITERAL && item !== DATE_AM_PM;
}

function parseItem(item: i32, width: i32, behind: i32): bool {
  switch (item) {
    case DATE_MONTH_SHORT:
    case DATE_MONTH_FULL:
      return parseName(item, 12);
    case DATE_WEEKDAY_SHORT:
    case DATE_WEEKDAY_FULL:
      return parseName(item, 7);
    case DATE_AM_PM:
      return parseHalf();
    default:
      return parseNumber(item, width, behind);
  }
}

function setField(item: i32, value: i64): bool {
  const at: usize = FIELDS + ((<usize>item) << 3);
  if (load<i64>(at) >= 0 && load<i64>(at) !== value) return false;
  store<i64>(at, value);
  return true;
}

function field(item: i32): i64 {
  return load<i64>(FIELDS + ((<usize>item) << 3));
}

function parseName(item: i32, names: i32): bool {
  const month: bool = names === 12;
  const short: bool = item === DATE_MONTH_SHORT || item === DATE_WEEKDAY_SHORT;
  for (let i: i32 = 0; i < names; i++) {
    const name: usize = month ? monthName(i + 1) : weekdayName(i);
    let length: u32 = 0;
    const most: u32 = short ? 3 : 12;
    while (length < most && load<u8>(name + length) !== 0) length++;
    if (cursor + length > limit || !equalBytes(cursor, name, length)) continue;
    cursor += length;
    return setField(month ? DATE_MONTH : DATE_WEEKDAY_SHORT, month ? i + 1 : i);
  }
  return false;
}

function parseHalf(): bool {
  if (cursor + 2 > limit || load<u8>(cursor, 1) !== 77) return false;
  const letter: u32 = load<u8>(cursor);
  if (letter !== 65 && letter !== 80) return false;
  cursor += 2;
  return setField(DATE_AM_PM, letter === 80 ? 1 : 0);
}

/** Width 0 takes one digit or more. Years of four letters are not longer without a sign. */
function parseNumber(item: i32, width: i32, behind: i32): bool {
  let run: i32 = 0;
  while (cursor + <usize>run < limit && <u32>load<u8>(cursor + <usize>run) - 48 < 10) run++;
  const free: bool = width === 0 || ((item === DATE_YEAR || item === DATE_YEAR_OF_ERA) && width >= 3);
  let length: i32 = width;
  if (free) length = max<i32>(width === 0 ? 1 : width, min<i32>(run - behind, 19));
  if (length > run || length > 18 || (width >= 4 && length > width)) return false;
  let value: i64 = 0;
  for (let i: i32 = 0; i < length; i++) value = value * 10 + (load<u8>(cursor++) - 48);
  if (item === DATE_FRACTION) for (let i: i32 = length; i < 9; i++) value *= 10;
  return setField(item, value);
}

/** Fields to the instant; false where they are out of range or contradict each other. */
function resolve(dst: usize, kind: i32, digits: i32): bool {
  const year: i64 = resolveYear();
  if (year < -999999999 || year > 999999999) return false;
  const month: i64 = orElse(DATE_MONTH, 1);
  const day: i64 = orElse(DATE_DAY, 1);
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  const ofYear: i64 = field(DATE_DAY_OF_YEAR);
  let days: i64 = daysFromCivil(year, <i32>month, <i32>min<i64>(day, monthLength(year, <i32>month)));
  if (ofYear >= 0 && field(DATE_MONTH) < 0) {
    if (ofYear < 1 || ofYear > (isLeap(year) ? 366 : 365)) return false;
    days = daysFromCivil(year, 1, 1) + ofYear - 1;
  }
  const named: i64 = field(DATE_WEEKDAY_SHORT);
  if (named >= 0 && <i64>weekday(days) !== named) return false;
  const quarter: i64 = field(DATE_QUARTER);
  if (quarter >= 0 && field(DATE_MONTH) >= 0 && quarter !== (month + 2) / 3) return false;
  const hour: i64 = resolveHour();
  const minute: i64 = orElse(DATE_MINUTE, 0);
  const second: i64 = orElse(DATE_SECOND, 0);
  if (hour < 0 || hour > 23 || minute > 59 || second > 59) return false;
  setInstant(days, ((hour * 60 + minute) * 60 + second) * 1000000000 + orElse(DATE_FRACTION, 0));
  return storeTime(dst, kind, digits);
}

function orElse(item: i32, missing: i64): i64 {
  const value: i64 = field(item);
  return value < 0 ? missing : value;
}

function resolveYear(): i64 {
  if (field(DATE_YEAR) >= 0) return field(DATE_YEAR);
  if (field(DATE_YEAR_OF_ERA) >= 0) return field(DATE_YEAR_OF_ERA);
  return field(DATE_YEAR_SHORT) >= 0 ? 2000 + field(DATE_YEAR_SHORT) : 1970;
}

/** -1 where out of range. Hours of the half day need AM or PM; without it Flink takes midnight. */
function resolveHour(): i64 {
  if (field(DATE_HOUR) >= 0) return field(DATE_HOUR);
  const late: i64 = field(DATE_HOUR_1_24);
  if (late >= 0) return late < 1 || late > 24 ? -1 : late % 24;
  const twelve: i64 = field(DATE_HOUR_1_12);
  const eleven: i64 = field(DATE_HOUR_0_11);
  if (twelve > 12 || twelve === 0 || eleven > 11) return -1;
  const half: i64 = field(DATE_AM_PM);
  if (half < 0 || (twelve < 0 && eleven < 0)) return 0;
  return (twelve >= 0 ? twelve % 12 : eleven) + half * 12;
}
