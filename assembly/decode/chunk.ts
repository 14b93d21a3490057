// A chunk of records, fast: one scan, then each record is matched with the learned layouts by its marks, then runs of records of
// one layout are converted column by column. A record that fits none is decoded by record.ts, which takes every shape, and may
// teach a new layout. Which way a record goes never changes what it gives.
import { release } from "../memory/heap";
import { VECTOR_ROWS } from "../shared/layout";
import { beginColumn, fillColumn, fillNulls, REFUSED } from "./column";
import {
  DECODER_FIELD_COUNT,
  DECODER_FIELDS,
  DECODER_LAYOUTS,
  DECODER_MISSES,
  DECODER_PENDING,
  DECODER_VICTIM,
  FIELD_BYTES,
  LAYOUTS,
} from "./decoder";
import { fitLayout, LAYOUT_KEYS, LAYOUT_LEAVES, learnLayout } from "./layout";
import { beginRecord, decodeRecord, ROW_RECORD } from "./record";
import { CHUNK_BYTES, countSpecials, hasHighBytes, MARKS, marksEnd, scanChunk, spansOf, specialCount } from "./scan";
import { isUtf8 } from "./utf8";

/** u32 a record of the chunk: the layout it fits, 0 = none; and where its marks begin. */
const FITS: usize = memory.data(VECTOR_ROWS * 4);
const FIRST_MARK: usize = memory.data(VECTOR_ROWS * 4);

/** Record bytes and offsets of the region in hand. */
let bytes: usize = 0;
let offsets: usize = 0;
/** Lanes filled so far. */
let lane: u32 = 0;

export function beginChunks(recordBytes: usize, recordOffsets: usize, firstLane: u32): void {
  bytes = recordBytes;
  offsets = recordOffsets;
  lane = firstLane;
}

export function filledLanes(): u32 {
  return lane;
}

function startOf(record: u32): usize {
  return bytes + load<u32>(offsets + (record << 2));
}

/** Decodes at least one record from `first` on, none at or past `total`; returns the first one it left. */
export function decodeChunk(decoder: usize, first: u32, total: u32): u32 {
  const count: u32 = chunkRecords(first, total);
  if (count === 0 || load<u32>(decoder, DECODER_LAYOUTS) === 0) {
    decodeAlone(decoder, first);
    return first + 1;
  }
  scanChunk(startOf(first), startOf(first + count));
  matchRecords(decoder, first, count);
  let i: u32 = 0;
  while (i < count && lane < <u32>VECTOR_ROWS) {
    const layout: usize = load<u32>(FITS + (i << 2));
    if (layout === 0) {
      const learned: bool = decodeAlone(decoder, first + i);
      i++;
      if (learned || load<u32>(decoder, DECODER_PENDING) !== 0) break;
      continue;
    }
    let end: u32 = i + 1;
    const most: u32 = min<u32>(count, i + <u32>VECTOR_ROWS - lane);
    while (end < most && <usize>load<u32>(FITS + (end << 2)) === layout) end++;
    if (!decodeRun(decoder, first, i, end)) continue;
    lane += end - i;
    i = end;
  }
  return first + i;
}

/** Records that make the chunk: those that fit in it and in the lanes left. */
function chunkRecords(first: u32, total: u32): u32 {
  const most: u32 = min<u32>(total - first, <u32>VECTOR_ROWS - lane);
  const limit: u32 = load<u32>(offsets + (first << 2)) + CHUNK_BYTES;
  let low: u32 = 0;
  let high: u32 = most;
  while (low < high) {
    const middle: u32 = (low + high + 1) >> 1;
    if (load<u32>(offsets + ((first + middle) << 2)) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Decodes one record the general way; true when a layout was learned from it. */
function decodeAlone(decoder: usize, record: u32): bool {
  const at: usize = startOf(record);
  const end: usize = startOf(record + 1);
  const before: u32 = lane;
  beginRecord(record, at);
  lane = decodeRecord(decoder, lane, at, end);
  return lane === before + 1 && isWorthLearning(decoder) && learn(decoder, at, end);
}

/** At first every time, then ever less often, so that records without a layout cost little more than decoding. */
function isWorthLearning(decoder: usize): bool {
  const misses: u32 = load<u32>(decoder, DECODER_MISSES);
  store<u32>(decoder, misses + 1, DECODER_MISSES);
  return misses < 16 || (misses & (misses < 4096 ? 63 : 1023)) === 0;
}

function learn(decoder: usize, at: usize, end: usize): bool {
  const layout: usize = learnLayout(decoder, at, end);
  if (layout === 0) return false;
  const victim: u32 = load<u32>(decoder, DECODER_VICTIM);
  const slot: usize = decoder + DECODER_LAYOUTS + (victim << 2);
  release(load<u32>(slot));
  store<u32>(slot, <u32>layout);
  store<u32>(decoder, (victim + 1) & (LAYOUTS - 1), DECODER_VICTIM);
  return true;
}

export function releaseLayouts(decoder: usize): void {
  for (let i: u32 = 0; i < <u32>LAYOUTS; i++) release(load<u32>(decoder + DECODER_LAYOUTS + (i << 2)));
}

/** Fills FITS and FIRST_MARK for the records of the scanned chunk. */
function matchRecords(decoder: usize, first: u32, count: u32): void {
  let marks: usize = MARKS;
  let expected: u32 = 0;
  let layout: usize = load<u32>(decoder, DECODER_LAYOUTS);
  let at: usize = startOf(first);
  for (let i: u32 = 0; i < count; i++) {
    const end: usize = startOf(first + i + 1);
    let specials: i32 = tryLayout(layout, marks, at, end);
    if (specials < 0) {
      const other: usize = findLayout(decoder, marks, at, end);
      if (other !== 0) {
        layout = other;
        specials = tryLayout(layout, marks, at, end);
      }
    }
    store<u32>(FITS + (i << 2), specials < 0 ? 0 : <u32>layout);
    store<u32>(FIRST_MARK + (i << 2), <u32>marks);
    if (specials >= 0) {
      expected += specials;
      marks += load<u32>(layout, LAYOUT_KEYS) << 2;
    } else {
      expected += countSpecials(at, end);
      while (<usize>load<u32>(marks) < end) marks += 4;
    }
    at = end;
  }
  if (expected !== specialCount) checkEach(first, count);
  if (hasHighBytes && !isUtf8(startOf(first), startOf(first + count))) checkUtf8(first, count);
}

/** The special bytes the record must have when it fits the layout, else -1. */
function tryLayout(layout: usize, marks: usize, at: usize, end: usize): i32 {
  const behind: usize = marks + (load<u32>(layout, LAYOUT_KEYS) << 2);
  // As many marks as keys.
  if (behind > marksEnd || <usize>load<u32>(behind - 4) >= end || <usize>load<u32>(behind) < end) return -1;
  return fitLayout(layout, marks, at, end);
}

/** The first learned layout that the record fits, 0 when there is none. */
function findLayout(decoder: usize, marks: usize, at: usize, end: usize): usize {
  for (let i: u32 = 0; i < <u32>LAYOUTS; i++) {
    const layout: usize = load<u32>(decoder + DECODER_LAYOUTS + (i << 2));
    if (layout !== 0 && tryLayout(layout, marks, at, end) >= 0) return layout;
  }
  return 0;
}

/** Somewhere in the chunk a string holds a special byte: those records go the general way. */
function checkEach(first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const layout: usize = load<u32>(FITS + (i << 2));
    if (layout === 0) continue;
    const at: usize = startOf(first + i);
    const end: usize = startOf(first + i + 1);
    const expected: i32 = fitLayout(layout, load<u32>(FIRST_MARK + (i << 2)), at, end);
    if (<u32>expected !== countSpecials(at, end)) store<u32>(FITS + (i << 2), 0);
  }
}

/** The same for records that are not well-formed UTF-8. */
function checkUtf8(first: u32, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    if (!isUtf8(startOf(first + i), startOf(first + i + 1))) store<u32>(FITS + (i << 2), 0);
  }
}

/**
 * Converts records [from, to) of the chunk, which fit one layout, into the lanes behind those filled. False when values did not
 * fit: nothing counts then, and the records concerned are marked for the general way, which reports them.
 */
function decodeRun(decoder: usize, first: u32, from: u32, to: u32): bool {
  const count: u32 = to - from;
  const layout: usize = load<u32>(FITS + (from << 2));
  const fields: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  let leaf: usize = load<u32>(layout, LAYOUT_LEAVES);
  // The marks of a run follow each other, so the spans of one key stand at equal distances.
  const spans: usize = spansOf(load<u32>(FIRST_MARK + (from << 2)));
  const stride: u32 = load<u32>(layout, LAYOUT_KEYS) << 3;
  let refused: u32 = 0;
  memory.fill(REFUSED, 0, count);
  for (let i: u32 = 0; i < fields; i++, field += FIELD_BYTES, leaf += 4) {
    const key: i32 = load<i32>(leaf);
    if (key < 0) {
      fillNulls(field, lane, count);
      continue;
    }
    beginColumn(spans + ((<usize>key) << 3), stride);
    refused += fillColumn(field, lane, count);
  }
  if (refused !== 0) {
    for (let i: u32 = 0; i < count; i++) if (load<u8>(REFUSED + i) !== 0) store<u32>(FITS + ((from + i) << 2), 0);
    return false;
  }
  for (let i: u32 = 0; i < count; i++) store<u32>(ROW_RECORD + ((lane + i) << 2), first + from + i);
  return true;
}
