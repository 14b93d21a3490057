// COUNT(DISTINCT) that counts exactly until a group has more than AGG_LIMIT values, and by a sketch of them from then on. The
// distinct set's slot holds the values, the aggregate's own slot the sketch, empty before; a group has one or the other. Whether
// it has turned depends on how many values it has and on nothing else, so groups merge in any order.
import { ELEMENT_ROWS, MASKED_ROWS } from "../memory/vectors";
import { AGG_LGK, AGG_LIMIT, AGG_SET, AGG_SLOT, AGG_TYPE } from "../program/query";
import { TYPE_DECIMAL, TYPE_DOUBLE, TYPE_FLOAT, TYPE_STRING } from "../shared/abi";
import { couponOfBytes, couponOfLong } from "../sketch/coupon";
import { estimateSketch } from "../sketch/estimate";
import { addCoupon, KIND_NONE, META } from "../sketch/hll";
import { mergeSketch } from "../sketch/merge";
import { clearSet, holdsZero, setCells, setCount, setEnd } from "./distinct";

function hasTurned(aggregate: usize, row: usize): bool {
  return load<u32>(row + load<u32>(aggregate, AGG_SLOT), META) !== KIND_NONE;
}

/**
 * Tells lanes apart: those of groups that have turned go to ELEMENT_ROWS, the others to MASKED_ROWS (which `rows` may be), and the
 * sink stands where a lane is not. Returns whether any has turned.
 */
export function splitTurned(aggregate: usize, rows: usize, lanes: u32, sink: u32): bool {
  let turned: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    const has: bool = row !== sink && hasTurned(aggregate, row);
    store<u32>(ELEMENT_ROWS + (i << 2), has ? row : sink);
    store<u32>(MASKED_ROWS + (i << 2), has ? sink : row);
    turned += u32(has);
  }
  return turned !== 0;
}

/** Turns the groups whose sets have more values than they may. `rows` may name others, and the sink. */
export function turnFull(aggregate: usize, rows: usize, lanes: u32, sink: u32): void {
  const set: u32 = load<u32>(aggregate, AGG_SET);
  const limit: u32 = load<u32>(aggregate, AGG_LIMIT);
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row !== sink && setCount(<usize>row + set) > limit) turn(aggregate, row);
  }
}

/** The values of the set to the sketch. */
function turn(aggregate: usize, row: usize): void {
  const set: usize = row + load<u32>(aggregate, AGG_SET);
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const slot: usize = row + load<u32>(aggregate, AGG_SLOT);
  const lgK: u32 = load<u32>(aggregate, AGG_LGK);
  const wide: bool = type === TYPE_STRING || type === TYPE_DECIMAL;
  if (!wide && holdsZero(set)) addCoupon(slot, couponOfLong(0), lgK);
  const end: usize = setEnd(set);
  for (let cell: usize = setCells(set); cell < end; cell += 8) {
    const element: u64 = load<u64>(cell);
    if ((wide ? element >> 32 : element) !== 0) addCoupon(slot, couponOfElement(element, type), lgK);
  }
  clearSet(set);
}

/** Of a set's cell: a value, or { u32 hash, u32 address of { u32 length, bytes } }. A sketch knows one zero of doubles, a set two. */
function couponOfElement(element: u64, type: u32): u32 {
  if (type === TYPE_STRING || type === TYPE_DECIMAL) {
    const bytes: usize = <usize>(element >> 32);
    return couponOfBytes(bytes + 4, load<u32>(bytes));
  }
  if (type !== TYPE_DOUBLE && type !== TYPE_FLOAT) return couponOfLong(element);
  return couponOfLong(reinterpret<u64>(reinterpret<f64>(element) + 0.0));
}

/** Elements whose groups have turned go to the sketch, and the sink stands in `rows` for them then. */
export function takeTurned(aggregate: usize, rows: usize, elements: usize, count: u32, sink: u32): void {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  for (let i: u32 = 0; i < count; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row === sink || !hasTurned(aggregate, row)) continue;
    addCoupon(<usize>row + slot, couponOfElement(load<u64>(elements + (i << 3)), type), load<u32>(aggregate, AGG_LGK));
    store<u32>(rows + (i << 2), sink);
  }
}

/** Takes the sketch of `from` if it has turned: then its set is empty, and `row` turns too. */
export function mergeTurned(aggregate: usize, row: usize, from: usize): void {
  if (!hasTurned(aggregate, from)) return;
  if (!hasTurned(aggregate, row)) turn(aggregate, row);
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  mergeSketch(row + slot, from + slot, load<u32>(aggregate, AGG_LGK));
}

/** n where the count is exact, -1 - n where it is a sketch's. */
export function countAuto(aggregate: usize, slot: usize): i64 {
  if (load<u32>(slot, META) !== KIND_NONE) return -1 - estimateSketch(slot, load<u32>(aggregate, AGG_LGK));
  return <i64>setCount(slot - load<u32>(aggregate, AGG_SLOT) + load<u32>(aggregate, AGG_SET));
}
