// A query that reads the rows of several others: each is a side of it, as joins have them, whose output registers become the
// registers that the query reads.
import { SIDE_BYTES, SIDE_COLUMN_COUNT, SIDE_COLUMNS, SIDE_QUERY } from "../join/table";
import { allocateZeroed } from "../memory/heap";
import { alias } from "../memory/registers";
import { QUERY_PARENT, QUERY_SIDE_COUNT, QUERY_SIDES } from "./query";
import { readBytes, readWord, requireProgram } from "./reader";

/** Queries whose rows this one reads, where these are several. */
export function readUnited(query: usize): void {
  const count: u32 = readWord();
  if (count === 0) return;
  requireProgram(load<u32>(query, QUERY_PARENT) !== 0);
  const sides: usize = allocateZeroed(count * SIDE_BYTES);
  store<u32>(query, <u32>sides, QUERY_SIDES);
  store<u32>(query, count, QUERY_SIDE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const side: usize = sides + i * SIDE_BYTES;
    store<u32>(side, readWord(), SIDE_QUERY);
    const columns: u32 = readWord();
    store<u32>(side, <u32>readBytes(columns * 8), SIDE_COLUMNS);
    store<u32>(side, columns, SIDE_COLUMN_COUNT);
  }
}

/** Of several queries whose rows one reads, this one's columns become what it reads. */
export function aliasSide(side: usize): void {
  const columns: usize = load<u32>(side, SIDE_COLUMNS);
  const count: u32 = load<u32>(side, SIDE_COLUMN_COUNT);
  for (let i: u32 = 0; i < count; i++) alias(load<u32>(columns + (i << 3), 4), load<u32>(columns + (i << 3)));
}
