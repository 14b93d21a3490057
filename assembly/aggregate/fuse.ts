// SUM, MIN and MAX of one argument under one filter are updated by one loop: the row is found and touched once. The SUM leads;
// its presence bit becomes all three, which are always set together.
import {
  AGG_ARGUMENT,
  AGG_BIT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FILTER,
  AGG_FUSED,
  AGG_GREATEST,
  AGG_LEAST,
  AGG_PRESENT,
  AGG_SLOT,
  AGG_STATE,
} from "../program/query";
import { STATE_MAX_F64, STATE_MAX_INT, STATE_MIN_F64, STATE_MIN_INT, STATE_SUM_F64, STATE_SUM_INT } from "./state";

export function fuseAggregates(aggregates: usize, count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const sum: usize = aggregates + i * AGG_BYTES;
    const state: u32 = load<u32>(sum, AGG_STATE);
    if (state !== STATE_SUM_INT && state !== STATE_SUM_F64) continue;
    const whole: bool = state === STATE_SUM_INT;
    const least: usize = findPartner(aggregates, count, sum, whole ? STATE_MIN_INT : STATE_MIN_F64);
    const greatest: usize = findPartner(aggregates, count, sum, whole ? STATE_MAX_INT : STATE_MAX_F64);
    if (least === 0 || greatest === 0 || load<u32>(sum, AGG_DISTINCT) !== 0) continue;
    store<u32>(sum, load<u32>(least, AGG_SLOT), AGG_LEAST);
    store<u32>(sum, load<u32>(greatest, AGG_SLOT), AGG_GREATEST);
    store<u32>(sum, load<u32>(sum, AGG_BIT) | load<u32>(least, AGG_BIT) | load<u32>(greatest, AGG_BIT), AGG_BIT);
    store<u32>(least, 1, AGG_FUSED);
    store<u32>(greatest, 1, AGG_FUSED);
  }
}

/** An aggregate of this state over the same argument, filter and presence word that no other SUM leads; 0 = none. */
function findPartner(aggregates: usize, count: u32, sum: usize, state: u32): usize {
  for (let i: u32 = 0; i < count; i++) {
    const other: usize = aggregates + i * AGG_BYTES;
    const same: bool =
      load<u32>(other, AGG_STATE) === state &&
      load<u32>(other, AGG_ARGUMENT) === load<u32>(sum, AGG_ARGUMENT) &&
      load<u32>(other, AGG_FILTER) === load<u32>(sum, AGG_FILTER) &&
      load<u32>(other, AGG_PRESENT) === load<u32>(sum, AGG_PRESENT);
    if (same && load<u32>(other, AGG_FUSED) === 0) return other;
  }
  return 0;
}
