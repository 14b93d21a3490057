// How long every query has worked: the time since the last change of who is at work goes to who was. The clock is the host's,
// and counts for nothing else; a host that has none gives 0.
import { QUERY_COUNTERS } from "./program/query";
import { SOURCE_COUNTERS } from "./program/source";
import { COUNT_BUSY, COUNT_PEAK_BYTES, COUNT_STATE_BYTES, SOURCE_BUSY } from "./shared/abi";

/** Milliseconds from some moment on. */
declare function now(): f64;

const NANOSECONDS: f64 = 1e6;

/** Where the time of who is at work is counted, 0 = nobody. */
let counter: usize = 0;
let since: f64 = 0;

/** The query is at work until `giveBack` gets what this returns. */
export function takeOver(query: usize): usize {
  return begin(query + QUERY_COUNTERS + COUNT_BUSY);
}

/** The same for decoding a source's records. */
export function takeOverSource(source: usize): usize {
  return begin(source + SOURCE_COUNTERS + SOURCE_BUSY);
}

function begin(next: usize): usize {
  const before: usize = counter;
  turn(next);
  return before;
}

export function giveBack(before: usize): void {
  turn(before);
}

function turn(next: usize): void {
  const at: f64 = now();
  if (counter !== 0) store<i64>(counter, load<i64>(counter) + <i64>((at - since) * NANOSECONDS));
  since = at;
  counter = next;
}

/** Keeps the most bytes of state that the query has had. */
export function notePeak(query: usize): void {
  const counters: usize = query + QUERY_COUNTERS;
  const bytes: i64 = load<i64>(counters, COUNT_STATE_BYTES);
  if (bytes > load<i64>(counters, COUNT_PEAK_BYTES)) store<i64>(counters, bytes, COUNT_PEAK_BYTES);
}
