// Strings of JSON text (RFC 8259 section 7): where they end, what their escapes mean. Nothing reads at or past the `end` that
// is passed in except 16-byte loads, which the slack behind every input allows; no result lies past it.

const QUOTE: u32 = 34;
const BACKSLASH: u32 = 92;

/** Whether the string that findStringEnd last walked over holds an escape. */
export let hasEscapes: bool = false;

/**
 * `at` is the string's first character; returns the address of its closing quote, or 0 when there is none, an escape is none,
 * or, if `strict`, a control character stands in it.
 */
export function findStringEnd(at: usize, end: usize, strict: bool): usize {
  const quote: v128 = i8x16.splat(34);
  const backslash: v128 = i8x16.splat(92);
  const space: v128 = i8x16.splat(32);
  hasEscapes = false;
  while (at < end) {
    const v: v128 = v128.load(at);
    const stops: v128 = v128.or(v128.or(i8x16.eq(v, quote), i8x16.eq(v, backslash)), i8x16.lt_u(v, space));
    const mask: u32 = <u32>i8x16.bitmask(stops);
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz<u32>(mask);
    if (at >= end) return 0;
    const byte: u32 = load<u8>(at);
    if (byte == QUOTE) return at;
    if (byte == BACKSLASH) {
      hasEscapes = true;
      const size: u32 = escapeLength(at, end);
      if (size == 0) return 0;
      at += size;
    } else {
      if (strict) return 0;
      at++;
    }
  }
  return 0;
}

/** The same without looking at escapes and control characters. */
export function skipString(at: usize, end: usize): usize {
  const quote: v128 = i8x16.splat(34);
  const backslash: v128 = i8x16.splat(92);
  while (at < end) {
    const v: v128 = v128.load(at);
    const mask: u32 = <u32>i8x16.bitmask(v128.or(i8x16.eq(v, quote), i8x16.eq(v, backslash)));
    if (mask == 0) {
      at += 16;
      continue;
    }
    at += ctz<u32>(mask);
    if (at >= end) return 0;
    if (load<u8>(at) == QUOTE) return at;
    at += 2;
  }
  return 0;
}

/** Bytes of the escape at the backslash `at`, 0 when it is none. */
function escapeLength(at: usize, end: usize): u32 {
  if (end - at < 2) return 0;
  switch (load<u8>(at, 1)) {
    case 34:
    case 47:
    case 92:
    case 98:
    case 102:
    case 110:
    case 114:
    case 116:
      return 2;
    case 117:
      return end - at >= 6 && readHex(at + 2) >= 0 ? 6 : 0;
    default:
      return 0;
  }
}

function hexDigit(byte: u32): i32 {
  if (byte - 48 < 10) return <i32>byte - 48;
  const letter: u32 = (byte | 32) - 97;
  return letter < 6 ? <i32>letter + 10 : -1;
}

/** Four hexadecimal digits, -1 when they are none. */
function readHex(at: usize): i32 {
  const a: i32 = hexDigit(load<u8>(at));
  const b: i32 = hexDigit(load<u8>(at, 1));
  const c: i32 = hexDigit(load<u8>(at, 2));
  const d: i32 = hexDigit(load<u8>(at, 3));
  return (a | b | c | d) < 0 ? -1 : (a << 12) | (b << 8) | (c << 4) | d;
}

/**
 * Writes the meaning of [at, end), which findStringEnd has accepted, to `to` (end - at bytes suffice) and returns where the
 * text ends there. A surrogate without its other half becomes U+FFFD.
 */
export function unescape(at: usize, end: usize, to: usize): usize {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte != BACKSLASH) {
      store<u8>(to++, byte);
      at++;
      continue;
    }
    const letter: u32 = load<u8>(at, 1);
    if (letter != 117) {
      store<u8>(to++, escapedByte(letter));
      at += 2;
      continue;
    }
    let unit: u32 = <u32>readHex(at + 2);
    at += 6;
    if (unit - 0xd800 < 0x800) {
      const low: u32 = lowSurrogate(at, end);
      if (unit < 0xdc00 && low != 0) {
        unit = 0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00);
        at += 6;
      } else {
        unit = 0xfffd;
      }
    }
    to = putCharacter(unit, to);
  }
  return to;
}

function escapedByte(letter: u32): u32 {
  switch (letter) {
    case 98:
      return 8;
    case 102:
      return 12;
    case 110:
      return 10;
    case 114:
      return 13;
    case 116:
      return 9;
    default:
      return letter;
  }
}

/** The low surrogate escaped at `at`, 0 when there is none. */
function lowSurrogate(at: usize, end: usize): u32 {
  if (end - at < 6 || load<u16>(at) != 0x755c) return 0;
  const unit: u32 = <u32>readHex(at + 2);
  return unit - 0xdc00 < 0x400 ? unit : 0;
}

function putCharacter(code: u32, to: usize): usize {
  if (code < 0x80) {
    store<u8>(to, code);
    return to + 1;
  }
  if (code < 0x800) {
    store<u8>(to, 0xc0 | (code >> 6));
    store<u8>(to, 0x80 | (code & 63), 1);
    return to + 2;
  }
  if (code < 0x10000) {
    store<u8>(to, 0xe0 | (code >> 12));
    store<u8>(to, 0x80 | ((code >> 6) & 63), 1);
    store<u8>(to, 0x80 | (code & 63), 2);
    return to + 3;
  }
  store<u8>(to, 0xf0 | (code >> 18));
  store<u8>(to, 0x80 | ((code >> 12) & 63), 1);
  store<u8>(to, 0x80 | ((code >> 6) & 63), 2);
  store<u8>(to, 0x80 | (code & 63), 3);
  return to + 4;
}

/** The first byte from `at` on that is no JSON white space, or `end`. */
export function skipSpace(at: usize, end: usize): usize {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte > 32 || (byte != 32 && byte != 10 && byte != 13 && byte != 9)) return at;
    at++;
  }
  return end;
}

/** Without white space (all bytes up to the blank) at either end, as Java's String.trim; `trimmedEnd` is where it ends. */
export function trimText(at: usize, end: usize): usize {
  while (at < end && load<u8>(at) <= 32) at++;
  while (end > at && load<u8>(end - 1) <= 32) end--;
  trimmedEnd = end;
  return at;
}

export let trimmedEnd: usize = 0;
