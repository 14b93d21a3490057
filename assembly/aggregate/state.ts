// Which state an aggregate keeps, by function and argument type, and what it takes. Slots are typed by the plan; all of them
// are exact but the DOUBLE ones, so that the order of rows and batches leaves no trace in integers, decimals and counts.
import {
  AGGREGATE_APPROX_COUNT_DISTINCT,
  AGGREGATE_APPROX_PERCENTILE,
  AGGREGATE_AVG,
  AGGREGATE_COUNT,
  AGGREGATE_COUNT_AUTO,
  AGGREGATE_FIRST_VALUE,
  AGGREGATE_HLL_SKETCH,
  AGGREGATE_HLL_UNION,
  AGGREGATE_LAST_VALUE,
  AGGREGATE_LISTAGG,
  AGGREGATE_MAX,
  AGGREGATE_MIN,
  AGGREGATE_SUM,
  AGGREGATE_VAR_SAMP,
  TYPE_BIGINT,
  TYPE_DECIMAL,
  TYPE_DOUBLE,
  TYPE_FLOAT,
  TYPE_STRING,
  TYPE_TINYINT,
} from "../shared/abi";

/** i64 count. */
export const STATE_COUNT: u32 = 1;
/** i128 sum; i192 sum; f64 sum and its compensation. AVG adds an i64 count behind. */
export const STATE_SUM_INT: u32 = 2;
export const STATE_SUM_DEC: u32 = 3;
export const STATE_SUM_F64: u32 = 4;
export const STATE_AVG_INT: u32 = 5;
export const STATE_AVG_DEC: u32 = 6;
export const STATE_AVG_F64: u32 = 7;
/** i64 (every type kept as i64 or bool); f64 as an i64 of the same order; i128; { u32 length, u32 capacity, u32 address, u32 first bytes }. */
export const STATE_MIN_INT: u32 = 8;
export const STATE_MAX_INT: u32 = 9;
export const STATE_MIN_F64: u32 = 10;
export const STATE_MAX_F64: u32 = 11;
export const STATE_MIN_DEC: u32 = 12;
export const STATE_MAX_DEC: u32 = 13;
export const STATE_MIN_STR: u32 = 14;
export const STATE_MAX_STR: u32 = 15;
/** i64 n, i128 sum, i192 sum of squares; i64 n, i192 sum, i320 sum of squares; i64 n, f64 mean, f64 sum of squared deviations. */
export const STATE_VAR_INT: u32 = 16;
export const STATE_VAR_DEC: u32 = 17;
export const STATE_VAR_F64: u32 = 18;
/** { u32 reference, u32 meta }, see sketch/hll.ts. */
export const STATE_HLL: u32 = 19;

/** Values and how often each is there, see changes/bag.ts: for what cannot be taken back from a sum of its own. */
export const STATE_BAG: u32 = 20;

/** A value with its place, see ends.ts; strings with theirs, see list.ts. */
export const STATE_FIRST: u32 = 21;
export const STATE_LAST: u32 = 22;
export const STATE_LIST: u32 = 23;
/** See percentile.ts. */
export const STATE_HISTOGRAM: u32 = 24;
/** A distinct set that turns into a sketch (auto.ts). */
export const STATE_AUTO: u32 = 25;

/** STATE_* of a call over rows that may be taken back, 0 when there is none. */
export function retractableState(fn: u32, type: u32, distinct: bool): u32 {
  if (distinct && distinctMatters(fn)) return fn === AGGREGATE_COUNT ? STATE_BAG : 0;
  const state: u32 = stateOf(fn, type);
  switch (state) {
    case STATE_COUNT:
    case STATE_AVG_INT:
    case STATE_AVG_DEC:
    case STATE_VAR_INT:
    case STATE_VAR_DEC:
      return state;
    case STATE_SUM_INT:
      return STATE_AVG_INT;
    case STATE_SUM_DEC:
      return STATE_AVG_DEC;
    case STATE_SUM_F64:
    case STATE_AVG_F64:
      return STATE_BAG;
    default:
      return state >= STATE_MIN_INT && state <= STATE_MAX_STR ? STATE_BAG : 0;
  }
}

/** STATE_* of a call, 0 when there is none for the type. */
export function stateOf(fn: u32, type: u32): u32 {
  if (fn === AGGREGATE_COUNT) return STATE_COUNT;
  if (fn === AGGREGATE_APPROX_COUNT_DISTINCT || fn === AGGREGATE_HLL_SKETCH) return STATE_HLL;
  if (fn === AGGREGATE_HLL_UNION) return type === TYPE_STRING ? STATE_HLL : 0;
  if (fn === AGGREGATE_MIN || fn === AGGREGATE_MAX) return extremeOf(fn, type);
  if (fn === AGGREGATE_COUNT_AUTO) return STATE_AUTO;
  if (fn === AGGREGATE_FIRST_VALUE) return STATE_FIRST;
  if (fn === AGGREGATE_LAST_VALUE) return STATE_LAST;
  if (fn === AGGREGATE_LISTAGG) return type === TYPE_STRING ? STATE_LIST : 0;
  if (fn === AGGREGATE_APPROX_PERCENTILE) return type === TYPE_DOUBLE ? STATE_HISTOGRAM : 0;
  const integer: bool = type >= <u32>TYPE_TINYINT && type <= <u32>TYPE_BIGINT;
  const double: bool = type === TYPE_FLOAT || type === TYPE_DOUBLE;
  if (!integer && !double && type !== TYPE_DECIMAL) return 0;
  const column: u32 = integer ? 0 : type === TYPE_DECIMAL ? 1 : 2;
  if (fn === AGGREGATE_SUM) return STATE_SUM_INT + column;
  if (fn === AGGREGATE_AVG) return STATE_AVG_INT + column;
  return fn <= <u32>AGGREGATE_VAR_SAMP ? STATE_VAR_INT + column : 0;
}

function extremeOf(fn: u32, type: u32): u32 {
  const greatest: u32 = u32(fn === AGGREGATE_MAX);
  if (type === TYPE_FLOAT || type === TYPE_DOUBLE) return STATE_MIN_F64 + greatest;
  if (type === TYPE_DECIMAL) return STATE_MIN_DEC + greatest;
  return (type === TYPE_STRING ? STATE_MIN_STR : STATE_MIN_INT) + greatest;
}

export function stateBytes(state: u32): u32 {
  switch (state) {
    case STATE_SUM_INT:
    case STATE_SUM_F64:
    case STATE_MIN_DEC:
    case STATE_MAX_DEC:
    case STATE_MIN_STR:
    case STATE_MAX_STR:
    case STATE_HISTOGRAM:
      return 16;
    case STATE_SUM_DEC:
    case STATE_AVG_INT:
    case STATE_AVG_F64:
    case STATE_VAR_F64:
    case STATE_LIST:
      return 24;
    case STATE_AVG_DEC:
      return 32;
    case STATE_FIRST:
    case STATE_LAST:
      return 40;
    case STATE_VAR_INT:
    case STATE_BAG:
      return 48;
    case STATE_VAR_DEC:
      return 72;
    default:
      return 8;
  }
}

/** The widths in 64-bit words of the whole numbers a state is made of, a hexadecimal digit each, the first in the lowest. */
export function stateWords(state: u32): u32 {
  switch (state) {
    case STATE_AVG_INT:
      return 0x12;
    case STATE_AVG_DEC:
      return 0x13;
    case STATE_VAR_INT:
      return 0x321;
    case STATE_VAR_DEC:
      return 0x531;
    default:
      return 0x1;
  }
}

/** States that hold no count of their own need a bit that says whether any value came. */
export function needsPresence(state: u32): bool {
  return (state >= STATE_SUM_INT && state <= STATE_SUM_F64) || (state >= STATE_MIN_INT && state <= STATE_MAX_STR);
}

/** Whether the state goes by the places of rows (order.ts). */
export function isOrdered(state: u32): bool {
  return state >= STATE_FIRST && state <= STATE_LIST;
}

/** What MIN, MAX, FIRST_VALUE and LAST_VALUE give of distinct values they give of all; a sketch and a list see to it. */
export function distinctMatters(fn: u32): bool {
  return (
    fn !== AGGREGATE_MIN &&
    fn !== AGGREGATE_MAX &&
    fn !== AGGREGATE_APPROX_COUNT_DISTINCT &&
    fn !== AGGREGATE_HLL_SKETCH &&
    fn !== AGGREGATE_HLL_UNION &&
    fn !== AGGREGATE_FIRST_VALUE &&
    fn !== AGGREGATE_LAST_VALUE &&
    fn !== AGGREGATE_LISTAGG
  );
}
