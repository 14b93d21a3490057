// OVER (… ORDER BY time RANGE BETWEEN length PRECEDING AND CURRENT ROW): every row's aggregates over the rows of its partition
// that are at most so much earlier, and over all of its own time. Rows come in order of time, those of one time in one vector,
// or shown before (sort/sort.ts). A partition keeps its last rows with their times in a ring; the frame is aggregated from scratch
// once a partition and time, so a row costs its frame, unless it slides (slide.ts), which keeps the same ring.
//
// Slot of the row, from RING_SLOT: 0 u32 ring   4 u32 room, a power of two   8 u32 first   12 u32 entries   16 u64 the time computed
// last, by number
// Element of the ring: 0 i64 time   8 the entry (partition.ts)
import { allocate, release } from "../memory/heap";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { ROWS, SOURCES } from "../memory/vectors";
import { QUERY_FRAME, QUERY_OPENED, QUERY_ROW_BYTES, QUERY_SIZE, QUERY_TEMPLATE } from "../program/query";
import { COUNT_STATE_BYTES } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { appendRow } from "../table/rows";
import { addTo } from "../window/slices";
import { aggregateFrames } from "./find";
import { entryBytes, hasStrings, ownStrings, releaseStrings, writeEntry } from "./partition";

export const RING_SLOT: usize = 16;
const ROOM: usize = 4;
const FIRST: usize = 8;
export const RING_COUNT: usize = 12;
export const RING_TIME: usize = 16;
const COMPUTED: usize = 16;
const FIRST_ROOM: u32 = 4;

/** Numbers times, so that a partition knows whether it has answered for this one. */
let number: u64 = 0;
let filled: u32 = 0;

function elementBytes(query: usize): u32 {
  return entryBytes(query) + 8;
}

/** Element `index` of a ring, the oldest first. */
export function elementAt(query: usize, slot: usize, index: u32): usize {
  const at: u32 = (load<u32>(slot, FIRST) + index) & (load<u32>(slot, ROOM) - 1);
  return <usize>load<u32>(slot) + at * elementBytes(query);
}

/** Lanes [from, to), rows of one time, into their partitions, which are in SOURCES. */
export function pushTime(query: usize, from: u32, to: u32, rows: usize): void {
  const before: u64 = lastingBytes();
  for (let i: u32 = from; i < to; i++) pushElement(query, slotOf(query, load<u32>(SOURCES + (i << 2))), i, rows);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** A lane of `rows` behind the others of a ring, which takes the bytes of its strings. */
export function pushElement(query: usize, slot: usize, lane: u32, rows: usize): void {
  const times: usize = load<u32>(rows);
  const bytes: u32 = entryBytes(query);
  const count: u32 = load<u32>(slot, RING_COUNT);
  if (count === load<u32>(slot, ROOM)) makeRoom(query, slot, count);
  const element: usize = elementAt(query, slot, count);
  store<u32>(slot, count + 1, RING_COUNT);
  store<i64>(element, times === 0 ? 0 : load<i64>(times + (lane << 3)));
  memory.copy(element + 8, <usize>load<u32>(rows, 4) + lane * bytes, bytes);
  ownStrings(query, element + 8);
}

/** The oldest element is out; its strings are the caller's to release. */
export function dropFirst(slot: usize): void {
  store<u32>(slot, (load<u32>(slot, FIRST) + 1) & (load<u32>(slot, ROOM) - 1), FIRST);
  store<u32>(slot, load<u32>(slot, RING_COUNT) - 1, RING_COUNT);
}

function slotOf(query: usize, row: usize): usize {
  return row + load<u32>(query, QUERY_FRAME) + RING_SLOT;
}

function makeRoom(query: usize, slot: usize, count: u32): void {
  const bytes: u32 = elementBytes(query);
  const room: u32 = max<u32>(FIRST_ROOM, count * 2);
  const ring: usize = allocate(room * bytes);
  for (let i: u32 = 0; i < count; i++) memory.copy(ring + i * bytes, elementAt(query, slot, i), bytes);
  release(load<u32>(slot));
  store<u32>(slot, <u32>ring);
  store<u32>(slot, room, ROOM);
  store<u32>(slot, 0, FIRST);
}

/** Computes lanes [0, lanes) into state rows `frames`, u32 a lane. `rows`: { u32 times, u32 entries }. `push`: the rows are new. */
export function fillRanges(query: usize, lanes: u32, rows: usize, push: bool): void {
  const times: usize = load<u32>(rows);
  let from: u32 = 0;
  while (from < lanes) {
    let to: u32 = from + 1;
    while (to < lanes && load<i64>(times + (to << 3)) === load<i64>(times + (from << 3))) to++;
    if (push) pushTime(query, from, to, rows);
    computeTime(query, from, to, rows);
    from = to;
  }
  flush(query);
}

/** What is computed waits in registers, where entries with strings must not outlive their ring. */
function computeTime(query: usize, from: u32, to: u32, rows: usize): void {
  const times: usize = load<u32>(rows);
  const frames: usize = load<u32>(rows, 8);
  const strings: bool = hasStrings(query);
  number++;
  for (let i: u32 = from; i < to; i++) {
    const partition: usize = load<u32>(SOURCES + (i << 2));
    const slot: usize = slotOf(query, partition);
    if (load<u64>(slot, COMPUTED) >> 12 === number) {
      store<u32>(frames + (i << 2), load<u32>(frames + ((<u32>(load<u64>(slot, COMPUTED) & 0xfff)) << 2)));
      continue;
    }
    store<u64>(slot, (number << 12) | i, COMPUTED);
    evict(query, slot, load<i64>(times + (i << 3)));
    const frame: u32 = <u32>(
      appendRow(load<u32>(query, QUERY_OPENED), load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES))
    );
    store<u32>(frames + (i << 2), frame);
    layOut(query, slot, frame);
    if (strings) flush(query);
  }
}

/** Drops what is too early for a frame that ends at `time`, or later. */
function evict(query: usize, slot: usize, time: i64): void {
  const length: i64 = load<i64>(query, QUERY_SIZE);
  const least: i64 = time < i64.MIN_VALUE + length ? i64.MIN_VALUE : time - length;
  const before: u64 = lastingBytes();
  let count: u32 = load<u32>(slot, RING_COUNT);
  while (count !== 0) {
    const element: usize = elementAt(query, slot, 0);
    if (load<i64>(element) >= least) break;
    releaseStrings(query, element + 8);
    dropFirst(slot);
    count--;
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

function layOut(query: usize, slot: usize, frame: u32): void {
  const count: u32 = load<u32>(slot, RING_COUNT);
  for (let e: u32 = 0; e < count; e++) {
    writeEntry(query, elementAt(query, slot, e) + 8, filled);
    store<u32>(ROWS + (filled << 2), frame);
    if (++filled === VECTOR_ROWS) flush(query);
  }
}

function flush(query: usize): void {
  aggregateFrames(query, filled);
  filled = 0;
}

/** Room for { u32 times, u32 entries, u32 frames } of a vector. */
export function rangeRows(times: usize, entries: usize, frames: usize): usize {
  const rows: usize = scratchAllocate(16);
  store<u32>(rows, <u32>times);
  store<u32>(rows, <u32>entries, 4);
  store<u32>(rows, <u32>frames, 8);
  return rows;
}

export function releaseRange(query: usize, row: usize): void {
  const slot: usize = slotOf(query, row);
  const count: u32 = load<u32>(slot, RING_COUNT);
  for (let i: u32 = 0; i < count; i++) releaseStrings(query, elementAt(query, slot, i) + 8);
  release(load<u32>(slot));
}
