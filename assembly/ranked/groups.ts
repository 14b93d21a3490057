// The best rows of every group, with no window to end it: ROW_NUMBER() OVER (PARTITION BY … ORDER BY …) <= n, or RANK, or DENSE_RANK,
// as a changelog. Groups and their entries are those of top/top.ts. Where rows may be taken back a group keeps all its rows, since
// one that is not among the best may come to be; else only the best.
//
// Slot of the row, behind that of top.ts: 16 u32 what readers have { u32 entry, u32 rank }[]   20 u32 its length   24 u32 1 = changed
// Struct of the query: 0 u32 list of changed rows   4 u32 their number   8 u32 room   12 u32 next   then emit-ranked.ts from 16
import { isTaken, readOps } from "../changes/ops";
import { allocate, release } from "../memory/heap";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { LANE_OPS, SOURCES } from "../memory/vectors";
import { findPartitions } from "../over/find";
import {
  QUERY_FRAME,
  QUERY_PARTITIONS,
  QUERY_RANKED,
  QUERY_RETRACTED,
  QUERY_ROW_BYTES,
  QUERY_TOP,
} from "../program/query";
import { COUNT_STATE_BYTES } from "../shared/abi";
import { blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { CELL_BYTES } from "../top/cells";
import { leaveEntry, offer, readCandidate, remove, TOP_CELLS } from "../top/top";
import { addTo, releaseSlice } from "../window/slices";

export const RANKED_SLOT_BYTES: u32 = 16;
export const RANKED_BYTES: u32 = 48;
export const GIVEN: usize = 16;
export const GIVEN_COUNT: usize = 20;
const CHANGED: usize = 24;
const COUNT: usize = 4;
const ROOM: usize = 8;
const NEXT: usize = 12;
const FIRST_ROOM: u32 = 16;

/** Lanes [0, lanes) of the query's registers into their groups, or out of them. */
export function accumulateRanked(query: usize, lanes: u32): void {
  const before: u64 = lastingBytes();
  findPartitions(query, lanes);
  const retracted: bool = load<u32>(query, QUERY_RETRACTED) !== 0;
  if (retracted) readOps(query, lanes);
  const candidate: usize = scratchAllocate(load<u32>(load<u32>(query, QUERY_TOP), TOP_CELLS) * CELL_BYTES);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(SOURCES + (i << 2));
    readCandidate(query, i, candidate);
    const taken: bool = retracted && isTaken(load<u8>(LANE_OPS + i));
    const changed: bool = taken ? remove(query, row, candidate) : offer(query, row, candidate);
    if (changed) note(query, row);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

function note(query: usize, row: usize): void {
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  if (load<u32>(slot, CHANGED) !== 0) return;
  store<u32>(slot, 1, CHANGED);
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  const count: u32 = load<u32>(ranked, COUNT);
  if (count === load<u32>(ranked, ROOM)) {
    const room: u32 = max<u32>(FIRST_ROOM, count * 2);
    const list: usize = allocate(room << 2);
    memory.copy(list, load<u32>(ranked), count << 2);
    release(load<u32>(ranked));
    store<u32>(ranked, <u32>list);
    store<u32>(ranked, room, ROOM);
  }
  store<u32>(<usize>load<u32>(ranked) + (count << 2), <u32>row);
  store<u32>(ranked, count + 1, COUNT);
}

/** The next group that has changed, 0 when there is none; it is unchanged then. */
export function nextChanged(query: usize): usize {
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  const next: u32 = load<u32>(ranked, NEXT);
  if (next === load<u32>(ranked, COUNT)) {
    store<u32>(ranked, 0, COUNT);
    store<u32>(ranked, 0, NEXT);
    return 0;
  }
  const row: usize = load<u32>(<usize>load<u32>(ranked) + (next << 2));
  store<u32>(ranked, next + 1, NEXT);
  store<u32>(row + load<u32>(query, QUERY_FRAME), 0, CHANGED);
  return row;
}

/** Frees the groups and the list of those that have changed. */
export function dropGroups(query: usize): void {
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  store<u32>(query, 0, QUERY_PARTITIONS);
  release(load<u32>(load<u32>(query, QUERY_RANKED)));
  if (partitions === 0) return;
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  for (let block: usize = firstBlock(partitions); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(partitions, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) {
      const slot: usize = row + load<u32>(query, QUERY_FRAME);
      const given: usize = load<u32>(slot, GIVEN);
      for (let i: u32 = 0; i < load<u32>(slot, GIVEN_COUNT); i++) leaveEntry(query, load<u32>(given + (i << 3)));
      release(given);
    }
  }
  // The entries of groups go with their rows.
  releaseSlice(query, partitions);
}
