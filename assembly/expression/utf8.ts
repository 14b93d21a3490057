// Whether bytes are well-formed UTF-8 (Unicode 15, table 3-7): no overlong forms, no surrogates, nothing beyond U+10FFFF.

export function isUtf8(text: usize, length: u32): bool {
  const end: usize = text + length;
  let at: usize = text;
  while (at < end) {
    if (at + 16 <= end && i8x16.bitmask(v128.load(at)) === 0) {
      at += 16;
      continue;
    }
    const lead: u32 = load<u8>(at);
    if (lead < 0x80) {
      at++;
      continue;
    }
    const size: usize = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (size === 0 || at + size > end || !continues(at, size, lead)) return false;
    at += size;
  }
  return true;
}

function continues(at: usize, size: usize, lead: u32): bool {
  const second: u32 = load<u8>(at, 1);
  const least: u32 = lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
  const most: u32 = lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
  if (second < least || second > most) return false;
  for (let i: usize = 2; i < size; i++) if ((load<u8>(at + i) & 0xc0) !== 0x80) return false;
  return true;
}
