// The row a new group starts from: zeros, and the neutral element where that is not zero. The sink row stands in for rows of
// lanes that do not count, so that the update loops need no branch.
import { allocate, allocateZeroed } from "../memory/heap";
import {
  AGG_BYTES,
  AGG_SLOT,
  AGG_STATE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_ROW_BYTES,
  QUERY_SINK_ROW,
  QUERY_TEMPLATE,
} from "../program/query";
import { ROW_KEY_LENGTH } from "../table/rows";
import { STATE_MAX_DEC, STATE_MAX_F64, STATE_MAX_INT, STATE_MIN_DEC, STATE_MIN_F64, STATE_MIN_INT } from "./state";

/** No key has this length, so the sink row never matches one. */
const NO_KEY: u32 = 0xffffffff;

export function makeTemplate(query: usize): void {
  const bytes: u32 = load<u32>(query, QUERY_ROW_BYTES);
  const row: usize = allocateZeroed(bytes);
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    neutral(row + load<u32>(aggregate, AGG_SLOT), load<u32>(aggregate, AGG_STATE));
  }
  const sink: usize = allocate(bytes);
  memory.copy(sink, row, bytes);
  store<u32>(sink, NO_KEY, ROW_KEY_LENGTH);
  store<u32>(query, <u32>row, QUERY_TEMPLATE);
  store<u32>(query, <u32>sink, QUERY_SINK_ROW);
}

function neutral(slot: usize, state: u32): void {
  switch (state) {
    case STATE_MIN_INT:
    case STATE_MIN_F64:
      store<i64>(slot, i64.MAX_VALUE);
      break;
    case STATE_MAX_INT:
    case STATE_MAX_F64:
      store<i64>(slot, i64.MIN_VALUE);
      break;
    case STATE_MIN_DEC:
      store<u64>(slot, u64.MAX_VALUE);
      store<i64>(slot, i64.MAX_VALUE, 8);
      break;
    case STATE_MAX_DEC:
      store<i64>(slot, i64.MIN_VALUE, 8);
      break;
    default:
      break;
  }
}
