// The raw format: a whole record as one STRING or BYTES value. Empty records are skipped and counted, as everywhere.
import { reportRecord } from "./bad-rows";
import { validityOf, valuesOf } from "./memory/registers";
import {
  INPUT_BYTES,
  INPUT_KEY_BYTES,
  INPUT_KEY_OFFSETS,
  INPUT_OFFSETS,
  INPUT_ROWS,
  VECTOR_ROWS,
} from "./shared/layout";
import { BAD_UTF8, ERR_CAST, LANE_NULL, SKIP_EMPTY } from "./shared/status";

const NEWLINE: u32 = 10;
const RETURN: u32 = 13;

/** u32 record[] of the rows the last call made. */
export function rawRecords(): usize {
  return records;
}

const records: usize = memory.data(VECTOR_ROWS * 4);
let next: u32 = 0;

/** Next record to pass as `first`. */
export function rawNext(): u32 {
  return next;
}

/** `register` + 1, 0 = the value is not wanted. `lines`: a newline at a record's end is no part of it. Returns the rows. */
export function decodeRaw(input: usize, first: u32, register: u32, options: u32): u32 {
  const utf8: bool = (options & 1) !== 0;
  const lines: bool = (options & 2) !== 0;
  const bytes: usize = load<u32>(input, INPUT_BYTES);
  const offsets: usize = load<u32>(input, INPUT_OFFSETS);
  const total: u32 = load<u32>(input, INPUT_ROWS);
  let rows: u32 = 0;
  let record: u32 = first;
  for (; record < total && rows < <u32>VECTOR_ROWS; record++) {
    const start: u32 = load<u32>(offsets + (record << 2));
    let end: u32 = load<u32>(offsets + (record << 2), 4);
    if (lines && end > start && load<u8>(bytes + end - 1) === NEWLINE) {
      end--;
      if (end > start && load<u8>(bytes + end - 1) === RETURN) end--;
    }
    if (end === start) {
      reportRecord(record, SKIP_EMPTY, -1, -1);
      continue;
    }
    if (utf8 && !isUtf8(bytes + start, end - start)) {
      reportRecord(record, BAD_UTF8, 0, -1);
      continue;
    }
    if (register !== 0) putString(register - 1, rows, bytes + start, end - start);
    store<u32>(records + (rows++ << 2), record);
  }
  next = record;
  return rows;
}

/**
 * The keys of the rows in `rowRecord`: an absent key is NULL, and one that is not the UTF-8 it should be poisons its lane, so
 * that only queries that read it count the row as bad. `register` + 1 in the low bits, UTF-8 wanted in bit 31.
 */
export function decodeRawKeys(input: usize, rows: u32, rowRecord: usize, options: u32): void {
  const register: u32 = options & 0x7fffffff;
  const utf8: bool = options >> 31 !== 0;
  if (register === 0) return;
  const bytes: usize = load<u32>(input, INPUT_KEY_BYTES);
  const offsets: usize = load<u32>(input, INPUT_KEY_OFFSETS);
  for (let i: u32 = 0; i < rows; i++) {
    const at: usize = offsets + (load<u32>(rowRecord + (i << 2)) << 2);
    const start: u32 = load<u32>(at);
    putString(register - 1, i, bytes + start, load<u32>(at, 4) - start);
    const length: u32 = load<u32>(at, 4) - start;
    if (length === 0) store<u8>(validityOf(register - 1) + i, <u8>LANE_NULL);
    else if (utf8 && !isUtf8(bytes + start, length)) store<u8>(validityOf(register - 1) + i, <u8>ERR_CAST);
  }
}

function putString(register: u32, lane: u32, address: usize, length: u32): void {
  const value: usize = valuesOf(register) + (lane << 3);
  store<u32>(value, <u32>address);
  store<u32>(value, length, 4);
  store<u8>(validityOf(register) + lane, 1);
}

/** Well-formed UTF-8 by Unicode's table 3-7: no overlong form, no surrogate, nothing beyond U+10FFFF. */
export function isUtf8(at: usize, length: u32): bool {
  const end: usize = at + length;
  while (at < end) {
    if (at + 16 <= end && !v128.any_true(i8x16.lt_s(v128.load(at), i8x16.splat(0)))) {
      at += 16;
      continue;
    }
    const size: u32 = sequenceLength(at, <u32>(end - at));
    if (size === 0) return false;
    at += size;
  }
  return true;
}

/** Bytes of the well-formed sequence at `at`, 0 when there is none within `room` bytes. */
function sequenceLength(at: usize, room: u32): u32 {
  const a: u32 = load<u8>(at);
  if (a < 0x80) return 1;
  if (a < 0xc2 || a > 0xf4) return 0;
  const size: u32 = a < 0xe0 ? 2 : a < 0xf0 ? 3 : 4;
  if (room < size) return 0;
  const b: u32 = load<u8>(at, 1);
  const least: u32 = a === 0xe0 ? 0xa0 : a === 0xf0 ? 0x90 : 0x80;
  const most: u32 = a === 0xed ? 0x9f : a === 0xf4 ? 0x8f : 0xbf;
  if (b < least || b > most) return 0;
  for (let i: u32 = 2; i < size; i++) if ((load<u8>(at + i) & 0xc0) !== 0x80) return 0;
  return size;
}
