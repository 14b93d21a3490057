// Verdicts for windows that share slices (share.ts): a row is late when the last of its windows has closed, and taken
// otherwise; STARTS is then the key of its slice, which says how many of its windows it has missed.

import { validityOf, valuesOf } from "../memory/registers";
import { ALIVE, BEFORE, STARTS, VERDICT } from "../memory/vectors";
import { QUERY_LENIENCE, QUERY_SLICE, QUERY_SLICE_OFFSET, QUERY_STEP, QUERY_TIME, QUERY_UNITS } from "../program/query";
import { COUNT_MISSED } from "../shared/abi";
import { LANE_VALID } from "../shared/status";
import { firstEnd, floorTo, isHeld, lastEnd, timeCeiling, timeFloor } from "./share";
import { addTo } from "./slices";
import { VERDICT_DEAD, VERDICT_LATE, VERDICT_NOWHERE, VERDICT_REFUSED, VERDICT_TAKE } from "./verdict";

/** Fills STARTS and VERDICT. `edge`: windows that end here or before are closed whatever the row's own partition says. */
export function assignShared(query: usize, rows: u32, edge: i64): bool {
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  const slice: i64 = load<i64>(query, QUERY_SLICE);
  const offset: i64 = load<i64>(query, QUERY_SLICE_OFFSET);
  const step: i64 = load<i64>(query, QUERY_STEP);
  const unit: i64 = load<i64>(query, QUERY_UNITS);
  const lenience: i64 = load<i64>(query, QUERY_LENIENCE);
  const floor: i64 = timeFloor(query);
  const ceiling: i64 = timeCeiling(query);
  let start: i64 = i64.MAX_VALUE;
  let first: i64 = 0;
  let last: i64 = 0;
  let held: bool = false;
  let taken: u32 = 0;
  let missed: i64 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const time: i64 = load<i64>(times + (i << 3));
    store<u8>(VERDICT + i, <u8>VERDICT_DEAD);
    if (load<u8>(ALIVE + i) === 0) continue;
    if (load<u8>(validity + i) !== LANE_VALID) {
      store<u8>(VERDICT + i, <u8>VERDICT_NOWHERE);
      continue;
    }
    if (time <= floor || time >= ceiling) {
      store<u8>(VERDICT + i, <u8>VERDICT_REFUSED);
      continue;
    }
    if (time < start || time - start >= slice) {
      start = floorTo(time, slice, offset);
      first = firstEnd(query, start);
      last = lastEnd(query, start);
      held = isHeld(query, start);
    }
    // Windows are closed for the row that end at or before this.
    const before: i64 = load<i64>(BEFORE + (i << 3));
    const own: i64 = before > i64.MAX_VALUE - unit ? i64.MAX_VALUE : before + unit;
    const closed: i64 = max<i64>(edge, own < i64.MIN_VALUE + lenience ? i64.MIN_VALUE : own - lenience);
    const late: i64 = first > closed || last <= closed ? 0 : (closed - first) / step + 1;
    store<i64>(STARTS + (i << 3), start + late);
    const verdict: u32 = held ? (last <= closed ? VERDICT_LATE : VERDICT_TAKE) : VERDICT_NOWHERE;
    store<u8>(VERDICT + i, <u8>verdict);
    if (verdict !== VERDICT_TAKE) continue;
    missed += late;
    taken++;
  }
  if (missed !== 0) addTo(query, COUNT_MISSED, missed);
  return taken === rows;
}
