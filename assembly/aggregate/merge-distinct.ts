// Distinct sets into others: the elements of the sources are laid out as a vector of values, entered like any others, and those
// that are new are added to the aggregate of the row that took them.
import { ELEMENT_ROWS, ELEMENTS, MASKED_ROWS, ROWS, SOURCES, WIDE_ELEMENTS } from "../memory/vectors";
import { AGG_SET, AGG_STATE, AGG_TYPE, QUERY_SINK_ROW } from "../program/query";
import { TYPE_DECIMAL, TYPE_STRING } from "../shared/abi";
import { VECTOR_ROWS } from "../shared/layout";
import { mergeTurned, takeTurned, turnFull } from "./auto";
import { addDistinctBytes, addDistinctLongs, holdsZero, setCells, setEnd } from "./distinct";
import { STATE_AUTO } from "./state";
import { addValues } from "./update";

/** The set of the row in ROWS takes that of the row in SOURCES, lane by lane. */
export function mergeSets(query: usize, aggregate: usize, slice: usize, lanes: u32): void {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const set: u32 = load<u32>(aggregate, AGG_SET);
  const wide: bool = type === TYPE_STRING || type === TYPE_DECIMAL;
  const auto: bool = load<u32>(aggregate, AGG_STATE) === STATE_AUTO;
  let count: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(ROWS + (i << 2));
    if (auto) mergeTurned(aggregate, row, load<u32>(SOURCES + (i << 2)));
    const from: usize = <usize>load<u32>(SOURCES + (i << 2)) + set;
    if (!wide && holdsZero(from)) count = add(query, aggregate, slice, row, 0, count);
    const end: usize = setEnd(from);
    for (let cell: usize = setCells(from); cell < end; cell += 8) {
      const element: u64 = load<u64>(cell);
      if ((wide ? element >> 32 : element) !== 0) count = add(query, aggregate, slice, row, element, count);
    }
  }
  enter(query, aggregate, slice, count);
}

/** Puts one element behind the `count` that wait; returns how many wait then. */
function add(query: usize, aggregate: usize, slice: usize, row: u32, element: u64, count: u32): u32 {
  store<u32>(ELEMENT_ROWS + (count << 2), row);
  store<u64>(ELEMENTS + (count << 3), element);
  if (count + 1 < <u32>VECTOR_ROWS) return count + 1;
  enter(query, aggregate, slice, count + 1);
  return 0;
}

function enter(query: usize, aggregate: usize, slice: usize, count: u32): void {
  const type: u32 = load<u32>(aggregate, AGG_TYPE) & 0xff;
  const set: u32 = load<u32>(aggregate, AGG_SET);
  const sink: u32 = load<u32>(query, QUERY_SINK_ROW);
  const auto: bool = load<u32>(aggregate, AGG_STATE) === STATE_AUTO;
  if (auto) takeTurned(aggregate, ELEMENT_ROWS, ELEMENTS, count, sink);
  if (type === TYPE_STRING || type === TYPE_DECIMAL) {
    pointAtBytes(count);
    const range: u64 = (<u64>count) << 32;
    addDistinctBytes(ELEMENT_ROWS, ELEMENTS, set, range, <u64>slice | ((<u64>sink) << 32));
  } else addDistinctLongs(ELEMENT_ROWS, ELEMENTS, set, count, sink);
  if (auto) turnFull(aggregate, MASKED_ROWS, count, sink);
  else addValues(aggregate, MASKED_ROWS, type === TYPE_DECIMAL ? copyDecimals(count) : ELEMENTS, count);
}

/** { hash, address of { length, bytes } } to { address, length }. */
function pointAtBytes(count: u32): void {
  for (let i: u32 = 0; i < count; i++) {
    const element: usize = load<u32>(ELEMENTS + (i << 3), 4);
    store<u32>(ELEMENTS + (i << 3), <u32>element + 4);
    store<u32>(ELEMENTS + (i << 3), load<u32>(element), 4);
  }
}

function copyDecimals(count: u32): usize {
  for (let i: u32 = 0; i < count; i++) v128.store(WIDE_ELEMENTS + (i << 4), v128.load(load<u32>(ELEMENTS + (i << 3))));
  return WIDE_ELEMENTS;
}
