// One vector in: decode -> metadata -> compute -> watermark and verdict -> every query of the source (run-query.ts).

import { beginReports, reportKeys } from "./bad-rows";
import { decodeJson, decodeNext, rowRecord } from "./decode/json";
import { decodeJsonKeys } from "./decode/keys";
import { runExpressions } from "./expression/run";
import { resetScratch } from "./memory/scratch";
import { fillMetadata } from "./metadata";
import { queryAt, queryCount } from "./program/load";
import { QUERY_BATCH, QUERY_DROPPED, QUERY_KIND, QUERY_PARENT, QUERY_SOURCE } from "./program/query";
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
import { runQuery } from "./run-query";
import {
  DECODE_JSON,
  DECODE_NONE,
  DECODE_RAW,
  OUTPUT_ROWS,
  QUERY_LATE_ROWS,
  SOURCE_RECORDS,
  SOURCE_ROWS,
} from "./shared/abi";
import { INPUT_PARTITIONS, INPUT_ROWS, INPUT_ROWS_CAPACITY } from "./shared/layout";
import { judgeTimeless, judgeVector } from "./window/watermark";

let records: usize = 0;

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
    if (load<u32>(query, QUERY_PARENT) !== 0 || <usize>load<u32>(query, QUERY_SOURCE) !== source) continue;
    if (load<u32>(query, QUERY_DROPPED) !== 0 || load<u32>(query, QUERY_KIND) === QUERY_LATE_ROWS) continue;
    store<u32>(load<u32>(query, QUERY_BATCH), 0, OUTPUT_ROWS);
    if (alive > 0) runQuery(query, records, rows, alive);
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
