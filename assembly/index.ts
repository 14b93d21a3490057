// The ABI: every function the host may call, and nothing else is exported. Arguments and results are i32 (addresses are byte
// positions in the imported memory, counts are unsigned); 64-bit scalars cross in the control block at CONTROL
// (shared/abi.ts). One caller, one thread.
//
// Errors: a call that cannot go on writes a STATUS_* code to the control block and traps. After a trap a vector may be half
// counted: the host raises the error and calls this instance no more. STATUS_OUT_OF_MEMORY is also returned, negated, by
// ingestNext where it can be foreseen, and the state is then as before; STATUS_RESULT is returned by emitNext.
//
// Ownership: input regions, batches and lists belong to the kernel; an address holds until the next call that may move it,
// which each function names.
import { badCount, badList } from "./bad-rows";
import { closeWindows, countWindows, emitVector, nextWindowEnd } from "./emit";
import { beginInput, ingestVector } from "./ingest";
import { giveBack, takeOver, takeOverSource } from "./measure";
import { fail } from "./memory/fail";
import { allocate, heapBytes, heapRoom, limitHeap } from "./memory/heap";
import { releaseInput, reserveInput as reserve, splitLines as split } from "./memory/input";
import { mergePartial as mergeImage, takePartial as takeImage } from "./partial/image";
import { closeQuery } from "./program/close";
import { closeProgram, queryAt, queryCount, readProgram, sourceAt, sourceCount } from "./program/load";
import {
  closePartitions,
  ensurePartitions as ensure,
  getWatermark,
  nameTopic as name,
  numberPartition,
  setWatermark,
} from "./program/partitions";
import { QUERY_BATCH, QUERY_COUNTERS, QUERY_DUE } from "./program/query";
import { SOURCE_CLOCK, SOURCE_COUNTERS, SOURCE_INPUT } from "./program/source";
import { ABI_VERSION, CONTROL, CONTROL_A, STATUS_OK, STATUS_OUT_OF_MEMORY, STATUS_PROGRAM } from "./shared/abi";
import { seedHash } from "./table/hash";

/** Free bytes asked for before a vector is touched: what one vector may need at most in the usual case. */
const VECTOR_RESERVE: u64 = 8 << 20;

export function abiVersion(): i32 {
  return ABI_VERSION;
}

/** Control block A: most bytes of memory to grow to. B: seed of the key hash. Call once, before a program is loaded. */
export function configure(): void {
  limitHeap(load<u64>(CONTROL, CONTROL_A));
  seedHash(load<u64>(CONTROL, 8));
}

/** `bytes` bytes for an encoded program or a topic name; the kernel owns them once they are handed over. */
export function stage(bytes: i32): usize {
  return allocate(<u32>bytes);
}

/** Loads the program staged at `address`. Traps with STATUS_PROGRAM when it is none. */
export function loadProgram(address: usize, length: i32): void {
  readProgram(address, <u32>length);
}

/** Frees all state, inputs and the program. */
export function unloadProgram(): void {
  for (let i: u32 = 0; i < queryCount(); i++) closeQuery(queryAt(i));
  for (let i: u32 = 0; i < sourceCount(); i++) {
    releaseInput(sourceAt(i));
    closePartitions(sourceAt(i));
  }
  closeProgram();
}

/** Room for at least this many record bytes and records; keeps nothing when it grows, and input addresses move. */
export function reserveInput(source: i32, bytes: i32, rows: i32): void {
  reserve(sourceAt(source), <u32>bytes, <u32>rows);
}

/** Address of the input descriptor (shared/layout.ts); stays where it is. */
export function inputDescriptor(source: i32): usize {
  return sourceAt(source) + SOURCE_INPUT;
}

/** Splits bytes [0, used) at newlines. Control A: position of byte 0. Returns records; offsets[records] bytes are consumed. */
export function splitLines(source: i32, used: i32, final: i32, partition: i32): u32 {
  return split(sourceAt(source), <u32>used, final !== 0, <u32>partition, load<i64>(CONTROL, CONTROL_A));
}

/**
 * Starts on `rows` records of the input region. Their partitions must have been announced by ensurePartitions. Control A: their
 * processing time in ms.
 */
export function ingestBegin(source: i32, rows: i32): void {
  store<i64>(sourceAt(source), load<i64>(CONTROL, CONTROL_A), SOURCE_CLOCK);
  beginInput(sourceAt(source), <u32>rows);
}

/**
 * One vector: 1 while records are left, 0 at the end, or -STATUS_OUT_OF_MEMORY with nothing read. Output batches of project
 * queries and the list of bad rows hold this vector's rows until the next call.
 */
export function ingestNext(source: i32): i32 {
  if (heapRoom() < VECTOR_RESERVE) return -STATUS_OUT_OF_MEMORY;
  const before: usize = takeOverSource(sourceAt(source));
  const more: u32 = ingestVector(sourceAt(source));
  giveBack(before);
  return more;
}

/** Output batch of a query (shared/abi.ts); stays where it is, its columns' addresses may change with every batch. */
export function outputBatch(query: i32): usize {
  return load<u32>(queryAt(query), QUERY_BATCH);
}

/** Makes partitions 0 ... count - 1 known; a new one has no watermark yet. */
export function ensurePartitions(source: i32, count: i32): void {
  ensure(sourceAt(source), <u32>count);
}

/** Takes ownership of the staged UTF-8 name of the topic that a partition belongs to; control A is its number there. */
export function nameTopic(source: i32, partition: i32, address: usize, length: i32): void {
  name(sourceAt(source), <u32>partition, address, <u32>length);
  numberPartition(sourceAt(source), <u32>partition, load<i64>(CONTROL, CONTROL_A));
}

/** Control A becomes the partition's watermark in ms, floored; the least i64 = none yet. */
export function readWatermark(source: i32, partition: i32): void {
  store<i64>(CONTROL, getWatermark(sourceAt(source), <u32>partition), CONTROL_A);
}

/** Sets a partition's watermark to control A, in ms (restore). */
export function writeWatermark(source: i32, partition: i32): void {
  setWatermark(sourceAt(source), <u32>partition, load<i64>(CONTROL, CONTROL_A));
}

/** Control A: watermark in ms, inclusive. Windows with end - 1 <= watermark are closed, to be fetched by emitNext. */
export function advance(query: i32): void {
  closeWindows(queryAt(query), load<i64>(CONTROL, CONTROL_A));
}

/** Windows that are still open may give their changes, too, until emitNext has no more. */
export function fire(query: i32): void {
  store<u32>(queryAt(query), 1, QUERY_DUE);
}

/**
 * Rows of the next batch of closed windows (in outputBatch), 0 when there are no more, -STATUS_RESULT when a result cannot be
 * represented (control block: query, column, ERR_*, window start). State of emitted windows is freed.
 */
export function emitNext(query: i32): i32 {
  const before: usize = takeOver(queryAt(query));
  const status: i32 = emitVector(queryAt(query));
  giveBack(before);
  if (status < 0) store<u32>(CONTROL, STATUS_OK, 16);
  return status;
}

/**
 * Address of the next image of state that the query need not keep (partial/image.ts; its first u32 is its length), 0 when there is
 * none. It holds until the next call; its rows are no longer here. One query to its end before the next.
 */
export function takePartial(query: i32): usize {
  return takeImage(queryAt(query));
}

/** Merges an image that another kernel with the same program gave, staged at `address`; the kernel owns it then. */
export function mergePartial(query: i32, address: usize, length: i32): void {
  if (!mergeImage(queryAt(query), address, <u32>length)) fail(STATUS_PROGRAM);
}

/** Address of i64 counters (SOURCE_* of shared/abi.ts). */
export function sourceCounters(source: i32): usize {
  return sourceAt(source) + SOURCE_COUNTERS;
}

/** Address of i64 counters (COUNT_* of shared/abi.ts), as they stand now. */
export function queryCounters(query: i32): usize {
  countWindows(queryAt(query));
  return queryAt(query) + QUERY_COUNTERS;
}

/** Control A becomes the end of the query's next window to close, in ms; the greatest i64 where none is open. */
export function nextClose(query: i32): void {
  store<i64>(CONTROL, nextWindowEnd(queryAt(query)), CONTROL_A);
}

/** Bad rows of the last vector: their number, and the address of BAD_BYTES each. */
export function badRowCount(): u32 {
  return badCount();
}

export function badRowList(): usize {
  return badList();
}

/** Frees a query's state and stops feeding it. */
export function dropQuery(query: i32): void {
  closeQuery(queryAt(query));
}

/** Control A becomes the bytes handed out by the heap. */
export function memoryUsed(): void {
  store<u64>(CONTROL, heapBytes(), CONTROL_A);
}
