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
import { eightDigits, powerOfTen } from "./number";
import { readMilliseconds } from "./time";
import { decodeValue } from "./value";

/** { u32 first byte, u32 end } of the field's value in each record of the run. */
export const SPANS: usize = memory.data(VECTOR_ROWS * 8);
/** u8 a record of the run: 1 = a value did not fit. */
export const REFUSED: usize = memory.data(VECTOR_ROWS);

const EXACT_INTEGERS: u64 = 1 << 53;
/** Digits that 16 bytes hold with a point among them. */
const SHORT_DIGITS: i32 = 16;

/** Fills lanes [lane, lane + count) from SPANS. Records whose value does not fit are marked in REFUSED; returns how many. */
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
  const span: usize = SPANS + (i << 3);
  decodeValue(field, lane, load<u32>(span), load<u32>(span, 4));
  if (load<u32>(field, FIELD_STATE) !== STATE_ERROR) return 0;
  store<u8>(REFUSED + i, 1);
  return 1;
}

function fillStrings(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = load<u32>(SPANS + (i << 3));
    const end: usize = load<u32>(SPANS + (i << 3), 4);
    if (load<u8>(at) === 34) store<u64>(values + (i << 3), <u64>(at + 1) | ((<u64>(end - at - 2)) << 32));
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

/** Which of the bytes at `at` are digits, bit by bit. */
function digitMask(at: usize): u32 {
  return <u32>i8x16.bitmask(i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(10)));
}

/** The number that the 1 to 16 digits before `end` make; 16 bytes before it are readable. */
function digitsBefore(end: usize, length: i32): u64 {
  const low: u32 = (<u32>max<i32>(8 - length, 0)) << 3;
  const last: u64 = eightDigits((load<u64>(end - 8) >> low) << low);
  if (length <= 8) return last;
  const high: u32 = (<u32>(16 - length)) << 3;
  return eightDigits((load<u64>(end - 16) >> high) << high) * 100000000 + last;
}

function fillIntegers(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const type: u32 = load<u32>(field, FIELD_TYPE);
  const bits: u32 = type === JSON_TINYINT ? 8 : type === JSON_SMALLINT ? 16 : type === JSON_INT ? 32 : 64;
  const most: u64 = <u64>i64.MAX_VALUE >> (64 - bits);
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = load<u32>(SPANS + (i << 3));
    const end: usize = load<u32>(SPANS + (i << 3), 4);
    const negative: u32 = u32(load<u8>(at) === 45);
    const length: i32 = <i32>(end - at) - <i32>negative;
    const short: bool = length - 1 < SHORT_DIGITS && (~digitMask(at + negative) & ((1 << length) - 1)) === 0;
    const value: u64 = short ? digitsBefore(end, length) : u64.MAX_VALUE;
    if (value <= most) store<i64>(values + (i << 3), negative !== 0 ? -(<i64>value) : <i64>value);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

function fillDoubles(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = load<u32>(SPANS + (i << 3));
    const end: usize = load<u32>(SPANS + (i << 3), 4);
    const negative: u32 = u32(load<u8>(at) === 45);
    const value: f64 = shortDouble(at + negative, end);
    if (value >= 0.0) store<f64>(values + (i << 3), negative !== 0 ? -value : value);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}

/** A number of at most 16 bytes, without sign and exponent, whose parts are exact as doubles; NaN for any other text. */
function shortDouble(at: usize, end: usize): f64 {
  const length: i32 = <i32>(end - at);
  if (length - 1 >= SHORT_DIGITS || length < 1) return NaN;
  const others: u32 = ~digitMask(at) & ((1 << length) - 1);
  if (others === 0) {
    const whole: u64 = digitsBefore(end, length);
    return whole <= EXACT_INTEGERS ? <f64>whole : NaN;
  }
  const point: i32 = ctz<i32>(<i32>others);
  const fraction: i32 = length - point - 1;
  if ((others & (others - 1)) !== 0 || load<u8>(at + point) !== 46 || point === 0 || fraction === 0) return NaN;
  const scale: u64 = powerOfTen(<u32>fraction);
  const digits: u64 = digitsBefore(at + point, point) * scale + digitsBefore(end, fraction);
  return digits <= EXACT_INTEGERS ? <f64>digits / <f64>scale : NaN;
}

/** `"yyyy-MM-dd HH:mm:ss.SSS"`, with a `Z` where the style has one; milliseconds to microseconds. */
function fillTimestamps(field: usize, lane: u32, count: u32): u32 {
  const values: usize = <usize>load<u32>(field, FIELD_VALUES) + (lane << 3);
  const style: u32 = load<u32>(field, FIELD_TIMESTAMPS);
  const lenient: bool = style === JSON_TIME_LENIENT;
  const zoned: bool = load<u32>(field, FIELD_TYPE) === JSON_TIMESTAMP_LTZ;
  const separator: u32 = style === JSON_TIME_ISO ? 84 : 32;
  let refused: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const at: usize = load<u32>(SPANS + (i << 3));
    const end: usize = load<u32>(SPANS + (i << 3), 4);
    const length: u32 = <u32>(end - at);
    const plain: bool = length === 25 && (lenient || !zoned);
    const utc: bool = length === 26 && (lenient || zoned) && load<u8>(end - 2) === 90;
    const lettered: bool = lenient && load<u8>(at, 11) === 84;
    const fits: bool = (plain || utc) && load<u8>(at) === 34;
    const ms: i64 = fits ? readMilliseconds(at + 1, lettered ? 84 : separator) : i64.MIN_VALUE;
    if (ms !== i64.MIN_VALUE) store<i64>(values + (i << 3), ms * 1000);
    else refused += fillSlowly(field, lane + i, i);
  }
  return refused;
}
