// Rows that a window query refuses because they are late, as rows of their own: queries of kind QUERY_LATE_ROWS read the source's
// registers and four more, which say what refused the row. They run before their parent's filter, as lateness does, and cost nothing
// where a vector has no late row.

import { validityOf, valuesOf } from "./memory/registers";
import { BEFORE, STARTS, VERDICT } from "./memory/vectors";
import { LATE_BEHIND, LATE_END, LATE_MARK, LATE_START, QUERY_LATE, QUERY_LENIENCE, QUERY_UNITS } from "./program/query";
import { VECTOR_ROWS } from "./shared/layout";
import { LANE_VALID } from "./shared/status";
import { closedEdge, lastEnd, startOf } from "./window/share";
import { VERDICT_DEAD, VERDICT_LATE, VERDICT_TAKE } from "./window/verdict";

/** Registers hold times in microseconds. */
const MICROSECONDS: i64 = 1000;

/** Late rows of the vector by VERDICT, which a window query has filled. */
export function countLate(rows: u32): u32 {
  let late: u32 = 0;
  for (let i: u32 = 0; i < rows; i++) late += u32(load<u8>(VERDICT + i) === VERDICT_LATE);
  return late;
}

/** VERDICT becomes TAKE for late rows and DEAD for the others. */
export function takeLate(rows: u32): void {
  for (let i: u32 = 0; i < rows; i++)
    store<u8>(VERDICT + i, load<u8>(VERDICT + i) === VERDICT_LATE ? <u8>VERDICT_TAKE : <u8>VERDICT_DEAD);
}

/**
 * Fills the registers of `query` at the rows that `parent` refused: the last window that did, the watermark it did it by, and for how
 * many ms the window had been closed by then.
 */
export function fillLate(query: usize, parent: usize, rows: u32): void {
  const late: usize = query + QUERY_LATE;
  const units: i64 = load<i64>(parent, QUERY_UNITS);
  const lenience: i64 = load<i64>(parent, QUERY_LENIENCE);
  const edge: i64 = closedEdge(parent);
  openRegister(load<u32>(late, LATE_START));
  openRegister(load<u32>(late, LATE_END));
  openRegister(load<u32>(late, LATE_MARK));
  openRegister(load<u32>(late, LATE_BEHIND));
  for (let i: u32 = 0; i < rows; i++) {
    if (load<u8>(VERDICT + i) !== VERDICT_LATE) continue;
    const end: i64 = lastEnd(parent, load<i64>(STARTS + (i << 3)));
    const own: i64 = load<i64>(BEFORE + (i << 3));
    // Its own partition's watermark, or the table's where that one came first.
    const refused: bool = own >= i64.MIN_VALUE + lenience && own - lenience >= end - units;
    const mark: i64 = refused ? own : edge - units;
    put(load<u32>(late, LATE_START), i, (startOf(parent, end) / units) * MICROSECONDS);
    put(load<u32>(late, LATE_END), i, (end / units) * MICROSECONDS);
    put(load<u32>(late, LATE_MARK), i, floorMs(mark, units) * MICROSECONDS);
    put(load<u32>(late, LATE_BEHIND), i, floorMs(mark - (end - units), units));
  }
}

function openRegister(register: u32): void {
  if (register !== 0) memory.fill(validityOf(register - 1), <u8>LANE_VALID, VECTOR_ROWS);
}

function put(register: u32, row: u32, value: i64): void {
  if (register !== 0) store<i64>(valuesOf(register - 1) + (row << 3), value);
}

function floorMs(time: i64, units: i64): i64 {
  return time / units - i64(time % units < 0);
}
