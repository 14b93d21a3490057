// Whole numbers against one immediate: scaling between units of time, floors and ceilings to a step, and rounding to
// negative digits. The immediate is positive.
import {
  FLAG_FLOOR,
  FLAG_TRY,
  OP_I64_CEIL_TO,
  OP_I64_DIFFERENCE,
  OP_I64_FLOOR_MOD,
  OP_I64_FLOOR_TO,
  OP_I64_ROUND,
  OP_I64_SCALE,
  OP_I64_TRUNCATE,
  OP_I64_UNSCALE,
} from "../shared/opcode";
import { ERR_OVERFLOW, LANE_NULL } from "../shared/status";
import { aValues, bValues, dstValidity, dstValues, flagsOf, immediateOf } from "./operand";
import { checkWidth } from "./overflow";
import { poison, strict1, strict2 } from "./validity";

export function runIntegerStep(opcode: i32, ins: usize, rows: i32): void {
  if (opcode === OP_I64_ROUND || opcode === OP_I64_TRUNCATE) {
    strict2(ins, rows);
    roundDigits(ins, rows, opcode === OP_I64_ROUND);
    return checkWidth(ins, rows);
  }
  if (opcode === OP_I64_DIFFERENCE) {
    strict2(ins, rows);
    return difference(ins, rows);
  }
  strict1(ins, rows);
  switch (opcode) {
    case OP_I64_SCALE:
      return scale(ins, rows);
    case OP_I64_UNSCALE:
      return flagsOf(ins) & FLAG_FLOOR ? unscaleFloor(ins, rows) : unscale(ins, rows);
    case OP_I64_FLOOR_MOD:
      return floorMod(ins, rows);
    case OP_I64_FLOOR_TO:
      return stepTo(ins, rows, 0);
    case OP_I64_CEIL_TO:
      return stepTo(ins, rows, immediateOf(ins) - 1);
    default:
      unreachable();
  }
}

function scale(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const factor: i64 = immediateOf(ins);
  const most: i64 = i64.MAX_VALUE / factor;
  let over: bool = false;
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    over = over || x > most || x < -most;
    store<i64>(dst + (i << 3), x * factor);
  }
  if (over) poisonScale(ins, rows, most);
}

function poisonScale(ins: usize, rows: i32, most: i64): void {
  const a: usize = aValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    if (x > most || x < -most) poison(dstValidity(ins) + i, flagsOf(ins) & FLAG_TRY ? LANE_NULL : ERR_OVERFLOW);
  }
}

function unscale(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const divisor: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) store<i64>(dst + (i << 3), load<i64>(a + (i << 3)) / divisor);
}

function unscaleFloor(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const divisor: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const quotient: i64 = x / divisor;
    store<i64>(dst + (i << 3), quotient - <i64>(quotient * divisor > x));
  }
}

/** By quotients and remainders where a - b overflows. */
function difference(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  const divisor: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const y: i64 = load<i64>(b + (i << 3));
    const exact: i64 = x - y;
    if (((x ^ y) & (x ^ exact)) >= 0) {
      store<i64>(dst + (i << 3), exact / divisor);
      continue;
    }
    if (divisor === 1) poison(dstValidity(ins) + i, ERR_OVERFLOW);
    const rest: i64 = (x % divisor) - (y % divisor);
    const whole: i64 = x / divisor - y / divisor + rest / divisor;
    const left: i64 = rest % divisor;
    store<i64>(dst + (i << 3), whole + <i64>(whole < 0 && left > 0) - <i64>(whole > 0 && left < 0));
  }
}

function floorMod(ins: usize, rows: i32): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const divisor: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const rest: i64 = load<i64>(a + (i << 3)) % divisor;
    store<i64>(dst + (i << 3), rest + (divisor & (rest >> 63)));
  }
}

/** The multiple of the step at or below a + lift. */
function stepTo(ins: usize, rows: i32, lift: i64): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const step: i64 = immediateOf(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const lifted: i64 = x + lift;
    const rest: i64 = lifted % step;
    const multiple: i64 = lifted - rest - (step & (rest >> 63));
    if (lifted < x || (lift === 0 && multiple > x)) poison(dstValidity(ins) + i, ERR_OVERFLOW);
    store<i64>(dst + (i << 3), multiple);
  }
}

/** b digits: those at or right of the point change nothing, negative ones clear digits (half away from zero, or cut). */
function roundDigits(ins: usize, rows: i32, half: bool): void {
  const dst: usize = dstValues(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    const x: i64 = load<i64>(a + (i << 3));
    const digits: i64 = load<i64>(b + (i << 3));
    if (digits >= 0) {
      store<i64>(dst + (i << 3), x);
      continue;
    }
    const unit: i64 = digits < -18 ? 0 : powerOfTen(<i32>-digits);
    if (unit === 0) {
      if (half && digits === -19 && (x >= 5000000000000000000 || x <= -5000000000000000000))
        poison(dstValidity(ins) + i, ERR_OVERFLOW);
      store<i64>(dst + (i << 3), 0);
      continue;
    }
    const rest: i64 = x % unit;
    const up: bool = half && (rest < 0 ? -rest : rest) >= unit - unit / 2;
    const cut: i64 = x - rest;
    const rounded: i64 = up ? (x < 0 ? cut - unit : cut + unit) : cut;
    if (up && x < 0 !== rounded < 0) poison(dstValidity(ins) + i, ERR_OVERFLOW);
    store<i64>(dst + (i << 3), rounded);
  }
}

/** 10^exponent for 0 ... 18. */
export function powerOfTen(exponent: i32): i64 {
  let power: i64 = 1;
  for (let i: i32 = 0; i < exponent; i++) power *= 10;
  return power;
}
