// One JSON object into one lane, for every object JSON can write: any order, white space, escapes, missing and repeated keys (the
// last one wins), nested objects along the wanted paths. What is not wanted is walked over by skip.ts. No recursion: open
// objects on wanted paths stand on the decoder's stack, which is as deep as the longest path.
import { scratchAllocate } from "../memory/scratch";
import { JSON_FULL, NODE_BELOW, NODE_BELOW_COUNT, NODE_FIELD } from "../shared/json";
import {
  DECODER_BELOW,
  DECODER_FIELD_COUNT,
  DECODER_FIELDS,
  DECODER_FLAGS,
  DECODER_NODES,
  DECODER_STACK,
  FIELD_BYTES,
  FIELD_STATE,
  fieldAt,
  findChild,
  putNull,
  STATE_DONE,
  STATE_MISSING,
} from "./decoder";
import { skipValue } from "./skip";
import { findStringEnd, hasEscapes, skipSpace, unescape } from "./text";
import { decodeValue, refuseValue } from "./value";

let full: bool = false;
/** The node whose object is open, and how many stand on the stack behind it. */
let node: usize = 0;
let depth: u32 = 0;
/** An object on a wanted path has just been opened: its closing brace may follow at once. */
let isOpened: bool = false;
let isClosed: bool = false;
/** The record's end. */
let objectEnd: usize = 0;
/** The key that readKey found. */
let keyAt: usize = 0;
let keyLength: u32 = 0;

/** `at` is the object's brace. Returns the byte behind it, or 0 when it is malformed. Fields are left in their states. */
export function decodeObject(decoder: usize, lane: u32, at: usize, end: usize): usize {
  full = (load<u32>(decoder, DECODER_FLAGS) & JSON_FULL) !== 0;
  clearFields(decoder, lane);
  node = load<u32>(decoder, DECODER_NODES);
  depth = 0;
  objectEnd = end;
  isOpened = true;
  at = skipSpace(at + 1, end);
  while (at < end) {
    if (!isOpened || load<u8>(at) !== 125) {
      at = decodeMember(decoder, lane, at, end);
      if (at === 0) return 0;
      if (isOpened) continue;
    }
    at = closeObjects(decoder, at, end);
    if (at === 0 || isClosed) return at;
  }
  return 0;
}

/** A key and its value, or the opening of a wanted object. Returns the next token behind it. */
function decodeMember(decoder: usize, lane: u32, at: usize, end: usize): usize {
  isOpened = false;
  at = readKey(at, end);
  if (at === 0) return 0;
  const child: usize = findChild(decoder, node, keyAt, keyLength);
  if (child !== 0 && load<u32>(child, NODE_FIELD) === 0 && load<u8>(at) === 123) {
    setBelow(decoder, child, lane, 0);
    store<u32>(<usize>load<u32>(decoder, DECODER_STACK) + (depth++ << 2), <u32>node);
    node = child;
    isOpened = true;
    return skipSpace(at + 1, end);
  }
  at = child === 0 ? skipValue(at, end, full) : decodeChild(decoder, child, lane, at);
  return at === 0 ? 0 : skipSpace(at, end);
}

/** From behind a value to the next key, over closing braces and a comma. */
function closeObjects(decoder: usize, at: usize, end: usize): usize {
  isClosed = false;
  isOpened = false;
  while (at < end) {
    const byte: u32 = load<u8>(at);
    if (byte === 44) return skipSpace(at + 1, end);
    if (byte !== 125) return 0;
    if (depth === 0) {
      isClosed = true;
      return at + 1;
    }
    node = load<u32>(<usize>load<u32>(decoder, DECODER_STACK) + (--depth << 2));
    at = skipSpace(at + 1, end);
  }
  return 0;
}

function clearFields(decoder: usize, lane: u32): void {
  const count: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  for (let i: u32 = 0; i < count; i++, field += FIELD_BYTES) {
    store<u32>(field, STATE_MISSING, FIELD_STATE);
    putNull(field, lane);
  }
}

/** Reads a key and its colon into keyAt and keyLength; returns where the value begins. */
function readKey(at: usize, end: usize): usize {
  if (load<u8>(at) != 34) return 0;
  const quote: usize = findStringEnd(at + 1, end, full);
  if (quote == 0) return 0;
  keyAt = at + 1;
  keyLength = <u32>(quote - keyAt);
  if (hasEscapes) {
    const text: usize = scratchAllocate(keyLength);
    keyLength = <u32>(unescape(keyAt, quote, text) - text);
    keyAt = text;
  }
  at = skipSpace(quote + 1, end);
  if (at >= end || load<u8>(at) != 58) return 0;
  at = skipSpace(at + 1, end);
  return at < end ? at : 0;
}

/** A wanted value, or one that stands where an object was wanted. */
function decodeChild(decoder: usize, child: usize, lane: u32, at: usize): usize {
  const field: u32 = load<u32>(child, NODE_FIELD);
  if (field != 0) return decodeValue(fieldAt(decoder, field - 1), lane, at, objectEnd);
  const next: usize = skipValue(at, objectEnd, true);
  setBelow(decoder, child, lane, load<u8>(at) == 110 ? 0 : at);
  if (next != 0 && load<u8>(at) == 110) finishBelow(decoder, child);
  return next;
}

/** Makes the fields below a node missing, or, with the address of a value that is no object, errors. */
function setBelow(decoder: usize, node: usize, lane: u32, wrong: usize): void {
  const count: u32 = load<u32>(node, NODE_BELOW_COUNT);
  const list: usize = <usize>load<u32>(decoder, DECODER_BELOW) + (load<u32>(node, NODE_BELOW) << 2);
  for (let i: u32 = 0; i < count; i++) {
    const field: usize = fieldAt(decoder, load<u32>(list + (i << 2)));
    putNull(field, lane);
    store<u32>(field, STATE_MISSING, FIELD_STATE);
    if (wrong != 0) refuseValue(field, lane, wrong);
  }
}

/** A NULL object has NULL fields; none of them is missing. */
function finishBelow(decoder: usize, node: usize): void {
  const count: u32 = load<u32>(node, NODE_BELOW_COUNT);
  const list: usize = <usize>load<u32>(decoder, DECODER_BELOW) + (load<u32>(node, NODE_BELOW) << 2);
  for (let i: u32 = 0; i < count; i++)
    store<u32>(fieldAt(decoder, load<u32>(list + (i << 2))), STATE_DONE, FIELD_STATE);
}
