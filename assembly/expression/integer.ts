// Whole numbers in i64 lanes. A result beyond its type's width is poisoned with ERR_OVERFLOW (where Flink wraps). The loops
// run over every lane, valid or not, and only collect whether any overflowed; a second pass, rarely taken, finds which.
import {
  OP_I64_ABS,
  OP_I64_ADD,
  OP_I64_DIV,
  OP_I64_MOD,
  OP_I64_MUL,
  OP_I64_NEG,
  OP_I64_SIGN,
  OP_I64_SUB,
} from "../shared/opcode";
import { ERR_DIVISION_BY_ZERO, ERR_OVERFLOW } from "../shared/status";
import { aValues, bValues, dstValidity, dstValues } from "./operand";
import { checkWidth, multiplyOverflows } from "./overflow";
import { poison, strict1, strict2 } from "./validity";

export function runInteger(opcode: i32, ins: usize, rows: i32): void {
  switch (opcode) {
    case OP_I64_ADD:
      strict2(ins, rows);
      add(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_SUB:
      strict2(ins, rows);
      subtract(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_MUL:
      strict2(ins, rows);
      multiply(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_DIV:
      strict2(ins, rows);
      divide(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_MOD:
      strict2(ins, rows);
      return remainder(ins, rows);
    case OP_I64_NEG:
      strict1(ins, rows);
      negate(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_ABS:
      strict1(ins, rows);
      absolute(ins, rows);
      return checkWidth(ins, rows);
    case OP_I64_SIGN:
      strict1(ins, rows);
      return sign(ins, rows);
    default:
      unreachable();
  }
}

function add(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const end: usize = (<usize>rows) << 3;
  let over: v128 = i64x2.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    const x: v128 = v128.load(a + i);
    const y: v128 = v128.load(b + i);
    const sum: v128 = i64x2.add(x, y);
    over = v128.or(over, v128.and(v128.xor(x, sum), v128.xor(y, sum)));
    v128.store(dst + i, sum);
  }
  if (i64x2.bitmask(over) !== 0) poisonAdd(ins, rows);
}

function poisonAdd(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const sum: i64 = load<i64>(dst + (i << 3));
    if (((load<i64>(a + (i << 3)) ^ sum) & (load<i64>(b + (i << 3)) ^ sum)) < 0)
      poison(dstValidity(ins) + i, ERR_OVERFLOW);
  }
}

function subtract(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const end: usize = (<usize>rows) << 3;
  let over: v128 = i64x2.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    const x: v128 = v128.load(a + i);
    const y: v128 = v128.load(b + i);
    const difference: v128 = i64x2.sub(x, y);
    over = v128.or(over, v128.and(v128.xor(x, y), v128.xor(x, difference)));
    v128.store(dst + i, difference);
  }
  if (i64x2.bitmask(over) !== 0) poisonSubtract(ins, rows);
}

function poisonSubtract(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    if (((x ^ load<i64>(b + (i << 3))) & (x ^ load<i64>(dst + (i << 3)))) < 0)
      poison(dstValidity(ins) + i, ERR_OVERFLOW);
  }
}

/** Factors of 32 bits cannot overflow; any wider one sends its lane through a division. */
function multiply(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const half: u64 = 1 << 31;
  let wide: u64 = 0;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const y: i64 = load<i64>(b + (i << 3));
    wide |= (<u64>x + half) | (<u64>y + half);
    store<i64>(dst + (i << 3), x * y);
  }
  if (wide >> 32 !== 0) poisonMultiply(ins, rows);
}

function poisonMultiply(ins: usize, rows: i32): void {
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (multiplyOverflows(load<i64>(a + (i << 3)), load<i64>(b + (i << 3)))) poison(dstValidity(ins) + i, ERR_OVERFLOW);
  }
}

/** Toward zero, as Java divides. */
function divide(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const y: i64 = load<i64>(b + (i << 3));
    if (y === 0) {
      poison(dstValidity(ins) + i, ERR_DIVISION_BY_ZERO);
      store<i64>(dst + (i << 3), 0);
    } else if (y === -1) {
      if (x === i64.MIN_VALUE) poison(dstValidity(ins) + i, ERR_OVERFLOW);
      store<i64>(dst + (i << 3), 0 - x);
    } else {
      store<i64>(dst + (i << 3), x / y);
    }
  }
}

/** The dividend's sign, as Java's %. */
function remainder(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const y: i64 = load<i64>(b + (i << 3));
    if (y === 0) poison(dstValidity(ins) + i, ERR_DIVISION_BY_ZERO);
    store<i64>(dst + (i << 3), y === 0 || y === -1 ? 0 : load<i64>(a + (i << 3)) % y);
  }
}

function negate(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const end: usize = (<usize>rows) << 3;
  let least: v128 = i64x2.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    const x: v128 = v128.load(a + i);
    least = v128.or(least, i64x2.eq(x, i64x2.splat(i64.MIN_VALUE)));
    v128.store(dst + i, i64x2.neg(x));
  }
  if (v128.any_true(least)) poisonLeast(ins, rows);
}

function absolute(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const end: usize = (<usize>rows) << 3;
  let least: v128 = i64x2.splat(0);
  for (let i: usize = 0; i < end; i += 16) {
    const x: v128 = v128.load(a + i);
    least = v128.or(least, i64x2.eq(x, i64x2.splat(i64.MIN_VALUE)));
    v128.store(dst + i, i64x2.abs(x));
  }
  if (v128.any_true(least)) poisonLeast(ins, rows);
}

function poisonLeast(ins: usize, rows: i32): void {
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<i64>(a + (i << 3)) === i64.MIN_VALUE) poison(dstValidity(ins) + i, ERR_OVERFLOW);
  }
}

function sign(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    store<i64>(dst + (i << 3), <i64>(x > 0) - <i64>(x < 0));
  }
}
