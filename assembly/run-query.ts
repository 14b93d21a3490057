// A vector of rows through one query: late? -> filter -> inputs -> compute -> output, or state. Rows are dense at every step; a
// row that drops out is counted exactly once: rows = counted + late + filtered + bad. Rows come from a source, or from
// another query's result: then none is late, and one that cannot be computed ends the job, as for any result.

import { accumulate } from "./accumulate";
import { ORDER_SOURCE, placeRecords } from "./aggregate/order";
import { reportRow } from "./bad-rows";
import { accumulateGroups } from "./changes/groups";
import { accumulateWindows } from "./changes/windows";
import { runExpressions } from "./expression/run";
import { addTimed } from "./join/interval";
import { addRows, SIDE_QUERY, sideOf } from "./join/table";
import { addWindowed } from "./join/windows";
import { countLate, fillLate, takeLate } from "./late-rows";
import { leadsInHand, leaveLeads, pushLeads } from "./lead/lead";
import { giveBack, notePeak, takeOver } from "./measure";
import { validityOf, valuesOf } from "./memory/registers";
import { ALIVE, LANE_RUN, SELECTED, VERDICT, VERDICT_KEPT } from "./memory/vectors";
import { writeOutputs } from "./output";
import { computeFrames, releaseFrames } from "./over/frame";
import { queryAt, queryCount } from "./program/load";
import {
  QUERY_CHECK_COUNT,
  QUERY_CHECKS,
  QUERY_COMPUTE,
  QUERY_COMPUTE_COUNT,
  QUERY_COUNTERS,
  QUERY_DROPPED,
  QUERY_FILTER,
  QUERY_FILTER_CODE,
  QUERY_FILTER_COUNT,
  QUERY_INDEX,
  QUERY_KIND,
  QUERY_LATE_READ,
  QUERY_OPS,
  QUERY_ORDER,
  QUERY_PARENT,
  QUERY_READ,
  QUERY_SHAPE,
  QUERY_SIDE_COUNT,
  QUERY_WINDOWED,
} from "./program/query";
import { aliasSide } from "./program/united";
import { accumulateRanked } from "./ranked/groups";
import { refuseRow } from "./refusal";
import { settleLanes } from "./result";
import { aliasInputs, allOnes, findPoison, gatherInputs } from "./select";
import { accumulateSessions } from "./session/accumulate";
import {
  BAD_CONTEXT_QUERY,
  COUNT_BAD,
  COUNT_COUNTED,
  COUNT_EMITTED,
  COUNT_FILTERED,
  COUNT_LATE,
  COUNT_ROWS,
  JOIN_INTERVAL,
  JOIN_WINDOWS,
  QUERY_GROUP,
  QUERY_JOIN,
  QUERY_LATE_ROWS,
  QUERY_LEADING,
  QUERY_OVER,
  QUERY_RANKED_ROWS,
  QUERY_SORTED_ROWS,
  QUERY_WINDOW,
  WINDOW_SESSION,
} from "./shared/abi";
import { BAD_EXPRESSION, ERR_OVERFLOW, LANE_VALID } from "./shared/status";
import { showing } from "./sort/shown";
import { addSorted } from "./sort/sort";
import { assignVector, single } from "./window/assign";
import { sortRuns } from "./window/runs";
import { VERDICT_LATE, VERDICT_REFUSED, VERDICT_TAKE } from "./window/verdict";
import { judgeTimeless } from "./window/watermark";

let records: usize = 0;
/** All rows are selected, and SELECTED has not been filled. */
let selectedAll: bool = false;

function bump(query: usize, counter: usize, by: u32): void {
  // Rows that are shown are given later, and counted then.
  if (showing) return;
  const at: usize = query + QUERY_COUNTERS + counter;
  store<i64>(at, load<i64>(at) + by);
}

/**
 * Rows [0, rows) of the registers a query reads, `alive` of them in ALIVE, with their watermarks in BEFORE. `origins`: u32
 * record of each row, 0 where they come from another query.
 */
export function runQuery(query: usize, origins: usize, rows: u32, alive: u32): void {
  const before: usize = takeOver(query);
  work(query, origins, rows, alive);
  notePeak(query);
  giveBack(before);
}

function work(query: usize, origins: usize, rows: u32, alive: u32): void {
  records = origins;
  bump(query, COUNT_ROWS, alive);
  const kind: u32 = load<u32>(query, QUERY_KIND);
  const windowed: bool = kind === QUERY_WINDOW;
  const all: bool = windowed ? assignVector(query, rows, alive) : alive === rows;
  if (windowed && !all && load<u32>(query, QUERY_LATE_READ) !== 0) giveLate(query, rows);
  let lanes: u32 = selectRows(query, rows, all, windowed);
  if (lanes === 0) return;
  const runs: u32 = windowed ? sortRuns(lanes) : 1;
  const identity: bool = lanes === rows && runs === 1;
  // Another query's registers are not borrowed: this one may compact or overwrite what it reads.
  if (identity && origins !== 0) aliasInputs(query);
  else {
    if (selectedAll) fillSelected(lanes);
    gatherInputs(query, lanes);
  }
  lanes = compute(query, lanes);
  if (lanes === 0) return;
  bump(query, COUNT_COUNTED, lanes);
  if (load<u32>(query, QUERY_ORDER) === ORDER_SOURCE) {
    if (selectedAll) fillSelected(lanes);
    placeRecords(query, records, lanes);
  }
  if (windowed && load<u32>(query, QUERY_OPS) !== 0) accumulateWindows(query, lanes, runs);
  else if (windowed && load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION) accumulateSessions(query, records, lanes);
  else if (windowed) accumulate(query, lanes, runs);
  else if (kind === QUERY_OVER) runOver(query, lanes);
  else if (kind === QUERY_SORTED_ROWS) {
    if (selectedAll) fillSelected(lanes);
    addSorted(query, lanes, records);
  } else if (kind === QUERY_GROUP) accumulateGroups(query, lanes);
  else if (kind === QUERY_RANKED_ROWS) accumulateRanked(query, lanes);
  else if (kind === QUERY_LEADING) runLead(query, lanes);
  else {
    // A join by time or of windows asks which row of the source a row is.
    if (selectedAll && load<u32>(query, QUERY_READ) !== 0) fillSelected(lanes);
    deliver(query, lanes);
  }
}

function runLead(query: usize, lanes: u32): void {
  const gone: u32 = pushLeads(query, lanes);
  const left: usize = leadsInHand();
  const rows: u32 = settleLanes(query, gone, false);
  bump(query, COUNT_EMITTED, rows);
  if (rows !== 0) deliver(query, rows);
  leaveLeads(query, left, gone);
}

function runOver(query: usize, lanes: u32): void {
  computeFrames(query, lanes);
  if (showing) return;
  const rows: u32 = settleLanes(query, lanes, false);
  bump(query, COUNT_EMITTED, rows);
  if (rows !== 0) deliver(query, rows);
  releaseFrames(query);
}

/** The late rows to the queries that read them, before the window's own filter. */
function giveLate(window: usize, rows: u32): void {
  const late: u32 = countLate(rows);
  if (late === 0) return;
  memory.copy(VERDICT_KEPT, VERDICT, rows);
  for (let i: u32 = 0; i < queryCount(); i++) {
    const reader: usize = queryAt(i);
    if (load<u32>(reader, QUERY_KIND) !== QUERY_LATE_ROWS || <usize>load<u32>(reader, QUERY_PARENT) !== window)
      continue;
    if (load<u32>(reader, QUERY_DROPPED) !== 0) continue;
    fillLate(reader, window, rows);
    takeLate(rows);
    bump(reader, COUNT_ROWS, late);
    const lanes: u32 = selectRows(reader, rows, false, true);
    if (lanes !== 0) {
      gatherInputs(reader, lanes);
      const left: u32 = compute(reader, lanes);
      bump(reader, COUNT_COUNTED, left);
      if (left !== 0) writeOutputs(reader, left);
    }
    memory.copy(VERDICT, VERDICT_KEPT, rows);
  }
}

/** The query's output registers to those who read them: the batch of the host, or other queries. */
export function deliver(query: usize, rows: u32): void {
  if (load<u32>(query, QUERY_READ) === 0) return writeOutputs(query, rows);
  for (let i: u32 = 0; i < queryCount(); i++) {
    const reader: usize = queryAt(i);
    if (load<u32>(reader, QUERY_SIDE_COUNT) !== 0) {
      giveToSides(reader, query, rows);
      continue;
    }
    if (load<u32>(reader, QUERY_KIND) === QUERY_LATE_ROWS) continue;
    if (<usize>load<u32>(reader, QUERY_PARENT) !== query || load<u32>(reader, QUERY_DROPPED) !== 0) continue;
    judgeTimeless(rows);
    runQuery(reader, 0, rows, rows);
  }
}

function addJoined(join: usize, side: u32, rows: u32): void {
  const before: usize = takeOver(join);
  const kind: u32 = load<u32>(join, QUERY_WINDOWED);
  if (kind === JOIN_INTERVAL) addTimed(join, side, rows);
  else if (kind === JOIN_WINDOWS) addWindowed(join, side, rows);
  else addRows(join, side, rows);
  notePeak(join);
  giveBack(before);
}

/** To a join, or to a query that reads the rows of several. */
function giveToSides(reader: usize, query: usize, rows: u32): void {
  if (load<u32>(reader, QUERY_DROPPED) !== 0) return;
  const sides: u32 = load<u32>(reader, QUERY_SIDE_COUNT);
  for (let side: u32 = 0; side < sides; side++) {
    if (<usize>load<u32>(sideOf(reader, side), SIDE_QUERY) !== query) continue;
    if (load<u32>(reader, QUERY_KIND) === QUERY_JOIN) addJoined(reader, side, rows);
    else {
      aliasSide(sideOf(reader, side));
      judgeTimeless(rows);
      runQuery(reader, 0, rows, rows);
    }
  }
}

/** Fills SELECTED with the rows the query takes, in order, and counts the others. `all`: no row is refused before the filter. */
function selectRows(query: usize, rows: u32, all: bool, windowed: bool): u32 {
  const filter: u32 = load<u32>(query, QUERY_FILTER);
  if (filter !== 0) runExpressions(load<u32>(query, QUERY_FILTER_CODE), load<u32>(query, QUERY_FILTER_COUNT), rows);
  const passes: bool = filter === 0 || (allOnes(validityOf(filter - 1), rows) && allOnes(valuesOf(filter - 1), rows));
  selectedAll = all && passes;
  if (selectedAll) {
    if (windowed && !single) fillSelected(rows);
    return rows;
  }
  if (all || !windowed) memory.copy(VERDICT, ALIVE, rows);
  if (!passes) return selectFiltered(query, rows, filter - 1);
  let lanes: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    store<u32>(SELECTED + (lanes << 2), i);
    lanes += u32(load<u8>(VERDICT + i) === VERDICT_TAKE);
  }
  countRefused(query, rows);
  return lanes;
}

/** SELECTED of all rows; left out where nothing reads it. */
function fillSelected(rows: u32): void {
  for (let i: u32 = 0; i < rows; i++) store<u32>(SELECTED + (i << 2), i);
  selectedAll = false;
}

function selectFiltered(query: usize, rows: u32, filter: u32): u32 {
  const validity: usize = validityOf(filter);
  const values: usize = valuesOf(filter);
  let lanes: u32 = 0;
  let bad: u32 = 0;
  let taken: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    if (load<u8>(VERDICT + i) !== VERDICT_TAKE) continue;
    taken++;
    const valid: u32 = load<u8>(validity + i);
    if (valid > <u32>LANE_VALID) {
      bad++;
      report(query, i, -1, valid);
      continue;
    }
    store<u32>(SELECTED + (lanes << 2), i);
    lanes += u32((valid & load<u8>(values + i)) === 1);
  }
  bump(query, COUNT_BAD, bad);
  bump(query, COUNT_FILTERED, taken - bad - lanes);
  countRefused(query, rows);
  return lanes;
}

function countRefused(query: usize, rows: u32): void {
  let late: u32 = 0;
  let bad: u32 = 0;
  let timeless: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    const verdict: u32 = load<u8>(VERDICT + i);
    late += u32(verdict === VERDICT_LATE);
    if (verdict === VERDICT_REFUSED) {
      bad++;
      report(query, i, -1, ERR_OVERFLOW);
    }
    timeless += u32(verdict > <u32>VERDICT_REFUSED);
  }
  bump(query, COUNT_LATE, late);
  bump(query, COUNT_BAD, bad);
  bump(query, COUNT_FILTERED, timeless);
}

/** Runs the query's expressions on its lanes; rows with a poisoned result are reported, left out, and the rest run again. */
function compute(query: usize, lanes: u32): u32 {
  const code: usize = load<u32>(query, QUERY_COMPUTE);
  const count: u32 = load<u32>(query, QUERY_COMPUTE_COUNT);
  runExpressions(code, count, lanes);
  const left: u32 = dropPoisoned(query, lanes);
  if (left === lanes || left === 0) return left;
  gatherInputs(query, left);
  runExpressions(code, count, left);
  return left;
}

/** Compacts SELECTED and LANE_RUN. */
function dropPoisoned(query: usize, lanes: u32): u32 {
  const first: u32 = nextPoisoned(query, 0, lanes);
  if (first === lanes) return lanes;
  if (selectedAll) fillSelected(lanes);
  let kept: u32 = first;
  let poisoned: u32 = first;
  for (let i: u32 = first; i < lanes; i++) {
    if (i === poisoned) {
      reportLane(query, i);
      poisoned = nextPoisoned(query, i + 1, lanes);
      continue;
    }
    store<u32>(SELECTED + (kept << 2), load<u32>(SELECTED + (i << 2)));
    store<u32>(LANE_RUN + (kept << 2), load<u32>(LANE_RUN + (i << 2)));
    kept++;
  }
  bump(query, COUNT_BAD, lanes - kept);
  return kept;
}

function nextPoisoned(query: usize, from: u32, lanes: u32): u32 {
  const checks: usize = load<u32>(query, QUERY_CHECKS);
  const count: u32 = load<u32>(query, QUERY_CHECK_COUNT);
  let first: u32 = lanes;
  for (let i: u32 = 0; i < count; i++) {
    first = min<u32>(first, findPoison(validityOf(load<u32>(checks + (i << 3))), from, first));
  }
  return first;
}

/** Names the first poisoned item of a lane. */
function reportLane(query: usize, lane: u32): void {
  const checks: usize = load<u32>(query, QUERY_CHECKS);
  let i: u32 = 0;
  while (<u32>load<u8>(validityOf(load<u32>(checks + (i << 3))) + lane) <= <u32>LANE_VALID) i++;
  const error: u32 = load<u8>(validityOf(load<u32>(checks + (i << 3))) + lane);
  report(query, load<u32>(SELECTED + (lane << 2)), load<i32>(checks + (i << 3), 4), error);
}

/** A row that the query cannot take, for an error of its `item`. */
function report(query: usize, row: u32, item: i32, error: u32): void {
  if (records === 0) refuseRow(query, item, error);
  else
    reportRow(load<u32>(records + (row << 2)), BAD_EXPRESSION, item, BAD_CONTEXT_QUERY + load<u32>(query, QUERY_INDEX));
}
