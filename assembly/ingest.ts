// One vector in: decode -> metadata -> compute -> watermark and verdict -> for every query: late? -> filter -> inputs ->
// compute -> output columns, or state. Rows are dense at every step; a row that drops out is counted exactly once per query:
// rows = counted + late + filtered + bad.

import { accumulate } from "./accumulate";
import { beginReports, reportKeys, reportRow } from "./bad-rows";
import { decodeJson, decodeNext, rowRecord } from "./decode/json";
import { decodeJsonKeys } from "./decode/keys";
import { runExpressions } from "./expression/run";
import { validityOf, valuesOf } from "./memory/registers";
import { resetScratch } from "./memory/scratch";
import { ALIVE, LANE_RUN, SELECTED, VERDICT } from "./memory/vectors";
import { fillMetadata } from "./metadata";
import { writeOutputs } from "./output";
import { queryAt, queryCount } from "./program/load";
import {
  QUERY_BATCH,
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
  QUERY_SOURCE,
} from "./program/query";
import { requireProgram } from "./program/reader";
import {
  SOURCE_COMPUTE,
  SOURCE_COMPUTE_COUNT,
  SOURCE_COUNTERS,
  SOURCE_DECODE,
  SOURCE_DECODER,
  SOURCE_HAS_TIME,
  SOURCE_INPUT,
  SOURCE_KEY_DECODE,
  SOURCE_KEY_DECODER,
  SOURCE_KEY_UTF8,
  SOURCE_LINES,
  SOURCE_NEXT,
  SOURCE_PARTITION_COUNT,
  SOURCE_UTF8,
} from "./program/source";
import { decodeRaw, decodeRawKeys, rawNext, rawRecords } from "./raw";
import { aliasInputs, allOnes, findPoison, gatherInputs } from "./select";
import {
  BAD_CONTEXT_QUERY,
  COUNT_BAD,
  COUNT_COUNTED,
  COUNT_FILTERED,
  COUNT_LATE,
  COUNT_ROWS,
  DECODE_JSON,
  DECODE_NONE,
  DECODE_RAW,
  OUTPUT_ROWS,
  QUERY_WINDOW,
  SOURCE_RECORDS,
  SOURCE_ROWS,
} from "./shared/abi";
import { INPUT_PARTITIONS, INPUT_ROWS, INPUT_ROWS_CAPACITY } from "./shared/layout";
import { BAD_EXPRESSION, LANE_VALID } from "./shared/status";
import { assignVector, single } from "./window/assign";
import { sortRuns } from "./window/runs";
import { VERDICT_LATE, VERDICT_REFUSED, VERDICT_TAKE } from "./window/verdict";
import { judgeTimeless, judgeVector } from "./window/watermark";

let records: usize = 0;
/** All rows are selected, and SELECTED has not been filled. */
let selectedAll: bool = false;

/** Hands over `rows` records that lie in the source's input region. Unknown partitions are the host's bug. */
export function beginInput(source: usize, rows: u32): void {
  requireProgram(rows <= load<u32>(source + SOURCE_INPUT, INPUT_ROWS_CAPACITY));
  const partitions: usize = load<u32>(source + SOURCE_INPUT, INPUT_PARTITIONS);
  const known: u32 = load<u32>(source, SOURCE_PARTITION_COUNT);
  let strangers: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) strangers += u32(load<u32>(partitions + (i << 2)) >= known);
  requireProgram(strangers === 0);
  store<u32>(source + SOURCE_INPUT, rows, INPUT_ROWS);
  store<u32>(source, 0, SOURCE_NEXT);
  const counter: usize = source + SOURCE_COUNTERS + SOURCE_RECORDS;
  store<i64>(counter, load<i64>(counter) + rows);
}

/** Runs one vector of the source's records. Returns 1 while records are left. */
export function ingestVector(source: usize): u32 {
  resetScratch();
  beginReports(source);
  const rows: u32 = decodeRows(source);
  let alive: u32 = rows;
  if (rows > 0) {
    fillMetadata(source, records, rows);
    runExpressions(load<u32>(source, SOURCE_COMPUTE), load<u32>(source, SOURCE_COMPUTE_COUNT), rows);
    if (load<u32>(source, SOURCE_HAS_TIME) !== 0) alive = judgeVector(source, records, rows);
    else judgeTimeless(rows);
  }
  const counter: usize = source + SOURCE_COUNTERS + SOURCE_ROWS;
  store<i64>(counter, load<i64>(counter) + alive);
  for (let i: u32 = 0; i < queryCount(); i++) {
    const query: usize = queryAt(i);
    if (<usize>load<u32>(query, QUERY_SOURCE) !== source || load<u32>(query, QUERY_DROPPED) !== 0) continue;
    store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
    if (alive > 0) runQuery(query, rows, alive);
  }
  return u32(load<u32>(source, SOURCE_NEXT) < load<u32>(source + SOURCE_INPUT, INPUT_ROWS));
}

function decodeRows(source: usize): u32 {
  const input: usize = source + SOURCE_INPUT;
  const first: u32 = load<u32>(source, SOURCE_NEXT);
  if (first >= load<u32>(input, INPUT_ROWS)) return 0;
  let rows: u32 = 0;
  if (load<u32>(source, SOURCE_DECODE) === DECODE_RAW) {
    rows = decodeRaw(
      input,
      first,
      load<u32>(source, SOURCE_DECODER),
      load<u32>(source, SOURCE_UTF8) | (load<u32>(source, SOURCE_LINES) << 1),
    );
    store<u32>(source, rawNext(), SOURCE_NEXT);
    records = rawRecords();
  } else {
    rows = decodeJson(load<u32>(source, SOURCE_DECODER), input, first);
    store<u32>(source, decodeNext(), SOURCE_NEXT);
    records = rowRecord();
  }
  if (rows > 0 && load<u32>(source, SOURCE_KEY_DECODE) !== DECODE_NONE) decodeKeys(source, input, rows);
  return rows;
}

function decodeKeys(source: usize, input: usize, rows: u32): void {
  reportKeys(true);
  if (load<u32>(source, SOURCE_KEY_DECODE) === DECODE_JSON)
    decodeJsonKeys(load<u32>(source, SOURCE_KEY_DECODER), input, records, rows);
  else {
    const utf8: u32 = load<u32>(source, SOURCE_KEY_UTF8) << 31;
    decodeRawKeys(input, rows, records, load<u32>(source, SOURCE_KEY_DECODER) | utf8);
  }
  reportKeys(false);
}

function bump(query: usize, counter: usize, by: u32): void {
  const at: usize = query + QUERY_COUNTERS + counter;
  store<i64>(at, load<i64>(at) + by);
}

function runQuery(query: usize, rows: u32, alive: u32): void {
  bump(query, COUNT_ROWS, alive);
  const windowed: bool = load<u32>(query, QUERY_KIND) === QUERY_WINDOW;
  const all: bool = windowed ? assignVector(query, rows, alive) : alive === rows;
  let lanes: u32 = selectRows(query, rows, all, windowed);
  if (lanes === 0) return;
  const runs: u32 = windowed ? sortRuns(lanes) : 1;
  const identity: bool = lanes === rows && runs === 1;
  if (identity) aliasInputs(query);
  else gatherInputs(query, lanes);
  lanes = compute(query, lanes);
  if (lanes === 0) return;
  bump(query, COUNT_COUNTED, lanes);
  if (windowed) accumulate(query, lanes, runs);
  else writeOutputs(query, lanes);
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
      reportRow(load<u32>(records + (i << 2)), BAD_EXPRESSION, -1, BAD_CONTEXT_QUERY + load<u32>(query, QUERY_INDEX));
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
      reportRow(load<u32>(records + (i << 2)), BAD_EXPRESSION, -1, BAD_CONTEXT_QUERY + load<u32>(query, QUERY_INDEX));
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
  const record: u32 = load<u32>(records + (load<u32>(SELECTED + (lane << 2)) << 2));
  reportRow(record, BAD_EXPRESSION, load<u32>(checks + (i << 3), 4), BAD_CONTEXT_QUERY + load<u32>(query, QUERY_INDEX));
}
