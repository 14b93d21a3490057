// APPROX_PERCENTILE: a log-linear histogram of doubles, as HdrHistogram and DDSketch keep one. A power of two has 128 buckets of
// equal width, so a bucket is at most 1/128 of its values wide; each knows its least and greatest value and how many it has. The
// answer lies between the two in the bucket that holds the value of that rank: it is off by 0.79 % of it at most, and exact where
// the bucket holds one value. Buckets add up, so neither batches nor slices nor the order of rows leave a trace.
// Slot: 0 u32 cells   4 u32 taken   8 u32 cells - 1
// Cell: 0 u32 bucket + 1, 0 = free   8 u64 count   16 f64 least   24 f64 greatest
import { allocateZeroed, release } from "../memory/heap";
import { mergeSort } from "../memory/merge-sort";
import { scratchAllocate } from "../memory/scratch";

export const HISTOGRAM_TAKEN: usize = 4;
export const HISTOGRAM_MASK: usize = 8;
export const HISTOGRAM_BYTES: u32 = 16;
const COUNT: usize = 8;
const LEAST: usize = 16;
const GREATEST: usize = 24;
export const BUCKET_BYTES: u32 = 32;
const FIRST_CELLS: u32 = 4;
/** Of 52 bits of a mantissa 7 tell buckets apart. */
const SHIFT: u64 = 45;
/** 2^32 / golden ratio: neighbouring buckets are spread. */
const SPREAD: u32 = 0x9e3779b1;

/** NaN does not take part; lanes at the sink are passed over. */
export function addToHistograms(rows: usize, values: usize, slot: u32, lanes: u32, sink: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row === sink) continue;
    // -0.0 becomes 0.0.
    const value: f64 = load<f64>(values + (i << 3)) + 0.0;
    if (value !== value) continue;
    addToBucket(<usize>row + slot, bucketOf(value), 1, value, value);
  }
}

/** Buckets are in the order of their values. */
function bucketOf(value: f64): u32 {
  const bits: i64 = reinterpret<i64>(value);
  const ordered: u64 = <u64>(bits ^ ((bits >> 63) & i64.MAX_VALUE)) ^ ((<u64>1) << 63);
  return <u32>(ordered >> SHIFT);
}

function addToBucket(histogram: usize, bucket: u32, count: u64, least: f64, greatest: f64): void {
  const taken: u32 = load<u32>(histogram, HISTOGRAM_TAKEN);
  const mask: u32 = load<u32>(histogram, HISTOGRAM_MASK);
  if (load<u32>(histogram) === 0 || taken > mask - (mask >> 2)) grow(histogram);
  const cell: usize = cellFor(histogram, bucket);
  if (load<u32>(cell) === 0) {
    store<u32>(cell, bucket + 1);
    store<u32>(histogram, taken + 1, HISTOGRAM_TAKEN);
    store<f64>(cell, least, LEAST);
    store<f64>(cell, greatest, GREATEST);
  } else {
    store<f64>(cell, min<f64>(load<f64>(cell, LEAST), least), LEAST);
    store<f64>(cell, max<f64>(load<f64>(cell, GREATEST), greatest), GREATEST);
  }
  store<u64>(cell, load<u64>(cell, COUNT) + count, COUNT);
}

/** The bucket's cell, or the free one where it belongs. */
function cellFor(histogram: usize, bucket: u32): usize {
  const mask: u32 = load<u32>(histogram, HISTOGRAM_MASK);
  let place: u32 = ((bucket * SPREAD) >> 12) & mask;
  while (true) {
    const cell: usize = <usize>load<u32>(histogram) + place * BUCKET_BYTES;
    const found: u32 = load<u32>(cell);
    if (found === 0 || found === bucket + 1) return cell;
    place = (place + 1) & mask;
  }
}

function grow(histogram: usize): void {
  const old: usize = load<u32>(histogram);
  const cells: u32 = old === 0 ? 0 : load<u32>(histogram, HISTOGRAM_MASK) + 1;
  const wider: u32 = max<u32>(FIRST_CELLS, cells << 1);
  store<u32>(histogram, <u32>allocateZeroed(wider * BUCKET_BYTES));
  store<u32>(histogram, wider - 1, HISTOGRAM_MASK);
  for (let i: u32 = 0; i < cells; i++) {
    const cell: usize = old + i * BUCKET_BYTES;
    if (load<u32>(cell) !== 0) memory.copy(cellFor(histogram, load<u32>(cell) - 1), cell, BUCKET_BYTES);
  }
  release(old);
}

/** Bytes of the cells. */
export function bucketBytes(histogram: usize): u32 {
  return load<u32>(histogram) === 0 ? 0 : (load<u32>(histogram, HISTOGRAM_MASK) + 1) * BUCKET_BYTES;
}

/** What `from` has counted is added to `to`. */
export function mergeHistograms(to: usize, from: usize): void {
  const cells: usize = load<u32>(from);
  const end: usize = cells + bucketBytes(from);
  for (let cell: usize = cells; cell < end; cell += BUCKET_BYTES) {
    const bucket: u32 = load<u32>(cell);
    if (bucket !== 0)
      addToBucket(to, bucket - 1, load<u64>(cell, COUNT), load<f64>(cell, LEAST), load<f64>(cell, GREATEST));
  }
}

function compareBuckets(a: u32, b: u32): i32 {
  return load<u32>(a) < load<u32>(b) ? -1 : 1;
}

/** The value of rank ⌈q · n⌉ of n, at least the first; `billionths`: q in 1e-9. NaN when there is none. */
export function percentileOf(histogram: usize, billionths: u32): f64 {
  const taken: u32 = load<u32>(histogram, HISTOGRAM_TAKEN);
  const order: usize = scratchAllocate(taken << 2);
  const cells: usize = load<u32>(histogram);
  const end: usize = cells + bucketBytes(histogram);
  let total: u64 = 0;
  let listed: u32 = 0;
  for (let cell: usize = cells; cell < end; cell += BUCKET_BYTES) {
    if (load<u32>(cell) === 0) continue;
    store<u32>(order + (listed++ << 2), <u32>cell);
    total += load<u64>(cell, COUNT);
  }
  if (total === 0) return NaN;
  mergeSort(order, taken, compareBuckets);
  return valueAt(order, rankOf(total, billionths));
}

/** ⌈total · billionths / 1e9⌉, in whole numbers. */
function rankOf(total: u64, billionths: u32): u64 {
  const whole: u64 = (total / 1000000000) * billionths;
  const part: u64 = (total % 1000000000) * billionths;
  return max<u64>(1, whole + (part + 999999999) / 1000000000);
}

/** In sorted buckets; between a bucket's least and greatest value ranks are taken as evenly spread. */
function valueAt(order: usize, rank: u64): f64 {
  let before: u64 = 0;
  let cell: usize = load<u32>(order);
  for (let i: u32 = 0; before + load<u64>(cell, COUNT) < rank; ) {
    before += load<u64>(cell, COUNT);
    cell = load<u32>(order + (++i << 2));
  }
  const count: u64 = load<u64>(cell, COUNT);
  const least: f64 = load<f64>(cell, LEAST);
  const greatest: f64 = load<f64>(cell, GREATEST);
  if (least === greatest) return least;
  return least + (greatest - least) * (<f64>(rank - before - 1) / <f64>(count - 1));
}

export function releaseHistogram(histogram: usize): void {
  release(load<u32>(histogram));
}
