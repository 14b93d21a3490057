// Hopping windows of many slices: about three merges of a slice a window, however many slices it has (the two stacks of Tangwongsan
// et al., "General incremental sliding-window aggregation", VLDB 2015). Slices that start before QUERY_FRONT_END are suffixes: each
// has its own rows and those of all slices behind it up to there. Slices from there on are added up in QUERY_BACK as they come.
// A window is then the suffix that starts with it and what is behind: the suffix is used once, by the last window that holds its
// slice, so that it may become the window itself. When the windows have left the front, all slices become suffixes anew.
//
// Only slices that a closed window has are taken: nothing is added to them later (share.ts: rows that come then have missed that
// window, and have slices of their own). Such rows of slices in front are merged into each of their windows, until the next turn.
import { heapBytes } from "../memory/heap";
import {
  QUERY_BACK,
  QUERY_FRONT_END,
  QUERY_OPENED_OWN,
  QUERY_OPS,
  QUERY_SHAPE,
  QUERY_SIZE,
  QUERY_SLICE,
} from "../program/query";
import { COUNT_STATE_BYTES, WINDOW_HOPPING } from "../shared/abi";
import { reserveTable } from "../table/probe";
import { mergeSlice } from "./merge-slice";
import { countsFrom, sliceStart } from "./share";
import { SLICE_GATHERED, SLICE_GROUPS } from "./slice";
import {
  addTo,
  endOfSlices,
  firstSlice,
  lowerBound,
  makeSlice,
  releaseSlice,
  sliceAt,
  sliceKey,
  takeSlice,
} from "./slices";

/** Fewer slices a window are merged as fast. */
const LEAST_SLICES: i64 = 4;
const IN_BACK: u32 = 1;
const SUFFIX: u32 = 2;

export function hasSuffixes(query: usize): bool {
  if (load<u32>(query, QUERY_SHAPE) !== WINDOW_HOPPING || load<u32>(query, QUERY_OPS) !== 0) return false;
  return load<i64>(query, QUERY_SIZE) >= LEAST_SLICES * load<i64>(query, QUERY_SLICE);
}

/** One slice with all rows of the closed window [start, end), which has some. */
export function gatherHopping(query: usize, start: i64, end: i64): usize {
  if (start >= frontEnd(query)) turn(query, start, end);
  else addToBack(query, end);
  const front: i64 = frontEnd(query);
  let window: usize = takeSuffix(query, start);
  if (window === 0) window = copyOfNext(query, start);
  const back: usize = load<u32>(query, QUERY_BACK);
  if (back !== 0) merge(query, window, back);
  for (let i: u32 = lowerBound(query, start); i < lowerBound(query, front); i++) {
    if (isClosed(query, i, end) && gathered(query, i) === 0) merge(query, window, sliceAt(query, i));
  }
  store<u32>(query, 1, QUERY_OPENED_OWN);
  return window;
}

function frontEnd(query: usize): i64 {
  return load<i64>(query, QUERY_FRONT_END);
}

function gathered(query: usize, index: u32): u32 {
  return load<u32>(sliceAt(query, index), SLICE_GATHERED);
}

/** Whether the slice counts in the window that ends at `end`, as far as its rows' time says. */
function isClosed(query: usize, index: u32, end: i64): bool {
  return countsFrom(query, sliceKey(query, index)) <= end;
}

/** The slices of [front, end) that are not in the sum yet. */
function addToBack(query: usize, end: i64): void {
  for (let i: u32 = lowerBound(query, frontEnd(query)); i < lowerBound(query, end); i++) {
    if (!isClosed(query, i, end) || gathered(query, i) !== 0) continue;
    const slice: usize = sliceAt(query, i);
    if (load<u32>(query, QUERY_BACK) === 0) store<u32>(query, <u32>emptyFor(query, slice, end), QUERY_BACK);
    merge(query, load<u32>(query, QUERY_BACK), slice);
    store<u32>(slice, IN_BACK, SLICE_GATHERED);
  }
}

/** A slice without rows, with room for the groups of another. */
function emptyFor(query: usize, slice: usize, key: i64): usize {
  const before: u64 = heapBytes();
  const fresh: usize = makeSlice(key);
  if (slice !== 0) reserveTable(fresh, load<u32>(slice, SLICE_GROUPS));
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
  return fresh;
}

function merge(query: usize, into: usize, from: usize): void {
  const before: u64 = heapBytes();
  mergeSlice(query, into, from);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

/** The suffix of a window's first slice, which no later window needs; 0 where no row has been in that slice. */
function takeSuffix(query: usize, start: i64): usize {
  const at: u32 = lowerBound(query, start);
  if (at === endOfSlices(query) || gathered(query, at) !== SUFFIX || sliceStart(query, sliceKey(query, at)) !== start)
    return 0;
  return takeSlice(query, at);
}

/** Later windows need the next suffix, if there is one. */
function copyOfNext(query: usize, start: i64): usize {
  for (let i: u32 = lowerBound(query, start); i < lowerBound(query, frontEnd(query)); i++) {
    if (gathered(query, i) !== SUFFIX) continue;
    const copy: usize = emptyFor(query, sliceAt(query, i), start);
    merge(query, copy, sliceAt(query, i));
    return copy;
  }
  return emptyFor(query, 0, start);
}

/** Makes suffixes of all slices of [start, end). */
function turn(query: usize, start: i64, end: i64): void {
  dropSums(query);
  uniteStarts(query, start, end);
  let next: usize = 0;
  for (let i: u32 = lowerBound(query, end); i > lowerBound(query, start); i--) {
    if (!isClosed(query, i - 1, end)) continue;
    const slice: usize = sliceAt(query, i - 1);
    if (next !== 0) merge(query, slice, next);
    store<u32>(slice, SUFFIX, SLICE_GATHERED);
    next = slice;
  }
  store<i64>(query, end, QUERY_FRONT_END);
}

/** Slices of one start that have missed windows become one with the first of them: they count in the same windows from now on. */
function uniteStarts(query: usize, start: i64, end: i64): void {
  let first: usize = 0;
  let from: i64 = 0;
  for (let i: u32 = lowerBound(query, start); i < lowerBound(query, end); i++) {
    if (!isClosed(query, i, end)) continue;
    const own: i64 = sliceStart(query, sliceKey(query, i));
    if (first === 0 || own !== from) {
      first = sliceAt(query, i);
      from = own;
      continue;
    }
    const slice: usize = takeSlice(query, i);
    merge(query, first, slice);
    releaseSlice(query, slice);
  }
}

/** Gives back what is kept beside the slices. */
export function dropSums(query: usize): void {
  const back: usize = load<u32>(query, QUERY_BACK);
  if (back !== 0) releaseSlice(query, back);
  store<u32>(query, 0, QUERY_BACK);
  store<i64>(query, i64.MIN_VALUE, QUERY_FRONT_END);
}

/** Nothing is kept beside slices that are no more. */
export function dropIdleSums(query: usize): void {
  if (load<u32>(query, QUERY_BACK) !== 0 && firstSlice(query) === endOfSlices(query)) dropSums(query);
}
