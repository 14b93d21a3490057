// Validity of strict operations, 16 lanes at a time. A lane is 0 (NULL), 1 (valid) or an ERR_* code (poisoned). Poison wins
// over NULL, and of two poisons the higher code stays, so the outcome does not depend on how an expression is nested.
import { LANE_VALID } from "../shared/status";
import { aValidity, bValidity, cValidity, dstValidity } from "./operand";

function merge(a: v128, b: v128): v128 {
  const most: v128 = i8x16.max_u(a, b);
  return v128.bitselect(most, i8x16.min_u(a, b), i8x16.gt_u(most, i8x16.splat(<i8>LANE_VALID)));
}

/** dst's lanes are a's. */
export function strict1(ins: usize, rows: i32): void {
  memory.copy(dstValidity(ins), aValidity(ins), rows);
}

/** dst's lanes are valid where a's and b's are. */
export function strict2(ins: usize, rows: i32): void {
  const dst: usize = dstValidity(ins);
  const a: usize = aValidity(ins);
  const b: usize = bValidity(ins);
  const end: usize = <usize>rows;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, merge(v128.load(a + i), v128.load(b + i)));
}

export function strict3(ins: usize, rows: i32): void {
  strict2(ins, rows);
  const dst: usize = dstValidity(ins);
  const c: usize = cValidity(ins);
  const end: usize = <usize>rows;
  for (let i: usize = 0; i < end; i += 16) v128.store(dst + i, merge(v128.load(dst + i), v128.load(c + i)));
}

/** Poisons a lane that is valid; a NULL or poisoned one stays as it is. */
export function poison(lane: usize, error: u32): void {
  if (load<u8>(lane) === LANE_VALID) store<u8>(lane, error);
}
