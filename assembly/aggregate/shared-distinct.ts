// Distinct counts of one argument under several filters - COUNT(DISTINCT x) beside COUNT(DISTINCT x) FILTER (WHERE …) - share one
// set: an element stands in it once, with a bit for each of the counts that has seen it, so that a row looks once for all of them.
// Slot: 0 u32 cells address   4 u32 elements but 0   8 u32 cells - 1   12 u32 bits of the value 0. Cell: 0 u64 value, 0 = free
// 8 u32 bits   12 u32 unused. The first of the counts leads: the set is its own.
import { allocateZeroed, release } from "../memory/heap";
import { validityOf, valuesOf } from "../memory/registers";
import { LANE_BITS, ROWS, SOURCES } from "../memory/vectors";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FILTER,
  AGG_SET,
  AGG_SHARE_BIT,
  AGG_SHARED,
  AGG_SLOT,
  AGG_STATE,
  AGG_TYPE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
} from "../program/query";
import { TYPE_DECIMAL, TYPE_STRING } from "../shared/abi";
import { LANE_VALID } from "../shared/status";
import { elementSeed, hashElement } from "./distinct";
import { STATE_COUNT } from "./state";

export const SHARED_CELL_BYTES: usize = 16;
const COUNT: usize = 4;
const MASK: usize = 8;
const ZERO: usize = 12;
const BITS: usize = 8;
const FIRST_CELLS: u32 = 8;
const MOST_BITS: u32 = 32;
/** u32 a bit: slot of its count, of the leader in hand. */
const SLOTS: usize = memory.data(128);

/** Finds the counts that share: DISTINCT, over one register of 8-byte values, two at least. */
export function shareSets(aggregates: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const leader: usize = aggregates + i * AGG_BYTES;
    if (!mayShare(leader) || load<u32>(leader, AGG_SHARED) !== 0) continue;
    let bits: u32 = 1;
    for (let j: u32 = i + 1; j < count && bits < MOST_BITS; j++) {
      const other: usize = aggregates + j * AGG_BYTES;
      if (!mayShare(other) || load<u32>(other, AGG_ARGUMENT) !== load<u32>(leader, AGG_ARGUMENT)) continue;
      if (load<u32>(other, AGG_SHARED) !== 0) continue;
      store<u32>(other, <u32>leader, AGG_SHARED);
      store<u32>(other, 1 << bits, AGG_SHARE_BIT);
      bits++;
    }
    if (bits === 1) continue;
    store<u32>(leader, <u32>leader, AGG_SHARED);
    store<u32>(leader, 1, AGG_SHARE_BIT);
  }
}

function mayShare(aggregate: usize): bool {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const counts: bool = load<u32>(aggregate, AGG_STATE) === STATE_COUNT && load<u32>(aggregate, AGG_DISTINCT) !== 0;
  return counts && load<u32>(aggregate, AGG_ARGUMENT) !== 0 && type !== TYPE_STRING && type !== TYPE_DECIMAL;
}

/** Whether another aggregate has the set of this one. */
export function isLed(aggregate: usize): bool {
  const leader: usize = load<u32>(aggregate, AGG_SHARED);
  return leader !== 0 && leader !== aggregate;
}

/** Enters `values` for the counts of `leader`; `rows` has the sink where the value is NULL. */
export function addShared(query: usize, leader: usize, rows: usize, values: usize, lanes: u32, sink: u32): void {
  fillBits(query, leader, lanes);
  const set: u32 = load<u32>(leader, AGG_SET);
  const seed: u64 = elementSeed();
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    const bits: u32 = load<u32>(LANE_BITS + (i << 2));
    if (row === sink || bits === 0) continue;
    const at: usize = <usize>row + set;
    const value: u64 = load<u64>(values + (i << 3));
    const mask: u32 = load<u32>(at, MASK);
    if (value === 0 || load<u32>(at, COUNT) >= mask - (mask >> 2)) {
      enterShared(row, set, value, bits);
      continue;
    }
    const cell: usize = findShared(load<u32>(at), mask, value, seed);
    const seen: u32 = load<u32>(cell, BITS);
    if ((bits & ~seen) === 0) continue;
    store<u32>(at, load<u32>(at, COUNT) + u32(load<u64>(cell) === 0), COUNT);
    store<u64>(cell, value);
    store<u32>(cell, seen | bits, BITS);
    countFresh(row, bits & ~seen);
  }
}

/** LANE_BITS: which of the counts take a lane; SLOTS: where they stand. */
function fillBits(query: usize, leader: usize, lanes: u32): void {
  let always: u32 = 0;
  memory.fill(LANE_BITS, 0, lanes << 2);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    if (load<u32>(aggregate, AGG_SHARED) !== leader) continue;
    const bit: u32 = load<u32>(aggregate, AGG_SHARE_BIT);
    noteSlot(aggregate, bit);
    const filter: u32 = load<u32>(aggregate, AGG_FILTER);
    if (filter === 0) always |= bit;
    else addBit(validityOf(filter - 1), valuesOf(filter - 1), bit, lanes);
  }
  if (always === 0) return;
  for (let i: u32 = 0; i < lanes; i++) store<u32>(LANE_BITS + (i << 2), load<u32>(LANE_BITS + (i << 2)) | always);
}

function addBit(validity: usize, filter: usize, bit: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const on: bool = load<u8>(validity + i) === LANE_VALID && load<u8>(filter + i) === 1;
    store<u32>(LANE_BITS + (i << 2), load<u32>(LANE_BITS + (i << 2)) | select<u32>(bit, 0, on));
  }
}

function noteSlot(aggregate: usize, bit: u32): void {
  store<u32>(SLOTS + (ctz<u32>(bit) << 2), load<u32>(aggregate, AGG_SLOT));
}

/** The cell that holds the value, or the free one it belongs in. */
function findShared(cells: usize, mask: u32, value: u64, seed: u64): usize {
  let place: u32 = hashElement(value, seed) & mask;
  let cell: usize = cells + ((<usize>place) << 4);
  let found: u64 = load<u64>(cell);
  while (found !== value && found !== 0) {
    place = (place + 1) & mask;
    cell = cells + ((<usize>place) << 4);
    found = load<u64>(cell);
  }
  return cell;
}

/** Adds one to each count that `bits` names. */
function countFresh(row: usize, bits: u32): void {
  for (let left: u32 = bits; left !== 0; left &= left - 1) {
    const at: usize = row + load<u32>(SLOTS + (ctz<u32>(left) << 2));
    store<i64>(at, load<i64>(at) + 1);
  }
}

/** The careful way: zero, first cells, growth. */
function enterShared(row: usize, set: u32, value: u64, bits: u32): void {
  const at: usize = row + set;
  if (value === 0) {
    const seen: u32 = load<u32>(at, ZERO);
    store<u32>(at, seen | bits, ZERO);
    countFresh(row, bits & ~seen);
    return;
  }
  const mask: u32 = load<u32>(at, MASK);
  if (load<u32>(at) === 0 || load<u32>(at, COUNT) >= mask - (mask >> 2)) grow(at);
  const cell: usize = findShared(load<u32>(at), load<u32>(at, MASK), value, elementSeed());
  const seen: u32 = load<u32>(cell, BITS);
  store<u32>(at, load<u32>(at, COUNT) + u32(load<u64>(cell) === 0), COUNT);
  store<u64>(cell, value);
  store<u32>(cell, seen | bits, BITS);
  countFresh(row, bits & ~seen);
}

function grow(at: usize): void {
  const old: usize = load<u32>(at);
  const end: usize = sharedEnd(at);
  const wider: u32 = old === 0 ? FIRST_CELLS : (load<u32>(at, MASK) + 1) << 1;
  const cells: usize = allocateZeroed(wider << 4);
  const seed: u64 = elementSeed();
  for (let cell: usize = old; cell < end; cell += SHARED_CELL_BYTES) {
    const value: u64 = load<u64>(cell);
    if (value !== 0) v128.store(findShared(cells, wider - 1, value, seed), v128.load(cell));
  }
  release(old);
  store<u32>(at, <u32>cells);
  store<u32>(at, wider - 1, MASK);
}

/** The set of the row in ROWS takes that of the row in SOURCES, lane by lane, for all the counts of `leader`. */
export function mergeShared(query: usize, leader: usize, lanes: u32): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    if (load<u32>(aggregate, AGG_SHARED) === leader) noteSlot(aggregate, load<u32>(aggregate, AGG_SHARE_BIT));
  }
  const set: u32 = load<u32>(leader, AGG_SET);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(ROWS + (i << 2));
    const from: usize = <usize>load<u32>(SOURCES + (i << 2)) + set;
    if (load<u32>(from, ZERO) !== 0) enterShared(row, set, 0, load<u32>(from, ZERO));
    const end: usize = sharedEnd(from);
    for (let cell: usize = load<u32>(from); cell < end; cell += SHARED_CELL_BYTES) {
      if (load<u64>(cell) !== 0) enterShared(row, set, load<u64>(cell), load<u32>(cell, BITS));
    }
  }
}

/** End of a set's cells. */
export function sharedEnd(slot: usize): usize {
  const cells: usize = load<u32>(slot);
  return cells === 0 ? 0 : cells + ((<usize>load<u32>(slot, MASK) + 1) << 4);
}
