// Timestamps to text by a date program (DATE_* of shared/opcode.ts), as Java's DateTimeFormatter with the root locale.
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
} from "../shared/opcode";
import { ERR_ARGUMENT, LANE_VALID } from "../shared/status";
import { civilDay, civilMonth, civilYear, daysFromCivil, floorDivide, splitDays, stepsPerDay, weekday } from "./civil";
import { monthName, weekdayName } from "./date-names";
import { aValues, bValues, dstValidity, dstValues, flagsOf } from "./operand";
import { finishText, startText, textLength, writeByte, writeBytes, writeNumber } from "./text";

/** Room a single item may take; a pattern whose text comes near the buffer's end poisons its lane. */
const MOST_TEXT: usize = 230;

let days: i64 = 0;
let nanos: i64 = 0;

export function formatLanes(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const steps: i64 = stepsPerDay(<i32>flagsOf(ins));
  // The text last written is that of all times in [from, to) by this program: rows of one day follow each other.
  let program: usize = 0;
  let from: i64 = 0;
  let to: i64 = 0;
  let text: u64 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const value: i64 = load<i64>(a + (i << 3));
    const start: usize = load<u32>(b + (i << 3));
    if (value >= from && value < to && start === program) {
      store<u64>(dst + (i << 3), text);
      continue;
    }
    const end: usize = start + load<u32>(b + (i << 3), 4);
    days = floorDivide(value, steps);
    nanos = (value - days * steps) * (86400000000000 / steps);
    startText();
    if (!writeProgram(start, end)) {
      store<u8>(valid + i, ERR_ARGUMENT);
      continue;
    }
    finishText(dst + (i << 3));
    const unit: i64 = max<i64>(steps / unitsPerDay(start, end), 1);
    program = start;
    from = floorDivide(value, unit) * unit;
    to = from + unit;
    text = load<u64>(dst + (i << 3));
  }
}

/** How many texts a day has: 1 of dates alone, else one an hour, a minute, a second or a nanosecond. */
function unitsPerDay(start: usize, end: usize): i64 {
  let units: i64 = 1;
  let at: usize = start;
  while (at + 2 <= end) {
    const item: i32 = load<u8>(at);
    const width: usize = load<u8>(at, 1);
    at += 2;
    if (item === DATE_LITERAL) at += width;
    else if (item > DATE_WEEKDAY_FULL && item !== DATE_QUARTER) units = max<i64>(units, unitsOf(item));
  }
  return units;
}

function unitsOf(item: i32): i64 {
  switch (item) {
    case DATE_MINUTE:
      return 1440;
    case DATE_SECOND:
      return 86400;
    case DATE_FRACTION:
      return 86400000000000;
    default:
      return 24;
  }
}

function writeProgram(start: usize, end: usize): bool {
  splitDays(days);
  let at: usize = start;
  while (at + 2 <= end) {
    if (textLength() > MOST_TEXT) return false;
    const item: i32 = load<u8>(at);
    const width: i32 = load<u8>(at, 1);
    at += 2;
    if (item === DATE_LITERAL) {
      writeBytes(at, width);
      at += <usize>width;
    } else if (item <= DATE_WEEKDAY_FULL || item === DATE_QUARTER) {
      writeDate(item, width);
    } else {
      writeClock(item, width);
    }
  }
  return true;
}

function writeDate(item: i32, width: i32): void {
  const year: i64 = civilYear();
  switch (item) {
    case DATE_YEAR:
      return writeYear(year, width);
    case DATE_YEAR_OF_ERA:
      return writeYear(year > 0 ? year : 1 - year, width);
    case DATE_YEAR_SHORT:
      return writeNumber((year < 0 ? -year : year) % 100, 2);
    case DATE_MONTH:
      return writeNumber(civilMonth(), width);
    case DATE_MONTH_SHORT:
      return writeName(monthName(civilMonth()), 3);
    case DATE_MONTH_FULL:
      return writeName(monthName(civilMonth()), 12);
    case DATE_DAY:
      return writeNumber(civilDay(), width);
    case DATE_DAY_OF_YEAR:
      return writeNumber(days - daysFromCivil(year, 1, 1) + 1, width);
    case DATE_WEEKDAY_SHORT:
      return writeName(weekdayName(weekday(days)), 3);
    case DATE_WEEKDAY_FULL:
      return writeName(weekdayName(weekday(days)), 12);
    default:
      return writeNumber((civilMonth() + 2) / 3, width);
  }
}

/** A sign in front of a year that is longer than the pattern says, from four letters on. */
function writeYear(year: i64, width: i32): void {
  if (width >= 4 && year >= 10000) writeByte(43);
  writeNumber(year, width);
}

/** Names are 12 bytes, filled with zeros. */
function writeName(at: usize, most: usize): void {
  let length: usize = 0;
  while (length < most && load<u8>(at + length) !== 0) length++;
  writeBytes(at, length);
}

function writeClock(item: i32, width: i32): void {
  const second: i64 = nanos / 1000000000;
  const hour: i64 = second / 3600;
  switch (item) {
    case DATE_AM_PM:
      writeByte(hour < 12 ? 65 : 80);
      return writeByte(77);
    case DATE_HOUR:
      return writeNumber(hour, width);
    case DATE_HOUR_1_24:
      return writeNumber(hour === 0 ? 24 : hour, width);
    case DATE_HOUR_1_12:
      return writeNumber(hour % 12 === 0 ? 12 : hour % 12, width);
    case DATE_HOUR_0_11:
      return writeNumber(hour % 12, width);
    case DATE_MINUTE:
      return writeNumber((second / 60) % 60, width);
    case DATE_SECOND:
      return writeNumber(second % 60, width);
    case DATE_FRACTION:
      return writeFraction(nanos % 1000000000, width);
    default:
      unreachable();
  }
}

/** The first `width` of nine digits. */
export function writeFraction(nanosecond: i64, width: i32): void {
  let unit: i64 = 100000000;
  for (let i: i32 = 0; i < width; i++) {
    writeByte(<u32>(48 + ((nanosecond / unit) % 10)));
    unit /= 10;
  }
}
