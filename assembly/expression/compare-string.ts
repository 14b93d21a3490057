// Comparison of strings and bytes: unsigned, byte by byte, which for UTF-8 is the order of code points. Only valid lanes are
// looked at, since a lane that is not may hold a descriptor of bytes long gone.
import { COMPARE_EQ, COMPARE_GE, COMPARE_GT, COMPARE_LE, COMPARE_NE } from "../shared/opcode";
import { LANE_VALID } from "../shared/status";
import { equalBytes, orderBytes } from "./bytes";
import { aValues, bValues, dstValidity, dstValues } from "./operand";

/** Order of two descriptors { u32 address, u32 length }. */
export function compareBytes(a: usize, b: usize): i32 {
  return orderBytes(load<u32>(a), load<u32>(a, 4), load<u32>(b), load<u32>(b, 4));
}

/** dst's validity is there already. */
export function compareText(test: i32, ins: usize, rows: i32): void {
  if (test === COMPARE_EQ || test === COMPARE_NE) return equalText(ins, rows, test === COMPARE_NE);
  const swap: bool = test === COMPARE_GT || test === COMPARE_LE;
  const turn: bool = test === COMPARE_GE || test === COMPARE_LE;
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = swap ? bValues(ins) : aValues(ins);
  const b: usize = swap ? aValues(ins) : bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const less: bool = compareBytes(a + (i << 3), b + (i << 3)) < 0;
    store<u8>(dst + i, less !== turn ? 1 : 0);
  }
}

/** Strings of 16 bytes or less, the common keys, take one comparison without a call. */
function equalText(ins: usize, rows: i32, turn: bool): void {
  const dst: usize = dstValues(ins);
  const valid: usize = dstValidity(ins);
  const a: usize = aValues(ins);
  const b: usize = bValues(ins);
  for (let i: usize = 0; i < <usize>rows; i++) {
    if (load<u8>(valid + i) !== LANE_VALID) continue;
    const x: u64 = load<u64>(a + (i << 3));
    const y: u64 = load<u64>(b + (i << 3));
    const length: u32 = <u32>(x >> 32);
    let same: bool = false;
    if (length === <u32>(y >> 32)) {
      if (length <= 16) {
        const wanted: u32 = (1 << length) - 1;
        const equal: v128 = i8x16.eq(v128.load(<usize>(<u32>x)), v128.load(<usize>(<u32>y)));
        same = (i8x16.bitmask(equal) & wanted) === wanted;
      } else {
        same = equalBytes(<usize>(<u32>x), <usize>(<u32>y), length);
      }
    }
    store<u8>(dst + i, same !== turn ? 1 : 0);
  }
}
