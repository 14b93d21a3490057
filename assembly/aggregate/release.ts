// Gives back what the rows of a slice own outside it: kept strings, sketches, distinct sets.

import { releaseBag } from "../changes/bag";
import { bagOfWords } from "../changes/word-kind";
import {
  AGG_BYTES,
  AGG_SET,
  AGG_SLOT,
  AGG_STATE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_ROW_BYTES,
  QUERY_TOP,
} from "../program/query";
import { releaseSketch } from "../sketch/hll";
import { blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { releaseTop } from "../top/top";
import { releaseSet } from "./distinct";
import { keptString } from "./ends";
import { releaseString } from "./extreme";
import { releaseList } from "./list";
import { releaseHistogram } from "./percentile";
import { STATE_AUTO, STATE_BAG, STATE_HISTOGRAM, STATE_HLL, STATE_LIST } from "./state";

export function releaseRowStates(query: usize, slice: usize): void {
  if (!ownsAny(query)) return;
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) releaseState(query, row);
  }
}

/** What one row owns outside its slice. */
export function releaseState(query: usize, row: usize): void {
  if (load<u32>(query, QUERY_TOP) !== 0) releaseTop(query, row);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    const set: u32 = load<u32>(aggregate, AGG_SET);
    const slot: usize = row + load<u32>(aggregate, AGG_SLOT);
    if (set !== 0) releaseSet(row + set);
    if (state === STATE_BAG) releaseBag(slot, bagOfWords(aggregate));
    else if (state === STATE_HLL || state === STATE_AUTO) releaseSketch(slot);
    else if (state === STATE_LIST) releaseList(slot);
    else if (state === STATE_HISTOGRAM) releaseHistogram(slot);
    else if (keptString(aggregate) !== 0) releaseString(row + keptString(aggregate));
  }
}

function ownsAny(query: usize): bool {
  if (load<u32>(query, QUERY_TOP) !== 0) return true;
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    const owns: bool = state === STATE_BAG || state === STATE_HLL || state === STATE_LIST || state === STATE_HISTOGRAM;
    if (owns || keptString(aggregate) !== 0 || load<u32>(aggregate, AGG_SET) !== 0) return true;
  }
  return false;
}
