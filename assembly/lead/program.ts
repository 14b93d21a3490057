// Reads the program of LEAD (lead.ts).
import { allocateZeroed } from "../memory/heap";
import { QUERY_ADVANCED, QUERY_LEAD } from "../program/query";
import { readRegister, readWord, requireProgram } from "../program/reader";
import { LEAD_CARRIED, LEAD_CELL_BYTES, LEAD_HEADER, LEAD_READ, LEAD_ROWS, LEAD_THERE } from "./lead";

export function openLead(query: usize): void {
  const rows: u32 = readWord();
  const carried: u32 = readWord();
  const read: u32 = readWord();
  requireProgram(rows !== 0);
  const lead: usize = allocateZeroed(LEAD_HEADER + (carried + read) * LEAD_CELL_BYTES);
  store<u32>(query, <u32>lead, QUERY_LEAD);
  store<i64>(query, i64.MIN_VALUE, QUERY_ADVANCED);
  store<u32>(lead, rows, LEAD_ROWS);
  store<u32>(lead, carried, LEAD_CARRIED);
  store<u32>(lead, read, LEAD_READ);
  store<u32>(lead, readRegister(), LEAD_THERE);
  for (let i: u32 = 0; i < carried + read; i++) {
    store<u32>(lead + LEAD_HEADER + i * LEAD_CELL_BYTES, readRegister());
    store<u32>(lead + LEAD_HEADER + i * LEAD_CELL_BYTES, readRegister(), 4);
  }
}
