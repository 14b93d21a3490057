// A join by time: rows of one key meet whose times are close, LEAST <= time of the right row - time of the left one <= MOST (ms).
//
// A row stands open for times of the other side, as a window does for rows, until the watermark reaches the last of them. Which
// watermark is, as with windows, that of the row's own partition before it, so which rows meet depends on nothing but the rows of
// each partition in their order: l and r meet when r was open yet for what l's partition had seen, and the other way round. A row
// that none can be open for is late; where its side leaves even so, it leaves alone. Rows are kept until the watermark of both sides
// has reached their last time, which none that is ahead of its own watermark can be behind.
//
// Groups are those of a key in a slice of time: the left rows' time, the right rows' less MOST. A row looks through its key's
// groups in the slices that can hold a mate. A slice is freed when nobody can meet its rows; before that a row whose side leaves
// by itself is told by a queue of last times, and leaves alone if it has met none.
//
// Program, in the query: 0 i64 LEAST   8 i64 MOST   16 i64 ms of a slice   24 queue (sort/queue.ts)   64 u32 entries that leave the
// memory once the lanes in hand have left   72 i64 slice in which the entry in hand looks for mates
// Behind an entry's cells: 0 i64 time   8 i64 watermark of its partition before it, both in ms   16 u32 1 = has met   20 u32 1 = of no
// use to rows that come later
import { release } from "../memory/heap";
import { validityOf, valuesOf } from "../memory/registers";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { BEFORE, ROWS, SELECTED } from "../memory/vectors";
import {
  QUERY_ADVANCED,
  QUERY_INTERVAL,
  QUERY_JOIN_FIRST,
  QUERY_JOIN_LAST,
  QUERY_JOIN_MATE,
  QUERY_KEYS,
} from "../program/query";
import {
  COUNT_COUNTED,
  COUNT_FILTERED,
  COUNT_GROUPS,
  COUNT_LATE,
  COUNT_MISSED,
  COUNT_ROWS,
  COUNT_STATE_BYTES,
} from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { firstTime, nextNumber, popQueue, pushQueue, QUEUE_BYTES, queueLength, releaseQueue } from "../sort/queue";
import { encodeKeys } from "../table/key";
import { findLike, probe } from "../table/probe";
import { CELL_BYTES } from "../top/cells";
import { addTo, endOfSlices, firstSlice, lowerBound, sliceAt, sliceFor, sliceKey } from "../window/slices";
import {
  appendEntry,
  chainEntry,
  dropFirst,
  dropJoined,
  entryAfter,
  entryCell,
  entryGroup,
  entrySide,
  firstEntry,
  isNullKey,
  makeEntry,
  nextEntry,
  pushCame,
  releaseEntry,
  SIDE_COLUMN_COUNT,
  SIDE_JUDGED,
  SIDE_KEPT,
  SIDE_KEYS,
  SIDE_QUERY,
  SIDE_TIME,
  SIDE_UNITS,
  setEntryGroup,
  sideOf,
} from "./table";

export const INTERVAL_LEAST: usize = 0;
export const INTERVAL_MOST: usize = 8;
export const INTERVAL_SLICE: usize = 16;
const QUEUE: usize = 24;
const GONE: usize = <usize>QUEUE + QUEUE_BYTES;
const CURSOR: usize = 72;
export const INTERVAL_BYTES: u32 = 80;

const WATERMARK: usize = 8;
const MET: usize = 16;
const USELESS: usize = 20;
const NONE: i64 = i64.MIN_VALUE;

/** What becomes of a lane: in its group, alone at once, or nothing. */
const KEEP: u8 = 0;
const ALONE: u8 = 1;
const LEAVE_OUT: u8 = 2;

function floorDivide(a: i64, b: i64): i64 {
  const quotient: i64 = a / b;
  return quotient - i64(a % b < 0);
}

function intervalOf(query: usize): usize {
  return load<u32>(query, QUERY_INTERVAL);
}

/** What is kept behind the cells of an entry. */
function behind(query: usize, entry: usize): usize {
  return entryCell(entry, load<u32>(sideOf(query, entrySide(entry)), SIDE_COLUMN_COUNT));
}

/** The last time of the other side that a row is open for is what the watermark has to reach: its own time and so much. */
function reach(interval: usize, side: u32): i64 {
  return side === 0 ? load<i64>(interval, INTERVAL_MOST) : -load<i64>(interval, INTERVAL_LEAST);
}

/** i64 start of the slice of a time. */
function sliceOf(interval: usize, side: u32, time: i64): i64 {
  const length: i64 = load<i64>(interval, INTERVAL_SLICE);
  return floorDivide(time - (side === 0 ? 0 : load<i64>(interval, INTERVAL_MOST)), length) * length;
}

/** Rows [0, rows) of the registers of the query that gives a side; where it reads a source, SELECTED says which rows they are of. */
export function addTimed(query: usize, side: u32, rows: u32): void {
  const before: u64 = lastingBytes();
  const at: usize = sideOf(query, side);
  const times: usize = scratchAllocate(rows << 3);
  const marks: usize = scratchAllocate(rows << 3);
  const verdicts: usize = scratchAllocate(rows);
  store<u32>(query, load<u32>(at, SIDE_KEYS), QUERY_KEYS);
  judge(query, side, rows, times, marks, verdicts);
  const long: bool = encodeKeys(query, rows);
  const interval: usize = intervalOf(query);
  let from: u32 = 0;
  while (from < rows) {
    const verdict: u8 = load<u8>(verdicts + from);
    const key: i64 = sliceOf(interval, side, load<i64>(times + (from << 3)));
    let to: u32 = from + 1;
    if (verdict === KEEP) {
      while (
        to < rows &&
        load<u8>(verdicts + to) === KEEP &&
        sliceOf(interval, side, load<i64>(times + (to << 3))) === key
      )
        to++;
      addTo(query, COUNT_GROUPS, probe(query, sliceFor(query, key), from, to, long));
    }
    if (verdict !== LEAVE_OUT) {
      for (let i: u32 = from; i < to; i++)
        addLane(query, side, i, load<i64>(times + (i << 3)), load<i64>(marks + (i << 3)), verdict);
    }
    from = to;
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Times and watermarks in ms, and verdicts, of all lanes; counts them, those of a source as what its query made of them. */
function judge(query: usize, side: u32, rows: u32, times: usize, marks: usize, verdicts: usize): void {
  const at: usize = sideOf(query, side);
  const interval: usize = intervalOf(query);
  const judged: bool = load<u32>(at, SIDE_JUDGED) !== 0;
  const kept: bool = load<u32>(at, SIDE_KEPT) !== 0;
  const units: i64 = load<i64>(at, SIDE_UNITS);
  const register: u32 = load<u32>(at, SIDE_TIME);
  const open: i64 = load<i64>(interval, INTERVAL_MOST) - load<i64>(interval, INTERVAL_LEAST);
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  let late: u32 = 0;
  let missed: u32 = 0;
  let none: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const timed: bool = load<u8>(validityOf(register) + i) === LANE_VALID;
    const time: i64 = timed ? floorDivide(load<i64>(valuesOf(register) + (i << 3)), units) : 0;
    let mark: i64 = advanced;
    if (judged) mark = max<i64>(mark, wholeMs(load<i64>(BEFORE + (load<u32>(SELECTED + (i << 2)) << 3)), units));
    store<i64>(times + (i << 3), time);
    store<i64>(marks + (i << 3), mark);
    const unequal: bool = !timed || isNullKey(query, at, i);
    const over: bool = !unequal && time + open <= mark;
    if (!unequal && !over && time <= mark) missed++;
    store<u8>(verdicts + i, unequal || over ? (kept ? ALONE : LEAVE_OUT) : KEEP);
    if (kept) continue;
    late += u32(over);
    none += u32(unequal);
  }
  const giver: usize = load<u32>(at, SIDE_QUERY);
  addTo(query, COUNT_ROWS, rows);
  addTo(query, COUNT_COUNTED, rows - late - none);
  addTo(query, COUNT_LATE, late);
  addTo(query, COUNT_FILTERED, none);
  addTo(judged ? giver : query, COUNT_MISSED, missed);
  if (!judged) return;
  addTo(giver, COUNT_COUNTED, -(<i64>(late + none)));
  addTo(giver, COUNT_LATE, late);
  addTo(giver, COUNT_FILTERED, none);
}

function wholeMs(mark: i64, units: i64): i64 {
  return mark === NONE ? NONE : floorDivide(mark, units);
}

function addLane(query: usize, side: u32, lane: u32, time: i64, mark: i64, verdict: u8): void {
  const entry: usize = makeEntry(query, side, lane, CELL_BYTES);
  const own: usize = behind(query, entry);
  const last: i64 = time + reach(intervalOf(query), side);
  const useless: bool = verdict === ALONE || last <= load<i64>(query, QUERY_ADVANCED);
  store<i64>(own, time);
  store<i64>(own, mark, WATERMARK);
  store<u32>(own, 0, MET);
  store<u32>(own, u32(useless), USELESS);
  if (verdict === KEEP) setEntryGroup(entry, load<u32>(ROWS + (lane << 2)));
  pushCame(query, entry);
}

/** u32 a lane: its entry of each side, 0 = none. */
let lefts: usize = 0;
let rights: usize = 0;

/** Fills the next lanes; returns their number, 0 at the end, when all that is over has been freed. */
export function fillInterval(query: usize, left: usize, right: usize): u32 {
  const before: u64 = lastingBytes();
  lefts = left;
  rights = right;
  releaseGone(query);
  let lanes: u32 = meetAll(query);
  if (load<u32>(query, QUERY_JOIN_FIRST) === 0) lanes = leaveAlone(query, lanes);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  if (lanes === 0) releaseOver(query);
  return lanes;
}

function giveLane(lane: u32, side: u32, entry: usize, mate: usize): u32 {
  store<u32>(lefts + (lane << 2), side === 0 ? <u32>entry : <u32>mate);
  store<u32>(rights + (lane << 2), side === 0 ? <u32>mate : <u32>entry);
  return lane + 1;
}

/** Each entry that came, in that order, with those of the other side that came before it. */
function meetAll(query: usize): u32 {
  let lanes: u32 = 0;
  let entry: usize = load<u32>(query, QUERY_JOIN_FIRST);
  while (entry !== 0) {
    if (entryGroup(entry) !== 0) lanes = meetFrom(query, entry, lanes);
    if (load<u32>(query, QUERY_JOIN_MATE) !== 0) break;
    const next: usize = entryAfter(entry);
    settle(query, entry);
    entry = next;
    store<u32>(query, <u32>entry, QUERY_JOIN_FIRST);
  }
  if (entry === 0) store<u32>(query, 0, QUERY_JOIN_LAST);
  return lanes;
}

/** QUERY_JOIN_MATE is the next mate where the lanes were full, in the slice at CURSOR; else 0. */
function meetFrom(query: usize, entry: usize, lanes: u32): u32 {
  const interval: usize = intervalOf(query);
  const side: u32 = entrySide(entry);
  const own: usize = behind(query, entry);
  const open: i64 = load<i64>(interval, INTERVAL_MOST) - load<i64>(interval, INTERVAL_LEAST);
  // Left rows stand in slices by their time, right ones by theirs less MOST: a left row's mates are up to `open` before it there.
  const place: i64 = load<i64>(own) - (side === 0 ? open : load<i64>(interval, INTERVAL_MOST));
  const to: i64 = sliceOf(interval, 0, place + open);
  let mate: usize = load<u32>(query, QUERY_JOIN_MATE);
  let at: u32 = lowerBound(query, mate === 0 ? sliceOf(interval, 0, place) : load<i64>(interval, CURSOR));
  store<u32>(query, 0, QUERY_JOIN_MATE);
  for (; at < endOfSlices(query) && sliceKey(query, at) <= to; at++) {
    if (mate === 0) {
      const row: usize = findLike(sliceAt(query, at), entryGroup(entry));
      if (row !== 0) mate = firstEntry(query, row, 1 - side);
    }
    for (; mate !== 0; mate = nextEntry(mate)) {
      if (!meets(interval, side, own, behind(query, mate))) continue;
      if (lanes === <u32>VECTOR_ROWS) {
        store<u32>(query, <u32>mate, QUERY_JOIN_MATE);
        store<i64>(interval, sliceKey(query, at), CURSOR);
        return lanes;
      }
      store<u32>(own, 1, MET);
      store<u32>(behind(query, mate), 1, MET);
      lanes = giveLane(lanes, side, entry, mate);
    }
  }
  return lanes;
}

/** Whether two rows are close, and each was open yet for the watermark of the other's partition. */
function meets(interval: usize, side: u32, own: usize, mate: usize): bool {
  const left: usize = side === 0 ? own : mate;
  const right: usize = side === 0 ? mate : own;
  const least: i64 = load<i64>(interval, INTERVAL_LEAST);
  const most: i64 = load<i64>(interval, INTERVAL_MOST);
  const apart: i64 = load<i64>(right) - load<i64>(left);
  if (apart < least || apart > most) return false;
  return load<i64>(right) - least > load<i64>(left, WATERMARK) && load<i64>(left) + most > load<i64>(right, WATERMARK);
}

/** The entry has met all that came before it: it waits for others, if any can come. */
function settle(query: usize, entry: usize): void {
  const interval: usize = intervalOf(query);
  const side: u32 = entrySide(entry);
  const own: usize = behind(query, entry);
  const alone: bool = load<u32>(sideOf(query, side), SIDE_KEPT) !== 0 && load<u32>(own, MET) === 0;
  const useless: bool = load<u32>(own, USELESS) !== 0;
  if (useless) setEntryGroup(entry, 0);
  if (!useless) appendEntry(query, entry);
  else if (!alone) return leaveMemory(interval, entry);
  if (!alone) return;
  const last: i64 = useless ? NONE : load<i64>(own) + reach(interval, side);
  pushQueue(interval + QUEUE, last, nextNumber(interval + QUEUE), entry);
}

function leaveMemory(interval: usize, entry: usize): void {
  chainEntry(entry, load<u32>(interval, GONE));
  store<u32>(interval, <u32>entry, GONE);
}

/** Rows that nobody can meet any more leave alone, if they have met none. */
function leaveAlone(query: usize, lanes: u32): u32 {
  const interval: usize = intervalOf(query);
  const queue: usize = interval + QUEUE;
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  while (lanes < <u32>VECTOR_ROWS && queueLength(queue) !== 0 && firstTime(queue) <= advanced) {
    const entry: usize = popQueue(queue);
    if (load<u32>(behind(query, entry), MET) === 0) lanes = giveLane(lanes, entrySide(entry), entry, 0);
    if (entryGroup(entry) === 0) leaveMemory(interval, entry);
  }
  return lanes;
}

function releaseGone(query: usize): void {
  const interval: usize = intervalOf(query);
  let entry: usize = load<u32>(interval, GONE);
  store<u32>(interval, 0, GONE);
  while (entry !== 0) {
    const next: usize = nextEntry(entry);
    releaseEntry(query, entry);
    entry = next;
  }
}

/** Frees the slices whose rows nobody can meet any more. */
function releaseOver(query: usize): void {
  const interval: usize = intervalOf(query);
  const advanced: i64 = load<i64>(query, QUERY_ADVANCED);
  const most: i64 = load<i64>(interval, INTERVAL_MOST);
  const longest: i64 =
    max<i64>(most, most - load<i64>(interval, INTERVAL_LEAST)) + load<i64>(interval, INTERVAL_SLICE) - 1;
  while (firstSlice(query) < endOfSlices(query) && sliceKey(query, firstSlice(query)) + longest <= advanced)
    dropFirst(query);
}

/** Frees everything a query keeps. */
export function dropInterval(query: usize): void {
  const interval: usize = intervalOf(query);
  const before: u64 = lastingBytes();
  releaseGone(query);
  let entry: usize = load<u32>(query, QUERY_JOIN_FIRST);
  while (entry !== 0) {
    const next: usize = entryAfter(entry);
    releaseEntry(query, entry);
    entry = next;
  }
  const queue: usize = interval + QUEUE;
  while (queueLength(queue) !== 0) {
    const alone: usize = popQueue(queue);
    if (entryGroup(alone) === 0) releaseEntry(query, alone);
  }
  releaseQueue(queue);
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  release(interval);
  dropJoined(query);
}
