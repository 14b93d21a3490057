// window_start, window_end and window_time of the lanes of an emission.
import { unalias, validityOf, valuesOf } from "../memory/registers";
import { ENDS, STARTS } from "../memory/vectors";
import { QUERY_END_REGISTER, QUERY_START_REGISTER, QUERY_TIME_REGISTER, QUERY_UNITS } from "../program/query";
import { LANE_VALID } from "../shared/status";

/** They are in microseconds: TIMESTAMP(3). */
const MICROSECONDS: i64 = 1000;

/** From STARTS and ENDS, in time units. */
export function fillWindow(query: usize, lanes: u32): void {
  const units: i64 = load<i64>(query, QUERY_UNITS);
  fillTimes(load<u32>(query, QUERY_START_REGISTER), STARTS, units, 0, lanes);
  fillTimes(load<u32>(query, QUERY_END_REGISTER), ENDS, units, 0, lanes);
  fillTimes(load<u32>(query, QUERY_TIME_REGISTER), ENDS, units, -1, lanes);
}

/** Times of STARTS or ENDS, `plus` ms, into a register, given as its number + 1. */
function fillTimes(register: u32, times: usize, units: i64, plus: i64, lanes: u32): void {
  if (register === 0) return;
  unalias(register - 1);
  const values: usize = valuesOf(register - 1);
  memory.fill(validityOf(register - 1), <u8>LANE_VALID, lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    store<i64>(values + (i << 3), (load<i64>(times + (i << 3)) / units + plus) * MICROSECONDS);
  }
}
