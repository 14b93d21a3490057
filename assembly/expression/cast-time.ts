// Casts between text and times, intervals to text, CHAR(n) and VARCHAR(n), and bytes to text. A TIMESTAMP(p) prints with
// exactly p digits behind the second, a TIME(p) with at most p and at least one (none for p = 0), both as Flink prints them.
import { scratchAllocate } from "../memory/scratch";
import {
  FLAG_TRY,
  OP_CAST_INTERVAL_STR,
  OP_CAST_STR_LENGTH,
  OP_CAST_STR_TIME,
  OP_CAST_TIME_STR,
  TIME_DATE,
  TIME_OF_DAY,
} from "../shared/opcode";
import { ERR_ARGUMENT, ERR_CAST, LANE_NULL, LANE_VALID } from "../shared/status";
import { bytesOfCharacters, countCharacters } from "./bytes";
import { trimEnd, trimStart } from "./cast-text";
import { civilDay, civilMonth, civilYear, floorDivide, splitDays, stepsPerDay } from "./civil";
import { writeFraction } from "./date-format";
import { aValues, dstValidity, dstValues, flagsOf, immediateOf } from "./operand";
import { MOST_GROWN } from "./string-make";
import { finishText, startText, storeText, writeByte, writeNumber } from "./text";
import { readTime, storeTime } from "./time-text";
import { isUtf8 } from "./utf8";
import { strict1 } from "./validity";

export function castTime(opcode: i32, ins: usize, rows: i32): void {
  strict1(ins, rows);
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const flags: u32 = flagsOf(ins);
  const kind: i32 = <i32>(flags & 0xff);
  const failed: u32 = flags & FLAG_TRY ? LANE_NULL : ERR_CAST;
  const immediate: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const at: usize = i << 3;
    if (opcode === OP_CAST_TIME_STR) {
      printTime(dst + at, load<i64>(a + at), kind, <i32>immediate);
    } else if (opcode === OP_CAST_STR_TIME) {
      if (!parseTime(dst + at, a + at, kind, <i32>immediate)) store<u8>(valid + i, failed);
    } else if (opcode === OP_CAST_INTERVAL_STR) {
      printInterval(dst + at, load<i64>(a + at), kind === 1);
    } else if (opcode === OP_CAST_STR_LENGTH) {
      if (!cut(dst + at, a + at, <u64>immediate, kind === 1)) store<u8>(valid + i, ERR_ARGUMENT);
    } else {
      store<u64>(dst + at, load<u64>(a + at));
      if (!isUtf8(load<u32>(a + at), load<u32>(a + at, 4))) store<u8>(valid + i, failed);
    }
  }
}

function parseTime(dst: usize, text: usize, kind: i32, digits: i32): bool {
  const start: usize = load<u32>(text);
  const end: usize = trimEnd(start, start + load<u32>(text, 4));
  return readTime(trimStart(start, end), end, kind) && storeTime(dst, kind, digits);
}

function printTime(dst: usize, value: i64, kind: i32, digits: i32): void {
  startText();
  const steps: i64 = stepsPerDay(kind);
  const days: i64 = floorDivide(value, steps);
  const nanos: i64 = (value - days * steps) * (86400000000000 / steps);
  if (kind !== TIME_OF_DAY) printDate(days);
  if (kind !== TIME_DATE) {
    if (kind !== TIME_OF_DAY) writeByte(32);
    printClock(nanos / 1000000000);
    if (digits > 0) {
      writeByte(46);
      writeFraction(nanos % 1000000000, kind === TIME_OF_DAY ? shownDigits(nanos, digits) : digits);
    }
  }
  finishText(dst);
}

/** Without the zeros at the end, but one digit. */
function shownDigits(nanos: i64, digits: i32): i32 {
  let shown: i32 = 1;
  for (let rest: i64 = nanos % 100000000; shown < digits && rest !== 0; shown++) rest = (rest * 10) % 100000000;
  return shown;
}

function printDate(days: i64): void {
  splitDays(days);
  if (civilYear() > 9999) writeByte(43);
  writeNumber(civilYear(), 4);
  writeByte(45);
  writeNumber(civilMonth(), 2);
  writeByte(45);
  writeNumber(civilDay(), 2);
}

function printClock(second: i64): void {
  writeNumber(second / 3600, 2);
  writeByte(58);
  writeNumber((second / 60) % 60, 2);
  writeByte(58);
  writeNumber(second % 60, 2);
}

/** `+1 02:03:04.005` or `+1-02`. */
function printInterval(dst: usize, value: i64, months: bool): void {
  startText();
  writeByte(value < 0 ? 45 : 43);
  const size: u64 = value < 0 ? 0 - value : value;
  if (months) {
    writeNumber(<i64>(size / 12), 1);
    writeByte(45);
    writeNumber(<i64>(size % 12), 2);
  } else {
    writeNumber(<i64>(size / 86400000), 1);
    writeByte(32);
    printClock(<i64>(size % 86400000) / 1000);
    writeByte(46);
    writeNumber(<i64>(size % 1000), 3);
  }
  finishText(dst);
}

/** The first `length` characters, filled with blanks when `pad`; false when that takes too much memory. */
function cut(dst: usize, text: usize, length: u64, pad: bool): bool {
  const from: usize = load<u32>(text);
  const size: u32 = load<u32>(text, 4);
  const own: u32 = countCharacters(from, size);
  if (own >= length || !pad) {
    storeText(dst, from, own <= length ? size : bytesOfCharacters(from, size, <u32>length));
    return true;
  }
  const missing: u64 = length - own;
  if (length > MOST_GROWN) return false;
  const to: usize = scratchAllocate(size + <u32>missing);
  memory.copy(to, from, size);
  memory.fill(to + size, 32, <usize>missing);
  storeText(dst, to, size + <u32>missing);
  return true;
}
