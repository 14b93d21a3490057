// The best rows of every group, ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n: an aggregate whose result is rows. A group
// keeps at most n entries in order; equal ones are told apart by their other columns, so that what is kept does not depend on
// the order in which rows came.
//
// Program, in the query: 0 u32 most entries   4 u32 cells   8 u32 register + 1 of the rank, 0 none
// then a cell, those of ORDER BY first: 0 u32 register read   4 u32 register + 1 written, 0 none   8 u32 1 = descending   12 u32 1 = NULLs first
// Slot of the row: 0 u32 list of entries { u32 address }   4 u32 entries   8 u32 room
import { allocate, release } from "../memory/heap";
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ENTRIES, RANKS, ROWS } from "../memory/vectors";
import { QUERY_FRAME, QUERY_TOP } from "../program/query";
import { LANE_VALID } from "../shared/status";
import { CELL_BYTES, compareCells, ownCell, readCell, releaseCell, writeCell } from "./cells";

export const TOP_SLOT_BYTES: u32 = 16;
export const TOP_MOST: usize = 0;
export const TOP_CELLS: usize = 4;
export const TOP_RANK: usize = 8;
export const TOP_HEADER: u32 = 16;
export const TOP_CELL_BYTES: u32 = 16;
export const TOP_FROM: usize = 0;
export const TOP_TO: usize = 4;
export const TOP_DESCENDING: usize = 8;
export const TOP_NULLS_FIRST: usize = 12;
const COUNT: usize = 4;
const ROOM: usize = 8;

function cellOf(top: usize, index: u32): usize {
  return top + TOP_HEADER + index * TOP_CELL_BYTES;
}

/** Lanes [0, lanes) into the groups whose rows are in ROWS. */
export function addTop(query: usize, lanes: u32): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const cells: u32 = load<u32>(top, TOP_CELLS);
  const candidate: usize = scratchAllocate(cells * CELL_BYTES);
  for (let i: u32 = 0; i < lanes; i++) {
    for (let c: u32 = 0; c < cells; c++) readCell(load<u32>(cellOf(top, c), TOP_FROM), i, candidate + c * CELL_BYTES);
    offer(query, load<u32>(ROWS + (i << 2)), candidate);
  }
}

/** Enters the candidate if it is among the best. */
function offer(query: usize, row: usize, candidate: usize): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const most: u32 = load<u32>(top, TOP_MOST);
  let count: u32 = load<u32>(slot, COUNT);
  let low: u32 = 0;
  let high: u32 = count;
  while (low < high) {
    const middle: u32 = (low + high) >> 1;
    if (compareEntries(top, candidate, load<u32>(<usize>load<u32>(slot) + (middle << 2))) < 0) high = middle;
    else low = middle + 1;
  }
  if (low >= most) return;
  let entry: usize = 0;
  if (count === most) {
    entry = load<u32>(<usize>load<u32>(slot) + (--count << 2));
    releaseCells(top, entry);
  } else {
    entry = allocate(load<u32>(top, TOP_CELLS) * CELL_BYTES);
    if (count === load<u32>(slot, ROOM)) makeRoom(slot, count, most);
  }
  const place: usize = <usize>load<u32>(slot) + (low << 2);
  memory.copy(place + 4, place, (count - low) << 2);
  store<u32>(place, <u32>entry);
  store<u32>(slot, count + 1, COUNT);
  const cells: u32 = load<u32>(top, TOP_CELLS);
  memory.copy(entry, candidate, cells * CELL_BYTES);
  for (let c: u32 = 0; c < cells; c++) ownCell(load<u32>(cellOf(top, c), TOP_FROM), entry + c * CELL_BYTES);
}

function makeRoom(slot: usize, count: u32, most: u32): void {
  const room: u32 = min<u32>(most, max<u32>(4, count * 2));
  const list: usize = allocate(room << 2);
  memory.copy(list, load<u32>(slot), count << 2);
  release(load<u32>(slot));
  store<u32>(slot, <u32>list);
  store<u32>(slot, room, ROOM);
}

/** By ORDER BY, then by the other cells ascending. */
function compareEntries(top: usize, a: usize, b: usize): i32 {
  const cells: u32 = load<u32>(top, TOP_CELLS);
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

/** Gives back what a group's row keeps outside it. */
export function releaseTop(query: usize, row: usize): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const count: u32 = load<u32>(slot, COUNT);
  for (let e: u32 = 0; e < count; e++) {
    const entry: usize = load<u32>(<usize>load<u32>(slot) + (e << 2));
    releaseCells(top, entry);
    release(entry);
  }
  release(load<u32>(slot));
}
