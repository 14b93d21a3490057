// Joined rows. A join of windows gives those of windows that have closed (windows.ts). In any other join each row that came meets those
// of the other side that came before it, so a pair leaves once, when its second row is there: of all that were kept, or by time
// (interval.ts).
import { physicalOf, unalias, validityOf, valuesOf, widthOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ROWS } from "../memory/vectors";
import { QUERY_JOIN_FIRST, QUERY_JOIN_LAST, QUERY_JOIN_MATE, QUERY_WINDOWED } from "../program/query";
import { refusedQuery } from "../refusal";
import { settleLanes } from "../result";
import { JOIN_INTERVAL, JOIN_WINDOWS } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { LANE_NULL } from "../shared/status";
import { decodeKeys } from "../table/key-decode";
import { writeCell } from "../top/cells";
import { fillInterval } from "./interval";
import {
  entryAfter,
  entryCell,
  entryGroup,
  entrySide,
  firstEntry,
  hasNullKey,
  meet,
  metEntries,
  nextEntry,
  SIDE_COLUMN_COUNT,
  SIDE_COLUMNS,
  sideOf,
} from "./table";
import { fillWindows } from "./windows";

/** u32 a lane: its entry of the left side and of the right, 0 = none. */
let lefts: usize = 0;
let rights: usize = 0;

/** Fills the output registers with the next joined rows; returns their number, 0 at the end. */
export function emitJoined(query: usize): u32 {
  while (refusedQuery === 0) {
    lefts = scratchAllocate(VECTOR_ROWS << 2);
    rights = scratchAllocate(VECTOR_ROWS << 2);
    const timed: bool = load<u32>(query, QUERY_WINDOWED) === JOIN_INTERVAL;
    const lanes: u32 = timed ? fillInterval(query, lefts, rights) : fillLanes(query);
    if (lanes === 0) break;
    if (!timed) decodeKeys(query, lanes);
    writeSide(query, 0, lefts, lanes);
    writeSide(query, 1, rights, lanes);
    const rows: u32 = settleLanes(query, lanes, false);
    if (rows !== 0) return rows;
  }
  return 0;
}

function fillLanes(query: usize): u32 {
  const windowed: bool = load<u32>(query, QUERY_WINDOWED) === JOIN_WINDOWS;
  return windowed ? fillWindows(query, lefts, rights) : fillMeetings(query);
}

function addLane(lane: u32, row: usize, left: usize, right: usize): u32 {
  store<u32>(ROWS + (lane << 2), <u32>row);
  store<u32>(lefts + (lane << 2), <u32>left);
  store<u32>(rights + (lane << 2), <u32>right);
  return lane + 1;
}

/** Columns of a side; NULL where there is no entry. */
function writeSide(query: usize, side: u32, entries: usize, lanes: u32): void {
  const at: usize = sideOf(query, side);
  const columns: u32 = load<u32>(at, SIDE_COLUMN_COUNT);
  for (let c: u32 = 0; c < columns; c++) {
    const to: u32 = load<u32>(load<u32>(at, SIDE_COLUMNS) + (c << 3), 4);
    unalias(to);
    for (let i: u32 = 0; i < lanes; i++) {
      const entry: usize = load<u32>(entries + (i << 2));
      if (entry !== 0) writeCell(to, i, entryCell(entry, c));
      else clearLane(to, i);
    }
  }
}

function clearLane(register: u32, lane: u32): void {
  const width: u32 = widthOf(physicalOf(register));
  store<u8>(validityOf(register) + lane, <u8>LANE_NULL);
  memory.fill(valuesOf(register) + lane * width, 0, width);
}

/** Each row that came, in that order, with those of the other side that came before it. */
function fillMeetings(query: usize): u32 {
  let lanes: u32 = 0;
  let entry: usize = load<u32>(query, QUERY_JOIN_FIRST);
  while (entry !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = meetFrom(query, entry, lanes);
    if (load<u32>(query, QUERY_JOIN_MATE) !== 0) break;
    meet(query, entry);
    entry = entryAfter(entry);
    store<u32>(query, <u32>entry, QUERY_JOIN_FIRST);
  }
  if (entry === 0) store<u32>(query, 0, QUERY_JOIN_LAST);
  return lanes;
}

/** QUERY_JOIN_MATE is how many mates are left where the vector was full, 0 when all were met. */
function meetFrom(query: usize, entry: usize, lanes: u32): u32 {
  const row: usize = entryGroup(entry);
  const side: u32 = entrySide(entry);
  const met: u32 = hasNullKey(query, row) ? 0 : metEntries(query, row, 1 - side);
  let rest: u32 = load<u32>(query, QUERY_JOIN_MATE);
  if (rest === 0) rest = met;
  let mate: usize = firstEntry(query, row, 1 - side);
  for (let skip: u32 = met - rest; skip !== 0; skip--) mate = nextEntry(mate);
  while (rest !== 0 && lanes < <u32>VECTOR_ROWS) {
    lanes = addLane(lanes, row, side === 0 ? entry : mate, side === 0 ? mate : entry);
    mate = nextEntry(mate);
    rest--;
  }
  store<u32>(query, rest, QUERY_JOIN_MATE);
  return lanes;
}
