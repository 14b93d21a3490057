// Ends a query: its slices, buffers and row templates go back to the heap. Its struct stays until the program goes.

import { dropInterval } from "../join/interval";
import { dropJoined, SIDE_KEYS, sideOf } from "../join/table";
import { dropLeads } from "../lead/lead";
import { release } from "../memory/heap";
import { closeOutputs } from "../output";
import { dropPartitions } from "../over/frame";
import { dropRanked } from "../ranked/emit-ranked";
import { dropSessions } from "../session/close";
import {
  JOIN_INTERVAL,
  QUERY_GROUP,
  QUERY_JOIN,
  QUERY_LATE_ROWS,
  QUERY_LEADING,
  QUERY_OVER,
  QUERY_PROJECT,
  QUERY_RANKED_ROWS,
  QUERY_SORTED_ROWS,
  QUERY_WINDOW,
  WINDOW_SESSION,
} from "../shared/abi";
import { dropSorted } from "../sort/sort";
import { dropWindows } from "../window/closing";
import { dropSlices } from "../window/slices";
import {
  QUERY_AGGREGATES,
  QUERY_CHECKS,
  QUERY_DROPPED,
  QUERY_KEYS,
  QUERY_KIND,
  QUERY_OPS,
  QUERY_SHAPE,
  QUERY_SIDES,
  QUERY_SINK_ROW,
  QUERY_SORTED,
  QUERY_TEMPLATE,
  QUERY_TOP,
  QUERY_WINDOWED,
} from "./query";

/** A second call does nothing. */
export function closeQuery(query: usize): void {
  if (load<u32>(query, QUERY_DROPPED) !== 0) return;
  store<u32>(query, 1, QUERY_DROPPED);
  const kind: u32 = load<u32>(query, QUERY_KIND);
  if (kind === QUERY_WINDOW && load<u32>(query, QUERY_SHAPE) === WINDOW_SESSION) dropSessions(query);
  if (kind === QUERY_WINDOW) dropWindows(query);
  if (kind === QUERY_OVER) dropPartitions(query);
  if (kind === QUERY_GROUP) dropSlices(query);
  if (kind === QUERY_SORTED_ROWS) dropSorted(query);
  if (kind === QUERY_JOIN) closeJoin(query);
  else release(load<u32>(query, QUERY_SIDES));
  if (kind === QUERY_RANKED_ROWS) dropRanked(query);
  if (kind === QUERY_LEADING) dropLeads(query);
  if (kind !== QUERY_PROJECT && kind !== QUERY_LATE_ROWS) {
    release(load<u32>(query, QUERY_KEYS));
    release(load<u32>(query, QUERY_AGGREGATES));
    release(load<u32>(query, QUERY_TEMPLATE));
    release(load<u32>(query, QUERY_SINK_ROW));
    release(load<u32>(query, QUERY_TOP));
  }
  release(load<u32>(query, QUERY_CHECKS));
  release(load<u32>(query, QUERY_OPS));
  closeOutputs(query);
}

function closeJoin(query: usize): void {
  if (load<u32>(query, QUERY_WINDOWED) === JOIN_INTERVAL) dropInterval(query);
  else dropJoined(query);
  dropSlices(query);
  release(load<u32>(query, QUERY_SORTED));
  store<u32>(query, load<u32>(sideOf(query, 0), SIDE_KEYS), QUERY_KEYS);
  release(load<u32>(sideOf(query, 1), SIDE_KEYS));
  release(load<u32>(query, QUERY_SIDES));
}
