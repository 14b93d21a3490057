// The groups of an unbounded aggregation that have changed since their rows left last, in the order in which they first changed,
// and where both are wanted what their results were before. A group is entered once, before its state is touched.
//
// Slot of a state row, 16 bytes: 0 u32 number of its entry + 1, 0 = unchanged   4 u32 GROUP_*   8 i64 rows of the group, kept where
// rows may be taken back.
// In the query: 0 u32 entries   4 u32 their number   8 u32 room   12 u32 next to leave   16 u32 the first whose cells are not freed yet
// Entry: 0 u32 state row   4 u32 1 = a cell an aggregate follows, with its result before (top/cells.ts)
import { finishAggregates } from "../aggregate/finish";
import { allocate, release } from "../memory/heap";
import { scratchAllocate } from "../memory/scratch";
import { ROWS } from "../memory/vectors";
import {
  AGG_BYTES,
  AGG_RESULT,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_BOTH,
  QUERY_CHANGED,
  QUERY_FRAME,
} from "../program/query";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";

export const GROUP_SLOT_BYTES: u32 = 16;
const FLAGS: usize = 4;
const LIVE: usize = 8;
/** Its row has been worked out at least once. */
export const GROUP_KNOWN: u32 = 1;
/** Its row is with those who read the changes. */
export const GROUP_SHOWN: u32 = 2;

export const CHANGED_BYTES: u32 = 24;
const COUNT: usize = 4;
const ROOM: usize = 8;
const NEXT: usize = 12;
const OWNED: usize = 16;
const ENTRY_HEADER: u32 = 8;
const BEFORE: usize = 4;
const FIRST_ROOM: u32 = 64;

function entryBytes(query: usize): u32 {
  return ENTRY_HEADER + (load<u32>(query, QUERY_BOTH) !== 0 ? load<u32>(query, QUERY_AGGREGATE_COUNT) * CELL_BYTES : 0);
}

function slotOf(query: usize, row: usize): usize {
  return row + load<u32>(query, QUERY_FRAME);
}

/** Enters the groups of the rows in ROWS[0, lanes) that are not entered yet. Call before their state changes. */
export function noteChanges(query: usize, lanes: u32): void {
  const both: bool = load<u32>(query, QUERY_BOTH) !== 0;
  const known: usize = both ? scratchAllocate(lanes << 2) : 0;
  let count: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(ROWS + (i << 2));
    const slot: usize = slotOf(query, row);
    if (load<u32>(slot) !== 0) continue;
    store<u32>(slot, addEntry(query, row));
    if (both && (load<u32>(slot, FLAGS) & GROUP_KNOWN) !== 0) store<u32>(known + (count++ << 2), row);
  }
  if (count !== 0) keepResults(query, known, count, lanes);
}

/** Returns its number + 1. */
function addEntry(query: usize, row: u32): u32 {
  const list: usize = load<u32>(query, QUERY_CHANGED);
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
function keepResults(query: usize, known: usize, count: u32, lanes: u32): void {
  const saved: usize = scratchAllocate(lanes << 2);
  memory.copy(saved, ROWS, lanes << 2);
  memory.copy(ROWS, known, count << 2);
  finishAggregates(query, count);
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const number: u32 = load<u32>(slotOf(query, load<u32>(known + (i << 2)))) - 1;
    const entry: usize = entryAt(query, number);
    store<u32>(entry, 1, BEFORE);
    for (let a: u32 = 0; a < aggregates; a++) {
      const cell: usize = entry + ENTRY_HEADER + a * CELL_BYTES;
      readCell(resultRegister(query, a), i, cell);
      ownCell(resultRegister(query, a), cell);
    }
  }
  memory.copy(ROWS, saved, lanes << 2);
}

function resultRegister(query: usize, index: u32): u32 {
  return load<u32>(load<u32>(query, QUERY_AGGREGATES) + index * AGG_BYTES, AGG_RESULT);
}

function entryAt(query: usize, number: u32): usize {
  return <usize>load<u32>(load<u32>(query, QUERY_CHANGED)) + number * entryBytes(query);
}

/** The next entry to leave, 0 when there is none. */
export function nextChange(query: usize): usize {
  const list: usize = load<u32>(query, QUERY_CHANGED);
  const next: u32 = load<u32>(list, NEXT);
  if (next === load<u32>(list, COUNT)) return 0;
  store<u32>(list, next + 1, NEXT);
  return entryAt(query, next);
}

/** Frees what the entries that have left own: their batch has been read. */
export function releaseLeft(query: usize): void {
  const list: usize = load<u32>(query, QUERY_CHANGED);
  const next: u32 = load<u32>(list, NEXT);
  for (let i: u32 = load<u32>(list, OWNED); i < next; i++) releaseBefore(query, entryAt(query, i));
  store<u32>(list, next, OWNED);
}

/** Once all have left and are released: the list is empty, and gives its memory back. */
export function clearChanges(query: usize): void {
  const list: usize = load<u32>(query, QUERY_CHANGED);
  release(load<u32>(list));
  memory.fill(list, 0, CHANGED_BYTES);
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

/** Frees the list and what its entries own. */
export function dropChanges(query: usize): void {
  const list: usize = load<u32>(query, QUERY_CHANGED);
  for (let i: u32 = load<u32>(list, OWNED); i < load<u32>(list, COUNT); i++) releaseBefore(query, entryAt(query, i));
  release(load<u32>(list));
  release(list);
}
