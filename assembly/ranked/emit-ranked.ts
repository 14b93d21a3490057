// Groups that have changed to a changelog: what readers have of a group beside what they ought to have. Where the number of a row
// is told, or each group has one row, rows of one number are the old and the new state of a row; else rows come and go.
//
// Struct, behind groups.ts: 16 u32 lanes to come { u32 entry, u32 rank, u32 LANE_* }[]   20 u32 their number   24 u32 room   28 u32 next
// 32 u32 those before have been read
import { keepLane, lanePasses, refuseHaving, sameOutputs, settled } from "../changes/emit-changes";
import { runExpressions } from "../expression/run";
import { allocate, release } from "../memory/heap";
import { lastingBytes } from "../memory/scratch";
import { ENTRIES, RANKS, VERDICT } from "../memory/vectors";
import {
  QUERY_BOTH,
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_FRAME,
  QUERY_OPS,
  QUERY_RANKED,
  QUERY_TOP,
} from "../program/query";
import { COUNT_STATE_BYTES, OP_DELETE, OP_INSERT, OP_UPDATE_AFTER, OP_UPDATE_BEFORE, RANK_NUMBER } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import {
  compareEntries,
  holdEntry,
  leaveEntry,
  TOP_KIND,
  TOP_MOST,
  TOP_TOLD,
  topCount,
  topEntry,
  topRank,
  writeTop,
} from "../top/top";
import { addTo } from "../window/slices";
import { dropGroups, GIVEN, GIVEN_COUNT, nextChanged } from "./groups";

const LANES: usize = 16;
const LANE_COUNT: usize = 20;
const LANE_ROOM: usize = 24;
const LANE_NEXT: usize = 28;
const LANE_READ: usize = 32;
const LANE_SHIFT: u32 = 4;

/** The row is no longer there. */
const LANE_OLD: u32 = 0;
const LANE_NEW: u32 = 1;
/** The lane behind it is what the row is now. */
const LANE_BEFORE: u32 = 2;

/** Fills the output registers and QUERY_OPS with the next changes; returns their number, 0 at the end. */
export function emitRanked(query: usize): u32 {
  const before: u64 = lastingBytes();
  releaseRead(query);
  let rows: u32 = 0;
  while (rows === 0) {
    const lanes: u32 = fillLanes(query);
    if (lanes === 0) break;
    writeTop(query, lanes);
    rows = settle(query, lanes);
    if (rows === 0) releaseRead(query);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  return rows;
}

/** Old rows whose batch has been read are gone. */
function releaseRead(query: usize): void {
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  const next: u32 = load<u32>(ranked, LANE_NEXT);
  for (let i: u32 = load<u32>(ranked, LANE_READ); i < next; i++) {
    const lane: usize = laneAt(ranked, i);
    if (load<u32>(lane, 8) !== LANE_NEW) leaveEntry(query, load<u32>(lane));
  }
  const all: bool = next === load<u32>(ranked, LANE_COUNT);
  store<u32>(ranked, all ? 0 : next, LANE_READ);
  if (!all) return;
  store<u32>(ranked, 0, LANE_NEXT);
  store<u32>(ranked, 0, LANE_COUNT);
}

function laneAt(ranked: usize, index: u32): usize {
  return <usize>load<u32>(ranked, LANES) + (index << LANE_SHIFT);
}

function fillLanes(query: usize): u32 {
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  while (load<u32>(ranked, LANE_COUNT) - load<u32>(ranked, LANE_NEXT) < <u32>VECTOR_ROWS) {
    const row: usize = nextChanged(query);
    if (row === 0) break;
    compareGroup(query, row);
  }
  const first: u32 = load<u32>(ranked, LANE_NEXT);
  let lanes: u32 = min<u32>(load<u32>(ranked, LANE_COUNT) - first, VECTOR_ROWS);
  // The two states of a row stay together.
  if (lanes === VECTOR_ROWS && load<u32>(laneAt(ranked, first + lanes - 1), 8) === LANE_BEFORE) lanes--;
  for (let i: u32 = 0; i < lanes; i++) {
    const lane: usize = laneAt(ranked, first + i);
    store<u32>(ENTRIES + (i << 2), load<u32>(lane));
    store<u32>(RANKS + (i << 2), load<u32>(lane, 4));
    store<u8>(VERDICT + i, <u8>load<u32>(lane, 8));
  }
  store<u32>(ranked, first + lanes, LANE_NEXT);
  return lanes;
}

function addLane(ranked: usize, entry: u32, rank: u32, kind: u32): void {
  const count: u32 = load<u32>(ranked, LANE_COUNT);
  if (count === load<u32>(ranked, LANE_ROOM)) {
    const room: u32 = max<u32>(64, count * 2);
    const lanes: usize = allocate(room << LANE_SHIFT);
    memory.copy(lanes, load<u32>(ranked, LANES), count << LANE_SHIFT);
    release(load<u32>(ranked, LANES));
    store<u32>(ranked, <u32>lanes, LANES);
    store<u32>(ranked, room, LANE_ROOM);
  }
  const lane: usize = laneAt(ranked, count);
  store<u32>(lane, entry);
  store<u32>(lane, rank, 4);
  store<u32>(lane, kind, 8);
  store<u32>(ranked, count + 1, LANE_COUNT);
}

/** What is told of a group whose rows have changed. Readers have its best rows from then on. */
function compareGroup(query: usize, row: usize): void {
  const top: usize = load<u32>(query, QUERY_TOP);
  const slot: usize = row + load<u32>(query, QUERY_FRAME);
  const given: usize = load<u32>(slot, GIVEN);
  const count: u32 = load<u32>(slot, GIVEN_COUNT);
  const best: usize = allocate((topCount(query, row) << 3) + 8);
  let length: u32 = 0;
  let rank: u32 = 0;
  for (let i: u32 = 0; i < topCount(query, row); i++) {
    rank = topRank(query, row, i, rank);
    if (rank > load<u32>(top, TOP_MOST)) break;
    store<u32>(best + (i << 3), topEntry(query, row, i));
    store<u32>(best + (i << 3), rank, 4);
    holdEntry(query, topEntry(query, row, i));
    length++;
  }
  store<u32>(slot, <u32>best, GIVEN);
  store<u32>(slot, length, GIVEN_COUNT);
  const told: bool = load<u32>(top, TOP_TOLD) !== 0;
  const one: bool = load<u32>(top, TOP_KIND) === RANK_NUMBER && (told || load<u32>(top, TOP_MOST) === 1);
  if (one) compareNumbers(query, given, count, slot);
  else compareLists(query, given, count, slot);
  release(given);
}

/** Rows of one number are one row. */
function compareNumbers(query: usize, given: usize, count: u32, slot: usize): void {
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  const best: usize = load<u32>(slot, GIVEN);
  const length: u32 = load<u32>(slot, GIVEN_COUNT);
  for (let i: u32 = 0; i < max<u32>(count, length); i++) {
    const old: u32 = i < count ? load<u32>(given + (i << 3)) : 0;
    const now: u32 = i < length ? load<u32>(best + (i << 3)) : 0;
    if (old === now) {
      leaveEntry(query, old);
      continue;
    }
    if (old !== 0) addLane(ranked, old, i + 1, now === 0 ? LANE_OLD : LANE_BEFORE);
    if (now !== 0) addLane(ranked, now, i + 1, LANE_NEW);
  }
}

/** Both lists are in order: rows of the one and not of the other go or come; those that go are told first. */
function compareLists(query: usize, given: usize, count: u32, slot: usize): void {
  for (let pass: u32 = 0; pass < 2; pass++) {
    const best: usize = load<u32>(slot, GIVEN);
    const length: u32 = load<u32>(slot, GIVEN_COUNT);
    let i: u32 = 0;
    let j: u32 = 0;
    while (i < count || j < length) {
      const order: i32 = i === count ? 1 : j === length ? -1 : compareGiven(query, given + (i << 3), best + (j << 3));
      if (order < 0) goes(query, given + (i << 3), pass);
      else if (order > 0) comes(query, best + (j << 3), pass);
      else stays(query, given + (i << 3), best + (j << 3), pass);
      i += u32(order <= 0);
      j += u32(order >= 0);
    }
  }
}

function compareGiven(query: usize, a: usize, b: usize): i32 {
  if (load<u32>(a) === load<u32>(b)) return 0;
  return compareEntries(load<u32>(query, QUERY_TOP), load<u32>(a), load<u32>(b));
}

function goes(query: usize, given: usize, pass: u32): void {
  if (pass === 0) addLane(load<u32>(query, QUERY_RANKED), load<u32>(given), load<u32>(given, 4), LANE_OLD);
}

function comes(query: usize, best: usize, pass: u32): void {
  if (pass !== 0) addLane(load<u32>(query, QUERY_RANKED), load<u32>(best), load<u32>(best, 4), LANE_NEW);
}

/** The same row, perhaps with another rank. */
function stays(query: usize, given: usize, best: usize, pass: u32): void {
  if (pass === 0) return;
  const told: bool = load<u32>(load<u32>(query, QUERY_TOP), TOP_TOLD) !== 0;
  if (!told || load<u32>(given, 4) === load<u32>(best, 4)) return leaveEntry(query, load<u32>(given));
  addLane(load<u32>(query, QUERY_RANKED), load<u32>(given), load<u32>(given, 4), LANE_BEFORE);
  addLane(load<u32>(query, QUERY_RANKED), load<u32>(best), load<u32>(best, 4), LANE_NEW);
}

/** Leaves the lanes that are changes, with their ops. */
function settle(query: usize, lanes: u32): u32 {
  runExpressions(load<u32>(query, QUERY_EMIT), load<u32>(query, QUERY_EMIT_COUNT), lanes);
  if (refuseHaving(query, lanes)) return 0;
  const both: bool = load<u32>(query, QUERY_BOTH) !== 0;
  const ops: usize = load<u32>(query, QUERY_OPS);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const kind: u32 = load<u8>(VERDICT + i);
    if (kind === LANE_NEW) {
      if (lanePasses(query, i)) kept = keepLane(ops, kept, i, OP_INSERT);
      continue;
    }
    const was: bool = lanePasses(query, i);
    const is: bool = kind === LANE_BEFORE && lanePasses(query, i + 1);
    if (was && !is) kept = keepLane(ops, kept, i, OP_DELETE);
    if (was && is && !sameOutputs(query, i, i + 1)) {
      if (both) kept = keepLane(ops, kept, i, OP_UPDATE_BEFORE);
      kept = keepLane(ops, kept, i + 1, OP_UPDATE_AFTER);
    }
    if (!was && is) kept = keepLane(ops, kept, i + 1, OP_INSERT);
    if (kind === LANE_BEFORE) i++;
  }
  return settled(query, kept);
}

/** Frees everything a query keeps. */
export function dropRanked(query: usize): void {
  const ranked: usize = load<u32>(query, QUERY_RANKED);
  store<u32>(ranked, load<u32>(ranked, LANE_COUNT), LANE_NEXT);
  releaseRead(query);
  dropGroups(query);
  release(load<u32>(ranked, LANES));
  release(ranked);
}
