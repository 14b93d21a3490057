// Variances and standard deviations from their moments. Integers follow Flink's rewriting in whole numbers, with exact sums:
// (sum x^2 - (sum x)^2 / n) / n or / (n - 1), each division truncated, and the root of a deviation truncated too. Decimals use
// the same formula as one fraction, rounded half up once to the result's scale. Doubles come from Welford's sums.
import { AGG_FUNCTION, AGG_RESULT_TYPE, AGG_STATE, AGG_TYPE } from "../program/query";
import { narrowWidth } from "../program/type-width";
import { AGGREGATE_STDDEV_POP, AGGREGATE_STDDEV_SAMP, AGGREGATE_VAR_SAMP } from "../shared/abi";
import { ERR_OVERFLOW, LANE_NULL, LANE_VALID } from "../shared/status";
import { scaleOf, storeDecimal } from "./finish-exact";
import { STATE_VAR_INT } from "./state";
import {
  wideAdd,
  wideClear,
  wideCompare,
  wideDivide,
  wideFromDouble,
  wideMagnitude,
  wideMultiply,
  wideMultiplySmall,
  wideScale,
  wideSet,
  wideShift,
  wideSubtract,
  wideToDouble,
} from "./wide";

const squares: usize = memory.data(80);
const sum: usize = memory.data(80);
const squared: usize = memory.data(80);
const factor: usize = memory.data(80);
const divisor: usize = memory.data(80);

function isSample(fn: u32): bool {
  return fn === AGGREGATE_STDDEV_SAMP || fn === AGGREGATE_VAR_SAMP;
}

function isDeviation(fn: u32): bool {
  return fn === AGGREGATE_STDDEV_POP || fn === AGGREGATE_STDDEV_SAMP;
}

/** A sample needs two values, a population one. */
export function doubleVarianceExists(fn: u32, n: i64): bool {
  return n > i64(isSample(fn));
}

/** { i64 n, f64 mean, f64 sum of squared deviations }; NaN where there is no result. */
export function doubleVariance(fn: u32, slot: usize): f64 {
  const n: i64 = load<i64>(slot);
  if (!doubleVarianceExists(fn, n)) return 0.0;
  const variance: f64 = load<f64>(slot, 16) / <f64>(isSample(fn) ? n - 1 : n);
  return isDeviation(fn) ? sqrt<f64>(variance) : variance;
}

/** Integer and decimal states; returns the lane's validity. */
export function exactVariance(aggregate: usize, slot: usize, values: usize, lane: u32): i32 {
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  if (!doubleVarianceExists(fn, load<i64>(slot))) return LANE_NULL;
  if (load<u32>(aggregate, AGG_STATE) === STATE_VAR_INT) return integerVariance(aggregate, slot, values + (lane << 3));
  const to: usize = values + (lane << 4);
  loadDecimalMoments(slot);
  return isDeviation(fn) ? decimalDeviation(aggregate, slot, to) : decimalVariance(aggregate, slot, to);
}

function integerVariance(aggregate: usize, slot: usize, to: usize): i32 {
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const n: u64 = load<u64>(slot);
  wideMagnitude(sum, slot + 8, 2);
  wideMultiply(squared, sum, sum);
  wideDivide(squared, n);
  wideMagnitude(squares, slot + 24, 3);
  wideSubtract(squares, squared);
  wideDivide(squares, isSample(fn) ? n - 1 : n);
  if (isDeviation(fn)) wideSet(squares, <u64>sqrt<f64>(wideToDouble(squares)));
  store<u64>(to, load<u64>(squares));
  wideSet(factor, 1);
  wideShift(factor, (narrowWidth(load<u32>(aggregate, AGG_RESULT_TYPE)) << 3) - 1);
  return wideCompare(squares, factor) < 0 ? LANE_VALID : ERR_OVERFLOW;
}

/** squares = n x sum x^2 - (sum x)^2, at twice the argument's scale; divisor = n x (n or n - 1) is applied later. */
function loadDecimalMoments(slot: usize): void {
  wideMagnitude(sum, slot + 8, 3);
  wideMultiply(squared, sum, sum);
  wideClear(divisor);
  memory.copy(divisor, slot + 32, 40);
  wideSet(factor, load<u64>(slot));
  wideMultiply(squares, divisor, factor);
  wideSubtract(squares, squared);
}

function decimalVariance(aggregate: usize, slot: usize, to: usize): i32 {
  const n: u64 = load<u64>(slot);
  const below: u64 = isSample(load<u32>(aggregate, AGG_FUNCTION)) ? n - 1 : n;
  const type: u32 = load<u32>(aggregate, AGG_RESULT_TYPE);
  const twice: u32 = scaleOf(load<u32>(aggregate, AGG_TYPE)) << 1;
  const scale: u32 = scaleOf(type);
  if (scale > twice) wideScale(squares, scale - twice);
  const drop: u32 = twice > scale ? twice - scale : 0;
  wideSet(sum, n);
  wideSet(factor, below);
  wideMultiply(divisor, sum, factor);
  wideScale(divisor, drop);
  wideMultiplySmall(squares, 2);
  wideAdd(squares, divisor);
  wideDivide(squares, n);
  wideDivide(squares, below);
  for (let i: u32 = 0; i < drop; i++) wideDivide(squares, 10);
  wideDivide(squares, 2);
  return storeDecimal(squares, false, to, type);
}

/** The root is taken in double precision and rounded half up to the result's scale. */
function decimalDeviation(aggregate: usize, slot: usize, to: usize): i32 {
  const n: f64 = <f64>load<u64>(slot);
  const below: f64 = isSample(load<u32>(aggregate, AGG_FUNCTION)) ? n - 1.0 : n;
  const type: u32 = load<u32>(aggregate, AGG_RESULT_TYPE);
  let root: f64 = sqrt<f64>(wideToDouble(squares) / n / below);
  const argumentScale: u32 = scaleOf(load<u32>(aggregate, AGG_TYPE));
  const scale: u32 = scaleOf(type);
  for (let i: u32 = argumentScale; i < scale; i++) root *= 10.0;
  for (let i: u32 = scale; i < argumentScale; i++) root /= 10.0;
  wideFromDouble(squares, floor<f64>(root + 0.5));
  return storeDecimal(squares, false, to, type);
}
