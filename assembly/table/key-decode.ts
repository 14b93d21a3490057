// Keys of state rows back into registers, for emission. The inverse of key.ts, column by column with a cursor a lane. Strings
// of the last column are not copied: they point into the row or the slice's arena, which live until the batch is written.

import { validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { KEY_CURSOR, ROWS } from "../memory/vectors";
import { KEY_BYTES, KEY_LAST, KEY_TYPE, QUERY_EMIT_KEYS, QUERY_KEY_COUNT, QUERY_KEYS } from "../program/query";
import { narrowWidth } from "../program/type-width";
import { TYPE_BOOLEAN, TYPE_DECIMAL, TYPE_DOUBLE, TYPE_FLOAT, TYPE_STRING } from "../shared/abi";
import { ROW_KEY, ROW_KEY_LENGTH, ROW_LONG_KEY } from "./rows";

const INLINE: u32 = 16;
const SIGN: u64 = 1 << 63;

/** Address of a row's key bytes. */
export function keyBytes(row: usize): usize {
  return load<u32>(row, ROW_KEY_LENGTH) > INLINE ? <usize>load<u32>(row, ROW_LONG_KEY) : row + ROW_KEY;
}

/** Fills the emission's key registers from the rows in ROWS[0, lanes). */
export function decodeKeys(query: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) store<u32>(KEY_CURSOR + (i << 2), <u32>keyBytes(load<u32>(ROWS + (i << 2))));
  const count: u32 = load<u32>(query, QUERY_KEY_COUNT);
  for (let k: u32 = 0; k < count; k++) {
    const key: usize = load<u32>(query, QUERY_KEYS) + k * KEY_BYTES;
    decodeColumn(key, load<u32>(load<u32>(query, QUERY_EMIT_KEYS) + (k << 2)), lanes);
  }
}

function decodeColumn(key: usize, register: u32, lanes: u32): void {
  const type: u32 = load<u32>(key, KEY_TYPE) & 0xff;
  const last: bool = load<u32>(key, KEY_LAST) !== 0;
  const validity: usize = validityOf(register);
  const values: usize = valuesOf(register);
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = load<u32>(KEY_CURSOR + (i << 2));
    const valid: bool = load<u8>(at) !== 0;
    store<u8>(validity + i, u8(valid));
    let end: usize = at + 1;
    if (!valid) clearValue(type, values, i);
    else if (type !== TYPE_STRING) end = readValue(end, type, values, i);
    else if (last) readLastString(end, values + (i << 3), load<u32>(ROWS + (i << 2)));
    else end = readString(end, values + (i << 3));
    store<u32>(KEY_CURSOR + (i << 2), <u32>end);
  }
}

function clearValue(type: u32, values: usize, lane: u32): void {
  if (type === TYPE_BOOLEAN) store<u8>(values + lane, 0);
  else if (type === TYPE_DECIMAL) v128.store(values + (lane << 4), i64x2.splat(0));
  else store<u64>(values + (lane << 3), 0);
}

function readValue(at: usize, type: u32, values: usize, lane: u32): usize {
  if (type === TYPE_BOOLEAN) {
    store<u8>(values + lane, load<u8>(at));
    return at + 1;
  }
  if (type === TYPE_DECIMAL) {
    store<u64>(values + (lane << 4), bswap<u64>(load<u64>(at)) ^ SIGN, 8);
    store<u64>(values + (lane << 4), bswap<u64>(load<u64>(at, 8)));
    return at + 16;
  }
  const width: u32 = narrowWidth(type);
  store<u64>(
    values + (lane << 3),
    type === TYPE_DOUBLE || type === TYPE_FLOAT ? readFloat(at, type) : readInteger(at, width),
  );
  return at + width;
}

/** Bits of the f64 that a FLOAT or DOUBLE is kept as. */
function readFloat(at: usize, type: u32): u64 {
  if (type === TYPE_DOUBLE) {
    const ordered: u64 = bswap<u64>(load<u64>(at));
    return (ordered & SIGN) !== 0 ? ordered ^ SIGN : ~ordered;
  }
  const narrow: u32 = bswap<u32>(load<u32>(at));
  const bits: u32 = (narrow & 0x80000000) !== 0 ? narrow ^ 0x80000000 : ~narrow;
  return reinterpret<u64>(<f64>reinterpret<f32>(bits));
}

function readInteger(at: usize, width: u32): u64 {
  if (width === 8) return bswap<u64>(load<u64>(at)) ^ SIGN;
  if (width === 4) return <u64>(<i64>(<i32>(bswap<u32>(load<u32>(at)) ^ 0x80000000)));
  if (width === 2) return <u64>(<i64>(<i16>(bswap<u16>(load<u16>(at)) ^ 0x8000)));
  return <u64>(<i64>(<i8>(load<u8>(at) ^ 0x80)));
}

function readLastString(at: usize, value: usize, row: usize): void {
  const end: usize = keyBytes(row) + load<u32>(row, ROW_KEY_LENGTH);
  store<u32>(value, <u32>at);
  store<u32>(value, <u32>(end - at), 4);
}

/** Ends at a zero byte that no FF follows; is copied only where it holds zero bytes. */
function readString(at: usize, value: usize): usize {
  let end: usize = at;
  let zeros: u32 = 0;
  while (true) {
    if (load<u8>(end) !== 0) {
      end++;
    } else if (load<u8>(end, 1) === 0xff) {
      zeros++;
      end += 2;
    } else {
      break;
    }
  }
  const length: u32 = <u32>(end - at) - zeros;
  store<u32>(value, zeros === 0 ? <u32>at : <u32>plainBytes(at, length));
  store<u32>(value, length, 4);
  return end + 1;
}

function plainBytes(from: usize, length: u32): usize {
  const to: usize = scratchAllocate(length);
  let at: usize = from;
  for (let i: u32 = 0; i < length; i++) {
    const byte: u8 = load<u8>(at);
    store<u8>(to + i, byte);
    at += byte === 0 ? 2 : 1;
  }
  return to;
}
