// Rows in order of their time: each waits until the watermark reaches it, and then leaves behind all with earlier times, and
// those of its own time that came before it. (Flink: RowTimeSortOperator, RowTimeRowsBoundedPrecedingFunction.)
//
// Late is, as in Flink, a row whose time is not after the last time that has left for its key. Which times have left is told by the
// watermark of the row's own partition before it, not by when the host asked for rows: where such a row comes, all that this
// watermark had reached leave first. So with one partition the verdict does not depend on where batches break; with several the
// rows that left when the host asked are what counts.
//
// Program, in the query: 0 u32 cells   4 u32 SORT_*   8 i64 time up to which rows have left   16 queue (queue.ts)   56 u32 entries in
// hand   60 u32 of them given already in the first pass   64 cells { u32 register read, u32 register written }
// Entry: 0 i64 time   8 u32 state row of its key, 0 = none   16 cells (top/cells.ts)   Slot of a key's row: 0 i64 last time that left
import { allocate, heapBytes, release } from "../memory/heap";
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { BEFORE, SELECTED, SOURCES } from "../memory/vectors";
import { findPartitions } from "../over/find";
import {
  QUERY_ADVANCED,
  QUERY_FRAME,
  QUERY_PARENT,
  QUERY_PARTITIONS,
  QUERY_SORT,
  QUERY_SOURCE,
  QUERY_TIME,
  QUERY_UNITS,
} from "../program/query";
import { SOURCE_PARTITION_COUNT } from "../program/source";
import { COUNT_COUNTED, COUNT_FILTERED, COUNT_LATE, COUNT_STATE_BYTES, SORT_PEERS } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";
import { addTo, releaseSlice } from "../window/slices";
import {
  dropReady,
  firstTime,
  popQueue,
  pushQueue,
  pushReady,
  QUEUE_BYTES,
  queueLength,
  readyAt,
  readyCount,
  releaseQueue,
} from "./queue";
import { setShown, showing } from "./shown";

export const SORT_CELLS: usize = 0;
export const SORT_FLAGS: usize = 4;
export const SORT_LEFT: usize = 8;
const QUEUE: usize = 16;
const IN_HAND: usize = <usize>QUEUE + QUEUE_BYTES;
const SHOWN: usize = <usize>IN_HAND + 4;
export const SORT_HEADER: u32 = 64;
export const SORT_CELL_BYTES: u32 = 8;
const ENTRY_KEY: usize = 8;
const ENTRY_CELLS: u32 = 16;
export const SORT_SLOT_BYTES: u32 = 8;

const NONE: i64 = i64.MIN_VALUE;

function cellOf(sort: usize, index: u32): usize {
  return sort + SORT_HEADER + index * SORT_CELL_BYTES;
}

/** Lanes [0, lanes) of the query's registers; SELECTED says which rows they are of. */
export function addSorted(query: usize, lanes: u32): void {
  const before: u64 = heapBytes();
  const sort: usize = load<u32>(query, QUERY_SORT);
  const judged: bool = load<u32>(query, QUERY_PARENT) === 0;
  const fires: bool = judged && load<u32>(load<u32>(query, QUERY_SOURCE), SOURCE_PARTITION_COUNT) === 1;
  if (judged) findPartitions(query, lanes);
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  let late: u32 = 0;
  let timeless: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    if (load<u8>(validity + i) !== LANE_VALID) {
      timeless++;
      continue;
    }
    const time: i64 = load<i64>(times + (i << 3));
    const key: usize = judged ? <usize>load<u32>(SOURCES + (i << 2)) : 0;
    if (fires) {
      const reached: i64 = wholeMs(query, load<i64>(BEFORE + (load<u32>(SELECTED + (i << 2)) << 3)));
      if (time <= reached) leaveTo(query, reached);
    }
    if (judged && time <= load<i64>(key + load<u32>(query, QUERY_FRAME))) late++;
    else enter(sort, time, key, i);
  }
  addTo(query, COUNT_COUNTED, -(<i64>late + timeless));
  addTo(query, COUNT_LATE, late);
  addTo(query, COUNT_FILTERED, timeless);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

/** The last time unit of the millisecond that a time is in. */
function wholeMs(query: usize, time: i64): i64 {
  const units: i64 = load<i64>(query, QUERY_UNITS);
  if (time <= NONE + units || time >= i64.MAX_VALUE - units) return time;
  let rest: i64 = time % units;
  if (rest < 0) rest += units;
  return time - rest + units - 1;
}

function enter(sort: usize, time: i64, key: usize, lane: u32): void {
  const cells: u32 = load<u32>(sort, SORT_CELLS);
  const entry: usize = allocate(ENTRY_CELLS + cells * CELL_BYTES);
  store<i64>(entry, time);
  store<u32>(entry, <u32>key, ENTRY_KEY);
  for (let c: u32 = 0; c < cells; c++) {
    const cell: usize = entry + ENTRY_CELLS + c * CELL_BYTES;
    readCell(load<u32>(cellOf(sort, c)), lane, cell);
    ownCell(load<u32>(cellOf(sort, c)), cell);
  }
  pushQueue(sort + QUEUE, time, entry);
}

/** Rows up to `reached` wait no longer, if the watermark has moved at all: others of the same watermark leave with the next one. */
function leaveTo(query: usize, reached: i64): void {
  const sort: usize = load<u32>(query, QUERY_SORT);
  if (reached <= load<i64>(sort, SORT_LEFT)) return;
  store<i64>(sort, reached, SORT_LEFT);
  const queue: usize = sort + QUEUE;
  const slot: u32 = load<u32>(query, QUERY_FRAME);
  while (queueLength(queue) !== 0 && firstTime(queue) <= reached) {
    const entry: usize = popQueue(queue);
    const key: usize = load<u32>(entry, ENTRY_KEY);
    if (key !== 0) store<i64>(key + slot, load<i64>(entry));
    pushReady(queue, entry);
  }
}

/**
 * The next rows that have left, into the registers written; 0 when there are none. Where peers matter no time is split, but
 * one with more rows than a vector: those are shown first (shown.ts). They are in hand until `leaveSorted`.
 */
export function nextSorted(query: usize): u32 {
  const sort: usize = load<u32>(query, QUERY_SORT);
  const units: i64 = load<i64>(query, QUERY_UNITS);
  const watermark: i64 = load<i64>(query, QUERY_ADVANCED);
  const most: i64 = i64.MAX_VALUE / units - 1;
  if (watermark !== NONE) leaveTo(query, watermark > most ? i64.MAX_VALUE : watermark * units + units - 1);
  const queue: usize = sort + QUEUE;
  const shown: u32 = load<u32>(sort, SHOWN);
  const waiting: u32 = readyCount(queue);
  setShown(false, false);
  let lanes: u32 = min<u32>(waiting, VECTOR_ROWS);
  if ((load<u32>(sort, SORT_FLAGS) & SORT_PEERS) !== 0) lanes = wholeTimes(sort, waiting, lanes);
  const from: u32 = showing ? shown : 0;
  for (let c: u32 = 0; c < load<u32>(sort, SORT_CELLS); c++) {
    const to: u32 = load<u32>(cellOf(sort, c), 4);
    unalias(to);
    for (let i: u32 = 0; i < lanes; i++) {
      writeCell(to, i, readyAt(queue, from + i) + ENTRY_CELLS + c * CELL_BYTES);
    }
  }
  if (showing) store<u32>(sort, shown + lanes, SHOWN);
  store<u32>(sort, showing ? 0 : lanes, IN_HAND);
  return lanes;
}

/** Of `waiting` rows as many, at most a vector, as do not split a time. A time with more is shown in full first. */
function wholeTimes(sort: usize, waiting: u32, lanes: u32): u32 {
  const queue: usize = sort + QUEUE;
  const shown: u32 = load<u32>(sort, SHOWN);
  if (shown === 0) {
    if (lanes === waiting) return lanes;
    const next: i64 = load<i64>(readyAt(queue, lanes));
    let whole: u32 = lanes;
    while (whole > 0 && load<i64>(readyAt(queue, whole - 1)) === next) whole--;
    if (whole > 0) return whole;
  }
  const time: i64 = load<i64>(readyAt(queue, 0));
  if ((shown & SHOWN_ALL) === 0) {
    let more: u32 = 0;
    while (more < <u32>VECTOR_ROWS && shown + more < waiting && load<i64>(readyAt(queue, shown + more)) === time)
      more++;
    if (more !== 0) {
      setShown(true, false);
      return more;
    }
  }
  // The rows shown are given now, a vector at a time.
  setShown(false, true);
  const left: u32 = shown & ~SHOWN_ALL;
  const give: u32 = min<u32>(left, VECTOR_ROWS);
  store<u32>(sort, left === give ? 0 : (left - give) | SHOWN_ALL, SHOWN);
  return give;
}

const SHOWN_ALL: u32 = 1 << 31;

/** The rows in hand are gone. */
export function leaveSorted(query: usize): void {
  const sort: usize = load<u32>(query, QUERY_SORT);
  const count: u32 = load<u32>(sort, IN_HAND);
  setShown(false, false);
  if (count === 0) return;
  const before: u64 = heapBytes();
  for (let i: u32 = 0; i < count; i++) releaseEntry(sort, readyAt(sort + QUEUE, i));
  dropReady(sort + QUEUE, count);
  store<u32>(sort, 0, IN_HAND);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

function releaseEntry(sort: usize, entry: usize): void {
  const cells: u32 = load<u32>(sort, SORT_CELLS);
  for (let c: u32 = 0; c < cells; c++) releaseCell(load<u32>(cellOf(sort, c)), entry + ENTRY_CELLS + c * CELL_BYTES);
  release(entry);
}

/** Frees everything a query keeps. */
export function dropSorted(query: usize): void {
  const sort: usize = load<u32>(query, QUERY_SORT);
  const queue: usize = sort + QUEUE;
  leaveSorted(query);
  for (let i: u32 = 0; i < readyCount(queue); i++) releaseEntry(sort, readyAt(queue, i));
  while (queueLength(queue) !== 0) releaseEntry(sort, popQueue(queue));
  releaseQueue(queue);
  release(sort);
  store<u32>(query, 0, QUERY_SORT);
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  store<u32>(query, 0, QUERY_PARTITIONS);
  if (partitions !== 0) releaseSlice(query, partitions);
}
