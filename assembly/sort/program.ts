// Reads the program of a sort (sort.ts): its time, what a row carries, and no rows yet.
import { allocateZeroed } from "../memory/heap";
import { QUERY_ADVANCED, QUERY_SORT, QUERY_TIME, QUERY_UNITS } from "../program/query";
import { readLong, readRegister, readWord, requireProgram } from "../program/reader";
import { SORT_CELL_BYTES, SORT_CELLS, SORT_FLAGS, SORT_HEADER, SORT_LEFT } from "./sort";

export function openSort(query: usize): void {
  store<u32>(query, readRegister(), QUERY_TIME);
  store<i64>(query, readLong(), QUERY_UNITS);
  requireProgram(load<i64>(query, QUERY_UNITS) > 0);
  store<i64>(query, i64.MIN_VALUE, QUERY_ADVANCED);
  const flags: u32 = readWord();
  const cells: u32 = readWord();
  const sort: usize = allocateZeroed(SORT_HEADER + cells * SORT_CELL_BYTES);
  store<u32>(query, <u32>sort, QUERY_SORT);
  store<u32>(sort, cells, SORT_CELLS);
  store<u32>(sort, flags, SORT_FLAGS);
  store<i64>(sort, i64.MIN_VALUE, SORT_LEFT);
  for (let i: u32 = 0; i < cells; i++) {
    store<u32>(sort + SORT_HEADER + i * SORT_CELL_BYTES, readRegister());
    store<u32>(sort + SORT_HEADER + i * SORT_CELL_BYTES, readRegister(), 4);
  }
}
