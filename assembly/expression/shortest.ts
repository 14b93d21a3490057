// Floating point to the shortest decimal that reads back as the same number, the closest of those: Raffaello Giulietti, "The
// Schubfach way to render doubles" (2020), as java.lang.Double.toString has done since JDK 19, so of one-digit results the
// closest of two digits is taken (4.9E-324). The table of powers of ten is computed on first use.
import { divideLong, multiplyHigh, multiplySmall, QUOTIENT, usedLimbs } from "./wide";

const LEAST_POWER: i32 = -292;
const MOST_POWER: i32 = 324;
/** g of the paper for 10^LEAST_POWER ... 10^MOST_POWER: upper and lower 63 bits. */
const TABLE: usize = memory.data(9872);
const BIG: usize = memory.data(256);
const ONE: usize = memory.data(260);
let tableReady: bool = false;

/** Digits of the last `shortest`: value = digits x 10^exponent. */
let digits: u64 = 0;
let exponent: i32 = 0;

export function shortestDigits(): u64 {
  return digits;
}

export function shortestExponent(): i32 {
  return exponent;
}

/** `x` must be finite and not 0; its sign is left out. Trailing zeros are removed. */
export function shortestDouble(x: f64): void {
  const bits: u64 = reinterpret<u64>(x);
  const fraction: u64 = bits & 0xfffffffffffff;
  const biased: i32 = <i32>((bits >> 52) & 0x7ff);
  const smallest: u64 = 1 << 52;
  if (biased !== 0) return search(biased - 1075, smallest | fraction, fraction === 0 && biased > 1);
  if (fraction < 3) return tiny(-1074, fraction);
  search(-1074, fraction, false);
}

/** Shortest that reads back as the same 32-bit float. */
export function shortestFloat(x: f32): void {
  const bits: u32 = reinterpret<u32>(x);
  const fraction: u32 = bits & 0x7fffff;
  const biased: i32 = <i32>((bits >> 23) & 0xff);
  if (biased !== 0) return search(biased - 150, <u64>(fraction | 0x800000), fraction === 0 && biased > 1);
  if (fraction < 8) return tiny(-149, fraction);
  search(-149, fraction, false);
}

/** The smallest subnormals, whose results would have one digit, are rendered ten times as large. */
function tiny(q: i32, c: u64): void {
  search(q, c * 10, false);
  exponent--;
}

/** c x 2^q; irregular: the neighbour below is only half as far away. */
function search(q: i32, c: u64, irregular: bool): void {
  prepare();
  const odd: u64 = c & 1;
  const wide: u64 = c << 2;
  const k: i32 = irregular ? log10ThreeQuarters(q) : log10Of2(q);
  const shift: u64 = <u64>(q + log2Of10(-k) + 2);
  const g: usize = TABLE + ((<usize>(-k - LEAST_POWER)) << 4);
  const v: u64 = roundOdd(g, wide << shift);
  const left: u64 = roundOdd(g, (wide - (irregular ? 1 : 2)) << shift) + odd;
  const right: u64 = roundOdd(g, (wide + 2) << shift);
  const s: u64 = v >> 2;
  if (s >= 100) {
    const low: u64 = (s / 10) * 10;
    const high: u64 = low + 10;
    const lowIn: bool = left <= low << 2;
    const highIn: bool = (high << 2) + odd <= right;
    if (lowIn !== highIn) return finish(lowIn ? low : high, k);
  }
  const t: u64 = s + 1;
  const sIn: bool = left <= s << 2;
  const tIn: bool = (t << 2) + odd <= right;
  if (sIn !== tIn) return finish(sIn ? s : t, k);
  const distance: i64 = <i64>(v - ((s + t) << 1));
  finish(distance < 0 || (distance === 0 && (s & 1) === 0) ? s : t, k);
}

function finish(found: u64, power: i32): void {
  digits = found;
  exponent = power;
  while (digits % 10 === 0) {
    digits /= 10;
    exponent++;
  }
}

/** c x g / 2^127, rounded to odd. */
function roundOdd(g: usize, c: u64): u64 {
  const g1: u64 = load<u64>(g);
  const low: u64 = multiplyHigh(load<u64>(g, 8), c);
  const z: u64 = ((g1 * c) >> 1) + low;
  const w: u64 = multiplyHigh(g1, c) + (z >> 63);
  const mask: u64 = 0x7fffffffffffffff;
  return w | (((z & mask) + mask) >> 63);
}

/** floor(log10(2^e)) */
function log10Of2(e: i32): i32 {
  return <i32>((<i64>e * 661971961083) >> 41);
}

/** floor(log10(3/4 x 2^e)) */
function log10ThreeQuarters(e: i32): i32 {
  return <i32>((<i64>e * 661971961083 - 274743187321) >> 41);
}

/** floor(log2(10^e)) */
function log2Of10(e: i32): i32 {
  return <i32>((<i64>e * 913124641741) >> 38);
}

/** g = floor(10^k x 2^r) + 1 with r such that it has 126 bits: from 5^|k|, exactly. */
function prepare(): void {
  if (tableReady) return;
  tableReady = true;
  memory.fill(BIG, 0, 256);
  store<u32>(BIG, 1);
  for (let k: i32 = 0; k <= MOST_POWER; k++) {
    const used: i32 = usedLimbs(BIG, 63);
    const bits: i32 = used * 32 - <i32>clz<u32>(load<u32>(BIG + ((<usize>(used - 1)) << 2)));
    storeTop(k, BIG, bits);
    if (k > 0 && k <= -LEAST_POWER) storeReciprocal(k, used, bits);
    multiplySmall(BIG, 63, 5);
  }
}

function storeReciprocal(k: i32, used: i32, bits: i32): void {
  const place: i32 = bits + 126;
  memory.fill(ONE, 0, 260);
  store<u32>(ONE + ((<usize>(place >> 5)) << 2), 1 << (place & 31));
  const limbs: i32 = divideLong(ONE, (place >> 5) + 1, BIG, used);
  const length: i32 = usedLimbs(QUOTIENT, limbs);
  const top: i32 = length * 32 - <i32>clz<u32>(load<u32>(QUOTIENT + ((<usize>(length - 1)) << 2)));
  storeTop(-k, QUOTIENT, top);
}

/** The top 126 of `bits` bits, plus one. */
function storeTop(k: i32, at: usize, bits: i32): void {
  const entry: usize = TABLE + ((<usize>(k - LEAST_POWER)) << 4);
  const high: u64 = bitsAt(at, bits - 63);
  const low: u64 = bitsAt(at, bits - 126) + 1;
  store<u64>(entry, high + (low >> 63));
  store<u64>(entry, low & 0x7fffffffffffffff, 8);
}

/** 63 bits from bit `place` up; bits below 0 are 0. */
function bitsAt(at: usize, place: i32): u64 {
  let bits: u64 = 0;
  for (let i: i32 = 62; i >= 0; i--) {
    const bit: i32 = place + i;
    const one: u32 = bit < 0 ? 0 : (load<u32>(at + ((<usize>(bit >> 5)) << 2)) >> (bit & 31)) & 1;
    bits = (bits << 1) | one;
  }
  return bits;
}
