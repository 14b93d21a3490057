// One record into rows: an object is one row, each object of a top-level array one row, anything else none. Says why where a
// record or an array element gives no row.
import { countElements, reportRecord } from "../bad-rows";
import { JSON_FAIL_ON_MISSING, JSON_FULL, JSON_IGNORE_ERRORS } from "../shared/json";
import { VECTOR_ROWS } from "../shared/layout";
import {
  BAD_FIELD,
  BAD_JSON,
  BAD_MISSING_FIELD,
  BAD_NOT_OBJECT,
  BAD_UTF8,
  SKIP_EMPTY,
  SKIP_NOT_OBJECT,
} from "../shared/status";
import {
  DECODER_FIELD_COUNT,
  DECODER_FIELDS,
  DECODER_FLAGS,
  DECODER_PENDING,
  DECODER_PENDING_AT,
  DECODER_PENDING_END,
  FIELD_AT,
  FIELD_BYTES,
  FIELD_STATE,
  STATE_ERROR,
  STATE_MISSING,
} from "./decoder";
import { decodeObject } from "./object";
import { skipValue } from "./skip";
import { skipSpace } from "./text";
import { isUtf8 } from "./utf8";
import { brokenUtf8, clearBrokenUtf8 } from "./value";

/** U+FEFF in UTF-8, which may stand before the text. */
const BYTE_ORDER_MARK: u32 = 0xbfbbef;

/** u32 record[] of the rows decoded since the call began. */
export const ROW_RECORD: usize = memory.data(VECTOR_ROWS * 4);

/** Of the record in hand. */
let number: u32 = 0;
let start: usize = 0;

/** Names the record that is decoded next: its number and its first byte. */
export function beginRecord(record: u32, at: usize): void {
  number = record;
  start = at;
}

/** Decodes the record begun last, bytes [at, end), into lanes from `lane` on and returns the next free lane. */
export function decodeRecord(decoder: usize, lane: u32, at: usize, end: usize): u32 {
  if (end - at >= 3 && (load<u32>(at) & 0xffffff) == BYTE_ORDER_MARK) at += 3;
  at = skipSpace(at, end);
  if (at == end) {
    reportRecord(number, SKIP_EMPTY, -1, -1);
    return lane;
  }
  const full: bool = (load<u32>(decoder, DECODER_FLAGS) & JSON_FULL) != 0;
  if (full && !isUtf8(at, end)) return refuse(decoder, lane, BAD_UTF8, at);
  const byte: u32 = load<u8>(at);
  if (byte == 123) return decodeSingle(decoder, lane, at, end);
  if (byte == 91) return openArray(decoder, lane, at, end);
  return refuse(decoder, lane, full && !isWhole(at, end) ? BAD_JSON : BAD_NOT_OBJECT, at);
}

/** Whether [at, end) is one well-formed value and white space. */
function isWhole(at: usize, end: usize): bool {
  const next: usize = skipValue(at, end, true);
  return next != 0 && skipSpace(next, end) == end;
}

/** The record, or an element of it, gives no row. Returns `lane`. */
function refuse(decoder: usize, lane: u32, reason: u32, at: usize): u32 {
  const ignore: bool = (load<u32>(decoder, DECODER_FLAGS) & JSON_IGNORE_ERRORS) != 0;
  reportRecord(number, ignore ? SKIP_NOT_OBJECT : reason, -1, <i32>(at - start));
  return lane;
}

function refuseText(decoder: usize, lane: u32, at: usize): u32 {
  const reason: u32 = brokenUtf8 ? BAD_UTF8 : BAD_JSON;
  clearBrokenUtf8();
  return refuse(decoder, lane, reason, at);
}

function decodeSingle(decoder: usize, lane: u32, at: usize, end: usize): u32 {
  const next: usize = decodeObject(decoder, lane, at, end);
  if (next == 0) return refuseText(decoder, lane, at);
  if (skipSpace(next, end) != end) return refuse(decoder, lane, BAD_JSON, next);
  return finishRow(decoder, lane, at);
}

/** Keeps the lane when every field is settled. `at` is the object's first byte. */
function finishRow(decoder: usize, lane: u32, at: usize): u32 {
  const count: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  const strict: bool = (load<u32>(decoder, DECODER_FLAGS) & JSON_FAIL_ON_MISSING) != 0;
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  for (let i: u32 = 0; i < count; i++, field += FIELD_BYTES) {
    const state: u32 = load<u32>(field, FIELD_STATE);
    if (state == STATE_ERROR) {
      reportRecord(number, BAD_FIELD, i, <i32>(<usize>load<u32>(field, FIELD_AT) - start));
      return lane;
    }
    if (state == STATE_MISSING && strict) {
      reportRecord(number, BAD_MISSING_FIELD, i, <i32>(at - start));
      return lane;
    }
  }
  store<u32>(ROW_RECORD + (lane << 2), number);
  return lane + 1;
}

/** A full check comes before the first element, so that a malformed record gives no row at all. */
function openArray(decoder: usize, lane: u32, at: usize, end: usize): u32 {
  if ((load<u32>(decoder, DECODER_FLAGS) & JSON_FULL) != 0 && !isWhole(at, end))
    return refuse(decoder, lane, BAD_JSON, at);
  at = skipSpace(at + 1, end);
  if (at < end && load<u8>(at) == 93 && skipSpace(at + 1, end) == end) {
    reportRecord(number, SKIP_EMPTY, -1, -1);
    return lane;
  }
  countElements(-1);
  return decodeElements(decoder, lane, at, end);
}

/** Goes on inside the array where the last call stopped; its record is begun. */
export function resumeArray(decoder: usize, lane: u32): u32 {
  const at: usize = load<u32>(decoder, DECODER_PENDING_AT);
  store<u32>(decoder, 0, DECODER_PENDING);
  return decodeElements(decoder, lane, at, load<u32>(decoder, DECODER_PENDING_END));
}

/** Elements from the one at `at` on, until the array ends or the vector is full; the rest is left pending. */
function decodeElements(decoder: usize, lane: u32, at: usize, end: usize): u32 {
  const full: bool = (load<u32>(decoder, DECODER_FLAGS) & JSON_FULL) !== 0;
  do {
    countElements(1);
    at = skipSpace(at, end);
    const isObject: bool = at < end && load<u8>(at) === 123;
    const next: usize = isObject ? decodeObject(decoder, lane, at, end) : skipValue(at, end, full);
    if (next === 0) return refuseText(decoder, lane, at);
    lane = isObject ? finishRow(decoder, lane, at) : refuse(decoder, lane, BAD_NOT_OBJECT, at);
    at = skipSpace(next, end);
    const byte: u32 = at < end ? load<u8>(at) : 0;
    if (byte === 93 && skipSpace(at + 1, end) === end) return lane;
    if (byte !== 44) {
      // What is behind the element is told as one more.
      countElements(1);
      return refuse(decoder, lane, BAD_JSON, at);
    }
    at++;
  } while (lane < <u32>VECTOR_ROWS);
  store<u32>(decoder, number + 1, DECODER_PENDING);
  store<u32>(decoder, <u32>at, DECODER_PENDING_AT);
  store<u32>(decoder, <u32>end, DECODER_PENDING_END);
  return lane;
}
