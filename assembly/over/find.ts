// The partitions of rows, which are found as groups are, and the step that adds rows to the states of frames.
import { updateAggregates } from "../aggregate/update";
import { ROWS, RUN_FIRST, RUN_SLICE, SOURCES } from "../memory/vectors";
import { QUERY_KEY_COUNT, QUERY_OPENED, QUERY_PARTITIONS, QUERY_ROW_BYTES, QUERY_TEMPLATE } from "../program/query";
import { COUNT_GROUPS } from "../shared/abi";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { appendRow, blockRows, firstBlock } from "../table/rows";
import { SLICE_GROUPS } from "../window/slice";
import { addTo, makeSlice } from "../window/slices";

/** SOURCES becomes each lane's partition. */
export function findPartitions(query: usize, lanes: u32): void {
  if (load<u32>(query, QUERY_PARTITIONS) === 0) store<u32>(query, <u32>makeSlice(0), QUERY_PARTITIONS);
  const partitions: usize = load<u32>(query, QUERY_PARTITIONS);
  if (load<u32>(query, QUERY_KEY_COUNT) !== 0) {
    const long: bool = encodeKeys(query, lanes);
    addTo(query, COUNT_GROUPS, probe(query, partitions, 0, lanes, long));
    memory.copy(SOURCES, ROWS, lanes << 2);
    return;
  }
  if (load<u32>(partitions, SLICE_GROUPS) === 0) {
    appendRow(partitions, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES));
    addTo(query, COUNT_GROUPS, 1);
  }
  const only: usize = blockRows(firstBlock(partitions));
  for (let i: u32 = 0; i < lanes; i++) store<u32>(SOURCES + (i << 2), <u32>only);
}

/** Lanes [0, lanes) of the arguments into the states in ROWS, which are of the frames in hand. */
export function aggregateFrames(query: usize, lanes: u32): void {
  if (lanes === 0) return;
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, lanes, 4);
  store<u32>(RUN_SLICE, load<u32>(query, QUERY_OPENED));
  updateAggregates(query, lanes, 1);
}
