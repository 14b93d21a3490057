// Operations that look at validity: three-valued logic, NULL tests, and picking lanes for CASE and COALESCE.
// A poisoned lane counts only where it is picked: FALSE AND poison is FALSE, TRUE OR poison is TRUE. Booleans are bytes 0 and 1.
// Lanes are handled 16 at a time as masks; every mask is 0 or 255.

import { PHYS_BOOL, PHYS_DEC } from "../shared/layout";
import {
  OP_AND,
  OP_COALESCE,
  OP_IS_FALSE,
  OP_IS_NOT_FALSE,
  OP_IS_NOT_NULL,
  OP_IS_NOT_TRUE,
  OP_IS_NULL,
  OP_IS_TRUE,
  OP_NOT,
  OP_OR,
  OP_SELECT,
} from "../shared/opcode";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { aValidity, aValues, bValidity, bValues, cValidity, cValues, dstValidity, dstValues, flagsOf } from "./operand";
import { strict1 } from "./validity";

export function runLogic(opcode: i32, ins: usize, rows: i32): void {
  switch (opcode) {
    case OP_IS_NULL:
      return nullTest(ins, rows, <i8>LANE_NULL);
    case OP_IS_NOT_NULL:
      return nullTest(ins, rows, <i8>LANE_VALID);
    case OP_IS_TRUE:
      return truthTest(ins, rows, 1, 0);
    case OP_IS_FALSE:
      return truthTest(ins, rows, 0, 0);
    case OP_IS_NOT_TRUE:
      return truthTest(ins, rows, 1, 1);
    case OP_IS_NOT_FALSE:
      return truthTest(ins, rows, 0, 1);
    case OP_NOT:
      return not(ins, rows);
    case OP_AND:
      return connect(ins, rows, 0);
    case OP_OR:
      return connect(ins, rows, 1);
    case OP_SELECT:
      return select(ins, rows);
    case OP_COALESCE:
      return coalesce(ins, rows);
    default:
      unreachable();
  }
}

/** TRUE where a's lane is `wanted`, FALSE where it is the other of NULL and valid; poison stays poison. */
function nullTest(ins: usize, rows: i32, wanted: i8): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValidity(ins);
  const one: v128 = i8x16.splat(1);
  const target: v128 = i8x16.splat(wanted);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const lanes: v128 = v128.load(a + i);
    v128.store(dst + i, v128.and(i8x16.eq(lanes, target), one));
    v128.store(valid + i, i8x16.max_u(lanes, one));
  }
}

/** TRUE where a is valid and `wanted`, flipped by `invert`; NULL counts as a no; poison stays poison. */
function truthTest(ins: usize, rows: i32, wanted: i8, invert: i8): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValidity(ins);
  const truth: usize = aValues(ins);
  const one: v128 = i8x16.splat(1);
  const target: v128 = i8x16.splat(wanted);
  const flip: v128 = i8x16.splat(invert);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const lanes: v128 = v128.load(a + i);
    const is: v128 = v128.and(i8x16.eq(v128.load(truth + i), target), i8x16.eq(lanes, one));
    v128.store(dst + i, v128.xor(v128.and(is, one), flip));
    v128.store(valid + i, i8x16.max_u(lanes, one));
  }
}

function not(ins: usize, rows: i32): void {
  strict1(ins, rows);
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const one: v128 = i8x16.splat(1);
  for (let i: usize = 0; i < <usize>rows; i += 16) v128.store(dst + i, v128.xor(v128.load(a + i), one));
}

/** AND (decisive = 0) and OR (decisive = 1): a valid decisive operand decides; else poison, else NULL, else the other value. */
function connect(ins: usize, rows: i32, decisive: i8): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const aLane: usize = aValidity(ins);
  const b: usize = bValues(ins);
  const bLane: usize = bValidity(ins);
  const one: v128 = i8x16.splat(1);
  const target: v128 = i8x16.splat(decisive);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const la: v128 = v128.load(aLane + i);
    const lb: v128 = v128.load(bLane + i);
    const decidedA: v128 = v128.and(i8x16.eq(v128.load(a + i), target), i8x16.eq(la, one));
    const decidedB: v128 = v128.and(i8x16.eq(v128.load(b + i), target), i8x16.eq(lb, one));
    const decided: v128 = v128.or(decidedA, decidedB);
    const most: v128 = i8x16.max_u(la, lb);
    const strict: v128 = v128.bitselect(most, i8x16.min_u(la, lb), i8x16.gt_u(most, one));
    v128.store(valid + i, v128.bitselect(one, strict, decided));
    v128.store(dst + i, v128.bitselect(target, v128.xor(target, one), decided));
  }
}

/** c where a is NULL or FALSE, b where it is TRUE; a poisoned condition poisons. */
function select(ins: usize, rows: i32): void {
  const valid: usize = dstValidity(ins);
  const truth: usize = aValues(ins);
  const lane: usize = aValidity(ins);
  const b: usize = bValidity(ins);
  const c: usize = cValidity(ins);
  const one: v128 = i8x16.splat(1);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const condition: v128 = v128.load(lane + i);
    const is: v128 = v128.and(i8x16.eq(v128.load(truth + i), one), i8x16.eq(condition, one));
    const picked: v128 = v128.bitselect(v128.load(b + i), v128.load(c + i), is);
    v128.store(valid + i, v128.bitselect(condition, picked, i8x16.gt_u(condition, one)));
  }
  const physical: i32 = <i32>flagsOf(ins);
  if (physical === PHYS_BOOL) selectBytes(ins, rows);
  else if (physical === PHYS_DEC) selectWide(ins, rows);
  else selectWords(ins, rows);
}

/** Values follow the condition's byte alone: where the condition is NULL its byte is read as FALSE. */
function selectBytes(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const truth: usize = aValues(ins);
  const lane: usize = aValidity(ins);
  const b: usize = bValues(ins);
  const c: usize = cValues(ins);
  const one: v128 = i8x16.splat(1);
  for (let i: usize = 0; i < <usize>rows; i += 16) {
    const is: v128 = v128.and(i8x16.eq(v128.load(truth + i), one), i8x16.eq(v128.load(lane + i), one));
    v128.store(dst + i, v128.bitselect(v128.load(b + i), v128.load(c + i), is));
  }
}

function selectWords(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const truth: usize = aValues(ins);
  const lane: usize = aValidity(ins);
  const b: usize = bValues(ins);
  const c: usize = cValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const is: bool = load<u8>(truth + i) === 1 && load<u8>(lane + i) === LANE_VALID;
    store<u64>(dst + (i << 3), load<u64>((is ? b : c) + (i << 3)));
  }
}

function selectWide(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const truth: usize = aValues(ins);
  const lane: usize = aValidity(ins);
  const b: usize = bValues(ins);
  const c: usize = cValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const is: bool = load<u8>(truth + i) === 1 && load<u8>(lane + i) === LANE_VALID;
    v128.store(dst + (i << 4), v128.load((is ? b : c) + (i << 4)));
  }
}

/** b where a is NULL, else a (poison included). */
function coalesce(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const aLane: usize = aValidity(ins);
  const b: usize = bValues(ins);
  const bLane: usize = bValidity(ins);
  const physical: i32 = <i32>flagsOf(ins);
  const shift: usize = physical === PHYS_BOOL ? 0 : physical === PHYS_DEC ? 4 : 3;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const lane: u32 = load<u8>(aLane + i);
    const from: usize = lane === LANE_NULL ? b : a;
    store<u8>(valid + i, lane === LANE_NULL ? load<u8>(bLane + i) : lane);
    if (shift === 3) store<u64>(dst + (i << 3), load<u64>(from + (i << 3)));
    else if (shift === 0) store<u8>(dst + i, load<u8>(from + i));
    else v128.store(dst + (i << 4), v128.load(from + (i << 4)));
  }
}
