// A loaded JSON decoder: its fields with the registers they fill, and the tree of wanted keys. Everything an encoded decoder
// says is checked here, once; the decoder works on addresses after that.
import { allocate, allocateZeroed, release } from "../memory/heap";
import { physicalOf, registerCount, validityOf, valuesOf, widthOf } from "../memory/registers";
import {
  JSON_BELOW_COUNT,
  JSON_BOOLEAN,
  JSON_BYTES,
  JSON_DECIMAL,
  JSON_DOUBLE,
  JSON_FIELD_BYTES,
  JSON_FIELD_COUNT,
  JSON_FLAGS,
  JSON_FLOAT,
  JSON_HEADER_BYTES,
  JSON_KEY_BYTES,
  JSON_MAGIC,
  JSON_NODE_COUNT,
  JSON_STRING,
  JSON_TIMESTAMP_LTZ,
  JSON_TIMESTAMPS,
  NODE_BELOW,
  NODE_BELOW_COUNT,
  NODE_BYTES,
  NODE_CHILDREN,
  NODE_FIELD,
  NODE_FIRST_CHILD,
  NODE_KEY,
  NODE_KEY_LENGTH,
} from "../shared/json";
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_I64, PHYS_STR } from "../shared/layout";

// Decoder.
//   0 u32 fields (FIELD_*)   4 u32 field count   8 u32 nodes (NODE_*)   12 u32 key bytes   16 u32 field numbers by node
//  20 u32 JSON_FULL | ...   24 u32 JSON_TIME_*   28 u32 stack of open nodes, one word a node
//  32 u32 record inside whose top-level array a call stopped, + 1   36 u32 next byte there   40 u32 end of the record
//  44 u32 learned layouts, LAYOUTS addresses   60 u32 layout that is replaced next   64 u32 records no layout fitted
export const DECODER_FIELDS = 0;
export const DECODER_FIELD_COUNT = 4;
export const DECODER_NODES = 8;
export const DECODER_KEYS = 12;
export const DECODER_BELOW = 16;
export const DECODER_FLAGS = 20;
export const DECODER_TIMESTAMPS = 24;
export const DECODER_STACK = 28;
export const DECODER_PENDING = 32;
export const DECODER_PENDING_AT = 36;
export const DECODER_PENDING_END = 40;
export const DECODER_LAYOUTS = 44;
export const DECODER_VICTIM = 60;
export const DECODER_MISSES = 64;
export const DECODER_BYTES = 72;
/** Learned layouts a decoder keeps. */
export const LAYOUTS = 4;

// Field, 48 bytes. Values and validity are those of its register, looked up when a call begins.
//   0 u32 values   4 u32 validity   8 u32 JSON_* type   12 u32 precision   16 u32 scale   20 u32 register
//  24 u32 STATE_* for the record in hand   28 u32 address of the value that did not fit   32 u32 width
//  36 u32 the decoder's flags   40 u32 its JSON_TIME_*
export const FIELD_VALUES = 0;
export const FIELD_VALIDITY = 4;
export const FIELD_TYPE = 8;
export const FIELD_PRECISION = 12;
export const FIELD_SCALE = 16;
export const FIELD_REGISTER = 20;
export const FIELD_STATE = 24;
export const FIELD_AT = 28;
export const FIELD_WIDTH = 32;
export const FIELD_FLAGS = 36;
export const FIELD_TIMESTAMPS = 40;
export const FIELD_BYTES = 48;

export const STATE_MISSING = 0;
/** The lane is written; it may be NULL. */
export const STATE_DONE = 1;
export const STATE_ERROR = 2;

/** The bytes at `encoded` must stay while the decoder lives. 0 when they are no decoder. */
export function openDecoder(encoded: usize, length: u32): usize {
  if (!isWhole(encoded, length)) return 0;
  const fieldCount: u32 = load<u32>(encoded, JSON_FIELD_COUNT);
  const nodes: usize = encoded + JSON_HEADER_BYTES + fieldCount * JSON_FIELD_BYTES;
  const nodeCount: u32 = load<u32>(encoded, JSON_NODE_COUNT);
  const below: usize = nodes + nodeCount * NODE_BYTES;
  if (!areFields(encoded + JSON_HEADER_BYTES, fieldCount)) return 0;
  if (!areNodes(encoded, nodes, below)) return 0;
  const decoder: usize = allocateZeroed(DECODER_BYTES);
  store<u32>(decoder, fieldCount, DECODER_FIELD_COUNT);
  store<u32>(decoder, <u32>nodes, DECODER_NODES);
  store<u32>(decoder, <u32>below, DECODER_BELOW);
  store<u32>(decoder, <u32>below + load<u32>(encoded, JSON_BELOW_COUNT) * 4, DECODER_KEYS);
  store<u32>(decoder, load<u32>(encoded, JSON_FLAGS), DECODER_FLAGS);
  store<u32>(decoder, load<u32>(encoded, JSON_TIMESTAMPS), DECODER_TIMESTAMPS);
  store<u32>(decoder, <u32>allocate(nodeCount * 4 + 4), DECODER_STACK);
  store<u32>(decoder, <u32>openFields(encoded, fieldCount), DECODER_FIELDS);
  return decoder;
}

/** Layouts must have been given back. */
export function releaseDecoder(decoder: usize): void {
  release(load<u32>(decoder, DECODER_STACK));
  release(load<u32>(decoder, DECODER_FIELDS));
  release(decoder);
}

function isWhole(encoded: usize, length: u32): bool {
  if (length < <u32>JSON_HEADER_BYTES || load<u32>(encoded) != JSON_MAGIC || load<u32>(encoded, JSON_TIMESTAMPS) > 2)
    return false;
  const bytes: u64 =
    <u64>JSON_HEADER_BYTES +
    <u64>load<u32>(encoded, JSON_FIELD_COUNT) * JSON_FIELD_BYTES +
    <u64>load<u32>(encoded, JSON_NODE_COUNT) * NODE_BYTES +
    <u64>load<u32>(encoded, JSON_BELOW_COUNT) * 4 +
    <u64>load<u32>(encoded, JSON_KEY_BYTES);
  return bytes <= <u64>length && load<u32>(encoded, JSON_NODE_COUNT) > 0;
}

/** The physical type a register must have for a JSON_* type. */
function physicalFor(type: u32): u32 {
  if (type == JSON_BOOLEAN) return PHYS_BOOL;
  if (type == JSON_FLOAT || type == JSON_DOUBLE) return PHYS_F64;
  if (type == JSON_DECIMAL) return PHYS_DEC;
  return type == JSON_STRING || type == JSON_BYTES ? PHYS_STR : PHYS_I64;
}

function areFields(at: usize, count: u32): bool {
  for (let i: u32 = 0; i < count; i++, at += JSON_FIELD_BYTES) {
    const register: u32 = load<u32>(at);
    const type: u32 = load<u32>(at, 4);
    if (register >= registerCount() || type < <u32>JSON_BOOLEAN || type > <u32>JSON_TIMESTAMP_LTZ) return false;
    if (physicalOf(register) != physicalFor(type)) return false;
    const precision: u32 = load<u32>(at, 8);
    if (type == JSON_DECIMAL ? precision < 1 || precision > 38 || load<u32>(at, 12) > precision : precision > 9)
      return false;
  }
  return true;
}

/** Children stand behind their parent, so that the tree has no cycle. */
function areNodes(encoded: usize, nodes: usize, below: usize): bool {
  const count: u32 = load<u32>(encoded, JSON_NODE_COUNT);
  const belowCount: u32 = load<u32>(encoded, JSON_BELOW_COUNT);
  const fields: u32 = load<u32>(encoded, JSON_FIELD_COUNT);
  const keyBytes: u64 = load<u32>(encoded, JSON_KEY_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    const node: usize = nodes + i * NODE_BYTES;
    const children: u64 = <u64>load<u32>(node, NODE_FIRST_CHILD) + load<u32>(node, NODE_CHILDREN);
    if (load<u32>(node, NODE_CHILDREN) > 0 && (load<u32>(node, NODE_FIRST_CHILD) <= i || children > <u64>count))
      return false;
    if (<u64>load<u32>(node, NODE_KEY) + load<u32>(node, NODE_KEY_LENGTH) > keyBytes) return false;
    if (load<u32>(node, NODE_FIELD) > fields) return false;
    if (<u64>load<u32>(node, NODE_BELOW) + load<u32>(node, NODE_BELOW_COUNT) > <u64>belowCount) return false;
  }
  for (let i: u32 = 0; i < belowCount; i++) if (load<u32>(below + (i << 2)) >= fields) return false;
  return true;
}

function openFields(encoded: usize, count: u32): usize {
  const fields: usize = allocateZeroed(count * FIELD_BYTES + FIELD_BYTES);
  for (let i: u32 = 0; i < count; i++) {
    const from: usize = encoded + JSON_HEADER_BYTES + i * JSON_FIELD_BYTES;
    const to: usize = fields + i * FIELD_BYTES;
    store<u32>(to, load<u32>(from), FIELD_REGISTER);
    store<u32>(to, load<u32>(from, 4), FIELD_TYPE);
    store<u32>(to, load<u32>(from, 8), FIELD_PRECISION);
    store<u32>(to, load<u32>(from, 12), FIELD_SCALE);
    store<u32>(to, load<u32>(encoded, JSON_FLAGS), FIELD_FLAGS);
    store<u32>(to, load<u32>(encoded, JSON_TIMESTAMPS), FIELD_TIMESTAMPS);
    store<u32>(to, widthOf(physicalOf(load<u32>(from))), FIELD_WIDTH);
  }
  return fields;
}

/** Looks the registers of all fields up. */
export function bindFields(decoder: usize): void {
  const count: u32 = load<u32>(decoder, DECODER_FIELD_COUNT);
  let field: usize = load<u32>(decoder, DECODER_FIELDS);
  for (let i: u32 = 0; i < count; i++, field += FIELD_BYTES) {
    store<u32>(field, <u32>valuesOf(load<u32>(field, FIELD_REGISTER)), FIELD_VALUES);
    store<u32>(field, <u32>validityOf(load<u32>(field, FIELD_REGISTER)), FIELD_VALIDITY);
  }
}

export function fieldAt(decoder: usize, index: u32): usize {
  return <usize>load<u32>(decoder, DECODER_FIELDS) + index * FIELD_BYTES;
}

/** Makes a lane NULL, its value zero (an empty string). */
export function putNull(field: usize, lane: u32): void {
  store<u8>(<usize>load<u32>(field, FIELD_VALIDITY) + lane, 0);
  const width: u32 = load<u32>(field, FIELD_WIDTH);
  const at: usize = <usize>load<u32>(field, FIELD_VALUES) + lane * width;
  if (width == 1) {
    store<u8>(at, 0);
    return;
  }
  store<u64>(at, 0);
  if (width == 16) store<u64>(at, 0, 8);
}

/** The node of a key below `node`, 0 when it is not wanted. `key` is free of escapes. */
export function findChild(decoder: usize, node: usize, key: usize, length: u32): usize {
  const count: u32 = load<u32>(node, NODE_CHILDREN);
  let child: usize = <usize>load<u32>(decoder, DECODER_NODES) + load<u32>(node, NODE_FIRST_CHILD) * NODE_BYTES;
  const keys: usize = load<u32>(decoder, DECODER_KEYS);
  for (let i: u32 = 0; i < count; i++, child += NODE_BYTES) {
    if (load<u32>(child, NODE_KEY_LENGTH) != length) continue;
    if (memory.compare(keys + load<u32>(child, NODE_KEY), key, length) == 0) return child;
  }
  return 0;
}
