// One watermark in, result columns out: closed windows leave in order of their end and, within one, of their key bytes. Lanes
// are filled from as many tumbling windows as fit a vector: state -> registers -> compute -> having -> output columns. A
// window's state is freed once its last row has left.
import { finishAggregates } from "./aggregate/finish";
import { runExpressions } from "./expression/run";
import { release } from "./memory/heap";
import { unalias, validityOf, valuesOf } from "./memory/registers";
import { resetScratch } from "./memory/scratch";
import { ENDS, ROWS, SELECTED, STARTS } from "./memory/vectors";
import { OUTPUT_BYTES, writeOutputs } from "./output";
import {
  QUERY_ADVANCED,
  QUERY_BATCH,
  QUERY_COUNTERS,
  QUERY_DROPPED,
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_EMITTED,
  QUERY_END_REGISTER,
  QUERY_HAVING,
  QUERY_INDEX,
  QUERY_KIND,
  QUERY_OPENED,
  QUERY_OPENED_START,
  QUERY_OUTPUT_COUNT,
  QUERY_OUTPUTS,
  QUERY_ROW_BYTES,
  QUERY_SHAPE,
  QUERY_SORTED,
  QUERY_SORTED_NEXT,
  QUERY_START_REGISTER,
  QUERY_TIME_REGISTER,
  QUERY_UNITS,
} from "./program/query";
import { allOnes, findPoison, gather } from "./select";
import {
  CONTROL,
  CONTROL_ERROR,
  CONTROL_ITEM,
  CONTROL_QUERY,
  CONTROL_WINDOW,
  COUNT_EMITTED,
  COUNT_WINDOWS,
  OUTPUT_ROWS,
  QUERY_WINDOW,
  STATUS_RESULT,
  WINDOW_TUMBLING,
} from "./shared/abi";
import { VECTOR_ROWS } from "./shared/layout";
import { LANE_VALID } from "./shared/status";
import { decodeKeys } from "./table/key-decode";
import { sortedCount, sortedRow, sortSlice } from "./table/sort";
import { leaveWindow, openWindow, openWindows, releaseLeft } from "./window/closing";
import { addTo } from "./window/slices";

/** window_start, window_end and window_time are in microseconds: TIMESTAMP(3). */
const MICROSECONDS: i64 = 1000;
const HAVING_ITEM: i32 = -1;

/** Moves the query's watermark, in ms; an earlier one than before changes nothing. */
export function closeWindows(query: usize, watermark: i64): void {
  if (load<u32>(query, QUERY_KIND) !== QUERY_WINDOW || load<u32>(query, QUERY_DROPPED) !== 0) return;
  if (watermark <= load<i64>(query, QUERY_ADVANCED)) return;
  store<i64>(query, watermark, QUERY_ADVANCED);
}

/** Brings COUNT_WINDOWS up to date. */
export function countWindows(query: usize): void {
  if (load<u32>(query, QUERY_KIND) !== QUERY_WINDOW) return;
  store<i64>(query + QUERY_COUNTERS, openWindows(query), COUNT_WINDOWS);
}

/** Rows of the next batch, 0 at the end, -STATUS_RESULT. */
export function emitVector(query: usize): i32 {
  if (load<u32>(query, QUERY_DROPPED) !== 0 || load<u32>(query, QUERY_KIND) !== QUERY_WINDOW) return 0;
  while (true) {
    resetScratch();
    const lanes: u32 = fillLanes(query);
    if (lanes === 0) break;
    const rows: i32 = emitLanes(query, lanes);
    if (rows < 0) return rows;
    releaseLeft(query);
    if (rows > 0) {
      addTo(query, COUNT_EMITTED, rows);
      return rows;
    }
  }
  store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
  return 0;
}

/** Fills ROWS, STARTS and ENDS from the closed windows. Making a merged window takes the vectors, so each begins a batch. */
function fillLanes(query: usize): u32 {
  const tumbling: bool = load<u32>(query, QUERY_SHAPE) === WINDOW_TUMBLING;
  let lanes: u32 = 0;
  while (lanes < <u32>VECTOR_ROWS) {
    if (load<u32>(query, QUERY_OPENED) === 0) {
      if ((lanes !== 0 && !tumbling) || !openWindow(query)) break;
      store<u32>(
        query,
        <u32>sortSlice(load<u32>(query, QUERY_OPENED), load<u32>(query, QUERY_ROW_BYTES)),
        QUERY_SORTED,
      );
      store<u32>(query, 0, QUERY_SORTED_NEXT);
    }
    const sorted: usize = load<u32>(query, QUERY_SORTED);
    const next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
    const take: u32 = min<u32>(sortedCount(sorted) - next, VECTOR_ROWS - lanes);
    for (let i: u32 = 0; i < take; i++) {
      store<u32>(ROWS + ((lanes + i) << 2), sortedRow(sorted, next + i));
      store<i64>(STARTS + ((lanes + i) << 3), load<i64>(query, QUERY_OPENED_START));
      store<i64>(ENDS + ((lanes + i) << 3), load<i64>(query, QUERY_EMITTED));
    }
    lanes += take;
    store<u32>(query, next + take, QUERY_SORTED_NEXT);
    if (next + take < sortedCount(sorted)) break;
    release(sorted);
    store<u32>(query, 0, QUERY_SORTED);
    leaveWindow(query);
  }
  return lanes;
}

/** Lanes to output columns. Returns the rows that pass HAVING. */
function emitLanes(query: usize, lanes: u32): i32 {
  fillWindow(query, lanes);
  decodeKeys(query, lanes);
  finishAggregates(query, lanes);
  runExpressions(load<u32>(query, QUERY_EMIT), load<u32>(query, QUERY_EMIT_COUNT), lanes);
  const rows: i32 = passHaving(query, lanes);
  if (rows <= 0) return rows;
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    const poisoned: u32 = findPoison(validityOf(register), 0, rows);
    if (poisoned < <u32>rows) return refuse(query, register, i, poisoned);
  }
  writeOutputs(query, rows);
  return rows;
}

/** Leaves only lanes where HAVING is TRUE, compacting the outputs. */
function passHaving(query: usize, lanes: u32): i32 {
  const having: u32 = load<u32>(query, QUERY_HAVING);
  if (having === 0) return lanes;
  const validity: usize = validityOf(having - 1);
  const values: usize = valuesOf(having - 1);
  const poisoned: u32 = findPoison(validity, 0, lanes);
  if (poisoned < lanes) return refuse(query, having - 1, HAVING_ITEM, poisoned);
  if (allOnes(validity, lanes) && allOnes(values, lanes)) return lanes;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    store<u32>(SELECTED + (kept << 2), i);
    kept += u32((load<u8>(validity + i) & load<u8>(values + i)) === LANE_VALID);
  }
  for (let i: u32 = 0; i < kept; i++) {
    store<i64>(STARTS + (i << 3), load<i64>(STARTS + (load<u32>(SELECTED + (i << 2)) << 3)));
  }
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    if (!gatheredBefore(outputs, i, register)) gather(register, register, kept);
  }
  return kept;
}

/** A register may stand in several output columns: it is compacted once. */
function gatheredBefore(outputs: usize, index: u32, register: u32): bool {
  for (let i: u32 = 0; i < index; i++) {
    if (valuesOf(load<u32>(outputs + i * OUTPUT_BYTES)) === valuesOf(register)) return true;
  }
  return false;
}

function refuse(query: usize, register: u32, item: i32, lane: u32): i32 {
  store<u32>(CONTROL, load<u32>(query, QUERY_INDEX), CONTROL_QUERY);
  store<i32>(CONTROL, item, CONTROL_ITEM);
  store<u32>(CONTROL, load<u8>(validityOf(register) + lane), CONTROL_ERROR);
  store<i64>(CONTROL, load<i64>(STARTS + (lane << 3)) / load<i64>(query, QUERY_UNITS), CONTROL_WINDOW);
  return -STATUS_RESULT;
}

function fillWindow(query: usize, lanes: u32): void {
  const units: i64 = load<i64>(query, QUERY_UNITS);
  fillTimes(load<u32>(query, QUERY_START_REGISTER), STARTS, units, 0, lanes);
  fillTimes(load<u32>(query, QUERY_END_REGISTER), ENDS, units, 0, lanes);
  fillTimes(load<u32>(query, QUERY_TIME_REGISTER), ENDS, units, -1, lanes);
}

/** Times of STARTS or ENDS, `plus` ms, into a register, given as its number + 1. */
function fillTimes(register: u32, times: usize, units: i64, plus: i64, lanes: u32): void {
  if (register === 0) return;
  unalias(register - 1);
  const values: usize = valuesOf(register - 1);
  memory.fill(validityOf(register - 1), <u8>LANE_VALID, lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    store<i64>(values + (i << 3), (load<i64>(times + (i << 3)) / units + plus) * MICROSECONDS);
  }
}
