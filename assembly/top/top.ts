// The best rows of every group, ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n, or RANK, or DENSE_RANK: an aggregate whose
// result is rows. A group keeps its entries in order; equal ones are told apart by their other columns, so that what is kept does
// not depend on the order in which rows came. ROW_NUMBER keeps at most n entries; RANK those before which fewer than n are
// better, and DENSE_RANK those of the n best values: both keep all that are equal to one they keep.
//
// Program, in the query: 0 u32 most   4 u32 cells   8 u32 register + 1 of the rank, 0 none   12 u32 RANK_*   16 u32 cells of ORDER BY
// 20 u32 the most that is kept   24 u32 1 = readers are told the number
// then a cell, those of ORDER BY first: 0 u32 register read   4 u32 register + 1 written, 0 none   8 u32 1 = descending   12 u32 1 = NULLs first
// Entry: the cells, then u32 how many hold it. Slot of the row: 0 u32 list of entries { u32 address }   4 u32 entries   8 u32 room   12 u32 different values (DENSE_RANK)
import { allocate, release } from "../memory/heap";
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ENTRIES, RANKS, ROWS, SOURCES } from "../memory/vectors";
import { QUERY_FRAME, QUERY_TOP } from "../program/query";
import { RANK_DENSE, RANK_NUMBER } from "../shared/abi";
import { LANE_VALID } from "../shared/status";
import { CELL_BYTES, compareCells, ownCell, readCell, releaseCell, writeCell } from "./cells";

export const TOP_SLOT_BYTES: u32 = 16;
export const TOP_MOST: usize = 0;
export const TOP_CELLS: usize = 4;
export const TOP_RANK: usize = 8;
export const TOP_KIND: usize = 12;
export const TOP_ORDER: usize = 16;
export const TOP_KEEP: usize = 20;
export const TOP_TOLD: usize = 24;
export const TOP_HEADER: u32 = 32;
export const TOP_CELL_BYTES: u32 = 16;
export const TOP_FROM: usize = 0;
export const TOP_TO: usize = 4;
export const TOP_DESCENDING: usize = 8;
export const TOP_NULLS_FIRST: usize = 12;
const COUNT: usize = 4;
const ROOM: usize = 8;
const VALUES: usize = 12;

function cellOf(top: usize, index: u32): usize {
  return top + TOP_HEADER + index * TOP_CELL_BYTES;
}

/** Lanes [0, lanes) into the groups whose rows are in ROWS. */
export function addTop(query: usize, lanes: u32): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const cells: u32 = load<u32>(top, TOP_CELLS);
  const candidate: usize = scratchAllocate(cells * CELL_BYTES);
  for (let i: u32 = 0; i < lanes; i++) {
    readCandidate(query, i, candidate);
    offer(query, load<u32>(ROWS + (i << 2)), candidate);
  }
}

/** A lane as an entry, whose strings are not its own. */
export function readCandidate(query: usize, lane: u32, candidate: usize): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const cells: u32 = load<u32>(top, TOP_CELLS);
  for (let c: u32 = 0; c < cells; c++) readCell(load<u32>(cellOf(top, c), TOP_FROM), lane, candidate + c * CELL_BYTES);
}

/** Enters the candidate, whose strings are copied, if it is among the best. False when it is not. */
export function offer(query: usize, row: usize, candidate: usize): bool {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const count: u32 = load<u32>(slot, COUNT);
  const low: u32 = placeOf(top, slot, candidate);
  const most: u32 = load<u32>(top, TOP_KEEP);
  if (load<u32>(top, TOP_KIND) === RANK_NUMBER) {
    if (low >= most) return false;
    if (count === most) dropLast(top, slot);
    enter(top, slot, low, candidate);
    return true;
  }
  const equal: bool =
    (low > 0 && ties(top, candidate, entryAt(slot, low - 1))) ||
    (low < count && ties(top, candidate, entryAt(slot, low)));
  if (!equal) {
    const before: u32 = load<u32>(top, TOP_KIND) === RANK_DENSE ? load<u32>(slot, VALUES) : count;
    if (low === count && before >= most) return false;
    store<u32>(slot, load<u32>(slot, VALUES) + 1, VALUES);
  }
  enter(top, slot, low, candidate);
  dropBeyond(top, slot);
  return true;
}

/** The place behind all entries that are not after the candidate. */
function placeOf(top: usize, slot: usize, candidate: usize): u32 {
  let low: u32 = 0;
  let high: u32 = load<u32>(slot, COUNT);
  while (low < high) {
    const middle: u32 = (low + high) >> 1;
    if (compareEntries(top, candidate, entryAt(slot, middle)) < 0) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** Takes an entry that is equal to the candidate out of a group that keeps all. False when there is none. */
export function remove(query: usize, row: usize, candidate: usize): bool {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const place: u32 = placeOf(top, slot, candidate);
  if (place === 0 || compareEntries(top, candidate, entryAt(slot, place - 1)) !== 0) return false;
  const count: u32 = load<u32>(slot, COUNT) - 1;
  leaveEntry(query, <u32>entryAt(slot, place - 1));
  const at: usize = <usize>load<u32>(slot) + ((place - 1) << 2);
  memory.copy(at, at + 4, (count - place + 1) << 2);
  store<u32>(slot, count, COUNT);
  return true;
}

/** One more entry moves others back by one: the last value may be out, and then all that have it. */
function dropBeyond(top: usize, slot: usize): void {
  const count: u32 = load<u32>(slot, COUNT);
  const most: u32 = load<u32>(top, TOP_KEEP);
  if (load<u32>(top, TOP_KIND) === RANK_DENSE) {
    if (load<u32>(slot, VALUES) <= most) return;
  } else {
    if (count <= most || ties(top, entryAt(slot, most - 1), entryAt(slot, count - 1))) return;
  }
  const worst: usize = entryAt(slot, count - 1);
  while (load<u32>(slot, COUNT) > 1 && ties(top, entryAt(slot, load<u32>(slot, COUNT) - 2), worst))
    dropBeforeLast(top, slot);
  dropLast(top, slot);
  store<u32>(slot, load<u32>(slot, VALUES) - 1, VALUES);
}

function entryAt(slot: usize, index: u32): usize {
  return load<u32>(<usize>load<u32>(slot) + (index << 2));
}

function dropLast(top: usize, slot: usize): void {
  const last: u32 = load<u32>(slot, COUNT) - 1;
  leave(top, entryAt(slot, last));
  store<u32>(slot, last, COUNT);
}

function dropBeforeLast(top: usize, slot: usize): void {
  const last: u32 = load<u32>(slot, COUNT) - 1;
  const kept: u32 = <u32>entryAt(slot, last);
  store<u32>(<usize>load<u32>(slot) + (last << 2), <u32>entryAt(slot, last - 1));
  store<u32>(<usize>load<u32>(slot) + ((last - 1) << 2), kept);
  dropLast(top, slot);
}

function enter(top: usize, slot: usize, at: u32, candidate: usize): void {
  const cells: u32 = load<u32>(top, TOP_CELLS);
  const count: u32 = load<u32>(slot, COUNT);
  const entry: usize = allocate(cells * CELL_BYTES + 8);
  store<u32>(entry + cells * CELL_BYTES, 1);
  if (count === load<u32>(slot, ROOM)) makeRoom(slot, count);
  const place: usize = <usize>load<u32>(slot) + (at << 2);
  memory.copy(place + 4, place, (count - at) << 2);
  store<u32>(place, <u32>entry);
  store<u32>(slot, count + 1, COUNT);
  memory.copy(entry, candidate, cells * CELL_BYTES);
  for (let c: u32 = 0; c < cells; c++) ownCell(load<u32>(cellOf(top, c), TOP_FROM), entry + c * CELL_BYTES);
}

/** The row in ROWS takes the entries of the one in SOURCES, lane by lane. */
export function mergeTop(query: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const source: usize = load<u32>(SOURCES + (i << 2));
    const count: u32 = topCount(query, source);
    for (let e: u32 = 0; e < count; e++) offer(query, load<u32>(ROWS + (i << 2)), topEntry(query, source, e));
  }
}

/** Whether two entries are equal in ORDER BY. */
function ties(top: usize, a: usize, b: usize): bool {
  return compareCellsOf(top, load<u32>(top, TOP_ORDER), a, b) === 0;
}

/** The rank of a group's entry `index`; `before` is that of the entry before it. */
export function topRank(query: usize, row: usize, index: u32, before: u32): u32 {
  const top: usize = load<u32>(query, QUERY_TOP);
  const kind: u32 = load<u32>(top, TOP_KIND);
  if (index === 0 || kind === RANK_NUMBER) return index + 1;
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  if (ties(top, entryAt(slot, index - 1), entryAt(slot, index))) return before;
  return kind === RANK_DENSE ? before + 1 : index + 1;
}

function makeRoom(slot: usize, count: u32): void {
  const room: u32 = max<u32>(4, count * 2);
  const list: usize = allocate(room << 2);
  memory.copy(list, load<u32>(slot), count << 2);
  release(load<u32>(slot));
  store<u32>(slot, <u32>list);
  store<u32>(slot, room, ROOM);
}

/** By ORDER BY, then by the other cells ascending. */
export function compareEntries(top: usize, a: usize, b: usize): i32 {
  return compareCellsOf(top, load<u32>(top, TOP_CELLS), a, b);
}

function compareCellsOf(top: usize, cells: u32, a: usize, b: usize): i32 {
  for (let c: u32 = 0; c < cells; c++) {
    const cell: usize = cellOf(top, c);
    const order: i32 = compareCells(
      load<u32>(cell, TOP_FROM),
      a + c * CELL_BYTES,
      b + c * CELL_BYTES,
      load<u32>(cell, TOP_DESCENDING) !== 0,
      load<u32>(cell, TOP_NULLS_FIRST) !== 0,
    );
    if (order !== 0) return order;
  }
  return 0;
}

/** Entries of a group. */
export function topCount(query: usize, row: usize): u32 {
  return load<u32>(row + load<u32>(query, QUERY_FRAME), COUNT);
}

export function topEntry(query: usize, row: usize, index: u32): u32 {
  return load<u32>(<usize>load<u32>(row + load<u32>(query, QUERY_FRAME)) + (index << 2));
}

/** Entries in ENTRIES and their ranks in RANKS to registers. */
export function writeTop(query: usize, lanes: u32): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const cells: u32 = load<u32>(top, TOP_CELLS);
  for (let c: u32 = 0; c < cells; c++) {
    const to: u32 = load<u32>(cellOf(top, c), TOP_TO);
    if (to === 0) continue;
    unalias(to - 1);
    for (let i: u32 = 0; i < lanes; i++) writeCell(to - 1, i, <usize>load<u32>(ENTRIES + (i << 2)) + c * CELL_BYTES);
  }
  const rank: u32 = load<u32>(top, TOP_RANK);
  if (rank === 0) return;
  memory.fill(validityOf(rank - 1), <u8>LANE_VALID, lanes);
  for (let i: u32 = 0; i < lanes; i++) store<i64>(valuesOf(rank - 1) + (i << 3), <i64>load<u32>(RANKS + (i << 2)));
}

function releaseCells(top: usize, entry: usize): void {
  const cells: u32 = load<u32>(top, TOP_CELLS);
  for (let c: u32 = 0; c < cells; c++) releaseCell(load<u32>(cellOf(top, c), TOP_FROM), entry + c * CELL_BYTES);
}

/** One more holds the entry. */
export function holdEntry(query: usize, entry: u32): void {
  const holders: usize = <usize>entry + load<u32>(load<u32>(query, QUERY_TOP), TOP_CELLS) * CELL_BYTES;
  store<u32>(holders, load<u32>(holders) + 1);
}

/** One less does; the last one frees it. */
export function leaveEntry(query: usize, entry: u32): void {
  leave(load<u32>(query, QUERY_TOP), entry);
}

function leave(top: usize, entry: usize): void {
  const holders: usize = entry + load<u32>(top, TOP_CELLS) * CELL_BYTES;
  const left: u32 = load<u32>(holders) - 1;
  store<u32>(holders, left);
  if (left !== 0) return;
  releaseCells(top, entry);
  release(entry);
}

/** Gives back what a group's row keeps outside it. */
export function releaseTop(query: usize, row: usize): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const count: u32 = load<u32>(slot, COUNT);
  for (let e: u32 = 0; e < count; e++) {
    leave(top, entryAt(slot, e));
  }
  release(load<u32>(slot));
}
