// Which slice each row of a vector belongs to, and whether it came too late for its windows. Everything is in time units: a
// window starts at a whole millisecond, so cutting in microseconds and in milliseconds gives the same windows, and "watermark
// in ms >= end - 1" is "watermark in units >= end - one ms". When the whole vector falls into one slice whose windows are all
// open, which is the normal case, nothing is stored per row.

import { validityOf, valuesOf } from "../memory/registers";
import { ALIVE, BEFORE, STARTS, VERDICT } from "../memory/vectors";
import {
  QUERY_LENIENCE,
  QUERY_OFFSET,
  QUERY_SHAPE,
  QUERY_SIZE,
  QUERY_SLICE,
  QUERY_SLICE_OFFSET,
  QUERY_TIME,
  QUERY_UNITS,
} from "../program/query";
import { allOnes } from "../select";
import { assignSessions } from "../session/assign";
import { WINDOW_SESSION, WINDOW_TUMBLING } from "../shared/abi";
import { LANE_VALID } from "../shared/status";
import { assignShared } from "./assign-shared";
import { firstEnd, floorTo, isHeld, keptEdge, timeCeiling, timeFloor } from "./share";
import { VERDICT_DEAD, VERDICT_LATE, VERDICT_NOWHERE, VERDICT_REFUSED, VERDICT_TAKE } from "./verdict";
import { greatestBefore } from "./watermark";

/** Below this magnitude an i64 is exact as f64 and the reciprocal is wrong by at most one. */
const EXACT: i64 = 1 << 52;

/** Whether all rows of the last vector fell into the slice that starts at `singleStart`, and are in time for its windows. */
export let single: bool = false;
export let singleStart: i64 = 0;

let least: i64 = 0;
let greatest: i64 = 0;

/** True when every row is taken, by the one slice `singleStart` or by those in STARTS; else VERDICT says so per row. */
export function assignVector(query: usize, rows: u32, alive: u32): bool {
  single = false;
  if (load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION) return assignSessions(query, rows);
  const register: u32 = load<u32>(query, QUERY_TIME);
  const edge: i64 = keptEdge(query);
  single = false;
  if (alive === rows && allOnes(validityOf(register), rows)) {
    findRange(valuesOf(register), rows);
    if (least > timeFloor(query) && greatest < timeCeiling(query)) {
      const slice: i64 = load<i64>(query, QUERY_SLICE);
      const start: i64 = floorTo(least, slice, load<i64>(query, QUERY_SLICE_OFFSET));
      const end: i64 = firstEnd(query, start);
      const open: bool =
        end > edge && greatestBefore < end - load<i64>(query, QUERY_UNITS) + load<i64>(query, QUERY_LENIENCE);
      if (open && greatest - start < slice && isHeld(query, start)) {
        single = true;
        singleStart = start;
        return true;
      }
    }
  }
  return load<u32>(query, QUERY_SHAPE) === WINDOW_TUMBLING
    ? assignTumbling(query, rows, edge)
    : assignShared(query, rows, edge);
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
function assignTumbling(query: usize, rows: u32, edge: i64): bool {
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  const size: i64 = load<i64>(query, QUERY_SIZE);
  const offset: i64 = load<i64>(query, QUERY_OFFSET);
  const toLastMs: i64 = size - load<i64>(query, QUERY_UNITS) + load<i64>(query, QUERY_LENIENCE);
  const floor: i64 = timeFloor(query);
  const ceiling: i64 = timeCeiling(query);
  const closed: i64 = edge < i64.MIN_VALUE + size ? i64.MIN_VALUE : edge - size;
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
    verdict = timed ? verdict : VERDICT_NOWHERE;
    verdict = load<u8>(ALIVE + i) !== 0 ? verdict : VERDICT_DEAD;
    store<u8>(VERDICT + i, <u8>verdict);
    taken += u32(verdict === VERDICT_TAKE);
  }
  return taken === rows;
}
