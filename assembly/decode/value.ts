// One JSON value into one lane of a field's register, by the field's type (semantics: Flink's json format). A value that is JSON
// but does not fit leaves the field in STATE_ERROR, or makes the lane NULL where errors are ignored; text that is no JSON
// refuses the record.
import { scratchAllocate } from "../memory/scratch";
import {
  JSON_BIGINT,
  JSON_BOOLEAN,
  JSON_BYTES,
  JSON_DATE,
  JSON_DECIMAL,
  JSON_DOUBLE,
  JSON_FLOAT,
  JSON_FULL,
  JSON_IGNORE_ERRORS,
  JSON_INT,
  JSON_SMALLINT,
  JSON_STRING,
  JSON_TIME,
  JSON_TIME_LENIENT,
  JSON_TIMESTAMP_LTZ,
  JSON_TINYINT,
} from "../shared/json";
import { LANE_VALID } from "../shared/status";
import { decodeBase64 } from "./base64";
import { compactAt, compactLength, compactText } from "./compact";
import { decimalHigh, decimalLow, toDecimal } from "./decimal";
import {
  FIELD_AT,
  FIELD_FLAGS,
  FIELD_PRECISION,
  FIELD_SCALE,
  FIELD_STATE,
  FIELD_TIMESTAMPS,
  FIELD_TYPE,
  FIELD_VALIDITY,
  FIELD_VALUES,
  putNull,
  STATE_DONE,
  STATE_ERROR,
} from "./decoder";
import { readSpecial, special, toDouble, toFloat } from "./float";
import { integer, isWholeNumber, readNumber, toInteger } from "./number";
import { skipNumber, skipScalar, skipValue } from "./skip";
import { findStringEnd, hasEscapes, trimmedEnd, trimText, unescape } from "./text";
import { days, nanos, readDate, readTime, readTimestamp, seconds } from "./time";
import { isUtf8 } from "./utf8";

/** Set when a value that is read is refused for its encoding. */
export let brokenUtf8: bool = false;

export function clearBrokenUtf8(): void {
  brokenUtf8 = false;
}

const TRUE_TEXT: usize = memory.data<u8>([116, 114, 117, 101]);
const FALSE_TEXT: usize = memory.data<u8>([102, 97, 108, 115, 101]);

/** The byte behind the value at `at`, or 0 when the record is malformed there. */
export function decodeValue(field: usize, lane: u32, at: usize, end: usize): usize {
  if (at >= end) return 0;
  const byte: u32 = load<u8>(at);
  if (byte == 34) return decodeString(field, lane, at + 1, end);
  if (byte == 123 || byte == 91) return decodeContainer(field, lane, at, end);
  if (byte == 45 || byte - 48 < 10) {
    const next: usize = skipNumber(at, end);
    if (next != 0) settle(field, lane, at, putNumber(field, lane, at, next));
    return next;
  }
  const next: usize = skipScalar(at, end);
  if (next == 0) return 0;
  if (byte == 110) {
    putNull(field, lane);
    store<u32>(field, STATE_DONE, FIELD_STATE);
  } else {
    settle(field, lane, at, putTruth(field, lane, byte == 116));
  }
  return next;
}

/** What becomes of the lane: the value was written, or did not fit. */
function settle(field: usize, lane: u32, at: usize, fits: bool): void {
  if (!fits) return refuseValue(field, lane, at);
  store<u32>(field, STATE_DONE, FIELD_STATE);
}

/** The value at `at` does not fit the field. */
export function refuseValue(field: usize, lane: u32, at: usize): void {
  putNull(field, lane);
  const ignore: bool = (load<u32>(field, FIELD_FLAGS) & JSON_IGNORE_ERRORS) != 0;
  store<u32>(field, ignore ? STATE_DONE : STATE_ERROR, FIELD_STATE);
  store<u32>(field, <u32>at, FIELD_AT);
}

function decodeString(field: usize, lane: u32, at: usize, end: usize): usize {
  const full: bool = (load<u32>(field, FIELD_FLAGS) & JSON_FULL) != 0;
  const quote: usize = findStringEnd(at, end, full);
  if (quote == 0) return 0;
  let from: usize = at;
  let to: usize = quote;
  if (hasEscapes) {
    from = scratchAllocate(<u32>(quote - at));
    to = unescape(at, quote, from);
  }
  if (!full && !isUtf8(from, to)) {
    brokenUtf8 = true;
    return 0;
  }
  settle(field, lane, at - 1, putText(field, lane, from, to));
  return quote + 1;
}

function decodeContainer(field: usize, lane: u32, at: usize, end: usize): usize {
  const full: bool = (load<u32>(field, FIELD_FLAGS) & JSON_FULL) != 0;
  const type: u32 = load<u32>(field, FIELD_TYPE);
  const next: usize = skipValue(at, end, full || type == JSON_STRING);
  if (next == 0) return 0;
  let fits: bool = true;
  if (type == JSON_STRING) {
    if (!full && !isUtf8(at, next)) {
      brokenUtf8 = true;
      return 0;
    }
    compactText(at, next);
    putView(field, lane, compactAt, compactLength);
  } else if (type == JSON_BOOLEAN) {
    putBoolean(field, lane, false);
  } else {
    fits = false;
  }
  settle(field, lane, at, fits);
  return next;
}

function putView(field: usize, lane: u32, address: usize, length: u32): void {
  const to: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  store<u32>(to, <u32>address);
  store<u32>(to, length, 4);
  putValid(field, lane);
}

function putValid(field: usize, lane: u32): void {
  store<u8>(<usize>load<u32>(field, FIELD_VALIDITY) + lane, LANE_VALID);
}

function putBoolean(field: usize, lane: u32, value: bool): void {
  store<u8>(<usize>load<u32>(field, FIELD_VALUES) + lane, u8(value));
  putValid(field, lane);
}

function putInteger(field: usize, lane: u32, value: i64): void {
  store<i64>(<usize>load<u32>(field, FIELD_VALUES) + (lane << 3), value);
  putValid(field, lane);
}

function putDouble(field: usize, lane: u32, value: f64): void {
  store<f64>(<usize>load<u32>(field, FIELD_VALUES) + (lane << 3), value);
  putValid(field, lane);
}

function putTruth(field: usize, lane: u32, value: bool): bool {
  const type: u32 = load<u32>(field, FIELD_TYPE);
  if (type == JSON_BOOLEAN) putBoolean(field, lane, value);
  else if (type == JSON_STRING) putView(field, lane, value ? TRUE_TEXT : FALSE_TEXT, value ? 4 : 5);
  else return false;
  return true;
}

function putNumber(field: usize, lane: u32, at: usize, end: usize): bool {
  const type: u32 = load<u32>(field, FIELD_TYPE);
  if (type == JSON_STRING) {
    putView(field, lane, at, <u32>(end - at));
    return true;
  }
  if (type == JSON_BOOLEAN) {
    putBoolean(field, lane, false);
    return true;
  }
  if (type == JSON_BYTES || type == JSON_DATE || type == JSON_TIME) return false;
  if (!readNumber(at, end)) return false;
  if (type <= <u32>JSON_BIGINT) return putWhole(field, lane, type);
  if (type == JSON_DOUBLE || type == JSON_FLOAT) {
    putDouble(field, lane, type == JSON_DOUBLE ? toDouble() : toFloat());
    return true;
  }
  if (type == JSON_DECIMAL) return putDecimal(field, lane);
  if (load<u32>(field, FIELD_TIMESTAMPS) != JSON_TIME_LENIENT || !toInteger(i64.MIN_VALUE, i64.MAX_VALUE)) return false;
  const whole: i64 = integer / 1000 - i64(integer % 1000 < 0);
  return putTimestamp(field, lane, whole, <u32>(integer - whole * 1000) * 1000000);
}

/** The number last read into an integer type. */
function putWhole(field: usize, lane: u32, type: u32): bool {
  const bits: u32 = type == JSON_TINYINT ? 8 : type == JSON_SMALLINT ? 16 : type == JSON_INT ? 32 : 64;
  const most: i64 = i64.MAX_VALUE >> (64 - bits);
  if (!toInteger(~most, most)) return false;
  putInteger(field, lane, integer);
  return true;
}

function putDecimal(field: usize, lane: u32): bool {
  if (!toDecimal(load<u32>(field, FIELD_PRECISION), load<u32>(field, FIELD_SCALE))) {
    putNull(field, lane);
    return true;
  }
  const to: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 4);
  store<u64>(to, decimalLow);
  store<i64>(to, decimalHigh, 8);
  putValid(field, lane);
  return true;
}

/** Text without escapes. */
function putText(field: usize, lane: u32, at: usize, end: usize): bool {
  const type: u32 = load<u32>(field, FIELD_TYPE);
  if (type == JSON_STRING) {
    putView(field, lane, at, <u32>(end - at));
    return true;
  }
  if (type == JSON_BYTES) return putBytes(field, lane, at, end);
  if (type == JSON_DATE) {
    if (!readDate(at, end)) return false;
    putInteger(field, lane, days);
    return days >= i32.MIN_VALUE && days <= i32.MAX_VALUE;
  }
  if (type == JSON_TIME) return putTime(field, lane, at, end);
  if (type > <u32>JSON_TIME) {
    const zoned: bool = type == JSON_TIMESTAMP_LTZ;
    return (
      readTimestamp(at, end, load<u32>(field, FIELD_TIMESTAMPS), zoned) && putTimestamp(field, lane, seconds, nanos)
    );
  }
  const from: usize = trimText(at, end);
  return putTrimmed(field, lane, from, trimmedEnd);
}

/** Text into a boolean or a number. */
function putTrimmed(field: usize, lane: u32, at: usize, end: usize): bool {
  const type: u32 = load<u32>(field, FIELD_TYPE);
  if (type == JSON_BOOLEAN) {
    putBoolean(field, lane, end - at == 4 && (load<u32>(at) | 0x20202020) == 0x65757274);
    return true;
  }
  if (type <= <u32>JSON_BIGINT) return isWholeNumber(at, end) && readNumber(at, end) && putWhole(field, lane, type);
  if (type == JSON_DECIMAL) return readNumber(at, end) && putDecimal(field, lane);
  if (readNumber(at, end)) {
    putDouble(field, lane, type == JSON_DOUBLE ? toDouble() : toFloat());
    return true;
  }
  if (!readSpecial(at, end)) return false;
  putDouble(field, lane, special);
  return true;
}

function putBytes(field: usize, lane: u32, at: usize, end: usize): bool {
  const to: usize = scratchAllocate(<u32>(end - at) + 4);
  const length: i32 = decodeBase64(at, end, to);
  if (length < 0) return false;
  putView(field, lane, to, <u32>length);
  return true;
}

/** Ten to the power of the digits beyond `precision` of nine. */
function cutOf(precision: u32): u32 {
  let unit: u32 = 1;
  for (let i: u32 = precision; i < 9; i++) unit *= 10;
  return unit;
}

function putTime(field: usize, lane: u32, at: usize, end: usize): bool {
  if (!readTime(at, end)) return false;
  const cut: u32 = nanos - (nanos % cutOf(min<u32>(load<u32>(field, FIELD_PRECISION), 3)));
  putInteger(field, lane, seconds * 1000 + <i64>(cut / 1000000));
  return true;
}

/** Seconds and nanoseconds, cut to the field's precision, in its unit. False when no i64 of that unit holds them. */
function putTimestamp(field: usize, lane: u32, second: i64, nano: u32): bool {
  const precision: u32 = load<u32>(field, FIELD_PRECISION);
  const cut: i64 = <i64>(nano - (nano % cutOf(precision)));
  const units: i64 = precision > 6 ? 1000000000 : 1000000;
  const below: i64 = precision > 6 ? cut : cut / 1000;
  const most: i64 = i64.MAX_VALUE / units;
  if (second > most || second < -most - 1) return false;
  // From the second after a negative one, since that second times units may not fit.
  const value: i64 = second < 0 ? (second + 1) * units + (below - units) : second * units + below;
  if (value < 0 != second < 0) return false;
  putInteger(field, lane, value);
  return true;
}
