/**
 * Seeded numbers as a pure function of (seed, row, draw): any row can be made without the rows before it, which is why
 * a generator gives the same rows for every batch size and can resume anywhere. 32-bit integers only, so that every
 * machine gives the same bits. The finaliser is Chris Wellons' "lowbias32" (nullprogram.com, "Prospecting for hash
 * functions").
 */

/** A well-mixed 32-bit number (signed) from another one. */
export function mix32(value: number): number {
  let x = value;
  x = Math.imul(x ^ (x >>> 16), 0x21f0aaad);
  x = Math.imul(x ^ (x >>> 15), 0xd35a2d97 | 0);
  return x ^ (x >>> 15);
}

/** Start of the numbers of one row; `row` is a whole number of 0 … 2^53 − 1. */
export function rowSeed(seed: number, row: number): number {
  const high = (row / 4_294_967_296) | 0;
  return mix32(mix32((row | 0) ^ seed) + Math.imul(high + 1, 0x9e3779b1 | 0));
}

/** Draw `draw` (0, 1, …) of a row, uniform over 0 … 2^32 − 1. */
export function drawUint32(start: number, draw: number): number {
  return mix32(start + Math.imul(draw + 1, 0x9e3779b9 | 0)) >>> 0;
}

/** Scales a 32-bit draw to 0 … bound − 1; bound ≤ 2^21 keeps the product exact in a double. */
export function scaleDraw(draw: number, bound: number): number {
  return Math.floor((draw * bound) / 4_294_967_296);
}

/** A seed of 0 … 2^53 − 1 as 32 bits; no two seeds below 2^32 share one. */
export function foldSeed(seed: number): number {
  return mix32((seed | 0) ^ mix32((seed / 4_294_967_296) | 0));
}
