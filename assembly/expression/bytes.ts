// Bytes in kernel memory, 16 at a time. Every string area is readable SLACK_BYTES past both ends, so the last load needs no
// end check; what lies behind the end is masked away.

export function equalBytes(a: usize, b: usize, length: u32): bool {
  const end: usize = a + length;
  while (a + 16 <= end) {
    if (v128.any_true(v128.xor(v128.load(a), v128.load(b)))) return false;
    a += 16;
    b += 16;
  }
  const rest: u32 = <u32>(end - a);
  const wanted: u32 = (1 << rest) - 1;
  return (i8x16.bitmask(i8x16.eq(v128.load(a), v128.load(b))) & wanted) === wanted;
}

/** < 0, 0 or > 0: unsigned bytes, the shorter first when it begins the longer. */
export function orderBytes(a: usize, aLength: u32, b: usize, bLength: u32): i32 {
  const common: u32 = min<u32>(aLength, bLength);
  for (let i: u32 = 0; i < common; i += 16) {
    const differ: u32 = ~i8x16.bitmask(i8x16.eq(v128.load(a + i), v128.load(b + i))) & 0xffff;
    if (differ === 0) continue;
    const at: u32 = i + ctz<u32>(differ);
    if (at >= common) break;
    return <i32>load<u8>(a + at) - <i32>load<u8>(b + at);
  }
  return <i32>(aLength > bLength) - <i32>(aLength < bLength);
}

/**
 * Position of the first occurrence of the needle, -1 where there is none. Candidates are places where the needle's first
 * and last byte stand at the right distance (Mula, "SIMD-friendly algorithms for substring searching").
 */
export function findBytes(text: usize, length: u32, needle: usize, needleLength: u32): i32 {
  if (needleLength === 0) return 0;
  if (needleLength > length) return -1;
  const first: v128 = i8x16.splat(load<i8>(needle));
  const last: v128 = i8x16.splat(load<i8>(needle + needleLength - 1));
  const places: u32 = length - needleLength + 1;
  for (let i: u32 = 0; i < places; i += 16) {
    const head: v128 = i8x16.eq(first, v128.load(text + i));
    const tail: v128 = i8x16.eq(last, v128.load(text + i + needleLength - 1));
    let mask: u32 = i8x16.bitmask(v128.and(head, tail));
    while (mask !== 0) {
      const at: u32 = i + ctz<u32>(mask);
      if (at >= places) return -1;
      if (equalBytes(text + at, needle, needleLength)) return <i32>at;
      mask &= mask - 1;
    }
  }
  return -1;
}

/** Characters: bytes that do not continue one. */
export function countCharacters(text: usize, length: u32): u32 {
  const edge: v128 = i8x16.splat(-65);
  let count: u32 = 0;
  let i: u32 = 0;
  for (; i + 16 <= length; i += 16) count += popcnt<u32>(i8x16.bitmask(i8x16.gt_s(v128.load(text + i), edge)));
  const rest: u32 = i8x16.bitmask(i8x16.gt_s(v128.load(text + i), edge));
  return count + popcnt<u32>(rest & ((1 << (length - i)) - 1));
}

/** Bytes the first `characters` characters take; the whole length where there are fewer. */
export function bytesOfCharacters(text: usize, length: u32, characters: u32): u32 {
  let left: u32 = characters;
  for (let i: u32 = 0; i < length; i += 16) {
    const starts: u32 = i8x16.bitmask(i8x16.gt_s(v128.load(text + i), i8x16.splat(-65)));
    const here: u32 = popcnt<u32>(starts);
    if (here <= left) {
      left -= here;
      continue;
    }
    let mask: u32 = starts;
    for (; left > 0; left--) mask &= mask - 1;
    return min<u32>(i + ctz<u32>(mask), length);
  }
  return length;
}

/** Bytes that the last `characters` characters take. */
export function bytesFromEnd(text: usize, length: u32, characters: u32): u32 {
  let at: u32 = length;
  let left: u32 = characters;
  while (at > 0 && left > 0) {
    at--;
    if ((load<u8>(text + at) & 0xc0) !== 0x80) left--;
  }
  return length - at;
}
