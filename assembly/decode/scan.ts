// One pass over a chunk of records: where keys end, and how many bytes a string must not hold as they are. A mark is the quote
// of `":`, so every key has one, and a string that begins with a colon one too many. A special byte is a quote, a backslash or
// a control character; since they are only counted, a chunk whose sum is what its layouts expect has no stray one.
// The idea of jumping to values by position is Mison's (Li et al., VLDB 2017).

/** Records of at most this many bytes together make a chunk. It stays in L1 with its marks. */
export const CHUNK_BYTES: u32 = 16384;
/** u32 addresses of the marks, in order, then one beyond every address. */
export const MARKS: usize = memory.data((16384 / 2 + 16) * 4);

/** { u32 first byte, u32 end } a mark: the value behind its colon, filled in by layout.ts. */
const SPANS: usize = memory.data((16384 / 2 + 16) * 8);

/** Where the span of the mark at `marks` stands. */
export function spansOf(marks: usize): usize {
  return SPANS + ((marks - MARKS) << 1);
}

/** Where the list ends. */
export let marksEnd: usize = MARKS;
/** Special bytes in the chunk. */
export let specialCount: u32 = 0;
/** Whether a byte above 127 was seen. */
export let hasHighBytes: bool = false;

/** Blocks of 64 bytes until a lane of byte counts might overflow. */
const BLOCKS_PER_SUM: u32 = 60;
const PLACES: usize = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

function specialsOf(v: v128): v128 {
  return v128.or(v128.or(i8x16.eq(v, i8x16.splat(34)), i8x16.eq(v, i8x16.splat(92))), i8x16.lt_u(v, i8x16.splat(32)));
}

function marksAt(at: usize, v: v128): u64 {
  const colons: v128 = i8x16.eq(v128.load(at, 1), i8x16.splat(58));
  return <u64>(<u32>i8x16.bitmask(v128.and(i8x16.eq(v, i8x16.splat(34)), colons)));
}

function sumBytes(counts: v128): u32 {
  const sums: v128 = i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(counts));
  const low: i32 = i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1);
  return <u32>(low + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3));
}

/** Writes the addresses of a block's marks to `to`; returns where the next ones go. Stores up to four beyond. */
function putMarks(mask: u64, base: u32, to: usize): usize {
  const next: usize = to + ((<usize>popcnt<u64>(mask)) << 2);
  do {
    store<u32>(to, base + <u32>ctz<u64>(mask));
    mask &= mask - 1;
    store<u32>(to, base + <u32>ctz<u64>(mask), 4);
    mask &= mask - 1;
    store<u32>(to, base + <u32>ctz<u64>(mask), 8);
    mask &= mask - 1;
    store<u32>(to, base + <u32>ctz<u64>(mask), 12);
    mask &= mask - 1;
    to += 16;
  } while (mask !== 0);
  return next;
}

/** Scans [at, end), at most CHUNK_BYTES of it. */
export function scanChunk(at: usize, end: usize): void {
  let to: usize = MARKS;
  let total: u32 = 0;
  let high: v128 = i8x16.splat(0);
  while (end - at >= 64) {
    const stop: usize = at + min<usize>((end - at) & ~63, BLOCKS_PER_SUM * 64);
    let counts: v128 = i8x16.splat(0);
    for (; at < stop; at += 64) {
      const a: v128 = v128.load(at);
      const b: v128 = v128.load(at, 16);
      const c: v128 = v128.load(at, 32);
      const d: v128 = v128.load(at, 48);
      counts = i8x16.sub(i8x16.sub(counts, specialsOf(a)), specialsOf(b));
      counts = i8x16.sub(i8x16.sub(counts, specialsOf(c)), specialsOf(d));
      high = v128.or(high, v128.or(v128.or(a, b), v128.or(c, d)));
      const low: u64 = marksAt(at, a) | (marksAt(at + 16, b) << 16);
      to = putMarks(low | (marksAt(at + 32, c) << 32) | (marksAt(at + 48, d) << 48), <u32>at, to);
    }
    total += sumBytes(counts);
  }
  for (; at < end; at += 16) {
    const inside: v128 = i8x16.lt_u(v128.load(PLACES), i8x16.splat(<i8>min<usize>(end - at, 16)));
    const v: v128 = v128.load(at);
    high = v128.or(high, v128.and(v, inside));
    total += sumBytes(i8x16.neg(v128.and(specialsOf(v), inside)));
    to = putMarks(marksAt(at, v) & <u64>(<u32>i8x16.bitmask(inside)), <u32>at, to);
  }
  store<u32>(to, 0xffffffff);
  marksEnd = to;
  specialCount = total;
  hasHighBytes = i8x16.bitmask(high) !== 0;
}

/** Special bytes in [at, end). */
export function countSpecials(at: usize, end: usize): u32 {
  let total: u32 = 0;
  for (; at < end; at += 16) {
    let mask: u32 = <u32>i8x16.bitmask(specialsOf(v128.load(at)));
    if (end - at < 16) mask &= (1 << (<u32>(end - at))) - 1;
    total += popcnt<u32>(mask);
  }
  return total;
}
