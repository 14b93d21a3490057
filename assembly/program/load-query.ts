// Reads one query of an encoded program, and lays out the state row of a window aggregate:
//   0 key, 16 bytes (inline and zero-padded, or { u64 hash, u32 address, 0 } of a longer one)   16 u32 key length
//  20 u32 presence bits   then slots of 8 bytes

import { ORDER_ARRIVAL, ORDER_SOURCE } from "../aggregate/order";
import { isOrdered, retractableState, STATE_AVG_DEC, stateOf } from "../aggregate/state";
import { openJoin } from "../join/program";
import { openLead } from "../lead/program";
import { allocate, allocateZeroed } from "../memory/heap";
import { OUTPUT_BYTES, openOutputs } from "../output";
import { RANKED_BYTES } from "../ranked/groups";
import {
  AGGREGATE_COUNT,
  AGGREGATE_COUNT_AUTO,
  AGGREGATE_LISTAGG,
  QUERY_GROUP,
  QUERY_JOIN,
  QUERY_LATE_ROWS,
  QUERY_LEADING,
  QUERY_OVER,
  QUERY_PROJECT,
  QUERY_RANKED_ROWS,
  QUERY_SORTED_ROWS,
  QUERY_WINDOW,
  WINDOW_HOPPING,
  WINDOW_OF_RESULTS,
  WINDOW_SESSION,
  WINDOW_TUMBLING,
} from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { openSort } from "../sort/program";
import { SORT_CELL_BYTES, SORT_CELLS, SORT_HEADER } from "../sort/sort";
import { openTop } from "../top/program";
import { TOP_CELL_BYTES, TOP_CELLS, TOP_FROM, TOP_HEADER, TOP_KEEP } from "../top/top";
import { sliceSize } from "../window/share";
import { layRow } from "./lay-row";
import {
  AGG_ARGUMENT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FILTER,
  AGG_FUNCTION,
  AGG_LGK,
  AGG_LIMIT,
  AGG_RESULT,
  AGG_RESULT_TYPE,
  AGG_STATE,
  AGG_TYPE,
  KEY_BYTES,
  KEY_LAST,
  KEY_REGISTER,
  KEY_TYPE,
  QUERY_ADVANCED,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_ALLOWED,
  QUERY_BOTH,
  QUERY_BYTES,
  QUERY_CHECK_COUNT,
  QUERY_CHECKS,
  QUERY_COMPUTE,
  QUERY_COMPUTE_COUNT,
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_EMIT_KEYS,
  QUERY_EMITTED,
  QUERY_END_REGISTER,
  QUERY_FILTER,
  QUERY_FILTER_CODE,
  QUERY_FILTER_COUNT,
  QUERY_FRAME,
  QUERY_FRONT_END,
  QUERY_HAVING,
  QUERY_INDEX,
  QUERY_INPUT_COUNT,
  QUERY_INPUTS,
  QUERY_KEY_COUNT,
  QUERY_KEYS,
  QUERY_KIND,
  QUERY_LATE,
  QUERY_LENIENCE,
  QUERY_OFFSET,
  QUERY_OPS,
  QUERY_ORDER,
  QUERY_OUTPUT_COUNT,
  QUERY_OUTPUTS,
  QUERY_PARENT,
  QUERY_PRECEDING,
  QUERY_RANGE,
  QUERY_RANKED,
  QUERY_RETRACTED,
  QUERY_SHAPE,
  QUERY_SIDE_COUNT,
  QUERY_SIZE,
  QUERY_SLICE,
  QUERY_SLICE_OFFSET,
  QUERY_SORT,
  QUERY_SOURCE,
  QUERY_START_REGISTER,
  QUERY_STEP,
  QUERY_TEMPLATE,
  QUERY_TIME,
  QUERY_TIME_REGISTER,
  QUERY_TOP,
  QUERY_UNITS,
  QUERY_UNTIL,
  QUERY_WINDOWED,
} from "./query";
import { readBytes, readCode, readLong, readOptionalRegister, readRegister, readWord, requireProgram } from "./reader";
import { readUnited } from "./united";

export function readQuery(index: u32): usize {
  const query: usize = allocateZeroed(QUERY_BYTES);
  store<u32>(query, index, QUERY_INDEX);
  store<u32>(query, readWord(), QUERY_KIND);
  store<u32>(query, readWord(), QUERY_SOURCE);
  store<u32>(query, readWord(), QUERY_PARENT);
  const inputs: u32 = readWord();
  store<u32>(query, inputs, QUERY_INPUT_COUNT);
  store<u32>(query, <u32>readBytes(inputs * 8), QUERY_INPUTS);
  store<u32>(query, readOptionalRegister(), QUERY_FILTER);
  readCode(query + QUERY_FILTER_CODE, query + QUERY_FILTER_COUNT);
  readCode(query + QUERY_COMPUTE, query + QUERY_COMPUTE_COUNT);
  readUnited(query);
  const kind: u32 = load<u32>(query, QUERY_KIND);
  requireProgram(kind >= <u32>QUERY_PROJECT && kind <= <u32>QUERY_LEADING);
  if (kind === QUERY_LATE_ROWS)
    for (let i: u32 = 0; i < 4; i++) store<u32>(query + QUERY_LATE + (i << 2), readOptionalRegister());
  if (kind === QUERY_WINDOW) readWindow(query);
  else if (kind === QUERY_OVER) readOver(query);
  else if (kind === QUERY_GROUP) readGroup(query);
  else if (kind === QUERY_SORTED_ROWS) readSort(query);
  else if (kind === QUERY_JOIN) readJoin(query);
  else if (kind === QUERY_RANKED_ROWS) readRanked(query);
  else if (kind === QUERY_LEADING) readLead(query);
  openOutputs(query);
  makeChecks(query, kind);
  return query;
}

function readWindow(query: usize): void {
  readShape(query);
  store<u32>(query, readRegister(), QUERY_TIME);
  readKeys(query);
  readAggregates(query);
  store<u32>(query, readOptionalRegister(), QUERY_START_REGISTER);
  store<u32>(query, readOptionalRegister(), QUERY_END_REGISTER);
  store<u32>(query, readOptionalRegister(), QUERY_TIME_REGISTER);
  store<u32>(query, <u32>readBytes(load<u32>(query, QUERY_KEY_COUNT) * 4), QUERY_EMIT_KEYS);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  store<i64>(query, i64.MIN_VALUE, QUERY_ADVANCED);
  if (readWord() !== 0) openTop(query);
  readChanges(query);
  layRow(query);
}

/** Longer than any two times that a window query takes are apart. */
const ENDLESS: i64 = i64.MAX_VALUE >> 1;

/** Whether the windows' results are changes; 0 no, 1 the newest state of a row, 2 also what it was. */
function readChanges(query: usize): void {
  const changes: u32 = readWord();
  store<i64>(query, readLong(), QUERY_ALLOWED);
  requireProgram(load<i64>(query, QUERY_ALLOWED) >= 0);
  store<i64>(query, readWord() === 0 ? load<i64>(query, QUERY_ALLOWED) : ENDLESS, QUERY_LENIENCE);
  if (changes === 0) return;
  requireProgram(load<u32>(query, QUERY_SHAPE) !== WINDOW_SESSION);
  requireProgram(load<u32>(query, QUERY_TOP) === 0 && (load<u32>(query, QUERY_SHAPE) & WINDOW_OF_RESULTS) === 0);
  store<u32>(query, u32(changes === 2), QUERY_BOTH);
  store<u32>(query, <u32>allocateZeroed(VECTOR_ROWS), QUERY_OPS);
}

function readOver(query: usize): void {
  store<u32>(query, readWord(), QUERY_PRECEDING);
  store<u32>(query, readWord(), QUERY_UNTIL);
  requireProgram(load<u32>(query, QUERY_UNTIL) <= load<u32>(query, QUERY_PRECEDING));
  store<u32>(query, readWord(), QUERY_RETRACTED);
  store<u32>(query, readWord(), QUERY_RANGE);
  if (load<u32>(query, QUERY_RANGE) !== 0) {
    store<i64>(query, readLong(), QUERY_SIZE);
    store<u32>(query, readRegister(), QUERY_TIME);
    requireProgram(load<i64>(query, QUERY_SIZE) >= 0);
  }
  readKeys(query);
  readAggregates(query);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  layRow(query);
}

function readGroup(query: usize): void {
  store<u32>(query, readWord(), QUERY_RETRACTED);
  store<u32>(query, readWord(), QUERY_BOTH);
  store<u32>(query, <u32>allocateZeroed(VECTOR_ROWS), QUERY_OPS);
  readKeys(query);
  readAggregates(query);
  store<u32>(query, <u32>readBytes(load<u32>(query, QUERY_KEY_COUNT) * 4), QUERY_EMIT_KEYS);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  layRow(query);
}

function readRanked(query: usize): void {
  store<u32>(query, readWord(), QUERY_RETRACTED);
  store<u32>(query, readWord(), QUERY_BOTH);
  readKeys(query);
  readAggregates(query);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  openTop(query);
  // A row that is not among the best may come to be, where others are taken back.
  if (load<u32>(query, QUERY_RETRACTED) !== 0) store<u32>(load<u32>(query, QUERY_TOP), u32.MAX_VALUE, TOP_KEEP);
  store<u32>(query, <u32>allocateZeroed(RANKED_BYTES), QUERY_RANKED);
  layRow(query);
  store<u32>(query, <u32>allocateZeroed(VECTOR_ROWS), QUERY_OPS);
}

function readSort(query: usize): void {
  openSort(query);
  readKeys(query);
  readAggregates(query);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  layRow(query);
  store<i64>(<usize>load<u32>(query, QUERY_TEMPLATE) + load<u32>(query, QUERY_FRAME), i64.MIN_VALUE);
}

function readJoin(query: usize): void {
  store<u32>(query, readWord(), QUERY_WINDOWED);
  readKeys(query);
  store<u32>(query, 2, QUERY_SIDE_COUNT);
  openJoin(query);
  store<u32>(query, <u32>readBytes(load<u32>(query, QUERY_KEY_COUNT) * 4), QUERY_EMIT_KEYS);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  layRow(query);
}

function readLead(query: usize): void {
  openLead(query);
  readKeys(query);
  readAggregates(query);
  readCode(query + QUERY_EMIT, query + QUERY_EMIT_COUNT);
  store<u32>(query, readOptionalRegister(), QUERY_HAVING);
  layRow(query);
}

function readShape(query: usize): void {
  const word: u32 = readWord();
  const shape: u32 = word & 7;
  const results: bool = (word & WINDOW_OF_RESULTS) !== 0;
  const size: i64 = readLong();
  const step: i64 = readLong();
  const offset: i64 = readLong();
  store<u32>(query, word, QUERY_SHAPE);
  store<i64>(query, size, QUERY_SIZE);
  store<i64>(query, step, QUERY_STEP);
  store<i64>(query, offset, QUERY_OFFSET);
  store<i64>(query, results ? offset + size : offset, QUERY_SLICE_OFFSET);
  store<i64>(query, readLong(), QUERY_UNITS);
  requireProgram(shape >= <u32>WINDOW_TUMBLING && shape <= <u32>WINDOW_SESSION);
  requireProgram(shape !== WINDOW_SESSION || (size === step && !results));
  requireProgram(size > 0 && step > 0 && load<i64>(query, QUERY_UNITS) > 0);
  requireProgram(shape === WINDOW_HOPPING || size % step === 0);
  requireProgram(shape !== WINDOW_TUMBLING || size === step);
  store<i64>(query, results ? step : sliceSize(size, step), QUERY_SLICE);
  requireProgram(
    results || shape === WINDOW_TUMBLING || shape === WINDOW_SESSION || size / step < sliceSize(size, step),
  );
  store<i64>(query, i64.MIN_VALUE, QUERY_EMITTED);
  store<i64>(query, i64.MIN_VALUE, QUERY_FRONT_END);
}

function readKeys(query: usize): void {
  const count: u32 = readWord();
  const keys: usize = allocateZeroed(count * KEY_BYTES + KEY_BYTES);
  store<u32>(query, count, QUERY_KEY_COUNT);
  store<u32>(query, <u32>keys, QUERY_KEYS);
  for (let i: u32 = 0; i < count; i++) {
    const key: usize = keys + i * KEY_BYTES;
    store<u32>(key, readRegister(), KEY_REGISTER);
    store<u32>(key, readWord(), KEY_TYPE);
    store<u32>(key, u32(i + 1 === count), KEY_LAST);
  }
}

function readAggregates(query: usize): void {
  const count: u32 = readWord();
  const aggregates: usize = allocateZeroed(count * AGG_BYTES + AGG_BYTES);
  store<u32>(query, count, QUERY_AGGREGATE_COUNT);
  store<u32>(query, <u32>aggregates, QUERY_AGGREGATES);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = aggregates + i * AGG_BYTES;
    store<u32>(aggregate, readWord(), AGG_FUNCTION);
    store<u32>(aggregate, readOptionalRegister(), AGG_ARGUMENT);
    store<u32>(aggregate, readWord(), AGG_TYPE);
    store<u32>(aggregate, readWord(), AGG_DISTINCT);
    store<u32>(aggregate, readOptionalRegister(), AGG_FILTER);
    store<u32>(aggregate, readRegister(), AGG_RESULT);
    store<u32>(aggregate, readWord(), AGG_RESULT_TYPE);
    readParameter(aggregate);
    const state: u32 = chooseState(query, aggregate);
    requireProgram(state !== 0);
    requireProgram(
      state !== STATE_AVG_DEC || load<u32>(aggregate, AGG_RESULT_TYPE) >> 16 >= load<u32>(aggregate, AGG_TYPE) >> 16,
    );
    requireProgram(load<u32>(aggregate, AGG_ARGUMENT) !== 0 || load<u32>(aggregate, AGG_FUNCTION) === AGGREGATE_COUNT);
    store<u32>(aggregate, state, AGG_STATE);
    if (isOrdered(state)) store<u32>(query, orderOf(query), QUERY_ORDER);
  }
}

function readParameter(aggregate: usize): void {
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const parameter: u32 = fn === AGGREGATE_LISTAGG ? readRegister() : readWord();
  store<u32>(aggregate, fn === AGGREGATE_COUNT_AUTO ? parameter & 0xff : parameter, AGG_LGK);
  store<u32>(aggregate, fn === AGGREGATE_COUNT_AUTO ? parameter >> 8 : 0, AGG_LIMIT);
}

function orderOf(query: usize): u32 {
  const kind: u32 = load<u32>(query, QUERY_KIND);
  const slices: bool = kind === QUERY_WINDOW && load<u32>(query, QUERY_SHAPE) !== WINDOW_SESSION;
  return load<u32>(query, QUERY_PARENT) === 0 && (slices || kind === QUERY_GROUP) ? ORDER_SOURCE : ORDER_ARRIVAL;
}

function chooseState(query: usize, aggregate: usize): u32 {
  let fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  if (load<u32>(query, QUERY_RETRACTED) === 0) return stateOf(fn, type);
  // Nothing can be taken back from a sketch: the bag counts exactly, however many values there are.
  if (fn === AGGREGATE_COUNT_AUTO) fn = AGGREGATE_COUNT;
  store<u32>(aggregate, fn, AGG_FUNCTION);
  const state: u32 = retractableState(fn, type, load<u32>(aggregate, AGG_DISTINCT) !== 0);
  // A bag is a set of its own.
  store<u32>(aggregate, 0, AGG_DISTINCT);
  return state;
}

/** Registers whose poison makes a bad row, with the item to name: keys and aggregates, or outputs. */
function makeChecks(query: usize, kind: u32): void {
  let keys: u32 = load<u32>(query, QUERY_KEY_COUNT);
  const aggregates: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  const outputs: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  const top: usize = load<u32>(query, QUERY_TOP);
  const cells: u32 = top === 0 ? 0 : load<u32>(top, TOP_CELLS);
  const sort: usize = load<u32>(query, QUERY_SORT);
  const sorted: u32 = sort === 0 ? 0 : load<u32>(sort, SORT_CELLS);
  const checks: usize = allocate((keys + aggregates * 2 + cells + sorted + outputs) * 8 + 8);
  store<u32>(query, <u32>checks, QUERY_CHECKS);
  let count: u32 = 0;
  if (kind === QUERY_JOIN) keys = 0;
  if (kind === QUERY_PROJECT || kind === QUERY_LATE_ROWS) {
    for (let i: u32 = 0; i < outputs; i++)
      count = addCheck(checks, count, load<u32>(load<u32>(query, QUERY_OUTPUTS) + i * OUTPUT_BYTES), i);
  }
  for (let i: u32 = 0; i < keys; i++) {
    count = addCheck(checks, count, load<u32>(load<u32>(query, QUERY_KEYS) + i * KEY_BYTES, KEY_REGISTER), i);
  }
  for (let i: u32 = 0; i < aggregates; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const argument: u32 = load<u32>(aggregate, AGG_ARGUMENT);
    const filter: u32 = load<u32>(aggregate, AGG_FILTER);
    if (argument !== 0) count = addCheck(checks, count, argument - 1, keys + i);
    if (filter !== 0) count = addCheck(checks, count, filter - 1, keys + i);
  }
  for (let i: u32 = 0; i < cells; i++) {
    count = addCheck(checks, count, load<u32>(top + TOP_HEADER + i * TOP_CELL_BYTES, TOP_FROM), keys + aggregates + i);
  }
  for (let i: u32 = 0; i < sorted; i++) {
    count = addCheck(checks, count, load<u32>(sort + SORT_HEADER + i * SORT_CELL_BYTES), keys + i);
  }
  store<u32>(query, count, QUERY_CHECK_COUNT);
}

function addCheck(checks: usize, count: u32, register: u32, item: u32): u32 {
  store<u32>(checks + (count << 3), register);
  store<u32>(checks + (count << 3), item, 4);
  return count + 1;
}
