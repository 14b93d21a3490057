// Group keys as memory-comparable bytes, so that byte order is SQL's order: per column a marker (0 = NULL, 1 = a value), then
// integers big-endian with the sign bit flipped, doubles by their order-preserving bits (-0.0 and 0.0 stay apart, equal NaN
// bits together), strings with 0x00 written 00 FF and closed by 00 unless they are the last column, which needs no end.
// Keys of up to 16 bytes are kept inline; of longer ones KEY16 holds { hash, address of the bytes }, which are zero-padded to a
// whole number of 8.

import { validityOf, valuesOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { KEY_CURSOR, KEY_HASH, KEY_LENGTH, KEY16 } from "../memory/vectors";
import { KEY_BYTES, KEY_LAST, KEY_REGISTER, KEY_TYPE, QUERY_KEY_COUNT, QUERY_KEYS } from "../program/query";
import { narrowWidth } from "../program/type-width";
import {
  TYPE_BIGINT,
  TYPE_BOOLEAN,
  TYPE_DECIMAL,
  TYPE_DOUBLE,
  TYPE_FLOAT,
  TYPE_STRING,
  TYPE_TIMESTAMP,
} from "../shared/abi";
import { hashPadded, hashPair, hashSeed } from "./hash";

const INLINE: u32 = 16;
const SIGN: u64 = 1 << 63;
/** 16 bytes of ones, then 16 of zeros: loaded at MASKS + 16 - n it keeps the first n bytes. */
const MASKS: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0,
]);

/** Fills KEY16, KEY_LENGTH and KEY_HASH of lanes [0, lanes). Returns whether a key is longer than what is kept inline. */
export function encodeKeys(query: usize, lanes: u32): bool {
  const keys: usize = load<u32>(query, QUERY_KEYS);
  const count: u32 = load<u32>(query, QUERY_KEY_COUNT);
  const type: u32 = load<u32>(keys, KEY_TYPE) & 0xff;
  const register: u32 = load<u32>(keys, KEY_REGISTER);
  if (count === 1 && type === TYPE_STRING) return encodeString(valuesOf(register), validityOf(register), lanes);
  if (count === 1 && (type === TYPE_BIGINT || type === TYPE_TIMESTAMP)) {
    encodeLong(valuesOf(register), validityOf(register), lanes);
    return false;
  }
  return encodeColumns(keys, count, lanes);
}

function encodeLong(values: usize, validity: usize, lanes: u32): void {
  const seed: u64 = hashSeed();
  for (let i: u32 = 0; i < lanes; i++) {
    const valid: bool = load<u8>(validity + i) === 1;
    const bits: u64 = bswap<u64>(load<u64>(values + (i << 3)) ^ SIGN);
    const low: u64 = valid ? (bits << 8) | 1 : 0;
    const high: u64 = valid ? bits >> 56 : 0;
    const length: u32 = valid ? 9 : 1;
    store<u64>(KEY16 + (i << 4), low);
    store<u64>(KEY16 + (i << 4), high, 8);
    store<u32>(KEY_LENGTH + (i << 2), length);
    store<u64>(KEY_HASH + (i << 3), hashPair(low ^ ((<u64>length) << 56), high, seed));
  }
}

/** One string column: what fits is masked and shifted behind its marker in two words, longer ones follow apart. */
function encodeString(values: usize, validity: usize, lanes: u32): bool {
  const seed: u64 = hashSeed();
  let longBytes: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const valid: bool = load<u8>(validity + i) === 1;
    const bytes: u32 = select<u32>(load<u32>(values + (i << 3), 4), 0, valid);
    const address: usize = select<u32>(load<u32>(values + (i << 3)), <u32>KEY16, valid);
    const mask: usize = MASKS + INLINE - min<u32>(bytes, INLINE);
    const first: u64 = load<u64>(address) & load<u64>(mask);
    const second: u64 = load<u64>(address, 8) & load<u64>(mask, 8);
    const low: u64 = (first << 8) | u64(valid);
    const high: u64 = (second << 8) | (first >> 56);
    store<u64>(KEY16 + (i << 4), low);
    store<u64>(KEY16 + (i << 4), high, 8);
    store<u32>(KEY_LENGTH + (i << 2), bytes + 1);
    store<u64>(KEY_HASH + (i << 3), hashPair(low ^ ((<u64>(bytes + 1)) << 56), high, seed));
    longBytes += select<u32>(bytes + 24, 0, bytes >= INLINE);
  }
  if (longBytes !== 0) encodeLongStrings(values, lanes, longBytes);
  return longBytes !== 0;
}

function encodeLongStrings(values: usize, lanes: u32, room: u32): void {
  let to: usize = scratchAllocate(room);
  for (let i: u32 = 0; i < lanes; i++) {
    const length: u32 = load<u32>(KEY_LENGTH + (i << 2));
    if (length <= INLINE) continue;
    const padded: u32 = (length + 7) & ~7;
    store<u64>(to + padded - 8, 0);
    store<u8>(to, 1);
    memory.copy(to + 1, load<u32>(values + (i << 3)), length - 1);
    finishLong(i, to, length);
    to += padded;
  }
}

function finishLong(lane: u32, address: usize, length: u32): void {
  const hash: u64 = hashPadded(address, length, hashSeed());
  store<u64>(KEY_HASH + (lane << 3), hash);
  store<u64>(KEY16 + (lane << 4), hash);
  store<u64>(KEY16 + (lane << 4), <u64>address, 8);
}

/** Any number of columns: lengths first, then each column behind the ones before. */
function encodeColumns(keys: usize, count: u32, lanes: u32): bool {
  memory.fill(KEY_LENGTH, 0, lanes << 2);
  for (let k: u32 = 0; k < count; k++) measure(keys + k * KEY_BYTES, lanes);
  let room: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const length: u32 = load<u32>(KEY_LENGTH + (i << 2));
    room += length > INLINE ? (length + 7) & ~7 : 0;
  }
  let to: usize = room !== 0 ? scratchAllocate(room) : 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const length: u32 = load<u32>(KEY_LENGTH + (i << 2));
    v128.store(KEY16 + (i << 4), i64x2.splat(0));
    const long: bool = length > INLINE;
    const padded: u32 = (length + 7) & ~7;
    if (long) store<u64>(to + padded - 8, 0);
    store<u32>(KEY_CURSOR + (i << 2), long ? <u32>to : <u32>(KEY16 + (i << 4)));
    if (long) store<u32>(KEY16 + (i << 4), <u32>to, 8);
    to += select<usize>(padded, 0, long);
  }
  for (let k: u32 = 0; k < count; k++) writeColumn(keys + k * KEY_BYTES, lanes);
  finishColumns(lanes);
  return room !== 0;
}

function finishColumns(lanes: u32): void {
  const seed: u64 = hashSeed();
  for (let i: u32 = 0; i < lanes; i++) {
    const length: u32 = load<u32>(KEY_LENGTH + (i << 2));
    if (length > INLINE) {
      finishLong(i, load<u32>(KEY16 + (i << 4), 8), length);
      continue;
    }
    const low: u64 = load<u64>(KEY16 + (i << 4)) ^ ((<u64>length) << 56);
    store<u64>(KEY_HASH + (i << 3), hashPair(low, load<u64>(KEY16 + (i << 4), 8), seed));
  }
}

function measure(key: usize, lanes: u32): void {
  const register: u32 = load<u32>(key, KEY_REGISTER);
  const validity: usize = validityOf(register);
  const values: usize = valuesOf(register);
  const last: bool = load<u32>(key, KEY_LAST) !== 0;
  const strings: bool = (load<u32>(key, KEY_TYPE) & 0xff) === TYPE_STRING;
  const width: u32 = narrowWidth(load<u32>(key, KEY_TYPE));
  for (let i: u32 = 0; i < lanes; i++) {
    let bytes: u32 = width;
    if (load<u8>(validity + i) !== 1) bytes = 0;
    else if (strings) bytes = stringBytes(values + (i << 3), last);
    store<u32>(KEY_LENGTH + (i << 2), load<u32>(KEY_LENGTH + (i << 2)) + 1 + bytes);
  }
}

function stringBytes(value: usize, last: bool): u32 {
  const length: u32 = load<u32>(value, 4);
  if (last) return length;
  const address: usize = load<u32>(value);
  let zeros: u32 = 0;
  for (let i: u32 = 0; i < length; i++) zeros += u32(load<u8>(address + i) === 0);
  return length + zeros + 1;
}

function writeColumn(key: usize, lanes: u32): void {
  const register: u32 = load<u32>(key, KEY_REGISTER);
  const validity: usize = validityOf(register);
  const values: usize = valuesOf(register);
  const type: u32 = load<u32>(key, KEY_TYPE);
  const last: bool = load<u32>(key, KEY_LAST) !== 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const to: usize = load<u32>(KEY_CURSOR + (i << 2));
    const valid: bool = load<u8>(validity + i) === 1;
    store<u8>(to, u8(valid));
    let end: usize = to + 1;
    if (valid) end = writeValue(end, type & 0xff, values, i, last);
    store<u32>(KEY_CURSOR + (i << 2), <u32>end);
  }
}

/** Returns the address behind what it wrote. */
function writeValue(to: usize, type: u32, values: usize, lane: u32, last: bool): usize {
  const value: u64 = load<u64>(values + (lane << 3));
  if (type === TYPE_STRING) return writeString(to, values + (lane << 3), last);
  if (type === TYPE_BOOLEAN) {
    store<u8>(to, load<u8>(values + lane));
    return to + 1;
  }
  if (type === TYPE_DECIMAL) {
    store<u64>(to, bswap<u64>(load<u64>(values + (lane << 4), 8) ^ SIGN));
    store<u64>(to, bswap<u64>(load<u64>(values + (lane << 4))), 8);
    return to + 16;
  }
  if (type === TYPE_FLOAT) {
    const bits: u32 = reinterpret<u32>(<f32>reinterpret<f64>(value));
    store<u32>(to, bswap<u32>(bits >> 31 !== 0 ? ~bits : bits | 0x80000000));
    return to + 4;
  }
  const width: u32 = narrowWidth(type);
  const double: u64 = value >> 63 !== 0 ? ~value : value | SIGN;
  writeBytes(to, type === TYPE_DOUBLE ? double : biased(value, width), width);
  return to + width;
}

/** Sign bit of the narrow type flipped, in the low `width` bytes. */
function biased(value: u64, width: u32): u64 {
  return value ^ ((<u64>1) << ((width << 3) - 1));
}

function writeBytes(to: usize, value: u64, width: u32): void {
  if (width === 8) store<u64>(to, bswap<u64>(value));
  else if (width === 4) store<u32>(to, bswap<u32>(<u32>value));
  else if (width === 2) store<u16>(to, bswap<u16>(<u16>value));
  else store<u8>(to, <u8>value);
}

function writeString(to: usize, value: usize, last: bool): usize {
  const address: usize = load<u32>(value);
  const length: u32 = load<u32>(value, 4);
  if (last) {
    memory.copy(to, address, length);
    return to + length;
  }
  let end: usize = to;
  for (let i: u32 = 0; i < length; i++) {
    const byte: u32 = load<u8>(address + i);
    store<u8>(end++, <u8>byte);
    if (byte === 0) store<u8>(end++, 0xff);
  }
  store<u8>(end, 0);
  return end + 1;
}
