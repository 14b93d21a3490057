// A join of windows: rows of windows that end together meet when these have closed. A slice holds the rows of one end, which is the
// first key; its groups leave in order of their keys, and are freed. Rows are results, which come when their windows close, or
// those of a table, which come before that: the latter are judged, as for any window, by their own partition's watermark. One slice
// is enough where both sides are results.
//
// What leaves is told by JOIN_PAIRS (pairs, and rows that meet none of a side that leaves all the same), JOIN_SEMI (left rows that meet
// some), JOIN_ANTI (left rows that meet none) or JOIN_NOT_IN: left rows that are known to meet none, which is none at all where the
// right side has a NULL, and where a left one is NULL only if the right side has no rows in the window.
import { release } from "../memory/heap";
import { valuesOf } from "../memory/registers";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { BEFORE, ROWS, SELECTED } from "../memory/vectors";
import {
  KEY_REGISTER,
  QUERY_ADVANCED,
  QUERY_JOIN_LEFT,
  QUERY_JOIN_MATE,
  QUERY_JOIN_SEEN,
  QUERY_JOIN_TYPE,
  QUERY_KEYS,
  QUERY_ROW_BYTES,
  QUERY_SORTED,
  QUERY_SORTED_NEXT,
} from "../program/query";
import {
  COUNT_COUNTED,
  COUNT_FILTERED,
  COUNT_GROUPS,
  COUNT_LATE,
  COUNT_ROWS,
  COUNT_STATE_BYTES,
  JOIN_ANTI,
  JOIN_NOT_IN,
  JOIN_PAIRS,
  JOIN_SEMI,
} from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { sortedCount, sortedRow, sortSlice } from "../table/sort";
import { addTo, endOfSlices, firstSlice, sliceAt, sliceFor, sliceKey } from "../window/slices";
import {
  addEntry,
  dropFirst,
  firstEntry,
  hasNullKey,
  isNullKey,
  nextEntry,
  SIDE_JUDGED,
  SIDE_KEPT,
  SIDE_KEYS,
  SIDE_QUERY,
  SIDE_UNITS,
  sideOf,
} from "./table";

const NONE: i64 = i64.MIN_VALUE;
/** Key of the only slice where all rows are results: those that are there have all been closed. */
const CLOSED: i64 = NONE + 1;
/** Of the right side, in the window in hand. */
const SEEN_ROWS: u32 = 1;
const SEEN_NULL: u32 = 2;

/** Rows [0, rows) of the registers of the query that gives a side; where it reads a source, SELECTED says which rows they are of. */
export function addWindowed(query: usize, side: u32, rows: u32): void {
  const before: u64 = lastingBytes();
  const at: usize = sideOf(query, side);
  const ends: usize = scratchAllocate(rows << 3);
  store<u32>(query, load<u32>(at, SIDE_KEYS), QUERY_KEYS);
  judge(query, at, rows, ends);
  const long: bool = encodeKeys(query, rows);
  const once: bool = side === 1 && load<u32>(query, QUERY_JOIN_TYPE) !== JOIN_PAIRS;
  let from: u32 = 0;
  while (from < rows) {
    const end: i64 = load<i64>(ends + (from << 3));
    let to: u32 = from + 1;
    while (to < rows && load<i64>(ends + (to << 3)) === end) to++;
    if (end !== NONE) {
      addTo(query, COUNT_GROUPS, probe(query, sliceFor(query, end), from, to, long));
      for (let i: u32 = from; i < to; i++) {
        // One row says that there are some.
        if (once && firstEntry(query, load<u32>(ROWS + (i << 2)), 1) !== 0) continue;
        addEntry(query, side, i, isNullKey(query, at, i));
      }
    }
    from = to;
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Ends of the windows of all lanes in ms, NONE for rows that are left out; counts them, those of a source as what its query made of them. */
function judge(query: usize, at: usize, rows: u32, ends: usize): void {
  const units: i64 = load<i64>(at, SIDE_UNITS);
  const judged: bool = load<u32>(at, SIDE_JUDGED) === 1;
  const together: bool = isTogether(query);
  const kept: bool = load<u32>(at, SIDE_KEPT) !== 0;
  const values: usize = valuesOf(load<u32>(load<u32>(at, SIDE_KEYS), KEY_REGISTER));
  let late: u32 = 0;
  let none: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const end: i64 = load<i64>(values + (i << 3)) / units;
    let mark: i64 = load<i64>(query, QUERY_ADVANCED);
    if (judged) mark = max<i64>(mark, floorMs(load<i64>(BEFORE + (load<u32>(SELECTED + (i << 2)) << 3)), units));
    const over: bool = mark !== NONE && end - 1 <= mark;
    const unequal: bool = !over && !kept && isNullKey(query, at, i);
    store<i64>(ends + (i << 3), over || unequal ? NONE : together ? CLOSED : end);
    late += u32(over);
    none += u32(unequal);
  }
  addTo(query, COUNT_ROWS, rows);
  addTo(query, COUNT_COUNTED, rows - late - none);
  addTo(query, COUNT_LATE, late);
  addTo(query, COUNT_FILTERED, none);
  if (load<u32>(at, SIDE_JUDGED) === 0) return;
  const giver: usize = load<u32>(at, SIDE_QUERY);
  addTo(giver, COUNT_COUNTED, -(<i64>(late + none)));
  addTo(giver, COUNT_LATE, late);
  addTo(giver, COUNT_FILTERED, none);
}

/** Whether all rows come when their windows close, and nothing is asked of a window as a whole. */
function isTogether(query: usize): bool {
  const waits: u32 = load<u32>(sideOf(query, 0), SIDE_JUDGED) | load<u32>(sideOf(query, 1), SIDE_JUDGED);
  return waits === 0 && load<u32>(query, QUERY_JOIN_TYPE) !== JOIN_NOT_IN;
}

/** Windows with rows that wait for their end: none where all rows are results. */
export function openJoinWindows(query: usize): u32 {
  return isTogether(query) ? 0 : endOfSlices(query) - firstSlice(query);
}

/** End of the first of them in ms, the greatest i64 where there is none. */
export function nextJoinEnd(query: usize): i64 {
  return openJoinWindows(query) === 0 ? i64.MAX_VALUE : sliceKey(query, firstSlice(query));
}

function floorMs(mark: i64, units: i64): i64 {
  return mark === NONE ? NONE : mark / units - i64(mark % units < 0);
}

/** u32 a lane: its entry of each side, 0 = none. */
let lefts: usize = 0;
let rights: usize = 0;

function addLane(lane: u32, row: usize, left: usize, right: usize): u32 {
  store<u32>(ROWS + (lane << 2), <u32>row);
  store<u32>(lefts + (lane << 2), <u32>left);
  store<u32>(rights + (lane << 2), <u32>right);
  return lane + 1;
}

/** Lanes of the first window that has closed, in order of its keys; 0 at the end. It is freed by the call that finds nothing left. */
export function fillWindows(query: usize, left: usize, right: usize): u32 {
  lefts = left;
  rights = right;
  while (firstSlice(query) < endOfSlices(query)) {
    if (sliceKey(query, firstSlice(query)) - 1 > load<i64>(query, QUERY_ADVANCED)) return 0;
    if (load<u32>(query, QUERY_SORTED) === 0) openWindow(query);
    const sorted: usize = load<u32>(query, QUERY_SORTED);
    let lanes: u32 = 0;
    while (lanes < <u32>VECTOR_ROWS && load<u32>(query, QUERY_SORTED_NEXT) < sortedCount(sorted)) {
      lanes = fillGroup(query, sortedRow(sorted, load<u32>(query, QUERY_SORTED_NEXT)), lanes);
    }
    if (lanes !== 0) return lanes;
    release(sorted);
    store<u32>(query, 0, QUERY_SORTED);
    store<u32>(query, 0, QUERY_JOIN_MATE);
    dropFirst(query);
  }
  return 0;
}

function openWindow(query: usize): void {
  const slice: usize = sliceAt(query, firstSlice(query));
  const sorted: usize = sortSlice(slice, load<u32>(query, QUERY_ROW_BYTES));
  store<u32>(query, <u32>sorted, QUERY_SORTED);
  store<u32>(query, 0, QUERY_SORTED_NEXT);
  startGroup(query);
  if (load<u32>(query, QUERY_JOIN_TYPE) !== JOIN_NOT_IN) return;
  let seen: u32 = 0;
  for (let i: u32 = 0; i < sortedCount(sorted); i++) {
    const row: usize = sortedRow(sorted, i);
    if (firstEntry(query, row, 1) !== 0) seen |= hasNullKey(query, row) ? SEEN_ROWS | SEEN_NULL : SEEN_ROWS;
  }
  store<u32>(query, seen, QUERY_JOIN_SEEN);
}

/** Cursor of the group in hand: QUERY_JOIN_LEFT is its left entry, QUERY_JOIN_MATE its right one. */
let left: usize = 0;
let right: usize = 0;

function startGroup(query: usize): void {
  const sorted: usize = load<u32>(query, QUERY_SORTED);
  const next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
  if (next >= sortedCount(sorted)) return;
  const row: usize = sortedRow(sorted, next);
  left = firstEntry(query, row, 0);
  right = firstEntry(query, row, 1);
  keepCursor(query);
}

function keepCursor(query: usize): void {
  store<u32>(query, <u32>left, QUERY_JOIN_LEFT);
  store<u32>(query, <u32>right, QUERY_JOIN_MATE);
}

/** Lanes of one group from the cursor on. Moves to the next group when it has given all. */
function fillGroup(query: usize, row: usize, lanes: u32): u32 {
  left = load<u32>(query, QUERY_JOIN_LEFT);
  right = load<u32>(query, QUERY_JOIN_MATE);
  const paired: bool = firstEntry(query, row, 0) !== 0 && firstEntry(query, row, 1) !== 0 && !hasNullKey(query, row);
  const type: u32 = load<u32>(query, QUERY_JOIN_TYPE);
  if (type !== JOIN_PAIRS) {
    right = 0;
    if (leavesLeft(query, type, paired, hasNullKey(query, row))) lanes = fillLeft(row, lanes);
    else left = 0;
  } else if (paired) lanes = fillPairs(query, row, lanes);
  else {
    lanes = fillAlone(query, row, 0, lanes);
    if (left === 0) lanes = fillAlone(query, row, 1, lanes);
  }
  if (left === 0 && (paired || right === 0)) {
    store<u32>(query, load<u32>(query, QUERY_SORTED_NEXT) + 1, QUERY_SORTED_NEXT);
    startGroup(query);
  } else keepCursor(query);
  return lanes;
}

/** Whether a group's left rows leave, of a join that gives no others. */
function leavesLeft(query: usize, type: u32, paired: bool, none: bool): bool {
  if (type === JOIN_SEMI) return paired;
  if (paired || type === JOIN_ANTI) return !paired;
  const seen: u32 = load<u32>(query, QUERY_JOIN_SEEN);
  return (seen & SEEN_NULL) === 0 && !(none && seen !== 0);
}

function fillLeft(row: usize, lanes: u32): u32 {
  for (; left !== 0 && lanes < <u32>VECTOR_ROWS; left = nextEntry(left)) lanes = addLane(lanes, row, left, 0);
  return lanes;
}

function fillPairs(query: usize, row: usize, lanes: u32): u32 {
  while (left !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = addLane(lanes, row, left, right);
    right = nextEntry(right);
    if (right !== 0) continue;
    left = nextEntry(left);
    right = firstEntry(query, row, 1);
  }
  return lanes;
}

/** Rows that meet none, of a side that leaves all the same. */
function fillAlone(query: usize, row: usize, side: u32, lanes: u32): u32 {
  let entry: usize = side === 0 ? left : right;
  if (load<u32>(sideOf(query, side), SIDE_KEPT) === 0) entry = 0;
  while (entry !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = addLane(lanes, row, side === 0 ? entry : 0, side === 0 ? 0 : entry);
    entry = nextEntry(entry);
  }
  if (side === 0) left = entry;
  else right = entry;
  return lanes;
}
