// State slots to result registers when a window closes. Empty input gives NULL, and 0 for counts. A result that its type
// cannot hold is NULL for decimals (Flink's rule) and a poisoned lane for integers, which emission turns into an error.

import { finishBag } from "../changes/finish-bag";
import { validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ROWS } from "../memory/vectors";
import {
  AGG_BIT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FUNCTION,
  AGG_LGK,
  AGG_PRESENT,
  AGG_RESULT,
  AGG_RESULT_TYPE,
  AGG_SLOT,
  AGG_STATE,
  AGG_TYPE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
} from "../program/query";
import { narrowWidth } from "../program/type-width";
import { AGGREGATE_APPROX_COUNT_DISTINCT, AGGREGATE_SUM, TYPE_BOOLEAN, TYPE_FLOAT } from "../shared/abi";
import { ERR_OVERFLOW, LANE_NULL, LANE_VALID } from "../shared/status";
import { estimateSketch } from "../sketch/estimate";
import { imageBytes, writeImage } from "../sketch/image";
import { countAuto } from "./auto";
import { readEnd } from "./ends";
import { fromOrdered, readKept } from "./extreme";
import { averageDecimal, averageInteger, finishDecimalSum } from "./finish-exact";
import { doubleVariance, doubleVarianceExists, exactVariance } from "./finish-variance";
import { joinList } from "./list";
import { percentileOf } from "./percentile";
import * as state from "./state";

/** Fills the result registers of every aggregate for the rows in ROWS[0, lanes). */
export function finishAggregates(query: usize, lanes: u32): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    fillPresence(aggregate, lanes);
    finishColumn(aggregate, lanes);
  }
}

/** Validity of the result as far as presence bits tell; the finishers below may still change a lane. */
function fillPresence(aggregate: usize, lanes: u32): void {
  const validity: usize = validityOf(load<u32>(aggregate, AGG_RESULT));
  const bit: u32 = load<u32>(aggregate, AGG_BIT);
  if (bit === 0) {
    memory.fill(validity, <u8>LANE_VALID, lanes);
    return;
  }
  const word: u32 = load<u32>(aggregate, AGG_PRESENT);
  for (let i: u32 = 0; i < lanes; i++) {
    store<u8>(validity + i, u8((load<u32>(<usize>load<u32>(ROWS + (i << 2)) + word) & bit) !== 0));
  }
}

function finishColumn(aggregate: usize, lanes: u32): void {
  const register: u32 = load<u32>(aggregate, AGG_RESULT);
  const kind: u32 = load<u32>(aggregate, AGG_STATE);
  for (let i: u32 = 0; i < lanes; i++) {
    const slot: usize = <usize>load<u32>(ROWS + (i << 2)) + load<u32>(aggregate, AGG_SLOT);
    const validity: usize = validityOf(register) + i;
    if (load<u8>(validity) === LANE_NULL) clearLane(aggregate, valuesOf(register), i);
    else if (kind <= state.STATE_AVG_F64) store<u8>(validity, <u8>finishSum(aggregate, kind, slot, i));
    else if (kind <= state.STATE_MAX_STR) finishExtreme(aggregate, kind, slot, i);
    else if (kind === state.STATE_BAG) store<u8>(validity, <u8>finishBag(aggregate, slot, i));
    else if (kind === state.STATE_HLL) finishSketch(aggregate, slot, valuesOf(register) + (i << 3));
    else if (kind === state.STATE_AUTO) store<i64>(valuesOf(register) + (i << 3), countAuto(aggregate, slot));
    else if (kind >= state.STATE_FIRST) store<u8>(validity, <u8>finishKept(aggregate, kind, slot, i));
    else store<u8>(validity, <u8>finishVariance(aggregate, kind, slot, i));
  }
}

function clearLane(aggregate: usize, values: usize, lane: u32): void {
  const type: u32 = load<u32>(aggregate, AGG_RESULT_TYPE) & 0xff;
  if (type === TYPE_BOOLEAN) store<u8>(values + lane, 0);
  else if (narrowWidth(type) === 16) v128.store(values + (lane << 4), i64x2.splat(0));
  else store<u64>(values + (lane << 3), 0);
}

/** Returns the lane's validity. */
function finishSum(aggregate: usize, kind: u32, slot: usize, lane: u32): i32 {
  const values: usize = valuesOf(load<u32>(aggregate, AGG_RESULT));
  const to: usize = values + (lane << 3);
  switch (kind) {
    case state.STATE_COUNT:
      store<i64>(to, load<i64>(slot));
      return LANE_VALID;
    case state.STATE_SUM_INT:
      store<i64>(to, load<i64>(slot));
      return fitsInteger(load<i64>(slot), load<i64>(slot, 8), load<u32>(aggregate, AGG_RESULT_TYPE))
        ? LANE_VALID
        : ERR_OVERFLOW;
    case state.STATE_SUM_DEC:
      return finishDecimalSum(slot, values + (lane << 4), load<u32>(aggregate, AGG_RESULT_TYPE));
    case state.STATE_SUM_F64:
      store<f64>(to, rounded(aggregate, doubleSum(slot)));
      return LANE_VALID;
    case state.STATE_AVG_INT:
      return load<u32>(aggregate, AGG_FUNCTION) === AGGREGATE_SUM
        ? finishNetSum(aggregate, slot, to)
        : averageInteger(slot, to);
    case state.STATE_AVG_DEC:
      if (load<u32>(aggregate, AGG_FUNCTION) === AGGREGATE_SUM) {
        if (load<i64>(slot, 24) === 0) return clearedNull(values + (lane << 4));
        return finishDecimalSum(slot, values + (lane << 4), load<u32>(aggregate, AGG_RESULT_TYPE));
      }
      return averageDecimal(
        slot,
        values + (lane << 4),
        load<u32>(aggregate, AGG_TYPE),
        load<u32>(aggregate, AGG_RESULT_TYPE),
      );
    default:
      if (load<i64>(slot, 16) === 0) return LANE_NULL;
      store<f64>(to, rounded(aggregate, doubleSum(slot) / <f64>load<i64>(slot, 16)));
      return LANE_VALID;
  }
}

/** A sum that rows have been taken back from: its count says whether there are any. */
function finishNetSum(aggregate: usize, slot: usize, to: usize): i32 {
  store<i64>(to, load<i64>(slot));
  if (load<i64>(slot, 16) === 0) return LANE_NULL;
  const fits: bool = fitsInteger(load<i64>(slot), load<i64>(slot, 8), load<u32>(aggregate, AGG_RESULT_TYPE));
  return fits ? LANE_VALID : ERR_OVERFLOW;
}

function clearedNull(at: usize): i32 {
  v128.store(at, i64x2.splat(0));
  return LANE_NULL;
}

/** Whether an i128 fits in the integer type. */
function fitsInteger(low: i64, high: i64, type: u32): bool {
  const width: u32 = narrowWidth(type) << 3;
  if (high !== low >> 63) return false;
  return width === 64 || low >> (width - 1) === low >> 63;
}

/** The sum with its compensation; infinities and NaN as plain addition gives them. */
function doubleSum(slot: usize): f64 {
  const sum: f64 = load<f64>(slot);
  return sum - sum === 0.0 ? sum + load<f64>(slot, 8) : sum;
}

/** FLOAT results are rounded to f32. */
function rounded(aggregate: usize, value: f64): f64 {
  return (load<u32>(aggregate, AGG_RESULT_TYPE) & 0xff) === TYPE_FLOAT ? <f64>(<f32>value) : value;
}

function finishExtreme(aggregate: usize, kind: u32, slot: usize, lane: u32): void {
  const values: usize = valuesOf(load<u32>(aggregate, AGG_RESULT));
  if (kind >= state.STATE_MIN_STR) readKept(slot, values + (lane << 3));
  else if (kind >= state.STATE_MIN_DEC) v128.store(values + (lane << 4), v128.load(slot));
  else if (kind >= state.STATE_MIN_F64) store<f64>(values + (lane << 3), fromOrdered(load<i64>(slot)));
  else if ((load<u32>(aggregate, AGG_TYPE) & 0xff) === TYPE_BOOLEAN) store<u8>(values + lane, load<u8>(slot));
  else store<i64>(values + (lane << 3), load<i64>(slot));
}

/** States that keep values, with their places or in buckets. Returns the lane's validity. */
function finishKept(aggregate: usize, kind: u32, slot: usize, lane: u32): i32 {
  const values: usize = valuesOf(load<u32>(aggregate, AGG_RESULT));
  const parameter: u32 = load<u32>(aggregate, AGG_LGK);
  let there: bool = false;
  if (kind === state.STATE_HISTOGRAM) {
    const value: f64 = percentileOf(slot, parameter);
    there = value === value;
    store<f64>(values + (lane << 3), value);
  } else if (kind === state.STATE_LIST) {
    const distinct: bool = load<u32>(aggregate, AGG_DISTINCT) !== 0;
    there = joinList(slot, valuesOf(parameter), distinct, values + (lane << 3));
  } else there = readEnd(slot, load<u32>(aggregate, AGG_TYPE) & 0xff, values, lane);
  if (!there) clearLane(aggregate, values, lane);
  return there ? LANE_VALID : LANE_NULL;
}

function finishSketch(aggregate: usize, slot: usize, to: usize): void {
  const lgK: u32 = load<u32>(aggregate, AGG_LGK);
  if (load<u32>(aggregate, AGG_FUNCTION) === AGGREGATE_APPROX_COUNT_DISTINCT) {
    store<i64>(to, estimateSketch(slot, lgK));
    return;
  }
  const bytes: u32 = imageBytes(slot, lgK);
  const image: usize = scratchAllocate(bytes);
  writeImage(slot, lgK, image);
  store<u32>(to, <u32>image);
  store<u32>(to, bytes, 4);
}

function finishVariance(aggregate: usize, kind: u32, slot: usize, lane: u32): i32 {
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const values: usize = valuesOf(load<u32>(aggregate, AGG_RESULT));
  if (kind !== state.STATE_VAR_F64) return exactVariance(aggregate, slot, values, lane);
  const result: f64 = doubleVariance(fn, slot);
  store<f64>(values + (lane << 3), rounded(aggregate, result));
  return doubleVarianceExists(fn, load<i64>(slot)) ? LANE_VALID : LANE_NULL;
}
