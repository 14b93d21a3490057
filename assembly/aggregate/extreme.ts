// Update loops of MIN and MAX, by type. Doubles are compared in a total order, -0.0 before 0.0, kept as the i64 of the same
// order; NaN counts only where there is nothing else, so the answer does not depend on the order of rows.
import { allocate, release, slotBytes } from "../memory/heap";

export function leastLongs(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    store<i64>(at, min<i64>(load<i64>(at), load<i64>(values + (i << 3))));
  }
}

export function greatestLongs(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    store<i64>(at, max<i64>(load<i64>(at), load<i64>(values + (i << 3))));
  }
}

/** NaN becomes the neutral element. */
export function leastDoubles(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: f64 = load<f64>(values + (i << 3));
    const bits: i64 = reinterpret<i64>(value);
    const ordered: i64 = select<i64>(bits ^ ((bits >> 63) & i64.MAX_VALUE), i64.MAX_VALUE, abs<f64>(value) <= Infinity);
    store<i64>(at, min<i64>(load<i64>(at), ordered));
  }
}

export function greatestDoubles(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: f64 = load<f64>(values + (i << 3));
    const bits: i64 = reinterpret<i64>(value);
    const ordered: i64 = select<i64>(bits ^ ((bits >> 63) & i64.MAX_VALUE), i64.MIN_VALUE, abs<f64>(value) <= Infinity);
    store<i64>(at, max<i64>(load<i64>(at), ordered));
  }
}

/** The double behind an ordered i64; the neutral elements are NaN. */
export function fromOrdered(ordered: i64): f64 {
  if (ordered === i64.MAX_VALUE || ordered === i64.MIN_VALUE) return NaN;
  return reinterpret<f64>(ordered ^ ((ordered >> 63) & i64.MAX_VALUE));
}

/** `greatest` 0 = MIN, 1 = MAX. */
export function extremeDecimals(rows: usize, values: usize, slot: u32, lanes: u32, greatest: bool): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    offerDecimal(at, values + (i << 4), greatest);
  }
}

/** The i128 at `at` becomes the one at `value` where that is less, or greater. */
export function offerDecimal(at: usize, value: usize, greatest: bool): void {
  const low: u64 = load<u64>(value);
  const high: i64 = load<i64>(value, 8);
  const keptLow: u64 = load<u64>(at);
  const keptHigh: i64 = load<i64>(at, 8);
  const less: bool = high < keptHigh || (high === keptHigh && low < keptLow);
  const same: bool = high === keptHigh && low === keptLow;
  const take: bool = (greatest ? !less : less) && !same;
  store<u64>(at, select<u64>(low, keptLow, take));
  store<i64>(at, select<i64>(high, keptHigh, take), 8);
}

// String slot: 0 u32 length   4 u32 capacity   8 u32 address (0 = no value yet)   12 u32 first 4 bytes, big-endian
const CAPACITY: usize = 4;
export const STRING_ADDRESS: usize = 8;
const ADDRESS: usize = STRING_ADDRESS;
const PREFIX: usize = 12;

/** Unsigned bytes order. The bytes are copied: a value outlives its vector. */
export function extremeStrings(rows: usize, values: usize, slot: u32, lanes: u32, options: u32): void {
  const greatest: bool = (options & 1) !== 0;
  const sink: u32 = options & ~1;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row === sink) continue;
    offerString(<usize>row + slot, load<u32>(values + (i << 3)), load<u32>(values + (i << 3), 4), greatest);
  }
}

function offerString(at: usize, address: usize, length: u32, greatest: bool): void {
  if (load<u32>(at, ADDRESS) !== 0) {
    const order: i32 = compareToSlot(address, length, at);
    if (greatest ? order <= 0 : order >= 0) return;
  }
  keepString(at, address, length);
}

/** The string kept in another slot, if there is one, is offered to this. */
export function mergeStrings(at: usize, from: usize, greatest: bool): void {
  if (load<u32>(from, ADDRESS) !== 0) offerString(at, load<u32>(from, ADDRESS), load<u32>(from), greatest);
}

function compareToSlot(address: usize, length: u32, slot: usize): i32 {
  const prefix: u32 = prefixOf(address, length);
  const kept: u32 = load<u32>(slot, PREFIX);
  if (prefix !== kept) return prefix < kept ? -1 : 1;
  return compareBytes(address, length, load<u32>(slot, ADDRESS), load<u32>(slot));
}

function prefixOf(address: usize, length: u32): u32 {
  const word: u32 = bswap<u32>(load<u32>(address));
  return length >= 4 ? word : length === 0 ? 0 : word & ~(0xffffffff >> (length << 3));
}

/** Less than, equal to or greater than 0, as unsigned bytes compare. Up to 7 bytes past either end are read. */
export function compareBytes(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const common: u32 = min<u32>(aLength, bLength);
  for (let i: u32 = 0; i < common; i += 8) {
    let x: u64 = bswap<u64>(load<u64>(a + i));
    let y: u64 = bswap<u64>(load<u64>(b + i));
    if (common - i < 8) {
      const unused: u64 = <u64>((8 - (common - i)) << 3);
      x >>= unused;
      y >>= unused;
    }
    if (x !== y) return x < y ? -1 : 1;
  }
  return aLength === bLength ? 0 : aLength < bLength ? -1 : 1;
}

/** The bytes are copied. */
export function keepString(slot: usize, address: usize, length: u32): void {
  if (load<u32>(slot, ADDRESS) === 0 || length > load<u32>(slot, CAPACITY)) {
    release(load<u32>(slot, ADDRESS));
    store<u32>(slot, <u32>allocate(length), ADDRESS);
    store<u32>(slot, slotBytes(length), CAPACITY);
  }
  memory.copy(load<u32>(slot, ADDRESS), address, length);
  store<u32>(slot, length);
  store<u32>(slot, prefixOf(address, length), PREFIX);
}

export function releaseString(slot: usize): void {
  release(load<u32>(slot, ADDRESS));
}

/** Points a string register's value at the kept bytes. */
export function readKept(slot: usize, value: usize): void {
  store<u32>(value, load<u32>(slot, ADDRESS));
  store<u32>(value, load<u32>(slot), 4);
}
