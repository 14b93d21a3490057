// Reads the program of the best rows a group (top.ts).
import { allocateZeroed } from "../memory/heap";
import { QUERY_TOP } from "../program/query";
import { readOptionalRegister, readRegister, readWord, requireProgram } from "../program/reader";
import { RANK_DENSE } from "../shared/abi";
import {
  TOP_CELL_BYTES,
  TOP_CELLS,
  TOP_DESCENDING,
  TOP_FROM,
  TOP_HEADER,
  TOP_KEEP,
  TOP_KIND,
  TOP_MOST,
  TOP_NULLS_FIRST,
  TOP_ORDER,
  TOP_RANK,
  TOP_TO,
  TOP_TOLD,
} from "./top";

export function openTop(query: usize): void {
  const most: u32 = readWord();
  const cells: u32 = readWord();
  requireProgram(most !== 0);
  const top: usize = allocateZeroed(TOP_HEADER + cells * TOP_CELL_BYTES);
  store<u32>(query, <u32>top, QUERY_TOP);
  store<u32>(top, most, TOP_MOST);
  store<u32>(top, cells, TOP_CELLS);
  store<u32>(top, readOptionalRegister(), TOP_RANK);
  store<u32>(top, readWord(), TOP_KIND);
  store<u32>(top, readWord(), TOP_ORDER);
  store<u32>(top, readWord(), TOP_TOLD);
  store<u32>(top, most, TOP_KEEP);
  requireProgram(load<u32>(top, TOP_KIND) <= <u32>RANK_DENSE && load<u32>(top, TOP_ORDER) <= cells);
  for (let i: u32 = 0; i < cells; i++) {
    const cell: usize = top + TOP_HEADER + i * TOP_CELL_BYTES;
    store<u32>(cell, readRegister(), TOP_FROM);
    store<u32>(cell, readOptionalRegister(), TOP_TO);
    store<u32>(cell, readWord(), TOP_DESCENDING);
    store<u32>(cell, readWord(), TOP_NULLS_FIRST);
  }
}
