// FIRST_VALUE and LAST_VALUE: the value that comes first, or last, in the order of places (order.ts). NULLs do not take part.
// Slot: 0 place   24 value, 16 bytes: as it stands in a register, or a kept string (extreme.ts)

import { AGG_SLOT, AGG_STATE, AGG_TYPE } from "../program/query";
import { TYPE_BOOLEAN, TYPE_DECIMAL, TYPE_STRING } from "../shared/abi";
import { keepString, readKept, STRING_ADDRESS } from "./extreme";
import { comparePlaces, hasPlace, keepPlace, laneIsBefore, PLACE_BYTES } from "./order";
import { STATE_FIRST, STATE_LAST, STATE_MAX_STR, STATE_MIN_STR } from "./state";

const END_VALUE: usize = PLACE_BYTES;

/** `type`: TYPE_* of the value. Lanes at the sink are passed over. */
export function addEnds(rows: usize, values: usize, slot: u32, lanes: u32, type: u32, sink: u32, last: bool): void {
  for (let i: u32 = 0; i < lanes; i++) {
    const row: u32 = load<u32>(rows + (i << 2));
    if (row === sink) continue;
    const at: usize = <usize>row + slot;
    // Two rows never share a place.
    if (hasPlace(at) && laneIsBefore(i, at) === last) continue;
    keepPlace(at, i);
    if (type === TYPE_STRING) keepString(at + END_VALUE, load<u32>(values + (i << 3)), load<u32>(values + (i << 3), 4));
    else if (type === TYPE_DECIMAL) v128.store(at + END_VALUE, v128.load(values + (i << 4)));
    else store<u64>(at + END_VALUE, load<u64>(values + (i << 3)));
  }
}

/** The value kept at `from` is offered to `to`. */
export function mergeEnds(to: usize, from: usize, type: u32, last: bool): void {
  if (!hasPlace(from)) return;
  if (hasPlace(to) && comparePlaces(from, to) < 0 === last) return;
  memory.copy(to, from, PLACE_BYTES);
  if (type !== TYPE_STRING) v128.store(to + END_VALUE, v128.load(from + END_VALUE));
  else keepString(to + END_VALUE, load<u32>(from + END_VALUE, STRING_ADDRESS), load<u32>(from + END_VALUE));
}

/** Writes the value as it stands in a register. */
export function readEnd(slot: usize, type: u32, values: usize, lane: u32): bool {
  if (!hasPlace(slot)) return false;
  if (type === TYPE_STRING) readKept(slot + END_VALUE, values + (lane << 3));
  else if (type === TYPE_DECIMAL) v128.store(values + (lane << 4), v128.load(slot + END_VALUE));
  else if (type === TYPE_BOOLEAN) store<u8>(values + lane, load<u8>(slot + END_VALUE));
  else store<u64>(values + (lane << 3), load<u64>(slot + END_VALUE));
  return true;
}

/** Where in a row the string stands that the aggregate keeps (extreme.ts), 0 when it keeps none. */
export function keptString(aggregate: usize): u32 {
  const state: u32 = load<u32>(aggregate, AGG_STATE);
  const slot: u32 = load<u32>(aggregate, AGG_SLOT);
  if (state === STATE_MIN_STR || state === STATE_MAX_STR) return slot;
  const end: bool = state === STATE_FIRST || state === STATE_LAST;
  return end && (load<u32>(aggregate, AGG_TYPE) & 0xff) === TYPE_STRING ? slot + <u32>END_VALUE : 0;
}
