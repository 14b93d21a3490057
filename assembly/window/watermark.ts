// Event time of a vector: which rows have one, the watermark of each row's own partition before the row (a prefix maximum),
// and the partitions' watermarks after it. Runs on every decoded row, before any filter. Rule: docs "Watermarks"; a row is
// judged before its own value counts, so it never closes its own window.

import { reportRow } from "../bad-rows";
import { validityOf, valuesOf } from "../memory/registers";
import { ALIVE, BEFORE } from "../memory/vectors";
import {
  SOURCE_COUNTERS,
  SOURCE_INPUT,
  SOURCE_MAX_AHEAD,
  SOURCE_NULL_TIME,
  SOURCE_PARTITIONS,
  SOURCE_TIME,
  SOURCE_UNITS,
  SOURCE_WATERMARK,
} from "../program/source";
import { allOnes } from "../select";
import {
  BAD_CONTEXT_TIME,
  NULL_TIME_BAD,
  NULL_TIME_DROP,
  SOURCE_AHEAD,
  SOURCE_BAD,
  SOURCE_SKIPPED,
} from "../shared/abi";
import { INPUT_PARTITIONS, INPUT_TIMESTAMPS } from "../shared/layout";
import { BAD_EXPRESSION, BAD_NULL_TIME, LANE_NULL, LANE_VALID } from "../shared/status";

const NONE: i64 = i64.MIN_VALUE;

/** Greatest of BEFORE over the vector; the least i64 when there is none. */
export let greatestBefore: i64 = NONE;

/**
 * Fills ALIVE and BEFORE for rows [0, rows) and moves the partitions' watermarks. `records` is u32 record[] of the rows.
 * Returns the rows that live on.
 */
export function judgeVector(source: usize, records: usize, rows: u32): u32 {
  greatestBefore = NONE;
  memory.fill(ALIVE, 1, rows);
  const alive: u32 = rows - refuseTimeless(source, records, rows);
  if (load<i64>(source, SOURCE_MAX_AHEAD) >= 0) moveChecked(source, records, rows);
  else moveAll(source, records, rows);
  return alive;
}

/** The same for a source without event time: every row lives, and none is late. */
export function judgeTimeless(rows: u32): void {
  greatestBefore = NONE;
  memory.fill(ALIVE, 1, rows);
  for (let i: u32 = 0; i < rows; i++) store<i64>(BEFORE + (i << 3), NONE);
}

/** Rows without an event time, by the table's rule; poisoned time or watermark expressions are bad rows always. */
function refuseTimeless(source: usize, records: usize, rows: u32): u32 {
  const times: usize = validityOf(load<u32>(source, SOURCE_TIME));
  const marks: usize = validityOf(load<u32>(source, SOURCE_WATERMARK));
  if (allOnes(times, rows) && allOnes(marks, rows)) return 0;
  const rule: u32 = load<u32>(source, SOURCE_NULL_TIME);
  let refused: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const time: u32 = load<u8>(times + i);
    if (
      time <= <u32>LANE_VALID &&
      <u32>load<u8>(marks + i) <= <u32>LANE_VALID &&
      (time !== LANE_NULL || rule > <u32>NULL_TIME_DROP)
    )
      continue;
    const poisoned: bool = time > <u32>LANE_VALID || <u32>load<u8>(marks + i) > <u32>LANE_VALID;
    refused++;
    store<u8>(ALIVE + i, 0);
    refuse(
      source,
      load<u32>(records + (i << 2)),
      poisoned || rule === NULL_TIME_BAD,
      poisoned ? BAD_EXPRESSION : BAD_NULL_TIME,
    );
  }
  return refused;
}

function refuse(source: usize, record: u32, bad: bool, reason: u32): void {
  const counter: usize = source + SOURCE_COUNTERS + (bad ? SOURCE_BAD : SOURCE_SKIPPED);
  store<i64>(counter, load<i64>(counter) + 1);
  if (bad) reportRow(record, reason, -1, BAD_CONTEXT_TIME);
}

/** A NULL watermark, or a refused row, moves nothing. Rows of one partition come in runs: its watermark stays in a local. */
function moveAll(source: usize, records: usize, rows: u32): void {
  const marks: usize = valuesOf(load<u32>(source, SOURCE_WATERMARK));
  const validity: usize = validityOf(load<u32>(source, SOURCE_WATERMARK));
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const table: usize = load<u32>(source, SOURCE_PARTITIONS);
  let greatest: i64 = NONE;
  let cell: usize = table;
  let current: i64 = load<i64>(cell);
  for (let i: u32 = 0; i < rows; i++) {
    const own: usize = table + (load<u32>(partitions + (load<u32>(records + (i << 2)) << 2)) << 3);
    if (own !== cell) {
      store<i64>(cell, current);
      cell = own;
      current = load<i64>(cell);
    }
    const moves: bool = (load<u8>(validity + i) & load<u8>(ALIVE + i)) === 1;
    store<i64>(BEFORE + (i << 3), current);
    greatest = max<i64>(greatest, current);
    current = max<i64>(current, select<i64>(load<i64>(marks + (i << 3)), current, moves));
  }
  store<i64>(cell, current);
  greatestBefore = greatest;
}

/** The same, but a row further ahead of its record's own timestamp than allowed moves nothing, and is counted. */
function moveChecked(source: usize, records: usize, rows: u32): void {
  const times: usize = valuesOf(load<u32>(source, SOURCE_TIME));
  const marks: usize = valuesOf(load<u32>(source, SOURCE_WATERMARK));
  const timeValidity: usize = validityOf(load<u32>(source, SOURCE_TIME));
  const validity: usize = validityOf(load<u32>(source, SOURCE_WATERMARK));
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const timestamps: usize = load<u32>(source + SOURCE_INPUT, INPUT_TIMESTAMPS);
  const table: usize = load<u32>(source, SOURCE_PARTITIONS);
  const units: i64 = load<i64>(source, SOURCE_UNITS);
  const most: i64 = i64.MAX_VALUE / units - 1;
  const allowed: i64 = min<i64>(load<i64>(source, SOURCE_MAX_AHEAD), most);
  let greatest: i64 = NONE;
  let ahead: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const record: u32 = load<u32>(records + (i << 2));
    const cell: usize = table + (load<u32>(partitions + (record << 2)) << 3);
    const before: i64 = load<i64>(cell);
    const stamp: i64 = load<i64>(timestamps + (record << 3));
    const timed: bool = load<u8>(ALIVE + i) === 1 && load<u8>(timeValidity + i) === 1;
    const far: bool =
      timed && stamp !== NONE && stamp < most - allowed && isAhead(load<i64>(times + (i << 3)), stamp, allowed, units);
    ahead += u32(far);
    const moves: bool = !far && (load<u8>(validity + i) & load<u8>(ALIVE + i)) === 1;
    const mark: i64 = select<i64>(load<i64>(marks + (i << 3)), before, moves);
    store<i64>(BEFORE + (i << 3), before);
    store<i64>(cell, max<i64>(before, mark));
    greatest = max<i64>(greatest, before);
  }
  greatestBefore = greatest;
  const counter: usize = source + SOURCE_COUNTERS + SOURCE_AHEAD;
  store<i64>(counter, load<i64>(counter) + ahead);
}

/** floor(time / units) - stamp > allowed, without dividing: time >= (stamp + allowed + 1) x units. */
function isAhead(time: i64, stamp: i64, allowed: i64, units: i64): bool {
  const edge: i64 = stamp + allowed + 1;
  const least: i64 = i64.MIN_VALUE / units + 1;
  return edge <= least || time >= edge * units;
}
