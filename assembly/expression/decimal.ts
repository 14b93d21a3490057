// DECIMAL: an unscaled i128 a lane, the scales in the instruction. Every operation is exact on 256 bits, is then brought to
// the result's scale (half up) and is NULL when it has more digits than the result's precision, as Flink's fromBigDecimal.
// Sums of one scale and products that fit in 64 bits take a short way.
import {
  OP_DEC_ABS,
  OP_DEC_ADD,
  OP_DEC_DIV,
  OP_DEC_FLOOR,
  OP_DEC_MOD,
  OP_DEC_MUL,
  OP_DEC_NEG,
  OP_DEC_RESCALE,
  OP_DEC_ROUND,
  OP_DEC_SIGN,
  OP_DEC_SUB,
  OP_DEC_TRUNCATE,
} from "../shared/opcode";
import { ERR_DIVISION_BY_ZERO, LANE_NULL, LANE_VALID } from "../shared/status";
import { aValues, bValues, dstValidity, dstValues, immediateOf } from "./operand";
import { strict1, strict2 } from "./validity";
import {
  A,
  addSmall,
  addWide,
  B,
  clear,
  divideLong,
  dividePower,
  dividePowerHalfUp,
  isZero,
  LIMBS,
  loadMagnitude,
  multiplyHigh,
  multiplyPower,
  multiplyWide,
  orderWide,
  POWERS,
  QUOTIENT,
  storeSigned,
  subtractWide,
  usedLimbs,
} from "./wide";

let scaleA: i32 = 0;
let scaleB: i32 = 0;
let precision: i32 = 0;
let scale: i32 = 0;

/** Reads the shape of the instruction's operands and result. */
export function readShape(ins: usize): void {
  const shape: u32 = <u32>immediateOf(ins);
  scaleA = <i32>(shape & 0xff);
  scaleB = <i32>((shape >> 8) & 0xff);
  precision = <i32>((shape >> 16) & 0xff);
  scale = <i32>((shape >> 24) & 0xff);
}

export function operandScale(): i32 {
  return scaleA;
}

export function runDecimal(opcode: i32, ins: usize, rows: i32): void {
  readShape(ins);
  const two: bool = opcode <= OP_DEC_MOD || opcode === OP_DEC_ROUND || opcode === OP_DEC_TRUNCATE;
  if (two) strict2(ins, rows);
  else strict1(ins, rows);
  if (opcode === OP_DEC_ADD || opcode === OP_DEC_SUB) {
    if (scaleA === scale && scaleB === scale) return addSameScale(ins, rows, opcode === OP_DEC_SUB);
  }
  if (opcode === OP_DEC_ROUND || opcode === OP_DEC_TRUNCATE) return roundLanes(ins, rows, opcode === OP_DEC_ROUND);
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = two ? bValues(ins) : a;
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const at: usize = i << 4;
    const lane: u32 = two ? combine(opcode, dst + at, a + at, b + at) : single(opcode, dst + at, a + at);
    store<u8>(valid + i, lane);
  }
}

/** The lane's validity: valid, NULL when too long, or an error. */
function combine(opcode: i32, dst: usize, a: usize, b: usize): u32 {
  switch (opcode) {
    case OP_DEC_ADD:
      return sum(dst, a, b, false);
    case OP_DEC_SUB:
      return sum(dst, a, b, true);
    case OP_DEC_MUL:
      return product(dst, a, b);
    case OP_DEC_DIV:
      return quotient(dst, a, b);
    default:
      return remainder(dst, a, b);
  }
}

function single(opcode: i32, dst: usize, a: usize): u32 {
  const negative: bool = loadMagnitude(A, a);
  switch (opcode) {
    case OP_DEC_NEG:
      return finish(dst, !negative, scaleA);
    case OP_DEC_ABS:
      return finish(dst, false, scaleA);
    case OP_DEC_RESCALE:
      return finish(dst, negative, scaleA);
    case OP_DEC_SIGN: {
      const one: u32 = isZero(A) ? 0 : 1;
      clear(A);
      store<u32>(A, one);
      return finish(dst, negative, 0);
    }
    default: {
      const cut: bool = dividePower(A, scaleA);
      if (cut && negative === (opcode === OP_DEC_FLOOR)) addSmall(A, LIMBS, 1);
      return finish(dst, negative, 0);
    }
  }
}

/** A x 10^-from to the result's scale and precision. `from` may be negative. */
export function finish(dst: usize, negative: bool, from: i32): u32 {
  if (from > scale) dividePowerHalfUp(A, from - scale);
  else if (from < scale && !isZero(A) && !multiplyPower(A, scale - from)) return LANE_NULL;
  return storeSigned(dst, negative, precision) ? LANE_VALID : LANE_NULL;
}

/** Sums without a change of scale, in 128 bits. Two numbers of 38 digits may overflow them; that is too long as well. */
function addSameScale(ins: usize, rows: i32, minus: bool): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const limitLow: u64 = load<u64>(POWERS + ((<usize>precision) << 4));
  const limitHigh: u64 = load<u64>(POWERS + ((<usize>precision) << 4), 8);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const at: usize = i << 4;
    const x: u64 = load<u64>(a + at);
    const xHigh: u64 = load<u64>(a + at, 8);
    const y: u64 = load<u64>(b + at);
    const yHigh: u64 = load<u64>(b + at, 8);
    const low: u64 = minus ? x - y : x + y;
    const high: u64 = minus ? xHigh - yHigh - <u64>(x < y) : xHigh + yHigh + <u64>(low < x);
    const over: u64 = minus ? (xHigh ^ yHigh) & (xHigh ^ high) : (xHigh ^ high) & (yHigh ^ high);
    const negative: bool = <i64>high < 0;
    const size: u64 = negative ? 0 - low : low;
    const sizeHigh: u64 = negative ? ~high + <u64>(low === 0) : high;
    const long: bool = sizeHigh > limitHigh || (sizeHigh === limitHigh && size >= limitLow);
    if ((long || <i64>over < 0) && load<u8>(valid + i) === LANE_VALID) store<u8>(valid + i, LANE_NULL);
    store<u64>(dst + at, low);
    store<u64>(dst + at, high, 8);
  }
}

function sum(dst: usize, a: usize, b: usize, minus: bool): u32 {
  const common: i32 = max<i32>(scaleA, scaleB);
  const negativeA: bool = loadMagnitude(A, a);
  const negativeB: bool = loadMagnitude(B, b) !== minus;
  multiplyPower(A, common - scaleA);
  multiplyPower(B, common - scaleB);
  let negative: bool = negativeA;
  if (negativeA === negativeB) {
    addWide(A, B);
  } else if (orderWide(A, B) >= 0) {
    subtractWide(A, A, B);
  } else {
    subtractWide(A, B, A);
    negative = negativeB;
  }
  return finish(dst, negative, common);
}

function product(dst: usize, a: usize, b: usize): u32 {
  const negative: bool = loadMagnitude(A, a) !== loadMagnitude(B, b);
  if ((load<u64>(A, 8) | load<u64>(B, 8)) === 0) {
    const x: u64 = load<u64>(A);
    const y: u64 = load<u64>(B);
    store<u64>(A, x * y);
    store<u64>(A, multiplyHigh(x, y), 8);
  } else {
    multiplyWide();
  }
  return finish(dst, negative, scaleA + scaleB);
}

function quotient(dst: usize, a: usize, b: usize): u32 {
  const negative: bool = loadMagnitude(A, a) !== loadMagnitude(B, b);
  if (isZero(B)) return ERR_DIVISION_BY_ZERO;
  const shift: i32 = scale - scaleA + scaleB;
  if (shift < 0 ? !multiplyPower(B, -shift) : !multiplyPower(A, shift)) return LANE_NULL;
  divideRounded();
  return finish(dst, negative, scale);
}

const NUMERATOR: usize = memory.data(48);

/** A = A / B, half up. */
function divideRounded(): void {
  const length: i32 = usedLimbs(B, LIMBS);
  const limbs: i32 = divideParts(length);
  clear(A);
  memory.copy(A, QUOTIENT, (<usize>limbs) << 2);
  addWide(NUMERATOR, NUMERATOR);
  if (orderWide(NUMERATOR, B) >= 0) addSmall(A, LIMBS, 1);
}

/** QUOTIENT = A / B, and the remainder in NUMERATOR. */
function divideParts(length: i32): i32 {
  memory.copy(NUMERATOR, A, 32);
  store<u64>(NUMERATOR, 0, 32);
  return divideLong(NUMERATOR, usedLimbs(A, LIMBS), B, length);
}

function remainder(dst: usize, a: usize, b: usize): u32 {
  const common: i32 = max<i32>(scaleA, scaleB);
  const negative: bool = loadMagnitude(A, a);
  loadMagnitude(B, b);
  if (isZero(B)) return ERR_DIVISION_BY_ZERO;
  multiplyPower(A, common - scaleA);
  multiplyPower(B, common - scaleB);
  divideParts(usedLimbs(B, LIMBS));
  memory.copy(A, NUMERATOR, 32);
  return finish(dst, negative, common);
}

/** ROUND and TRUNCATE to the digits in b. */
function roundLanes(ins: usize, rows: i32, half: bool): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const negative: bool = loadMagnitude(A, a + (i << 4));
    const digits: i64 = load<i64>(b + (i << 3));
    let kept: i32 = scaleA;
    if (digits < scaleA) {
      kept = <i32>max<i64>(digits, -80);
      if (half) dividePowerHalfUp(A, scaleA - kept);
      else dividePower(A, scaleA - kept);
    }
    store<u8>(valid + i, finish(dst + (i << 4), negative, kept));
  }
}
