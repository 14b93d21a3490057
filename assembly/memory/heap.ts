// The kernel's own heap. Memory is taken in superpages of 256 KiB. A superpage holds slots of one size, 64 B x 2^k, so that
// thousands of small slices share a few superpages; when its last slot is released the superpage is free for any use again.
// Requests beyond a superpage get a run of neighbouring ones. Slots are aligned to their size up to 256 KiB.
//
// Invariants: a superpage is in exactly one state (free, slab with or without room, run, foreign); a slab is in its class's
// list exactly when it has room; at least 64 KiB behind the last superpage are readable, so SIMD may read past any end.
// Bonwick's slab allocator (USENIX 1994) is the model; there is no header in front of a slot.
import { STATUS_OUT_OF_MEMORY } from "../shared/abi";
import { fail } from "./fail";

const SUPERPAGE_SHIFT: u32 = 18;
export const SUPERPAGE_BYTES: u32 = 1 << 18;
/** Superpages of 4 GiB, without the last one: an end address must fit in 32 bits. */
const MAX_PAGES: u32 = (1 << 14) - 1;
const WASM_PAGES: u32 = 4;
const CLASSES: u32 = 13;

// Page table entry, 32 bytes, by superpage number (address >> 18).
//   0 u32 free     first free slot, 0 none            4 u32 used      slots handed out
//   8 u32 state    class 0...12, or PAGE_*           12 u32 next      superpage number in its list, 0 none
//  16 u32 previous                                    20 u32 carved    first byte never handed out, from the page's start
//  24 u32 run      superpages of a run (on its first)
const ENTRY_BYTES: u32 = 32;
const FREE: usize = 0;
const USED: usize = 4;
const STATE: usize = 8;
const NEXT: usize = 12;
const PREVIOUS: usize = 16;
const CARVED: usize = 20;
const RUN: usize = 24;
const PAGE_FREE: u32 = 32;
const PAGE_RUN: u32 = 33;
const PAGE_FOREIGN: u32 = 34;

/** Page table, then the heads of the class lists. Both stand at the heap's start. */
let table: usize = 0;
let classHeads: usize = 0;
let firstPage: u32 = 0;
let endPage: u32 = 0;
let freeHead: u32 = 0;
let freePages: u32 = 0;
let usedBytes: u64 = 0;
let limitPages: u32 = MAX_PAGES;
/** memory.size() when we last looked: more means that someone else has grown the memory. */
let knownSize: i32 = 0;

start();

function start(): void {
  firstPage = <u32>((__heap_base + SUPERPAGE_BYTES - 1) >> SUPERPAGE_SHIFT);
  table = (<usize>firstPage) << SUPERPAGE_SHIFT;
  const tableBytes: u32 = (MAX_PAGES + 1) * ENTRY_BYTES + CLASSES * 4;
  const own: u32 = (tableBytes + SUPERPAGE_BYTES - 1) >> SUPERPAGE_SHIFT;
  classHeads = table + (MAX_PAGES + 1) * ENTRY_BYTES;
  endPage = firstPage + own;
  firstPage = endPage;
  const missing: i32 = <i32>(endPage * WASM_PAGES + 1) - memory.size();
  if (missing > 0 && memory.grow(missing) < 0) fail(STATUS_OUT_OF_MEMORY);
  adoptTail();
}

/** Takes whole superpages that already lie behind ours, leaving 64 KiB readable at the end. */
function adoptTail(): void {
  const pages: u32 = (<u32>memory.size() - 1) / WASM_PAGES;
  while (endPage < pages && endPage < MAX_PAGES) pushFree(endPage++);
  knownSize = memory.size();
}

function entry(page: u32): usize {
  return table + page * ENTRY_BYTES;
}

function pushFree(page: u32): void {
  const at: usize = entry(page);
  store<u32>(at, PAGE_FREE, STATE);
  link(page, freeHead);
  freeHead = page;
  freePages++;
}

function takeFree(page: u32): void {
  if (freeHead === page) freeHead = load<u32>(entry(page), NEXT);
  unlink(page);
  freePages--;
}

/** Puts `page` before `head` in a list. The caller stores the new head. */
function link(page: u32, head: u32): void {
  store<u32>(entry(page), head, NEXT);
  store<u32>(entry(page), 0, PREVIOUS);
  if (head !== 0) store<u32>(entry(head), page, PREVIOUS);
}

function unlink(page: u32): void {
  const next: u32 = load<u32>(entry(page), NEXT);
  const previous: u32 = load<u32>(entry(page), PREVIOUS);
  if (next !== 0) store<u32>(entry(next), previous, PREVIOUS);
  if (previous !== 0) store<u32>(entry(previous), next, NEXT);
}

/** Grows by at least `pages` neighbouring superpages; by an eighth of what there is, so that growing stays rare. */
function grow(pages: u32): void {
  const eighth: u32 = (endPage - firstPage) >> 3;
  if (memory.size() !== knownSize) skipForeign((<u32>memory.size() + WASM_PAGES - 1) / WASM_PAGES);
  const most: u32 = min<u32>(limitPages, MAX_PAGES);
  if (endPage + pages > most) fail(STATUS_OUT_OF_MEMORY);
  const wish: u32 = min<u32>(max<u32>(pages, min<u32>(eighth, 64)), most - endPage);
  if (!growTo(endPage + wish) && !growTo(endPage + pages)) fail(STATUS_OUT_OF_MEMORY);
  adoptTail();
}

/** Superpages below `page` and 64 KiB behind them exist. */
function growTo(page: u32): bool {
  return memory.grow(<i32>(page * WASM_PAGES + 1) - memory.size()) >= 0;
}

/** Someone else grew the memory in between: those superpages are not ours. */
function skipForeign(to: u32): void {
  while (endPage < to && endPage < MAX_PAGES) store<u32>(entry(endPage++), PAGE_FOREIGN, STATE);
}

function classOf(bytes: usize): u32 {
  return bytes <= 64 ? 0 : 26 - clz<u32>(<u32>bytes - 1);
}

/** Bytes that a request of `bytes` really takes. */
export function slotBytes(bytes: usize): u32 {
  if (bytes > SUPERPAGE_BYTES) return <u32>((bytes + SUPERPAGE_BYTES - 1) & ~(SUPERPAGE_BYTES - 1));
  return 64 << classOf(bytes);
}

/** At least `bytes` bytes, not cleared, owned by the caller until `release`. Traps with STATUS_OUT_OF_MEMORY. */
export function allocate(bytes: usize): usize {
  if (bytes > SUPERPAGE_BYTES) return allocateRun(<u32>((bytes + SUPERPAGE_BYTES - 1) >> SUPERPAGE_SHIFT));
  const cls: u32 = classOf(bytes);
  const size: u32 = 64 << cls;
  let page: u32 = load<u32>(classHeads + (cls << 2));
  if (page === 0) page = openSlab(cls);
  const at: usize = entry(page);
  let slot: usize = load<u32>(at, FREE);
  if (slot !== 0) {
    store<u32>(at, load<u32>(slot), FREE);
  } else {
    const carved: u32 = load<u32>(at, CARVED);
    slot = ((<usize>page) << SUPERPAGE_SHIFT) + carved;
    store<u32>(at, carved + size, CARVED);
  }
  store<u32>(at, load<u32>(at, USED) + 1, USED);
  if (load<u32>(at, FREE) === 0 && load<u32>(at, CARVED) === SUPERPAGE_BYTES) removeFromClass(page, cls);
  usedBytes += size;
  return slot;
}

/** Like `allocate`, all zero. */
export function allocateZeroed(bytes: usize): usize {
  const at: usize = allocate(bytes);
  memory.fill(at, 0, bytes);
  return at;
}

/** Gives back what `allocate` returned. 0 is ignored. */
export function release(address: usize): void {
  if (address === 0) return;
  const page: u32 = <u32>(address >> SUPERPAGE_SHIFT);
  const at: usize = entry(page);
  const cls: u32 = load<u32>(at, STATE);
  if (cls === PAGE_RUN) return releaseRun(page);
  const full: bool = load<u32>(at, FREE) === 0 && load<u32>(at, CARVED) === SUPERPAGE_BYTES;
  store<u32>(address, load<u32>(at, FREE));
  store<u32>(at, <u32>address, FREE);
  const used: u32 = load<u32>(at, USED) - 1;
  store<u32>(at, used, USED);
  usedBytes -= 64 << cls;
  if (full) addToClass(page, cls);
  if (used === 0) {
    removeFromClass(page, cls);
    pushFree(page);
  }
}

function addToClass(page: u32, cls: u32): void {
  const head: usize = classHeads + (cls << 2);
  link(page, load<u32>(head));
  store<u32>(head, page);
}

function removeFromClass(page: u32, cls: u32): void {
  const head: usize = classHeads + (cls << 2);
  if (load<u32>(head) === page) store<u32>(head, load<u32>(entry(page), NEXT));
  unlink(page);
}

function openSlab(cls: u32): u32 {
  if (freeHead === 0) grow(1);
  const page: u32 = freeHead;
  takeFree(page);
  const at: usize = entry(page);
  store<u32>(at, 0, FREE);
  store<u32>(at, 0, USED);
  store<u32>(at, cls, STATE);
  store<u32>(at, 0, CARVED);
  addToClass(page, cls);
  return page;
}

function allocateRun(pages: u32): usize {
  let first: u32 = freePages >= pages ? findRun(pages) : 0;
  if (first === 0) {
    grow(pages);
    first = findRun(pages);
    if (first === 0) fail(STATUS_OUT_OF_MEMORY);
  }
  for (let page: u32 = first; page < first + pages; page++) {
    takeFree(page);
    store<u32>(entry(page), PAGE_RUN, STATE);
  }
  store<u32>(entry(first), pages, RUN);
  usedBytes += (<u64>pages) << SUPERPAGE_SHIFT;
  return (<usize>first) << SUPERPAGE_SHIFT;
}

/** First fit, from the front. 0 = none. */
function findRun(pages: u32): u32 {
  let length: u32 = 0;
  for (let page: u32 = firstPage; page < endPage; page++) {
    length = load<u32>(entry(page), STATE) === PAGE_FREE ? length + 1 : 0;
    if (length === pages) return page + 1 - pages;
  }
  return 0;
}

function releaseRun(first: u32): void {
  const pages: u32 = load<u32>(entry(first), RUN);
  for (let page: u32 = first; page < first + pages; page++) pushFree(page);
  usedBytes -= (<u64>pages) << SUPERPAGE_SHIFT;
}

/** Bytes of all slots and runs handed out. */
export function heapBytes(): u64 {
  return usedBytes;
}

/** Bytes that can still be handed out before the limit, fragmentation aside. */
export function heapRoom(): u64 {
  const end: u32 = min<u32>(limitPages, MAX_PAGES);
  return (<u64>(freePages + (end > endPage ? end - endPage : 0))) << SUPERPAGE_SHIFT;
}

/** Never grow the memory beyond this many bytes. What there is already stays. */
export function limitHeap(bytes: u64): void {
  const pages: u64 = bytes >> SUPERPAGE_SHIFT;
  limitPages = pages > MAX_PAGES ? MAX_PAGES : <u32>pages;
}
