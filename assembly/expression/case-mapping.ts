// Simple case mapping of single code points, from the regularities of Unicode's blocks: a distance, or pairs of neighbours.
// See string-case.ts for what is covered.

/** Blocks of pairs: the capital is even (or odd) and its small letter follows. */
function evenPairs(code: u32): bool {
  return (
    (code >= 0x100 && code <= 0x137 && code !== 0x130 && code !== 0x131) ||
    (code >= 0x14a && code <= 0x177) ||
    (code >= 0x460 && code <= 0x481) ||
    (code >= 0x48a && code <= 0x4bf) ||
    (code >= 0x4d0 && code <= 0x52f) ||
    (code >= 0x1e00 && code <= 0x1e95) ||
    (code >= 0x1ea0 && code <= 0x1eff)
  );
}

function oddPairs(code: u32): bool {
  return (code >= 0x139 && code <= 0x148) || (code >= 0x179 && code <= 0x17e) || (code >= 0x4c1 && code <= 0x4ce);
}

export function upperOf(code: u32): u32 {
  if (evenPairs(code)) return code & ~1;
  if (oddPairs(code)) return code - 1 + (code & 1);
  if (code < 0x100) return upperLatin1(code);
  if (code >= 0x370 && code < 0x400) return upperGreek(code);
  if (code >= 0x430 && code <= 0x44f) return code - 32;
  if (code >= 0x450 && code <= 0x45f) return code - 80;
  if (code === 0x4cf) return 0x4c0;
  if (code >= 0x561 && code <= 0x586) return code - 48;
  if (code >= 0xff41 && code <= 0xff5a) return code - 32;
  if (code === 0x131) return 73;
  return code === 0x17f ? 83 : code;
}

function upperLatin1(code: u32): u32 {
  if (code === 0xb5) return 0x39c;
  if (code === 0xff) return 0x178;
  return code >= 0xe0 && code !== 0xf7 ? code - 32 : code;
}

function upperGreek(code: u32): u32 {
  if (code === 0x3c2) return 0x3a3;
  if (code >= 0x3b1 && code <= 0x3cb) return code - 32;
  if (code === 0x3ac) return 0x386;
  if (code >= 0x3ad && code <= 0x3af) return code - 37;
  if (code === 0x3cc) return 0x38c;
  return code === 0x3cd || code === 0x3ce ? code - 63 : code;
}

export function lowerOf(code: u32): u32 {
  if (evenPairs(code)) return code | 1;
  if (oddPairs(code)) return code + (code & 1);
  if (code >= 0xc0 && code <= 0xde) return code === 0xd7 ? code : code + 32;
  if (code === 0x178) return 0xff;
  if (code >= 0x370 && code < 0x400) return lowerGreek(code);
  if (code >= 0x400 && code <= 0x40f) return code + 80;
  if (code >= 0x410 && code <= 0x42f) return code + 32;
  if (code === 0x4c0) return 0x4cf;
  if (code >= 0x531 && code <= 0x556) return code + 48;
  if (code === 0x1e9e) return 0xdf;
  return code >= 0xff21 && code <= 0xff3a ? code + 32 : code;
}

function lowerGreek(code: u32): u32 {
  if (code >= 0x391 && code <= 0x3ab && code !== 0x3a2) return code + 32;
  if (code === 0x386) return 0x3ac;
  if (code >= 0x388 && code <= 0x38a) return code + 37;
  if (code === 0x38c) return 0x3cc;
  return code === 0x38e || code === 0x38f ? code + 63 : code;
}
