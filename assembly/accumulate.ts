// Selected lanes into state: keys, then per window its slice and the rows of its keys, then every aggregate over all lanes.

import { updateAggregates } from "./aggregate/update";
import { heapBytes } from "./memory/heap";
import { ROWS, RUN_FIRST, RUN_SLICE, RUN_START } from "./memory/vectors";
import { QUERY_KEY_COUNT, QUERY_ROW_BYTES, QUERY_TEMPLATE, QUERY_TOP } from "./program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "./shared/abi";
import { encodeKeys } from "./table/key";
import { probe } from "./table/probe";
import { appendRow, blockRows, firstBlock } from "./table/rows";
import { addTop } from "./top/top";
import { markRuns } from "./window/runs";
import { SLICE_GROUPS } from "./window/slice";
import { addTo, sliceFor } from "./window/slices";

export function accumulate(query: usize, lanes: u32, runs: u32): void {
  const keyed: bool = load<u32>(query, QUERY_KEY_COUNT) !== 0;
  const long: bool = keyed && encodeKeys(query, lanes);
  const before: u64 = heapBytes();
  markRuns(lanes, runs);
  let groups: u32 = 0;
  for (let run: u32 = 0; run < runs; run++) {
    const from: u32 = load<u32>(RUN_FIRST + (run << 2));
    const to: u32 = load<u32>(RUN_FIRST + (run << 2), 4);
    if (from === to) continue;
    const slice: usize = sliceFor(query, load<i64>(RUN_START + (run << 3)));
    store<u32>(RUN_SLICE + (run << 2), <u32>slice);
    groups += keyed ? probe(query, slice, from, to, long) : oneRow(query, slice, from, to);
  }
  updateAggregates(query, lanes, runs);
  if (load<u32>(query, QUERY_TOP) !== 0) addTop(query, lanes);
  addTo(query, COUNT_GROUPS, groups);
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
}

/** Without keys a slice has one row. */
export function oneRow(query: usize, slice: usize, from: u32, to: u32): u32 {
  const fresh: u32 = u32(load<u32>(slice, SLICE_GROUPS) === 0);
  const row: usize =
    fresh !== 0
      ? appendRow(slice, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES))
      : blockRows(firstBlock(slice));
  for (let i: u32 = from; i < to; i++) store<u32>(ROWS + (i << 2), <u32>row);
  return fresh;
}
