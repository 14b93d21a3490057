// Learned layouts: the bytes that records of one shape have in common. A layout cuts a record into constant texts and values,
//   {"user":  …  ,"page":  …  }\n
// where a constant text reaches from the end of one value to the start of the next and holds exactly one mark (scan.ts). A record
// fits when its constant texts are those of the layout, byte for byte, and every value between them is a string (by its first
// and last byte) or a well-formed number, true, false or null. With the count of special bytes right as well, such a record is
// well-formed JSON with the keys of the learned one, whatever was learned: a layout is a guess about speed only.
import { allocate, release } from "../memory/heap";
import { JSON_FAIL_ON_MISSING, NODE_FIELD } from "../shared/json";
import { DECODER_FIELD_COUNT, DECODER_FLAGS, DECODER_NODES, findChild } from "./decoder";
import { countSpecials, spansOf } from "./scan";
import { skipScalar } from "./skip";
import { findStringEnd, hasEscapes, skipSpace } from "./text";

/** Keys a layout may have; a record with more goes the general way. */
const MOST_KEYS: u32 = 256;
const MOST_DEPTH: u32 = 32;
/** Longest record that is learned. */
const MOST_BYTES: u32 = 16384;
/** Bytes in front of the text, so that 16-byte loads that end in it begin in the block. */
const FRONT: u32 = 32;

// Layout.
//   0 u32 keys   4 u32 special bytes in the constant texts   8 u32 bytes behind the last value   12 u32 where the text ends
//  16 u32 address of i32[fields]: the key whose value a field takes, -1 = none
//  20 keys, then those numbers, then the text of the learned record
export const LAYOUT_KEYS = 0;
export const LAYOUT_SPECIALS = 4;
export const LAYOUT_TAIL = 8;
export const LAYOUT_END = 12;
export const LAYOUT_LEAVES = 16;
export const LAYOUT_HEADER = 20;

// Key, 80 bytes.
//   0 u32 bytes of the constant text   4 u32 of these from the mark on   8 u32 where it ends in the learned record
//  12 u32 KIND_*, 0 = text of at most 16 bytes before a plain value
//  16 v128 the text's last 16 bytes, zeros in front of a shorter one, 32 v128 ones where it has bytes
//  48 v128, 64 v128 the same for the 16 bytes before
export const KEY_LENGTH = 0;
export const KEY_REACH = 4;
export const KEY_TEXT = 8;
export const KEY_KIND = 12;
export const KEY_LAST = 16;
export const KEY_BEFORE = 48;
export const KEY_BYTES = 80;
/** The text is longer than 16 bytes. */
const KIND_LONG: u32 = 1;
/** The text is longer than 32 bytes. */
const KIND_LONGER: u32 = 2;
/** The value is an object, whose first key follows. */
const KIND_OPENS: u32 = 4;

const KEYS: usize = memory.data(256 * 80);
/** Nodes open at the key in hand, and nodes met. */
const STACK: usize = memory.data(32 * 4);
const MET: usize = memory.data(256 * 4);
/** Sixteen zeros and sixteen bytes of ones: the mask of the last n bytes is at n. */
const MASKS: usize = memory.data<u64>([0, 0, -1, -1]);

let keyCount: u32 = 0;

/** Ones in the last `length` bytes of sixteen; all from sixteen on. */
function lastBytes(length: i32): v128 {
  return v128.load(MASKS + <usize>max<i32>(min<i32>(length, 16), 0));
}

/** Nonzero where the 16 bytes before `a` differ from the last ones of a text. */
function difference(a: usize, text: v128, mask: v128): v128 {
  return v128.and(v128.xor(v128.load(a - 16), text), mask);
}

/** Whether the `length` bytes before `a` and before `b` are the same. */
function sameBefore(a: usize, b: usize, length: u32): bool {
  if (v128.any_true(difference(a, v128.load(b - 16), lastBytes(length)))) return false;
  return length <= 16 || memory.compare(a - length, b - length, length - 16) === 0;
}

/** What a text of more than 32 bytes, or a value that is an object, asks for besides. Zero = fine. */
function fitRest(key: usize, value: usize, to: usize): u32 {
  const kind: u32 = load<u32>(key, KEY_KIND);
  const length: u32 = load<u32>(key, KEY_LENGTH);
  if ((kind & KIND_OPENS) !== 0 && value !== to) return 1;
  if ((kind & KIND_LONGER) === 0) return 0;
  return u32(memory.compare(value - length, <usize>load<u32>(key, KEY_TEXT) - length, length - 32) !== 0);
}

/**
 * Whether the record [at, end), whose marks stand at `marks`, fits: the special bytes it must then have, or -1. The caller has
 * seen that it has as many marks as the layout has keys. Leaves in SPANS where the values are. Whatever the record holds,
 * nothing beyond the slack is read.
 */
export function fitLayout(layout: usize, marks: usize, at: usize, end: usize): i32 {
  const tail: usize = end - load<u32>(layout, LAYOUT_TAIL);
  if (!sameBefore(end, load<u32>(layout, LAYOUT_END), load<u32>(layout, LAYOUT_TAIL))) return -1;
  let specials: u32 = load<u32>(layout, LAYOUT_SPECIALS);
  let key: usize = layout + LAYOUT_HEADER;
  const behind: usize = key + load<u32>(layout, LAYOUT_KEYS) * KEY_BYTES;
  let value: usize = <usize>load<u32>(marks) + load<u32>(key, KEY_REACH);
  let wrong: u32 = u32(value - load<u32>(key, KEY_LENGTH) !== at);
  let differs: v128 = i8x16.splat(0);
  let span: usize = spansOf(marks);
  do {
    const kind: u32 = load<u32>(key, KEY_KIND);
    differs = v128.or(differs, difference(value, v128.load(key, KEY_LAST), v128.load(key, KEY_LAST + 16)));
    if ((kind & KIND_LONG) !== 0) {
      const before: v128 = difference(value - 16, v128.load(key, KEY_BEFORE), v128.load(key, KEY_BEFORE + 16));
      differs = v128.or(differs, before);
    }
    marks += 4;
    key += KEY_BYTES;
    const isLast: bool = key === behind;
    const next: usize = isLast ? tail : <usize>load<u32>(marks) + load<u32>(key, KEY_REACH);
    const to: usize = isLast ? tail : next - load<u32>(key, KEY_LENGTH);
    store<u64>(span, <u64>value | ((<u64>to) << 32));
    span += 8;
    if (load<u8>(value) === 34) {
      wrong |= u32(<i32>(to - value) < 2) | u32(load<u8>(to - 1) !== 34);
      specials += 2;
    } else if (kind < KIND_OPENS) {
      wrong |= u32(!isScalar(value, to));
    }
    if (kind > KIND_LONG) wrong |= fitRest(key - KEY_BYTES, value, to);
    value = next;
  } while (key !== behind);
  return wrong !== 0 || v128.any_true(differs) ? -1 : <i32>specials;
}

/** Whether [at, end) is a number, true, false or null. Whole numbers and plain fractions in one step. */
function isScalar(at: usize, end: usize): bool {
  const length: i32 = <i32>(end - at);
  if (length <= 0) return false;
  if (length <= 16) {
    const digits: v128 = i8x16.lt_u(i8x16.sub(v128.load(at), i8x16.splat(48)), i8x16.splat(10));
    const others: u32 = ~(<u32>i8x16.bitmask(digits)) & ((1 << length) - 1);
    const isZero: bool = load<u8>(at) === 48;
    if (others === 0) return !isZero || length === 1;
    const point: i32 = ctz<i32>(<i32>others);
    const plain: bool = (others & (others - 1)) === 0 && load<u8>(at + point) === 46 && point > 0 && point + 1 < length;
    if (plain) return !isZero || point === 1;
  }
  return skipScalar(at, end) === end;
}

/** The layout of [at, end), a record that gave one row; 0 when its shape is not one that layouts cover. */
export function learnLayout(decoder: usize, at: usize, end: usize): usize {
  if (<u32>(end - at) > MOST_BYTES) return 0;
  const fields: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  keyCount = 0;
  const tail: usize = walkKeys(decoder, at, end);
  if (tail === 0) return 0;
  const leaves: u32 = <u32>LAYOUT_HEADER + keyCount * KEY_BYTES;
  const front: u32 = leaves + fields * 4 + FRONT;
  const layout: usize = allocate(front + <u32>(end - at));
  const text: usize = layout + front;
  memory.copy(text, at, end - at);
  store<u32>(layout, keyCount, LAYOUT_KEYS);
  store<u32>(layout, <u32>(end - tail), LAYOUT_TAIL);
  store<u32>(layout, <u32>(text + (end - at)), LAYOUT_END);
  store<u32>(layout, <u32>(layout + leaves), LAYOUT_LEAVES);
  memory.fill(layout + leaves, 255, fields * 4);
  let specials: u32 = countSpecials(tail, end);
  for (let i: u32 = 0; i < keyCount; i++) {
    const from: usize = KEYS + i * KEY_BYTES;
    const to: usize = layout + LAYOUT_HEADER + i * KEY_BYTES;
    const value: usize = load<u32>(from, KEY_TEXT);
    specials += countSpecials(value - load<u32>(from, KEY_LENGTH), value);
    memory.copy(to, from, KEY_BYTES);
    finishKey(to, text + (value - at));
    const node: usize = load<u32>(MET + (i << 2));
    const field: u32 = node === 0 ? 0 : load<u32>(node, NODE_FIELD);
    if (field !== 0) store<u32>(layout + leaves + ((field - 1) << 2), i);
  }
  store<u32>(layout, specials, LAYOUT_SPECIALS);
  if ((load<u32>(decoder, DECODER_FLAGS) & JSON_FAIL_ON_MISSING) === 0 || hasAll(layout, fields)) return layout;
  release(layout);
  return 0;
}

/** Notes the text that ends at `text` in the learned record. */
function finishKey(key: usize, text: usize): void {
  const length: i32 = load<i32>(key, KEY_LENGTH);
  store<u32>(key, <u32>text, KEY_TEXT);
  const kind: u32 = (length > 16 ? KIND_LONG : 0) | (length > 32 ? KIND_LONGER : 0);
  store<u32>(key, load<u32>(key, KEY_KIND) | kind, KEY_KIND);
  v128.store(key, v128.and(v128.load(text - 16), lastBytes(length)), KEY_LAST);
  v128.store(key, lastBytes(length), KEY_LAST + 16);
  v128.store(key, v128.and(v128.load(text - 32), lastBytes(length - 16)), KEY_BEFORE);
  v128.store(key, lastBytes(length - 16), KEY_BEFORE + 16);
}

function hasAll(layout: usize, fields: u32): bool {
  const leaves: usize = load<u32>(layout, LAYOUT_LEAVES);
  for (let i: u32 = 0; i < fields; i++) if (load<i32>(leaves + (i << 2)) < 0) return false;
  return true;
}

/** Fills KEYS (texts by their end in the record) and MET (a key's node, 0 = not wanted). Returns the end of the last value. */
function walkKeys(decoder: usize, at: usize, end: usize): usize {
  let depth: u32 = 0;
  let node: usize = load<u32>(decoder, DECODER_NODES);
  let from: usize = at;
  at = skipSpace(at, end);
  if (at === end || load<u8>(at) !== 123) return 0;
  at = skipSpace(at + 1, end);
  while (at < end) {
    const value: usize = addKey(decoder, node, at, end);
    if (value === 0) return 0;
    const key: usize = KEYS + (keyCount - 1) * KEY_BYTES;
    store<u32>(key, <u32>(value - from), KEY_LENGTH);
    const child: usize = load<u32>(MET + ((keyCount - 1) << 2));
    const wanted: bool = child !== 0 && load<u32>(child, NODE_FIELD) !== 0;
    from = value;
    if (load<u8>(value) === 123) {
      if (wanted || depth === MOST_DEPTH) return 0;
      store<u32>(key, KIND_OPENS, KEY_KIND);
      store<u32>(STACK + (depth++ << 2), <u32>node);
      node = child;
      at = skipSpace(value + 1, end);
      continue;
    }
    if (child !== 0 && !wanted) return 0;
    from = skipLeaf(value, end);
    if (from === 0) return 0;
    at = skipSpace(from, end);
    while (at < end && load<u8>(at) === 125) {
      if (depth === 0) return from;
      node = load<u32>(STACK + (--depth << 2));
      at = skipSpace(at + 1, end);
    }
    if (at === end || load<u8>(at) !== 44) return 0;
    at = skipSpace(at + 1, end);
  }
  return 0;
}

/** Notes the key at `at`; returns where its value begins, or 0 when it has escapes, blanks before its colon, or was met before. */
function addKey(decoder: usize, node: usize, at: usize, end: usize): usize {
  if (load<u8>(at) !== 34 || keyCount === MOST_KEYS) return 0;
  const quote: usize = findStringEnd(at + 1, end, true);
  if (quote === 0 || hasEscapes || load<u8>(quote, 1) !== 58) return 0;
  const value: usize = skipSpace(quote + 2, end);
  if (value === end) return 0;
  const child: usize = node === 0 ? 0 : findChild(decoder, node, at + 1, <u32>(quote - at - 1));
  for (let i: u32 = 0; i < keyCount && child !== 0; i++) if (<usize>load<u32>(MET + (i << 2)) === child) return 0;
  const key: usize = KEYS + keyCount * KEY_BYTES;
  store<u32>(key, <u32>(value - quote), KEY_REACH);
  store<u32>(key, <u32>value, KEY_TEXT);
  store<u32>(key, 0, KEY_KIND);
  store<u32>(MET + (keyCount++ << 2), <u32>child);
  return value;
}

/** Behind the string or scalar at `at`; 0 for an array. */
function skipLeaf(at: usize, end: usize): usize {
  if (load<u8>(at) !== 34) return skipScalar(at, end);
  const quote: usize = findStringEnd(at + 1, end, true);
  return quote === 0 ? 0 : quote + 1;
}
