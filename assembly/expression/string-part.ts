// Functions whose result is a part of their argument: no byte is copied. SUBSTRING is Flink's: position 0 is 1, a negative
// one counts from the end, a start outside the string gives the empty string, a negative length NULL.
import {
  OP_STR_LEFT,
  OP_STR_RIGHT,
  OP_STR_SPLIT_INDEX,
  OP_STR_SUBSTRING,
  OP_STR_TRIM_LEADING,
  OP_STR_TRIM_TRAILING,
} from "../shared/opcode";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { bytesFromEnd, bytesOfCharacters, countCharacters, equalBytes, findBytes } from "./bytes";
import { aValues, bValues, cValues, dstValidity, dstValues } from "./operand";
import { storeText } from "./text";

export function runPart(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const three: bool = opcode === OP_STR_SUBSTRING || opcode === OP_STR_SPLIT_INDEX;
  const c: usize = three ? cValues(ins) : b;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const at: usize = i << 3;
    store<u64>(dst + at, load<u64>(a + at));
    if (opcode === OP_STR_SUBSTRING) {
      if (load<i64>(c + at) < 0) store<u8>(valid + i, LANE_NULL);
      else substring(dst + at, load<i64>(b + at), load<i64>(c + at));
    } else if (opcode === OP_STR_SPLIT_INDEX) {
      if (!splitIndex(dst + at, b + at, load<i64>(c + at))) store<u8>(valid + i, LANE_NULL);
    } else if (opcode === OP_STR_LEFT || opcode === OP_STR_RIGHT) {
      side(dst + at, load<i64>(b + at), opcode === OP_STR_RIGHT);
    } else {
      if (opcode !== OP_STR_TRIM_TRAILING) trimLeading(dst + at, b + at);
      if (opcode !== OP_STR_TRIM_LEADING) trimTrailing(dst + at, b + at);
    }
  }
}

function characters(count: i64): u32 {
  return count > 0x7fffffff ? 0x7fffffff : <u32>count;
}

function substring(part: usize, position: i64, length: i64): void {
  const text: usize = load<u32>(part);
  const size: u32 = load<u32>(part, 4);
  let skip: u32 = 0;
  if (position > 0) {
    skip = bytesOfCharacters(text, size, characters(position - 1));
  } else if (position < 0) {
    const total: i64 = <i64>countCharacters(text, size);
    if (total + position < 0) return storeText(part, text, 0);
    skip = size - bytesFromEnd(text, size, characters(-position));
  }
  storeText(part, text + skip, bytesOfCharacters(text + skip, size - skip, characters(length)));
}

function side(part: usize, length: i64, right: bool): void {
  const text: usize = load<u32>(part);
  const size: u32 = load<u32>(part, 4);
  if (length <= 0) return storeText(part, text, 0);
  if (!right) return storeText(part, text, bytesOfCharacters(text, size, characters(length)));
  const kept: u32 = bytesFromEnd(text, size, characters(length));
  storeText(part, text + size - kept, kept);
}

/** Bytes of the character that begins at `at`. */
function characterBytes(at: usize, end: usize): u32 {
  let next: usize = at + 1;
  while (next < end && (load<u8>(next) & 0xc0) === 0x80) next++;
  return <u32>(next - at);
}

/** Whether the character of `length` bytes at `at` is one of the set's. */
function inSet(set: usize, at: usize, length: u32): bool {
  let member: usize = load<u32>(set);
  const end: usize = member + load<u32>(set, 4);
  while (member < end) {
    const bytes: u32 = characterBytes(member, end);
    if (bytes === length && equalBytes(member, at, length)) return true;
    member += bytes;
  }
  return false;
}

function trimLeading(part: usize, set: usize): void {
  let at: usize = load<u32>(part);
  const end: usize = at + load<u32>(part, 4);
  while (at < end) {
    const bytes: u32 = characterBytes(at, end);
    if (!inSet(set, at, bytes)) break;
    at += bytes;
  }
  storeText(part, at, <u32>(end - at));
}

function trimTrailing(part: usize, set: usize): void {
  const start: usize = load<u32>(part);
  let end: usize = start + load<u32>(part, 4);
  while (end > start) {
    const bytes: u32 = bytesFromEnd(start, <u32>(end - start), 1);
    if (!inSet(set, end - bytes, bytes)) break;
    end -= bytes;
  }
  storeText(part, start, <u32>(end - start));
}

/** Part `index`, from 0, between separators; false where there is none. An empty separator splits nothing. */
function splitIndex(part: usize, separator: usize, index: i64): bool {
  if (index < 0) return false;
  const needle: usize = load<u32>(separator);
  const length: u32 = load<u32>(separator, 4);
  let at: usize = load<u32>(part);
  const end: usize = at + load<u32>(part, 4);
  if (at === end) return false;
  if (length === 0) return index === 0;
  let left: i64 = index;
  let found: i32 = findBytes(at, <u32>(end - at), needle, length);
  while (left > 0 && found >= 0) {
    at += <usize>found + length;
    found = findBytes(at, <u32>(end - at), needle, length);
    left--;
  }
  if (left > 0) return false;
  storeText(part, at, found < 0 ? <u32>(end - at) : <u32>found);
  return true;
}
