// OVER with long frames whose aggregates can be taken back (changes/retract.ts): the partition's own row holds the state of its frame,
// which rows enter and leave once each, so a row costs the same whatever its frame. Rows of different partitions are changed
// together, a vector at a time; a partition's next row, or its next time with RANGE, waits for the next round.
//
// Slot of the row: 0 u32 round it took part in last   8 i64 kept by changes/track.ts   16 the ring (range.ts)   32 i64 time of its round

import { finishAggregates } from "../aggregate/finish";
import { updateChanges } from "../changes/retract";
import { scratchAllocate } from "../memory/scratch";
import { LANE_OPS, ROWS, RUN_FIRST, RUN_SLICE, SELECTED_NEXT, SOURCES } from "../memory/vectors";
import {
  QUERY_AGGREGATE_COUNT,
  QUERY_FRAME,
  QUERY_PARTITIONS,
  QUERY_PRECEDING,
  QUERY_RANGE,
  QUERY_SIZE,
} from "../program/query";
import { OP_DELETE, OP_INSERT } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { showing, shownBefore } from "../sort/shown";
import { CELL_BYTES } from "../top/cells";
import { hasStrings, releaseStrings, writeEntry } from "./partition";
import { dropFirst, elementAt, pushElement, RING_COUNT, RING_SLOT, RING_TIME } from "./range";
import { keepResults, writeResults } from "./running";

let round: u32 = 0;
let filled: u32 = 0;

/** Fills the result registers of `lanes` rows, whose partitions are in SOURCES. `rows`: { u32 times, u32 entries }. */
export function slideFrames(query: usize, lanes: u32, rows: usize): void {
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  const results: usize = scratchAllocate(lanes * aggregates * CELL_BYTES + 16);
  const waiting: usize = scratchAllocate((lanes << 2) + 16);
  for (let i: u32 = 0; i < lanes; i++) store<u32>(waiting + (i << 2), i);
  let left: u32 = lanes;
  while (left !== 0) {
    const before: u32 = left;
    left = takeRound(query, waiting, left, rows);
    if (!showing) finishRound(query, before - left, results);
  }
  if (!showing) writeResults(query, lanes, results);
}

/** Changes the states of the partitions that have a row waiting. SELECTED_NEXT: the rows. Returns how many wait on. */
function takeRound(query: usize, waiting: usize, count: u32, rows: usize): u32 {
  const times: usize = load<u32>(rows);
  const slotAt: u32 = load<u32>(query, QUERY_FRAME);
  const ranged: bool = load<u32>(query, QUERY_RANGE) !== 0;
  round++;
  let taken: u32 = 0;
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const lane: u32 = load<u32>(waiting + (i << 2));
    const partition: usize = load<u32>(SOURCES + (lane << 2));
    const slot: usize = partition + slotAt;
    const time: i64 = ranged ? load<i64>(times + (lane << 3)) : 0;
    const known: bool = load<u32>(slot) === round;
    if (known && !(ranged && load<i64>(slot, RING_SLOT + RING_TIME) === time)) {
      store<u32>(waiting + (left++ << 2), lane);
      continue;
    }
    store<u32>(slot, round);
    store<i64>(slot, time, RING_SLOT + RING_TIME);
    store<u32>(SELECTED_NEXT + (taken++ << 2), lane);
    if (!shownBefore) pushElement(query, slot + RING_SLOT, lane, rows);
    if (!shownBefore) addLane(query, partition, newest(query, slot + RING_SLOT), OP_INSERT);
    if (!known) evict(query, partition, time);
  }
  flush(query);
  return left;
}

function newest(query: usize, ring: usize): usize {
  return elementAt(query, ring, load<u32>(ring, RING_COUNT) - 1);
}

/** Rows that are before the frame of a row at `time`, or of the newest row, leave the state. */
function evict(query: usize, partition: usize, time: i64): void {
  const ring: usize = partition + load<u32>(query, QUERY_FRAME) + RING_SLOT;
  const ranged: bool = load<u32>(query, QUERY_RANGE) !== 0;
  const length: i64 = load<i64>(query, QUERY_SIZE);
  const least: i64 = time < i64.MIN_VALUE + length ? i64.MIN_VALUE : time - length;
  const most: u32 = load<u32>(query, QUERY_PRECEDING) + 1;
  const strings: bool = hasStrings(query);
  while (load<u32>(ring, RING_COUNT) !== 0) {
    const element: usize = elementAt(query, ring, 0);
    if (ranged ? load<i64>(element) >= least : load<u32>(ring, RING_COUNT) <= most) break;
    addLane(query, partition, element, OP_DELETE);
    // Registers point at the strings.
    if (strings) flush(query);
    releaseStrings(query, element + 8);
    dropFirst(ring);
  }
}

function addLane(query: usize, partition: usize, element: usize, op: u32): void {
  writeEntry(query, element + 8, filled);
  store<u32>(ROWS + (filled << 2), <u32>partition);
  store<u8>(LANE_OPS + filled, <u8>op);
  if (++filled === VECTOR_ROWS) flush(query);
}

function flush(query: usize): void {
  if (filled === 0) return;
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, filled, 4);
  store<u32>(RUN_SLICE, load<u32>(query, QUERY_PARTITIONS));
  updateChanges(query, filled);
  filled = 0;
}

function finishRound(query: usize, taken: u32, results: usize): void {
  for (let i: u32 = 0; i < taken; i++)
    store<u32>(ROWS + (i << 2), load<u32>(SOURCES + (load<u32>(SELECTED_NEXT + (i << 2)) << 2)));
  finishAggregates(query, taken);
  keepResults(query, taken, results);
}
