// Dates and timestamps by the calendar: EXTRACT, FLOOR and CEIL of a day and more, months added and counted, and the entry
// to patterns. Times before 1970 are floored to their day. FLOOR and CEIL follow Flink: weeks begin on Sunday, CEIL looks at
// the date alone (a later time on the first day of a month stays on that day), decades begin with year 0, centuries with 1.
import {
  OP_TIME_ADD_MONTHS,
  OP_TIME_CEIL,
  OP_TIME_EXTRACT,
  OP_TIME_FLOOR,
  OP_TIME_FORMAT,
  OP_TIME_FROM_EPOCH,
  OP_TIME_MONTHS_BETWEEN,
  TIME_DATE,
  UNIT_CENTURY,
  UNIT_DAY,
  UNIT_DECADE,
  UNIT_DOW,
  UNIT_DOY,
  UNIT_ISODOW,
  UNIT_ISOYEAR,
  UNIT_MILLENNIUM,
  UNIT_MONTH,
  UNIT_QUARTER,
  UNIT_WEEK,
  UNIT_YEAR,
} from "../shared/opcode";
import { ERR_OVERFLOW, LANE_NULL, LANE_VALID } from "../shared/status";
import {
  addMonths,
  civilDay,
  civilMonth,
  civilYear,
  daysFromCivil,
  floorDivide,
  monthsBetween,
  splitDays,
  stepsPerDay,
  weekday,
} from "./civil";
import { formatLanes } from "./date-format";
import { parseLanes } from "./date-parse";
import { aValues, bValues, dstValidity, dstValues, flagsOf, immediateOf } from "./operand";
import { multiplyOverflows } from "./overflow";
import { poison, strict1, strict2 } from "./validity";

export function runTime(opcode: i32, ins: usize, rows: i32): void {
  switch (opcode) {
    case OP_TIME_EXTRACT:
      strict1(ins, rows);
      return extract(ins, rows);
    case OP_TIME_FLOOR:
    case OP_TIME_CEIL:
      strict1(ins, rows);
      return toUnit(ins, rows, opcode === OP_TIME_CEIL);
    case OP_TIME_ADD_MONTHS:
      strict2(ins, rows);
      return shiftMonths(ins, rows);
    case OP_TIME_MONTHS_BETWEEN:
      strict2(ins, rows);
      return countMonths(ins, rows);
    case OP_TIME_FORMAT:
      strict2(ins, rows);
      return formatLanes(ins, rows);
    case OP_TIME_FROM_EPOCH:
      strict1(ins, rows);
      return fromEpoch(ins, rows);
    default:
      strict2(ins, rows);
      return parseLanes(ins, rows);
  }
}

function extract(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const steps: i64 = stepsPerDay(<i32>flagsOf(ins));
  const unit: i32 = <i32>immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    store<i64>(dst + (i << 3), fieldOf(floorDivide(load<i64>(a + (i << 3)), steps), unit));
  }
}

function fieldOf(days: i64, unit: i32): i64 {
  if (unit === UNIT_DOW) return <i64>weekday(days) + 1;
  if (unit === UNIT_ISODOW) return <i64>isoWeekday(days);
  if (unit === UNIT_WEEK || unit === UNIT_ISOYEAR) return isoField(days, unit === UNIT_WEEK);
  splitDays(days);
  const year: i64 = civilYear();
  switch (unit) {
    case UNIT_YEAR:
      return year;
    case UNIT_QUARTER:
      return <i64>(civilMonth() + 2) / 3;
    case UNIT_MONTH:
      return <i64>civilMonth();
    case UNIT_DAY:
      return <i64>civilDay();
    case UNIT_DOY:
      return days - daysFromCivil(year, 1, 1) + 1;
    case UNIT_DECADE:
      return year / 10;
    case UNIT_CENTURY:
      return year > 0 ? (year + 99) / 100 : (year - 99) / 100;
    default:
      return year > 0 ? (year + 999) / 1000 : (year - 999) / 1000;
  }
}

/** 1 = Monday ... 7. */
function isoWeekday(days: i64): i32 {
  const day: i32 = weekday(days);
  return day === 0 ? 7 : day;
}

/** ISO 8601: a week belongs to the year that its Thursday is in. */
function isoField(days: i64, week: bool): i64 {
  const thursday: i64 = days - <i64>isoWeekday(days) + 4;
  splitDays(thursday);
  const year: i64 = civilYear();
  return week ? (thursday - daysFromCivil(year, 1, 1)) / 7 + 1 : year;
}

function toUnit(ins: usize, rows: i32, up: bool): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const steps: i64 = stepsPerDay(<i32>flagsOf(ins));
  const unit: i32 = <i32>immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const days: i64 = floorDivide(load<i64>(a + (i << 3)), steps);
    const start: i64 = up ? ceilDays(days, unit) : floorDays(days, unit);
    if (multiplyOverflows(start, steps)) poison(valid + i, ERR_OVERFLOW);
    store<i64>(dst + (i << 3), start * steps);
  }
}

function floorDays(days: i64, unit: i32): i64 {
  if (unit === UNIT_WEEK) return days - <i64>weekday(days);
  splitDays(days);
  const year: i64 = civilYear();
  switch (unit) {
    case UNIT_MILLENNIUM:
      return daysFromCivil(1000 * ((year + 999) / 1000) - 999, 1, 1);
    case UNIT_CENTURY:
      return daysFromCivil(100 * ((year + 99) / 100) - 99, 1, 1);
    case UNIT_DECADE:
      return daysFromCivil(10 * (year / 10), 1, 1);
    case UNIT_YEAR:
      return daysFromCivil(year, 1, 1);
    case UNIT_QUARTER:
      return daysFromCivil(year, ((civilMonth() + 2) / 3) * 3 - 2, 1);
    default:
      return daysFromCivil(year, civilMonth(), 1);
  }
}

function ceilDays(days: i64, unit: i32): i64 {
  if (unit === UNIT_WEEK) {
    const into: i64 = <i64>weekday(days);
    return into === 0 ? days : days + 7 - into;
  }
  splitDays(days);
  const year: i64 = civilYear();
  const month: i32 = civilMonth();
  const inside: bool = month > 1 || civilDay() > 1;
  switch (unit) {
    case UNIT_MILLENNIUM:
      return daysFromCivil(1000 * ((year + 999) / 1000) + 1, 1, 1);
    case UNIT_CENTURY:
      return daysFromCivil(100 * ((year + 99) / 100) + 1, 1, 1);
    case UNIT_DECADE:
      return daysFromCivil(10 * (1 + year / 10), 1, 1);
    case UNIT_YEAR:
      return daysFromCivil(inside ? year + 1 : year, 1, 1);
    case UNIT_QUARTER: {
      const first: i32 = ((month + 2) / 3 + <i32>inside) * 3 - 2;
      return first > 12 ? daysFromCivil(year + 1, first - 12, 1) : daysFromCivil(year, first, 1);
    }
    default: {
      const next: i32 = month + <i32>(civilDay() > 1);
      return next > 12 ? daysFromCivil(year + 1, 1, 1) : daysFromCivil(year, next, 1);
    }
  }
}

function shiftMonths(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const kind: i32 = <i32>flagsOf(ins);
  const steps: i64 = stepsPerDay(kind);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const value: i64 = load<i64>(a + (i << 3));
    const days: i64 = floorDivide(value, steps);
    const moved: i64 = addMonths(days, load<i64>(b + (i << 3)));
    const midnight: i64 = moved * steps;
    const sum: i64 = midnight + (value - days * steps);
    const beyond: bool =
      kind === TIME_DATE ? moved !== <i64>(<i32>moved) : multiplyOverflows(moved, steps) || sum < midnight;
    if (beyond) store<u8>(valid + i, ERR_OVERFLOW);
    store<i64>(dst + (i << 3), sum);
  }
}

/** As Flink counts: by dates, less one when the date is the same day of the month and the time earlier. */
function countMonths(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const valid: usize = dstValidity(ins);
  const steps: i64 = stepsPerDay(<i32>flagsOf(ins));
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const to: i64 = load<i64>(a + (i << 3));
    const from: i64 = load<i64>(b + (i << 3));
    const toDays: i64 = floorDivide(to, steps);
    const fromDays: i64 = floorDivide(from, steps);
    const months: i64 = monthsBetween(toDays, fromDays);
    const earlier: bool = to - toDays * steps < from - fromDays * steps;
    const less: i64 = earlier && addMonths(fromDays, months) === toDays ? 1 : 0;
    store<i64>(dst + (i << 3), months - less);
  }
}

/** Seconds or milliseconds of the years 0000 to 9999 to microseconds; others are NULL. */
function fromEpoch(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const factor: i64 = immediateOf(ins) === 0 ? 1000000 : 1000;
  const least: i64 = -62167219200000000 / factor;
  const most: i64 = 253402300799999999 / factor;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const value: i64 = load<i64>(a + (i << 3));
    if ((value < least || value > most) && load<u8>(valid + i) === LANE_VALID) store<u8>(valid + i, LANE_NULL);
    store<i64>(dst + (i << 3), value * factor);
  }
}
