// Rows that come as changes into the state of their groups: a new row is added as any other, one that is gone or about to be
// replaced is taken back. Only states that come back exactly to where they were take part: counts, sums and moments in whole
// numbers, and bags of values for the rest. New rows come first, so that a bag never holds a value less than no times.

import { STATE_BAG, stateBytes, stateWords } from "../aggregate/state";
import { addValues, updateAggregates, widen } from "../aggregate/update";
import { physicalOf, validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { LANE_OPS, ROWS } from "../memory/vectors";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_FILTER,
  AGG_FUNCTION,
  AGG_SLOT,
  AGG_STATE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_SINK_ROW,
} from "../program/query";
import { AGGREGATE_MAX, AGGREGATE_MIN } from "../shared/abi";
import { PHYS_BOOL } from "../shared/layout";
import { changeBytes, changeWord, noteExtreme, WORD_BYTES, WORD_DECIMAL, WORD_DOUBLE } from "./bag";
import { isTaken } from "./ops";
import { addLive } from "./track";
import { wordKind } from "./word-kind";

/** Lanes [0, lanes) belong to the rows in ROWS, and LANE_OPS says what each is. */
export function updateChanges(query: usize, lanes: u32): void {
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  const rows: usize = scratchAllocate(lanes << 2);
  memory.copy(rows, ROWS, lanes << 2);
  let taken: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const back: bool = isTaken(load<u8>(LANE_OPS + i));
    addLive(query, load<u32>(rows + (i << 2)), back ? -1 : 1);
    taken += u32(back);
    store<u32>(ROWS + (i << 2), back ? sink : load<u32>(rows + (i << 2)));
  }
  if (taken < lanes) updateAggregates(query, lanes, 1);
  memory.copy(ROWS, rows, lanes << 2);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    if (load<u32>(aggregate, AGG_STATE) === STATE_BAG) changeBags(aggregate, lanes);
    else if (taken !== 0) takeBack(aggregate, lanes, sink);
  }
}

/** Whether the aggregate takes part in a lane: a value, and FILTER is TRUE. */
function countsIn(aggregate: usize, lane: u32): bool {
  const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
  const filter: u32 = load<u32>(aggregate, AGG_FILTER);
  if (argument !== 0 && load<u8>(validityOf(argument - 1) + lane) !== 1) return false;
  return filter === 0 || (load<u8>(validityOf(filter - 1) + lane) & load<u8>(valuesOf(filter - 1) + lane)) === 1;
}

/** States of one lane each are made aside and subtracted: they are whole numbers of some words. */
function takeBack(aggregate: usize, lanes: u32, sink: u32): void {
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const state: u32 = load<u32>(aggregate, AGG_STATE);
  const bytes: u32 = stateBytes(state);
  const states: usize = scratchAllocate(lanes * bytes);
  const rows: usize = scratchAllocate(lanes << 2);
  memory.fill(states, 0, lanes * bytes);
  for (let i: u32 = 0; i < lanes; i++) {
    const back: bool = isTaken(load<u8>(LANE_OPS + i)) && countsIn(aggregate, i);
    store<u32>(rows + (i << 2), back ? <u32>(states + i * bytes) - slot : sink);
  }
  const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
  addValues(aggregate, rows, argument === 0 ? 0 : valuesOf(argument - 1), lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    if (load<u32>(rows + (i << 2)) === sink) continue;
    subtract(<usize>load<u32>(ROWS + (i << 2)) + slot, states + i * bytes, stateWords(state));
  }
}

/** Numbers side by side, each of as many 64-bit words as a hexadecimal digit of `widths` says, the first in the lowest. */
function subtract(at: usize, from: usize, widths: u32): void {
  for (; widths !== 0; widths >>= 4) {
    let borrow: u64 = 0;
    for (let word: u32 = 0; word < (widths & 15); word++) {
      const a: u64 = load<u64>(at);
      const b: u64 = load<u64>(from);
      store<u64>(at, a - b - borrow);
      borrow = u64(a < b) | u64(a - b < borrow);
      at += 8;
      from += 8;
    }
  }
}

function changeBags(aggregate: usize, lanes: u32): void {
  const register: u32 = load<u32>(aggregate, AGG_ARGUMENT) - 1;
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const kind: u32 = wordKind(aggregate);
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const extreme: bool = fn === AGGREGATE_MIN || fn === AGGREGATE_MAX;
  const values: usize = physicalOf(register) === PHYS_BOOL ? widen(valuesOf(register), lanes) : valuesOf(register);
  // Twice over: what is new first, then what is taken back.
  for (let by: i64 = 1; by >= -1; by -= 2) {
    for (let i: u32 = 0; i < lanes; i++) {
      if (isTaken(load<u8>(LANE_OPS + i)) !== by < 0 || !countsIn(aggregate, i)) continue;
      const bag: usize = <usize>load<u32>(ROWS + (i << 2)) + slot;
      const word: u64 = changeBag(bag, values, i, kind | (by < 0 ? TAKE : 0));
      if (extreme) noteExtreme(bag, word, by, kind, fn === AGGREGATE_MAX);
    }
  }
}

const KIND: u32 = 7;
const TAKE: u32 = 8;

/** One lane's value into the bag or out of it. Returns its word. */
function changeBag(bag: usize, values: usize, lane: u32, options: u32): u64 {
  const by: i64 = (options & TAKE) !== 0 ? -1 : 1;
  const kind: u32 = options & KIND;
  if (kind === WORD_BYTES)
    return changeBytes(bag, load<u32>(values + (lane << 3)), load<u32>(values + (lane << 3), 4), by);
  if (kind === WORD_DECIMAL) return changeBytes(bag, values + (lane << 4), 16, by);
  let word: u64 = load<u64>(values + (lane << 3));
  // All NaN are one value; +0 and -0 are two.
  if (kind === WORD_DOUBLE && load<f64>(values + (lane << 3)) !== load<f64>(values + (lane << 3)))
    word = reinterpret<u64>(NaN);
  changeWord(bag, word, by);
  return word;
}
