// The slices of a query whose windows are open, in order of their key: an array, since new ones come at its end and those
// whose last window has closed leave at its front. Lookup tries the end, then searches by halves.
import { releaseRowStates } from "../aggregate/release";
import { dropChanges } from "../changes/track";
import { allocate, allocateZeroed, heapBytes, release } from "../memory/heap";
import {
  QUERY_COUNTERS,
  QUERY_SLICE_CAPACITY,
  QUERY_SLICE_COUNT,
  QUERY_SLICE_FIRST,
  QUERY_SLICES,
} from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "../shared/abi";
import { openTable } from "../table/probe";
import { releaseArena, releaseRows } from "../table/rows";
import { SLICE_BYTES, SLICE_CHUNKS, SLICE_GROUPS, SLICE_KEY } from "./slice";

/** The slice of a key, made if there is none. */
export function sliceFor(query: usize, key: i64): usize {
  const at: u32 = lowerBound(query, key);
  if (at < endOfSlices(query)) {
    const found: usize = sliceAt(query, at);
    if (load<i64>(found, SLICE_KEY) === key) return found;
  }
  const slice: usize = makeSlice(key);
  insertSlice(query, at, slice);
  return slice;
}

/** A slice without rows, in no list. */
export function makeSlice(key: i64): usize {
  const slice: usize = allocateZeroed(SLICE_BYTES);
  store<i64>(slice, key, SLICE_KEY);
  openTable(slice);
  return slice;
}

/** Slices are numbers firstSlice ... endOfSlices - 1. */
export function firstSlice(query: usize): u32 {
  return load<u32>(query, QUERY_SLICE_FIRST);
}

export function endOfSlices(query: usize): u32 {
  return load<u32>(query, QUERY_SLICE_COUNT);
}

export function sliceAt(query: usize, index: u32): usize {
  return load<u32>(load<u32>(query, QUERY_SLICES) + (index << 2));
}

export function sliceKey(query: usize, index: u32): i64 {
  return load<i64>(sliceAt(query, index), SLICE_KEY);
}

/** Number of the first slice whose key is at least `key`. */
export function lowerBound(query: usize, key: i64): u32 {
  let low: u32 = firstSlice(query);
  let high: u32 = endOfSlices(query);
  if (low < high && sliceKey(query, high - 1) < key) return high;
  while (low < high) {
    const middle: u32 = (low + high) >> 1;
    if (sliceKey(query, middle) < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Puts a slice before number `at`, where its key belongs. Numbers of others change. */
export function insertSlice(query: usize, at: u32, slice: usize): void {
  const first: u32 = firstSlice(query);
  const end: u32 = endOfSlices(query);
  if (end === load<u32>(query, QUERY_SLICE_CAPACITY)) {
    makeRoom(query, first, end);
    at -= first;
  }
  const slot: usize = load<u32>(query, QUERY_SLICES) + (at << 2);
  memory.copy(slot + 4, slot, (endOfSlices(query) - at) << 2);
  store<u32>(slot, <u32>slice);
  store<u32>(query, endOfSlices(query) + 1, QUERY_SLICE_COUNT);
}

/** Moves the slices to the front of an array with room: the same one where half of it is free. */
function makeRoom(query: usize, first: u32, end: u32): void {
  const capacity: u32 = load<u32>(query, QUERY_SLICE_CAPACITY);
  const list: usize = load<u32>(query, QUERY_SLICES);
  const count: u32 = end - first;
  if (capacity !== 0 && count <= capacity >> 1) {
    memory.copy(list, list + (first << 2), count << 2);
  } else {
    const wider: u32 = max<u32>(16, capacity * 2);
    const fresh: usize = allocate(wider << 2);
    memory.copy(fresh, list + (first << 2), count << 2);
    release(list);
    store<u32>(query, <u32>fresh, QUERY_SLICES);
    store<u32>(query, wider, QUERY_SLICE_CAPACITY);
  }
  store<u32>(query, 0, QUERY_SLICE_FIRST);
  store<u32>(query, count, QUERY_SLICE_COUNT);
}

/** Takes slice number `at` out of the list and leaves it to the caller. */
export function takeSlice(query: usize, at: u32): usize {
  const slice: usize = sliceAt(query, at);
  const first: u32 = firstSlice(query);
  const slot: usize = load<u32>(query, QUERY_SLICES) + (first << 2);
  memory.copy(slot + 4, slot, (at - first) << 2);
  store<u32>(query, first + 1, QUERY_SLICE_FIRST);
  return slice;
}

/** Frees a slice that is in no list, with all its rows. */
export function releaseSlice(query: usize, slice: usize): void {
  const before: u64 = heapBytes();
  addTo(query, COUNT_GROUPS, -(<i64>load<u32>(slice, SLICE_GROUPS)));
  dropChanges(query, slice);
  releaseRowStates(query, slice);
  releaseRows(slice);
  releaseArena(slice);
  release(load<u32>(slice, SLICE_CHUNKS));
  release(slice);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

/** Frees all slices of the list, and the list. */
export function dropSlices(query: usize): void {
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) releaseSlice(query, sliceAt(query, i));
  const before: u64 = heapBytes();
  release(load<u32>(query, QUERY_SLICES));
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
  store<u32>(query, 0, QUERY_SLICES);
  store<u32>(query, 0, QUERY_SLICE_FIRST);
  store<u32>(query, 0, QUERY_SLICE_COUNT);
  store<u32>(query, 0, QUERY_SLICE_CAPACITY);
}

export function addTo(query: usize, counter: usize, by: i64): void {
  const at: usize = query + QUERY_COUNTERS + counter;
  store<i64>(at, load<i64>(at) + by);
}
