// The partitions of a source: their watermarks (in time units, the least i64 = none yet), the topics they belong to, and their
// numbers there (a source of several topics counts its partitions through).
import { allocate, release } from "../memory/heap";
import {
  SOURCE_HAS_TIME,
  SOURCE_NUMBERS,
  SOURCE_PARTITION_CAPACITY,
  SOURCE_PARTITION_COUNT,
  SOURCE_PARTITIONS,
  SOURCE_TOPICS,
  SOURCE_UNITS,
} from "./source";

const NONE: i64 = i64.MIN_VALUE;

export function ensurePartitions(source: usize, count: u32): void {
  const known: u32 = load<u32>(source, SOURCE_PARTITION_COUNT);
  if (count <= known) return;
  if (count > load<u32>(source, SOURCE_PARTITION_CAPACITY)) grow(source, known, max<u32>(count, known * 2));
  for (let i: u32 = known; i < count; i++) {
    store<i64>(load<u32>(source, SOURCE_PARTITIONS) + (i << 3), NONE);
    store<u64>(load<u32>(source, SOURCE_TOPICS) + (i << 3), 0);
    store<i64>(load<u32>(source, SOURCE_NUMBERS) + (i << 3), i);
  }
  store<u32>(source, count, SOURCE_PARTITION_COUNT);
}

function grow(source: usize, known: u32, capacity: u32): void {
  moveTable(source + SOURCE_PARTITIONS, known, capacity);
  moveTable(source + SOURCE_TOPICS, known, capacity);
  moveTable(source + SOURCE_NUMBERS, known, capacity);
  store<u32>(source, capacity, SOURCE_PARTITION_CAPACITY);
}

function moveTable(cell: usize, known: u32, capacity: u32): void {
  const fresh: usize = allocate(capacity << 3);
  memory.copy(fresh, load<u32>(cell), known << 3);
  release(load<u32>(cell));
  store<u32>(cell, <u32>fresh);
}

/** In ms, floored. */
export function getWatermark(source: usize, partition: u32): i64 {
  if (partition >= load<u32>(source, SOURCE_PARTITION_COUNT) || load<u32>(source, SOURCE_HAS_TIME) === 0) return NONE;
  const value: i64 = load<i64>(load<u32>(source, SOURCE_PARTITIONS) + (partition << 3));
  if (value === NONE) return NONE;
  const units: i64 = load<i64>(source, SOURCE_UNITS);
  const quotient: i64 = value / units;
  return quotient - i64(value % units < 0);
}

/** Milliseconds that no i64 of units holds become the nearest that does. */
export function setWatermark(source: usize, partition: u32, ms: i64): void {
  if (partition >= load<u32>(source, SOURCE_PARTITION_COUNT)) return;
  const units: i64 = max<i64>(load<i64>(source, SOURCE_UNITS), 1);
  const most: i64 = i64.MAX_VALUE / units;
  const value: i64 = ms === NONE ? NONE : max<i64>(min<i64>(ms, most), -most) * units;
  store<i64>(load<u32>(source, SOURCE_PARTITIONS) + (partition << 3), value);
}

/** Owns the bytes at `address` from now on. */
export function nameTopic(source: usize, partition: u32, address: usize, length: u32): void {
  const topic: usize = load<u32>(source, SOURCE_TOPICS) + (partition << 3);
  release(load<u32>(topic));
  store<u32>(topic, <u32>address);
  store<u32>(topic, length, 4);
}

/** What METADATA FROM 'partition' gives; the partition's index until it is told. */
export function numberPartition(source: usize, partition: u32, number: i64): void {
  store<i64>(load<u32>(source, SOURCE_NUMBERS) + (partition << 3), number);
}

export function closePartitions(source: usize): void {
  const topics: usize = load<u32>(source, SOURCE_TOPICS);
  const count: u32 = load<u32>(source, SOURCE_PARTITION_COUNT);
  for (let i: u32 = 0; i < count; i++) release(load<u32>(topics + (i << 3)));
  release(topics);
  release(load<u32>(source, SOURCE_NUMBERS));
  release(load<u32>(source, SOURCE_PARTITIONS));
}
