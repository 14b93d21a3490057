// Bump memory that lives for one vector: strings that decoding or an expression makes. Blocks form a chain that is walked
// again from its start after every reset, so a steady load allocates nothing; a block larger than usual lives once.
import { SLACK_BYTES } from "../shared/layout";
import { allocate, heapBytes, release, slotBytes } from "./heap";

const BLOCK_BYTES: u32 = 256 << 10;
/** Usual blocks kept over a reset. */
const KEPT_BLOCKS: u32 = 32;
// Block header: 0 u32 next, 4 u32 bytes of the heap. SLACK_BYTES of header also serve those who read before a string.
const HEADER_BYTES: usize = 64;

let first: usize = 0;
let current: usize = 0;
let cursor: usize = 0;
let limit: usize = 0;
let oversize: usize = 0;
/** What the heap has handed out to scratch memory. */
let taken: u64 = 0;

/** Bytes of the heap that are not scratch memory. What state is measured by while a vector is worked on. */
export function lastingBytes(): u64 {
  return heapBytes() - taken;
}

/** Bytes valid until the next resetScratch, 8-byte aligned, with SLACK_BYTES readable behind them. */
export function scratchAllocate(bytes: u32): usize {
  const need: usize = (<usize>bytes + 7) & ~7;
  if (cursor + need + SLACK_BYTES > limit) {
    if (need + SLACK_BYTES + HEADER_BYTES > BLOCK_BYTES) return allocateOversize(need);
    nextBlock();
  }
  const at: usize = cursor;
  cursor += need;
  return at;
}

/** Takes everything back. What scratchAllocate returned before must not be read any more. */
export function resetScratch(): void {
  while (oversize !== 0) {
    const next: usize = load<u32>(oversize);
    taken -= load<u32>(oversize, 4);
    release(oversize);
    oversize = next;
  }
  if (first === 0) return;
  trimChain();
  enter(first);
}

function allocateOversize(need: usize): usize {
  const bytes: usize = need + HEADER_BYTES + SLACK_BYTES;
  const block: usize = allocate(bytes);
  taken += slotBytes(bytes);
  store<u32>(block, <u32>oversize);
  store<u32>(block, slotBytes(bytes), 4);
  oversize = block;
  return block + HEADER_BYTES;
}

function nextBlock(): void {
  const known: usize = current === 0 ? first : <usize>load<u32>(current);
  if (known !== 0) return enter(known);
  const block: usize = allocate(BLOCK_BYTES);
  taken += BLOCK_BYTES;
  store<u32>(block, 0);
  if (current === 0) first = block;
  else store<u32>(current, <u32>block);
  enter(block);
}

function enter(block: usize): void {
  current = block;
  cursor = block + HEADER_BYTES;
  limit = block + BLOCK_BYTES;
}

function trimChain(): void {
  let block: usize = first;
  for (let i: u32 = 1; i < KEPT_BLOCKS && block !== 0; i++) block = load<u32>(block);
  if (block === 0) return;
  let extra: usize = load<u32>(block);
  store<u32>(block, 0);
  while (extra !== 0) {
    const next: usize = load<u32>(extra);
    taken -= BLOCK_BYTES;
    release(extra);
    extra = next;
  }
}
