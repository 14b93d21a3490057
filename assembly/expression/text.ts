// Making strings: a small static buffer that text is written to, copied to scratch memory when it is done.
import { scratchAllocate } from "../memory/scratch";

const MOST_BYTES: usize = 512;
const BUFFER: usize = memory.data(640);
let cursor: usize = 0;

export function startText(): void {
  cursor = 0;
}

/** Appends one byte. What does not fit in 512 bytes is our bug. */
export function writeByte(byte: u32): void {
  if (cursor >= MOST_BYTES) unreachable();
  store<u8>(BUFFER + cursor++, byte);
}

export function writeBytes(at: usize, length: usize): void {
  if (cursor + length > MOST_BYTES) unreachable();
  memory.copy(BUFFER + cursor, at, length);
  cursor += length;
}

export function textLength(): usize {
  return cursor;
}

/** A number with at least `width` digits, sign first. */
export function writeNumber(value: i64, width: i32): void {
  if (value < 0) writeByte(45);
  let rest: u64 = value < 0 ? 0 - value : value;
  let digits: i32 = 1;
  for (let power: u64 = rest; power >= 10; power /= 10) digits++;
  const length: i32 = max<i32>(digits, width);
  if (cursor + <usize>length > MOST_BYTES) unreachable();
  for (let i: i32 = length - 1; i >= 0; i--) {
    store<u8>(BUFFER + cursor + <usize>i, <u8>(48 + (rest % 10)));
    rest /= 10;
  }
  cursor += <usize>length;
}

/** Stores { address, length } of the text at `descriptor`. */
export function finishText(descriptor: usize): void {
  const at: usize = scratchAllocate(<u32>cursor);
  memory.copy(at, BUFFER, cursor);
  storeText(descriptor, at, <u32>cursor);
}

export function storeText(descriptor: usize, address: usize, length: u32): void {
  store<u32>(descriptor, <u32>address);
  store<u32>(descriptor, length, 4);
}
