// UPPER, LOWER and INITCAP. ASCII goes 16 bytes at a time; other letters by simple case mapping (one code point to one) for
// Latin-1, Latin Extended-A and Additional, Greek, Cyrillic with its supplement, Armenian and full-width Latin. Not covered:
// mappings that change the number of letters (ss for sharp s, ligatures), Latin Extended-B and further, Georgian, Cherokee,
// Coptic, Greek Extended, scripts beyond U+FFFF; and the Turkish i. INITCAP knows ASCII letters only, as Calcite's.
import { scratchAllocate } from "../memory/scratch";
import { OP_STR_INITCAP, OP_STR_UPPER } from "../shared/opcode";
import { LANE_VALID } from "../shared/status";
import { lowerOf, upperOf } from "./case-mapping";
import { aValues, dstValidity, dstValues } from "./operand";
import { storeText } from "./text";

export function runCase(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const text: usize = load<u32>(a + (i << 3));
    const size: u32 = load<u32>(a + (i << 3), 4);
    // No mapping that is covered takes more bytes than its letter has.
    const to: usize = scratchAllocate(size + 16);
    if (opcode === OP_STR_INITCAP) storeText(dst + (i << 3), to, initcap(to, text, size));
    else if (mapAscii(to, text, size, opcode === OP_STR_UPPER)) storeText(dst + (i << 3), to, size);
    else storeText(dst + (i << 3), to, mapText(to, text, size, opcode === OP_STR_UPPER));
  }
}

/** True when the text was ASCII alone. Writes up to 15 bytes behind the end. */
function mapAscii(to: usize, text: usize, size: u32, upper: bool): bool {
  const first: v128 = i8x16.splat(upper ? 97 : 65);
  const span: v128 = i8x16.splat(26);
  const bit: v128 = i8x16.splat(32);
  let seen: u32 = 0;
  for (let i: u32 = 0; i < size; i += 16) {
    const bytes: v128 = v128.load(text + i);
    const letters: v128 = i8x16.lt_u(i8x16.sub(bytes, first), span);
    v128.store(to + i, v128.xor(bytes, v128.and(letters, bit)));
    const high: u32 = i8x16.bitmask(bytes);
    seen |= size - i >= 16 ? high : high & ((1 << (size - i)) - 1);
  }
  return seen === 0;
}

/** Gives the bytes written. Bytes that are no UTF-8 stay as they are. */
function mapText(to: usize, text: usize, size: u32, upper: bool): u32 {
  const end: usize = text + size;
  let at: usize = text;
  let out: usize = to;
  while (at < end) {
    const lead: u32 = load<u8>(at);
    const length: usize = lead < 0xc2 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 1;
    if (length > 1 && at + length <= end) {
      const code: u32 = length === 2 ? decode2(at) : decode3(at);
      out = encode(out, upper ? upperOf(code) : lowerOf(code));
      at += length;
    } else {
      const letter: bool = lead - (upper ? 97 : 65) < 26;
      store<u8>(out++, letter ? lead ^ 32 : lead);
      at++;
    }
  }
  return <u32>(out - to);
}

function decode2(at: usize): u32 {
  return ((<u32>load<u8>(at) & 0x1f) << 6) | (<u32>load<u8>(at, 1) & 0x3f);
}

function decode3(at: usize): u32 {
  return ((<u32>load<u8>(at) & 0x0f) << 12) | ((<u32>load<u8>(at, 1) & 0x3f) << 6) | (<u32>load<u8>(at, 2) & 0x3f);
}

function encode(at: usize, code: u32): usize {
  if (code < 0x80) {
    store<u8>(at, code);
    return at + 1;
  }
  if (code < 0x800) {
    store<u8>(at, 0xc0 | (code >> 6));
    store<u8>(at, 0x80 | (code & 0x3f), 1);
    return at + 2;
  }
  store<u8>(at, 0xe0 | (code >> 12));
  store<u8>(at, 0x80 | ((code >> 6) & 0x3f), 1);
  store<u8>(at, 0x80 | (code & 0x3f), 2);
  return at + 3;
}

/** Letters at the start of a word up, those inside down; digits belong to words. */
function initcap(to: usize, text: usize, size: u32): u32 {
  let inside: bool = false;
  for (let i: u32 = 0; i < size; i++) {
    const byte: u32 = load<u8>(text + i);
    const letter: bool = (byte | 32) - 97 < 26;
    store<u8>(to + i, letter ? (inside ? byte | 32 : byte & 0xdf) : byte);
    inside = letter || byte - 48 < 10;
  }
  return size;
}
