// OVER (PARTITION BY … ORDER BY time ROWS BETWEEN n PRECEDING AND m PRECEDING, or CURRENT ROW) on rows that come in that order: every
// row's aggregates over some of the last rows of its partition. The frame of each row is laid out as a vector of arguments and
// aggregated from scratch with the update loops that windows use, so every aggregate is there, DISTINCT and FILTER too, and
// nothing is ever subtracted. A row costs its frame; long frames slide where their aggregates can be taken back (slide.ts), and
// frames of all rows so far keep a running state (running.ts). Frames by time: range.ts.
import { finishAggregates } from "../aggregate/finish";
import { allocateZeroed } from "../memory/heap";
import { unalias, valuesOf } from "../memory/registers";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { ROWS, SOURCES } from "../memory/vectors";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_FILTER,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_OPENED,
  QUERY_PARTITIONS,
  QUERY_PRECEDING,
  QUERY_RANGE,
  QUERY_RETRACTED,
  QUERY_ROW_BYTES,
  QUERY_TEMPLATE,
  QUERY_TIME,
  QUERY_UNTIL,
} from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { showing, shownBefore } from "../sort/shown";
import { appendRow, blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { SLICE_GROUPS } from "../window/slice";
import { addTo, makeSlice, releaseSlice } from "../window/slices";
import { aggregateFrames, findPartitions } from "./find";
import {
  entryBytes,
  frameEntry,
  frameRows,
  hasStrings,
  pushEntry,
  readEntry,
  releasePartition,
  UNBOUNDED,
  writeEntry,
} from "./partition";
import { fillRanges, pushTime, rangeRows, releaseRange } from "./range";
import { computeRunning } from "./running";
import { slideFrames } from "./slide";

/** u32 a lane: the state row of its frame. */
const FRAMES: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);

/** Fills the result registers of `lanes` rows; what they point into lives until `releaseFrames`. */
export function computeFrames(query: usize, lanes: u32): void {
  const before: u64 = lastingBytes();
  findPartitions(query, lanes);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  const bytes: u32 = entryBytes(query);
  const entries: usize = scratchAllocate(lanes * bytes + 16);
  for (let i: u32 = 0; i < lanes; i++) readEntry(query, i, entries + i * bytes);
  const ranged: bool = load<u32>(query, QUERY_RANGE) !== 0;
  const times: usize = ranged ? copyTimes(load<u32>(query, QUERY_TIME), lanes) : 0;
  ownRegisters(query);
  if (load<u32>(query, QUERY_PRECEDING) === UNBOUNDED) return runOn(query, lanes, times, entries);
  if (load<u32>(query, QUERY_RETRACTED) !== 0) return slide(query, lanes, rangeRows(times, entries, 0));
  if (ranged && showing) return pushTime(query, 0, lanes, rangeRows(times, entries, FRAMES));
  const frames: usize = makeSlice(0);
  store<u32>(query, <u32>frames, QUERY_OPENED);
  if (ranged) {
    fillRanges(query, lanes, rangeRows(times, entries, FRAMES), !shownBefore);
    memory.copy(ROWS, FRAMES, lanes << 2);
    return finishAggregates(query, lanes);
  }
  const template: usize = load<u32>(query, QUERY_TEMPLATE);
  for (let i: u32 = 0; i < lanes; i++)
    store<u32>(FRAMES + (i << 2), <u32>appendRow(frames, template, load<u32>(query, QUERY_ROW_BYTES)));
  fillFrames(query, lanes, entries);
  memory.copy(ROWS, FRAMES, lanes << 2);
  finishAggregates(query, lanes);
}

function slide(query: usize, lanes: u32, rows: usize): void {
  const before: u64 = lastingBytes();
  slideFrames(query, lanes, rows);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

function copyTimes(register: u32, lanes: u32): usize {
  const times: usize = scratchAllocate((lanes << 3) + 16);
  memory.copy(times, valuesOf(register), lanes << 3);
  return times;
}

function runOn(query: usize, lanes: u32, times: usize, entries: usize): void {
  const before: u64 = lastingBytes();
  computeRunning(query, lanes, times, entries);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Arguments are written here: they must not be another register's values. */
function ownRegisters(query: usize): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
    const filter: u32 = load<u32>(aggregate, AGG_FILTER);
    if (argument !== 0) unalias(argument - 1);
    if (filter !== 0) unalias(filter - 1);
  }
}

/** Row by row in order: into its partition, and its frame into the frame's state. */
function fillFrames(query: usize, lanes: u32, entries: usize): void {
  const bytes: u32 = entryBytes(query);
  const strings: bool = hasStrings(query);
  const until: u32 = load<u32>(query, QUERY_UNTIL);
  let filled: u32 = 0;
  let owned: i64 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const partition: usize = load<u32>(SOURCES + (i << 2));
    const before: u64 = lastingBytes();
    pushEntry(query, partition, entries + i * bytes);
    owned += <i64>lastingBytes() - <i64>before;
    const rows: u32 = frameRows(query, partition);
    const end: u32 = rows > until ? rows - until : 0;
    for (let index: u32 = 0; index < end; index++) {
      writeEntry(query, frameEntry(query, partition, rows, index), filled);
      store<u32>(ROWS + (filled << 2), load<u32>(FRAMES + (i << 2)));
      if (++filled < <u32>VECTOR_ROWS) continue;
      aggregateFrames(query, filled);
      filled = 0;
    }
    // The next row may push strings out of the ring that wait in the registers.
    if (!strings) continue;
    aggregateFrames(query, filled);
    filled = 0;
  }
  aggregateFrames(query, filled);
  addTo(query, COUNT_STATE_BYTES, owned);
}

export function releaseFrames(query: usize): void {
  const frames: usize = load<u32>(query, QUERY_OPENED);
  store<u32>(query, 0, QUERY_OPENED);
  if (frames === 0) return;
  addTo(query, COUNT_GROUPS, load<u32>(frames, SLICE_GROUPS));
  const before: u64 = lastingBytes();
  releaseSlice(query, frames);
  // Frames were never counted as state.
  addTo(query, COUNT_STATE_BYTES, <i64>before - <i64>lastingBytes());
}

/** Frees everything a query keeps. */
export function dropPartitions(query: usize): void {
  releaseFrames(query);
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  store<u32>(query, 0, QUERY_PARTITIONS);
  if (partitions === 0) return;
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const bounded: bool = load<u32>(query, QUERY_PRECEDING) !== UNBOUNDED;
  const ranged: bool = load<u32>(query, QUERY_RANGE) !== 0;
  const sliding: bool = load<u32>(query, QUERY_RETRACTED) !== 0;
  for (let block: usize = firstBlock(partitions); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(partitions, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) {
      if (bounded && (ranged || sliding)) releaseRange(query, row);
      else if (bounded) releasePartition(query, row);
    }
  }
  releaseSlice(query, partitions);
}
