// Update loops of COUNT, SUM and AVG. Each adds lane i of a column to slot `slot` of row rows[i]; lanes that do not count
// point at the query's sink row, so no loop branches. Integer and decimal sums are exact in 128 and 192 bits, whatever the
// order; doubles are kept with their rounding error (Neumaier; TwoSum is Knuth's) and agree to an ulp or so in any order.

/** i64 count += 1. */
export function addCounts(rows: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    store<i64>(at, load<i64>(at) + 1);
  }
}

/** i128 sum += i64. */
export function addLongs(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: i64 = load<i64>(values + (i << 3));
    const before: u64 = load<u64>(at);
    const low: u64 = before + <u64>value;
    store<u64>(at, low);
    store<i64>(at, load<i64>(at, 8) + (value >> 63) + i64(low < before), 8);
  }
}

/** i192 sum += i128. */
export function addDecimals(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const high: i64 = load<i64>(values + (i << 4), 8);
    const low: u64 = load<u64>(at) + load<u64>(values + (i << 4));
    const carry: u64 = u64(low < load<u64>(values + (i << 4)));
    const middle: u64 = load<u64>(at, 8) + <u64>high;
    const middleCarry: u64 = u64(middle < <u64>high);
    const sum: u64 = middle + carry;
    store<u64>(at, low);
    store<u64>(at, sum, 8);
    store<i64>(at, load<i64>(at, 16) + (high >> 63) + <i64>(middleCarry + u64(sum < carry)), 16);
  }
}

/** f64 sum and f64 compensation. */
export function addDoubles(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: f64 = load<f64>(values + (i << 3));
    const before: f64 = load<f64>(at);
    const sum: f64 = before + value;
    const part: f64 = sum - before;
    store<f64>(at, sum);
    store<f64>(at, load<f64>(at, 8) + (before - (sum - part) + (value - part)), 8);
  }
}

/** Presence bits of a row |= bits. */
export function markPresent(rows: usize, word: u32, bits: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + word;
    store<u32>(at, load<u32>(at) | bits);
  }
}

/** i64 count += 1 and presence bits |= bits, which often stand side by side. */
export function countAndMark(rows: usize, slot: u32, word: u32, bits: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(rows + (i << 2));
    store<u32>(row + word, load<u32>(row + word) | bits);
    store<i64>(row + slot, load<i64>(row + slot) + 1);
  }
}

/** SUM, MIN and MAX of one integer column: addLongs, leastLongs and greatestLongs in one. */
export function addRangeOfLongs(rows: usize, values: usize, slot: u32, lanes: u32, least: u32, greatest: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(rows + (i << 2));
    const value: i64 = load<i64>(values + (i << 3));
    const before: u64 = load<u64>(row + slot);
    const low: u64 = before + <u64>value;
    store<u64>(row + slot, low);
    store<i64>(row + slot, load<i64>(row + slot, 8) + (value >> 63) + i64(low < before), 8);
    store<i64>(row + least, min<i64>(load<i64>(row + least), value));
    store<i64>(row + greatest, max<i64>(load<i64>(row + greatest), value));
  }
}

/** The same for doubles, whose extremes are kept as i64 of the same order (extreme.ts). */
export function addRangeOfDoubles(rows: usize, values: usize, slot: u32, lanes: u32, least: u32, greatest: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: usize = load<u32>(rows + (i << 2));
    const value: f64 = load<f64>(values + (i << 3));
    const before: f64 = load<f64>(row + slot);
    const sum: f64 = before + value;
    const part: f64 = sum - before;
    store<f64>(row + slot, sum);
    store<f64>(row + slot, load<f64>(row + slot, 8) + (before - (sum - part) + (value - part)), 8);
    const number: bool = abs<f64>(value) <= Infinity;
    const bits: i64 = reinterpret<i64>(value);
    const ordered: i64 = bits ^ ((bits >> 63) & i64.MAX_VALUE);
    store<i64>(row + least, min<i64>(load<i64>(row + least), select<i64>(ordered, i64.MAX_VALUE, number)));
    store<i64>(row + greatest, max<i64>(load<i64>(row + greatest), select<i64>(ordered, i64.MIN_VALUE, number)));
  }
}
