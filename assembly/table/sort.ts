// The rows of a slice in order of their key bytes: a bottom-up merge sort over { u64 part of the key, u32 row } entries, so it
// takes n log n steps whatever the keys are. The part is the 8 bytes behind the prefix that all keys share; ties are settled
// on the whole keys. Result: 0 u32 count, then from 16 entries of 16 bytes, in a block of its own.

import { compareBytes } from "../aggregate/extreme";
import { allocate, release } from "../memory/heap";
import { SLICE_GROUPS } from "../window/slice";
import { keyBytes } from "./key-decode";
import { blockEnd, blockRows, firstBlock, nextBlock, ROW_KEY_LENGTH } from "./rows";

const HEADER: usize = 16;
const ENTRY_SHIFT: u32 = 4;
const ROW: usize = 8;
const RUN: u32 = 8;

/** Owned by the caller. */
export function sortSlice(slice: usize, rowBytes: u32): usize {
  const count: u32 = load<u32>(slice, SLICE_GROUPS);
  const entries: usize = allocate(HEADER + ((<usize>count) << ENTRY_SHIFT));
  fillEntries(slice, rowBytes, entries + HEADER, sharedPrefix(slice, rowBytes));
  return sortEntries(entries, count);
}

/** `count` u32 row addresses, in order of their keys. */
export function sortRows(rows: usize, count: u32): void {
  let entries: usize = beginSorting(count);
  for (let i: u32 = 0; i < count; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    writeEntry(entries, i, wordAt(row, 0), row);
  }
  entries = sortEntries(entries, count);
  for (let i: u32 = 0; i < count; i++) store<u32>(rows + (i << 2), sortedRow(entries, i));
  release(entries);
}

/** A block for at most `count` entries. */
export function beginSorting(count: u32): usize {
  return allocate(HEADER + ((<usize>count) << ENTRY_SHIFT));
}

/** Entry number `index`: rows are ordered by `word`, then by their keys. */
export function writeEntry(entries: usize, index: u32, word: u64, row: u32): void {
  const entry: usize = entries + HEADER + ((<usize>index) << ENTRY_SHIFT);
  store<u64>(entry, word);
  store<u32>(entry, row, ROW);
}

/** Takes the block and returns one that is in order. */
export function sortEntries(block: usize, count: u32): usize {
  const bytes: usize = HEADER + ((<usize>count) << ENTRY_SHIFT);
  let entries: usize = block;
  insertionRuns(entries + HEADER, count);
  if (count > RUN) {
    let other: usize = allocate(bytes);
    for (let width: u32 = RUN; width < count; width <<= 1) {
      mergePass(entries + HEADER, other + HEADER, count, width);
      const swap: usize = entries;
      entries = other;
      other = swap;
    }
    release(other);
  }
  store<u32>(entries, count);
  return entries;
}

export function sortedCount(entries: usize): u32 {
  return load<u32>(entries);
}

export function sortedRow(entries: usize, index: u32): u32 {
  return load<u32>(entries + HEADER + ((<usize>index) << ENTRY_SHIFT), ROW);
}

/** Leading bytes, at most 8, that all keys have in common. */
function sharedPrefix(slice: usize, rowBytes: u32): u32 {
  const first: u64 = wordAt(blockRows(firstBlock(slice)), 0);
  let differs: u64 = 0;
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += rowBytes) differs |= wordAt(row, 0) ^ first;
  }
  return <u32>clz<u64>(differs) >> 3;
}

/** 8 key bytes from `from` on, big-endian, zeros beyond the key's end. */
function wordAt(row: usize, from: u32): u64 {
  const length: u32 = load<u32>(row, ROW_KEY_LENGTH);
  if (length <= from) return 0;
  const word: u64 = bswap<u64>(load<u64>(keyBytes(row) + from));
  const left: u32 = length - from;
  return left >= 8 ? word : word & ~(u64.MAX_VALUE >> <u64>(left << 3));
}

function fillEntries(slice: usize, rowBytes: u32, entries: usize, prefix: u32): void {
  let at: usize = entries;
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += rowBytes) {
      store<u64>(at, wordAt(row, prefix));
      store<u32>(at, <u32>row, ROW);
      at += 16;
    }
  }
}

/** Whether entry a comes after entry b. */
function after(a: usize, b: usize): bool {
  const x: u64 = load<u64>(a);
  const y: u64 = load<u64>(b);
  if (x !== y) return x > y;
  const left: usize = load<u32>(a, ROW);
  const right: usize = load<u32>(b, ROW);
  return (
    compareBytes(keyBytes(left), load<u32>(left, ROW_KEY_LENGTH), keyBytes(right), load<u32>(right, ROW_KEY_LENGTH)) > 0
  );
}

function insertionRuns(entries: usize, count: u32): void {
  for (let first: u32 = 0; first < count; first += RUN) {
    const end: u32 = min<u32>(first + RUN, count);
    for (let i: u32 = first + 1; i < end; i++) {
      const moving: v128 = v128.load(entries + ((<usize>i) << ENTRY_SHIFT));
      let at: usize = entries + ((<usize>i) << ENTRY_SHIFT);
      while (at > entries + ((<usize>first) << ENTRY_SHIFT) && after(at - 16, at)) {
        v128.store(at, v128.load(at - 16));
        v128.store(at - 16, moving);
        at -= 16;
      }
    }
  }
}

function mergePass(from: usize, to: usize, count: u32, width: u32): void {
  let out: usize = to;
  for (let first: u32 = 0; first < count; first += width << 1) {
    let a: usize = from + ((<usize>first) << ENTRY_SHIFT);
    const aEnd: usize = from + ((<usize>min<u32>(first + width, count)) << ENTRY_SHIFT);
    let b: usize = aEnd;
    const bEnd: usize = from + ((<usize>min<u32>(first + (width << 1), count)) << ENTRY_SHIFT);
    while (a < aEnd && b < bEnd) {
      const right: bool = after(a, b);
      v128.store(out, v128.load(right ? b : a));
      a += right ? 0 : 16;
      b += right ? 16 : 0;
      out += 16;
    }
    memory.copy(out, a, aEnd - a);
    out += aEnd - a;
    memory.copy(out, b, bEnd - b);
    out += bEnd - b;
  }
}
