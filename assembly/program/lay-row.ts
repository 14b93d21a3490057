// The state row of a query's groups (layout: load-query.ts).
import { fuseAggregates } from "../aggregate/fuse";
import { isLed, shareSets } from "../aggregate/shared-distinct";
import { distinctMatters, needsPresence, STATE_AUTO, stateBytes } from "../aggregate/state";
import { makeTemplate } from "../aggregate/template";
import { GROUP_SLOT_BYTES } from "../changes/track";
import { JOIN_SLOT_BYTES } from "../join/table";
import { LEAD_SLOT_BYTES } from "../lead/lead";
import { FRAME_SLOT_BYTES } from "../over/partition";
import { RANKED_SLOT_BYTES } from "../ranked/groups";
import { SESSION_SLOT_BYTES } from "../session/session";
import { QUERY_JOIN, QUERY_OVER, QUERY_WINDOW, WINDOW_SESSION } from "../shared/abi";
import { SORT_SLOT_BYTES } from "../sort/sort";
import { ROW_PRESENCE, ROW_SLOTS } from "../table/rows";
import { TOP_SLOT_BYTES } from "../top/top";
import {
  AGG_BIT,
  AGG_BYTES,
  AGG_DISTINCT,
  AGG_FUNCTION,
  AGG_PRESENT,
  AGG_SET,
  AGG_SLOT,
  AGG_STATE,
  QUERY_AGGREGATE_COUNT,
  QUERY_AGGREGATES,
  QUERY_FRAME,
  QUERY_KIND,
  QUERY_LEAD,
  QUERY_OPS,
  QUERY_RANKED,
  QUERY_ROW_BYTES,
  QUERY_SHAPE,
  QUERY_SORT,
  QUERY_TOP,
} from "./query";

/** Gives every aggregate its slot, presence bit and, where needed, distinct set. */
export function layRow(query: usize): void {
  const count: u32 = load<u32>(query, QUERY_AGGREGATE_COUNT);
  let at: u32 = ROW_SLOTS;
  let word: u32 = ROW_PRESENCE;
  let bits: u32 = 0;
  shareSets(load<u32>(query, QUERY_AGGREGATES), count);
  for (let i: u32 = 0; i < count; i++) {
    const aggregate: usize = load<u32>(query, QUERY_AGGREGATES) + i * AGG_BYTES;
    const state: u32 = load<u32>(aggregate, AGG_STATE);
    if (needsPresence(state)) {
      if (bits === 32) {
        word = at;
        at += 8;
        bits = 0;
      }
      store<u32>(aggregate, word, AGG_PRESENT);
      store<u32>(aggregate, 1 << bits++, AGG_BIT);
    }
    if (isLed(aggregate)) {
      store<u32>(aggregate, at, AGG_SLOT);
      at += stateBytes(state);
      continue;
    }
    const distinct: bool =
      load<u32>(aggregate, AGG_DISTINCT) !== 0 && distinctMatters(load<u32>(aggregate, AGG_FUNCTION));
    if (distinct || state === STATE_AUTO) {
      store<u32>(aggregate, at, AGG_SET);
      at += 16;
    }
    store<u32>(aggregate, at, AGG_SLOT);
    at += stateBytes(state);
  }
  if (load<u32>(query, QUERY_KIND) === QUERY_OVER) {
    store<u32>(query, at, QUERY_FRAME);
    at += FRAME_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_KIND) === QUERY_JOIN) {
    store<u32>(query, at, QUERY_FRAME);
    at += JOIN_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_OPS) !== 0) {
    store<u32>(query, at, QUERY_FRAME);
    at += GROUP_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_SORT) !== 0) {
    store<u32>(query, at, QUERY_FRAME);
    at += SORT_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_LEAD) !== 0) {
    store<u32>(query, at, QUERY_FRAME);
    at += LEAD_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_KIND) === QUERY_WINDOW && load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION) {
    store<u32>(query, at, QUERY_FRAME);
    at += SESSION_SLOT_BYTES;
  }
  if (load<u32>(query, QUERY_TOP) !== 0) {
    store<u32>(query, at, QUERY_FRAME);
    at += TOP_SLOT_BYTES + (load<u32>(query, QUERY_RANKED) === 0 ? 0 : RANKED_SLOT_BYTES);
  }
  store<u32>(query, rowStride(at), QUERY_ROW_BYTES);
  fuseAggregates(load<u32>(query, QUERY_AGGREGATES), count);
  makeTemplate(query);
}

/** One or two rows a cache line where they fit; else whole half lines. */
function rowStride(bytes: u32): u32 {
  if (bytes <= 64) return bytes <= 32 ? 32 : 64;
  return (bytes + 31) & ~31;
}
