// Values to DataSketches' 32-bit HLL coupons: MurmurHash3_x64_128 (seed 9001) of the value's bytes gives (h1, h2), and
// coupon = (min(clz(h2), 62) + 1) << 26 | h1 & 0x3ffffff. Integers and every temporal type are hashed as 8-byte little-endian
// i64, FLOAT and DOUBLE as canonical f64 (one zero, one NaN), strings as UTF-8, decimals as the 16 bytes of their unscaled
// value. The library ignores empty strings; SQL counts them: theirs is the coupon of the hash of no bytes.
// Bit-identical to apache/datasketches-cpp hll (HllUtil.hpp, MurmurHash3.h; Apache-2.0, algorithm in the public domain).
const C1: u64 = ((<u64>0x87c37b91) << 32) | 0x114253d5;
const C2: u64 = ((<u64>0x4cf5ad43) << 32) | 0x2745937f;
const SEED: u64 = 9001;
const MOST_ZEROS: u64 = 62;
const LOW_26: u32 = 0x3ffffff;

function mix(h: u64): u64 {
  let m: u64 = h ^ (h >> 33);
  m *= ((<u64>0xff51afd7) << 32) | 0xed558ccd;
  m ^= m >> 33;
  m *= ((<u64>0xc4ceb9fe) << 32) | 0x1a85ec53;
  return m ^ (m >> 33);
}

function couponOf(low: u64, high: u64, length: u64): u32 {
  let h1: u64 = low ^ length;
  let h2: u64 = high ^ length;
  h1 += h2;
  h2 += h1;
  h1 = mix(h1);
  h2 = mix(h2);
  h1 += h2;
  h2 += h1;
  const zeros: u64 = min<u64>(clz<u64>(h2), MOST_ZEROS);
  return ((<u32>zeros + 1) << 26) | (<u32>h1 & LOW_26);
}

export function couponOfLong(value: u64): u32 {
  return couponOf(SEED ^ (rotl<u64>(value * C1, 31) * C2), SEED, 8);
}

/** The whole of `couponOf` stands in the loop: a call a row would cost as much as the hash. */
export function couponsOfLongs(values: usize, coupons: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const k1: u64 = rotl<u64>(load<u64>(values + (i << 3)) * C1, 31) * C2;
    let h1: u64 = SEED ^ k1 ^ 8;
    let h2: u64 = SEED ^ 8;
    h1 += h2;
    h2 += h1;
    h1 = mix(h1);
    h2 = mix(h2);
    h1 += h2;
    h2 += h1;
    const zeros: u64 = min<u64>(clz<u64>(h2), MOST_ZEROS);
    store<u32>(coupons + (i << 2), ((<u32>zeros + 1) << 26) | (<u32>h1 & LOW_26));
  }
}

/** The bits that stand for a double: one zero, one NaN. */
export function canonicalDoubles(values: usize, to: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const value: f64 = load<f64>(values + (i << 3)) + 0.0;
    store<f64>(to + (i << 3), abs<f64>(value) <= Infinity ? value : NaN);
  }
}

export function couponsOfDecimals(values: usize, coupons: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) store<u32>(coupons + (i << 2), couponOfBytes(values + (i << 4), 16));
}

/** `validity` keeps NULL lanes from being read. */
export function couponsOfStrings(values: usize, validity: usize, coupons: usize, lanes: u32): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const length: u32 = load<u8>(validity + i) === 1 ? load<u32>(values + (i << 3), 4) : 0;
    store<u32>(coupons + (i << 2), couponOfBytes(load<u32>(values + (i << 3)), length));
  }
}

/** Up to 15 bytes behind the end are read. */
export function couponOfBytes(address: usize, length: u32): u32 {
  let h1: u64 = SEED;
  let h2: u64 = SEED;
  let at: usize = address;
  let left: u64 = <u64>length;
  for (; left >= 16; left -= 16) {
    h1 ^= rotl<u64>(load<u64>(at) * C1, 31) * C2;
    h1 = (rotl<u64>(h1, 27) + h2) * 5 + 0x52dce729;
    h2 ^= rotl<u64>(load<u64>(at, 8) * C2, 33) * C1;
    h2 = (rotl<u64>(h2, 31) + h1) * 5 + 0x38495ab5;
    at += 16;
  }
  if (left > 8) h2 ^= rotl<u64>((load<u64>(at, 8) & keepBytes(left - 8)) * C2, 33) * C1;
  if (left > 0) h1 ^= rotl<u64>((load<u64>(at) & keepBytes(min<u64>(left, 8))) * C1, 31) * C2;
  return couponOf(h1, h2, <u64>length);
}

/** Ones over the low 1 ... 8 bytes. */
function keepBytes(count: u64): u64 {
  return u64.MAX_VALUE >> (64 - (count << 3));
}
