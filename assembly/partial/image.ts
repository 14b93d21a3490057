// Partial aggregates on their way from one kernel to another: rows of a slice as an image of memory, which the other kernel, with
// the same program, puts down somewhere and merges from, as it merges slices of its own. What is taken is given up here.
// After two-phase aggregation (Larson, "Data reduction by partial preaggregation", ICDE 2002).
//
// Image: 0 u32 bytes   4 u32 query   8 i64 key of the slice   16 u32 rows   20 u32 bytes of a row   rows from 32, then what they own
// (pieces.ts), then 8 bytes that may be read and mean nothing.
import { allocate, release } from "../memory/heap";
import { lastingBytes, resetScratch } from "../memory/scratch";
import { SOURCES } from "../memory/vectors";
import { QUERY_INDEX, QUERY_KIND, QUERY_OPS, QUERY_ROW_BYTES } from "../program/query";
import { COUNT_STATE_BYTES, QUERY_GROUP, QUERY_WINDOW } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { blockEnd, blockRows, firstBlock, nextBlock } from "../table/rows";
import { mergeLanes } from "../window/merge-slice";
import { closedEdge, countsFrom } from "../window/share";
import { SLICE_KEY } from "../window/slice";
import { addTo, endOfSlices, firstSlice, releaseSlice, sliceFor, sliceKey, takeSlice } from "../window/slices";
import { findPieces, pieceBytes, writePieces } from "./pieces";

const IMAGE_QUERY: usize = 4;
const IMAGE_KEY: usize = 8;
const IMAGE_ROWS: usize = 16;
const IMAGE_ROW_BYTES: usize = 20;
const IMAGE_HEADER: u32 = 32;
const IMAGE_SLACK: u32 = 8;
/** An image is begun anew beyond this: a row with a large set makes a larger one. */
const MOST_BYTES: u32 = 1 << 20;

/** The slice whose rows are being taken, and how far: one query at a time, to its end. */
let slice: usize = 0;
let block: usize = 0;
let next: usize = 0;
let image: usize = 0;

/**
 * The next image of what the query need not keep: rows of slices that a closed window has; all there are where changes leave
 * before windows close. 0 at the end. It holds until the next call.
 */
export function takePartial(query: usize): usize {
  release(image);
  image = 0;
  if (slice === 0) {
    slice = nextSlice(query);
    if (slice === 0) return 0;
    block = firstBlock(slice);
    next = block === 0 ? 0 : blockRows(block);
  }
  if (block !== 0) image = writeImage(query);
  if (block === 0) {
    releaseSlice(query, slice);
    slice = 0;
    if (image === 0) return takePartial(query);
  }
  return image;
}

function nextSlice(query: usize): usize {
  const kind: u32 = load<u32>(query, QUERY_KIND);
  const changing: bool = load<u32>(query, QUERY_OPS) !== 0;
  if (kind !== QUERY_GROUP && kind !== QUERY_WINDOW) return 0;
  const edge: i64 = changing ? i64.MAX_VALUE : closedEdge(query);
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) {
    if (changing || countsFrom(query, sliceKey(query, i)) <= edge) return takeSlice(query, i);
  }
  return 0;
}

function writeImage(query: usize): usize {
  const rowBytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const first: usize = next;
  const firstOf: usize = block;
  let bytes: u32 = IMAGE_HEADER + IMAGE_SLACK;
  let rows: u32 = 0;
  while (block !== 0 && rows < <u32>VECTOR_ROWS && bytes < MOST_BYTES) {
    bytes += rowBytes + pieceBytes(query, next);
    rows++;
    step(rowBytes);
  }
  const to: usize = allocate(bytes);
  store<u32>(to, bytes);
  store<u32>(to, load<u32>(query, QUERY_INDEX), IMAGE_QUERY);
  store<i64>(to, load<i64>(slice, SLICE_KEY), IMAGE_KEY);
  store<u32>(to, rows, IMAGE_ROWS);
  store<u32>(to, rowBytes, IMAGE_ROW_BYTES);
  let copy: usize = to + IMAGE_HEADER;
  let piece: usize = copy + rows * rowBytes;
  block = firstOf;
  next = first;
  for (let i: u32 = 0; i < rows; i++) {
    memory.copy(copy, next, rowBytes);
    piece = writePieces(query, next, copy, piece, to);
    copy += rowBytes;
    step(rowBytes);
  }
  return to;
}

/** To the next row of the slice; `block` 0 behind the last. */
function step(rowBytes: u32): void {
  next += rowBytes;
  if (next < blockEnd(slice, block)) return;
  block = nextBlock(block);
  next = block === 0 ? 0 : blockRows(block);
}

/** Merges an image that was staged at `from` and frees it. False when it is none of this query. */
export function mergePartial(query: usize, from: usize, bytes: u32): bool {
  const rows: u32 = load<u32>(from, IMAGE_ROWS);
  const rowBytes: u32 = load<u32>(from, IMAGE_ROW_BYTES);
  const fits: bool =
    load<u32>(from) === bytes &&
    load<u32>(from, IMAGE_QUERY) === load<u32>(query, QUERY_INDEX) &&
    rowBytes === load<u32>(query, QUERY_ROW_BYTES) &&
    rows <= <u32>VECTOR_ROWS;
  if (!fits) return false;
  resetScratch();
  let row: usize = from + IMAGE_HEADER;
  for (let i: u32 = 0; i < rows; i++) {
    findPieces(query, row, from);
    store<u32>(SOURCES + (i << 2), <u32>row);
    row += rowBytes;
  }
  const before: u64 = lastingBytes();
  mergeLanes(query, sliceFor(query, load<i64>(from, IMAGE_KEY)), rows);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  release(from);
  return true;
}
