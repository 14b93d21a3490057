// Adds the state of one group to that of another, aggregate by aggregate, as if the second had seen the rows of both. Every
// state here merges: sums, counts and moments are added (Chan, Golub, LeVeque 1983 for doubles), extremes are compared, sketches
// united; a distinct set takes the other's elements, and those that are new to it are counted.
import { ROWS, SOURCES } from "../memory/vectors";
import {
  AGG_BIT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_LGK,
  AGG_PRESENT,
  AGG_SET,
  AGG_SHARED,
  AGG_SLOT,
  AGG_STATE,
  AGG_TYPE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
} from "../program/query";
import { mergeSketch } from "../sketch/merge";
import { mergeEnds } from "./ends";
import { mergeStrings, offerDecimal } from "./extreme";
import { mergeLists } from "./list";
import { mergeSets } from "./merge-distinct";
import { mergeHistograms } from "./percentile";
import { isLed, mergeShared } from "./shared-distinct";
import * as state from "./state";

/** The row in ROWS takes the one in SOURCES, lane by lane. `slice` owns the former. */
export function mergeRows(query: usize, slice: usize, lanes: u32): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  let word: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    if (load<u32>(aggregate, AGG_BIT) !== 0 && load<u32>(aggregate, AGG_PRESENT) !== word) {
      word = load<u32>(aggregate, AGG_PRESENT);
      mergePresence(word, lanes);
    }
    if (load<u32>(aggregate, AGG_SHARED) !== 0) {
      if (!isLed(aggregate)) mergeShared(query, aggregate, lanes);
    } else if (load<u32>(aggregate, AGG_SET) !== 0) mergeSets(query, aggregate, slice, lanes);
    else mergeColumn(aggregate, lanes);
  }
}

function target(lane: u32): usize {
  return load<u32>(ROWS + (lane << 2));
}

function source(lane: u32): usize {
  return load<u32>(SOURCES + (lane << 2));
}

function mergePresence(word: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    store<u32>(target(i) + word, load<u32>(target(i) + word) | load<u32>(source(i) + word));
  }
}

function mergeColumn(aggregate: usize, lanes: u32): void {
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  const kind: u32 = load<u32>(aggregate, AGG_STATE);
  switch (kind) {
    case state.STATE_COUNT:
      return addWords(slot, 1, lanes);
    case state.STATE_SUM_INT:
      return addWords(slot, 2, lanes);
    case state.STATE_SUM_DEC:
      return addWords(slot, 3, lanes);
    case state.STATE_AVG_INT:
      addWords(slot, 2, lanes);
      return addWords(slot + 16, 1, lanes);
    case state.STATE_AVG_DEC:
      addWords(slot, 3, lanes);
      return addWords(slot + 24, 1, lanes);
    case state.STATE_SUM_F64:
      return addSums(slot, lanes);
    case state.STATE_AVG_F64:
      addSums(slot, lanes);
      return addWords(slot + 16, 1, lanes);
    case state.STATE_VAR_INT:
      addWords(slot, 1, lanes);
      addWords(slot + 8, 2, lanes);
      return addWords(slot + 24, 3, lanes);
    case state.STATE_VAR_DEC:
      addWords(slot, 1, lanes);
      addWords(slot + 8, 3, lanes);
      return addWords(slot + 32, 5, lanes);
    case state.STATE_VAR_F64:
      return addMoments(slot, lanes);
    case state.STATE_HLL:
      for (let i: u32 = 0; i < lanes; i++)
        mergeSketch(target(i) + slot, source(i) + slot, load<u32>(aggregate, AGG_LGK));
      return;
    case state.STATE_FIRST:
    case state.STATE_LAST:
    case state.STATE_LIST:
    case state.STATE_HISTOGRAM:
      return mergeKept(aggregate, kind, slot, lanes);
    default:
      return mergeExtremes(kind, slot, lanes);
  }
}

/** States that keep values, with their places or in buckets. */
function mergeKept(aggregate: usize, kind: u32, slot: u32, lanes: u32): void {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const distinct: bool = load<u32>(aggregate, AGG_DISTINCT) !== 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = target(i) + slot;
    const from: usize = source(i) + slot;
    if (kind === state.STATE_HISTOGRAM) mergeHistograms(to, from);
    else if (kind === state.STATE_LIST) mergeLists(to, from, distinct);
    else mergeEnds(to, from, type, kind === state.STATE_LAST);
  }
}

/** Whole numbers of `words` x 64 bits, in two's complement. */
function addWords(slot: u32, words: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = target(i) + slot;
    const from: usize = source(i) + slot;
    let carry: u64 = 0;
    for (let word: u32 = 0; word < words << 3; word += 8) {
      const a: u64 = load<u64>(to + word);
      const half: u64 = a + load<u64>(from + word);
      const sum: u64 = half + carry;
      carry = u64(half < a) | u64(sum < half);
      store<u64>(to + word, sum);
    }
  }
}

/** f64 sum and compensation, as addDoubles of sum.ts keeps them. */
function addSums(slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = target(i) + slot;
    const from: usize = source(i) + slot;
    const a: f64 = load<f64>(to);
    const b: f64 = load<f64>(from);
    const sum: f64 = a + b;
    const part: f64 = sum - a;
    store<f64>(to, sum);
    store<f64>(to, load<f64>(to, 8) + load<f64>(from, 8) + (a - (sum - part) + (b - part)), 8);
  }
}

/** i64 n, f64 mean, f64 sum of squared deviations. */
function addMoments(slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = target(i) + slot;
    const from: usize = source(i) + slot;
    const others: i64 = load<i64>(from);
    if (others === 0) continue;
    const own: i64 = load<i64>(to);
    if (own === 0) {
      memory.copy(to, from, 24);
      continue;
    }
    const n: f64 = <f64>(own + others);
    const off: f64 = load<f64>(from, 8) - load<f64>(to, 8);
    store<i64>(to, own + others);
    store<f64>(to, load<f64>(to, 8) + off * (<f64>others / n), 8);
    store<f64>(to, load<f64>(to, 16) + load<f64>(from, 16) + off * off * (<f64>own * (<f64>others / n)), 16);
  }
}

function mergeExtremes(kind: u32, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = target(i) + slot;
    const from: usize = source(i) + slot;
    switch (kind) {
      case state.STATE_MIN_INT:
      case state.STATE_MIN_F64:
        store<i64>(to, min<i64>(load<i64>(to), load<i64>(from)));
        break;
      case state.STATE_MAX_INT:
      case state.STATE_MAX_F64:
        store<i64>(to, max<i64>(load<i64>(to), load<i64>(from)));
        break;
      case state.STATE_MIN_DEC:
      case state.STATE_MAX_DEC:
        offerDecimal(to, from, kind === state.STATE_MAX_DEC);
        break;
      default:
        mergeStrings(to, from, kind === state.STATE_MAX_STR);
        break;
    }
  }
}
