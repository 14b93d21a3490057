// Which window each row of a vector belongs to, and whether it came too late for it. Everything is in time units: a window
// starts at a whole millisecond, so cutting in microseconds and in milliseconds gives the same windows, and "watermark in ms
// >= end - 1" is "watermark in units >= end - one ms". When the whole vector falls into one window that is still open, which
// is the normal case, nothing is stored per row.

import { validityOf, valuesOf } from "../memory/registers";
import { ALIVE, BEFORE, STARTS, VERDICT } from "../memory/vectors";
import { QUERY_ADVANCED, QUERY_OFFSET, QUERY_SIZE, QUERY_TIME, QUERY_UNITS } from "../program/query";
import { allOnes } from "../select";
import { LANE_VALID } from "../shared/status";
import { greatestBefore } from "./watermark";

/** ALIVE's 1 is TAKE, its 0 is DEAD, so that ALIVE can stand for verdicts where windows refuse nothing. */
export const VERDICT_DEAD: u32 = 0;
export const VERDICT_TAKE: u32 = 1;
export const VERDICT_LATE: u32 = 2;
/** The window does not fit in an i64. */
export const VERDICT_REFUSED: u32 = 3;
/** No event time. */
export const VERDICT_TIMELESS: u32 = 4;

const NONE: i64 = i64.MIN_VALUE;
/** Below this magnitude an i64 is exact as f64 and the reciprocal is wrong by at most one. */
const EXACT: i64 = 1 << 52;

/** Whether all rows of the last vector fell into the window that starts at `singleStart`. */
export let single: bool = false;
export let singleStart: i64 = 0;

let least: i64 = 0;
let greatest: i64 = 0;

/** Start of the window that holds `time`: floored, also before the offset and below zero. */
export function windowStart(time: i64, size: i64, offset: i64): i64 {
  let rest: i64 = (time - offset) % size;
  if (rest < 0) rest += size;
  return time - rest;
}

/** Greatest window start that is closed at the query's watermark: end - 1 ms <= watermark. */
export function closedStart(query: usize): i64 {
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  const units: i64 = load<i64>(query, QUERY_UNITS);
  if (advanced === NONE) return NONE;
  if (advanced >= i64.MAX_VALUE / units - 1) return i64.MAX_VALUE;
  if (advanced <= i64.MIN_VALUE / units + 1) return NONE;
  const edge: i64 = (advanced + 1) * units;
  const size: i64 = load<i64>(query, QUERY_SIZE);
  return edge < i64.MIN_VALUE + size ? NONE : edge - size;
}

/** True when every row is taken, by the one window `singleStart` or by those in STARTS; else VERDICT says so per row. */
export function assignVector(query: usize, rows: u32, alive: u32): bool {
  const register: u32 = load<u32>(query, QUERY_TIME);
  const times: usize = valuesOf(register);
  const size: i64 = load<i64>(query, QUERY_SIZE);
  const offset: i64 = load<i64>(query, QUERY_OFFSET);
  const closed: i64 = closedStart(query);
  single = false;
  if (alive === rows && allOnes(validityOf(register), rows)) {
    findRange(times, rows);
    if (least > timeFloor(size, offset) && greatest < timeCeiling(size, offset)) {
      const start: i64 = windowStart(least, size, offset);
      const open: bool = start > closed && greatestBefore < start + size - load<i64>(query, QUERY_UNITS);
      if (open && greatest - start < size) {
        single = true;
        singleStart = start;
        return true;
      }
    }
  }
  return assignRows(query, rows, closed);
}

function timeFloor(size: i64, offset: i64): i64 {
  return i64.MIN_VALUE + 2 * size + abs<i64>(offset);
}

function timeCeiling(size: i64, offset: i64): i64 {
  return i64.MAX_VALUE - 2 * size - abs<i64>(offset);
}

function findRange(times: usize, rows: u32): void {
  let low: v128 = i64x2.splat(load<i64>(times));
  let high: v128 = low;
  for (let i: u32 = 0; i + 2 <= rows; i += 2) {
    const value: v128 = v128.load(times + (i << 3));
    low = v128.bitselect(value, low, i64x2.lt_s(value, low));
    high = v128.bitselect(value, high, i64x2.gt_s(value, high));
  }
  const last: i64 = load<i64>(times + ((rows - 1) << 3));
  least = min<i64>(last, min<i64>(i64x2.extract_lane(low, 0), i64x2.extract_lane(low, 1)));
  greatest = max<i64>(last, max<i64>(i64x2.extract_lane(high, 0), i64x2.extract_lane(high, 1)));
}

/** Fills STARTS and VERDICT. */
function assignRows(query: usize, rows: u32, closed: i64): bool {
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  const size: i64 = load<i64>(query, QUERY_SIZE);
  const offset: i64 = load<i64>(query, QUERY_OFFSET);
  const toLastMs: i64 = size - load<i64>(query, QUERY_UNITS);
  const floor: i64 = timeFloor(size, offset);
  const ceiling: i64 = timeCeiling(size, offset);
  const reciprocal: f64 = 1.0 / <f64>size;
  let taken: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    let time: i64 = load<i64>(times + (i << 3));
    const timed: bool = load<u8>(validity + i) === LANE_VALID;
    const fits: bool = time > floor && time < ceiling;
    time = fits && timed ? time : 0;
    const distance: i64 = time - offset;
    let rest: i64 = distance - <i64>(<f64>distance * reciprocal) * size;
    rest += select<i64>(size, 0, rest < 0);
    rest -= select<i64>(size, 0, rest >= size);
    if (distance >= EXACT || distance <= -EXACT) {
      rest = distance % size;
      if (rest < 0) rest += size;
    }
    const start: i64 = time - rest;
    store<i64>(STARTS + (i << 3), start);
    const late: bool = start <= closed || load<i64>(BEFORE + (i << 3)) >= start + toLastMs;
    let verdict: u32 = late ? VERDICT_LATE : VERDICT_TAKE;
    verdict = fits ? verdict : VERDICT_REFUSED;
    verdict = timed ? verdict : VERDICT_TIMELESS;
    verdict = load<u8>(ALIVE + i) !== 0 ? verdict : VERDICT_DEAD;
    store<u8>(VERDICT + i, <u8>verdict);
    taken += u32(verdict === VERDICT_TAKE);
  }
  return taken === rows;
}
