// One slice into another of the same query, a vector of groups at a time: their keys are looked up as those of rows are.
import { mergeRows } from "../aggregate/merge";
import { noteChanges } from "../changes/track";
import { KEY_HASH, KEY_LENGTH, KEY16, ROWS, RUN_FIRST, RUN_SLICE, SOURCES } from "../memory/vectors";
import { QUERY_KEY_COUNT, QUERY_OPS, QUERY_ROW_BYTES, QUERY_TEMPLATE, QUERY_TOP } from "../program/query";
import { COUNT_GROUPS } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { hashSeed } from "../table/hash";
import { probe, rowHash } from "../table/probe";
import { appendRow, blockEnd, blockRows, firstBlock, nextBlock, ROW_KEY, ROW_KEY_LENGTH } from "../table/rows";
import { mergeTop } from "../top/top";
import { SLICE_GROUPS } from "./slice";
import { addTo } from "./slices";

const INLINE: u32 = 16;

/** `from` is not changed. */
export function mergeSlice(query: usize, into: usize, from: usize): void {
  const rowBytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  let lanes: u32 = 0;
  for (let block: usize = firstBlock(from); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(from, block);
    for (let row: usize = blockRows(block); row < end; row += rowBytes) {
      store<u32>(SOURCES + (lanes << 2), <u32>row);
      if (++lanes < <u32>VECTOR_ROWS) continue;
      mergeLanes(query, into, lanes);
      lanes = 0;
    }
  }
  mergeLanes(query, into, lanes);
}

/** The state rows in SOURCES[0, lanes), which are of different groups. */
export function mergeLanes(query: usize, into: usize, lanes: u32): void {
  if (lanes === 0) return;
  const keyed: bool = load<u32>(query, QUERY_KEY_COUNT) !== 0;
  const groups: u32 = keyed ? probe(query, into, 0, lanes, copyKeys(lanes)) : onlyRow(query, into);
  addTo(query, COUNT_GROUPS, groups);
  if (load<u32>(query, QUERY_OPS) !== 0) noteMerged(query, into, lanes);
  mergeRows(query, into, lanes);
  if (load<u32>(query, QUERY_TOP) !== 0) mergeTop(query, lanes);
}

function noteMerged(query: usize, into: usize, lanes: u32): void {
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, lanes, 4);
  store<u32>(RUN_SLICE, <u32>into);
  noteChanges(query, 1);
}

/** Keys of the rows in SOURCES to where `probe` reads them. True when one of them is long. */
export function copyKeys(lanes: u32): bool {
  const seed: u64 = hashSeed();
  let long: bool = false;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(SOURCES + (i << 2));
    const length: u32 = load<u32>(row, ROW_KEY_LENGTH);
    v128.store(KEY16 + (i << 4), v128.load(row, ROW_KEY));
    store<u32>(KEY_LENGTH + (i << 2), length);
    store<u64>(KEY_HASH + (i << 3), rowHash(row, seed));
    long = long || length > INLINE;
  }
  return long;
}

/** Without keys a slice has one row. */
function onlyRow(query: usize, into: usize): u32 {
  const fresh: bool = load<u32>(into, SLICE_GROUPS) === 0;
  const row: usize = fresh
    ? appendRow(into, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES))
    : blockRows(firstBlock(into));
  store<u32>(ROWS, <u32>row);
  return u32(fresh);
}
