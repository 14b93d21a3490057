// UTF-8 validation, 16 bytes a step: three table look-ups on the nibbles of neighbouring bytes find every ill-formed pair, two
// compares find missing third and fourth bytes (Keiser and Lemire, "Validating UTF-8 In Less Than One Instruction Per Byte",
// 2020). The bits of the tables are the paper's classes of error.

const SHORT: u8 = 1;
const LONG: u8 = 2;
const OVERLONG_3: u8 = 4;
const LARGE: u8 = 8;
const SURROGATE: u8 = 16;
const OVERLONG_2: u8 = 32;
/** Beyond U+10FFFF at 0x90...; the same bit is an overlong form of four bytes at 0x80... */
const EDGE_4: u8 = 64;
const TWO_TAILS: u8 = 128;
const CARRY: u8 = SHORT | LONG | TWO_TAILS;

const FIRST_HIGH: usize = memory.data<u8>([
  LONG,
  LONG,
  LONG,
  LONG,
  LONG,
  LONG,
  LONG,
  LONG,
  TWO_TAILS,
  TWO_TAILS,
  TWO_TAILS,
  TWO_TAILS,
  SHORT | OVERLONG_2,
  SHORT,
  SHORT | OVERLONG_3 | SURROGATE,
  SHORT | LARGE | EDGE_4,
]);
const FIRST_LOW: usize = memory.data<u8>([
  CARRY | OVERLONG_3 | OVERLONG_2 | EDGE_4,
  CARRY | OVERLONG_2,
  CARRY,
  CARRY,
  CARRY | LARGE,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4 | SURROGATE,
  CARRY | LARGE | EDGE_4,
  CARRY | LARGE | EDGE_4,
]);
const SECOND_HIGH: usize = memory.data<u8>([
  SHORT,
  SHORT,
  SHORT,
  SHORT,
  SHORT,
  SHORT,
  SHORT,
  SHORT,
  LONG | OVERLONG_2 | TWO_TAILS | OVERLONG_3 | EDGE_4,
  LONG | OVERLONG_2 | TWO_TAILS | OVERLONG_3 | LARGE,
  LONG | OVERLONG_2 | TWO_TAILS | SURROGATE | LARGE,
  LONG | OVERLONG_2 | TWO_TAILS | SURROGATE | LARGE,
  SHORT,
  SHORT,
  SHORT,
  SHORT,
]);
/** A byte above its place's value here begins a sequence that the block does not end. */
const OPEN_AT_END: usize = memory.data<u8>([
  255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 0xef, 0xdf, 0xbf,
]);
const PLACES: usize = memory.data<u8>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]);

/** Whether [at, end) is well-formed UTF-8. */
export function isUtf8(at: usize, end: usize): bool {
  let previous: v128 = i8x16.splat(0);
  let open: v128 = i8x16.splat(0);
  let wrong: v128 = i8x16.splat(0);
  // One step past the end, over zeros, so that a sequence cut short is seen.
  for (; at <= end; at += 16) {
    let v: v128 = v128.load(at);
    if (end - at < 16) v = v128.and(v, i8x16.lt_u(v128.load(PLACES), i8x16.splat(<i8>(end - at))));
    if (i8x16.bitmask(v) == 0) {
      wrong = v128.or(wrong, open);
      open = i8x16.splat(0);
    } else {
      wrong = v128.or(wrong, checkBlock(v, previous));
      open = i8x16.sub_sat_u(v, v128.load(OPEN_AT_END));
    }
    previous = v;
  }
  return !v128.any_true(wrong);
}

/** Nonzero where the block holds an error, given the block before it. */
function checkBlock(v: v128, previous: v128): v128 {
  const low: v128 = i8x16.splat(15);
  const one: v128 = i8x16.shuffle(previous, v, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30);
  const two: v128 = i8x16.shuffle(previous, v, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29);
  const three: v128 = i8x16.shuffle(previous, v, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28);
  const pairs: v128 = v128.and(
    v128.and(
      i8x16.swizzle(v128.load(FIRST_HIGH), i8x16.shr_u(one, 4)),
      i8x16.swizzle(v128.load(FIRST_LOW), v128.and(one, low)),
    ),
    i8x16.swizzle(v128.load(SECOND_HIGH), i8x16.shr_u(v, 4)),
  );
  const third: v128 = i8x16.sub_sat_u(two, i8x16.splat(<i8>(0xe0 - 0x80)));
  const fourth: v128 = i8x16.sub_sat_u(three, i8x16.splat(<i8>(0xf0 - 0x80)));
  return v128.xor(v128.and(v128.or(third, fourth), i8x16.splat(<i8>0x80)), pairs);
}

/** Whether [at, end) has no byte above 127. */
export function isAscii(at: usize, end: usize): bool {
  for (; at + 16 <= end; at += 16) if (i8x16.bitmask(v128.load(at)) != 0) return false;
  return end == at || (i8x16.bitmask(v128.load(at)) & ((1 << (<i32>(end - at))) - 1)) == 0;
}
