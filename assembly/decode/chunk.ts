// A chunk of records, fast: one scan, then each record is matched with the learned layouts by its marks, then runs of records
// that fit are converted column by column. A record that fits none is decoded by record.ts, which takes every shape, and may
// teach a new layout. Which way a record goes never changes what it gives.
import { release } from "../memory/heap";
import { VECTOR_ROWS } from "../shared/layout";
import { DECODER_LAYOUTS, DECODER_MISSES, DECODER_PENDING, DECODER_VICTIM, LAYOUTS } from "./decoder";
import { learnLayout } from "./learn";
import { beginRegion, FITS, matchRecords, startOf } from "./match";
import { beginRecord, decodeRecord, ROW_RECORD } from "./record";
import { decodeRun } from "./run";
import { CHUNK_BYTES, scanChunk } from "./scan";

/** Record offsets of the region in hand. */
let offsets: usize = 0;
/** Lanes filled so far. */
let lane: u32 = 0;

export function beginChunks(recordBytes: usize, recordOffsets: usize, firstLane: u32): void {
  beginRegion(recordBytes, recordOffsets);
  offsets = recordOffsets;
  lane = firstLane;
}

export function filledLanes(): u32 {
  return lane;
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
    if (load<u32>(FITS + (i << 2)) === 0) {
      const learned: bool = decodeAlone(decoder, first + i);
      i++;
      if (learned || load<u32>(decoder, DECODER_PENDING) !== 0) break;
      continue;
    }
    let end: u32 = i + 1;
    const most: u32 = min<u32>(count, i + <u32>VECTOR_ROWS - lane);
    while (end < most && load<u32>(FITS + (end << 2)) !== 0) end++;
    if (!decodeRun(decoder, i, end, lane)) continue;
    for (let k: u32 = i; k < end; k++) store<u32>(ROW_RECORD + ((lane + k - i) << 2), first + k);
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
