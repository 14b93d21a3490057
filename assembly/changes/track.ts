// The groups of a slice that have changed since their rows left last, in the order in which they first changed, and where both
// are wanted what their results were before. A group is entered once, before its state is touched.
//
// Slot of a state row, 16 bytes: 0 u32 number of its entry + 1, 0 = unchanged   4 u32 GROUP_*   8 i64 rows of the group, kept where
// rows may be taken back.
// List of a slice: 0 u32 entries   4 u32 their number   8 u32 room   12 u32 next to leave   16 u32 the first whose cells are not
// freed yet   20 u32 numbers in the order of leaving, 0 = as they are
// Entry: 0 u32 state row   4 u32 1 = a cell an aggregate follows, with its result before (top/cells.ts)
import { finishAggregates } from "../aggregate/finish";
import { allocate, allocateZeroed, release } from "../memory/heap";
import { scratchAllocate } from "../memory/scratch";
import { ROWS, RUN_FIRST, RUN_SLICE } from "../memory/vectors";
import {
  AGG_BYTES,
  AGG_RESULT,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_BOTH,
  QUERY_FRAME,
} from "../program/query";
import { sortRows } from "../table/sort";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";
import { SLICE_CHANGED } from "../window/slice";

export const GROUP_SLOT_BYTES: u32 = 16;
const FLAGS: usize = 4;
const LIVE: usize = 8;
/** Its row has been worked out at least once. */
export const GROUP_KNOWN: u32 = 1;
/** Its row is with those who read the changes. */
export const GROUP_SHOWN: u32 = 2;

const LIST_BYTES: u32 = 24;
const COUNT: usize = 4;
const ROOM: usize = 8;
const NEXT: usize = 12;
const OWNED: usize = 16;
const ORDER: usize = 20;
const ENTRY_HEADER: u32 = 8;
const BEFORE: usize = 4;
const FIRST_ROOM: u32 = 4;

function entryBytes(query: usize): u32 {
  return ENTRY_HEADER + (load<u32>(query, QUERY_BOTH) !== 0 ? load<u32>(query, QUERY_AGGREGATE_COUNT) * CELL_BYTES : 0);
}

function slotOf(query: usize, row: usize): usize {
  return row + load<u32>(query, QUERY_FRAME);
}

/**
 * Enters the groups of the rows in ROWS that are not entered yet. Call before their state changes. Lanes are in runs, each of
 * the slice in RUN_SLICE; 0 = its lanes are in none.
 */
export function noteChanges(query: usize, runs: u32): void {
  for (let run: u32 = 0; run < runs; run++) {
    const slice: usize = load<u32>(RUN_SLICE + (run << 2));
    const from: u32 = load<u32>(RUN_FIRST + (run << 2));
    const to: u32 = load<u32>(RUN_FIRST + (run << 2), 4);
    if (slice !== 0 && from !== to) noteRun(query, slice, from, to);
  }
}

function noteRun(query: usize, slice: usize, from: u32, to: u32): void {
  const both: bool = load<u32>(query, QUERY_BOTH) !== 0;
  const known: usize = both ? scratchAllocate((to - from) << 2) : 0;
  let count: u32 = 0;
  for (let i: u32 = from; i < to; i++) {
    const row: u32 = load<u32>(ROWS + (i << 2));
    const slot: usize = slotOf(query, row);
    if (load<u32>(slot) !== 0) continue;
    store<u32>(slot, addEntry(query, slice, row));
    if (both && (load<u32>(slot, FLAGS) & GROUP_KNOWN) !== 0) store<u32>(known + (count++ << 2), row);
  }
  if (count !== 0) keepResults(query, load<u32>(slice, SLICE_CHANGED), known, count);
}

/** Returns its number + 1. */
function addEntry(query: usize, slice: usize, row: u32): u32 {
  if (load<u32>(slice, SLICE_CHANGED) === 0) store<u32>(slice, <u32>allocateZeroed(LIST_BYTES), SLICE_CHANGED);
  const list: usize = load<u32>(slice, SLICE_CHANGED);
  const count: u32 = load<u32>(list, COUNT);
  const bytes: u32 = entryBytes(query);
  if (count === load<u32>(list, ROOM)) {
    const room: u32 = max<u32>(FIRST_ROOM, count * 2);
    const entries: usize = allocate(room * bytes);
    memory.copy(entries, load<u32>(list), count * bytes);
    release(load<u32>(list));
    store<u32>(list, <u32>entries);
    store<u32>(list, room, ROOM);
  }
  const entry: usize = <usize>load<u32>(list) + count * bytes;
  store<u32>(entry, row);
  store<u32>(entry, 0, BEFORE);
  store<u32>(list, count + 1, COUNT);
  return count + 1;
}

/** Results of the `count` rows in `known` as they stand, into their entries. ROWS stays as it is. */
function keepResults(query: usize, list: usize, known: usize, count: u32): void {
  const saved: usize = scratchAllocate(count << 2);
  memory.copy(saved, ROWS, count << 2);
  memory.copy(ROWS, known, count << 2);
  finishAggregates(query, count);
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const number: u32 = load<u32>(slotOf(query, load<u32>(known + (i << 2)))) - 1;
    const entry: usize = entryAt(query, list, number);
    store<u32>(entry, 1, BEFORE);
    for (let a: u32 = 0; a < aggregates; a++) {
      const cell: usize = entry + ENTRY_HEADER + a * CELL_BYTES;
      readCell(resultRegister(query, a), i, cell);
      ownCell(resultRegister(query, a), cell);
    }
  }
  memory.copy(ROWS, saved, count << 2);
}

function resultRegister(query: usize, index: u32): u32 {
  return load<u32>(load<u32>(query, QUERY_AGGREGATES) + index * AGG_BYTES, AGG_RESULT);
}

function entryAt(query: usize, list: usize, number: u32): usize {
  return <usize>load<u32>(list) + number * entryBytes(query);
}

/** Number of the entry that leaves at a place of the order. */
function numberAt(list: usize, place: u32): u32 {
  const order: usize = load<u32>(list, ORDER);
  return order === 0 ? place : load<u32>(order + (place << 2));
}

/** Whether groups of the slice wait to leave. */
export function hasChanges(slice: usize): bool {
  const list: usize = load<u32>(slice, SLICE_CHANGED);
  return list !== 0 && load<u32>(list, NEXT) !== load<u32>(list, COUNT);
}

/** The next entry to leave, 0 when there is none. `sorted`: they leave in order of their keys. */
export function nextChange(query: usize, slice: usize, sorted: bool): usize {
  if (!hasChanges(slice)) return 0;
  const list: usize = load<u32>(slice, SLICE_CHANGED);
  const next: u32 = load<u32>(list, NEXT);
  if (sorted && next === 0) sortList(query, list);
  store<u32>(list, next + 1, NEXT);
  return entryAt(query, list, numberAt(list, next));
}

function sortList(query: usize, list: usize): void {
  const count: u32 = load<u32>(list, COUNT);
  if (count === 1) return;
  const order: usize = allocate(count << 2);
  for (let i: u32 = 0; i < count; i++) store<u32>(order + (i << 2), load<u32>(entryAt(query, list, i)));
  sortRows(order, count);
  for (let i: u32 = 0; i < count; i++) {
    const row: usize = load<u32>(order + (i << 2));
    store<u32>(order + (i << 2), load<u32>(slotOf(query, row)) - 1);
  }
  store<u32>(list, <u32>order, ORDER);
}

/** Frees what entries that have left own, their batch having been read; and the list once all have left. */
export function releaseLeft(query: usize, slice: usize): void {
  const list: usize = load<u32>(slice, SLICE_CHANGED);
  if (list === 0) return;
  const next: u32 = load<u32>(list, NEXT);
  for (let i: u32 = load<u32>(list, OWNED); i < next; i++)
    releaseBefore(query, entryAt(query, list, numberAt(list, i)));
  store<u32>(list, next, OWNED);
  if (next === load<u32>(list, COUNT)) dropChanges(query, slice);
}

export function entryRow(entry: usize): u32 {
  return load<u32>(entry);
}

/** Whether the results before are in the entry. */
export function hasBefore(entry: usize): bool {
  return load<u32>(entry, BEFORE) !== 0;
}

/** Results before into lane `lane` of the result registers. */
export function writeBefore(query: usize, entry: usize, lane: u32): void {
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let a: u32 = 0; a < aggregates; a++)
    writeCell(resultRegister(query, a), lane, entry + ENTRY_HEADER + a * CELL_BYTES);
}

/** The group is unchanged from here on, and its flags are these. */
export function settleEntry(query: usize, entry: usize, flags: u32): void {
  const slot: usize = slotOf(query, load<u32>(entry));
  store<u32>(slot, 0);
  store<u32>(slot, flags, FLAGS);
}

function releaseBefore(query: usize, entry: usize): void {
  if (load<u32>(entry, BEFORE) === 0) return;
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let a: u32 = 0; a < aggregates; a++)
    releaseCell(resultRegister(query, a), entry + ENTRY_HEADER + a * CELL_BYTES);
}

export function groupFlags(query: usize, row: usize): u32 {
  return load<u32>(slotOf(query, row), FLAGS);
}

/** Rows of the group that have not been taken back. */
export function liveRows(query: usize, row: usize): i64 {
  return load<i64>(slotOf(query, row), LIVE);
}

export function addLive(query: usize, row: usize, by: i64): void {
  const at: usize = slotOf(query, row);
  store<i64>(at, load<i64>(at, LIVE) + by, LIVE);
}

/** Frees the slice's list and what its entries own. */
export function dropChanges(query: usize, slice: usize): void {
  const list: usize = load<u32>(slice, SLICE_CHANGED);
  if (list === 0) return;
  for (let i: u32 = load<u32>(list, OWNED); i < load<u32>(list, COUNT); i++)
    releaseBefore(query, entryAt(query, list, numberAt(list, i)));
  release(load<u32>(list));
  release(load<u32>(list, ORDER));
  release(list);
  store<u32>(slice, 0, SLICE_CHANGED);
}
