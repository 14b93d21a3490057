// The proleptic Gregorian calendar on days since 1970-01-01. Algorithm: Howard Hinnant, "chrono-compatible low-level date
// algorithms" (eras of 400 years that begin on 1 March). The last date split into fields stands in module variables.
import { TIME_DATE, TIME_MICROS, TIME_NANOS } from "../shared/opcode";

let year: i64 = 0;
let month: i32 = 0;
let day: i32 = 0;

export function civilYear(): i64 {
  return year;
}

/** 1 ... 12 */
export function civilMonth(): i32 {
  return month;
}

/** 1 ... 31 */
export function civilDay(): i32 {
  return day;
}

export function floorDivide(a: i64, b: i64): i64 {
  const quotient: i64 = a / b;
  return quotient - <i64>(quotient * b > a);
}

/** Sets the fields. */
export function splitDays(days: i64): void {
  const shifted: i64 = days + 719468;
  const era: i64 = floorDivide(shifted, 146097);
  const dayOfEra: i32 = <i32>(shifted - era * 146097);
  const yearOfEra: i32 = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36524 - dayOfEra / 146096) / 365;
  const dayOfYear: i32 = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100);
  const marchMonth: i32 = (5 * dayOfYear + 2) / 153;
  day = dayOfYear - (153 * marchMonth + 2) / 5 + 1;
  month = marchMonth < 10 ? marchMonth + 3 : marchMonth - 9;
  year = era * 400 + yearOfEra + <i64>(month <= 2);
}

/** Month 1 ... 12; the day may lie beyond its month. */
export function daysFromCivil(y: i64, m: i32, d: i32): i64 {
  const marchYear: i64 = y - <i64>(m <= 2);
  const era: i64 = floorDivide(marchYear, 400);
  const yearOfEra: i32 = <i32>(marchYear - era * 400);
  const dayOfYear: i32 = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const dayOfEra: i32 = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear;
  return era * 146097 + dayOfEra - 719468;
}

export function isLeap(y: i64): bool {
  return (y & 3) === 0 && (y % 100 !== 0 || y % 400 === 0);
}

/** Days of a month, 28 ... 31. */
export function monthLength(y: i64, m: i32): i32 {
  if (m === 2) return isLeap(y) ? 29 : 28;
  return m === 4 || m === 6 || m === 9 || m === 11 ? 30 : 31;
}

/** 0 = Sunday ... 6. */
export function weekday(days: i64): i32 {
  return <i32>(days + 4 - floorDivide(days + 4, 7) * 7);
}

/** The same day `months` later, or the month's last day where it has none. */
export function addMonths(days: i64, months: i64): i64 {
  splitDays(days);
  const total: i64 = year * 12 + (month - 1) + months;
  const y: i64 = floorDivide(total, 12);
  const m: i32 = <i32>(total - y * 12) + 1;
  return daysFromCivil(y, m, min<i32>(day, monthLength(y, m)));
}

/** Whole months from `from` to `to`; negative when `to` is earlier. */
export function monthsBetween(to: i64, from: i64): i64 {
  if (to < from) return -monthsBetween(from, to);
  splitDays(to);
  const end: i64 = year * 12 + month;
  splitDays(from);
  const months: i64 = end - (year * 12 + month);
  return addMonths(from, months) > to ? months - 1 : months;
}

/** Steps of a TIME_* in a day. */
export function stepsPerDay(kind: i32): i64 {
  if (kind === TIME_DATE) return 1;
  if (kind === TIME_MICROS) return 86400000000;
  return kind === TIME_NANOS ? 86400000000000 : 86400000;
}
