// LISTAGG: strings with their places (order.ts), joined in that order when a result is wanted. With DISTINCT the first of equal
// strings stays; others are dropped whenever the list has to grow, so that it is never much longer than what is distinct.
// Slot: 0 u32 entries   4 u32 count   8 u32 room   12 u32 bytes of the strings   16 u32 used   20 u32 capacity
// Entry: 0 place   24 u32 offset of its bytes   28 u32 length
import { allocate, release } from "../memory/heap";
import { mergeSort } from "../memory/merge-sort";
import { scratchAllocate } from "../memory/scratch";
import { compareBytes } from "./extreme";
import { comparePlaces, keepPlace, PLACE_BYTES } from "./order";

export const LIST_ENTRIES: usize = 0;
export const LIST_COUNT: usize = 4;
const ROOM: usize = 8;
export const LIST_TEXT: usize = 12;
export const LIST_USED: usize = 16;
const CAPACITY: usize = 20;
export const LIST_BYTES: u32 = 24;

const OFFSET: usize = PLACE_BYTES;
const LENGTH: usize = PLACE_BYTES + 4;
export const LIST_ENTRY_BYTES: u32 = PLACE_BYTES + 8;
const FIRST_ROOM: u32 = 4;
/** Read past the end by compareBytes. */
const SPARE: u32 = 8;

/** Lanes at the sink are passed over. */
export function addToLists(rows: usize, values: usize, slot: u32, lanes: u32, sink: u32, distinct: bool): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row === sink) continue;
    const entry: usize = append(
      <usize>row + slot,
      load<u32>(values + (i << 3)),
      load<u32>(values + (i << 3), 4),
      distinct,
    );
    keepPlace(entry, i);
  }
}

/** What stands in the list at `from` is put into the one at `to`. */
export function mergeLists(to: usize, from: usize, distinct: bool): void {
  const count: u32 = load<u32>(from, LIST_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const entry: usize = <usize>load<u32>(from) + i * LIST_ENTRY_BYTES;
    const text: usize = <usize>load<u32>(from, LIST_TEXT) + load<u32>(entry, OFFSET);
    memory.copy(append(to, text, load<u32>(entry, LENGTH), distinct), entry, PLACE_BYTES);
  }
}

/** An entry without a place. */
function append(list: usize, text: usize, length: u32, distinct: bool): usize {
  if (load<u32>(list, LIST_COUNT) === load<u32>(list, ROOM)) makeRoom(list, distinct);
  const used: u32 = load<u32>(list, LIST_USED);
  if (used + length > load<u32>(list, CAPACITY)) {
    const capacity: u32 = used + (used >> 1) + length;
    store<u32>(list, <u32>moved(load<u32>(list, LIST_TEXT), used, capacity + SPARE), LIST_TEXT);
    store<u32>(list, capacity, CAPACITY);
  }
  memory.copy(<usize>load<u32>(list, LIST_TEXT) + used, text, length);
  const count: u32 = load<u32>(list, LIST_COUNT);
  const entry: usize = <usize>load<u32>(list) + count * LIST_ENTRY_BYTES;
  store<u32>(entry, used, OFFSET);
  store<u32>(entry, length, LENGTH);
  store<u32>(list, count + 1, LIST_COUNT);
  store<u32>(list, used + length, LIST_USED);
  return entry;
}

function moved(from: usize, used: u32, bytes: u32): usize {
  const to: usize = allocate(bytes);
  if (from !== 0) memory.copy(to, from, used);
  release(from);
  return to;
}

function makeRoom(list: usize, distinct: bool): void {
  const count: u32 = load<u32>(list, LIST_COUNT);
  if (distinct && count >= FIRST_ROOM && keepDistinct(list) <= count >> 1) return;
  const left: u32 = load<u32>(list, LIST_COUNT);
  const room: u32 = max<u32>(FIRST_ROOM, left << 1);
  store<u32>(list, <u32>moved(load<u32>(list), left * LIST_ENTRY_BYTES, room * LIST_ENTRY_BYTES), LIST_ENTRIES);
  store<u32>(list, room, ROOM);
}

/** Drops strings that stand further in front, too, and their bytes. Returns how many are left. */
function keepDistinct(list: usize): u32 {
  const count: u32 = load<u32>(list, LIST_COUNT);
  const order: usize = sorted(list, count, compareTexts);
  const left: u32 = firstOfEqual(order, count);
  if (left === count) return count;
  const entries: usize = allocate(load<u32>(list, ROOM) * LIST_ENTRY_BYTES);
  const text: usize = allocate(load<u32>(list, CAPACITY) + SPARE);
  let used: u32 = 0;
  for (let i: u32 = 0; i < left; i++) {
    const from: usize = load<u32>(order + (i << 2));
    const entry: usize = entries + i * LIST_ENTRY_BYTES;
    memory.copy(entry, from, LIST_ENTRY_BYTES);
    store<u32>(entry, used, OFFSET);
    memory.copy(text + used, textOf(from), load<u32>(from, LENGTH));
    used += load<u32>(from, LENGTH);
  }
  releaseList(list);
  store<u32>(list, <u32>entries, LIST_ENTRIES);
  store<u32>(list, left, LIST_COUNT);
  store<u32>(list, <u32>text, LIST_TEXT);
  store<u32>(list, used, LIST_USED);
  return left;
}

/** Of entries with equal ones side by side the first of each. Returns how many these are. */
function firstOfEqual(order: usize, count: u32): u32 {
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const entry: u32 = load<u32>(order + (i << 2));
    if (left !== 0 && compareStrings(load<u32>(order + ((left - 1) << 2)), entry) === 0) continue;
    store<u32>(order + (left++ << 2), entry);
  }
  return left;
}

/** Text of the list in hand, for comparisons. */
let texts: usize = 0;

function textOf(entry: usize): usize {
  return texts + load<u32>(entry, OFFSET);
}

function compareStrings(a: usize, b: usize): i32 {
  return compareBytes(textOf(a), load<u32>(a, LENGTH), textOf(b), load<u32>(b, LENGTH));
}

function compareTexts(a: u32, b: u32): i32 {
  const order: i32 = compareStrings(a, b);
  return order !== 0 ? order : comparePlaces(a, b);
}

function compareEntries(a: u32, b: u32): i32 {
  return comparePlaces(a, b);
}

/** Addresses of the entries, sorted. */
function sorted(list: usize, count: u32, compare: (a: u32, b: u32) => i32): usize {
  texts = load<u32>(list, LIST_TEXT);
  const order: usize = scratchAllocate(count << 2);
  for (let i: u32 = 0; i < count; i++) store<u32>(order + (i << 2), load<u32>(list) + i * LIST_ENTRY_BYTES);
  mergeSort(order, count, compare);
  return order;
}

/** Writes { address, length } of the joined strings; false when there is none. `separator`: the same of what stands between. */
export function joinList(list: usize, separator: usize, distinct: bool, to: usize): bool {
  let count: u32 = load<u32>(list, LIST_COUNT);
  if (count === 0) return false;
  if (distinct) count = keepDistinct(list);
  const order: usize = sorted(list, count, compareEntries);
  const between: u32 = load<u32>(separator, 4);
  const bytes: u32 = load<u32>(list, LIST_USED) + (count - 1) * between;
  const joined: usize = scratchAllocate(bytes);
  let at: usize = joined;
  for (let i: u32 = 0; i < count; i++) {
    if (i !== 0) {
      memory.copy(at, load<u32>(separator), between);
      at += between;
    }
    const entry: usize = load<u32>(order + (i << 2));
    memory.copy(at, textOf(entry), load<u32>(entry, LENGTH));
    at += load<u32>(entry, LENGTH);
  }
  store<u32>(to, <u32>joined);
  store<u32>(to, bytes, 4);
  return true;
}

export function releaseList(list: usize): void {
  release(load<u32>(list));
  release(load<u32>(list, LIST_TEXT));
}
