// Dates, times of day and timestamps as CAST reads them. DATE: y[-m[-d]], anything behind a blank is left out (Flink).
// TIME: h[:m[:s[.f]]]. TIMESTAMP: yyyy-M-d[( |T)H:m[:s[.f]]][Z], a day beyond its month's end is the last. Fractions have up
// to nine digits and are cut, never rounded.
import { TIME_DATE, TIME_MICROS, TIME_NANOS, TIME_OF_DAY } from "../shared/opcode";
import { daysFromCivil, monthLength } from "./civil";
import { multiplyOverflows } from "./overflow";

// What was read last: days since 1970-01-01 and nanoseconds of the day.
let days: i64 = 0;
let nanos: i64 = 0;
let cursor: usize = 0;
let limit: usize = 0;

export function setInstant(day: i64, nanosecond: i64): void {
  days = day;
  nanos = nanosecond;
}

/** Stores what was read as a TIME_*, its fraction cut to `digits`; false where it does not fit. */
export function storeTime(dst: usize, kind: i32, digits: i32): bool {
  if (kind === TIME_DATE) {
    store<i64>(dst, days);
    return true;
  }
  let unit: i64 = 1000000000;
  for (let i: i32 = 0; i < digits; i++) unit /= 10;
  const cut: i64 = nanos - (nanos % unit);
  if (kind === TIME_OF_DAY) {
    store<i64>(dst, cut / 1000000);
    return true;
  }
  const steps: i64 = kind === TIME_MICROS ? 86400000000 : 86400000000000;
  const midnight: i64 = days * steps;
  const sum: i64 = midnight + (kind === TIME_NANOS ? cut : cut / 1000);
  store<i64>(dst, sum);
  return !multiplyOverflows(days, steps) && sum >= midnight;
}

/** Reads the text as a TIME_*, all of it. */
export function readTime(start: usize, end: usize, kind: i32): bool {
  if (kind === TIME_DATE) return readDate(start, end);
  if (kind !== TIME_OF_DAY) return readTimestamp(start, end);
  cursor = start;
  limit = end;
  days = 0;
  return readClock(1) && cursor === limit;
}

/** A run of 1 ... `most` digits, or -1. */
function number(most: usize): i64 {
  let value: i64 = 0;
  const start: usize = cursor;
  while (cursor < limit && cursor < start + most && <u32>load<u8>(cursor) - 48 < 10)
    value = value * 10 + (load<u8>(cursor++) - 48);
  return cursor === start ? -1 : value;
}

function skip(byte: u32): bool {
  if (cursor >= limit || load<u8>(cursor) !== byte) return false;
  cursor++;
  return true;
}

function readDate(start: usize, end: usize): bool {
  cursor = start;
  limit = start;
  while (limit < end && load<u8>(limit) !== 32 && load<u8>(limit) !== 84) limit++;
  const year: i64 = number(9);
  const month: i64 = skip(45) ? number(2) : 1;
  const day: i64 = skip(45) ? number(2) : 1;
  if (cursor !== limit || year < 0 || year > 9999 || month < 1 || month > 12) return false;
  if (day < 1 || day > monthLength(year, <i32>month)) return false;
  days = daysFromCivil(year, <i32>month, <i32>day);
  nanos = 0;
  return true;
}

/** Sets the instant; the text has no blanks around it. */
export function readTimestamp(start: usize, end: usize): bool {
  cursor = start;
  limit = end > start && load<u8>(end - 1) === 90 ? end - 1 : end;
  const year: i64 = number(4);
  if (cursor !== start + 4 || !skip(45)) return false;
  const month: i64 = number(2);
  if (!skip(45)) return false;
  const day: i64 = number(2);
  if (month < 1 || month > 12 || day < 1 || day > 31) return false;
  days = daysFromCivil(year, <i32>month, <i32>min<i64>(day, monthLength(year, <i32>month)));
  nanos = 0;
  if (cursor === limit) return true;
  if (!skip(32) && !skip(84)) return false;
  return readClock(2) && cursor === limit;
}

/** h[:m[:s[.f]]] with at least `parts` of them. */
function readClock(parts: i32): bool {
  const hour: i64 = number(2);
  let minute: i64 = 0;
  let second: i64 = 0;
  let read: i32 = 1;
  nanos = 0;
  if (skip(58)) {
    minute = number(2);
    read = 2;
    if (skip(58)) {
      second = number(2);
      if (skip(46) && !readFraction()) return false;
    }
  }
  if (read < parts || hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  nanos += ((hour * 60 + minute) * 60 + second) * 1000000000;
  return true;
}

/** None to nine digits. */
function readFraction(): bool {
  let unit: i64 = 100000000;
  while (cursor < limit && unit > 0 && <u32>load<u8>(cursor) - 48 < 10) {
    nanos += (load<u8>(cursor++) - 48) * unit;
    unit /= 10;
  }
  return true;
}
