// Casts between text and BOOLEAN, numbers, DECIMAL. Text is trimmed of blanks and control characters first. Whole numbers take
// '1.234' as 1, DOUBLE and DECIMAL Java's grammar; BOOLEAN t true y yes 1 / f false n no 0 in any case.
// Numbers print as Java prints them: a DOUBLE as its shortest decimal, plain between 10^-3 and 10^7 with at least one digit
// behind the point (1.0), else as 1.0E10; NaN, Infinity, -Infinity, -0.0. A DECIMAL prints plain with its whole scale.
import {
  FLAG_FLOAT,
  FLAG_TRY,
  OP_CAST_BOOL_STR,
  OP_CAST_F64_STR,
  OP_CAST_I64_STR,
  OP_CAST_STR_BOOL,
  OP_CAST_STR_DEC,
  OP_CAST_STR_F64,
  OP_CAST_STR_I64,
} from "../shared/opcode";
import { ERR_CAST, LANE_NULL, LANE_VALID } from "../shared/status";
import { decimalText } from "./cast-decimal";
import { finish, readShape } from "./decimal";
import { aValues, dstValidity, dstValues, flagsOf, immediateOf } from "./operand";
import { readDouble, readFloat } from "./read-float";
import { digitsToWide, isNegative, scanEnd, scanNumber } from "./scan-number";
import { shortestDigits, shortestDouble, shortestExponent, shortestFloat } from "./shortest";
import { finishText, startText, writeByte, writeBytes, writeNumber } from "./text";
import { strict1 } from "./validity";

export function castText(opcode: i32, ins: usize, rows: i32): void {
  strict1(ins, rows);
  if (opcode === OP_CAST_STR_DEC) readShape(ins);
  if (opcode <= OP_CAST_STR_DEC) parseLanes(opcode, ins, rows);
  else printLanes(opcode, ins, rows);
}

function parseLanes(opcode: i32, ins: usize, rows: i32): void {
  const valid: usize = dstValidity(ins);
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const flags: u32 = flagsOf(ins);
  const failed: u32 = flags & FLAG_TRY ? LANE_NULL : ERR_CAST;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const text: usize = load<u32>(a + (i << 3));
    const end: usize = trimEnd(text, text + load<u32>(a + (i << 3), 4));
    const start: usize = trimStart(text, end);
    let lane: u32 = 0;
    if (opcode === OP_CAST_STR_I64)
      lane =
        parseWhole(dst + (i << 3), start, end) && fits(load<i64>(dst + (i << 3)), flags & 0x7f) ? LANE_VALID : failed;
    else if (opcode === OP_CAST_STR_F64) lane = parseFloating(dst + (i << 3), start, end, flags) ? LANE_VALID : failed;
    else if (opcode === OP_CAST_STR_BOOL) lane = parseBool(dst + i, start, end) ? LANE_VALID : failed;
    else lane = scanNumber(start, end) && scanEnd() === end ? finishDecimal(dst + (i << 4)) : failed;
    store<u8>(valid + i, lane);
  }
}

/** Blanks and everything below, at both ends. */
export function trimStart(start: usize, end: usize): usize {
  let at: usize = start;
  while (at < end && load<u8>(at) <= 32) at++;
  return at;
}

export function trimEnd(start: usize, end: usize): usize {
  let at: usize = end;
  while (at > start && load<u8>(at - 1) <= 32) at--;
  return at;
}

/** [sign] digits [. digits], what is behind the point is checked and cut. */
function parseWhole(dst: usize, start: usize, end: usize): bool {
  let at: usize = start;
  const negative: bool = at < end && load<u8>(at) === 45;
  if (at < end && (negative || load<u8>(at) === 43)) at++;
  if (at >= end) return false;
  let value: u64 = 0;
  for (; at < end; at++) {
    const digit: u64 = <u64>load<u8>(at) - 48;
    if (digit > 9) break;
    if (value > 922337203685477580) return false;
    value = value * 10 + digit;
    if (value > 9223372036854775808) return false;
  }
  if (at < end && load<u8>(at++) !== 46) return false;
  for (; at < end; at++) if (<u32>load<u8>(at) - 48 > 9) return false;
  if (!negative && value > 9223372036854775807) return false;
  store<i64>(dst, negative ? 0 - <i64>value : <i64>value);
  return true;
}

function fits(value: i64, bits: u32): bool {
  const spare: i64 = 64 - bits;
  return (value << spare) >> spare === value;
}

/** What Double.parseDouble takes, but for hexadecimal: a number with an optional d or f behind it, NaN, Infinity. */
function parseFloating(dst: usize, start: usize, end: usize, flags: u32): bool {
  if (scanNumber(start, end)) {
    const rest: usize = end - scanEnd();
    const suffix: u32 = rest === 1 ? load<u8>(scanEnd()) | 32 : 0;
    if (rest > 1 || (rest === 1 && suffix !== 100 && suffix !== 102)) return false;
    store<f64>(dst, flags & FLAG_FLOAT ? readFloat() : readDouble());
    return true;
  }
  const first: u32 = start < end ? load<u8>(start) : 0;
  const word: usize = first === 43 || first === 45 ? start + 1 : start;
  const sign: f64 = first === 45 ? -1.0 : 1.0;
  if (isWord(word, end, 0x4e614e, 3)) store<f64>(dst, NaN);
  else if (isWord(word, end, 0x7974696e69666e49, 8)) store<f64>(dst, sign * Infinity);
  else return false;
  return true;
}

/** Whether the text is the word, whose bytes stand little-endian in `letters`. */
function isWord(at: usize, end: usize, letters: u64, length: usize): bool {
  const mask: u64 = length === 8 ? u64.MAX_VALUE : (1 << ((<u64>length) << 3)) - 1;
  return end - at === length && (load<u64>(at) & mask) === letters;
}

function parseBool(dst: usize, start: usize, end: usize): bool {
  const length: usize = end - start;
  if (length === 0 || length > 5) return false;
  const mask: u64 = (1 << ((<u64>length) << 3)) - 1;
  const letters: u64 = load<u64>(start) & mask;
  const lower: u64 = letters | (0x2020202020 & mask);
  const digit: bool = length === 1 && (letters === 0x31 || letters === 0x30);
  const yes: bool = digit
    ? letters === 0x31
    : lower === 0x74 || lower === 0x65757274 || lower === 0x79 || lower === 0x736579;
  const no: bool = digit
    ? letters === 0x30
    : lower === 0x66 || lower === 0x65736c6166 || lower === 0x6e || lower === 0x6f6e;
  store<u8>(dst, <u8>yes);
  return yes || no;
}

function finishDecimal(dst: usize): u32 {
  const exponent: i32 = digitsToWide();
  return finish(dst, isNegative(), -exponent);
}

const TEXT: usize = memory.data(48);

function printLanes(opcode: i32, ins: usize, rows: i32): void {
  const valid: usize = dstValidity(ins);
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const scale: i32 = <i32>immediateOf(ins);
  const short: bool = (flagsOf(ins) & FLAG_FLOAT) !== 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    startText();
    if (opcode === OP_CAST_I64_STR) writeNumber(load<i64>(a + (i << 3)), 1);
    else if (opcode === OP_CAST_F64_STR) printFloating(load<f64>(a + (i << 3)), short);
    else if (opcode === OP_CAST_BOOL_STR) printBool(load<u8>(a + i) !== 0);
    else {
      const start: usize = decimalText(a + (i << 4), scale, TEXT + 48);
      writeBytes(start, TEXT + 48 - start);
    }
    finishText(dst + (i << 3));
  }
}

/** TRUE and FALSE, as Flink prints them. */
function printBool(value: bool): void {
  writeWord(value ? 0x45555254 : 0x45534c4146, value ? 4 : 5);
}

/** Bytes stand little-endian in `letters`. */
function writeWord(letters: u64, length: i32): void {
  for (let i: i32 = 0; i < length; i++) writeByte(<u32>(letters >> ((<u64>i) << 3)) & 0xff);
}

function printFloating(x: f64, short: bool): void {
  if (x !== x) return writeWord(0x4e614e, 3);
  if (reinterpret<i64>(x) < 0) writeByte(45);
  if (x - x !== 0.0) return writeWord(0x7974696e69666e49, 8);
  if (x === 0.0) return writeWord(0x302e30, 3);
  if (short) shortestFloat(<f32>x);
  else shortestDouble(x);
  const digits: u64 = shortestDigits();
  let count: i32 = 1;
  for (let power: u64 = digits; power >= 10; power /= 10) count++;
  const scientific: i32 = count - 1 + shortestExponent();
  if (scientific >= -3 && scientific < 7) return printPlain(digits, count, scientific);
  printPlain(digits, count, 0);
  writeByte(69);
  writeNumber(scientific, 1);
}

/** The digits with the point behind digit `scientific`, counted from 0; at least one on either side of it. */
function printPlain(digits: u64, count: i32, scientific: i32): void {
  for (let i: i32 = scientific; i < 0; i++) {
    writeByte(48);
    if (i === scientific) writeByte(46);
  }
  let power: u64 = 1;
  for (let i: i32 = 1; i < count; i++) power *= 10;
  for (let i: i32 = 0; i < max<i32>(count, scientific + 2); i++) {
    if (scientific >= 0 && i === scientific + 1) writeByte(46);
    writeByte(power === 0 ? 48 : <u32>(48 + ((digits / power) % 10)));
    power /= 10;
  }
}
