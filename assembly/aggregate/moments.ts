// Update loops of VAR_* and STDDEV_*. Integers and decimals keep n, the sum of x and the sum of x squared exactly, so the result
// is a matter of emission alone; doubles keep n, mean and the sum of squared deviations by Welford's recurrence, which merges by
// Chan's formula and does not cancel.

/** i64 n, i128 sum x, i192 sum x^2. */
export function addIntegerMoments(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: i64 = load<i64>(values + (i << 3));
    const before: u64 = load<u64>(at, 8);
    const low: u64 = before + <u64>value;
    store<i64>(at, load<i64>(at) + 1);
    store<u64>(at, low, 8);
    store<i64>(at, load<i64>(at, 16) + (value >> 63) + i64(low < before), 16);
    addSquare(at + 24, <u64>abs<i64>(value));
  }
}

/** i192 at `at` += value^2; 2^63 stands for the least i64. */
function addSquare(at: usize, value: u64): void {
  const a: u64 = value & 0xffffffff;
  const b: u64 = value >> 32;
  const cross: u64 = a * b;
  const aa: u64 = a * a;
  const low: u64 = aa + (cross << 33);
  const high: u64 = b * b + (cross >> 31) + u64(low < aa);
  const sumLow: u64 = load<u64>(at) + low;
  const carry: u64 = u64(sumLow < low);
  const middle: u64 = load<u64>(at, 8) + high;
  const sum: u64 = middle + carry;
  store<u64>(at, sumLow);
  store<u64>(at, sum, 8);
  store<u64>(at, load<u64>(at, 16) + u64(middle < high) + u64(sum < carry), 16);
}

/** i64 n, f64 mean, f64 sum of squared deviations. */
export function addDoubleMoments(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const value: f64 = load<f64>(values + (i << 3));
    const n: i64 = load<i64>(at) + 1;
    const mean: f64 = load<f64>(at, 8);
    const off: f64 = value - mean;
    const moved: f64 = mean + off / <f64>n;
    store<i64>(at, n);
    store<f64>(at, moved, 8);
    store<f64>(at, load<f64>(at, 16) + off * (value - moved), 16);
  }
}

/** i64 n, i192 sum x, u320 sum x^2. */
export function addDecimalMoments(rows: usize, values: usize, slot: u32, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const at: usize = <usize>load<u32>(rows + (i << 2)) + slot;
    const low: u64 = load<u64>(values + (i << 4));
    const high: i64 = load<i64>(values + (i << 4), 8);
    store<i64>(at, load<i64>(at) + 1);
    const sum: u64 = load<u64>(at, 8) + low;
    const carry: u64 = u64(sum < low);
    const middle: u64 = load<u64>(at, 16) + <u64>high;
    const carried: u64 = middle + carry;
    store<u64>(at, sum, 8);
    store<u64>(at, carried, 16);
    store<i64>(at, load<i64>(at, 24) + (high >> 63) + <i64>(u64(middle < <u64>high) + u64(carried < carry)), 24);
    const negative: bool = high < 0;
    const size: u64 = negative ? 0 - low : low;
    const top: u64 = <u64>(negative ? ~high + i64(low === 0) : high);
    addWideSquare(at + 32, size, top);
  }
}

/** u320 at `at` += (top x 2^64 + low)^2, in 32-bit limbs. */
function addWideSquare(at: usize, low: u64, top: u64): void {
  for (let i: u32 = 0; i < 4; i++) {
    const a: u64 = limb(low, top, i);
    let carry: u64 = 0;
    for (let j: u32 = 0; j < 4; j++) {
      const cell: usize = at + ((i + j) << 2);
      const sum: u64 = a * limb(low, top, j) + <u64>load<u32>(cell) + carry;
      store<u32>(cell, <u32>sum);
      carry = sum >> 32;
    }
    for (let k: u32 = i + 4; k < 10 && carry !== 0; k++) {
      const sum: u64 = <u64>load<u32>(at + (k << 2)) + carry;
      store<u32>(at + (k << 2), <u32>sum);
      carry = sum >> 32;
    }
  }
}

function limb(low: u64, top: u64, index: u32): u64 {
  const word: u64 = index < 2 ? low : top;
  return (index & 1) !== 0 ? word >> 32 : word & 0xffffffff;
}
