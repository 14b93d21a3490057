// Base64 by RFC 4648 section 4: standard alphabet, padded, nothing in between. Bits that padding leaves over are ignored.

const OTHER: u8 = 64;
const VALUES: usize = memory.data(256);
let filled: bool = false;

function fill(): void {
  memory.fill(VALUES, OTHER, 256);
  for (let i: u32 = 0; i < 26; i++) {
    store<u8>(VALUES + 65 + i, i);
    store<u8>(VALUES + 97 + i, 26 + i);
  }
  for (let i: u32 = 0; i < 10; i++) store<u8>(VALUES + 48 + i, 52 + i);
  store<u8>(VALUES + 43, 62);
  store<u8>(VALUES + 47, 63);
  filled = true;
}

/** Writes the bytes of [at, end) to `to` (three for four) and returns how many; -1 when the text is no base64. */
export function decodeBase64(at: usize, end: usize, to: usize): i32 {
  if (!filled) fill();
  const length: u32 = <u32>(end - at);
  if ((length & 3) != 0) return -1;
  if (length == 0) return 0;
  const padding: u32 = load<u8>(end - 1) != 61 ? 0 : load<u8>(end - 2) != 61 ? 1 : 2;
  const start: usize = to;
  let wrong: u32 = 0;
  for (let i: u32 = 0; i < length; i += 4, to += 3) {
    const isLast: bool = i + 4 == length;
    const a: u32 = load<u8>(VALUES + load<u8>(at + i));
    const b: u32 = load<u8>(VALUES + load<u8>(at + i, 1));
    const c: u32 = isLast && padding == 2 ? 0 : <u32>load<u8>(VALUES + load<u8>(at + i, 2));
    const d: u32 = isLast && padding != 0 ? 0 : <u32>load<u8>(VALUES + load<u8>(at + i, 3));
    wrong |= a | b | c | d;
    const bits: u32 = (a << 18) | (b << 12) | (c << 6) | d;
    store<u8>(to, bits >> 16);
    store<u8>(to, bits >> 8, 1);
    store<u8>(to, bits, 2);
  }
  return (wrong & OTHER) != 0 ? -1 : <i32>(to - start) - <i32>padding;
}
