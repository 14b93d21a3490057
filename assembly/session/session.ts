// A session as a state row of its key's table: [start, end), end being its last row's time + the gap. The table has a row a key,
// which is the key's first session; further sessions of the key hang on it, in a
// slice of their own, since every row of a table is found by its key. A row that holds no session is free for the next
// one of its key. Sessions of one key never touch, so a row of a stream touches two of them at most.
//
// Slot of a row, 24 bytes: 0 i64 start   8 i64 end, both in time units   16 u32 next row of the key   20 u32 ROW_*
import { releaseState } from "../aggregate/release";
import { QUERY_FRAME, QUERY_ROW_BYTES, QUERY_SESSIONS, QUERY_SESSIONS_DEAD, QUERY_TEMPLATE } from "../program/query";
import { COUNT_GROUPS } from "../shared/abi";
import { appendRow, ROW_PRESENCE } from "../table/rows";
import { addTo, sliceFor } from "../window/slices";

export const SESSION_SLOT_BYTES: u32 = 24;
const END: usize = 8;
const NEXT: usize = 16;
const FLAGS: usize = 20;
/** It holds a session. */
const LIVE: u32 = 1;
/** It is named in a file (close.ts), maybe for a session that it holds no more. */
const FILED: u32 = 2;
/** Key of the slice with further sessions; that of the table is 0. */
const FURTHER: i64 = 1;

function slotOf(query: usize, row: usize): usize {
  return row + load<u32>(query, QUERY_FRAME);
}

export function sessionStart(query: usize, row: usize): i64 {
  return load<i64>(slotOf(query, row));
}

export function sessionEnd(query: usize, row: usize): i64 {
  return load<i64>(slotOf(query, row), END);
}

export function isLive(query: usize, row: usize): bool {
  return (load<u32>(slotOf(query, row), FLAGS) & LIVE) !== 0;
}

export function markFiled(query: usize, row: usize, filed: bool): void {
  const at: usize = slotOf(query, row);
  const flags: u32 = load<u32>(at, FLAGS);
  store<u32>(at, filed ? flags | FILED : flags & ~FILED, FLAGS);
}

/** The next row of the key, 0 = none. */
export function nextSession(query: usize, row: usize): usize {
  return load<u32>(slotOf(query, row), NEXT);
}

/** Makes the session as long as it has to be for [start, end). */
export function widen(query: usize, row: usize, start: i64, end: i64): void {
  const slot: usize = slotOf(query, row);
  store<i64>(slot, min<i64>(load<i64>(slot), start));
  store<i64>(slot, max<i64>(load<i64>(slot, END), end), END);
}

function isTaken(query: usize, row: usize): bool {
  return load<u32>(slotOf(query, row), FLAGS) !== 0;
}

/** A row of the key whose first row is `head`, with the session [start, end). */
export function beginSession(query: usize, head: usize, start: i64, end: i64): usize {
  let row: usize = head;
  while (isTaken(query, row) && nextSession(query, row) !== 0) row = nextSession(query, row);
  if (isTaken(query, row)) {
    const last: usize = slotOf(query, row);
    row = appendRow(sliceFor(query, FURTHER), load<u32>(query, QUERY_TEMPLATE), load<u32>(query, QUERY_ROW_BYTES));
    // The key, as its first row has it.
    memory.copy(row, head, ROW_PRESENCE);
    store<u32>(last, <u32>row, NEXT);
  }
  const slot: usize = slotOf(query, row);
  store<i64>(slot, start);
  store<i64>(slot, end, END);
  store<u32>(slot, LIVE, FLAGS);
  store<u32>(query, load<u32>(query, QUERY_SESSIONS) + 1, QUERY_SESSIONS);
  addTo(query, COUNT_GROUPS, 1);
  return row;
}

/** The row holds no session any more, and what its state owned is given back. */
export function endSession(query: usize, row: usize): void {
  const template: usize = load<u32>(query, QUERY_TEMPLATE);
  const slot: u32 = load<u32>(query, QUERY_FRAME);
  const next: u32 = load<u32>(row + slot, NEXT);
  const filed: u32 = load<u32>(row + slot, FLAGS) & FILED;
  releaseState(query, row);
  memory.copy(row + ROW_PRESENCE, template + ROW_PRESENCE, load<u32>(query, QUERY_ROW_BYTES) - ROW_PRESENCE);
  store<u32>(row + slot, next, NEXT);
  store<u32>(row + slot, filed, FLAGS);
  store<u32>(query, load<u32>(query, QUERY_SESSIONS) - 1, QUERY_SESSIONS);
  store<u32>(query, load<u32>(query, QUERY_SESSIONS_DEAD) + 1, QUERY_SESSIONS_DEAD);
  addTo(query, COUNT_GROUPS, -1);
}
