// What the rows of another query are: new ones, or old ones that are taken back.
import { LANE_OPS, SELECTED } from "../memory/vectors";
import { QUERY_OPS, QUERY_PARENT } from "../program/query";
import { OP_DELETE, OP_INSERT, OP_UPDATE_BEFORE } from "../shared/abi";

export function isTaken(op: u32): bool {
  return op === OP_UPDATE_BEFORE || op === OP_DELETE;
}

/** LANE_OPS from the ops of the query that is read. */
export function readOps(query: usize, lanes: u32): void {
  const ops: usize = load<u32>(load<u32>(query, QUERY_PARENT), QUERY_OPS);
  if (ops === 0) memory.fill(LANE_OPS, <u8>OP_INSERT, lanes);
  else for (let i: u32 = 0; i < lanes; i++) store<u8>(LANE_OPS + i, load<u8>(ops + load<u32>(SELECTED + (i << 2))));
}
