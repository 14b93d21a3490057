// LEAD(x, n) OVER (PARTITION BY … ORDER BY time): a row waits until n more rows of its partition have come, and leaves with what the
// last of them says. When the input has ended the rows that wait leave with nothing.
//
// Program, in the query: 0 u32 n   4 u32 cells carried   8 u32 cells read ahead   12 u32 register: 1 = there was such a row   16 u32 block
// and 20 u32 row where the rest stands once the input has ended   24 cells { u32 register read, u32 register written }, those carried first
// Entry: 0 u32 next of its partition   8 cells (top/cells.ts)   Slot of a partition's row: 0 u32 first entry   4 u32 last   8 u32 entries
import { allocate, release } from "../memory/heap";
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { SOURCES } from "../memory/vectors";
import { findPartitions } from "../over/find";
import { QUERY_ADVANCED, QUERY_FRAME, QUERY_LEAD, QUERY_PARTITIONS, QUERY_ROW_BYTES } from "../program/query";
import { COUNT_STATE_BYTES } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";
import { addTo, releaseSlice } from "../window/slices";

export const LEAD_ROWS: usize = 0;
export const LEAD_CARRIED: usize = 4;
export const LEAD_READ: usize = 8;
export const LEAD_THERE: usize = 12;
const BLOCK: usize = 16;
const ROW: usize = 20;
export const LEAD_HEADER: u32 = 24;
export const LEAD_CELL_BYTES: u32 = 8;
export const LEAD_SLOT_BYTES: u32 = 16;
const LAST: usize = 4;
const COUNT: usize = 8;
const ENTRY_CELLS: u32 = 8;
/** The host says so (2^53 - 1 ms) when every partition of the source has ended. */
const END: i64 = (1 << 53) - 1;

/** u32 a lane: the entry that leaves, and the one it reads, 0 = none. In scratch memory. */
let leaving: usize = 0;
let ahead: usize = 0;

function cells(lead: usize): u32 {
  return load<u32>(lead, LEAD_CARRIED) + load<u32>(lead, LEAD_READ);
}

function cellOf(lead: usize, index: u32): usize {
  return lead + LEAD_HEADER + index * LEAD_CELL_BYTES;
}

/** Lanes [0, lanes) come; the rows that leave for them are written. Returns their number. `leaveLeads` frees them. */
export function pushLeads(query: usize, lanes: u32): u32 {
  const before: u64 = lastingBytes();
  findPartitions(query, lanes);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  const lead: usize = load<u32>(query, QUERY_LEAD);
  openLanes(lanes);
  const held: u64 = lastingBytes();
  let count: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const slot: usize = <usize>load<u32>(SOURCES + (i << 2)) + load<u32>(query, QUERY_FRAME);
    const entry: usize = push(lead, slot, i);
    if (load<u32>(slot, COUNT) <= load<u32>(lead, LEAD_ROWS)) continue;
    store<u32>(ahead + (count << 2), <u32>entry);
    store<u32>(leaving + (count++ << 2), shift(slot));
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>held);
  write(lead, count);
  return count;
}

function openLanes(lanes: u32): void {
  leaving = scratchAllocate((lanes << 2) + 16);
  ahead = scratchAllocate((lanes << 2) + 16);
}

function push(lead: usize, slot: usize, lane: u32): usize {
  const entry: usize = allocate(ENTRY_CELLS + cells(lead) * CELL_BYTES);
  store<u32>(entry, 0);
  for (let c: u32 = 0; c < cells(lead); c++) {
    const cell: usize = entry + ENTRY_CELLS + c * CELL_BYTES;
    readCell(load<u32>(cellOf(lead, c)), lane, cell);
    ownCell(load<u32>(cellOf(lead, c)), cell);
  }
  if (load<u32>(slot, COUNT) === 0) store<u32>(slot, <u32>entry);
  else store<u32>(load<u32>(slot, LAST), <u32>entry);
  store<u32>(slot, <u32>entry, LAST);
  store<u32>(slot, load<u32>(slot, COUNT) + 1, COUNT);
  return entry;
}

/** The first entry of a partition, which is one less then. */
function shift(slot: usize): u32 {
  const entry: u32 = load<u32>(slot);
  store<u32>(slot, load<u32>(entry));
  store<u32>(slot, load<u32>(slot, COUNT) - 1, COUNT);
  return entry;
}

/** Fills the registers written of `count` rows. */
function write(lead: usize, count: u32): void {
  const carried: u32 = load<u32>(lead, LEAD_CARRIED);
  for (let c: u32 = 0; c < cells(lead); c++) {
    const to: u32 = load<u32>(cellOf(lead, c), 4);
    const from: usize = c < carried ? leaving : ahead;
    unalias(to);
    for (let i: u32 = 0; i < count; i++) {
      const entry: usize = load<u32>(from + (i << 2));
      if (entry === 0) store<u8>(validityOf(to) + i, <u8>LANE_NULL);
      else writeCell(to, i, entry + ENTRY_CELLS + c * CELL_BYTES);
    }
  }
  const there: u32 = load<u32>(lead, LEAD_THERE);
  memory.fill(validityOf(there), <u8>LANE_VALID, count);
  for (let i: u32 = 0; i < count; i++) store<i64>(valuesOf(there) + (i << 3), i64(load<u32>(ahead + (i << 2)) !== 0));
}

/** The next rows that wait in vain, once the input has ended; 0 when there are none. `leaveLeads` frees them. */
export function nextLeads(query: usize): u32 {
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  if (partitions === 0 || load<i64>(query, QUERY_ADVANCED) < END) return 0;
  const lead: usize = load<u32>(query, QUERY_LEAD);
  openLanes(VECTOR_ROWS);
  memory.fill(ahead, 0, VECTOR_ROWS << 2);
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  let count: u32 = 0;
  let block: usize = load<u32>(lead, BLOCK);
  let row: usize = load<u32>(lead, ROW);
  if (block === 0) {
    block = firstBlock(partitions);
    row = blockRows(block);
  }
  while (count < <u32>VECTOR_ROWS) {
    if (row >= blockEnd(partitions, block)) {
      if (nextBlock(block) === 0) break;
      block = nextBlock(block);
      row = blockRows(block);
      continue;
    }
    const slot: usize = row + load<u32>(query, QUERY_FRAME);
    if (load<u32>(slot, COUNT) === 0) row += bytes;
    else store<u32>(leaving + (count++ << 2), shift(slot));
  }
  store<u32>(lead, <u32>block, BLOCK);
  store<u32>(lead, <u32>row, ROW);
  write(lead, count);
  return count;
}

/** The rows just written, for `leaveLeads`: another query of this kind may read them, and write its own. */
export function leadsInHand(): usize {
  return leaving;
}

/** The rows written have been read. */
export function leaveLeads(query: usize, rows: usize, count: u32): void {
  const before: u64 = lastingBytes();
  for (let i: u32 = 0; i < count; i++) releaseEntry(load<u32>(query, QUERY_LEAD), load<u32>(rows + (i << 2)));
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

function releaseEntry(lead: usize, entry: usize): void {
  for (let c: u32 = 0; c < cells(lead); c++)
    releaseCell(load<u32>(cellOf(lead, c)), entry + ENTRY_CELLS + c * CELL_BYTES);
  release(entry);
}

/** Frees everything a query keeps. */
export function dropLeads(query: usize): void {
  const lead: usize = load<u32>(query, QUERY_LEAD);
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  store<u32>(query, 0, QUERY_PARTITIONS);
  if (partitions !== 0) {
    const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
    for (let block: usize = firstBlock(partitions); block !== 0; block = nextBlock(block)) {
      const end: usize = blockEnd(partitions, block);
      for (let row: usize = blockRows(block); row < end; row += bytes) {
        const slot: usize = row + load<u32>(query, QUERY_FRAME);
        while (load<u32>(slot, COUNT) !== 0) releaseEntry(lead, shift(slot));
      }
    }
    releaseSlice(query, partitions);
  }
  release(lead);
}
