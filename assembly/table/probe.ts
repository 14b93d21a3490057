// Finds or makes the state row of every key of a run, a vector at a time. The table is a power of two of 64-byte chunks:
//   12 tag bytes (top 7 bits of the hash with the high bit set; 0 = free)   4 unused   12 u32 row addresses
// A key lives in the chunk its low hash bits name, or in one behind it when that was full when it came; nothing is deleted.
// Three passes without a data-dependent branch in the first two, so that many cache misses are in flight at once: (1) a
// candidate by tag, (2) its key compared in the row, (3) the few lanes left over: collisions, overflow, new keys.
// After F14 (Meta) and Velox's vectorised probe; a key counts as found only when its bytes are equal.
import { allocateZeroed, release } from "../memory/heap";
import { KEY_HASH, KEY_LENGTH, KEY16, MISSES, ROWS } from "../memory/vectors";
import { QUERY_ROW_BYTES, QUERY_SINK_ROW, QUERY_TEMPLATE } from "../program/query";
import { SLICE_CHUNKS, SLICE_GROUPS, SLICE_GROW_AT, SLICE_MASK } from "../window/slice";
import { hashPair, hashSeed } from "./hash";
import {
  appendRow,
  arenaAllocate,
  blockEnd,
  blockRows,
  firstBlock,
  nextBlock,
  ROW_KEY,
  ROW_KEY_LENGTH,
  ROW_LONG_KEY,
} from "./rows";

const CHUNK_SHIFT: u32 = 6;
const TAGS: u32 = 0xfff;
const ADDRESSES: usize = 16;
/** Groups a chunk holds on average when the table grows. */
const LOAD: u32 = 9;
const INLINE: u32 = 16;
/** Lanes tried before it is known that most keys are there. */
const FIRST_STEP: u32 = 128;

export function openTable(slice: usize): void {
  store<u32>(slice, <u32>allocateZeroed(1 << CHUNK_SHIFT), SLICE_CHUNKS);
  store<u32>(slice, 0, SLICE_MASK);
  store<u32>(slice, LOAD, SLICE_GROW_AT);
}

/** Makes room in the table of a slice without rows, so that it need not grow on the way to `groups`. */
export function reserveTable(slice: usize, groups: u32): void {
  let chunks: u32 = 1;
  while (chunks * LOAD < groups) chunks <<= 1;
  release(load<u32>(slice, SLICE_CHUNKS));
  store<u32>(slice, <u32>allocateZeroed(chunks << CHUNK_SHIFT), SLICE_CHUNKS);
  store<u32>(slice, chunks - 1, SLICE_MASK);
  store<u32>(slice, chunks * LOAD, SLICE_GROW_AT);
}

/** Fills ROWS for lanes [from, to), whose keys are in KEY16, KEY_LENGTH and KEY_HASH. Returns new groups. */
export function probe(query: usize, slice: usize, from: u32, to: u32, long: bool): u32 {
  const groups: u32 = load<u32>(slice, SLICE_GROUPS);
  let first: u32 = from;
  let step: u32 = FIRST_STEP;
  while (first < to) {
    const end: u32 = min<u32>(to, first + step);
    const misses: u32 = probeLanes(query, slice, first, end, long);
    if (misses << 3 < end - first) step = to - from;
    first = end;
  }
  return load<u32>(slice, SLICE_GROUPS) - groups;
}

/** Returns the lanes that the first two passes could not place: many while a slice is new, and then fewer at a time are tried. */
function probeLanes(query: usize, slice: usize, from: u32, to: u32, long: bool): u32 {
  findCandidates(slice, load<u32>(query, QUERY_SINK_ROW), from, to);
  const misses: u32 = long ? verifyLong(from, to) : verifyInline(from, to);
  for (let i: u32 = 0; i < misses; i++) {
    const lane: u32 = load<u32>(MISSES + (i << 2));
    store<u32>(ROWS + (lane << 2), <u32>findOrMake(query, slice, lane));
  }
  return misses;
}

function findCandidates(slice: usize, sink: u32, from: u32, to: u32): void {
  const chunks: usize = load<u32>(slice, SLICE_CHUNKS);
  const mask: u32 = load<u32>(slice, SLICE_MASK);
  for (let i: u32 = from; i < to; i++) {
    const hash: u64 = load<u64>(KEY_HASH + (i << 3));
    const chunk: usize = chunks + ((<u32>hash & mask) << CHUNK_SHIFT);
    const tag: v128 = i8x16.splat(<i8>((hash >> 56) | 0x80));
    const match: u32 = <u32>i8x16.bitmask(i8x16.eq(v128.load(chunk), tag)) & TAGS;
    const row: u32 = load<u32>(chunk + (ctz<u32>(match | 0x800) << 2), ADDRESSES);
    store<u32>(ROWS + (i << 2), select<u32>(row, sink, match !== 0));
  }
}

/** Lists in MISSES the lanes whose candidate has another key. */
function verifyInline(from: u32, to: u32): u32 {
  let misses: u32 = 0;
  for (let i: u32 = from; i < to; i++) {
    const row: usize = load<u32>(ROWS + (i << 2));
    const low: u64 = load<u64>(row, ROW_KEY) ^ load<u64>(KEY16 + (i << 4));
    const high: u64 = load<u64>(row, ROW_KEY + 8) ^ load<u64>(KEY16 + (i << 4), 8);
    const length: u32 = load<u32>(row, ROW_KEY_LENGTH) ^ load<u32>(KEY_LENGTH + (i << 2));
    store<u32>(MISSES + (misses << 2), i);
    misses += u32((low | high | length) !== 0);
  }
  return misses;
}

/** The same where some lanes have keys longer than what a row holds inline. */
function verifyLong(from: u32, to: u32): u32 {
  let misses: u32 = 0;
  for (let i: u32 = from; i < to; i++) {
    const row: usize = load<u32>(ROWS + (i << 2));
    const bytes: u32 = load<u32>(KEY_LENGTH + (i << 2));
    let differs: u64 = load<u64>(row, ROW_KEY) ^ load<u64>(KEY16 + (i << 4));
    differs |= load<u32>(row, ROW_KEY_LENGTH) ^ bytes;
    if (bytes <= INLINE) {
      differs |= load<u64>(row, ROW_KEY + 8) ^ load<u64>(KEY16 + (i << 4), 8);
    } else if (differs === 0) {
      const mine: usize = load<u32>(KEY16 + (i << 4), 8);
      const its: usize = load<u32>(row, ROW_LONG_KEY);
      for (let at: u32 = 0; at < bytes; at += 8) differs |= load<u64>(mine + at) ^ load<u64>(its + at);
    }
    store<u32>(MISSES + (misses << 2), i);
    misses += u32(differs !== 0);
  }
  return misses;
}

function findOrMake(query: usize, slice: usize, lane: u32): usize {
  const hash: u64 = load<u64>(KEY_HASH + (lane << 3));
  const tag: v128 = i8x16.splat(<i8>((hash >> 56) | 0x80));
  const mask: u32 = load<u32>(slice, SLICE_MASK);
  let at: u32 = <u32>hash & mask;
  while (true) {
    const chunk: usize = load<u32>(slice, SLICE_CHUNKS) + (at << CHUNK_SHIFT);
    const tags: v128 = v128.load(chunk);
    let match: u32 = <u32>i8x16.bitmask(i8x16.eq(tags, tag)) & TAGS;
    while (match !== 0) {
      const row: usize = load<u32>(chunk + (ctz<u32>(match) << 2), ADDRESSES);
      if (sameKey(row, lane)) return row;
      match &= match - 1;
    }
    if ((~(<u32>i8x16.bitmask(tags)) & TAGS) !== 0) break;
    at = (at + 1) & mask;
  }
  if (load<u32>(slice, SLICE_GROUPS) >= load<u32>(slice, SLICE_GROW_AT))
    growTable(slice, load<u32>(query, QUERY_ROW_BYTES));
  const row: usize = makeRow(query, slice, lane);
  enter(load<u32>(slice, SLICE_CHUNKS), load<u32>(slice, SLICE_MASK), hash, row);
  return row;
}

/** The row in a slice with the key of another slice's row, 0 = none. */
export function findLike(slice: usize, like: usize): usize {
  const hash: u64 = rowHash(like, hashSeed());
  const tag: v128 = i8x16.splat(<i8>((hash >> 56) | 0x80));
  const mask: u32 = load<u32>(slice, SLICE_MASK);
  let at: u32 = <u32>hash & mask;
  while (true) {
    const chunk: usize = load<u32>(slice, SLICE_CHUNKS) + (at << CHUNK_SHIFT);
    const tags: v128 = v128.load(chunk);
    let match: u32 = <u32>i8x16.bitmask(i8x16.eq(tags, tag)) & TAGS;
    while (match !== 0) {
      const row: usize = load<u32>(chunk + (ctz<u32>(match) << 2), ADDRESSES);
      if (sameRowKey(row, like)) return row;
      match &= match - 1;
    }
    if ((~(<u32>i8x16.bitmask(tags)) & TAGS) !== 0) return 0;
    at = (at + 1) & mask;
  }
}

function sameRowKey(row: usize, like: usize): bool {
  const bytes: u32 = load<u32>(like, ROW_KEY_LENGTH);
  if (load<u32>(row, ROW_KEY_LENGTH) !== bytes) return false;
  if (load<u64>(row, ROW_KEY) !== load<u64>(like, ROW_KEY)) return false;
  if (bytes <= INLINE) return load<u64>(row, ROW_KEY + 8) === load<u64>(like, ROW_KEY + 8);
  const mine: usize = load<u32>(like, ROW_LONG_KEY);
  const its: usize = load<u32>(row, ROW_LONG_KEY);
  for (let at: u32 = 0; at < bytes; at += 8) if (load<u64>(mine + at) !== load<u64>(its + at)) return false;
  return true;
}

function sameKey(row: usize, lane: u32): bool {
  const bytes: u32 = load<u32>(KEY_LENGTH + (lane << 2));
  if (load<u32>(row, ROW_KEY_LENGTH) !== bytes) return false;
  if (load<u64>(row, ROW_KEY) !== load<u64>(KEY16 + (lane << 4))) return false;
  if (bytes <= INLINE) return load<u64>(row, ROW_KEY + 8) === load<u64>(KEY16 + (lane << 4), 8);
  const mine: usize = load<u32>(KEY16 + (lane << 4), 8);
  const its: usize = load<u32>(row, ROW_LONG_KEY);
  for (let at: u32 = 0; at < bytes; at += 8) if (load<u64>(mine + at) !== load<u64>(its + at)) return false;
  return true;
}

function makeRow(query: usize, slice: usize, lane: u32): usize {
  const row: usize = appendRow(slice, load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES));
  const bytes: u32 = load<u32>(KEY_LENGTH + (lane << 2));
  v128.store(row, v128.load(KEY16 + (lane << 4)), ROW_KEY);
  store<u32>(row, bytes, ROW_KEY_LENGTH);
  if (bytes > INLINE) {
    const copy: usize = arenaAllocate(slice, bytes);
    memory.copy(copy, load<u32>(KEY16 + (lane << 4), 8), (bytes + 7) & ~7);
    store<u32>(row, <u32>copy, ROW_LONG_KEY);
  }
  return row;
}

/** Puts a row that is not in the table into its first free place. */
function enter(chunks: usize, mask: u32, hash: u64, row: usize): void {
  let at: u32 = <u32>hash & mask;
  while (true) {
    const chunk: usize = chunks + (at << CHUNK_SHIFT);
    const free: u32 = ~(<u32>i8x16.bitmask(v128.load(chunk))) & TAGS;
    if (free !== 0) {
      const place: u32 = ctz<u32>(free);
      store<u8>(chunk + place, <u8>((hash >> 56) | 0x80));
      store<u32>(chunk + (place << 2), <u32>row, ADDRESSES);
      return;
    }
    at = (at + 1) & mask;
  }
}

/** Doubles the chunks and enters every row anew. Rows stay where they are. */
function growTable(slice: usize, rowBytes: u32): void {
  const mask: u32 = (load<u32>(slice, SLICE_MASK) << 1) | 1;
  const chunks: usize = allocateZeroed((mask + 1) << CHUNK_SHIFT);
  const seed: u64 = hashSeed();
  for (let block: usize = firstBlock(slice); block !== 0; block = nextBlock(block)) {
    const end: usize = blockEnd(slice, block);
    for (let row: usize = blockRows(block); row < end; row += rowBytes) enter(chunks, mask, rowHash(row, seed), row);
  }
  release(load<u32>(slice, SLICE_CHUNKS));
  store<u32>(slice, <u32>chunks, SLICE_CHUNKS);
  store<u32>(slice, mask, SLICE_MASK);
  store<u32>(slice, (mask + 1) * LOAD, SLICE_GROW_AT);
}

/** A longer key's row holds its hash; an inline one is hashed again. */
export function rowHash(row: usize, seed: u64): u64 {
  const bytes: u32 = load<u32>(row, ROW_KEY_LENGTH);
  const low: u64 = load<u64>(row, ROW_KEY);
  return bytes > INLINE ? low : hashPair(low ^ ((<u64>bytes) << 56), load<u64>(row, ROW_KEY + 8), seed);
}
