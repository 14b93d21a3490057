// One watermark in, result columns out: closed windows leave in order of their end and, within one, of their key bytes. Lanes
// are filled from as many tumbling windows as fit a vector: state -> registers -> compute -> having -> output columns. A
// window's state is freed once its last row has left.
import { finishAggregates } from "./aggregate/finish";
import { emitChanges } from "./changes/emit-changes";
import { emitJoined } from "./join/emit-joined";
import { nextJoinEnd, openJoinWindows } from "./join/windows";
import { leadsInHand, leaveLeads, nextLeads } from "./lead/lead";
import { release } from "./memory/heap";
import { resetScratch } from "./memory/scratch";
import { ENDS, ENTRIES, RANKS, ROWS, STARTS } from "./memory/vectors";
import {
  QUERY_ADVANCED,
  QUERY_BATCH,
  QUERY_COUNTERS,
  QUERY_DROPPED,
  QUERY_EMITTED,
  QUERY_INDEX,
  QUERY_KIND,
  QUERY_OPENED,
  QUERY_OPENED_START,
  QUERY_OPS,
  QUERY_ROW_BYTES,
  QUERY_SHAPE,
  QUERY_SORTED,
  QUERY_SORTED_NEXT,
  QUERY_TOP,
  QUERY_TOP_NEXT,
  QUERY_TOP_RANKED,
  QUERY_UNITS,
  QUERY_WINDOWED,
} from "./program/query";
import { emitRanked } from "./ranked/emit-ranked";
import { clearRefusal, refusedError, refusedItem, refusedQuery, refusedRow, refusedWindow } from "./refusal";
import { settleLanes } from "./result";
import { deliver } from "./run-query";
import { placeSessions } from "./session/accumulate";
import { fillSessions, nextSessionEnd, openSessions } from "./session/close";
import {
  CONTROL,
  CONTROL_ERROR,
  CONTROL_ITEM,
  CONTROL_QUERY,
  CONTROL_WINDOW,
  COUNT_EMITTED,
  COUNT_WINDOWS,
  JOIN_ROWS,
  JOIN_WINDOWS,
  OUTPUT_ROWS,
  QUERY_JOIN,
  QUERY_LEADING,
  QUERY_RANKED_ROWS,
  QUERY_SORTED_ROWS,
  QUERY_WINDOW,
  STATUS_RESULT,
  WINDOW_SESSION,
  WINDOW_TUMBLING,
} from "./shared/abi";
import { VECTOR_ROWS } from "./shared/layout";
import { showing } from "./sort/shown";
import { leaveSorted, nextSorted } from "./sort/sort";
import { decodeKeys } from "./table/key-decode";
import { sortedCount, sortedRow, sortSlice } from "./table/sort";
import { topCount, topEntry, topRank, writeTop } from "./top/top";
import { leaveWindow, nextEnd, openWindow, openWindows, releaseLeft } from "./window/closing";
import { closedEdge } from "./window/share";
import { addTo, endOfSlices, firstSlice, sliceKey } from "./window/slices";
import { fillWindow } from "./window/times";

/** Moves the query's watermark, in ms; an earlier one than before changes nothing. */
export function closeWindows(query: usize, watermark: i64): void {
  const kind: u32 = load<u32>(query, QUERY_KIND);
  const joins: bool = kind === QUERY_JOIN && load<u32>(query, QUERY_WINDOWED) !== JOIN_ROWS;
  const keeps: bool = joins || kind === QUERY_WINDOW || kind === QUERY_SORTED_ROWS || kind === QUERY_LEADING;
  if (!keeps || load<u32>(query, QUERY_DROPPED) !== 0) return;
  if (watermark <= load<i64>(query, QUERY_ADVANCED)) return;
  store<i64>(query, watermark, QUERY_ADVANCED);
}

/** Brings COUNT_WINDOWS up to date. */
export function countWindows(query: usize): void {
  if (joinsWindows(query)) store<i64>(query + QUERY_COUNTERS, openJoinWindows(query), COUNT_WINDOWS);
  if (load<u32>(query, QUERY_KIND) !== QUERY_WINDOW) return;
  const changing: bool = load<u32>(query, QUERY_OPS) !== 0;
  if (load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION) {
    store<i64>(query + QUERY_COUNTERS, openSessions(query), COUNT_WINDOWS);
    return;
  }
  const open: i64 = changing ? <i64>(endOfSlices(query) - firstSlice(query)) : openWindows(query);
  store<i64>(query + QUERY_COUNTERS, open, COUNT_WINDOWS);
}

/** End of the next window to close, in ms; the greatest i64 where none is open, or the query has no windows. */
export function nextWindowEnd(query: usize): i64 {
  if (joinsWindows(query)) return nextJoinEnd(query);
  if (load<u32>(query, QUERY_KIND) !== QUERY_WINDOW || load<u32>(query, QUERY_DROPPED) !== 0) return i64.MAX_VALUE;
  const session: bool = load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION;
  // Windows that leave as changes are a slice each, with their end as its key, and stay for as long as late rows correct them.
  const changing: bool = load<u32>(query, QUERY_OPS) !== 0;
  const end: i64 = session ? nextSessionEnd(query) : changing ? nextChangingEnd(query) : nextEnd(query);
  return end === i64.MAX_VALUE ? end : end / load<i64>(query, QUERY_UNITS);
}

function joinsWindows(query: usize): bool {
  if (load<u32>(query, QUERY_KIND) !== QUERY_JOIN || load<u32>(query, QUERY_DROPPED) !== 0) return false;
  return load<u32>(query, QUERY_WINDOWED) === JOIN_WINDOWS;
}

function nextChangingEnd(query: usize): i64 {
  const edge: i64 = closedEdge(query);
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) {
    if (sliceKey(query, i) > edge) return sliceKey(query, i);
  }
  return i64.MAX_VALUE;
}

/** Rows of the next batch, 0 at the end, -STATUS_RESULT. */
export function emitVector(query: usize): i32 {
  if (load<u32>(query, QUERY_DROPPED) !== 0) return 0;
  if (load<u32>(query, QUERY_OPS) !== 0 || load<u32>(query, QUERY_KIND) === QUERY_JOIN) return emitRows(query);
  if (load<u32>(query, QUERY_KIND) === QUERY_SORTED_ROWS) return emitSorted(query);
  if (load<u32>(query, QUERY_KIND) === QUERY_LEADING) return emitLeads(query);
  if (load<u32>(query, QUERY_KIND) !== QUERY_WINDOW) return 0;
  const sessions: bool = load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION;
  if (sessions) placeSessions(query);
  while (true) {
    resetScratch();
    const lanes: u32 = sessions ? fillSessions(query) : fillLanes(query);
    if (lanes === 0) {
      releaseLeft(query);
      break;
    }
    clearRefusal();
    const rows: u32 = emitLanes(query, lanes);
    if (rows !== 0) deliver(query, rows);
    if (refusedQuery !== 0) return reportRefusal();
    releaseLeft(query);
    if (rows !== 0) {
      addTo(query, COUNT_EMITTED, rows);
      return rows;
    }
  }
  store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
  return 0;
}

/** Rows that the watermark has reached, in order of their time. */
function emitSorted(query: usize): i32 {
  while (true) {
    resetScratch();
    clearRefusal();
    const lanes: u32 = nextSorted(query);
    if (lanes === 0) break;
    const rows: u32 = settleLanes(query, lanes, false);
    if (rows !== 0) deliver(query, rows);
    const given: bool = !showing;
    leaveSorted(query);
    if (refusedQuery !== 0) return reportRefusal();
    if (rows === 0 || !given) continue;
    addTo(query, COUNT_EMITTED, rows);
    return rows;
  }
  store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
  return 0;
}

/** Rows that no row comes behind any more. */
function emitLeads(query: usize): i32 {
  while (true) {
    resetScratch();
    clearRefusal();
    const lanes: u32 = nextLeads(query);
    if (lanes === 0) break;
    const left: usize = leadsInHand();
    const rows: u32 = settleLanes(query, lanes, false);
    if (rows !== 0) deliver(query, rows);
    leaveLeads(query, left, lanes);
    if (refusedQuery !== 0) return reportRefusal();
    if (rows === 0) continue;
    addTo(query, COUNT_EMITTED, rows);
    return rows;
  }
  store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
  return 0;
}

/** Changes, and joined rows. */
function emitRows(query: usize): i32 {
  resetScratch();
  clearRefusal();
  const kind: u32 = load<u32>(query, QUERY_KIND);
  const ranked: bool = kind === QUERY_RANKED_ROWS;
  const rows: u32 = kind === QUERY_JOIN ? emitJoined(query) : ranked ? emitRanked(query) : emitChanges(query);
  if (rows !== 0) deliver(query, rows);
  if (refusedQuery !== 0) return reportRefusal();
  if (rows === 0) store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
  else addTo(query, COUNT_EMITTED, rows);
  return rows;
}

/** Fills ROWS, STARTS and ENDS from the closed windows. Making a merged window takes the vectors, so each begins a batch. */
function fillLanes(query: usize): u32 {
  const tumbling: bool = load<u32>(query, QUERY_SHAPE) === WINDOW_TUMBLING;
  let lanes: u32 = 0;
  while (lanes < <u32>VECTOR_ROWS) {
    if (load<u32>(query, QUERY_OPENED) === 0) {
      if ((lanes !== 0 && !tumbling) || !openWindow(query)) break;
      store<u32>(
        query,
        <u32>sortSlice(load<u32>(query, QUERY_OPENED), load<u32>(query, QUERY_ROW_BYTES)),
        QUERY_SORTED,
      );
      store<u32>(query, 0, QUERY_SORTED_NEXT);
    }
    const sorted: usize = load<u32>(query, QUERY_SORTED);
    const end: u32 =
      load<u32>(query, QUERY_TOP) === 0 ? takeGroups(query, sorted, lanes) : takeEntries(query, sorted, lanes);
    for (; lanes < end; lanes++) {
      store<i64>(STARTS + (lanes << 3), load<i64>(query, QUERY_OPENED_START));
      store<i64>(ENDS + (lanes << 3), load<i64>(query, QUERY_EMITTED));
    }
    if (load<u32>(query, QUERY_SORTED_NEXT) < sortedCount(sorted)) break;
    release(sorted);
    store<u32>(query, 0, QUERY_SORTED);
    leaveWindow(query);
  }
  return lanes;
}

/** A lane a group, from `lanes` on. Returns the end of the lanes. */
function takeGroups(query: usize, sorted: usize, lanes: u32): u32 {
  const next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
  const take: u32 = min<u32>(sortedCount(sorted) - next, VECTOR_ROWS - lanes);
  for (let i: u32 = 0; i < take; i++) store<u32>(ROWS + ((lanes + i) << 2), sortedRow(sorted, next + i));
  store<u32>(query, next + take, QUERY_SORTED_NEXT);
  return lanes + take;
}

/** A lane an entry of a group's best rows. */
function takeEntries(query: usize, sorted: usize, lanes: u32): u32 {
  let next: u32 = load<u32>(query, QUERY_SORTED_NEXT);
  let entry: u32 = load<u32>(query, QUERY_TOP_NEXT);
  let rank: u32 = load<u32>(query, QUERY_TOP_RANKED);
  while (next < sortedCount(sorted) && lanes < <u32>VECTOR_ROWS) {
    const row: u32 = sortedRow(sorted, next);
    if (entry === topCount(query, row)) {
      next++;
      entry = 0;
      continue;
    }
    store<u32>(ROWS + (lanes << 2), row);
    store<u32>(ENTRIES + (lanes << 2), topEntry(query, row, entry));
    rank = topRank(query, row, entry++, rank);
    store<u32>(RANKS + (lanes++ << 2), rank);
  }
  store<u32>(query, next, QUERY_SORTED_NEXT);
  store<u32>(query, entry, QUERY_TOP_NEXT);
  store<u32>(query, rank, QUERY_TOP_RANKED);
  return lanes;
}

/** State to result registers. Returns the rows that pass HAVING. */
function emitLanes(query: usize, lanes: u32): u32 {
  fillWindow(query, lanes);
  decodeKeys(query, lanes);
  finishAggregates(query, lanes);
  if (load<u32>(query, QUERY_TOP) !== 0) writeTop(query, lanes);
  return settleLanes(query, lanes, true);
}

/** Tells the host of the result that cannot be represented. */
function reportRefusal(): i32 {
  store<u32>(CONTROL, load<u32>(refusedQuery, QUERY_INDEX), CONTROL_QUERY);
  store<i32>(CONTROL, refusedRow ? -2 - refusedItem : refusedItem, CONTROL_ITEM);
  store<u32>(CONTROL, refusedError, CONTROL_ERROR);
  store<i64>(CONTROL, refusedWindow, CONTROL_WINDOW);
  return -STATUS_RESULT;
}
