// The canonical sequence of a source with several partitions: rows in order of (watermark of their own partition before them,
// partition, position). A row waits until the watermark of all partitions has passed its own, since then no row can come before it
// any more; so what becomes of it does not depend on how partitions were read. Rows of one partition follow each other as they came.
//
// In the query: a queue (sort/queue.ts). Entry: 0 i64 time   8 i64 watermark   then a cell a key, argument and FILTER (top/cells.ts)
import { allocate, allocateZeroed, release } from "../memory/heap";
import { unalias, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";

import { BEFORE, SELECTED } from "../memory/vectors";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_FILTER,
  KEY_BYTES,
  KEY_REGISTER,
  QUERY_ADVANCED,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_KEY_COUNT,
  QUERY_KEYS,
  QUERY_PARENT,
  QUERY_SESSION_QUEUE,
  QUERY_SOURCE,
  QUERY_TIME,
  QUERY_UNITS,
} from "../program/query";
import { SOURCE_INPUT, SOURCE_PARTITION_COUNT } from "../program/source";
import { INPUT_PARTITIONS, VECTOR_ROWS } from "../shared/layout";
import { firstTime, nextNumber, popQueue, pushQueue, QUEUE_BYTES, queueLength, releaseQueue } from "../sort/queue";
import { CELL_BYTES, ownCell, readCell, releaseCell, writeCell } from "../top/cells";

const WATERMARK: usize = 8;
const CELLS: u32 = 16;
/** Of an entry's number: rows of one watermark come by partition. */
const PARTITION_SHIFT: u64 = 44;

/** i64 a lane: event time, and the watermark its row is judged by. */
export const TIMES: usize = memory.data(VECTOR_ROWS * 8);
export const MARKS: usize = memory.data(VECTOR_ROWS * 8);

/** Whether rows of the query wait for their place in the sequence. */
export function waits(query: usize): bool {
  if (load<u32>(query, QUERY_PARENT) !== 0) return false;
  const queue: usize = load<u32>(query, QUERY_SESSION_QUEUE);
  return (
    load<u32>(load<u32>(query, QUERY_SOURCE), SOURCE_PARTITION_COUNT) > 1 || (queue !== 0 && queueLength(queue) !== 0)
  );
}

/** Fills TIMES and MARKS of the selected lanes. */
export function readMarks(query: usize, lanes: u32): void {
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(SELECTED + (i << 2));
    store<i64>(TIMES + (i << 3), load<i64>(times + (row << 3)));
    store<i64>(MARKS + (i << 3), load<i64>(BEFORE + (row << 3)));
  }
}

/** The table's watermark in time units, the least i64 when there is none. */
function reached(query: usize): i64 {
  const units: i64 = load<i64>(query, QUERY_UNITS);
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  if (advanced >= i64.MAX_VALUE / units) return i64.MAX_VALUE;
  return advanced <= i64.MIN_VALUE / units ? i64.MIN_VALUE : advanced * units;
}

/** Selected lanes into the queue, with TIMES and MARKS. `records`: u32 record of each row. A partition that wakes behind is judged now. */
export function enqueue(query: usize, records: usize, lanes: u32): void {
  if (load<u32>(query, QUERY_SESSION_QUEUE) === 0)
    store<u32>(query, <u32>allocateZeroed(QUEUE_BYTES), QUERY_SESSION_QUEUE);
  const queue: usize = load<u32>(query, QUERY_SESSION_QUEUE);
  const partitions: usize = load<u32>(load<u32>(query, QUERY_SOURCE) + SOURCE_INPUT, INPUT_PARTITIONS);
  const least: i64 = reached(query);
  const cells: u32 = countCells(query);
  for (let i: u32 = 0; i < lanes; i++) {
    const mark: i64 = max<i64>(least, load<i64>(MARKS + (i << 3)));
    const entry: usize = allocate(CELLS + cells * CELL_BYTES);
    store<i64>(entry, load<i64>(TIMES + (i << 3)));
    store<i64>(entry, mark, WATERMARK);
    for (let c: u32 = 0; c < cells; c++) {
      const register: u32 = registerOf(query, c);
      if (register === NONE) continue;
      readCell(register, i, cellAt(entry, c));
      ownCell(register, cellAt(entry, c));
    }
    const record: u32 = load<u32>(records + (load<u32>(SELECTED + (i << 2)) << 2));
    const partition: u64 = load<u32>(partitions + (record << 2));
    pushQueue(queue, mark, (partition << PARTITION_SHIFT) | nextNumber(queue), entry);
  }
}

/** Rows whose place has come, back in their registers, with TIMES and MARKS. Returns how many; at most a vector of them. */
export function dequeue(query: usize): u32 {
  const queue: usize = load<u32>(query, QUERY_SESSION_QUEUE);
  if (queue === 0) return 0;
  const until: i64 = reached(query);
  const entries: usize = scratchAllocate(VECTOR_ROWS << 2);
  let lanes: u32 = 0;
  while (lanes < <u32>VECTOR_ROWS && queueLength(queue) !== 0) {
    if (firstTime(queue) >= until && until !== i64.MAX_VALUE) break;
    const entry: usize = popQueue(queue);
    store<u32>(entries + (lanes << 2), <u32>entry);
    store<i64>(TIMES + (lanes << 3), load<i64>(entry));
    store<i64>(MARKS + (lanes << 3), load<i64>(entry, WATERMARK));
    lanes++;
  }
  const cells: u32 = lanes === 0 ? 0 : countCells(query);
  for (let c: u32 = 0; c < cells; c++) {
    const register: u32 = registerOf(query, c);
    if (register === NONE) continue;
    unalias(register);
    for (let i: u32 = 0; i < lanes; i++) writeCell(register, i, cellAt(load<u32>(entries + (i << 2)), c));
  }
  taken = entries;
  takenCount = lanes;
  return lanes;
}

let taken: usize = 0;
let takenCount: u32 = 0;

/** Frees the rows that dequeue gave: they have been added. */
export function releaseTaken(query: usize): void {
  for (let i: u32 = 0; i < takenCount; i++) releaseEntry(query, load<u32>(taken + (i << 2)));
  takenCount = 0;
}

function releaseEntry(query: usize, entry: usize): void {
  const cells: u32 = countCells(query);
  for (let c: u32 = 0; c < cells; c++) {
    const register: u32 = registerOf(query, c);
    if (register !== NONE) releaseCell(register, cellAt(entry, c));
  }
  release(entry);
}

function cellAt(entry: usize, cell: u32): usize {
  return entry + CELLS + cell * CELL_BYTES;
}

/** A cell a key, and two an aggregate. */
function countCells(query: usize): u32 {
  return load<u32>(query, QUERY_KEY_COUNT) + 2 * load<u32>(query, QUERY_AGGREGATE_COUNT);
}

/** No register: the call has no argument, or no FILTER. */
const NONE: u32 = 0xffffffff;

/** The register a cell is of. */
function registerOf(query: usize, cell: u32): u32 {
  const keys: u32 = load<u32>(query, QUERY_KEY_COUNT);
  if (cell < keys) return load<u32>(load<u32>(query, QUERY_KEYS) + cell * KEY_BYTES, KEY_REGISTER);
  const aggregate: usize = <usize>load<u32>(query, QUERY_AGGREGATES) + ((cell - keys) >> 1) * AGG_BYTES;
  const register: u32 =
    ((cell - keys) & 1) === 0 ? load<u32>(aggregate, AGG_ARGUMENT) : load<u32>(aggregate, AGG_FILTER);
  return register === 0 ? NONE : register - 1;
}

/** Frees all that waits. */
export function dropQueue(query: usize): void {
  const queue: usize = load<u32>(query, QUERY_SESSION_QUEUE);
  if (queue === 0) return;
  while (queueLength(queue) !== 0) releaseEntry(query, popQueue(queue));
  releaseQueue(queue);
  release(queue);
  store<u32>(query, 0, QUERY_SESSION_QUEUE);
}
