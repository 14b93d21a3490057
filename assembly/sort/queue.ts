// Entries in order of (time, number): a binary heap (Williams, CACM 1964), in which rows that come in order sink nowhere, and behind
// it a list of those that were taken out and wait to be emitted.
//
// 0 u32 nodes   4 u32 their number   8 u32 room   16 u64 number of the next entry   24 u32 list { u32 entry }   28 u32 end   32 u32 room
// 36 u32 first of the list. Node: 0 i64 time   8 u64 number   16 u32 entry
import { allocate, release } from "../memory/heap";

export const QUEUE_BYTES: u32 = 40;
const COUNT: usize = 4;
const ROOM: usize = 8;
const NUMBER: usize = 16;
const READY: usize = 24;
const READY_END: usize = 28;
const READY_ROOM: usize = 32;
const READY_FIRST: usize = 36;
const NODE_BYTES: u32 = 24;
const NODE_NUMBER: usize = 8;
const NODE_ENTRY: usize = 16;
const FIRST_ROOM: u32 = 64;

function nodeAt(queue: usize, index: u32): usize {
  return <usize>load<u32>(queue) + index * NODE_BYTES;
}

export function queueLength(queue: usize): u32 {
  return load<u32>(queue, COUNT);
}

/** Time of the first entry; the queue is not empty. */
export function firstTime(queue: usize): i64 {
  return load<i64>(load<u32>(queue));
}

/** Numbers entries in the order in which it is asked. */
export function nextNumber(queue: usize): u64 {
  const number: u64 = load<u64>(queue, NUMBER);
  store<u64>(queue, number + 1, NUMBER);
  return number;
}

export function pushQueue(queue: usize, time: i64, number: u64, entry: usize): void {
  const count: u32 = load<u32>(queue, COUNT);
  if (count === load<u32>(queue, ROOM)) {
    const room: u32 = max<u32>(FIRST_ROOM, count * 2);
    store<u32>(queue, regrow(load<u32>(queue), count * NODE_BYTES, room * NODE_BYTES));
    store<u32>(queue, room, ROOM);
  }
  store<u32>(queue, count + 1, COUNT);
  let at: u32 = count;
  while (at > 0) {
    const parent: usize = nodeAt(queue, (at - 1) >> 1);
    if (load<i64>(parent) < time || (load<i64>(parent) === time && load<u64>(parent, NODE_NUMBER) < number)) break;
    memory.copy(nodeAt(queue, at), parent, NODE_BYTES);
    at = (at - 1) >> 1;
  }
  setNode(nodeAt(queue, at), time, number, <u32>entry);
}

function setNode(node: usize, time: i64, number: u64, entry: u32): void {
  store<i64>(node, time);
  store<u64>(node, number, NODE_NUMBER);
  store<u32>(node, entry, NODE_ENTRY);
}

/** The first entry, taken out. */
export function popQueue(queue: usize): usize {
  const first: u32 = load<u32>(load<u32>(queue), NODE_ENTRY);
  const count: u32 = load<u32>(queue, COUNT) - 1;
  store<u32>(queue, count, COUNT);
  const last: usize = nodeAt(queue, count);
  let at: u32 = 0;
  let child: u32 = 1;
  while (child < count) {
    if (child + 1 < count && isBefore(nodeAt(queue, child + 1), nodeAt(queue, child))) child++;
    if (!isBefore(nodeAt(queue, child), last)) break;
    memory.copy(nodeAt(queue, at), nodeAt(queue, child), NODE_BYTES);
    at = child;
    child = 2 * at + 1;
  }
  if (at !== count) memory.copy(nodeAt(queue, at), last, NODE_BYTES);
  return first;
}

function isBefore(a: usize, b: usize): bool {
  const left: i64 = load<i64>(a);
  const right: i64 = load<i64>(b);
  return left < right || (left === right && load<u64>(a, NODE_NUMBER) < load<u64>(b, NODE_NUMBER));
}

/** Puts an entry behind those that wait to be emitted. */
export function pushReady(queue: usize, entry: usize): void {
  let end: u32 = load<u32>(queue, READY_END);
  if (end === load<u32>(queue, READY_ROOM)) {
    const room: u32 = max<u32>(FIRST_ROOM, end * 2);
    store<u32>(queue, regrow(load<u32>(queue, READY), end << 2, room << 2), READY);
    store<u32>(queue, room, READY_ROOM);
  }
  store<u32>(<usize>load<u32>(queue, READY) + (end << 2), <u32>entry);
  store<u32>(queue, ++end, READY_END);
}

function regrow(old: u32, used: u32, bytes: u32): u32 {
  const fresh: usize = allocate(bytes);
  memory.copy(fresh, old, used);
  release(old);
  return <u32>fresh;
}

export function readyCount(queue: usize): u32 {
  return load<u32>(queue, READY_END) - load<u32>(queue, READY_FIRST);
}

/** Entry `index` of those that wait, which are at least as many. */
export function readyAt(queue: usize, index: u32): usize {
  return load<u32>(<usize>load<u32>(queue, READY) + ((load<u32>(queue, READY_FIRST) + index) << 2));
}

/** Forgets the first `count` of those that wait. */
export function dropReady(queue: usize, count: u32): void {
  const first: u32 = load<u32>(queue, READY_FIRST) + count;
  const empty: bool = first === load<u32>(queue, READY_END);
  store<u32>(queue, empty ? 0 : first, READY_FIRST);
  if (empty) store<u32>(queue, 0, READY_END);
}

export function releaseQueue(queue: usize): void {
  release(load<u32>(queue));
  release(load<u32>(queue, READY));
}
