// Rows into the sessions of their keys (Flink's rule): a row opens [time, time + gap); sessions that overlap or touch become one; then
// the row is late when what it became part of had closed, by its own partition's watermark before it. So a row whose own window has
// closed counts when it touches a session that is open. A session that has closed takes no more rows, whether it has left or not.

import { mergeRows } from "../aggregate/merge";
import { updateAggregates } from "../aggregate/update";
import { lastingBytes, resetScratch } from "../memory/scratch";
import { ROWS, RUN_FIRST, RUN_SLICE, SOURCES } from "../memory/vectors";
import { QUERY_KEY_COUNT, QUERY_LENIENCE, QUERY_SINK_ROW, QUERY_SIZE, QUERY_UNITS } from "../program/query";
import { COUNT_COUNTED, COUNT_LATE, COUNT_STATE_BYTES } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { encodeKeys } from "../table/key";
import { probe } from "../table/probe";
import { closedEdge } from "../window/share";
import { addTo, sliceFor } from "../window/slices";
import { fileSession, onlyKey } from "./close";
import { dequeue, enqueue, MARKS, readMarks, releaseTaken, TIMES, waits } from "./sequence";
import { beginSession, endSession, isLive, nextSession, sessionEnd, sessionStart, widen } from "./session";

/** Lanes below this have been added to their sessions. */
let added: u32 = 0;
let laneInHand: u32 = 0;
let laneCount: u32 = 0;

/** The query's selected lanes, which have been counted. `records`: u32 record of each row of the source. */
export function accumulateSessions(query: usize, records: usize, lanes: u32): void {
  const before: u64 = lastingBytes();
  readMarks(query, lanes);
  if (waits(query)) enqueue(query, records, lanes);
  else addRows(query, lanes, closedEdge(query));
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Adds the rows whose place in the sequence has come. */
export function placeSessions(query: usize): void {
  const before: u64 = lastingBytes();
  for (let lanes: u32 = dequeue(query); lanes !== 0; lanes = dequeue(query)) {
    addRows(query, lanes, i64.MIN_VALUE);
    releaseTaken(query);
    resetScratch();
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
}

/** Lanes with TIMES and MARKS. Sessions that end at `edge` or before are closed, whatever a row's own partition says. */
function addRows(query: usize, lanes: u32, edge: i64): void {
  const slice: usize = sliceFor(query, 0);
  if (load<u32>(query, QUERY_KEY_COUNT) !== 0) probe(query, slice, 0, lanes, encodeKeys(query, lanes));
  else onlyKey(query, slice, lanes);
  store<u32>(RUN_FIRST, 0);
  store<u32>(RUN_FIRST, lanes, 4);
  store<u32>(RUN_SLICE, <u32>slice);
  const late: u32 = findSessions(query, slice, lanes, edge);
  if (added === 0) updateAggregates(query, lanes, 1);
  else addLanes(query, added, lanes);
  addTo(query, COUNT_COUNTED, -(<i64>late));
  addTo(query, COUNT_LATE, late);
}

/** ROWS becomes each lane's session, the sink where it is late. Returns how many are. */
function findSessions(query: usize, slice: usize, lanes: u32, edge: i64): u32 {
  const unit: i64 = load<i64>(query, QUERY_UNITS);
  const lenience: i64 = load<i64>(query, QUERY_LENIENCE);
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  let late: u32 = 0;
  added = 0;
  laneCount = lanes;
  for (let i: u32 = 0; i < lanes; i++) {
    const start: i64 = load<i64>(TIMES + (i << 3));
    const before: i64 = load<i64>(MARKS + (i << 3));
    const own: i64 = before > i64.MAX_VALUE - unit ? i64.MAX_VALUE : before + unit;
    const closed: i64 = max<i64>(edge, own < i64.MIN_VALUE + lenience ? i64.MIN_VALUE : own - lenience);
    laneInHand = i;
    const row: usize = placeRow(query, slice, start, closed);
    late += u32(row === 0);
    store<u32>(ROWS + (i << 2), row === 0 ? sink : <u32>row);
  }
  return late;
}

/** The session of the lane in hand, whose row is at `start`; 0 when it is late. Sessions that end at `closed` or before take none. */
function placeRow(query: usize, slice: usize, start: i64, closed: i64): usize {
  const head: usize = load<u32>(ROWS + (laneInHand << 2));
  const end: i64 = start + load<i64>(query, QUERY_SIZE);
  let first: usize = 0;
  let second: usize = 0;
  for (let row: usize = head; row !== 0; row = nextSession(query, row)) {
    if (!isLive(query, row) || sessionEnd(query, row) <= closed) continue;
    if (start > sessionEnd(query, row) || end < sessionStart(query, row)) continue;
    if (first === 0) first = row;
    else second = row;
  }
  if (first === 0) {
    if (end <= closed) return 0;
    const fresh: usize = beginSession(query, head, start, end);
    fileSession(query, fresh);
    return fresh;
  }
  widen(query, first, start, end);
  if (second !== 0) unite(query, slice, first, second);
  return first;
}

/** The second session becomes part of the first. Lanes that wait for either are added before. */
function unite(query: usize, slice: usize, first: usize, second: usize): void {
  addLanes(query, added, laneInHand);
  added = laneInHand;
  const kept: u32 = load<u32>(ROWS);
  store<u32>(ROWS, <u32>first);
  store<u32>(SOURCES, <u32>second);
  mergeRows(query, slice, 1);
  store<u32>(ROWS, kept);
  widen(query, first, sessionStart(query, second), sessionEnd(query, second));
  endSession(query, second);
}

/** u32 a lane, aside while some are added. */
const KEPT: usize = memory.data(VECTOR_ROWS * 4);

/** Adds lanes [from, to) to the rows in ROWS, which stays as it is. */
function addLanes(query: usize, from: u32, to: u32): void {
  if (from === to) return;
  const lanes: u32 = laneCount;
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  memory.copy(KEPT, ROWS, lanes << 2);
  for (let i: u32 = 0; i < from; i++) store<u32>(ROWS + (i << 2), sink);
  for (let i: u32 = to; i < lanes; i++) store<u32>(ROWS + (i << 2), sink);
  updateAggregates(query, lanes, 1);
  memory.copy(ROWS, KEPT, lanes << 2);
}
