// Walks over values that nobody reads. Strictly: by RFC 8259's grammar, to the byte. Loosely: strings end at their quote,
// containers where their brackets balance. Neither recurses: the kinds of open containers are bits on a heap stack.
import { allocate, release } from "../memory/heap";
import { findStringEnd, skipSpace, skipString } from "./text";

const FIRST_STACK_BYTES: u32 = 1024;

let stack: usize = allocate(FIRST_STACK_BYTES);
let stackBits: u32 = FIRST_STACK_BYTES << 3;

function push(depth: u32, isObject: u32): void {
  if (depth == stackBits) {
    const wider: usize = allocate(stackBits >> 2);
    memory.copy(wider, stack, stackBits >> 3);
    release(stack);
    stack = wider;
    stackBits <<= 1;
  }
  const at: usize = stack + (depth >> 3);
  const bit: u32 = 1 << (depth & 7);
  store<u8>(at, isObject != 0 ? load<u8>(at) | bit : load<u8>(at) & ~bit);
}

function isObjectAt(depth: u32): bool {
  return ((load<u8>(stack + (depth >> 3)) >> (depth & 7)) & 1) != 0;
}

/** The byte behind the value at `at` (no white space before it); 0 when it is malformed or does not end before `end`. */
export function skipValue(at: usize, end: usize, strict: bool): usize {
  return strict ? skipStrictly(at, end) : skipLoosely(at, end);
}

function skipStrictly(at: usize, end: usize): usize {
  let depth: u32 = 0;
  at = skipSpace(at, end);
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte === 123 || byte === 91) {
      push(depth++, u32(byte === 123));
      at = skipSpace(at + 1, end);
      if (at === end) return 0;
      if (load<u8>(at) !== byte + 2) {
        if (byte === 123) at = skipKey(at, end);
        if (at === 0) return 0;
        at = skipSpace(at, end);
        continue;
      }
    } else {
      at = skipSimple(at, end);
      if (at === 0 || depth === 0) return at;
      at = skipSpace(at, end);
    }
    at = closeContainers(at, end, depth);
    depth = depthLeft;
    if (at === 0 || depth === 0) return at;
  }
  return 0;
}

/** Containers still open after closeContainers. */
let depthLeft: u32 = 0;

/** From behind a value to the next value: over closing brackets, a comma and, in an object, a key. 0 = malformed. */
function closeContainers(at: usize, end: usize, depth: u32): usize {
  while (at < end) {
    const isObject: bool = isObjectAt(depth - 1);
    const next: u32 = load<u8>(at);
    if (next === 44) {
      depthLeft = depth;
      at = skipSpace(at + 1, end);
      if (isObject) at = skipKey(at, end);
      return at === 0 ? 0 : skipSpace(at, end);
    }
    if (next !== <u32>(isObject ? 125 : 93)) return 0;
    if (--depth === 0) {
      depthLeft = 0;
      return at + 1;
    }
    at = skipSpace(at + 1, end);
  }
  return 0;
}

/** A key, white space and its colon. */
function skipKey(at: usize, end: usize): usize {
  if (at >= end || load<u8>(at) != 34) return 0;
  at = findStringEnd(at + 1, end, true);
  if (at == 0) return 0;
  at = skipSpace(at + 1, end);
  return at < end && load<u8>(at) == 58 ? at + 1 : 0;
}

function skipSimple(at: usize, end: usize): usize {
  if (load<u8>(at) != 34) return skipScalar(at, end);
  at = findStringEnd(at + 1, end, true);
  return at == 0 ? 0 : at + 1;
}

/** A number, true, false or null. */
export function skipScalar(at: usize, end: usize): usize {
  const byte: u32 = load<u8>(at);
  if (byte == 45 || byte - 48 < 10) return skipNumber(at, end);
  const word: u32 = load<u32>(at);
  if (word == 0x65757274 || word == 0x6c6c756e) return end - at >= 4 ? at + 4 : 0;
  return word == 0x736c6166 && end - at >= 5 && load<u8>(at, 4) == 101 ? at + 5 : 0;
}

function skipDigits(at: usize, end: usize): usize {
  while (at < end && <u32>load<u8>(at) - 48 < 10) at++;
  return at;
}

/** A number by section 6 of RFC 8259. */
export function skipNumber(at: usize, end: usize): usize {
  if (load<u8>(at) == 45) at++;
  if (at >= end) return 0;
  let next: usize = load<u8>(at) == 48 ? at + 1 : skipDigits(at, end);
  if (next == at) return 0;
  if (next < end && load<u8>(next) == 46) {
    at = next + 1;
    next = skipDigits(at, end);
    if (next == at) return 0;
  }
  if (next < end && (load<u8>(next) | 32) == 101) {
    at = next + 1;
    if (at < end && (load<u8>(at) == 43 || load<u8>(at) == 45)) at++;
    next = skipDigits(at, end);
    if (next == at) return 0;
  }
  return next;
}

function skipLoosely(at: usize, end: usize): usize {
  let depth: u32 = 0;
  if (at >= end) return 0;
  const first: u32 = load<u8>(at);
  if (first == 34) return skipPastString(at, end);
  if (first != 123 && first != 91) return skipLooseScalar(at, end);
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == 34) {
      at = skipPastString(at, end);
      if (at == 0) return 0;
      continue;
    }
    at++;
    if ((byte | 32) == 123) depth++;
    else if ((byte | 32) == 125 && --depth == 0) return at;
  }
  return 0;
}

function skipPastString(at: usize, end: usize): usize {
  const quote: usize = skipString(at + 1, end);
  return quote == 0 ? 0 : quote + 1;
}

/** Up to a comma, a closing bracket or white space. */
function skipLooseScalar(at: usize, end: usize): usize {
  const start: usize = at;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte <= 32 || byte == 44 || (byte | 32) == 125) break;
    at++;
  }
  return at == start ? 0 : at;
}
