// OVER (… ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW): the partition's own row holds the state of all rows so far, and each
// row reads it right after its own value was added. Rows of different partitions are added together, a vector at a time; a
// second row of a partition waits for the next round. With RANGE rows of one time are peers: they take part in one round, and
// read what all of them have added.
import { finishAggregates } from "../aggregate/finish";
import { updateAggregates } from "../aggregate/update";
import { physicalOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ROWS, RUN_FIRST, RUN_SLICE, SELECTED_NEXT, SOURCES } from "../memory/vectors";
import {
  AGG_BYTES,
  AGG_RESULT,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_FRAME,
  QUERY_PARTITIONS,
} from "../program/query";
import { PHYS_STR } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { showing, shownBefore } from "../sort/shown";
import { CELL_BYTES, CELL_VALID, readCell, writeCell } from "../top/cells";
import { entryBytes, writeEntry } from "./partition";

/** Of the partition's slot: the time of its peers, and the round it took part in last. */
const TIME: usize = 0;
const ROUND: usize = 8;
let round: u32 = 0;
let rowTimes: usize = 0;
let rowEntries: usize = 0;

/** Fills the result registers of `lanes` rows, whose partitions are in SOURCES and whose arguments in `entries`; `times`: 0 = ROWS. */
export function computeRunning(query: usize, lanes: u32, times: usize, entries: usize): void {
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  const results: usize = scratchAllocate(lanes * aggregates * CELL_BYTES + 16);
  const waiting: usize = scratchAllocate((lanes << 2) + 16);
  for (let i: u32 = 0; i < lanes; i++) store<u32>(waiting + (i << 2), i);
  rowTimes = times;
  rowEntries = entries;
  let left: u32 = lanes;
  while (left !== 0) left = runRound(query, waiting, left, results);
  if (!showing) writeResults(query, lanes, results);
}

/** Results kept for `lanes` rows into the result registers. */
export function writeResults(query: usize, lanes: u32, results: usize): void {
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let a: u32 = 0; a < aggregates; a++) {
    const register: u32 = load<u32>(load<u32>(query, QUERY_AGGREGATES) + a * AGG_BYTES, AGG_RESULT);
    for (let i: u32 = 0; i < lanes; i++) writeCell(register, i, results + (i * aggregates + a) * CELL_BYTES);
  }
}

/** Adds the first waiting row of every partition and keeps its results. Returns the rows that wait on. */
function runRound(query: usize, waiting: usize, count: u32, results: usize): u32 {
  const slot: u32 = load<u32>(query, QUERY_FRAME);
  const bytes: u32 = entryBytes(query);
  round++;
  let taken: u32 = 0;
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const lane: u32 = load<u32>(waiting + (i << 2));
    const partition: usize = load<u32>(SOURCES + (lane << 2));
    const known: bool = load<u32>(partition + slot, ROUND) === round;
    if (known && !isPeer(partition + slot, lane)) {
      store<u32>(waiting + (left++ << 2), lane);
      continue;
    }
    store<u32>(partition + slot, round, ROUND);
    if (rowTimes !== 0) store<i64>(partition + slot, load<i64>(rowTimes + (lane << 3)), TIME);
    writeEntry(query, rowEntries + lane * bytes, taken);
    store<u32>(ROWS + (taken << 2), <u32>partition);
    store<u32>(SELECTED_NEXT + (taken++ << 2), lane);
  }
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, taken, 4);
  store<u32>(RUN_SLICE, load<u32>(query, QUERY_PARTITIONS));
  if (!shownBefore) updateAggregates(query, taken, 1);
  if (showing) return left;
  finishAggregates(query, taken);
  keepResults(query, taken, results);
  return left;
}

/** Whether the lane is of the time that the partition's round is of. */
function isPeer(slot: usize, lane: u32): bool {
  return rowTimes !== 0 && load<i64>(slot, TIME) === load<i64>(rowTimes + (lane << 3));
}

/** Results of the first `taken` lanes, whose rows are in SELECTED_NEXT. */
export function keepResults(query: usize, taken: u32, results: usize): void {
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let a: u32 = 0; a < aggregates; a++) {
    const register: u32 = load<u32>(load<u32>(query, QUERY_AGGREGATES) + a * AGG_BYTES, AGG_RESULT);
    for (let i: u32 = 0; i < taken; i++) {
      const lane: u32 = load<u32>(SELECTED_NEXT + (i << 2));
      const cell: usize = results + (lane * aggregates + a) * CELL_BYTES;
      readCell(register, i, cell);
      if (physicalOf(register) === PHYS_STR && load<u8>(cell, CELL_VALID) === LANE_VALID) copyString(cell);
    }
  }
}

/** The state may let go of a string with the partition's next row. */
function copyString(cell: usize): void {
  const length: u32 = load<u32>(cell, 4);
  const copy: usize = scratchAllocate(length + 8);
  memory.copy(copy, load<u32>(cell), length);
  store<u32>(cell, <u32>copy);
}
