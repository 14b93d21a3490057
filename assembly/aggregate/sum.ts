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
