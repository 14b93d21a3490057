// Records of the vector in hand that gave no row. Skipped ones are only counted; bad ones are counted and, up to a bound,
// kept with reason and column until the next vector begins.

import { allocate, release } from "./memory/heap";
import { SOURCE_COUNTERS } from "./program/source";
import {
  BAD_AT,
  BAD_BYTES,
  BAD_COLUMN,
  BAD_CONTEXT,
  BAD_CONTEXT_KEY,
  BAD_CONTEXT_VALUE,
  BAD_REASON,
  BAD_RECORD,
  SOURCE_BAD,
  SOURCE_ELEMENTS,
  SOURCE_SKIPPED,
} from "./shared/abi";
import { BAD_FIRST } from "./shared/status";

/** Kept bad rows of one vector; the counters go on beyond. */
const MOST_KEPT: u32 = 1 << 22;

let list: usize = 0;
let capacity: u32 = 0;
let count: u32 = 0;
let counters: usize = 0;
let context: u32 = BAD_CONTEXT_VALUE;

/** Starts a vector of this source with an empty list. */
export function beginReports(source: usize): void {
  counters = source + SOURCE_COUNTERS;
  context = BAD_CONTEXT_VALUE;
  count = 0;
}

/** From now on `field` counts the columns of record keys. */
export function reportKeys(on: bool): void {
  context = on ? BAD_CONTEXT_KEY : BAD_CONTEXT_VALUE;
}

/**
 * A record of the input that gives no row. `reason` below BAD_FIRST: skipped, counted only; else bad. `field` is the index
 * of the column in its decoder, -1 none; `at` a byte position in the record, -1 unknown.
 */
export function reportRecord(record: u32, reason: u32, field: i32, at: i32): void {
  const counter: usize = counters + (reason < <u32>BAD_FIRST ? SOURCE_SKIPPED : SOURCE_BAD);
  store<i64>(counter, load<i64>(counter) + 1);
  if (reason >= <u32>BAD_FIRST) keep(record, reason, field, at);
}

/** Of a record that is an array: how many more it holds than one. */
export function countElements(more: i64): void {
  store<i64>(counters + SOURCE_ELEMENTS, load<i64>(counters + SOURCE_ELEMENTS) + more);
}

/** A decoded row refused later; the caller counts it. `where` is a BAD_CONTEXT_*. */
export function reportRow(record: u32, reason: u32, item: i32, where: u32): void {
  const before: u32 = context;
  context = where;
  keep(record, reason, item, -1);
  context = before;
}

function keep(record: u32, reason: u32, field: i32, at: i32): void {
  if (count === capacity && !makeRoom()) return;
  const entry: usize = list + count * BAD_BYTES;
  store<u32>(entry, record, BAD_RECORD);
  store<u32>(entry, reason, BAD_REASON);
  store<i32>(entry, field, BAD_COLUMN);
  store<i32>(entry, at, BAD_AT);
  store<u32>(entry, context, BAD_CONTEXT);
  count++;
}

function makeRoom(): bool {
  if (capacity >= MOST_KEPT) return false;
  const wider: u32 = capacity === 0 ? 64 : capacity * 2;
  const fresh: usize = allocate(wider * BAD_BYTES);
  memory.copy(fresh, list, count * BAD_BYTES);
  release(list);
  list = fresh;
  capacity = wider;
  return true;
}

export function badCount(): u32 {
  return count;
}

export function badList(): usize {
  return list;
}
