// An entry of its own, for tests and benchmarks: sketches by slot, without a program around them. No part of kernel.wasm.
import { allocateZeroed, heapBytes } from "../memory/heap";
import { couponsOfLongs } from "./coupon";
import { estimateSketch } from "./estimate";
import { addCoupon, releaseSketch } from "./hll";
import { imageBytes, writeImage } from "./image";
import { mergeSketch } from "./merge";

const RANGE_LANES: u32 = 1024;
const rangeValues: usize = memory.data(1024 * 8);
const rangeCoupons: usize = memory.data(1024 * 4);

/** Zeroed bytes that stay where they are: slots, values, images. A zero slot is an empty sketch. */
export function room(bytes: u32): usize {
  return allocateZeroed(bytes);
}

/** Bytes the heap has handed out. */
export function used(): f64 {
  return <f64>heapBytes();
}

/** Hashes the i64 at `values` into coupons. */
export function hashLongs(values: usize, coupons: usize, count: u32): void {
  couponsOfLongs(values, coupons, count);
}

/** Adds the coupons to one sketch. */
export function add(slot: usize, coupons: usize, count: u32, lgK: u32): void {
  for (let i: u32 = 0; i < count; i++) addCoupon(slot, load<u32>(coupons + (i << 2)), lgK);
}

/** Adds the integers first ... first + count - 1. */
export function addRange(slot: usize, first: f64, count: u32, lgK: u32): void {
  let value: i64 = <i64>first;
  for (let left: u32 = count; left > 0; ) {
    const lanes: u32 = min<u32>(left, RANGE_LANES);
    for (let i: u32 = 0; i < lanes; i++) store<i64>(rangeValues + (i << 3), value++);
    couponsOfLongs(rangeValues, rangeCoupons, lanes);
    add(slot, rangeCoupons, lanes, lgK);
    left -= lanes;
  }
}

/** Merges `count` neighbouring slots into as many others. */
export function mergeAll(to: usize, from: usize, count: u32, lgK: u32): void {
  for (let i: u32 = 0; i < count; i++) mergeSketch(to + (i << 3), from + (i << 3), lgK);
}

/** What the other is measured against: the same bytes, from and to the same places, sketch by sketch. */
export function copyAll(to: usize, from: usize, count: u32, bytes: u32): void {
  for (let i: u32 = 0; i < count; i++)
    memory.copy(<usize>load<u32>(to + (i << 3)), <usize>load<u32>(from + (i << 3)), bytes);
}

export function estimate(slot: usize, lgK: u32): f64 {
  return <f64>estimateSketch(slot, lgK);
}

/** Sum of the estimates of neighbouring slots. */
export function estimateAll(slots: usize, count: u32, lgK: u32): f64 {
  let sum: f64 = 0.0;
  for (let i: u32 = 0; i < count; i++) sum += <f64>estimateSketch(slots + (i << 3), lgK);
  return sum;
}

/** Writes the image to `to`, which has room for 40 + 2^lgK bytes, and returns its length. */
export function image(slot: usize, lgK: u32, to: usize): u32 {
  writeImage(slot, lgK, to);
  return imageBytes(slot, lgK);
}

/** Frees what the sketch holds and leaves an empty one. */
export function clear(slot: usize): void {
  releaseSketch(slot);
  store<u64>(slot, 0);
}
