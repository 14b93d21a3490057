// The arithmetic of windows that share slices. A window query keeps state a slice: the time between two neighbouring edges of
// windows, gcd(size, step). A row is added to one slice, whatever the number of windows that hold it, and a window is the
// merge of its slices when it closes. (Li et al., "No pane, no gain", SIGMOD Record 2005; Carbone et al., "Cutty", CIKM 2016.)
//
// A row may come too late for the first of its windows and in time for others. It is kept apart from the slice's other rows,
// by the number of windows it has missed, so that a window takes exactly the rows that came in time for it and the result
// does not depend on when windows were emitted. The key of a slice is its start + the windows its rows have missed, which
// are fewer than the slice has time units; so keys are in order of start, then of windows missed.
//
// Rows that are results of windows (WINDOW_OF_RESULTS) fall into the one window they came from: the slice is then the last
// `step` of that window, and their time is its last millisecond.
//
// Ends of windows: hopping, every `step` from the offset + size; cumulating, every `step`, and the windows of one `size` have
// its start in common. Tumbling is hopping with step = size: a slice a window. All numbers are in time units.
import {
  QUERY_ADVANCED,
  QUERY_ALLOWED,
  QUERY_LENIENCE,
  QUERY_OFFSET,
  QUERY_SHAPE,
  QUERY_SIZE,
  QUERY_SLICE,
  QUERY_SLICE_OFFSET,
  QUERY_STEP,
  QUERY_UNITS,
} from "../program/query";
import { WINDOW_CUMULATING, WINDOW_OF_RESULTS } from "../shared/abi";

const NONE: i64 = i64.MIN_VALUE;

/** The greatest common divisor. */
export function sliceSize(size: i64, step: i64): i64 {
  while (step !== 0) {
    const rest: i64 = size % step;
    size = step;
    step = rest;
  }
  return size;
}

/** The greatest multiple of `size`, from `offset` on, that is not after `time`; also below zero. */
export function floorTo(time: i64, size: i64, offset: i64): i64 {
  let rest: i64 = (time - offset) % size;
  if (rest < 0) rest += size;
  return time - rest;
}

/** End of the first window that holds the slice. When `step` > `size` that window may start behind the slice: see `isHeld`. */
export function firstEnd(query: usize, start: i64): i64 {
  const step: i64 = load<i64>(query, QUERY_STEP);
  if (load<u32>(query, QUERY_SHAPE) >= <u32>WINDOW_CUMULATING) return start + step;
  const size: i64 = load<i64>(query, QUERY_SIZE);
  return floorTo(start - size, step, load<i64>(query, QUERY_OFFSET)) + step + size;
}

/** End of the last window that holds the slice. */
export function lastEnd(query: usize, start: i64): i64 {
  const size: i64 = load<i64>(query, QUERY_SIZE);
  const step: i64 = load<i64>(query, QUERY_STEP);
  const offset: i64 = load<i64>(query, QUERY_OFFSET);
  const shape: u32 = load<u32>(query, QUERY_SHAPE);
  if ((shape & WINDOW_OF_RESULTS) !== 0) return start + step;
  if (shape === WINDOW_CUMULATING) return floorTo(start, size, offset) + size;
  return floorTo(start, step, offset) + size;
}

/** Whether any window holds the slice: hopping by more than its size leaves gaps. */
export function isHeld(query: usize, start: i64): bool {
  return lastEnd(query, start) > start;
}

/** Start of the window that ends at `end`. */
export function startOf(query: usize, end: i64): i64 {
  const size: i64 = load<i64>(query, QUERY_SIZE);
  if ((load<u32>(query, QUERY_SHAPE) & ~WINDOW_OF_RESULTS) === WINDOW_CUMULATING)
    return floorTo(end - 1, size, load<i64>(query, QUERY_OFFSET));
  return end - size;
}

/** Start of the first slice of the window that ends at `end`. */
export function slicesFrom(query: usize, end: i64): i64 {
  const results: bool = (load<u32>(query, QUERY_SHAPE) & WINDOW_OF_RESULTS) !== 0;
  return results ? end - load<i64>(query, QUERY_STEP) : startOf(query, end);
}

/** Start of the slice with this key. */
export function sliceStart(query: usize, key: i64): i64 {
  return floorTo(key, load<i64>(query, QUERY_SLICE), load<i64>(query, QUERY_SLICE_OFFSET));
}

/** Windows that the rows of the slice with this key have missed. */
export function missedOf(query: usize, key: i64): i64 {
  return key - sliceStart(query, key);
}

/** End of the first window that the rows of the slice with this key count in. */
export function countsFrom(query: usize, key: i64): i64 {
  const missed: i64 = missedOf(query, key);
  return firstEnd(query, key - missed) + missed * load<i64>(query, QUERY_STEP);
}

/** Times above this and below `timeCeiling` have all their windows in an i64. */
export function timeFloor(query: usize): i64 {
  return i64.MIN_VALUE + margin(query);
}

export function timeCeiling(query: usize): i64 {
  return i64.MAX_VALUE - margin(query);
}

function margin(query: usize): i64 {
  const widest: i64 = max<i64>(load<i64>(query, QUERY_SIZE), load<i64>(query, QUERY_STEP));
  return 3 * widest + abs<i64>(load<i64>(query, QUERY_OFFSET)) + load<i64>(query, QUERY_LENIENCE);
}

/** Windows that end here or before are closed at the query's watermark: end - 1 ms <= watermark. */
export function closedEdge(query: usize): i64 {
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  const units: i64 = load<i64>(query, QUERY_UNITS);
  if (advanced >= i64.MAX_VALUE / units - 1) return i64.MAX_VALUE;
  if (advanced <= i64.MIN_VALUE / units + 1) return NONE;
  return (advanced + 1) * units;
}

/** Windows that end here or before take no more rows: they have been closed for as long as lateness is allowed. */
export function keptEdge(query: usize): i64 {
  const edge: i64 = closedEdge(query);
  const allowed: i64 = load<i64>(query, QUERY_ALLOWED);
  if (edge === i64.MAX_VALUE) return edge;
  return edge < NONE + allowed ? NONE : edge - allowed;
}
