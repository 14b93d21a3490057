// Seeded hash of key bytes. Both halves of an inline key pass through a multiply of their own after the seed has entered, so
// keys that collide cannot be found without knowing it. (No 64 x 64 -> 128 multiply: asc cannot emit it.)
const K0: u64 = ((<u64>0x9e3779b9) << 32) | 0x7f4a7c15;
const K1: u64 = ((<u64>0xc2b2ae3d) << 32) | 0x27d4eb4f;
const K2: u64 = ((<u64>0xff51afd7) << 32) | 0xed558ccd;

let seed: u64 = ((<u64>0x243f6a88) << 32) | 0x85a308d3;

export function seedHash(value: u64): void {
  seed = value ^ (((<u64>0x243f6a88) << 32) | 0x85a308d3);
}

export function hashSeed(): u64 {
  return seed;
}

export function hashPair(low: u64, high: u64, with_: u64): u64 {
  let h: u64 = (low ^ with_) * K2;
  h = ((h ^ (h >> 32)) + (high ^ rotl<u64>(with_, 23))) * K1;
  h = (h ^ (h >> 29)) * K0;
  return h ^ (h >> 32);
}

export function hashLong(value: u64, with_: u64): u64 {
  let h: u64 = (value ^ with_) * K2;
  h = (h ^ (h >> 32)) * K1;
  return h ^ (h >> 29);
}

/** `length` bytes, zero-padded to a whole number of 8. */
export function hashPadded(at: usize, length: u32, with_: u64): u64 {
  let h: u64 = with_ ^ length;
  for (let i: u32 = 0; i < length; i += 8) {
    h = (h ^ load<u64>(at + i)) * K2;
    h ^= h >> 32;
    h = h * K1 + rotl<u64>(with_, 17);
  }
  h = (h ^ (h >> 29)) * K0;
  return h ^ (h >> 32);
}
