// What a state row owns outside it - the bytes of a long key, distinct sets, sketches, kept strings - laid down behind an image
// (image.ts) and found again. Addresses in an image count from its start and none of them is 0; a whole number of 8 bytes each.
import { SET_CELLS, SET_MASK, setCells, setEnd } from "../aggregate/distinct";
import { keptString } from "../aggregate/ends";
import { STRING_ADDRESS } from "../aggregate/extreme";
import { LIST_COUNT, LIST_ENTRY_BYTES, LIST_TEXT, LIST_USED } from "../aggregate/list";
import { bucketBytes } from "../aggregate/percentile";
import { SHARED_CELL_BYTES, sharedEnd } from "../aggregate/shared-distinct";
import { STATE_AUTO, STATE_HISTOGRAM, STATE_HLL, STATE_LIST } from "../aggregate/state";
import {
  AGG_BYTES,
  AGG_LGK,
  AGG_SET,
  AGG_SHARED,
  AGG_SLOT,
  AGG_STATE,
  AGG_TYPE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
} from "../program/query";
import { TYPE_DECIMAL, TYPE_STRING } from "../shared/abi";
import { KIND_DENSE, KIND_MASK, KIND_ONE, META } from "../sketch/hll";
import { cellBytes } from "../sketch/merge";
import { hashPadded, hashSeed } from "../table/hash";
import { ROW_KEY, ROW_KEY_LENGTH, ROW_LONG_KEY } from "../table/rows";

const INLINE: u32 = 16;

function padded(bytes: u32): u32 {
  return (bytes + 7) & ~7;
}

function aggregateAt(query: usize, index: u32): usize {
  return load<u32>(query, QUERY_AGGREGATES) + index * AGG_BYTES;
}

function isShared(aggregate: usize): bool {
  return load<u32>(aggregate, AGG_SHARED) !== 0;
}

function isSketch(state: u32): bool {
  return state === STATE_HLL || state === STATE_AUTO;
}

/** Strings and decimals: cells that point at their bytes. */
function isWide(aggregate: usize): bool {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  return type === TYPE_STRING || type === TYPE_DECIMAL;
}

/** Bytes of all that `row` owns. */
export function pieceBytes(query: usize, row: usize): u32 {
  const key: u32 = load<u32>(row, ROW_KEY_LENGTH);
  let bytes: u32 = key > INLINE ? padded(key) : 0;
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = aggregateAt(query, i);
    const slot: usize = row + load<u32>(aggregate, AGG_SLOT);
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    const text: u32 = keptString(aggregate);
    if (load<u32>(aggregate, AGG_SET) !== 0)
      bytes += setBytes(row + load<u32>(aggregate, AGG_SET), isWide(aggregate), isShared(aggregate));
    if (isSketch(state)) bytes += sketchBytes(slot, load<u32>(aggregate, AGG_LGK));
    else if (text !== 0 && load<u32>(row + text, STRING_ADDRESS) !== 0) bytes += padded(load<u32>(row + text));
    if (state === STATE_LIST) bytes += entriesBytes(slot) + padded(load<u32>(slot, LIST_USED));
    else if (state === STATE_HISTOGRAM) bytes += bucketBytes(slot);
  }
  return bytes;
}

function entriesBytes(list: usize): u32 {
  return load<u32>(list, LIST_COUNT) * LIST_ENTRY_BYTES;
}

function setBytes(set: usize, wide: bool, shared: bool): u32 {
  let bytes: u32 = 0;
  const step: u32 = shared ? <u32>SHARED_CELL_BYTES : 8;
  const end: usize = shared ? sharedEnd(set) : setEnd(set);
  for (let cell: usize = setCells(set); cell < end; cell += step) {
    const element: u64 = load<u64>(cell);
    if (!isElement(element, wide)) continue;
    bytes += step + (wide ? padded(4 + load<u32>(<usize>(element >> 32))) : 0);
  }
  return bytes;
}

/** A value, or { u32 hash, u32 address of { u32 length, bytes } }. */
function isElement(cell: u64, wide: bool): bool {
  return (wide ? cell >> 32 : cell) !== 0;
}

function sketchBytes(slot: usize, lgK: u32): u32 {
  const kind: u32 = load<u32>(slot, META) & KIND_MASK;
  if (kind <= KIND_ONE) return 0;
  return padded(kind === KIND_DENSE ? 1 << lgK : <u32>cellBytes(slot));
}

/** Lays the pieces of `row` down from `to` on, and their places into `copy`, the row's copy in the image. Returns the end. */
export function writePieces(query: usize, row: usize, copy: usize, to: usize, image: usize): usize {
  const key: u32 = load<u32>(row, ROW_KEY_LENGTH);
  if (key > INLINE) to = writePiece(load<u32>(row, ROW_LONG_KEY), padded(key), copy + ROW_LONG_KEY, to, image);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = aggregateAt(query, i);
    const at: u32 = load<u32>(aggregate, AGG_SLOT);
    const set: u32 = load<u32>(aggregate, AGG_SET);
    if (set !== 0 && isShared(aggregate)) to = writeShared(row + set, copy + set, to, image);
    else if (set !== 0) to = writeSet(row + set, copy + set, to, image, isWide(aggregate));
    if (isSketch(load<u32>(aggregate, AGG_STATE))) {
      const bytes: u32 = sketchBytes(row + at, load<u32>(aggregate, AGG_LGK));
      if (bytes !== 0) to = writePiece(load<u32>(row + at), bytes, copy + at, to, image);
    } else if (keptString(aggregate) !== 0) {
      to = writeString(row, copy, keptString(aggregate), to, image);
    }
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    if (state === STATE_HISTOGRAM && bucketBytes(row + at) !== 0) {
      to = writePiece(load<u32>(row + at), bucketBytes(row + at), copy + at, to, image);
    } else if (state === STATE_LIST && entriesBytes(row + at) !== 0) {
      to = writePiece(load<u32>(row + at), entriesBytes(row + at), copy + at, to, image);
      to = writePiece(load<u32>(row + at, LIST_TEXT), load<u32>(row + at, LIST_USED), copy + at + LIST_TEXT, to, image);
    }
  }
  return to;
}

/** The string slot `at` bytes into the row. */
function writeString(row: usize, copy: usize, at: u32, to: usize, image: usize): usize {
  const from: usize = load<u32>(row + at, STRING_ADDRESS);
  return from === 0 ? to : writePiece(from, load<u32>(row + at), copy + at + STRING_ADDRESS, to, image);
}

/** Up to 7 bytes behind the piece are padding that nobody reads. */
function writePiece(from: usize, bytes: u32, reference: usize, to: usize, image: usize): usize {
  store<u32>(reference, <u32>(to - image));
  memory.copy(to, from, bytes);
  return to + padded(bytes);
}

/** Only cells that are taken: whoever reads the image goes through all of them. */
function writeSet(set: usize, copy: usize, to: usize, image: usize, wide: bool): usize {
  const cells: usize = to;
  const end: usize = setEnd(set);
  for (let cell: usize = setCells(set); cell < end; cell += 8) {
    const element: u64 = load<u64>(cell);
    if (!isElement(element, wide)) continue;
    store<u64>(to, element);
    to += 8;
  }
  const taken: u32 = <u32>(to - cells) >> 3;
  store<u32>(copy, taken === 0 ? 0 : <u32>(cells - image), SET_CELLS);
  store<u32>(copy, taken - 1, SET_MASK);
  if (!wide) return to;
  for (let cell: usize = cells, last: usize = to; cell < last; cell += 8) {
    const element: usize = load<u32>(cell, 4);
    to = writePiece(element, 4 + load<u32>(element), cell + 4, to, image);
  }
  return to;
}

/** As `writeSet`, of cells with bits. */
function writeShared(set: usize, copy: usize, to: usize, image: usize): usize {
  const cells: usize = to;
  const end: usize = sharedEnd(set);
  for (let cell: usize = setCells(set); cell < end; cell += SHARED_CELL_BYTES) {
    if (load<u64>(cell) === 0) continue;
    v128.store(to, v128.load(cell));
    to += SHARED_CELL_BYTES;
  }
  const taken: u32 = <u32>((to - cells) / SHARED_CELL_BYTES);
  store<u32>(copy, taken === 0 ? 0 : <u32>(cells - image), SET_CELLS);
  store<u32>(copy, taken - 1, SET_MASK);
  return to;
}

/** Makes places in an image addresses of this memory, and hashes those of this kernel. The inverse of `writePieces`. */
export function findPieces(query: usize, row: usize, image: usize): void {
  const key: u32 = load<u32>(row, ROW_KEY_LENGTH);
  if (key > INLINE) {
    locate(row + ROW_LONG_KEY, image);
    store<u64>(row, hashPadded(load<u32>(row, ROW_LONG_KEY), key, hashSeed()), ROW_KEY);
  }
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = aggregateAt(query, i);
    const slot: usize = row + load<u32>(aggregate, AGG_SLOT);
    if (load<u32>(aggregate, AGG_SET) !== 0) findSet(row + load<u32>(aggregate, AGG_SET), image, isWide(aggregate));
    if (isSketch(load<u32>(aggregate, AGG_STATE))) {
      if ((load<u32>(slot, META) & KIND_MASK) > KIND_ONE) locate(slot, image);
    } else if (keptString(aggregate) !== 0) locateKnown(row + keptString(aggregate) + STRING_ADDRESS, image);
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    if (state === STATE_HISTOGRAM || state === STATE_LIST) locateKnown(slot, image);
    if (state === STATE_LIST) locateKnown(slot + LIST_TEXT, image);
  }
}

function locateKnown(reference: usize, image: usize): void {
  if (load<u32>(reference) !== 0) locate(reference, image);
}

function locate(reference: usize, image: usize): void {
  store<u32>(reference, load<u32>(reference) + <u32>image);
}

function findSet(set: usize, image: usize, wide: bool): void {
  if (setCells(set) === 0) return;
  locate(set + SET_CELLS, image);
  if (!wide) return;
  const end: usize = setEnd(set);
  for (let cell: usize = setCells(set); cell < end; cell += 8) locate(cell + 4, image);
}
