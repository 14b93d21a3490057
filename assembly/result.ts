// The last step of a result: what the query computes from its aggregates, HAVING, and whether every value can be represented.
import { runExpressions } from "./expression/run";
import { validityOf, valuesOf } from "./memory/registers";
import { SELECTED, STARTS } from "./memory/vectors";
import { OUTPUT_BYTES } from "./output";
import {
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_HAVING,
  QUERY_OUTPUT_COUNT,
  QUERY_OUTPUTS,
  QUERY_UNITS,
} from "./program/query";
import { refuseResult } from "./refusal";
import { allOnes, findPoison, gather } from "./select";
import { LANE_VALID } from "./shared/status";

export const HAVING_ITEM: i32 = -1;
const NO_WINDOW: u32 = 1 << 31;

/**
 * Fills the output registers of `lanes` results and leaves those that pass HAVING, in order; returns their number, 0 when one is
 * refused. `windowed`: STARTS holds the windows they are of.
 */
export function settleLanes(query: usize, lanes: u32, windowed: bool): u32 {
  runExpressions(load<u32>(query, QUERY_EMIT), load<u32>(query, QUERY_EMIT_COUNT), lanes);
  const rows: u32 = passHaving(query, lanes, windowed);
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    const poisoned: u32 = findPoison(validityOf(register), 0, rows);
    if (poisoned < rows) return refuse(query, register, i, windowed ? poisoned : NO_WINDOW | poisoned);
  }
  return rows;
}

/** Leaves only lanes where HAVING is TRUE, compacting the outputs. */
function passHaving(query: usize, lanes: u32, windowed: bool): u32 {
  const having: u32 = load<u32>(query, QUERY_HAVING);
  if (having === 0) return lanes;
  const validity: usize = validityOf(having - 1);
  const values: usize = valuesOf(having - 1);
  const poisoned: u32 = findPoison(validity, 0, lanes);
  if (poisoned < lanes) return refuse(query, having - 1, HAVING_ITEM, windowed ? poisoned : NO_WINDOW | poisoned);
  if (allOnes(validity, lanes) && allOnes(values, lanes)) return lanes;
  let kept: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    store<u32>(SELECTED + (kept << 2), i);
    kept += u32((load<u8>(validity + i) & load<u8>(values + i)) === LANE_VALID);
  }
  for (let i: u32 = 0; i < kept; i++) {
    store<i64>(STARTS + (i << 3), load<i64>(STARTS + (load<u32>(SELECTED + (i << 2)) << 3)));
  }
  gatherOutputs(query, kept);
  return kept;
}

/** Lane i of every output becomes its lane SELECTED[i]. */
export function gatherOutputs(query: usize, lanes: u32): void {
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    if (!gatheredBefore(outputs, i, register)) gather(register, register, lanes);
  }
}

/** A register may stand in several output columns: it is compacted once. */
function gatheredBefore(outputs: usize, index: u32, register: u32): bool {
  for (let i: u32 = 0; i < index; i++) {
    if (valuesOf(load<u32>(outputs + i * OUTPUT_BYTES)) === valuesOf(register)) return true;
  }
  return false;
}

/** Returns 0. `at`: the lane, with NO_WINDOW where STARTS says nothing about it. */
function refuse(query: usize, register: u32, item: i32, at: u32): u32 {
  const lane: u32 = at & ~NO_WINDOW;
  let window: i64 = i64.MIN_VALUE;
  if ((at & NO_WINDOW) === 0) window = load<i64>(STARTS + (lane << 3)) / load<i64>(query, QUERY_UNITS);
  refuseResult(query, item, load<u8>(validityOf(register) + lane), window);
  return 0;
}
