// Windows that the watermark has closed, one after the other in order of their end, each as one slice that holds its rows. A
// window of one slice is that slice; a hopping window is a merge of its slices made for it; a cumulating one is merged into
// its first slice, which so grows from window to window. A slice is free when the last window that holds it has left.
import { heapBytes, release } from "../memory/heap";
import {
  QUERY_EMITTED,
  QUERY_LEFT,
  QUERY_OPENED,
  QUERY_OPENED_OWN,
  QUERY_OPENED_START,
  QUERY_SHAPE,
  QUERY_SORTED,
  QUERY_STEP,
} from "../program/query";
import { COUNT_STATE_BYTES, WINDOW_CUMULATING } from "../shared/abi";
import { reserveTable } from "../table/probe";
import { mergeSlice } from "./merge-slice";
import { closedEdge, countsFrom, lastEnd, sliceStart, slicesFrom, startOf } from "./share";
import { SLICE_GROUPS, SLICE_KEY, SLICE_LEFT } from "./slice";
import {
  addTo,
  dropSlices,
  endOfSlices,
  firstSlice,
  insertSlice,
  lowerBound,
  makeSlice,
  releaseSlice,
  sliceAt,
  sliceKey,
  takeSlice,
} from "./slices";
import { dropIdleSums, dropSums, gatherHopping, hasSuffixes } from "./suffixes";

const NEVER: i64 = i64.MAX_VALUE;

/** Opens the next closed window that has rows: QUERY_OPENED is its slice. False when there is none. */
export function openWindow(query: usize): bool {
  const edge: i64 = closedEdge(query);
  while (firstSlice(query) < endOfSlices(query)) {
    const end: i64 = nextEnd(query);
    if (end > edge) return false;
    store<i64>(query, end, QUERY_EMITTED);
    const slice: usize = gatherWindow(query, slicesFrom(query, end), end);
    store<u32>(query, <u32>slice, QUERY_OPENED);
    store<i64>(query, startOf(query, end), QUERY_OPENED_START);
    dropPast(query, end);
    if (slice !== 0) return true;
  }
  return false;
}

/** The window in hand has given all its rows, which may still be read until `releaseLeft`. */
export function leaveWindow(query: usize): void {
  const slice: usize = load<u32>(query, QUERY_OPENED);
  if (load<u32>(query, QUERY_OPENED_OWN) !== 0) {
    store<u32>(slice, load<u32>(query, QUERY_LEFT), SLICE_LEFT);
    store<u32>(query, <u32>slice, QUERY_LEFT);
  }
  store<u32>(query, 0, QUERY_OPENED);
}

/** Frees the windows that were left. */
export function releaseLeft(query: usize): void {
  let slice: usize = load<u32>(query, QUERY_LEFT);
  store<u32>(query, 0, QUERY_LEFT);
  while (slice !== 0) {
    const next: usize = load<u32>(slice, SLICE_LEFT);
    releaseSlice(query, slice);
    slice = next;
  }
}

/** Frees everything a query keeps. */
export function dropWindows(query: usize): void {
  if (load<u32>(query, QUERY_OPENED) !== 0) leaveWindow(query);
  releaseLeft(query);
  dropSlices(query);
  dropSums(query);
  release(load<u32>(query, QUERY_SORTED));
  store<u32>(query, 0, QUERY_SORTED);
}

/** Windows that have rows and have not been emitted. */
export function openWindows(query: usize): i64 {
  const step: i64 = load<i64>(query, QUERY_STEP);
  let low: i64 = NEVER;
  let count: i64 = load<u32>(query, QUERY_OPENED) !== 0 ? 1 : 0;
  // From the last slice on: the ends of one slice's windows up to the least end that was counted are new.
  for (let i: u32 = endOfSlices(query); i > firstSlice(query); i--) {
    const key: i64 = sliceKey(query, i - 1);
    const from: i64 = pendingEnd(query, key);
    const last: i64 = lastEnd(query, sliceStart(query, key));
    const to: i64 = low <= last ? low - step : last;
    if (from > to) continue;
    count += (to - from) / step + 1;
    low = from;
  }
  return count;
}

/** End of the first window that the slice with this key counts in and that has not been emitted. */
function pendingEnd(query: usize, key: i64): i64 {
  const emitted: i64 = load<i64>(query, QUERY_EMITTED);
  const from: i64 = countsFrom(query, key);
  return from > emitted ? from : emitted + load<i64>(query, QUERY_STEP);
}

/** End of the next window that has rows, in time units; the greatest i64 where there is none. */
export function nextEnd(query: usize): i64 {
  let least: i64 = NEVER;
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) {
    const key: i64 = sliceKey(query, i);
    if (key >= least) break;
    least = min<i64>(least, pendingEnd(query, key));
  }
  return least;
}

/** One slice with all rows of the window whose slices are in [start, end), 0 when it has none. Sets QUERY_OPENED_OWN. */
function gatherWindow(query: usize, start: i64, end: i64): usize {
  const from: u32 = lowerBound(query, start);
  const to: u32 = lowerBound(query, end);
  let found: u32 = 0;
  let only: u32 = 0;
  let groups: u32 = 0;
  for (let i: u32 = from; i < to; i++) {
    if (countsFrom(query, sliceKey(query, i)) > end) continue;
    found++;
    only = i;
    groups = max<u32>(groups, load<u32>(sliceAt(query, i), SLICE_GROUPS));
  }
  store<u32>(query, 0, QUERY_OPENED_OWN);
  if (found === 0) return 0;
  if (load<u32>(query, QUERY_SHAPE) === WINDOW_CUMULATING) return cumulate(query, start, end);
  // Alone in its window, it has no rows but its own, whatever it has become.
  if (found === 1) {
    if (lastEnd(query, sliceStart(query, sliceKey(query, only))) > end) return sliceAt(query, only);
    store<u32>(query, 1, QUERY_OPENED_OWN);
    return takeSlice(query, only);
  }
  if (hasSuffixes(query)) return gatherHopping(query, start, end);
  const before: u64 = heapBytes();
  const merged: usize = makeSlice(start);
  reserveTable(merged, groups);
  for (let i: u32 = from; i < to; i++) {
    if (countsFrom(query, sliceKey(query, i)) <= end) mergeSlice(query, merged, sliceAt(query, i));
  }
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
  store<u32>(query, 1, QUERY_OPENED_OWN);
  return merged;
}

/** Merges the slices of [start, end) into the one at `start`, which is kept until its longest window has left. */
function cumulate(query: usize, start: i64, end: i64): usize {
  let base: usize = 0;
  let i: u32 = lowerBound(query, start);
  while (i < lowerBound(query, end)) {
    if (countsFrom(query, sliceKey(query, i)) > end) {
      i++;
      continue;
    }
    if (base === 0 && sliceKey(query, i) === start) {
      base = sliceAt(query, i++);
      continue;
    }
    const slice: usize = takeSlice(query, i++);
    if (base === 0) base = slice;
    else foldInto(query, base, slice);
  }
  if (load<i64>(base, SLICE_KEY) !== start) {
    store<i64>(base, start, SLICE_KEY);
    insertSlice(query, lowerBound(query, start), base);
  }
  if (lastEnd(query, start) > end) return base;
  store<u32>(query, 1, QUERY_OPENED_OWN);
  return takeSlice(query, lowerBound(query, start));
}

function foldInto(query: usize, base: usize, slice: usize): void {
  const before: u64 = heapBytes();
  mergeSlice(query, base, slice);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
  releaseSlice(query, slice);
}

/** Frees the slices whose last window ends at `end` or before. */
function dropPast(query: usize, end: i64): void {
  while (
    firstSlice(query) < endOfSlices(query) &&
    lastEnd(query, sliceStart(query, sliceKey(query, firstSlice(query)))) <= end
  ) {
    releaseSlice(query, takeSlice(query, firstSlice(query)));
  }
  dropIdleSums(query);
}
