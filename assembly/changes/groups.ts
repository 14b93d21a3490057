// Aggregation without a window: one state row a group for as long as the query runs, and a changelog of what the rows' results
// are. Changes leave when the host asks for them, a batch at a time: each changed group once, whatever the number of rows it got
// in between. A group whose rows have all been taken back is gone.

import { updateAggregates } from "../aggregate/update";
import { lastingBytes } from "../memory/scratch";
import { ROWS, RUN_FIRST, RUN_SLICE } from "../memory/vectors";
import { QUERY_KEY_COUNT, QUERY_RETRACTED, QUERY_ROW_BYTES, QUERY_TEMPLATE } from "../program/query";
import { COUNT_GROUPS, COUNT_STATE_BYTES } from "../shared/abi";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { appendRow, blockRows, firstBlock } from "../table/rows";
import { SLICE_GROUPS } from "../window/slice";
import { addTo, sliceFor } from "../window/slices";
import { readOps } from "./ops";
import { updateChanges } from "./retract";
import { noteChanges } from "./track";

/** The query's selected lanes into its groups. */
export function accumulateGroups(query: usize, lanes: u32): void {
  const before: u64 = lastingBytes();
  const groups: usize = sliceFor(query, 0);
  if (load<u32>(query, QUERY_KEY_COUNT) === 0) onlyGroup(query, groups, lanes);
  else addTo(query, COUNT_GROUPS, probe(query, groups, 0, lanes, encodeKeys(query, lanes)));
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, lanes, 4);
  store<u32>(RUN_SLICE, <u32>groups);
  noteChanges(query, 1);
  if (load<u32>(query, QUERY_RETRACTED) === 0) updateAggregates(query, lanes, 1);
  else {
    readOps(query, lanes);
    updateChanges(query, lanes);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

function onlyGroup(query: usize, groups: usize, lanes: u32): void {
  if (load<u32>(groups, SLICE_GROUPS) === 0) {
    appendRow(groups, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES));
    addTo(query, COUNT_GROUPS, 1);
  }
  const only: usize = blockRows(firstBlock(groups));
  for (let i: u32 = 0; i < lanes; i++) store<u32>(ROWS + (i << 2), <u32>only);
}
