// Bump memory that lives for one vector: strings that decoding or an expression makes. Reset before the next vector.
import { SLACK_BYTES } from "../shared/layout";

const BLOCK_BYTES: u32 = 1 << 20;
let cursor: usize = 0;
let limit: usize = 0;

/** Bytes valid until the next resetScratch, 8-byte aligned, with SLACK_BYTES readable behind them. */
export function scratchAllocate(bytes: u32): usize {
  const need: usize = ((<usize>bytes + 7) & ~7) + SLACK_BYTES;
  if (cursor + need > limit) {
    const size: usize = need > BLOCK_BYTES ? need : BLOCK_BYTES;
    const pages: i32 = memory.grow(<i32>((size + 0xffff) >> 16));
    cursor = (<usize>pages) << 16;
    limit = cursor + ((size + 0xffff) & ~0xffff);
  }
  const at: usize = cursor;
  cursor += need - SLACK_BYTES;
  return at;
}

export function resetScratch(): void {
  // kernel memory work replaces this with a chain of reusable blocks
  cursor = limit;
}
