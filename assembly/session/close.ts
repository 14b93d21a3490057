// Which sessions the watermark closes. Each is filed under the time of its end, a quarter of the gap wide, and is looked at when
// the watermark has reached that time: one that has grown meanwhile is filed anew, so that extending a session costs nothing and
// closing never looks at all of them. Sessions leave in order of their end and then of their key.
//
// File, in the query: 0 i64 number of its time   8 u32 rows[]   12 u32 rows   16 u32 room   -> 24 bytes each, in order of numbers
import { mergeRows } from "../aggregate/merge";
import { allocate, release } from "../memory/heap";
import { lastingBytes } from "../memory/scratch";
import { ENDS, ROWS, SOURCES, STARTS } from "../memory/vectors";
import {
  QUERY_FILE_COUNT,
  QUERY_FILE_ROOM,
  QUERY_FILES,
  QUERY_KEY_COUNT,
  QUERY_ROW_BYTES,
  QUERY_SESSION_LEFT,
  QUERY_SESSIONS,
  QUERY_SESSIONS_DEAD,
  QUERY_SIZE,
  QUERY_SORTED,
  QUERY_SORTED_NEXT,
  QUERY_TEMPLATE,
} from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { probe } from "../table/probe";
import { appendRow, blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { beginSorting, sortEntries, sortedCount, sortedRow, writeEntry } from "../table/sort";
import { copyKeys } from "../window/merge-slice";
import { closedEdge } from "../window/share";
import { SLICE_GROUPS } from "../window/slice";
import { addTo, endOfSlices, firstSlice, releaseSlice, sliceAt, sliceFor, takeSlice } from "../window/slices";
import { dropQueue } from "./sequence";
import { beginSession, endSession, isLive, markFiled, sessionEnd, sessionStart } from "./session";

const FILE_BYTES: u32 = 24;
const ROWS_AT: usize = 8;
const COUNT: usize = 12;
const ROOM: usize = 16;
const SIGN: u64 = 1 << 63;
/** Rows without a session are given back when they are at least so many, and more than those that hold one. */
const LEAST_DEAD: u32 = 4096;

function widthOf(query: usize): i64 {
  return max<i64>(1, load<i64>(query, QUERY_SIZE) >> 2);
}

/** Number of the time that an end falls into. */
function numberOf(query: usize, end: i64): i64 {
  const width: i64 = widthOf(query);
  const number: i64 = end / width;
  return number * width > end ? number - 1 : number;
}

function fileAt(query: usize, index: u32): usize {
  return <usize>load<u32>(query, QUERY_FILES) + index * FILE_BYTES;
}

/** Files a row under its session's end. */
export function fileSession(query: usize, row: usize): void {
  const number: i64 = numberOf(query, sessionEnd(query, row));
  const file: usize = fileFor(query, number);
  const count: u32 = load<u32>(file, COUNT);
  if (count === load<u32>(file, ROOM)) {
    const room: u32 = max<u32>(16, count * 2);
    const rows: usize = allocate(room << 2);
    memory.copy(rows, load<u32>(file, ROWS_AT), count << 2);
    release(load<u32>(file, ROWS_AT));
    store<u32>(file, <u32>rows, ROWS_AT);
    store<u32>(file, room, ROOM);
  }
  store<u32>(<usize>load<u32>(file, ROWS_AT) + (count << 2), <u32>row);
  store<u32>(file, count + 1, COUNT);
  markFiled(query, row, true);
}

function fileFor(query: usize, number: i64): usize {
  const count: u32 = load<u32>(query, QUERY_FILE_COUNT);
  let low: u32 = 0;
  let high: u32 = count;
  if (count !== 0 && load<i64>(fileAt(query, count - 1)) < number) low = count;
  while (low < high) {
    const middle: u32 = (low + high) >> 1;
    if (load<i64>(fileAt(query, middle)) < number) low = middle + 1;
    else high = middle;
  }
  if (low < count && load<i64>(fileAt(query, low)) === number) return fileAt(query, low);
  if (count === load<u32>(query, QUERY_FILE_ROOM)) {
    const room: u32 = max<u32>(16, count * 2);
    const files: usize = allocate(room * FILE_BYTES);
    memory.copy(files, load<u32>(query, QUERY_FILES), count * FILE_BYTES);
    release(load<u32>(query, QUERY_FILES));
    store<u32>(query, <u32>files, QUERY_FILES);
    store<u32>(query, room, QUERY_FILE_ROOM);
  }
  const at: usize = fileAt(query, low);
  memory.copy(at + FILE_BYTES, at, (count - low) * FILE_BYTES);
  memory.fill(at, 0, FILE_BYTES);
  store<i64>(at, number);
  store<u32>(query, count + 1, QUERY_FILE_COUNT);
  return at;
}

/** Fills ROWS, STARTS and ENDS from the sessions that have closed; 0 when there are no more. */
export function fillSessions(query: usize): u32 {
  releaseEmitted(query);
  if (load<u32>(query, QUERY_SORTED) === 0 && !gatherClosed(query)) return 0;
  const sorted: usize = load<u32>(query, QUERY_SORTED);
  const next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
  const lanes: u32 = min<u32>(sortedCount(sorted) - next, VECTOR_ROWS);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = sortedRow(sorted, next + i);
    store<u32>(ROWS + (i << 2), <u32>row);
    store<i64>(STARTS + (i << 3), sessionStart(query, row));
    store<i64>(ENDS + (i << 3), sessionEnd(query, row));
  }
  store<u32>(query, next + lanes, QUERY_SORTED_NEXT);
  return lanes;
}

/** The batch before has been read: its sessions are over. */
function releaseEmitted(query: usize): void {
  const sorted: usize = load<u32>(query, QUERY_SORTED);
  if (sorted === 0) return;
  const before: u64 = lastingBytes();
  const next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
  for (let i: u32 = load<u32>(query, QUERY_SESSION_LEFT); i < next; i++) endSession(query, sortedRow(sorted, i));
  store<u32>(query, next, QUERY_SESSION_LEFT);
  if (next === sortedCount(sorted)) {
    release(sorted);
    store<u32>(query, 0, QUERY_SORTED);
    store<u32>(query, 0, QUERY_SESSION_LEFT);
    compact(query);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Sorts the sessions that have closed into QUERY_SORTED; false when there are none. */
function gatherClosed(query: usize): bool {
  const edge: i64 = closedEdge(query);
  const files: u32 = load<u32>(query, QUERY_FILE_COUNT);
  const before: u64 = lastingBytes();
  let over: u32 = 0;
  let most: u32 = 0;
  const reached: i64 = edge === i64.MAX_VALUE ? edge : numberOf(query, edge);
  while (over < files && load<i64>(fileAt(query, over)) <= reached) most += load<u32>(fileAt(query, over++), COUNT);
  if (over === 0) return false;
  const taken: usize = allocate(over * FILE_BYTES);
  memory.copy(taken, load<u32>(query, QUERY_FILES), over * FILE_BYTES);
  memory.copy(load<u32>(query, QUERY_FILES), fileAt(query, over), (files - over) * FILE_BYTES);
  store<u32>(query, files - over, QUERY_FILE_COUNT);
  const entries: usize = beginSorting(most);
  let count: u32 = 0;
  for (let f: u32 = 0; f < over; f++) {
    const file: usize = taken + f * FILE_BYTES;
    const rows: usize = load<u32>(file, ROWS_AT);
    const all: u32 = load<u32>(file, COUNT);
    for (let i: u32 = 0; i < all; i++) {
      const row: usize = load<u32>(rows + (i << 2));
      markFiled(query, row, false);
      // One that was united with another is no session any more; one that has grown is filed anew.
      if (!isLive(query, row)) continue;
      const end: i64 = sessionEnd(query, row);
      if (end > edge) fileSession(query, row);
      else writeEntry(entries, count++, <u64>end ^ SIGN, <u32>row);
    }
    release(rows);
  }
  release(taken);
  if (count === 0) {
    release(entries);
    addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
    return false;
  }
  store<u32>(query, <u32>sortEntries(entries, count), QUERY_SORTED);
  store<u32>(query, 0, QUERY_SORTED_NEXT);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  return true;
}

/** Once most rows hold no session, those that do move to a table of their own. */
function compact(query: usize): void {
  const dead: u32 = load<u32>(query, QUERY_SESSIONS_DEAD);
  if (dead < LEAST_DEAD || dead < load<u32>(query, QUERY_SESSIONS)) return;
  const table: usize = takeSlice(query, firstSlice(query));
  const further: usize = firstSlice(query) < endOfSlices(query) ? takeSlice(query, firstSlice(query)) : 0;
  dropFiles(query);
  addTo(query, COUNT_GROUPS, -(<i64>load<u32>(query, QUERY_SESSIONS)));
  store<u32>(query, 0, QUERY_SESSIONS);
  store<u32>(query, 0, QUERY_SESSIONS_DEAD);
  moveFrom(query, table);
  if (further !== 0) moveFrom(query, further);
  giveBack(query, table);
  if (further !== 0) giveBack(query, further);
}

function moveFrom(query: usize, old: usize): void {
  const rowBytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const into: usize = sliceFor(query, 0);
  let lanes: u32 = 0;
  for (let block: usize = firstBlock(old); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(old, block);
    for (let row: usize = blockRows(block); row < end; row += rowBytes) {
      if (!isLive(query, row)) continue;
      store<u32>(SOURCES + (lanes << 2), <u32>row);
      if (++lanes < <u32>VECTOR_ROWS) continue;
      move(query, into, lanes);
      lanes = 0;
    }
  }
  if (lanes !== 0) move(query, into, lanes);
}

/** Frees a slice whose rows were never counted as groups. The caller counts its bytes. */
function giveBack(query: usize, slice: usize): void {
  addTo(query, COUNT_GROUPS, load<u32>(slice, SLICE_GROUPS));
  const before: u64 = lastingBytes();
  releaseSlice(query, slice);
  addTo(query, COUNT_STATE_BYTES, <i64>before - <i64>lastingBytes());
}

/** Sessions of the rows in SOURCES to another table. */
function move(query: usize, into: usize, lanes: u32): void {
  const keyed: bool = load<u32>(query, QUERY_KEY_COUNT) !== 0;
  if (keyed) probe(query, into, 0, lanes, copyKeys(lanes));
  else onlyKey(query, into, lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    const from: usize = load<u32>(SOURCES + (i << 2));
    const head: usize = load<u32>(ROWS + (i << 2));
    const row: usize = beginSession(query, head, sessionStart(query, from), sessionEnd(query, from));
    store<u32>(ROWS + (i << 2), <u32>row);
    fileSession(query, row);
  }
  mergeRows(query, into, lanes);
}

/** ROWS becomes the one key there is without keys. */
export function onlyKey(query: usize, slice: usize, lanes: u32): void {
  if (load<u32>(slice, SLICE_GROUPS) === 0)
    appendRow(slice, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES));
  const only: usize = blockRows(firstBlock(slice));
  for (let i: u32 = 0; i < lanes; i++) store<u32>(ROWS + (i << 2), <u32>only);
}

function dropFiles(query: usize): void {
  for (let i: u32 = 0; i < load<u32>(query, QUERY_FILE_COUNT); i++) release(load<u32>(fileAt(query, i), ROWS_AT));
  release(load<u32>(query, QUERY_FILES));
  store<u32>(query, 0, QUERY_FILES);
  store<u32>(query, 0, QUERY_FILE_COUNT);
  store<u32>(query, 0, QUERY_FILE_ROOM);
}

/** Frees everything a query keeps beside its slice. */
export function dropSessions(query: usize): void {
  const before: u64 = lastingBytes();
  dropFiles(query);
  dropQueue(query);
  release(load<u32>(query, QUERY_SORTED));
  store<u32>(query, 0, QUERY_SORTED);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  // Rows of the table are not what is counted as groups.
  addTo(query, COUNT_GROUPS, -(<i64>load<u32>(query, QUERY_SESSIONS)));
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++)
    addTo(query, COUNT_GROUPS, load<u32>(sliceAt(query, i), SLICE_GROUPS));
}

/** A time that the next session to close does not end before: a quarter of the gap wide. The greatest i64 where there is none. */
export function nextSessionEnd(query: usize): i64 {
  if (load<u32>(query, QUERY_SESSIONS) === 0 || load<u32>(query, QUERY_FILE_COUNT) === 0) return i64.MAX_VALUE;
  return load<i64>(fileAt(query, 0)) * widthOf(query);
}

/** Sessions that are open. */
export function openSessions(query: usize): i64 {
  return load<u32>(query, QUERY_SESSIONS);
}
