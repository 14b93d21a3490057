// Sums and averages of integers and decimals, exactly: numerator and denominator are whole numbers, rounded once.
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { wideCompare, wideDivide, wideIncrease, wideMagnitude, wideMultiplySmall, wideScale, wideSet } from "./wide";

const number: usize = memory.data(80);
const limit: usize = memory.data(80);

/** Digits behind the point of a DECIMAL type code. */
export function scaleOf(type: u32): u32 {
  return (type >> 16) & 0xff;
}

function precisionOf(type: u32): u32 {
  return (type >> 8) & 0xff;
}

/** Writes the magnitude in `at` with its sign as an i128, or NULL when it has more digits than the type. */
export function storeDecimal(at: usize, negative: bool, to: usize, type: u32): i32 {
  wideSet(limit, 1);
  wideScale(limit, precisionOf(type));
  if (wideCompare(at, limit) >= 0) {
    v128.store(to, i64x2.splat(0));
    return LANE_NULL;
  }
  const low: u64 = load<u64>(at);
  const high: u64 = load<u64>(at, 8);
  store<u64>(to, negative ? 0 - low : low);
  store<u64>(to, negative ? ~high + u64(low === 0) : high, 8);
  return LANE_VALID;
}

/** i192 sum to DECIMAL(38, s). */
export function finishDecimalSum(slot: usize, to: usize, type: u32): i32 {
  const negative: bool = wideMagnitude(number, slot, 3);
  return storeDecimal(number, negative, to, type);
}

/** i128 sum / i64 count, truncated toward zero, which always fits the argument's type. */
export function averageInteger(slot: usize, to: usize): i32 {
  const count: i64 = load<i64>(slot, 16);
  if (count === 0) return LANE_NULL;
  const low: i64 = load<i64>(slot);
  if (load<i64>(slot, 8) === low >> 63) {
    store<i64>(to, low / count);
    return LANE_VALID;
  }
  const negative: bool = wideMagnitude(number, slot, 2);
  wideDivide(number, <u64>count);
  const size: i64 = load<i64>(number);
  store<i64>(to, negative ? 0 - size : size);
  return LANE_VALID;
}

/** i192 sum / i64 count at the result's scale, which is at least the argument's, half up. */
export function averageDecimal(slot: usize, to: usize, type: u32, resultType: u32): i32 {
  const count: u64 = load<u64>(slot, 24);
  if (count === 0) return LANE_NULL;
  const negative: bool = wideMagnitude(number, slot, 3);
  wideScale(number, scaleOf(resultType) - scaleOf(type));
  wideMultiplySmall(number, 2);
  wideIncrease(number, count);
  wideDivide(number, count);
  wideDivide(number, 2);
  return storeDecimal(number, negative, to, resultType);
}
