// Functions that make new bytes, in scratch memory: concatenation, replacement, padding, repetition, reversal. A result that
// is too long poisons its lane with ERR_ARGUMENT instead of taking the memory of a whole vector of such lanes: what grows by
// a number in the data may have MOST_GROWN bytes, what grows by its own texts MOST_BYTES.
import { scratchAllocate } from "../memory/scratch";
import { OP_STR_LPAD, OP_STR_REPEAT, OP_STR_REPLACE, OP_STR_REVERSE, OP_STR_RPAD } from "../shared/opcode";
import { ERR_ARGUMENT, LANE_NULL, LANE_VALID } from "../shared/status";
import { bytesOfCharacters, countCharacters, findBytes } from "./bytes";
import { aValues, bValues, cValues, dstValidity, dstValues } from "./operand";
import { storeText } from "./text";

/** 16 MiB. */
const MOST_BYTES: u64 = 1 << 24;
/** 1 MiB. */
export const MOST_GROWN: u64 = 1 << 20;

export function runMake(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = opcode === OP_STR_REVERSE ? a : bValues(ins);
  const three: bool = opcode === OP_STR_REPLACE || opcode === OP_STR_LPAD || opcode === OP_STR_RPAD;
  const c: usize = three ? cValues(ins) : b;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const at: usize = i << 3;
    store<u64>(dst + at, load<u64>(a + at));
    let lane: u32 = LANE_VALID;
    if (opcode === OP_STR_REVERSE) reverse(dst + at);
    else if (opcode === OP_STR_REPEAT) lane = repeat(dst + at, load<i64>(b + at));
    else if (opcode === OP_STR_REPLACE) lane = replace(dst + at, b + at, c + at);
    else lane = pad(dst + at, load<i64>(b + at), c + at, opcode === OP_STR_LPAD);
    store<u8>(valid + i, lane);
  }
}

/** The text of `a` and behind it that of `b`, stored at dst, which may be either. Gives the lane's validity. */
export function concatText(dst: usize, a: usize, b: usize): u32 {
  const left: usize = load<u32>(a);
  const leftBytes: u32 = load<u32>(a, 4);
  const right: usize = load<u32>(b);
  const rightBytes: u32 = load<u32>(b, 4);
  if (<u64>leftBytes + rightBytes > MOST_BYTES) return ERR_ARGUMENT;
  const at: usize = scratchAllocate(leftBytes + rightBytes);
  memory.copy(at, left, leftBytes);
  memory.copy(at + leftBytes, right, rightBytes);
  storeText(dst, at, leftBytes + rightBytes);
  return LANE_VALID;
}

function reverse(text: usize): void {
  const from: usize = load<u32>(text);
  const size: u32 = load<u32>(text, 4);
  const to: usize = scratchAllocate(size);
  let end: usize = to + size;
  let at: usize = from;
  while (at < from + size) {
    const bytes: u32 = bytesOfCharacters(at, <u32>(from + size - at), 1);
    end -= bytes;
    memory.copy(end, at, bytes);
    at += bytes;
  }
  storeText(text, to, size);
}

/** Appends `count` copies; gives the end. */
function copies(to: usize, from: usize, bytes: u32, count: u32): usize {
  let at: usize = to;
  for (let i: u32 = 0; i < count; i++) {
    memory.copy(at, from, bytes);
    at += bytes;
  }
  return at;
}

function repeat(text: usize, count: i64): u32 {
  const size: u32 = load<u32>(text, 4);
  if (count <= 0 || size === 0) {
    storeText(text, load<u32>(text), 0);
    return LANE_VALID;
  }
  if (<u64>count > MOST_GROWN || <u64>count * size > MOST_GROWN) return ERR_ARGUMENT;
  const to: usize = scratchAllocate(size * <u32>count);
  copies(to, load<u32>(text), size, <u32>count);
  storeText(text, to, size * <u32>count);
  return LANE_VALID;
}

/** Every occurrence, left to right. An empty needle stands between all characters, as in Java. */
function replace(text: usize, needle: usize, by: usize): u32 {
  const from: usize = load<u32>(text);
  const size: u32 = load<u32>(text, 4);
  const found: u64 = countMatches(from, size, needle);
  if (found === 0) return LANE_VALID;
  const taken: u32 = load<u32>(needle, 4);
  const given: u32 = load<u32>(by, 4);
  const total: u64 = <u64>size + found * given - found * taken;
  if (total > MOST_BYTES) return ERR_ARGUMENT;
  const to: usize = scratchAllocate(<u32>total);
  fillReplaced(to, text, needle, by);
  storeText(text, to, <u32>total);
  return LANE_VALID;
}

function countMatches(from: usize, size: u32, needle: usize): u64 {
  const length: u32 = load<u32>(needle, 4);
  if (length === 0) return <u64>countCharacters(from, size) + 1;
  let count: u64 = 0;
  let at: u32 = 0;
  while (true) {
    const found: i32 = findBytes(from + at, size - at, load<u32>(needle), length);
    if (found < 0) return count;
    count++;
    at += <u32>found + length;
  }
}

function fillReplaced(to: usize, text: usize, needle: usize, by: usize): void {
  const end: usize = <usize>load<u32>(text) + load<u32>(text, 4);
  const taken: u32 = load<u32>(needle, 4);
  let at: usize = load<u32>(text);
  let out: usize = to;
  while (true) {
    const found: i32 = taken === 0 ? 0 : findBytes(at, <u32>(end - at), load<u32>(needle), taken);
    const kept: u32 = found < 0 ? <u32>(end - at) : <u32>found;
    memory.copy(out, at, kept);
    out += kept;
    if (found < 0) return;
    out = copies(out, load<u32>(by), load<u32>(by, 4), 1);
    at += kept + taken;
    if (taken !== 0) continue;
    if (at >= end) return;
    const bytes: u32 = bytesOfCharacters(at, <u32>(end - at), 1);
    memory.copy(out, at, bytes);
    out += bytes;
    at += bytes;
  }
}

/** To exactly `length` characters, cut or filled; NULL for a negative length or an empty filling, as Flink. */
function pad(text: usize, length: i64, filling: usize, left: bool): u32 {
  const fill: usize = load<u32>(filling);
  const fillBytes: u32 = load<u32>(filling, 4);
  if (length < 0 || fillBytes === 0) return LANE_NULL;
  if (<u64>length > MOST_GROWN) return ERR_ARGUMENT;
  const from: usize = load<u32>(text);
  const size: u32 = load<u32>(text, 4);
  const own: u32 = countCharacters(from, size);
  if (own >= <u32>length) {
    storeText(text, from, bytesOfCharacters(from, size, <u32>length));
    return LANE_VALID;
  }
  const missing: u32 = <u32>length - own;
  const unit: u32 = countCharacters(fill, fillBytes);
  if (unit === 0) return LANE_NULL;
  const rest: u32 = bytesOfCharacters(fill, fillBytes, missing % unit);
  const added: u64 = <u64>(missing / unit) * fillBytes + rest;
  const to: usize = scratchAllocate(<u32>added + size);
  const start: usize = left ? to : to + size;
  memory.copy(copies(start, fill, fillBytes, missing / unit), fill, rest);
  memory.copy(left ? to + <usize>added : to, from, size);
  storeText(text, to, <u32>added + size);
  return LANE_VALID;
}
