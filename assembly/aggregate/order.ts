// The place of a row in the order that FIRST_VALUE, LAST_VALUE and LISTAGG go by. Where a query reads a table it is the canonical
// sequence: (watermark of the row's own partition before it, partition, position). Values are kept with their places, so batches,
// slices and partitions are added in any order and nothing has to wait. Rows of results, sessions and frames come in an order
// that is defined already: a running number is their place.
// A kept place: 0 i64 watermark   8 i64 position or number   16 u32 partition   20 u32 1 = there is one
import { allocateZeroed } from "../memory/heap";
import { BEFORE, SELECTED } from "../memory/vectors";
import { QUERY_SOURCE } from "../program/query";
import { SOURCE_INPUT } from "../program/source";
import { INPUT_PARTITIONS, INPUT_POSITIONS, VECTOR_ROWS } from "../shared/layout";

/** QUERY_ORDER: no aggregate asks for places; rows get theirs from the source; or as they come. */
export const ORDER_NONE: u32 = 0;
export const ORDER_SOURCE: u32 = 1;
export const ORDER_ARRIVAL: u32 = 2;

export const PLACE_BYTES: u32 = 24;
const NUMBER: usize = 8;
const PARTITION: usize = 16;
const HAS: usize = 20;

/** A column each, by lane. */
const LANE_MARKS: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
const LANE_NUMBERS: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
const LANE_PARTITIONS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
let arrived: i64 = 0;

/** Places of lanes whose rows SELECTED names; `records` u32 a row: its record. */
export function placeRecords(query: usize, records: usize, lanes: u32): void {
  const input: usize = <usize>load<u32>(query, QUERY_SOURCE) + SOURCE_INPUT;
  const partitions: usize = load<u32>(input, INPUT_PARTITIONS);
  const positions: usize = load<u32>(input, INPUT_POSITIONS);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(SELECTED + (i << 2));
    const record: u32 = load<u32>(records + (row << 2));
    store<i64>(LANE_MARKS + (i << 3), load<i64>(BEFORE + (row << 3)));
    store<i64>(LANE_NUMBERS + (i << 3), load<i64>(positions + (record << 3)));
    store<u32>(LANE_PARTITIONS + (i << 2), load<u32>(partitions + (record << 2)));
  }
}

/** Lanes in the order they come. */
export function placeArrivals(lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    store<i64>(LANE_MARKS + (i << 3), 0);
    store<i64>(LANE_NUMBERS + (i << 3), arrived++);
    store<u32>(LANE_PARTITIONS + (i << 2), 0);
  }
}

export function keepPlace(at: usize, lane: u32): void {
  store<i64>(at, load<i64>(LANE_MARKS + (lane << 3)));
  store<i64>(at, load<i64>(LANE_NUMBERS + (lane << 3)), NUMBER);
  store<u32>(at, load<u32>(LANE_PARTITIONS + (lane << 2)), PARTITION);
  store<u32>(at, 1, HAS);
}

export function hasPlace(at: usize): bool {
  return load<u32>(at, HAS) !== 0;
}

/** Whether the lane comes before the kept place. */
export function laneIsBefore(lane: u32, at: usize): bool {
  const mark: i64 = load<i64>(LANE_MARKS + (lane << 3));
  if (mark !== load<i64>(at)) return mark < load<i64>(at);
  const partition: u32 = load<u32>(LANE_PARTITIONS + (lane << 2));
  if (partition !== load<u32>(at, PARTITION)) return partition < load<u32>(at, PARTITION);
  return load<i64>(LANE_NUMBERS + (lane << 3)) < load<i64>(at, NUMBER);
}

/** Less than, equal to or greater than 0. */
export function comparePlaces(a: usize, b: usize): i32 {
  if (load<i64>(a) !== load<i64>(b)) return load<i64>(a) < load<i64>(b) ? -1 : 1;
  if (load<u32>(a, PARTITION) !== load<u32>(b, PARTITION))
    return load<u32>(a, PARTITION) < load<u32>(b, PARTITION) ? -1 : 1;
  if (load<i64>(a, NUMBER) !== load<i64>(b, NUMBER)) return load<i64>(a, NUMBER) < load<i64>(b, NUMBER) ? -1 : 1;
  return 0;
}
