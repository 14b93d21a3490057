// Joined rows. A join of windows waits until both sides have given all rows of the windows that closed: its groups leave in order
// of their keys, the window's end the first of them, and are freed. In any other join each row that came meets those of the other
// side that came before it, so a pair leaves once, when its second row is there: of all that were kept, or by time (interval.ts).
import { release } from "../memory/heap";
import { physicalOf, unalias, validityOf, valuesOf, widthOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ROWS } from "../memory/vectors";
import {
  QUERY_JOIN_FIRST,
  QUERY_JOIN_LAST,
  QUERY_JOIN_LEFT,
  QUERY_JOIN_MATE,
  QUERY_ROW_BYTES,
  QUERY_SORTED,
  QUERY_SORTED_NEXT,
  QUERY_WINDOWED,
} from "../program/query";
import { refusedQuery } from "../refusal";
import { settleLanes } from "../result";
import { JOIN_INTERVAL, JOIN_WINDOWS } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_NULL } from "../shared/status";
import { decodeKeys } from "../table/key-decode";
import { sortedCount, sortedRow, sortSlice } from "../table/sort";
import { writeCell } from "../top/cells";
import { endOfSlices, firstSlice, sliceAt } from "../window/slices";
import { fillInterval } from "./interval";
import {
  dropJoined,
  entryAfter,
  entryCell,
  entryGroup,
  entrySide,
  firstEntry,
  hasNullKey,
  meet,
  metEntries,
  nextEntry,
  SIDE_COLUMN_COUNT,
  SIDE_COLUMNS,
  SIDE_KEPT,
  sideOf,
} from "./table";

/** u32 a lane: its entry of the left side and of the right, 0 = none. */
let lefts: usize = 0;
let rights: usize = 0;

/** Fills the output registers with the next joined rows; returns their number, 0 at the end. */
export function emitJoined(query: usize): u32 {
  while (refusedQuery === 0) {
    lefts = scratchAllocate(VECTOR_ROWS << 2);
    rights = scratchAllocate(VECTOR_ROWS << 2);
    const timed: bool = load<u32>(query, QUERY_WINDOWED) === JOIN_INTERVAL;
    const lanes: u32 = timed ? fillInterval(query, lefts, rights) : fillLanes(query);
    if (lanes === 0) break;
    if (!timed) decodeKeys(query, lanes);
    writeSide(query, 0, lefts, lanes);
    writeSide(query, 1, rights, lanes);
    const rows: u32 = settleLanes(query, lanes, false);
    if (rows !== 0) return rows;
  }
  return 0;
}

function fillLanes(query: usize): u32 {
  return load<u32>(query, QUERY_WINDOWED) === JOIN_WINDOWS ? fillWindows(query) : fillMeetings(query);
}

function addLane(lane: u32, row: usize, left: usize, right: usize): u32 {
  store<u32>(ROWS + (lane << 2), <u32>row);
  store<u32>(lefts + (lane << 2), <u32>left);
  store<u32>(rights + (lane << 2), <u32>right);
  return lane + 1;
}

/** Columns of a side; NULL where there is no entry. */
function writeSide(query: usize, side: u32, entries: usize, lanes: u32): void {
  const at: usize = sideOf(query, side);
  const columns: u32 = load<u32>(at, SIDE_COLUMN_COUNT);
  for (let c: u32 = 0; c < columns; c++) {
    const to: u32 = load<u32>(load<u32>(at, SIDE_COLUMNS) + (c << 3), 4);
    unalias(to);
    for (let i: u32 = 0; i < lanes; i++) {
      const entry: usize = load<u32>(entries + (i << 2));
      if (entry !== 0) writeCell(to, i, entryCell(entry, c));
      else clearLane(to, i);
    }
  }
}

function clearLane(register: u32, lane: u32): void {
  const width: u32 = widthOf(physicalOf(register));
  store<u8>(validityOf(register) + lane, <u8>LANE_NULL);
  memory.fill(valuesOf(register) + lane * width, 0, width);
}

/** Pairs of the groups in order of their keys, then the end: everything is freed by the call that finds nothing left. */
function fillWindows(query: usize): u32 {
  if (firstSlice(query) === endOfSlices(query)) return 0;
  const slice: usize = sliceAt(query, firstSlice(query));
  if (load<u32>(query, QUERY_SORTED) === 0) {
    store<u32>(query, <u32>sortSlice(slice, load<u32>(query, QUERY_ROW_BYTES)), QUERY_SORTED);
    store<u32>(query, 0, QUERY_SORTED_NEXT);
    startGroup(query);
  }
  const sorted: usize = load<u32>(query, QUERY_SORTED);
  let lanes: u32 = 0;
  while (lanes < <u32>VECTOR_ROWS && load<u32>(query, QUERY_SORTED_NEXT) < sortedCount(sorted)) {
    lanes = fillGroup(query, sortedRow(sorted, load<u32>(query, QUERY_SORTED_NEXT)), lanes);
  }
  if (lanes !== 0) return lanes;
  release(sorted);
  store<u32>(query, 0, QUERY_SORTED);
  store<u32>(query, 0, QUERY_JOIN_MATE);
  dropJoined(query);
  return 0;
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
  if (paired) lanes = fillPairs(query, row, lanes);
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

/** Each row that came, in that order, with those of the other side that came before it. */
function fillMeetings(query: usize): u32 {
  let lanes: u32 = 0;
  let entry: usize = load<u32>(query, QUERY_JOIN_FIRST);
  while (entry !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = meetFrom(query, entry, lanes);
    if (load<u32>(query, QUERY_JOIN_MATE) !== 0) break;
    meet(query, entry);
    entry = entryAfter(entry);
    store<u32>(query, <u32>entry, QUERY_JOIN_FIRST);
  }
  if (entry === 0) store<u32>(query, 0, QUERY_JOIN_LAST);
  return lanes;
}

/** QUERY_JOIN_MATE is how many mates are left where the vector was full, 0 when all were met. */
function meetFrom(query: usize, entry: usize, lanes: u32): u32 {
  const row: usize = entryGroup(entry);
  const side: u32 = entrySide(entry);
  const met: u32 = hasNullKey(query, row) ? 0 : metEntries(query, row, 1 - side);
  let rest: u32 = load<u32>(query, QUERY_JOIN_MATE);
  if (rest === 0) rest = met;
  let mate: usize = firstEntry(query, row, 1 - side);
  for (let skip: u32 = met - rest; skip !== 0; skip--) mate = nextEntry(mate);
  while (rest !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = addLane(lanes, row, side === 0 ? entry : mate, side === 0 ? mate : entry);
    mate = nextEntry(mate);
    rest--;
  }
  store<u32>(query, rest, QUERY_JOIN_MATE);
  return lanes;
}
