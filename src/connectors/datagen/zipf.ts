/**
 * Draws ranks with Zipf's law (exponent 1: rank k has weight 1/k) in constant time by the alias method: M. D. Vose, "A
 * Linear Algorithm for Generating Random Numbers with a Given Distribution", IEEE TSE 1991. Only additions, one division
 * and comparisons of doubles, all exact in IEEE 754, build the table, so that every machine builds the same one.
 */

export interface Zipf {
  readonly ranks: number;
  /** Two independent 32-bit draws to a rank of 0 … ranks − 1; rank 0 is the most frequent. */
  pick(column: number, coin: number): number;
}

/** `ranks` is 1 … 2^21. */
export function createZipf(ranks: number): Zipf {
  const { threshold, alias } = buildAlias(ranks);
  return {
    ranks,
    pick(column, coin) {
      const slot = Math.floor((column * ranks) / 4_294_967_296);
      return coin < (threshold[slot] as number) ? slot : (alias[slot] as number);
    },
  };
}

interface AliasTable {
  /** A coin below it keeps the slot's own rank. */
  readonly threshold: Float64Array;
  readonly alias: Int32Array;
}

function buildAlias(ranks: number): AliasTable {
  let total = 0;
  for (let rank = ranks; rank >= 1; rank--) total += 1 / rank;
  const share = new Float64Array(ranks);
  for (let rank = 0; rank < ranks; rank++) share[rank] = ranks / ((rank + 1) * total);
  const threshold = new Float64Array(ranks).fill(4_294_967_296);
  const alias = new Int32Array(ranks);
  // Shares fall with the rank: slots below 1 are a suffix, taken from its end; slots above 1 a prefix, taken from its start.
  let small = ranks - 1;
  let large = 0;
  let pending = -1;
  while (large < ranks) {
    if (pending < 0 && small <= large) break;
    // Only rounding brings the front into the small slots: what is left keeps its own rank.
    if ((share[large] as number) < 1) break;
    const slot = pending >= 0 ? pending : small--;
    threshold[slot] = (share[slot] as number) * 4_294_967_296;
    alias[slot] = large;
    share[large] = (share[large] as number) - (1 - (share[slot] as number));
    pending = (share[large] as number) < 1 ? large++ : -1;
  }
  return { threshold, alias };
}
