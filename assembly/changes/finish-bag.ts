// Results of aggregates that keep a bag of values (bag.ts). A bag without values gives NULL, and 0 for a count.
import { valuesOf } from "../memory/registers";
import { AGG_FUNCTION, AGG_RESULT, AGG_RESULT_TYPE } from "../program/query";
import {
  AGGREGATE_AVG,
  AGGREGATE_COUNT,
  AGGREGATE_MAX,
  AGGREGATE_MIN,
  TYPE_BOOLEAN,
  TYPE_DECIMAL,
  TYPE_FLOAT,
  TYPE_STRING,
} from "../shared/abi";
import { LANE_NULL, LANE_VALID } from "../shared/status";
import { bagTotal, bagValues, extremeWord, sumDoubles } from "./bag";
import { wordKind } from "./word-kind";

/** Returns the lane's validity. */
export function finishBag(aggregate: usize, bag: usize, lane: u32): i32 {
  const fn: u32 = load<u32>(aggregate, AGG_FUNCTION);
  const values: usize = valuesOf(load<u32>(aggregate, AGG_RESULT));
  if (fn === AGGREGATE_COUNT) {
    store<i64>(values + (lane << 3), bagValues(bag));
    return LANE_VALID;
  }
  const some: bool = bagTotal(bag) > 0;
  if (fn === AGGREGATE_MIN || fn === AGGREGATE_MAX) {
    const word: u64 = some ? extremeWord(bag, wordKind(aggregate), fn === AGGREGATE_MAX) : 0;
    writeWord(values, lane, word, load<u32>(aggregate, AGG_RESULT_TYPE) & 0xff);
    return some ? LANE_VALID : LANE_NULL;
  }
  let result: f64 = some ? sumDoubles(bag) : 0.0;
  if (some && fn === AGGREGATE_AVG) result /= <f64>bagTotal(bag);
  const float: bool = (load<u32>(aggregate, AGG_RESULT_TYPE) & 0xff) === TYPE_FLOAT;
  store<f64>(values + (lane << 3), float ? <f64>(<f32>result) : result);
  return some ? LANE_VALID : LANE_NULL;
}

/** 0 stands for nothing where words are addresses. */
function writeWord(values: usize, lane: u32, word: u64, type: u32): void {
  const element: usize = <usize>(word >> 32);
  if (type === TYPE_BOOLEAN) store<u8>(values + lane, <u8>word);
  else if (type === TYPE_DECIMAL)
    v128.store(values + (lane << 4), element === 0 ? i64x2.splat(0) : v128.load(element + 4));
  else if (type === TYPE_STRING) {
    store<u32>(values + (lane << 3), element === 0 ? 0 : <u32>element + 4);
    store<u32>(values + (lane << 3), element === 0 ? 0 : load<u32>(element), 4);
  } else store<u64>(values + (lane << 3), word);
}
