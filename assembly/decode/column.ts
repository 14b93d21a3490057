// Values of one field over a run of records that fit a layout, cut out and converted column by column. Each loop takes the usual
// form of its type itself and hands anything else to value.ts, which knows every form; so all rules are written once, there.
import {
  JSON_BIGINT,
  JSON_DOUBLE,
  JSON_INT,
  JSON_SMALLINT,
  JSON_STRING,
  JSON_TIME_ISO,
  JSON_TIME_LENIENT,
  JSON_TIMESTAMP,
  JSON_TIMESTAMP_LTZ,
  JSON_TINYINT,
} from "../shared/json";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import {
  FIELD_PRECISION,
  FIELD_STATE,
  FIELD_TIMESTAMPS,
  FIELD_TYPE,
  FIELD_VALIDITY,
  FIELD_VALUES,
  FIELD_WIDTH,
  STATE_ERROR,
} from "./decoder";
import { anyEscaped, ESCAPED } from "./match";
import { eightDigits, lastDigits, notDigits, powerOfTen } from "./number";
import { days, readClockMs, readDate } from "./time";
import { decodeValue } from "./value";

/** u8 a record of the run: 1 = a value did not fit. */
export const REFUSED: usize = memory.data(VECTOR_ROWS);

const MS_PER_DAY: i64 = 86400000;
const EXACT_INTEGERS: u64 = 1 << 53;

/** { u32 first byte, u32 end } of the field's value in the first record of the run, and bytes to that of the next one. */
let spans: usize = 0;
let stride: u32 = 0;

/** First record of the run, counted in the chunk. */
let run: u32 = 0;

/** Names where the values of the column filled next stand, and the record of the chunk that the first of them is in. */
export function beginColumn(firstSpan: usize, spanStride: u32, firstRecord: u32): void {
  spans = firstSpan;
  stride = spanStride;
  run = firstRecord;
}

/** Fills lanes [lane, lane + count) from the column's spans. Records whose value does not fit are marked in REFUSED; returns how many. */
export function fillColumn(field: usize, lane: u32, count: u32): u32 {
  memory.fill(<usize>load<u32>(field, FIELD_VALIDITY) + lane, <u8>LANE_VALID, count);
  switch (load<u32>(field, FIELD_TYPE)) {
    case JSON_STRING:
      return fillStrings(field, lane, count);
    case JSON_TINYINT:
    case JSON_SMALLINT:
    case JSON_INT:
    case JSON_BIGINT:
      return fillIntegers(field, lane, count);
    case JSON_DOUBLE:
      return fillDoubles(field, lane, count);
    case JSON_TIMESTAMP:
    case JSON_TIMESTAMP_LTZ:
      if (load<u32>(field, FIELD_PRECISION) - 3 < 4) return fillTimestamps(field, lane, count);
      break;
  }
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++) refused += fillSlowly(field, lane + i, i);
  return refused;
}

/** A field the layout does not have: NULL in every lane. */
export function fillNulls(field: usize, lane: u32, count: u32): void {
  memory.fill(<usize>load<u32>(field, FIELD_VALIDITY) + lane, 0, count);
  const width: u32 = load<u32>(field, FIELD_WIDTH);
  memory.fill(<usize>load<u32>(field, FIELD_VALUES) + lane * width, 0, count * width);
}

/** The value of record `i` of the run by the general rules; 1 when it does not fit. */
function fillSlowly(field: usize, lane: u32, i: u32): u32 {
  const span: usize = spans + i * stride;
  decodeValue(field, lane, load<u32>(span), load<u32>(span, 4));
  if (load<u32>(field, FIELD_STATE) !== STATE_ERROR) return 0;
  store<u8>(REFUSED + i, 1);
  return 1;
}

function fillStrings(field: usize, lane: u32, count: u32): u32 {
  const escapes: bool = anyEscaped;
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const step: u32 = stride;
  let span: usize = spans;
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++, span += step) {
    const at: usize = load<u32>(span);
    const length: u32 = load<u32>(span, 4) - <u32>at - 2;
    const plain: bool = load<u8>(at) === 34 && (!escapes || load<u8>(ESCAPED + run + i) === 0);
    if (plain) store<u64>(values + (i << 3), <u64>(at + 1) | ((<u64>length) << 32));
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

function fillIntegers(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const type: u32 = load<u32>(field, FIELD_TYPE);
  const bits: u32 = type === JSON_TINYINT ? 8 : type === JSON_SMALLINT ? 16 : type === JSON_INT ? 32 : 64;
  const most: u64 = <u64>i64.MAX_VALUE >> (64 - bits);
  const step: u32 = stride;
  let span: usize = spans;
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++, span += step) {
    const end: usize = load<u32>(span, 4);
    const at: usize = load<u32>(span);
    const negative: i64 = i64(load<u8>(at) === 45);
    const length: i32 = <i32>(end - at) - <i32>negative;
    let value: u64 = u64.MAX_VALUE;
    if (<u32>(length - 1) < 8) {
      const digits: u64 = lastDigits(end, length);
      if (notDigits(digits) === 0) value = eightDigits(digits);
    } else if (<u32>(length - 1) < 16) {
      const digits: u64 = lastDigits(end, 8);
      const before: u64 = lastDigits(end - 8, length - 8);
      if ((notDigits(digits) | notDigits(before)) === 0) value = eightDigits(before) * 100000000 + eightDigits(digits);
    }
    if (value <= most) store<i64>(values + (i << 3), (<i64>value ^ -negative) + negative);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

function fillDoubles(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const step: u32 = stride;
  let span: usize = spans;
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++, span += step) {
    const at: usize = load<u32>(span);
    const negative: u32 = u32(load<u8>(at) === 45);
    const value: f64 = shortDouble(at + negative, load<u32>(span, 4));
    if (value >= 0.0) store<f64>(values + (i << 3), negative !== 0 ? -value : value);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

/** A number without sign and exponent of at most 8 digits on each side of its point; NaN for any other text. */
function shortDouble(at: usize, end: usize): f64 {
  const length: i32 = <i32>(end - at);
  if (<u32>(length - 1) >= 16) return NaN;
  const digits: v128 = i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(10));
  const others: u32 = ~(<u32>i8x16.bitmask(digits)) & ((1 << length) - 1);
  const whole: i32 = others === 0 ? length : ctz<i32>(<i32>others);
  if (<u32>(whole - 1) >= 8) return NaN;
  const above: u64 = eightDigits(lastDigits(at + whole, whole));
  if (others === 0) return <f64>above;
  const fraction: i32 = length - whole - 1;
  if (<u32>(fraction - 1) >= 8 || (others & (others - 1)) !== 0 || load<u8>(at + whole) !== 46) return NaN;
  // Both are exact as doubles, so one division rounds once.
  const scale: u64 = powerOfTen(<u32>fraction);
  const unscaled: u64 = above * scale + eightDigits(lastDigits(end, fraction));
  return unscaled <= EXACT_INTEGERS ? <f64>unscaled / <f64>scale : NaN;
}

/** `"yyyy-MM-dd HH:mm:ss.SSS"`, with a `Z` where the style has one; milliseconds to microseconds. */
function fillTimestamps(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const lenient: bool = load<u32>(field, FIELD_TIMESTAMPS) === JSON_TIME_LENIENT;
  const zoned: bool = load<u32>(field, FIELD_TYPE) === JSON_TIMESTAMP_LTZ;
  const separator: u32 = load<u32>(field, FIELD_TIMESTAMPS) === JSON_TIME_ISO ? 84 : 32;
  const step: u32 = stride;
  let span: usize = spans;
  let refused: u32 = 0;
  // Events of one day follow each other: the ten bytes of the last date, and its first millisecond.
  let date: u64 = 0;
  let dateEnd: u32 = 0xffffffff;
  let midnight: i64 = 0;
  for (let i: u32 = 0; i < count; i++, span += step) {
    const at: usize = <usize>load<u32>(span) + 1;
    const end: usize = load<u32>(span, 4);
    const length: u32 = <u32>(end - at);
    let fits: bool =
      (length === 24 && (lenient || !zoned)) || (length === 25 && (lenient || zoned) && load<u8>(end - 2) === 90);
    fits = fits && load<u8>(at - 1) === 34;
    if (fits && (load<u64>(at) !== date || <u32>load<u16>(at, 8) !== dateEnd)) {
      fits = readDate(at, at + 10);
      if (fits) {
        date = load<u64>(at);
        dateEnd = load<u16>(at, 8);
        midnight = days * MS_PER_DAY;
      }
    }
    const between: u32 = lenient && load<u8>(at, 10) === 84 ? 84 : separator;
    const clock: i32 = fits ? readClockMs(at + 10, between) : -1;
    if (clock >= 0) store<i64>(values + (i << 3), (midnight + <i64>clock) * 1000);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}
