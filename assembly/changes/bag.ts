// A bag: values and how often each is there. It answers MIN, MAX, COUNT(DISTINCT) and sums of doubles over rows that may be taken
// back. Open addressing with linear probing, at most 3/4 full; a value that is gone keeps its cell until the next growth.
//
// Slot, 48 bytes: 0 u32 cells   4 u32 of them in use   8 u32 cells - 1   12 u32 values that are there
//  16 i64 how often the value 0 is, which no cell can hold   24 i64 all values   32 u64 least or greatest, 40 u32 1 = it is known
// Cell: 0 u64 word: 8 bytes of value, or u32 hash and u32 address of { u32 length, bytes }; 0 = free   8 i64 how often
import { hashBytes } from "../aggregate/distinct";
import { compareBytes } from "../aggregate/extreme";
import { allocate, allocateZeroed, release } from "../memory/heap";
import { hashLong, hashSeed } from "../table/hash";

const CELLS: usize = 0;
const USED: usize = 4;
const MASK: usize = 8;
const LIVE: usize = 12;
const ZEROS: usize = 16;
const TOTAL: usize = 24;
const EXTREME: usize = 32;
const KNOWN: usize = 40;
const CELL_SHIFT: u32 = 4;
const COUNT: usize = 8;
const FIRST_CELLS: u32 = 8;

/** What a bag's words stand for. */
export const WORD_LONG: u32 = 0;
export const WORD_DOUBLE: u32 = 1;
export const WORD_BYTES: u32 = 2;
/** 16 bytes of an i128. */
export const WORD_DECIMAL: u32 = 3;

/** Distinct values. */
export function bagValues(bag: usize): u32 {
  return load<u32>(bag, LIVE);
}

/** All of them, each as often as it is there. */
export function bagTotal(bag: usize): i64 {
  return load<i64>(bag, TOTAL);
}

/** Adds `by`, 1 or -1, to how often the word of 8 bytes is there. */
export function changeWord(bag: usize, word: u64, by: i64): void {
  if (word === 0) {
    count(bag, bag + ZEROS, by);
    return;
  }
  makeRoom(bag, true);
  const cell: usize = findWord(load<u32>(bag, CELLS), load<u32>(bag, MASK), word, hashWord(word));
  if (load<u64>(cell) === 0) {
    store<u64>(cell, word);
    store<u32>(bag, load<u32>(bag, USED) + 1, USED);
  }
  count(bag, cell + COUNT, by);
}

/** The same for bytes, which are copied. Returns their word. */
export function changeBytes(bag: usize, address: usize, length: u32, by: i64): u64 {
  makeRoom(bag, false);
  const hash: u32 = hashBytes(address, length);
  const mask: u32 = load<u32>(bag, MASK);
  let place: u32 = hash & mask;
  let cell: usize = cellAt(bag, place);
  while (load<u64>(cell) !== 0 && !holds(cell, hash, address, length)) {
    place = (place + 1) & mask;
    cell = cellAt(bag, place);
  }
  if (load<u64>(cell) === 0) {
    const element: usize = allocate(length + 12);
    store<u32>(element, length);
    memory.copy(element + 4, address, length);
    store<u32>(cell, hash);
    store<u32>(cell, <u32>element, 4);
    store<u32>(bag, load<u32>(bag, USED) + 1, USED);
  }
  const word: u64 = load<u64>(cell);
  count(bag, cell + COUNT, by);
  return word;
}

function hashWord(word: u64): u64 {
  return hashLong(word, ~hashSeed());
}

function cellAt(bag: usize, place: u32): usize {
  return <usize>load<u32>(bag, CELLS) + ((<usize>place) << CELL_SHIFT);
}

function holds(cell: usize, hash: u32, address: usize, length: u32): bool {
  if (load<u32>(cell) !== hash) return false;
  const element: usize = load<u32>(cell, 4);
  return compareBytes(address, length, element + 4, load<u32>(element)) === 0;
}

function count(bag: usize, at: usize, by: i64): void {
  const before: i64 = load<i64>(at);
  const after: i64 = before + by;
  store<i64>(at, after);
  store<i64>(bag, load<i64>(bag, TOTAL) + by, TOTAL);
  store<u32>(bag, load<u32>(bag, LIVE) + u32(after > 0) - u32(before > 0), LIVE);
}

/** Cell of the word, or the free one where it belongs. */
function findWord(cells: usize, mask: u32, word: u64, hash: u64): usize {
  let place: u32 = <u32>hash & mask;
  let cell: usize = cells + ((<usize>place) << CELL_SHIFT);
  while (load<u64>(cell) !== word && load<u64>(cell) !== 0) {
    place = (place + 1) & mask;
    cell = cells + ((<usize>place) << CELL_SHIFT);
  }
  return cell;
}

/** Room for one more value. Values that are gone leave when the cells are made anew. */
function makeRoom(bag: usize, words: bool): void {
  const old: usize = load<u32>(bag, CELLS);
  const mask: u32 = load<u32>(bag, MASK);
  if (old !== 0 && load<u32>(bag, USED) < mask - (mask >> 2)) return;
  let wider: u32 = FIRST_CELLS;
  while (wider < load<u32>(bag, LIVE) * 2 + 2) wider <<= 1;
  const cells: usize = allocateZeroed(wider << CELL_SHIFT);
  let used: u32 = 0;
  for (let at: usize = old; at < endOfCells(bag); at += 16) {
    const word: u64 = load<u64>(at);
    if (word === 0) continue;
    if (load<i64>(at, COUNT) === 0) {
      if (!words) release(<usize>(word >> 32));
      if (word === load<u64>(bag, EXTREME)) store<u32>(bag, 0, KNOWN);
      continue;
    }
    let place: u32 = <u32>(words ? hashWord(word) : word) & (wider - 1);
    while (load<u64>(cells + ((<usize>place) << CELL_SHIFT)) !== 0) place = (place + 1) & (wider - 1);
    v128.store(cells + ((<usize>place) << CELL_SHIFT), v128.load(at));
    used++;
  }
  release(old);
  store<u32>(bag, <u32>cells, CELLS);
  store<u32>(bag, wider - 1, MASK);
  store<u32>(bag, used, USED);
}

function endOfCells(bag: usize): usize {
  const cells: usize = load<u32>(bag, CELLS);
  return cells === 0 ? 0 : cells + ((<usize>load<u32>(bag, MASK) + 1) << CELL_SHIFT);
}

/** Keeps the extreme in step with a change of `word`, where it is known. */
export function noteExtreme(bag: usize, word: u64, by: i64, kind: u32, greatest: bool): void {
  if (load<u32>(bag, KNOWN) === 0) return;
  if (by < 0) {
    // It may be gone: then it is looked for when it is asked for.
    if (word === load<u64>(bag, EXTREME)) store<u32>(bag, 0, KNOWN);
  } else if (isBetter(word, load<u64>(bag, EXTREME), kind, greatest)) store<u64>(bag, word, EXTREME);
}

/** The least or greatest word; the bag must hold one. NaN only where there is nothing else. */
export function extremeWord(bag: usize, kind: u32, greatest: bool): u64 {
  if (load<u32>(bag, KNOWN) !== 0) return load<u64>(bag, EXTREME);
  let best: u64 = 0;
  let found: bool = load<i64>(bag, ZEROS) > 0;
  for (let at: usize = load<u32>(bag, CELLS); at < endOfCells(bag); at += 16) {
    const word: u64 = load<u64>(at);
    if (word === 0 || load<i64>(at, COUNT) <= 0) continue;
    if (!found || isBetter(word, best, kind, greatest)) best = word;
    found = true;
  }
  store<u64>(bag, best, EXTREME);
  store<u32>(bag, 1, KNOWN);
  return best;
}

function isBetter(a: u64, b: u64, kind: u32, greatest: bool): bool {
  const order: i32 = compareWords(a, b, kind, greatest);
  return greatest ? order > 0 : order < 0;
}

function compareWords(a: u64, b: u64, kind: u32, greatest: bool): i32 {
  if (kind === WORD_LONG) return compareLongs(<i64>a, <i64>b);
  if (kind === WORD_DOUBLE) return compareLongs(ordered(a, greatest), ordered(b, greatest));
  const left: usize = <usize>(a >> 32);
  const right: usize = <usize>(b >> 32);
  if (kind === WORD_BYTES) return compareBytes(left + 4, load<u32>(left), right + 4, load<u32>(right));
  const highs: i32 = compareLongs(load<i64>(left, 12), load<i64>(right, 12));
  if (highs !== 0) return highs;
  return i32(load<u64>(left, 4) > load<u64>(right, 4)) - i32(load<u64>(left, 4) < load<u64>(right, 4));
}

function compareLongs(a: i64, b: i64): i32 {
  return i32(a > b) - i32(a < b);
}

/** -0 before 0; NaN is worse than everything. */
function ordered(word: u64, greatest: bool): i64 {
  const value: f64 = reinterpret<f64>(word);
  if (value !== value) return greatest ? i64.MIN_VALUE : i64.MAX_VALUE;
  return <i64>word ^ ((<i64>word >> 63) & i64.MAX_VALUE);
}

/** The sum of a bag of doubles, each as often as it is there, with its rounding errors (Neumaier). */
export function sumDoubles(bag: usize): f64 {
  let sum: f64 = 0.0;
  let rest: f64 = 0.0;
  for (let at: usize = load<u32>(bag, CELLS); at < endOfCells(bag); at += 16) {
    const times: i64 = load<i64>(at, COUNT);
    if (load<u64>(at) === 0 || times === 0) continue;
    const value: f64 = load<f64>(at) * <f64>times;
    const next: f64 = sum + value;
    const part: f64 = next - sum;
    rest += sum - (next - part) + (value - part);
    sum = next;
  }
  return sum - sum === 0.0 ? sum + rest : sum;
}

/** `words`: values stand in the cells themselves. */
export function releaseBag(bag: usize, words: bool): void {
  if (!words) {
    for (let at: usize = load<u32>(bag, CELLS); at < endOfCells(bag); at += 16) release(load<u32>(at, 4));
  }
  release(load<u32>(bag, CELLS));
}
