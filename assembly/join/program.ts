// Reads the program of a join: its sides (table.ts), of one of windows what leaves (windows.ts), of one by time its bounds (interval.ts).
import { allocate, allocateZeroed } from "../memory/heap";
import {
  KEY_BYTES,
  KEY_REGISTER,
  QUERY_ADVANCED,
  QUERY_INTERVAL,
  QUERY_JOIN_TYPE,
  QUERY_KEY_COUNT,
  QUERY_KEYS,
  QUERY_SIDES,
  QUERY_WINDOWED,
} from "../program/query";
import { readBytes, readLong, readRegister, readWord, requireProgram } from "../program/reader";
import { JOIN_INTERVAL, JOIN_NOT_IN, JOIN_WINDOWS } from "../shared/abi";
import { INTERVAL_BYTES, INTERVAL_LEAST, INTERVAL_MOST, INTERVAL_SLICE } from "./interval";
import {
  SIDE_BYTES,
  SIDE_COLUMN_COUNT,
  SIDE_COLUMNS,
  SIDE_JUDGED,
  SIDE_KEPT,
  SIDE_KEYS,
  SIDE_QUERY,
  SIDE_TIME,
  SIDE_UNITS,
} from "./table";

/** A slice is half as long as the bounds are apart: a row looks for mates in three, and leaves so much later than it might. */
const PARTS: i64 = 2;
const LEAST_SLICE_MS: i64 = 1000;

/** Behind the keys, whose registers are those of the left side. */
export function openJoin(query: usize): void {
  const sides: usize = allocateZeroed(2 * SIDE_BYTES);
  store<u32>(query, <u32>sides, QUERY_SIDES);
  readSide(query, sides, load<u32>(query, QUERY_KEYS));
  const bytes: u32 = load<u32>(query, QUERY_KEY_COUNT) * KEY_BYTES + KEY_BYTES;
  const right: usize = allocate(bytes);
  memory.copy(right, load<u32>(query, QUERY_KEYS), bytes);
  readSide(query, sides + SIDE_BYTES, right);
  store<i64>(query, i64.MIN_VALUE, QUERY_ADVANCED);
  if (load<u32>(query, QUERY_WINDOWED) === JOIN_INTERVAL) readInterval(query, sides);
  if (load<u32>(query, QUERY_WINDOWED) === JOIN_WINDOWS) readWindows(query, sides);
}

/** The query that gives a side is known by its number + 1 until all are read. */
function readSide(query: usize, side: usize, keys: usize): void {
  const count: u32 = load<u32>(query, QUERY_KEY_COUNT);
  store<u32>(side, readWord(), SIDE_QUERY);
  store<u32>(side, readWord(), SIDE_KEPT);
  for (let i: u32 = 0; i < count; i++) store<u32>(keys + i * KEY_BYTES, readRegister(), KEY_REGISTER);
  const columns: u32 = readWord();
  store<u32>(side, <u32>keys, SIDE_KEYS);
  store<u32>(side, <u32>readBytes(columns * 8), SIDE_COLUMNS);
  store<u32>(side, columns, SIDE_COLUMN_COUNT);
}

function readWindows(query: usize, sides: usize): void {
  store<u32>(query, readWord(), QUERY_JOIN_TYPE);
  requireProgram(load<u32>(query, QUERY_JOIN_TYPE) <= <u32>JOIN_NOT_IN && load<u32>(query, QUERY_KEY_COUNT) !== 0);
  for (let i: u32 = 0; i < 2; i++) {
    const side: usize = sides + i * SIDE_BYTES;
    store<i64>(side, readLong(), SIDE_UNITS);
    store<u32>(side, readWord(), SIDE_JUDGED);
    requireProgram(load<i64>(side, SIDE_UNITS) > 0);
  }
}

function readInterval(query: usize, sides: usize): void {
  const interval: usize = allocateZeroed(INTERVAL_BYTES);
  store<u32>(query, <u32>interval, QUERY_INTERVAL);
  const least: i64 = readLong();
  const most: i64 = readLong();
  requireProgram(least <= most);
  store<i64>(interval, least, INTERVAL_LEAST);
  store<i64>(interval, most, INTERVAL_MOST);
  store<i64>(interval, max<i64>(LEAST_SLICE_MS, (most - least) / PARTS), INTERVAL_SLICE);
  for (let i: u32 = 0; i < 2; i++) {
    const side: usize = sides + i * SIDE_BYTES;
    store<u32>(side, readRegister(), SIDE_TIME);
    store<i64>(side, readLong(), SIDE_UNITS);
    store<u32>(side, readWord(), SIDE_JUDGED);
    requireProgram(load<i64>(side, SIDE_UNITS) > 0);
  }
}
