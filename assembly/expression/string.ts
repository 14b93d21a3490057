// String functions. Strings are UTF-8; lengths and positions count characters (code points). What is part of its argument
// (SUBSTRING, TRIM, LEFT, RIGHT, SPLIT_INDEX) points into it; what is new is made in scratch memory. Only valid lanes are
// looked at: others may hold descriptors of bytes long gone.
import {
  OP_STR_ASCII,
  OP_STR_CONCAT,
  OP_STR_CONCAT_WS,
  OP_STR_CONTAINS,
  OP_STR_ENDSWITH,
  OP_STR_INITCAP,
  OP_STR_LENGTH,
  OP_STR_LIKE,
  OP_STR_LOWER,
  OP_STR_LPAD,
  OP_STR_POSITION,
  OP_STR_REPEAT,
  OP_STR_REPLACE,
  OP_STR_REVERSE,
  OP_STR_RPAD,
  OP_STR_SKETCH,
  OP_STR_SKETCH_ESTIMATE,
  OP_STR_SPLIT_INDEX,
  OP_STR_STARTSWITH,
  OP_STR_SUBSTRING,
  OP_STR_UPPER,
} from "../shared/opcode";
import { ERR_ARGUMENT, LANE_NULL, LANE_VALID } from "../shared/status";
import { estimateImage, imageLgK } from "../sketch/read-image";
import { countCharacters, equalBytes, findBytes } from "./bytes";
import {
  aValidity,
  aValues,
  bValidity,
  bValues,
  cValidity,
  cValues,
  dstValidity,
  dstValues,
  immediateOf,
} from "./operand";
import { runCase } from "./string-case";
import { matchLike } from "./string-like";
import { concatText, runMake } from "./string-make";
import { runPart } from "./string-part";
import { strict1, strict2, strict3 } from "./validity";

export function runString(opcode: i32, ins: usize, rows: i32): void {
  switch (opcode) {
    case OP_STR_CONCAT:
      strict2(ins, rows);
      return concat(ins, rows);
    case OP_STR_CONCAT_WS:
      return concatStep(ins, rows);
    case OP_STR_UPPER:
    case OP_STR_LOWER:
    case OP_STR_INITCAP:
      strict1(ins, rows);
      return runCase(opcode, ins, rows);
    case OP_STR_REVERSE:
      strict1(ins, rows);
      return runMake(opcode, ins, rows);
    case OP_STR_LENGTH:
      strict1(ins, rows);
      return length(ins, rows);
    case OP_STR_POSITION:
      strict2(ins, rows);
      return position(ins, rows);
    case OP_STR_STARTSWITH:
    case OP_STR_ENDSWITH:
    case OP_STR_CONTAINS:
    case OP_STR_LIKE:
      strict2(ins, rows);
      return test(opcode, ins, rows);
    case OP_STR_LPAD:
    case OP_STR_RPAD:
    case OP_STR_REPLACE:
      strict3(ins, rows);
      return runMake(opcode, ins, rows);
    default:
      return rest(opcode, ins, rows);
  }
}

function rest(opcode: i32, ins: usize, rows: i32): void {
  if (opcode === OP_STR_SUBSTRING || opcode === OP_STR_SPLIT_INDEX) strict3(ins, rows);
  else if (opcode === OP_STR_ASCII || opcode >= OP_STR_SKETCH_ESTIMATE) strict1(ins, rows);
  else strict2(ins, rows);
  if (opcode === OP_STR_ASCII) ascii(ins, rows);
  else if (opcode === OP_STR_SKETCH_ESTIMATE) sketchEstimate(ins, rows);
  else if (opcode === OP_STR_SKETCH) sketch(ins, rows);
  else if (opcode === OP_STR_REPEAT) runMake(opcode, ins, rows);
  else runPart(opcode, ins, rows);
}

function concat(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    store<u8>(valid + i, concatText(dst + (i << 3), a + (i << 3), b + (i << 3)));
  }
}

/** a || separator || c; c alone where a is NULL, a alone where c is. A NULL separator is dealt with by the caller. */
function concatStep(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const aLane: usize = aValidity(ins);
  const bLane: usize = bValidity(ins);
  const b: usize = bValues(ins);
  const cLane: usize = cValidity(ins);
  const c: usize = cValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const at: usize = i << 3;
    const left: u32 = load<u8>(aLane + i);
    const right: u32 = load<u8>(cLane + i);
    const separator: u32 = load<u8>(bLane + i);
    const most: i32 = <i32>max<u32>(left, max<u32>(right, separator));
    if (most > LANE_VALID || separator === LANE_NULL) {
      store<u8>(valid + i, most > LANE_VALID ? most : LANE_NULL);
      continue;
    }
    store<u8>(valid + i, left | right);
    if (left === LANE_VALID && right === LANE_VALID) {
      const lane: u32 = concatText(dst + at, a + at, b + at);
      store<u8>(valid + i, lane === LANE_VALID ? concatText(dst + at, dst + at, c + at) : lane);
    } else {
      store<u64>(dst + at, load<u64>((left === LANE_VALID ? a : c) + at));
    }
  }
}

function length(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    store<i64>(dst + (i << 3), <i64>countCharacters(load<u32>(a + (i << 3)), load<u32>(a + (i << 3), 4)));
  }
}

/** The first byte, signed, as Flink gives it; 0 for the empty string. */
function ascii(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    store<i64>(dst + (i << 3), load<u32>(a + (i << 3), 4) === 0 ? 0 : <i64>load<i8>(load<u32>(a + (i << 3))));
  }
}

function sketchEstimate(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const image: usize = load<u32>(a + (i << 3));
    const lgK: u32 = imageLgK(image, load<u32>(a + (i << 3), 4));
    if (lgK === 0) store<u8>(valid + i, ERR_ARGUMENT);
    else store<i64>(dst + (i << 3), estimateImage(image, lgK));
  }
}

/** The image itself, where it is one that can be united to 2^immediate registers. */
function sketch(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const least: u32 = <u32>immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    store<u64>(dst + (i << 3), load<u64>(a + (i << 3)));
    const lgK: u32 = imageLgK(load<u32>(a + (i << 3)), load<u32>(a + (i << 3), 4));
    if (lgK < least) store<u8>(valid + i, ERR_ARGUMENT);
  }
}

/** Character position of b in a, from 1; 0 where it is not there. */
function position(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const text: usize = load<u32>(a + (i << 3));
    const at: i32 = findBytes(text, load<u32>(a + (i << 3), 4), load<u32>(b + (i << 3)), load<u32>(b + (i << 3), 4));
    store<i64>(dst + (i << 3), at < 0 ? 0 : <i64>countCharacters(text, at) + 1);
  }
}

function test(opcode: i32, ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const text: usize = load<u32>(a + (i << 3));
    const size: u32 = load<u32>(a + (i << 3), 4);
    const other: usize = load<u32>(b + (i << 3));
    const wanted: u32 = load<u32>(b + (i << 3), 4);
    let yes: bool = false;
    if (opcode === OP_STR_STARTSWITH) yes = wanted <= size && equalBytes(text, other, wanted);
    else if (opcode === OP_STR_ENDSWITH) yes = wanted <= size && equalBytes(text + size - wanted, other, wanted);
    else if (opcode === OP_STR_CONTAINS) yes = findBytes(text, size, other, wanted) >= 0;
    else yes = matchLike(text, text + size, other, other + wanted);
    store<u8>(dst + i, <u8>yes);
  }
}
