// Windows whose results leave before they close, or change after it: each has a state of its own, a row goes to every window that
// holds it, and each changed group is entered as in an aggregation without a window. The key of a slice is its window's end.
// Costs a pass a window; windows that give their results once share slices (window/share.ts).

import { oneRow } from "../accumulate";
import { updateAggregates } from "../aggregate/update";
import { lastingBytes } from "../memory/scratch";
import { ROWS, RUN_FIRST, RUN_SLICE, RUN_START } from "../memory/vectors";
import { QUERY_KEY_COUNT, QUERY_SINK_ROW, QUERY_STEP } from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "../shared/abi";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { markRuns } from "../window/runs";
import { countsFrom, lastEnd, missedOf } from "../window/share";
import { addTo, sliceFor } from "../window/slices";
import { noteChanges } from "./track";

export function accumulateWindows(query: usize, lanes: u32, runs: u32): void {
  const keyed: bool = load<u32>(query, QUERY_KEY_COUNT) !== 0;
  const long: bool = keyed && encodeKeys(query, lanes);
  const before: u64 = lastingBytes();
  markRuns(lanes, runs);
  let groups: u32 = 0;
  for (let number: i64 = 0; findSlices(query, runs, number); number++) {
    for (let run: u32 = 0; run < runs; run++) {
      const from: u32 = load<u32>(RUN_FIRST + (run << 2));
      const to: u32 = load<u32>(RUN_FIRST + (run << 2), 4);
      const slice: usize = load<u32>(RUN_SLICE + (run << 2));
      if (slice === 0) toSink(query, from, to);
      else groups += keyed ? probe(query, slice, from, to, long) : oneRow(query, slice, from, to);
    }
    noteChanges(query, runs);
    updateAggregates(query, lanes, runs);
  }
  addTo(query, COUNT_GROUPS, groups);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** RUN_SLICE becomes the window of that number that each run's rows are in, 0 where they are in fewer. False when all are. */
function findSlices(query: usize, runs: u32, number: i64): bool {
  let found: bool = false;
  for (let run: u32 = 0; run < runs; run++) {
    const key: i64 = load<i64>(RUN_START + (run << 3));
    const end: i64 = countsFrom(query, key) + number * load<i64>(query, QUERY_STEP);
    const none: bool =
      end > lastEnd(query, key - missedOf(query, key)) ||
      load<u32>(RUN_FIRST + (run << 2)) === load<u32>(RUN_FIRST + (run << 2), 4);
    store<u32>(RUN_SLICE + (run << 2), none ? 0 : <u32>sliceFor(query, end));
    found = found || !none;
  }
  return found;
}

function toSink(query: usize, from: u32, to: u32): void {
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  for (let i: u32 = from; i < to; i++) store<u32>(ROWS + (i << 2), sink);
}
