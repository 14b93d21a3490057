// What a join keeps: a group a key, as aggregates have, and in it the rows of both sides with that key, in the order they came.
//
// Slot of a group's row, 48 bytes: for the left side, then 16 bytes on for the right: 0 u32 first entry, 4 u32 last, 8 u32 entries,
// 12 u32 of them that have met the other side; then 32 u32 1 = a part of the key is NULL, which equals nothing
// Entry: 0 u32 next of its side   4 u32 its group's row   8 u32 next that came   12 u32 its side   then a cell a column (top/cells.ts),
// and of a join by time one more (interval.ts)
// Side, in the query, 40 bytes: 0 u32 key registers (KEY_*)   4 u32 columns { u32 register read, u32 register written }[], 8 u32 count
// 12 u32 1 = its rows leave even when they meet none   16 u32 the query that gives them   20 u32 register of its time, of a join by time
// 24 i64 units a ms of the time, or of the end of the window   32 u32 its rows come from a source: 1 with
// watermarks of their own, 2 judged by the table's; 0 results
import { allocate, release } from "../memory/heap";
import { validityOf } from "../memory/registers";
import { lastingBytes } from "../memory/scratch";
import { ROWS } from "../memory/vectors";
import {
  KEY_BYTES,
  KEY_REGISTER,
  QUERY_FRAME,
  QUERY_JOIN_FIRST,
  QUERY_JOIN_LAST,
  QUERY_KEY_COUNT,
  QUERY_KEYS,
  QUERY_ROW_BYTES,
  QUERY_SIDES,
} from "../program/query";
import { COUNT_COUNTED, COUNT_FILTERED, COUNT_GROUPS, COUNT_ROWS, COUNT_STATE_BYTES } from "../shared/abi";
import { LANE_VALID } from "../shared/status";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { CELL_BYTES, ownCell, readCell, releaseCell } from "../top/cells";
import { addTo, endOfSlices, firstSlice, releaseSlice, sliceAt, sliceFor, takeSlice } from "../window/slices";

export const JOIN_SLOT_BYTES: u32 = 48;
const LIST_BYTES: u32 = 16;
const FIRST: usize = 0;
const LAST: usize = 4;
const COUNT: usize = 8;
const MET: usize = 12;
const NULL_KEY: usize = 32;

export const SIDE_BYTES: u32 = 40;
export const SIDE_KEYS: usize = 0;
export const SIDE_COLUMNS: usize = 4;
export const SIDE_COLUMN_COUNT: usize = 8;
export const SIDE_KEPT: usize = 12;
export const SIDE_QUERY: usize = 16;
export const SIDE_TIME: usize = 20;
export const SIDE_UNITS: usize = 24;
export const SIDE_JUDGED: usize = 32;

const NEXT: usize = 0;
const GROUP: usize = 4;
const CAME: usize = 8;
const SIDE: usize = 12;
const ENTRY_HEADER: u32 = 16;

export function sideOf(query: usize, side: u32): usize {
  return <usize>load<u32>(query, QUERY_SIDES) + side * SIDE_BYTES;
}

function listOf(query: usize, row: usize, side: u32): usize {
  return row + load<u32>(query, QUERY_FRAME) + side * LIST_BYTES;
}

/** First entry of a group's side, 0 = none. */
export function firstEntry(query: usize, row: usize, side: u32): usize {
  return load<u32>(listOf(query, row, side), FIRST);
}

export function nextEntry(entry: usize): usize {
  return load<u32>(entry, NEXT);
}

export function entryGroup(entry: usize): usize {
  return load<u32>(entry, GROUP);
}

export function entrySide(entry: usize): u32 {
  return load<u32>(entry, SIDE);
}

/** The entry that came after it, of either side. */
export function entryAfter(entry: usize): usize {
  return load<u32>(entry, CAME);
}

export function entryCell(entry: usize, column: u32): usize {
  return entry + ENTRY_HEADER + column * CELL_BYTES;
}

export function hasNullKey(query: usize, row: usize): bool {
  return load<u32>(row + load<u32>(query, QUERY_FRAME), NULL_KEY) !== 0;
}

/** Entries of a group's side that have met the other side. */
export function metEntries(query: usize, row: usize, side: u32): u32 {
  return load<u32>(listOf(query, row, side), MET);
}

export function meet(query: usize, entry: usize): void {
  const list: usize = listOf(query, entryGroup(entry), entrySide(entry));
  store<u32>(list, load<u32>(list, MET) + 1, MET);
}

/** Rows [0, rows) of the registers of the query that gives a side. */
export function addRows(query: usize, side: u32, rows: u32): void {
  const before: u64 = lastingBytes();
  addTo(query, COUNT_ROWS, rows);
  const at: usize = sideOf(query, side);
  store<u32>(query, load<u32>(at, SIDE_KEYS), QUERY_KEYS);
  const long: bool = encodeKeys(query, rows);
  addTo(query, COUNT_GROUPS, probe(query, sliceFor(query, 0), 0, rows, long));
  let kept: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const none: bool = isNullKey(query, at, i);
    if (none && load<u32>(at, SIDE_KEPT) === 0) continue;
    pushCame(query, addEntry(query, side, i, none));
    kept++;
  }
  addTo(query, COUNT_COUNTED, kept);
  addTo(query, COUNT_FILTERED, rows - kept);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Whether a part of the lane's key is NULL. The side's keys are the query's. */
export function isNullKey(query: usize, side: usize, lane: u32): bool {
  const count: u32 = load<u32>(query, QUERY_KEY_COUNT);
  for (let k: u32 = 0; k < count; k++) {
    const register: u32 = load<u32>(load<u32>(side, SIDE_KEYS) + k * KEY_BYTES, KEY_REGISTER);
    if (load<u8>(validityOf(register) + lane) !== LANE_VALID) return true;
  }
  return false;
}

/** The entry of a lane, behind those of its group, which is in ROWS. */
export function addEntry(query: usize, side: u32, lane: u32, none: bool): usize {
  const row: u32 = load<u32>(ROWS + (lane << 2));
  const entry: usize = makeEntry(query, side, lane, 0);
  store<u32>(entry, row, GROUP);
  appendEntry(query, entry);
  if (none) store<u32>(row + load<u32>(query, QUERY_FRAME), 1, NULL_KEY);
  return entry;
}

/** A row of a side, of no group yet, with `extra` bytes behind its cells. */
export function makeEntry(query: usize, side: u32, lane: u32, extra: u32): usize {
  const at: usize = sideOf(query, side);
  const columns: u32 = load<u32>(at, SIDE_COLUMN_COUNT);
  const entry: usize = allocate(ENTRY_HEADER + columns * CELL_BYTES + extra);
  store<u32>(entry, 0, NEXT);
  store<u32>(entry, 0, GROUP);
  store<u32>(entry, 0, CAME);
  store<u32>(entry, side, SIDE);
  for (let c: u32 = 0; c < columns; c++) {
    const register: u32 = load<u32>(load<u32>(at, SIDE_COLUMNS) + (c << 3));
    readCell(register, lane, entryCell(entry, c));
    ownCell(register, entryCell(entry, c));
  }
  return entry;
}

/** Behind the entries of its group's side. */
export function appendEntry(query: usize, entry: usize): void {
  const list: usize = listOf(query, entryGroup(entry), entrySide(entry));
  const last: usize = load<u32>(list, LAST);
  if (last === 0) store<u32>(list, <u32>entry, FIRST);
  else store<u32>(last, <u32>entry, NEXT);
  store<u32>(list, <u32>entry, LAST);
  store<u32>(list, load<u32>(list, COUNT) + 1, COUNT);
}

/** Behind the entries that came. */
export function pushCame(query: usize, entry: usize): void {
  const came: usize = load<u32>(query, QUERY_JOIN_LAST);
  if (came === 0) store<u32>(query, <u32>entry, QUERY_JOIN_FIRST);
  else store<u32>(came, <u32>entry, CAME);
  store<u32>(query, <u32>entry, QUERY_JOIN_LAST);
}

export function setEntryGroup(entry: usize, row: usize): void {
  store<u32>(entry, <u32>row, GROUP);
}

export function chainEntry(entry: usize, next: usize): void {
  store<u32>(entry, <u32>next, NEXT);
}

/** Frees all rows of both sides. */
export function dropJoined(query: usize): void {
  store<u32>(query, 0, QUERY_JOIN_FIRST);
  store<u32>(query, 0, QUERY_JOIN_LAST);
  while (firstSlice(query) < endOfSlices(query)) dropFirst(query);
}

/** Frees the first slice and all rows of its groups. */
export function dropFirst(query: usize): void {
  const slice: usize = sliceAt(query, firstSlice(query));
  const before: u64 = lastingBytes();
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) {
      releaseEntries(query, row, 0);
      releaseEntries(query, row, 1);
    }
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  releaseSlice(query, takeSlice(query, firstSlice(query)));
}

function releaseEntries(query: usize, row: usize, side: u32): void {
  let entry: usize = firstEntry(query, row, side);
  while (entry !== 0) {
    const next: usize = nextEntry(entry);
    releaseEntry(query, entry);
    entry = next;
  }
}

export function releaseEntry(query: usize, entry: usize): void {
  const at: usize = sideOf(query, entrySide(entry));
  const columns: u32 = load<u32>(at, SIDE_COLUMN_COUNT);
  for (let c: u32 = 0; c < columns; c++)
    releaseCell(load<u32>(load<u32>(at, SIDE_COLUMNS) + (c << 3)), entryCell(entry, c));
  release(entry);
}
