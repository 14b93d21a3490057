// Sorts a list of u32 by a comparison, equal ones staying in their order: runs are merged bottom-up, and a list that is in order
// already is only looked at.
import { scratchAllocate } from "./scratch";

/** `compare(a, b)` > 0: a comes behind b. */
export function mergeSort(list: usize, count: u32, compare: (a: u32, b: u32) => i32): void {
  if (isSorted(list, count, compare)) return;
  let from: usize = list;
  let to: usize = scratchAllocate(count << 2);
  for (let width: u32 = 1; width < count; width <<= 1) {
    for (let start: u32 = 0; start < count; start += width << 1) {
      mergeRuns(from, to, start, min<u32>(start + width, count), min<u32>(start + (width << 1), count), compare);
    }
    const other: usize = from;
    from = to;
    to = other;
  }
  if (from !== list) memory.copy(list, from, count << 2);
}

function isSorted(list: usize, count: u32, compare: (a: u32, b: u32) => i32): bool {
  for (let i: u32 = 1; i < count; i++) {
    if (compare(load<u32>(list + ((i - 1) << 2)), load<u32>(list + (i << 2))) > 0) return false;
  }
  return true;
}

function mergeRuns(from: usize, to: usize, start: u32, middle: u32, end: u32, compare: (a: u32, b: u32) => i32): void {
  let left: u32 = start;
  let right: u32 = middle;
  for (let at: u32 = start; at < end; at++) {
    const fromLeft: bool =
      right >= end || (left < middle && compare(load<u32>(from + (left << 2)), load<u32>(from + (right << 2))) <= 0);
    const taken: u32 = fromLeft ? left++ : right++;
    store<u32>(to + (at << 2), load<u32>(from + (taken << 2)));
  }
}
