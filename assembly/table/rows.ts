// State rows of a slice. They never move: blocks double from a few rows to 256 KiB, so a slice with one group costs little and
// a slice with a million wastes little; a row is named by its address. Layout of a row: program/load-query.ts.
import { allocate, release } from "../memory/heap";
import { SLICE_ARENA, SLICE_BLOCK, SLICE_CURSOR, SLICE_FIRST, SLICE_GROUPS, SLICE_LIMIT } from "../window/slice";

export const ROW_KEY: u32 = 0;
export const ROW_KEY_LENGTH: u32 = 16;
export const ROW_PRESENCE: u32 = 20;
export const ROW_SLOTS: u32 = 24;
/** Address of the bytes of a key that is not inline. */
export const ROW_LONG_KEY: u32 = 8;

// Block: 0 u32 next   4 u32 end of its rows, valid once it is not the current one   rows from 64
const BLOCK_NEXT: usize = 0;
const BLOCK_END: usize = 4;
const BLOCK_HEADER: u32 = 64;
const MOST_BLOCK_BYTES: u32 = 256 << 10;

/** A copy of the template, with its key still to be set. */
export function appendRow(slice: usize, template: usize, bytes: u32): usize {
  let row: usize = load<u32>(slice, SLICE_CURSOR);
  if (row + bytes > <usize>load<u32>(slice, SLICE_LIMIT)) {
    addBlock(slice, bytes);
    row = load<u32>(slice, SLICE_CURSOR);
  }
  store<u32>(slice, <u32>row + bytes, SLICE_CURSOR);
  store<u32>(slice, load<u32>(slice, SLICE_GROUPS) + 1, SLICE_GROUPS);
  for (let i: u32 = 0; i < bytes; i += 16) v128.store(row + i, v128.load(template + i));
  return row;
}

function addBlock(slice: usize, rowBytes: u32): void {
  const current: usize = load<u32>(slice, SLICE_BLOCK);
  const groups: u32 = load<u32>(slice, SLICE_GROUPS);
  const wish: u32 = BLOCK_HEADER + max<u32>(groups, 3) * rowBytes;
  let bytes: u32 = 256;
  while (bytes < wish && bytes < MOST_BLOCK_BYTES) bytes <<= 1;
  while (bytes < BLOCK_HEADER + rowBytes) bytes <<= 1;
  const block: usize = allocate(bytes);
  store<u32>(block, 0, BLOCK_NEXT);
  if (current === 0) {
    store<u32>(slice, <u32>block, SLICE_FIRST);
  } else {
    store<u32>(current, <u32>block, BLOCK_NEXT);
    store<u32>(current, load<u32>(slice, SLICE_CURSOR), BLOCK_END);
  }
  store<u32>(slice, <u32>block, SLICE_BLOCK);
  store<u32>(slice, <u32>block + BLOCK_HEADER, SLICE_CURSOR);
  store<u32>(slice, <u32>block + bytes, SLICE_LIMIT);
}

/** Blocks of rows one after the other: 0 at the end. */
export function firstBlock(slice: usize): usize {
  return load<u32>(slice, SLICE_FIRST);
}

export function nextBlock(block: usize): usize {
  return load<u32>(block, BLOCK_NEXT);
}

export function blockRows(block: usize): usize {
  return block + BLOCK_HEADER;
}

/** Address behind the last row of a block. */
export function blockEnd(slice: usize, block: usize): usize {
  return block === <usize>load<u32>(slice, SLICE_BLOCK) ? load<u32>(slice, SLICE_CURSOR) : load<u32>(block, BLOCK_END);
}

export function releaseRows(slice: usize): void {
  let block: usize = firstBlock(slice);
  while (block !== 0) {
    const next: usize = nextBlock(block);
    release(block);
    block = next;
  }
}

// Arena of a slice: bytes that live exactly as long as it (long keys, elements of distinct sets). Block: 0 u32 next
const ARENA_HEADER: u32 = 8;
const MOST_ARENA_BYTES: u32 = 128 << 10;
const ARENA_CURSOR: usize = 4;
const ARENA_LIMIT: usize = 8;

/** `bytes` bytes, 8-byte aligned. */
export function arenaAllocate(slice: usize, bytes: u32): usize {
  const arena: usize = slice + SLICE_ARENA;
  const need: u32 = (bytes + 7) & ~7;
  if (load<u32>(arena, ARENA_CURSOR) + need > load<u32>(arena, ARENA_LIMIT)) addArenaBlock(arena, need + ARENA_HEADER);
  const at: usize = load<u32>(arena, ARENA_CURSOR);
  store<u32>(arena, <u32>at + need, ARENA_CURSOR);
  return at;
}

function addArenaBlock(arena: usize, need: u32): void {
  const current: usize = load<u32>(arena);
  const last: u32 = current === 0 ? 64 : load<u32>(current, 4);
  let bytes: u32 = min<u32>(last * 2, MOST_ARENA_BYTES);
  while (bytes < need) bytes <<= 1;
  const block: usize = allocate(bytes);
  store<u32>(block, <u32>current);
  store<u32>(block, min<u32>(bytes, MOST_ARENA_BYTES), 4);
  store<u32>(arena, <u32>block);
  store<u32>(arena, <u32>block + ARENA_HEADER, ARENA_CURSOR);
  store<u32>(arena, <u32>block + bytes, ARENA_LIMIT);
}

export function releaseArena(slice: usize): void {
  let block: usize = load<u32>(slice, SLICE_ARENA);
  while (block !== 0) {
    const next: usize = load<u32>(block);
    release(block);
    block = next;
  }
}
