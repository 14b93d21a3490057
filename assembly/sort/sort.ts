// Rows in order of their time: each waits until the watermark reaches it, and then leaves behind all with earlier times, and
// those of its own time that came before it. (Flink: RowTimeSortOperator, RowTimeRowsBoundedPrecedingFunction.)
//
// Late is, as in Flink, a row whose time is not after the last time that has left for its key. What has left is told by the
// canonical sequence: rows in order of (watermark of their own partition before them, partition, position), and before each row all
// leave that its watermark has reached. A row takes its place in the sequence when the watermark of all partitions has passed
// its own, since then no row can come before it; with one partition that is when it comes. So neither the verdict nor the order
// depends on how partitions were read, or on when the host asked for rows.
//
// Program, in the query: 0 u32 cells   4 u32 SORT_*   8 i64 time up to which rows have left   16 queue (queue.ts)   56 u32 entries in
// hand   60 u32 of them given already in the first pass   64 queue of rows without a place in the sequence yet
// 104 cells { u32 register read, u32 register written }
// Entry: 0 i64 time   8 u32 state row of its key, 0 = none   16 cells (top/cells.ts)   Slot of a key's row: 0 i64 last time that left
import { allocate, release } from "../memory/heap";
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { lastingBytes } from "../memory/scratch";
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
import { SOURCE_INPUT, SOURCE_PARTITION_COUNT } from "../program/source";
import { COUNT_COUNTED, COUNT_FILTERED, COUNT_LATE, COUNT_STATE_BYTES, SORT_PEERS } from "../shared/abi";
import { INPUT_PARTITIONS, VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";
import { addTo, releaseSlice } from "../window/slices";
import {
  dropReady,
  firstTime,
  nextNumber,
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
const INCOMING: usize = <usize>SHOWN + 4;
export const SORT_HEADER: u32 = 104;
/** Of an entry's number in the sequence. */
const PARTITION_SHIFT: u64 = 44;
export const SORT_CELL_BYTES: u32 = 8;
const ENTRY_KEY: usize = 8;
const ENTRY_CELLS: u32 = 16;
export const SORT_SLOT_BYTES: u32 = 8;

const NONE: i64 = i64.MIN_VALUE;

function cellOf(sort: usize, index: u32): usize {
  return sort + SORT_HEADER + index * SORT_CELL_BYTES;
}

/** Lanes [0, lanes) of the query's registers; SELECTED says which rows they are of, and `records` u32 a row which record that is. */
export function addSorted(query: usize, lanes: u32, records: usize): void {
  const before: u64 = lastingBytes();
  const sort: usize = load<u32>(query, QUERY_SORT);
  const source: usize = load<u32>(query, QUERY_SOURCE);
  const judged: bool = load<u32>(query, QUERY_PARENT) === 0;
  const waits: bool = judged && load<u32>(source, SOURCE_PARTITION_COUNT) > 1;
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  if (judged) findPartitions(query, lanes);
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  let timeless: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    if (load<u8>(validity + i) !== LANE_VALID) {
      timeless++;
      continue;
    }
    const entry: usize = makeEntry(sort, load<i64>(times + (i << 3)), i);
    if (!judged) {
      pushQueue(sort + QUEUE, load<i64>(entry), nextNumber(sort + QUEUE), entry);
      continue;
    }
    store<u32>(entry, load<u32>(SOURCES + (i << 2)), ENTRY_KEY);
    const row: u32 = load<u32>(SELECTED + (i << 2));
    const reached: i64 = wholeMs(query, load<i64>(BEFORE + (row << 3)));
    if (!waits) {
      place(query, entry, reached);
      continue;
    }
    const partition: u64 = load<u32>(partitions + (load<u32>(records + (row << 2)) << 2));
    pushQueue(sort + INCOMING, reached, (partition << PARTITION_SHIFT) | nextNumber(sort + INCOMING), entry);
  }
  addTo(query, COUNT_COUNTED, -(<i64>timeless));
  addTo(query, COUNT_FILTERED, timeless);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** The next entry of the sequence, of a row before which its partition's watermark was `reached`. */
function place(query: usize, entry: usize, reached: i64): void {
  const sort: usize = load<u32>(query, QUERY_SORT);
  const time: i64 = load<i64>(entry);
  // Others may leave with the watermark, too, but only such a row can tell.
  if (time <= reached) leaveTo(query, reached);
  if (time > load<i64>(<usize>load<u32>(entry, ENTRY_KEY) + load<u32>(query, QUERY_FRAME))) {
    pushQueue(sort + QUEUE, time, nextNumber(sort + QUEUE), entry);
    return;
  }
  addTo(query, COUNT_COUNTED, -1);
  addTo(query, COUNT_LATE, 1);
  releaseEntry(sort, entry);
}

/** Rows that no row of any partition can come before any more take their places. */
function placeTo(query: usize, reached: i64): void {
  const incoming: usize = load<u32>(query, QUERY_SORT) + INCOMING;
  while (queueLength(incoming) !== 0) {
    const own: i64 = firstTime(incoming);
    if (own >= reached) break;
    place(query, popQueue(incoming), own);
  }
}

/** The last time unit of the millisecond that a time is in. */
function wholeMs(query: usize, time: i64): i64 {
  const units: i64 = load<i64>(query, QUERY_UNITS);
  if (time <= NONE + units || time >= i64.MAX_VALUE - units) return time;
  let rest: i64 = time % units;
  if (rest < 0) rest += units;
  return time - rest + units - 1;
}

function makeEntry(sort: usize, time: i64, lane: u32): usize {
  const cells: u32 = load<u32>(sort, SORT_CELLS);
  const entry: usize = allocate(ENTRY_CELLS + cells * CELL_BYTES);
  store<i64>(entry, time);
  store<u32>(entry, 0, ENTRY_KEY);
  for (let c: u32 = 0; c < cells; c++) {
    const cell: usize = entry + ENTRY_CELLS + c * CELL_BYTES;
    readCell(load<u32>(cellOf(sort, c)), lane, cell);
    ownCell(load<u32>(cellOf(sort, c)), cell);
  }
  return entry;
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
  if (watermark !== NONE) {
    const reached: i64 = watermark > most ? i64.MAX_VALUE : watermark * units + units - 1;
    const before: u64 = lastingBytes();
    placeTo(query, reached);
    leaveTo(query, reached);
    addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  }
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
  const before: u64 = lastingBytes();
  for (let i: u32 = 0; i < count; i++) releaseEntry(sort, readyAt(sort + QUEUE, i));
  dropReady(sort + QUEUE, count);
  store<u32>(sort, 0, IN_HAND);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
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
  while (queueLength(sort + INCOMING) !== 0) releaseEntry(sort, popQueue(sort + INCOMING));
  releaseQueue(queue);
  releaseQueue(sort + INCOMING);
  release(sort);
  store<u32>(query, 0, QUERY_SORT);
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  store<u32>(query, 0, QUERY_PARTITIONS);
  if (partitions !== 0) releaseSlice(query, partitions);
}
