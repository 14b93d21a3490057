// Learns the layout (layout.ts) of a record that the general way has just decoded.
import { allocate, release } from "../memory/heap";
import { JSON_FAIL_ON_MISSING, NODE_FIELD } from "../shared/json";
import { DECODER_FIELD_COUNT, DECODER_FLAGS, DECODER_NODES, findChild } from "./decoder";
import {
  EXACT_LONG,
  EXACT_OPENS,
  EXACT_STRING,
  KEY_BYTES,
  KEY_EXACT,
  KEY_EXACT_LAST,
  KEY_KIND,
  KEY_LAST,
  KEY_LEAD,
  KEY_LENGTH,
  KEY_REACH,
  KEY_TEXT,
  KIND_LONG,
  KIND_LONGER,
  KIND_OPENS,
  LAYOUT_END,
  LAYOUT_EXACT,
  LAYOUT_EXACT_SPECIALS,
  LAYOUT_HEADER,
  LAYOUT_KEYS,
  LAYOUT_LEAVES,
  LAYOUT_SPECIALS,
  LAYOUT_TAIL,
  lastBytes,
} from "./layout";
import { countSpecials } from "./scan";
import { skipValue } from "./skip";
import { findStringEnd, hasEscapes, skipSpace } from "./text";

/** Keys a layout may have; a record with more goes the general way. */
const MOST_KEYS: u32 = 256;
const MOST_DEPTH: u32 = 32;
/** Longest record that is learned. */
const MOST_BYTES: u32 = 16384;
/** Bytes in front of the text, so that 16-byte loads that end in it begin in the block. */
const FRONT: u32 = 32;

const KEYS: usize = memory.data(256 * 160);
/** Nodes open at the key in hand, and nodes met. */
const STACK: usize = memory.data(32 * 4);
const MET: usize = memory.data(256 * 4);

let keyCount: u32 = 0;

/** The layout of [at, end), a record that gave one row; 0 when its shape is not one that layouts cover. */
export function learnLayout(decoder: usize, at: usize, end: usize): usize {
  if (<u32>(end - at) > MOST_BYTES) return 0;
  const fields: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  keyCount = 0;
  const tail: usize = walkKeys(decoder, at, end);
  if (tail === 0) return 0;
  const leaves: u32 = <u32>LAYOUT_HEADER + (keyCount + 1) * KEY_BYTES;
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
  finishExact(layout);
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
  putText(key + KEY_LAST, text, length);
}

/** The exact texts, of use where none is longer than what two vectors hold. */
function finishExact(layout: usize): void {
  let specials: u32 = load<u32>(layout, LAYOUT_SPECIALS);
  let quoteBefore: u32 = 0;
  let longest: u32 = 0;
  let key: usize = layout + LAYOUT_HEADER;
  const behind: usize = key + load<u32>(layout, LAYOUT_KEYS) * KEY_BYTES;
  memory.fill(behind, 0, KEY_BYTES);
  for (; key !== behind; key += KEY_BYTES) {
    const value: usize = load<u32>(key, KEY_TEXT);
    const string: u32 = u32(load<u8>(value) === 34);
    const length: u32 = load<u32>(key, KEY_LENGTH) + quoteBefore + 1;
    const opens: bool = (load<u32>(key, KEY_KIND) & KIND_OPENS) !== 0;
    store<u32>(key, load<u32>(key, KEY_LENGTH) - load<u32>(key, KEY_REACH), KEY_LEAD);
    const kind: u32 = (string !== 0 ? EXACT_STRING : 0) | (length > 16 ? EXACT_LONG : 0) | (opens ? EXACT_OPENS : 0);
    store<u32>(key, kind, KEY_EXACT);
    putText(key + KEY_EXACT_LAST, value + 1, length);
    if (string === 0) {
      store<u8>(key, 0, KEY_EXACT_LAST + 15);
      store<u8>(key, 0, KEY_EXACT_LAST + 31);
    }
    longest = max<u32>(longest, length);
    specials += string << 1;
    quoteBefore = string;
  }
  store<u32>(layout, specials, LAYOUT_EXACT_SPECIALS);
  const tail: u32 = load<u32>(layout, LAYOUT_TAIL) + quoteBefore;
  putText(behind + KEY_EXACT_LAST, load<u32>(layout, LAYOUT_END), tail);
  store<u32>(layout, u32(longest <= 32 && tail <= 16), LAYOUT_EXACT);
}

/** The last 32 of the `length` bytes before `text`, and which of them there are. */
function putText(to: usize, text: usize, length: i32): void {
  v128.store(to, v128.and(v128.load(text - 16), lastBytes(length)));
  v128.store(to, lastBytes(length), 16);
  v128.store(to, v128.and(v128.load(text - 32), lastBytes(length - 16)), 32);
  v128.store(to, lastBytes(length - 16), 48);
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
    if (load<u8>(value) === 123 && !isEmptyObject(value, end)) {
      if (wanted || depth === MOST_DEPTH) return 0;
      store<u32>(key, KIND_OPENS, KEY_KIND);
      store<u32>(STACK + (depth++ << 2), <u32>node);
      node = child;
      at = skipSpace(value + 1, end);
      continue;
    }
    if (child !== 0 && !wanted) return 0;
    from = skipValue(value, end, true);
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

/** Whether the object at `at` has no keys: a value like any other. */
function isEmptyObject(at: usize, end: usize): bool {
  const next: usize = skipSpace(at + 1, end);
  return next < end && load<u8>(next) === 125;
}
