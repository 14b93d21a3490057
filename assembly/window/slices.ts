// The open slices of a query, in order of their start: an array, since new windows come at its end and closed ones leave at
// its front. Lookup tries the last one found, then searches by halves.
import { releaseRowStates } from "../aggregate/release";
import { allocate, allocateZeroed, heapBytes, release } from "../memory/heap";
import {
  QUERY_CLOSED,
  QUERY_COUNTERS,
  QUERY_SLICE_CAPACITY,
  QUERY_SLICE_COUNT,
  QUERY_SLICES,
  QUERY_SORTED,
} from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES, COUNT_WINDOWS } from "../shared/abi";
import { openTable } from "../table/probe";
import { releaseArena, releaseRows } from "../table/rows";
import { SLICE_BYTES, SLICE_CHUNKS, SLICE_GROUPS, SLICE_START } from "./slice";

/** The slice of a window start, made if there is none. */
export function sliceFor(query: usize, start: i64): usize {
  const at: u32 = lowerBound(query, start);
  const count: u32 = load<u32>(query, QUERY_SLICE_COUNT);
  const slices: usize = load<u32>(query, QUERY_SLICES);
  if (at < count) {
    const found: usize = load<u32>(slices + (at << 2));
    if (load<i64>(found, SLICE_START) === start) return found;
  }
  const slice: usize = allocateZeroed(SLICE_BYTES);
  store<i64>(slice, start, SLICE_START);
  openTable(slice);
  insert(query, at, slice);
  addTo(query, COUNT_WINDOWS, 1);
  return slice;
}

/** First slice whose start is at least `start`. */
function lowerBound(query: usize, start: i64): u32 {
  const slices: usize = load<u32>(query, QUERY_SLICES);
  let low: u32 = 0;
  let high: u32 = load<u32>(query, QUERY_SLICE_COUNT);
  if (high !== 0 && load<i64>(load<u32>(slices + ((high - 1) << 2)), SLICE_START) < start) return high;
  while (low < high) {
    const middle: u32 = (low + high) >> 1;
    if (load<i64>(load<u32>(slices + (middle << 2)), SLICE_START) < start) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(query: usize, at: u32, slice: usize): void {
  const count: u32 = load<u32>(query, QUERY_SLICE_COUNT);
  const capacity: u32 = load<u32>(query, QUERY_SLICE_CAPACITY);
  if (count === capacity) {
    const wider: u32 = max<u32>(16, capacity * 2);
    const fresh: usize = allocate(wider << 2);
    memory.copy(fresh, load<u32>(query, QUERY_SLICES), count << 2);
    release(load<u32>(query, QUERY_SLICES));
    store<u32>(query, <u32>fresh, QUERY_SLICES);
    store<u32>(query, wider, QUERY_SLICE_CAPACITY);
  }
  const slot: usize = load<u32>(query, QUERY_SLICES) + (at << 2);
  memory.copy(slot + 4, slot, (count - at) << 2);
  store<u32>(slot, <u32>slice);
  store<u32>(query, count + 1, QUERY_SLICE_COUNT);
}

/** Marks the slices that start at or before `closed`: they leave by `popSlice`. */
export function closeSlices(query: usize, closed: i64): void {
  const slices: usize = load<u32>(query, QUERY_SLICES);
  const count: u32 = load<u32>(query, QUERY_SLICE_COUNT);
  let marked: u32 = load<u32>(query, QUERY_CLOSED);
  while (marked < count && load<i64>(load<u32>(slices + (marked << 2)), SLICE_START) <= closed) marked++;
  store<u32>(query, marked, QUERY_CLOSED);
}

/** The earliest closed slice, 0 when none is left. */
export function closedSlice(query: usize): usize {
  return load<u32>(query, QUERY_CLOSED) === 0 ? 0 : load<u32>(load<u32>(query, QUERY_SLICES));
}

/** Frees the earliest `slices` slices. */
export function popSlices(query: usize, slices: u32): void {
  if (slices === 0) return;
  const list: usize = load<u32>(query, QUERY_SLICES);
  const count: u32 = load<u32>(query, QUERY_SLICE_COUNT);
  for (let i: u32 = 0; i < slices; i++) releaseSlice(query, load<u32>(list + (i << 2)));
  memory.copy(list, list + (slices << 2), (count - slices) << 2);
  store<u32>(query, count - slices, QUERY_SLICE_COUNT);
  store<u32>(query, load<u32>(query, QUERY_CLOSED) - slices, QUERY_CLOSED);
}

function releaseSlice(query: usize, slice: usize): void {
  const before: u64 = heapBytes();
  addTo(query, COUNT_GROUPS, -(<i64>load<u32>(slice, SLICE_GROUPS)));
  addTo(query, COUNT_WINDOWS, -1);
  releaseRowStates(query, slice);
  releaseRows(slice);
  releaseArena(slice);
  release(load<u32>(slice, SLICE_CHUNKS));
  release(slice);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

/** Frees everything a query keeps. */
export function dropSlices(query: usize): void {
  store<u32>(query, load<u32>(query, QUERY_SLICE_COUNT), QUERY_CLOSED);
  popSlices(query, load<u32>(query, QUERY_SLICE_COUNT));
  release(load<u32>(query, QUERY_SORTED));
  release(load<u32>(query, QUERY_SLICES));
  store<u32>(query, 0, QUERY_SORTED);
  store<u32>(query, 0, QUERY_SLICES);
  store<u32>(query, 0, QUERY_SLICE_CAPACITY);
}

export function addTo(query: usize, counter: usize, by: i64): void {
  const at: usize = query + QUERY_COUNTERS + counter;
  store<i64>(at, load<i64>(at) + by);
}
