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
import { releaseString } from "./extreme";
import { STATE_BAG, STATE_HLL, STATE_MAX_STR, STATE_MIN_STR } from "./state";

export function releaseRowStates(query: usize, slice: usize): void {
  if (load<u32>(query, QUERY_TOP) !== 0) releaseTops(query, slice);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    if (state === STATE_BAG) releaseBags(query, slice, aggregate);
    const owns: bool = state === STATE_HLL || state === STATE_MIN_STR || state === STATE_MAX_STR;
    if (owns || load<u32>(aggregate, AGG_SET) !== 0) releaseColumn(query, slice, aggregate, owns);
  }
}

function releaseBags(query: usize, slice: usize, aggregate: usize): void {
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const words: bool = bagOfWords(aggregate);
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) releaseBag(row + slot, words);
  }
}

function releaseTops(query: usize, slice: usize): void {
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) releaseTop(query, row);
  }
}

function releaseColumn(query: usize, slice: usize, aggregate: usize, owns: bool): void {
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const set: u32 = load<u32>(aggregate, AGG_SET);
  const sketch: bool = load<u32>(aggregate, AGG_STATE) === STATE_HLL;
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += bytes) {
      if (set !== 0) releaseSet(row + set);
      if (owns && sketch) releaseSketch(row + slot);
      else if (owns) releaseString(row + slot);
    }
  }
}
