// An object or array that becomes a STRING: its text without the white space between tokens.
import { scratchAllocate } from "../memory/scratch";
import { skipString } from "./text";

export let compactAt: usize = 0;
export let compactLength: u32 = 0;

/** [at, end) is one well-formed value. The result is a view of it where it holds no white space, else scratch memory. */
export function compactText(at: usize, end: usize): void {
  compactAt = at;
  compactLength = <u32>(end - at);
  const gap: usize = findSpace(at, end);
  if (gap == end) return;
  const to: usize = scratchAllocate(compactLength);
  compactAt = to;
  compactLength = <u32>(copyTokens(at, end, to) - to);
}

/** The first white space outside strings, or `end`. */
function findSpace(at: usize, end: usize): usize {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte <= 32) return at;
    at = byte == 34 ? stringEnd(at, end) : at + 1;
  }
  return end;
}

/** Behind the string whose quote is at `at`. */
function stringEnd(at: usize, end: usize): usize {
  const quote: usize = skipString(at + 1, end);
  return quote == 0 ? end : quote + 1;
}

function copyTokens(at: usize, end: usize, to: usize): usize {
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte == 34) {
      const next: usize = stringEnd(at, end);
      memory.copy(to, at, next - at);
      to += next - at;
      at = next;
      continue;
    }
    if (byte > 32) store<u8>(to++, byte);
    at++;
  }
  return to;
}
