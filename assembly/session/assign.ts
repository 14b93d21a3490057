// Which rows of a vector can be in a session: those with an event time whose session fits in an i64. Whether one is late is known
// only with the sessions of its key (accumulate.ts).
import { validityOf, valuesOf } from "../memory/registers";
import { ALIVE, STARTS, VERDICT } from "../memory/vectors";
import { QUERY_TIME } from "../program/query";
import { LANE_VALID } from "../shared/status";
import { timeCeiling, timeFloor } from "../window/share";
import { VERDICT_DEAD, VERDICT_NOWHERE, VERDICT_REFUSED, VERDICT_TAKE } from "../window/verdict";

/** Fills VERDICT, and STARTS with one number for all. True when every row is taken. */
export function assignSessions(query: usize, rows: u32): bool {
  const times: usize = valuesOf(load<u32>(query, QUERY_TIME));
  const validity: usize = validityOf(load<u32>(query, QUERY_TIME));
  const floor: i64 = timeFloor(query);
  const ceiling: i64 = timeCeiling(query);
  memory.fill(STARTS, 0, rows << 3);
  let taken: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const time: i64 = load<i64>(times + (i << 3));
    const timed: bool = load<u8>(validity + i) === LANE_VALID;
    let verdict: u32 = time > floor && time < ceiling ? VERDICT_TAKE : VERDICT_REFUSED;
    verdict = timed ? verdict : VERDICT_NOWHERE;
    verdict = load<u8>(ALIVE + i) !== 0 ? verdict : VERDICT_DEAD;
    store<u8>(VERDICT + i, <u8>verdict);
    taken += u32(verdict === VERDICT_TAKE);
  }
  return taken === rows;
}
