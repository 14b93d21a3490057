// The leading 128 bits of 5^q for q in -342 ... 308, as Lemire's number parsing wants them: cut for q >= 0, rounded up for the
// reciprocals. Made once, when a number first needs them, from a big power of two that is divided by five again and again
// (floor of floor is exact) and from one that is multiplied.

export const LEAST_POWER: i32 = -342;
export const MOST_POWER: i32 = 308;
/** Reciprocals up to here are rounded up in their last bit; beyond, the cut never matters. */
const ROUNDED_UP: i32 = 27;
/** 32-bit limbs of the big number: 5^342 has 795 bits, 128 more are wanted below. */
const LIMBS: u32 = 32;

const TABLE: usize = memory.data(651 * 16);
const BIG: usize = memory.data(LIMBS * 4 + 16);
let made: bool = false;

/** Address of { u64 low, u64 high } of 5^q. */
export function powerOfFive(q: i32): usize {
  if (!made) make();
  return TABLE + ((q - LEAST_POWER) << 4);
}

function make(): void {
  memory.fill(BIG, 0, LIMBS * 4 + 16);
  store<u32>(BIG, 1);
  for (let q: i32 = 0; q <= MOST_POWER; q++) {
    if (q > 0) multiplyByFive();
    storeLeading(TABLE + ((q - LEAST_POWER) << 4));
  }
  memory.fill(BIG, 0, LIMBS * 4);
  store<u32>(BIG + (LIMBS - 1) * 4, 1 << 31);
  for (let q: i32 = -1; q >= LEAST_POWER; q--) {
    divideByFive();
    const at: usize = TABLE + ((q - LEAST_POWER) << 4);
    storeLeading(at);
    if (q >= -ROUNDED_UP) {
      const low: u64 = load<u64>(at) + 1;
      store<u64>(at, low);
      if (low == 0) store<u64>(at, load<u64>(at, 8) + 1, 8);
    }
  }
  made = true;
}

function multiplyByFive(): void {
  let carry: u64 = 0;
  for (let i: u32 = 0; i < LIMBS; i++) {
    carry += <u64>load<u32>(BIG + (i << 2)) * 5;
    store<u32>(BIG + (i << 2), <u32>carry);
    carry >>= 32;
  }
}

function divideByFive(): void {
  let rest: u64 = 0;
  for (let i: i32 = LIMBS - 1; i >= 0; i--) {
    rest = (rest << 32) | load<u32>(BIG + (i << 2));
    store<u32>(BIG + (i << 2), <u32>(rest / 5));
    rest %= 5;
  }
}

/** The 128 leading bits of BIG, its highest bit first. */
function storeLeading(at: usize): void {
  let top: i32 = LIMBS - 1;
  while (load<u32>(BIG + (top << 2)) == 0) top--;
  const shift: u32 = clz<u32>(load<u32>(BIG + (top << 2)));
  const a: u64 = limbs(top);
  const b: u64 = limbs(top - 2);
  const rest: u64 = top >= 4 ? load<u32>(BIG + ((top - 4) << 2)) : 0;
  const high: u64 = shift == 0 ? a : (a << shift) | (b >> (64 - shift));
  const low: u64 = shift == 0 ? b : (b << shift) | (rest >> (32 - shift));
  store<u64>(at, low);
  store<u64>(at, high, 8);
}

/** Limbs i (high) and i - 1; those below the first are zero. */
function limbs(i: i32): u64 {
  const high: u64 = i >= 0 ? load<u32>(BIG + (i << 2)) : 0;
  const low: u64 = i >= 1 ? load<u32>(BIG + ((i - 1) << 2)) : 0;
  return (high << 32) | low;
}
