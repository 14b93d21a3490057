// Rows of registers kept beyond their vector, a cell of 24 bytes a value: 0 value (up to 16 bytes; a string { u32 address,
// u32 length } with bytes of its own), 16 u8 validity. What OVER keeps of its arguments looks the same (over/partition.ts).
import { compareBytes } from "../aggregate/extreme";
import { allocate, release } from "../memory/heap";
import { physicalOf, validityOf, valuesOf, widthOf } from "../memory/registers";
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_STR } from "../shared/layout";
import { LANE_NULL, LANE_VALID } from "../shared/status";

export const CELL_BYTES: u32 = 24;
/** Of the validity in a cell. */
export const CELL_VALID: usize = 16;

/** A lane of a register into a cell. The bytes of a string are not copied. */
export function readCell(register: u32, lane: u32, cell: usize): void {
  const valid: u32 = load<u8>(validityOf(register) + lane);
  store<u64>(cell, valid, CELL_VALID);
  v128.store(cell, i64x2.splat(0));
  if (valid === LANE_VALID) copyValue(cell, valuesOf(register) + lane * widthOf(physicalOf(register)), register);
}

/** A cell into a lane of a register. */
export function writeCell(register: u32, lane: u32, cell: usize): void {
  store<u8>(validityOf(register) + lane, load<u8>(cell, CELL_VALID));
  copyValue(valuesOf(register) + lane * widthOf(physicalOf(register)), cell, register);
}

function copyValue(to: usize, from: usize, register: u32): void {
  switch (widthOf(physicalOf(register))) {
    case 1:
      store<u8>(to, load<u8>(from));
      break;
    case 8:
      store<u64>(to, load<u64>(from));
      break;
    default:
      v128.store(to, v128.load(from));
      break;
  }
}

/** The cell takes bytes of its own when it is a string. */
export function ownCell(register: u32, cell: usize): void {
  if (physicalOf(register) !== PHYS_STR || load<u8>(cell, CELL_VALID) !== LANE_VALID) return;
  const length: u32 = load<u32>(cell, 4);
  const copy: usize = allocate(length + 8);
  memory.copy(copy, load<u32>(cell), length);
  store<u32>(cell, <u32>copy);
}

export function releaseCell(register: u32, cell: usize): void {
  if (physicalOf(register) === PHYS_STR && load<u8>(cell, CELL_VALID) === LANE_VALID) release(load<u32>(cell));
}

/** Less than, equal to or greater than 0 in ascending order; a NULL comes first or last as `nullsFirst` says, whatever the order. */
export function compareCells(register: u32, a: usize, b: usize, descending: bool, nullsFirst: bool): i32 {
  const left: u32 = load<u8>(a, CELL_VALID);
  const right: u32 = load<u8>(b, CELL_VALID);
  if (left !== right) return (left === LANE_NULL) === nullsFirst ? -1 : 1;
  if (left === LANE_NULL) return 0;
  const order: i32 = compareValues(physicalOf(register), a, b);
  return descending ? -order : order;
}

function compareValues(physical: u32, a: usize, b: usize): i32 {
  if (physical === PHYS_STR) {
    const order: i32 = compareBytes(load<u32>(a), load<u32>(a, 4), load<u32>(b), load<u32>(b, 4));
    return i32(order > 0) - i32(order < 0);
  }
  if (physical === PHYS_DEC) {
    const highs: i32 = compareLongs(load<i64>(a, 8), load<i64>(b, 8));
    if (highs !== 0) return highs;
    return i32(load<u64>(a) > load<u64>(b)) - i32(load<u64>(a) < load<u64>(b));
  }
  if (physical === PHYS_BOOL) return <i32>load<u8>(a) - <i32>load<u8>(b);
  if (physical === PHYS_F64) return compareLongs(orderedDouble(load<i64>(a)), orderedDouble(load<i64>(b)));
  return compareLongs(load<i64>(a), load<i64>(b));
}

function compareLongs(a: i64, b: i64): i32 {
  return i32(a > b) - i32(a < b);
}

/** -0 before 0, NaN last: the order in which doubles leave as keys. */
function orderedDouble(bits: i64): i64 {
  const value: f64 = reinterpret<f64>(bits);
  if (value !== value) return i64.MAX_VALUE;
  return bits ^ ((bits >> 63) & i64.MAX_VALUE);
}
