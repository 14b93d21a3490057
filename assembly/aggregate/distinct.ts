// Exact sets for DISTINCT, one a group and aggregate, open-addressed with linear probing at most 3/4 full. Values of 8 bytes
// (every type kept as i64, f64 or bool) stand in the cells themselves, 0 meaning free, with a flag for the value 0. Strings
// and decimals are { u32 hash, u32 address } cells whose bytes lie in the slice's arena and are always compared.
// Slot: 0 u32 cells address   4 u32 elements   8 u32 cells - 1   12 u32 1 = holds the value 0
import { allocateZeroed, release } from "../memory/heap";
import { MASKED_ROWS, MISSES } from "../memory/vectors";
import { hashLong, hashPadded, hashSeed } from "../table/hash";
import { arenaAllocate } from "../table/rows";
import { compareBytes } from "./extreme";

export const SET_CELLS: usize = 0;
export const SET_MASK: usize = 8;
const CELLS: usize = SET_CELLS;
const COUNT: usize = 4;
const MASK: usize = SET_MASK;
const ZERO: usize = 12;
const FIRST_CELLS: u32 = 8;
/** Sets of different columns must not share their order with the group table. */
const SALT: u64 = ((<u64>0x9fb21c65) << 32) | 0x1e98df25;

export function elementSeed(): u64 {
  return hashSeed() ^ SALT;
}

/** Of a value of 8 bytes. */
export function hashElement(value: u64, seed: u64): u32 {
  const h: u64 = (value ^ seed) * (((<u64>0xff51afd7) << 32) | 0xed558ccd);
  return <u32>(h ^ (h >> 32));
}

/** Enters values of 8 bytes. MASKED_ROWS, which `rows` may be, becomes the row where the value is new to it, else the sink. */
export function addDistinctLongs(rows: usize, values: usize, slot: u32, lanes: u32, sink: u32): void {
  const seed: u64 = elementSeed();
  let misses: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    const at: usize = <usize>row + slot;
    const value: u64 = load<u64>(values + (i << 3));
    const mask: u32 = load<u32>(at, MASK);
    const cells: usize = load<u32>(at, CELLS);
    store<u32>(MASKED_ROWS + (i << 2), sink);
    if (row === sink) continue;
    if (value === 0 || load<u32>(at, COUNT) >= mask - (mask >> 2)) {
      store<u32>(MASKED_ROWS + (i << 2), row);
      store<u32>(MISSES + (misses++ << 2), i);
      continue;
    }
    let place: u32 = hashElement(value, seed) & mask;
    let found: u64 = load<u64>(cells + (place << 3));
    while (found !== value && found !== 0) {
      place = (place + 1) & mask;
      found = load<u64>(cells + (place << 3));
    }
    if (found === value) continue;
    store<u64>(cells + (place << 3), value);
    store<u32>(at, load<u32>(at, COUNT) + 1, COUNT);
    store<u32>(MASKED_ROWS + (i << 2), row);
  }
  for (let i: u32 = 0; i < misses; i++) {
    const lane: u32 = load<u32>(MISSES + (i << 2));
    const row: u32 = load<u32>(MASKED_ROWS + (lane << 2));
    const fresh: bool = enterLong(<usize>row + slot, load<u64>(values + (lane << 3)), seed);
    if (!fresh) store<u32>(MASKED_ROWS + (lane << 2), sink);
  }
}

/** The careful way: zero, first cells, growth. True when the value is new. */
function enterLong(at: usize, value: u64, seed: u64): bool {
  if (value === 0) {
    const fresh: bool = load<u32>(at, ZERO) === 0;
    store<u32>(at, 1, ZERO);
    store<u32>(at, load<u32>(at, COUNT) + u32(fresh), COUNT);
    return fresh;
  }
  const mask: u32 = load<u32>(at, MASK);
  if (load<u32>(at, CELLS) === 0 || load<u32>(at, COUNT) >= mask - (mask >> 2)) growLongs(at, seed);
  if (!placeLong(load<u32>(at, CELLS), load<u32>(at, MASK), value, seed)) return false;
  store<u32>(at, load<u32>(at, COUNT) + 1, COUNT);
  return true;
}

function placeLong(cells: usize, mask: u32, value: u64, seed: u64): bool {
  let place: u32 = hashElement(value, seed) & mask;
  while (true) {
    const found: u64 = load<u64>(cells + (place << 3));
    if (found === value) return false;
    if (found === 0) break;
    place = (place + 1) & mask;
  }
  store<u64>(cells + (place << 3), value);
  return true;
}

function growLongs(at: usize, seed: u64): void {
  const old: usize = load<u32>(at, CELLS);
  const count: u32 = old === 0 ? 0 : load<u32>(at, MASK) + 1;
  const wider: u32 = old === 0 ? FIRST_CELLS : count << 1;
  const cells: usize = allocateZeroed(wider << 3);
  for (let i: u32 = 0; i < count; i++) {
    const value: u64 = load<u64>(old + (i << 3));
    if (value !== 0) placeLong(cells, wider - 1, value, seed);
  }
  release(old);
  store<u32>(at, <u32>cells, CELLS);
  store<u32>(at, wider - 1, MASK);
}

/**
 * Enters byte strings of lanes [from, to), whose rows all belong to `slice`. `values` are { address, length } cells.
 * MASKED_ROWS as above.
 */
export function addDistinctBytes(rows: usize, values: usize, slot: u32, range: u64, owner: u64): void {
  const from: u32 = <u32>range;
  const to: u32 = <u32>(range >> 32);
  const slice: usize = <usize>owner;
  const sink: u32 = <u32>(owner >> 32);
  for (let i: u32 = from; i < to; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    store<u32>(MASKED_ROWS + (i << 2), sink);
    if (row === sink) continue;
    const fresh: bool = enterBytes(
      <usize>row + slot,
      load<u32>(values + (i << 3)),
      load<u32>(values + (i << 3), 4),
      slice,
    );
    if (fresh) store<u32>(MASKED_ROWS + (i << 2), row);
  }
}

function enterBytes(at: usize, address: usize, length: u32, slice: usize): bool {
  const mask: u32 = load<u32>(at, MASK);
  if (load<u32>(at, CELLS) === 0 || load<u32>(at, COUNT) >= mask - (mask >> 2)) growBytes(at);
  const hash: u32 = hashBytes(address, length);
  const wide: u32 = load<u32>(at, MASK);
  let place: u32 = hash & wide;
  while (true) {
    const cell: usize = <usize>load<u32>(at, CELLS) + (place << 3);
    const element: usize = load<u32>(cell, 4);
    if (element === 0) {
      store<u32>(cell, hash);
      store<u32>(cell, <u32>keepElement(slice, address, length), 4);
      store<u32>(at, load<u32>(at, COUNT) + 1, COUNT);
      return true;
    }
    if (load<u32>(cell) === hash && compareBytes(address, length, element + 4, load<u32>(element)) === 0) return false;
    place = (place + 1) & wide;
  }
}

/** Of bytes that need no padding. */
export function hashBytes(address: usize, length: u32): u32 {
  const seed: u64 = elementSeed();
  const whole: u32 = length & ~7;
  const rest: u32 = length & 7;
  const tail: u64 = rest === 0 ? 0 : load<u64>(address + whole) & (((<u64>1) << (rest << 3)) - 1);
  return <u32>hashLong(hashPadded(address, whole, seed) ^ tail ^ ((<u64>length) << 56), seed);
}

function keepElement(slice: usize, address: usize, length: u32): usize {
  const element: usize = arenaAllocate(slice, length + 4);
  store<u32>(element, length);
  memory.copy(element + 4, address, length);
  return element;
}

function growBytes(at: usize): void {
  const old: usize = load<u32>(at, CELLS);
  const count: u32 = old === 0 ? 0 : load<u32>(at, MASK) + 1;
  const wider: u32 = old === 0 ? FIRST_CELLS : count << 1;
  const cells: usize = allocateZeroed(wider << 3);
  for (let i: u32 = 0; i < count; i++) {
    const cell: u64 = load<u64>(old + (i << 3));
    if (cell >> 32 === 0) continue;
    let place: u32 = <u32>cell & (wider - 1);
    while (load<u64>(cells + (place << 3)) !== 0) place = (place + 1) & (wider - 1);
    store<u64>(cells + (place << 3), cell);
  }
  release(old);
  store<u32>(at, <u32>cells, CELLS);
  store<u32>(at, wider - 1, MASK);
}

export function releaseSet(slot: usize): void {
  release(load<u32>(slot, CELLS));
}

/** Gives back what it holds: it is empty then. Bytes of its elements stay with their slice. */
export function clearSet(slot: usize): void {
  releaseSet(slot);
  memory.fill(slot, 0, 16);
}

/** Number of its elements. */
export function setCount(slot: usize): u32 {
  return load<u32>(slot, COUNT);
}

/** Cells of a set: the value itself, or { u32 hash, u32 address of { u32 length, bytes } }; 0 is free. */
export function setCells(slot: usize): usize {
  return load<u32>(slot, CELLS);
}

/** End of its cells. */
export function setEnd(slot: usize): usize {
  const cells: usize = load<u32>(slot, CELLS);
  return cells === 0 ? 0 : cells + ((<usize>load<u32>(slot, MASK) + 1) << 3);
}

/** Whether the value 0, which no cell can hold, is in a set of values. */
export function holdsZero(slot: usize): bool {
  return load<u32>(slot, ZERO) !== 0;
}
