// What OVER keeps of a partition: the arguments of its last rows, as many as a frame may hold, in a ring. It hangs on the
// partition's state row, so partitions are found as groups are.
//
// Frame slot of the row: 0 u32 ring, 4 u32 its capacity in entries, 8 u64 rows seen. Frames by time have another one (range.ts).
// Entry: ENTRY_BYTES an aggregate: 0 value (up to 16 bytes; a string { u32 address, u32 length } with bytes of its own),
// 16 u8 validity of the argument, 17 u8 1 = FILTER passes.
import { allocate, release } from "../memory/heap";
import { physicalOf, validityOf, valuesOf, widthOf } from "../memory/registers";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_FILTER,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_FRAME,
  QUERY_PRECEDING,
} from "../program/query";
import { PHYS_STR } from "../shared/layout";
import { LANE_VALID } from "../shared/status";

/** QUERY_PRECEDING of a frame that begins with the partition (running.ts): there is no ring then. */
export const UNBOUNDED: u32 = 0xffffffff;
export const FRAME_SLOT_BYTES: u32 = 40;
const CAPACITY: usize = 4;
const SEEN: usize = 8;
const ENTRY_BYTES: u32 = 24;
const VALID: usize = 16;
const PASSES: usize = 17;
const FIRST_CAPACITY: u32 = 4;

export function entryBytes(query: usize): u32 {
  return load<u32>(query, QUERY_AGGREGATE_COUNT) * ENTRY_BYTES;
}

/** Arguments of a lane into an entry. Strings are not copied yet. */
export function readEntry(query: usize, lane: u32, entry: usize): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const cell: usize = entry + i * ENTRY_BYTES;
    const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
    const filter: u32 = load<u32>(aggregate, AGG_FILTER);
    if (argument !== 0) {
      copyValue(cell, valuesOf(argument - 1) + lane * widthOf(physicalOf(argument - 1)), physicalOf(argument - 1));
      store<u8>(cell, load<u8>(validityOf(argument - 1) + lane), VALID);
    }
    if (filter !== 0) {
      const passes: bool = (load<u8>(validityOf(filter - 1) + lane) & load<u8>(valuesOf(filter - 1) + lane)) === 1;
      store<u8>(cell, u8(passes), PASSES);
    }
  }
}

/** An entry into lane `lane` of the argument and filter registers. */
export function writeEntry(query: usize, entry: usize, lane: u32): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const cell: usize = entry + i * ENTRY_BYTES;
    const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
    const filter: u32 = load<u32>(aggregate, AGG_FILTER);
    if (argument !== 0) {
      copyValue(valuesOf(argument - 1) + lane * widthOf(physicalOf(argument - 1)), cell, physicalOf(argument - 1));
      store<u8>(validityOf(argument - 1) + lane, load<u8>(cell, VALID));
    }
    if (filter !== 0) {
      store<u8>(validityOf(filter - 1) + lane, <u8>LANE_VALID);
      store<u8>(valuesOf(filter - 1) + lane, load<u8>(cell, PASSES));
    }
  }
}

function copyValue(to: usize, from: usize, physical: u32): void {
  switch (widthOf(physical)) {
    case 1:
      store<u8>(to, load<u8>(from));
      break;
    case 8:
      store<u64>(to, load<u64>(from));
      break;
    default:
      v128.store(to, v128.load(from));
      break;
  }
}

/** Adds an entry behind the partition's last; the ring takes the bytes of its strings. */
export function pushEntry(query: usize, row: usize, entry: usize): void {
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const bytes: u32 = entryBytes(query);
  const most: u64 = <u64>load<u32>(query, QUERY_PRECEDING) + 1;
  const seen: u64 = load<u64>(slot, SEEN);
  if (seen < most && seen >= <u64>load<u32>(slot, CAPACITY)) grow(slot, bytes, <u32>seen, most);
  const at: usize = <usize>load<u32>(slot) + <u32>(seen % most) * bytes;
  if (seen >= most) releaseStrings(query, at);
  memory.copy(at, entry, bytes);
  ownStrings(query, at);
  store<u64>(slot, seen + 1, SEEN);
}

/** Until the ring is full its entries stand in order. */
function grow(slot: usize, bytes: u32, count: u32, most: u64): void {
  const wider: u32 = <u32>min<u64>(most, <u64>max<u32>(FIRST_CAPACITY, count * 2));
  const ring: usize = allocate(wider * bytes + bytes);
  memory.copy(ring, load<u32>(slot), count * bytes);
  release(load<u32>(slot));
  store<u32>(slot, <u32>ring);
  store<u32>(slot, wider, CAPACITY);
}

/** Rows of the frame that ends with the partition's last row. */
export function frameRows(query: usize, row: usize): u32 {
  const seen: u64 = load<u64>(row + load<u32>(query, QUERY_FRAME), SEEN);
  return <u32>min<u64>(seen, <u64>load<u32>(query, QUERY_PRECEDING) + 1);
}

/** The frame's entry number `index`, the oldest first; `rows` of frameRows. */
export function frameEntry(query: usize, row: usize, rows: u32, index: u32): usize {
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const most: u64 = <u64>load<u32>(query, QUERY_PRECEDING) + 1;
  const number: u64 = load<u64>(slot, SEEN) - rows + index;
  return <usize>load<u32>(slot) + <u32>(number % most) * entryBytes(query);
}

export function ownStrings(query: usize, entry: usize): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const cell: usize = entry + i * ENTRY_BYTES;
    if (!isString(query, i) || load<u8>(cell, VALID) !== LANE_VALID) continue;
    const length: u32 = load<u32>(cell, 4);
    const copy: usize = allocate(length + 8);
    memory.copy(copy, load<u32>(cell), length);
    store<u32>(cell, <u32>copy);
  }
}

export function releaseStrings(query: usize, entry: usize): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const cell: usize = entry + i * ENTRY_BYTES;
    if (isString(query, i) && load<u8>(cell, VALID) === LANE_VALID) release(load<u32>(cell));
  }
}

/** Whether an argument is a string: entries then own bytes. */
export function hasStrings(query: usize): bool {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) if (isString(query, i)) return true;
  return false;
}

function isString(query: usize, index: u32): bool {
  const argument: u32 = load<u32>(load<u32>(query, QUERY_AGGREGATES) + index * AGG_BYTES, AGG_ARGUMENT);
  return argument !== 0 && physicalOf(argument - 1) === PHYS_STR;
}

/** Gives back what the partition's row keeps outside it, which is bounded. */
export function releasePartition(query: usize, row: usize): void {
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const rows: u32 = frameRows(query, row);
  for (let i: u32 = 0; i < rows; i++) releaseStrings(query, frameEntry(query, row, rows, i));
  release(load<u32>(slot));
}
