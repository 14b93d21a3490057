// Registers to result columns in Arrow's layout: validity bitmaps with the least bit first, int32 offsets, values as narrow
// as their type. A query owns its buffers and fills them anew for every batch of at most VECTOR_ROWS rows.
import { allocate, allocateZeroed, release } from "./memory/heap";
import { validityOf, valuesOf } from "./memory/registers";
import { QUERY_BATCH, QUERY_OPS, QUERY_OUTPUT_COUNT, QUERY_OUTPUTS } from "./program/query";
import { readRegister, readWord } from "./program/reader";
import { narrowWidth } from "./program/type-width";
import {
  COLUMN_BYTES,
  COLUMN_OFFSETS,
  COLUMN_VALIDITY,
  COLUMN_VALUES,
  COLUMN_VALUES_BYTES,
  OUTPUT_COLUMNS,
  OUTPUT_OPS,
  OUTPUT_ROWS,
  TYPE_BOOLEAN,
  TYPE_FLOAT,
  TYPE_STRING,
} from "./shared/abi";
import { VECTOR_ROWS } from "./shared/layout";

// Output: 0 u32 register   4 u32 type   8 u32 validity buffer   12 u32 values buffer   16 u32 its capacity   20 u32 offsets
const REGISTER = 0;
const TYPE = 4;
const VALIDITY = 8;
const VALUES = 12;
const CAPACITY = 16;
const OFFSETS = 20;
export const OUTPUT_BYTES: u32 = 32;
const FIRST_STRING_BYTES: u32 = 32 << 10;
/** int32 offsets end here. */
const MOST_STRING_BYTES: u64 = 0x7fffffff;

export function openOutputs(query: usize): void {
  const count: u32 = readWord();
  const outputs: usize = allocateZeroed(count * OUTPUT_BYTES + OUTPUT_BYTES);
  store<u32>(query, count, QUERY_OUTPUT_COUNT);
  store<u32>(query, <u32>outputs, QUERY_OUTPUTS);
  store<u32>(query, <u32>allocateZeroed(OUTPUT_COLUMNS + count * COLUMN_BYTES), QUERY_BATCH);
  for (let i: u32 = 0; i < count; i++) {
    const output: usize = outputs + i * OUTPUT_BYTES;
    store<u32>(output, readRegister(), REGISTER);
    store<u32>(output, readWord(), TYPE);
    const type: u32 = load<u32>(output, TYPE) & 0xff;
    const bytes: u32 = type === TYPE_STRING ? FIRST_STRING_BYTES : VECTOR_ROWS * narrowWidth(type);
    store<u32>(output, <u32>allocate(VECTOR_ROWS / 8), VALIDITY);
    store<u32>(output, <u32>allocate(bytes), VALUES);
    store<u32>(output, bytes, CAPACITY);
    if (type === TYPE_STRING) store<u32>(output, <u32>allocate((VECTOR_ROWS + 1) * 4), OFFSETS);
  }
}

export function closeOutputs(query: usize): void {
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const output: usize = load<u32>(query, QUERY_OUTPUTS) + i * OUTPUT_BYTES;
    release(load<u32>(output, VALIDITY));
    release(load<u32>(output, VALUES));
    release(load<u32>(output, OFFSETS));
  }
  release(load<u32>(query, QUERY_OUTPUTS));
  release(load<u32>(query, QUERY_BATCH));
}

/** Fills the query's batch with lanes [0, rows) of its output registers. */
export function writeOutputs(query: usize, rows: u32): void {
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  const batch: usize = load<u32>(query, QUERY_BATCH);
  store<u32>(batch, rows, OUTPUT_ROWS);
  store<u32>(batch, load<u32>(query, QUERY_OPS), OUTPUT_OPS);
  for (let i: u32 = 0; i < count; i++) {
    const output: usize = load<u32>(query, QUERY_OUTPUTS) + i * OUTPUT_BYTES;
    writeColumn(output, batch + OUTPUT_COLUMNS + i * COLUMN_BYTES, rows);
  }
}

function writeColumn(output: usize, column: usize, rows: u32): void {
  const register: u32 = load<u32>(output, REGISTER);
  const type: u32 = load<u32>(output, TYPE) & 0xff;
  const validity: usize = validityOf(register);
  const nulls: bool = packLanes(validity, load<u32>(output, VALIDITY), rows);
  store<u32>(column, nulls ? load<u32>(output, VALIDITY) : 0, COLUMN_VALIDITY);
  if (type === TYPE_STRING) {
    makeStringRoom(output, valuesOf(register), validity, rows);
    store<u32>(column, load<u32>(output, OFFSETS), COLUMN_OFFSETS);
    store<u32>(column, copyStrings(output, valuesOf(register), validity, rows), COLUMN_VALUES_BYTES);
  } else if (type === TYPE_BOOLEAN) {
    packLanes(valuesOf(register), load<u32>(output, VALUES), rows);
    store<u32>(column, (rows + 7) >> 3, COLUMN_VALUES_BYTES);
  } else {
    narrow(valuesOf(register), load<u32>(output, VALUES), type, rows);
    store<u32>(column, rows * narrowWidth(type), COLUMN_VALUES_BYTES);
  }
  store<u32>(column, load<u32>(output, VALUES), COLUMN_VALUES);
}

/** Bytes 0 and 1 to bits, least first. True when a byte is not 1. */
function packLanes(lanes: usize, bits: usize, rows: u32): bool {
  let all: u32 = 0xffff;
  for (let i: u32 = 0; i < rows; i += 16) {
    const ones: v128 = i8x16.eq(v128.load(lanes + i), i8x16.splat(1));
    const inside: u32 = rows - i >= 16 ? 0xffff : (1 << (rows - i)) - 1;
    const mask: u32 = <u32>i8x16.bitmask(ones) & inside;
    store<u16>(bits + (i >> 3), <u16>mask);
    all &= mask | ~inside;
  }
  return (all & 0xffff) !== 0xffff;
}

function narrow(from: usize, to: usize, type: u32, rows: u32): void {
  switch (narrowWidth(type)) {
    case 1:
      for (let i: u32 = 0; i < rows; i++) store<u8>(to + i, load<u8>(from + (i << 3)));
      break;
    case 2:
      for (let i: u32 = 0; i < rows; i++) store<u16>(to + (i << 1), load<u16>(from + (i << 3)));
      break;
    case 4:
      if (type === TYPE_FLOAT) narrowFloats(from, to, rows);
      else for (let i: u32 = 0; i < rows; i++) store<u32>(to + (i << 2), load<u32>(from + (i << 3)));
      break;
    case 16:
      memory.copy(to, from, rows << 4);
      break;
    default:
      memory.copy(to, from, rows << 3);
      break;
  }
}

function narrowFloats(from: usize, to: usize, rows: u32): void {
  for (let i: u32 = 0; i < rows; i++) store<f32>(to + (i << 2), <f32>load<f64>(from + (i << 3)));
}

function makeStringRoom(output: usize, strings: usize, validity: usize, rows: u32): void {
  let total: u64 = 0;
  for (let i: u32 = 0; i < rows; i++) {
    total += load<u8>(validity + i) === 1 ? <u64>load<u32>(strings + (i << 3), 4) : 0;
  }
  if (total > MOST_STRING_BYTES) unreachable();
  if (total <= <u64>load<u32>(output, CAPACITY)) return;
  release(load<u32>(output, VALUES));
  store<u32>(output, <u32>allocate(<usize>total), VALUES);
  store<u32>(output, <u32>total, CAPACITY);
}

/** Returns the bytes copied. */
function copyStrings(output: usize, strings: usize, validity: usize, rows: u32): u32 {
  const offsets: usize = load<u32>(output, OFFSETS);
  const values: usize = load<u32>(output, VALUES);
  let end: u32 = 0;
  store<i32>(offsets, 0);
  for (let i: u32 = 0; i < rows; i++) {
    if (load<u8>(validity + i) === 1) {
      const length: u32 = load<u32>(strings + (i << 3), 4);
      memory.copy(values + end, load<u32>(strings + (i << 3)), length);
      end += length;
    }
    store<u32>(offsets + (i << 2), end, 4);
  }
  return end;
}
