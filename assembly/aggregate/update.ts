// Adds a vector's lanes to their groups, one aggregate after the other. Lanes whose argument is NULL or whose FILTER is not
// TRUE are pointed at the sink row, so that the loops over lanes need no branch; a column without NULLs costs no such pass.

import { physicalOf, validityOf, valuesOf } from "../memory/registers";
import { COUPONS, ELEMENT_ROWS, MASKED_ROWS, ROWS, RUN_FIRST, RUN_SLICE, WIDE } from "../memory/vectors";
import {
  AGG_ARGUMENT,
  AGG_BIT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FILTER,
  AGG_FUNCTION,
  AGG_FUSED,
  AGG_GREATEST,
  AGG_LEAST,
  AGG_LGK,
  AGG_PRESENT,
  AGG_SET,
  AGG_SHARED,
  AGG_SLOT,
  AGG_STATE,
  AGG_TYPE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_ORDER,
  QUERY_SINK_ROW,
} from "../program/query";
import { allOnes } from "../select";
import { AGGREGATE_HLL_UNION } from "../shared/abi";
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_STR } from "../shared/layout";
import { canonicalDoubles, couponsOfDecimals, couponsOfLongs, couponsOfStrings } from "../sketch/coupon";
import { addCoupons } from "../sketch/hll";
import { uniteImage } from "../sketch/read-image";
import { splitTurned, turnFull } from "./auto";
import { addDistinctBytes, addDistinctLongs } from "./distinct";
import { addEnds } from "./ends";
import { extremeDecimals, extremeStrings, greatestDoubles, greatestLongs, leastDoubles, leastLongs } from "./extreme";
import { addToLists } from "./list";
import { addDecimalMoments, addDoubleMoments, addIntegerMoments } from "./moments";
import { ORDER_ARRIVAL, placeArrivals } from "./order";
import { addToHistograms } from "./percentile";
import { addShared, isLed } from "./shared-distinct";
import * as state from "./state";
import {
  addCounts,
  addDecimals,
  addDoubles,
  addLongs,
  addRangeOfDoubles,
  addRangeOfLongs,
  countAndMark,
  markPresent,
} from "./sum";

/** Lanes [0, lanes) belong to the rows in ROWS; runs tell which lanes belong to which slice. */
export function updateAggregates(query: usize, lanes: u32, runs: u32): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  presentWord = 0;
  presentBits = 0;
  countSlot = 0;
  if (load<u32>(query, QUERY_ORDER) === ORDER_ARRIVAL) placeArrivals(lanes);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    if (load<u32>(aggregate, AGG_FUSED) !== 0 || load<u32>(aggregate, AGG_STATE) === state.STATE_BAG) continue;
    if (load<u32>(aggregate, AGG_SHARED) !== 0) {
      if (!isLed(aggregate)) addSharedCounts(query, aggregate, lanes);
      continue;
    }
    const rows: usize = countingRows(query, aggregate, lanes, runs);
    notePresence(aggregate, rows, lanes);
    if (load<u32>(aggregate, AGG_STATE) === state.STATE_COUNT && rows === ROWS && countSlot === 0) {
      countSlot = load<u32>(aggregate, AGG_SLOT);
    } else {
      update(aggregate, rows, lanes, load<u32>(query, QUERY_SINK_ROW));
    }
  }
  if (countSlot !== 0 && presentBits !== 0) {
    countAndMark(ROWS, countSlot, presentWord, presentBits, lanes);
  } else {
    if (countSlot !== 0) addCounts(ROWS, countSlot, lanes);
    if (presentBits !== 0) markPresent(ROWS, presentWord, presentBits, lanes);
  }
}

/** For all distinct counts of one argument. */
function addSharedCounts(query: usize, leader: usize, lanes: u32): void {
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  const register: u32 = load<u32>(leader, AGG_ARGUMENT) - 1;
  const rows: usize = maskRows(ROWS, validityOf(register), sink, lanes);
  addShared(query, leader, rows, distinctValues(register, lanes), lanes, sink);
}

/** What is left to do for all lanes once every aggregate has been seen: presence bits, and one count with them. */
let presentWord: u32 = 0;
let presentBits: u32 = 0;
let countSlot: u32 = 0;

function notePresence(aggregate: usize, rows: usize, lanes: u32): void {
  const bits: u32 = load<u32>(aggregate, AGG_BIT);
  const word: u32 = load<u32>(aggregate, AGG_PRESENT);
  if (bits === 0) return;
  if (rows !== ROWS) {
    markPresent(rows, word, bits, lanes);
    return;
  }
  if (word !== presentWord && presentBits !== 0) {
    markPresent(ROWS, presentWord, presentBits, lanes);
    presentBits = 0;
  }
  presentWord = word;
  presentBits |= bits;
}

/** ROWS when every lane counts, else MASKED_ROWS with the others at the sink. */
function countingRows(query: usize, aggregate: usize, lanes: u32, runs: u32): usize {
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
  const filter: u32 = load<u32>(aggregate, AGG_FILTER);
  let rows: usize = ROWS;
  if (argument !== 0) rows = maskRows(rows, validityOf(argument - 1), sink, lanes);
  if (filter !== 0) {
    rows = maskRows(rows, validityOf(filter - 1), sink, lanes);
    rows = maskRows(rows, valuesOf(filter - 1), sink, lanes);
  }
  const set: u32 = load<u32>(aggregate, AGG_SET);
  if (set === 0 || argument === 0) return rows;
  if (load<u32>(aggregate, AGG_STATE) === state.STATE_AUTO) {
    if (splitTurned(aggregate, rows, lanes, sink)) addToSketches(aggregate, ELEMENT_ROWS, argument - 1, lanes, sink);
    rows = MASKED_ROWS;
  }
  addDistinct(argument - 1, rows, set, lanes, runs, sink);
  return MASKED_ROWS;
}

function maskRows(rows: usize, lanesOn: usize, sink: u32, lanes: u32): usize {
  if (allOnes(lanesOn, lanes)) return rows;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    store<u32>(MASKED_ROWS + (i << 2), select<u32>(row, sink, load<u8>(lanesOn + i) === 1));
  }
  return MASKED_ROWS;
}

/** MASKED_ROWS becomes the rows to which a lane's value is new. */
function addDistinct(register: u32, rows: usize, set: u32, lanes: u32, runs: u32, sink: u32): void {
  const physical: u32 = physicalOf(register);
  if (physical !== PHYS_STR && physical !== PHYS_DEC) {
    return addDistinctLongs(rows, distinctValues(register, lanes), set, lanes, sink);
  }
  const values: usize = physical === PHYS_STR ? valuesOf(register) : pointAtDecimals(valuesOf(register), lanes);
  for (let run: u32 = 0; run < runs; run++) {
    const range: u64 = load<u64>(RUN_FIRST + (run << 2));
    addDistinctBytes(rows, values, set, range, <u64>load<u32>(RUN_SLICE + (run << 2)) | ((<u64>sink) << 32));
  }
}

/** 8-byte values whose bits are equal exactly when the values are not distinct. */
function distinctValues(register: u32, lanes: u32): usize {
  const physical: u32 = physicalOf(register);
  if (physical === PHYS_BOOL) return widen(valuesOf(register), lanes);
  if (physical !== PHYS_F64) return valuesOf(register);
  const values: usize = valuesOf(register);
  for (let i: u32 = 0; i < lanes; i++) {
    const value: f64 = load<f64>(values + (i << 3));
    store<f64>(WIDE + (i << 3), abs<f64>(value) <= Infinity ? value : NaN);
  }
  return WIDE;
}

/** Bytes to WIDE. */
export function widen(values: usize, lanes: u32): usize {
  for (let i: u32 = 0; i < lanes; i++) store<u64>(WIDE + (i << 3), <u64>load<u8>(values + i));
  return WIDE;
}

/** { address, length } of each decimal's own 16 bytes. */
function pointAtDecimals(values: usize, lanes: u32): usize {
  for (let i: u32 = 0; i < lanes; i++) {
    store<u32>(WIDE + (i << 3), <u32>values + (i << 4));
    store<u32>(WIDE + (i << 3), 16, 4);
  }
  return WIDE;
}

function update(aggregate: usize, rows: usize, lanes: u32, sink: u32): void {
  const kind: u32 = load<u32>(aggregate, AGG_STATE);
  if (kind === state.STATE_COUNT) return addCounts(rows, load<u32>(aggregate, AGG_SLOT), lanes);
  if (kind === state.STATE_AUTO) return turnFull(aggregate, rows, lanes, sink);
  const register: u32 = load<u32>(aggregate, AGG_ARGUMENT) - 1;
  const values: usize =
    physicalOf(register) === PHYS_BOOL && kind !== state.STATE_HLL
      ? widen(valuesOf(register), lanes)
      : valuesOf(register);
  if (kind === state.STATE_HLL && load<u32>(aggregate, AGG_FUNCTION) === AGGREGATE_HLL_UNION) {
    uniteSketches(aggregate, rows, values, lanes, sink);
  } else if (kind === state.STATE_HLL) addToSketches(aggregate, rows, register, lanes, sink);
  else if (kind >= state.STATE_FIRST) addKept(aggregate, rows, values, lanes, sink);
  else if (kind >= state.STATE_MIN_INT && kind <= state.STATE_MAX_STR) {
    updateExtreme(kind, rows, values, load<u32>(aggregate, AGG_SLOT), lanes, sink);
  } else addValues(aggregate, rows, values, lanes);
}

/** States that keep values, with their places or in buckets. */
function addKept(aggregate: usize, rows: usize, values: usize, lanes: u32, sink: u32): void {
  const kind: u32 = load<u32>(aggregate, AGG_STATE);
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  if (kind === state.STATE_HISTOGRAM) addToHistograms(rows, values, slot, lanes, sink);
  else if (kind === state.STATE_LIST) {
    addToLists(rows, values, slot, lanes, sink, load<u32>(aggregate, AGG_DISTINCT) !== 0);
  } else {
    const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
    addEnds(rows, values, slot, lanes, type, sink, kind === state.STATE_LAST);
  }
}

/** COUNT, SUM, AVG, VAR, STDDEV and percentiles of values as they stand in a register. */
export function addValues(aggregate: usize, rows: usize, values: usize, lanes: u32): void {
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const kind: u32 = load<u32>(aggregate, AGG_STATE);
  if (kind === state.STATE_COUNT) addCounts(rows, slot, lanes);
  else if (kind <= state.STATE_AVG_F64) updateSum(aggregate, rows, values, slot, lanes);
  else if (kind === state.STATE_VAR_INT) addIntegerMoments(rows, values, slot, lanes);
  else if (kind === state.STATE_VAR_DEC) addDecimalMoments(rows, values, slot, lanes);
  else if (kind === state.STATE_HISTOGRAM) addToHistograms(rows, values, slot, lanes, 0);
  else addDoubleMoments(rows, values, slot, lanes);
}

function updateSum(aggregate: usize, rows: usize, values: usize, slot: u32, lanes: u32): void {
  const least: u32 = load<u32>(aggregate, AGG_LEAST);
  const greatest: u32 = load<u32>(aggregate, AGG_GREATEST);
  switch (load<u32>(aggregate, AGG_STATE)) {
    case state.STATE_SUM_INT:
      if (least !== 0) addRangeOfLongs(rows, values, slot, lanes, least, greatest);
      else addLongs(rows, values, slot, lanes);
      break;
    case state.STATE_SUM_DEC:
      addDecimals(rows, values, slot, lanes);
      break;
    case state.STATE_SUM_F64:
      if (least !== 0) addRangeOfDoubles(rows, values, slot, lanes, least, greatest);
      else addDoubles(rows, values, slot, lanes);
      break;
    case state.STATE_AVG_INT:
      addLongs(rows, values, slot, lanes);
      addCounts(rows, slot + 16, lanes);
      break;
    case state.STATE_AVG_DEC:
      addDecimals(rows, values, slot, lanes);
      addCounts(rows, slot + 24, lanes);
      break;
    default:
      addDoubles(rows, values, slot, lanes);
      addCounts(rows, slot + 16, lanes);
      break;
  }
}

function updateExtreme(kind: u32, rows: usize, values: usize, slot: u32, lanes: u32, sink: u32): void {
  switch (kind) {
    case state.STATE_MIN_INT:
      leastLongs(rows, values, slot, lanes);
      break;
    case state.STATE_MAX_INT:
      greatestLongs(rows, values, slot, lanes);
      break;
    case state.STATE_MIN_F64:
      leastDoubles(rows, values, slot, lanes);
      break;
    case state.STATE_MAX_F64:
      greatestDoubles(rows, values, slot, lanes);
      break;
    case state.STATE_MIN_DEC:
    case state.STATE_MAX_DEC:
      extremeDecimals(rows, values, slot, lanes, kind === state.STATE_MAX_DEC);
      break;
    default:
      extremeStrings(rows, values, slot, lanes, sink | u32(kind === state.STATE_MAX_STR));
      break;
  }
}

function uniteSketches(aggregate: usize, rows: usize, images: usize, lanes: u32, sink: u32): void {
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row !== sink) uniteImage(<usize>row + slot, load<u32>(aggregate, AGG_LGK), load<u32>(images + (i << 3)));
  }
}

function addToSketches(aggregate: usize, rows: usize, register: u32, lanes: u32, sink: u32): void {
  const values: usize = valuesOf(register);
  const physical: u32 = physicalOf(register);
  if (physical === PHYS_STR) couponsOfStrings(values, validityOf(register), COUPONS, lanes);
  else if (physical === PHYS_DEC) couponsOfDecimals(values, COUPONS, lanes);
  else couponsOfLongs(hashedValues(physical, values, lanes), COUPONS, lanes);
  addCoupons(
    rows,
    COUPONS,
    load<u32>(aggregate, AGG_SLOT),
    lanes,
    <u64>load<u32>(aggregate, AGG_LGK) | ((<u64>sink) << 32),
  );
}

/** 8 bytes a lane that stand for the value. */
function hashedValues(physical: u32, values: usize, lanes: u32): usize {
  if (physical === PHYS_BOOL) return widen(values, lanes);
  if (physical !== PHYS_F64) return values;
  canonicalDoubles(values, WIDE, lanes);
  return WIDE;
}
