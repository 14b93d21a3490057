// Changed groups to a changelog: a lane for what a group's result is and, where both are wanted, one before it for what it was.
// HAVING is asked of both, so a row comes and goes with it; a result that is the same as before does not leave.
import { compareBytes } from "../aggregate/extreme";
import { finishAggregates } from "../aggregate/finish";
import { runExpressions } from "../expression/run";
import { heapBytes } from "../memory/heap";
import { physicalOf, validityOf, valuesOf, widthOf } from "../memory/registers";
import { scratchAllocate } from "../memory/scratch";
import { ROWS, SELECTED, VERDICT } from "../memory/vectors";
import { OUTPUT_BYTES } from "../output";
import {
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_HAVING,
  QUERY_KEY_COUNT,
  QUERY_OPS,
  QUERY_OUTPUT_COUNT,
  QUERY_OUTPUTS,
  QUERY_PARTITIONS,
  QUERY_RETRACTED,
} from "../program/query";
import { refusedQuery, refuseResult } from "../refusal";
import { gatherOutputs, HAVING_ITEM } from "../result";
import { findPoison } from "../select";
import { COUNT_STATE_BYTES, OP_DELETE, OP_INSERT, OP_UPDATE_AFTER, OP_UPDATE_BEFORE } from "../shared/abi";
import { PHYS_STR, VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { decodeKeys } from "../table/key-decode";
import { addTo } from "../window/slices";
import {
  clearChanges,
  entryRow,
  GROUP_KNOWN,
  GROUP_SHOWN,
  groupFlags,
  hasBefore,
  liveRows,
  nextChange,
  releaseLeft,
  settleEntry,
  writeBefore,
} from "./track";

// What a lane holds, in VERDICT.
const LANE_AFTER: u32 = 0;
/** The lane behind it holds the group's result now, unless the group is gone. */
const LANE_BEFORE: u32 = 1;
/** The group is gone. Its result is not one; its keys are. */
const LANE_GONE: u32 = 2;

/** u32 a lane: its entry. */
let entries: usize = 0;

/** Fills the output registers and QUERY_OPS with the next changes; returns their number, 0 at the end. */
export function emitChanges(query: usize): u32 {
  if (load<u32>(query, QUERY_PARTITIONS) === 0) return 0;
  const before: u64 = heapBytes();
  releaseLeft(query);
  let rows: u32 = 0;
  while (rows === 0 && refusedQuery === 0) {
    const lanes: u32 = fillLanes(query);
    if (lanes === 0) {
      releaseLeft(query);
      clearChanges(query);
      break;
    }
    rows = settle(query, lanes);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>heapBytes() - <i64>before);
  return rows;
}

/** Keys and results of the next changed groups. */
function fillLanes(query: usize): u32 {
  entries = scratchAllocate(VECTOR_ROWS << 2);
  const mortal: bool = load<u32>(query, QUERY_RETRACTED) !== 0 && load<u32>(query, QUERY_KEY_COUNT) !== 0;
  let lanes: u32 = 0;
  while (lanes + 2 <= <u32>VECTOR_ROWS) {
    const entry: usize = nextChange(query);
    if (entry === 0) break;
    const row: u32 = entryRow(entry);
    const gone: bool = mortal && liveRows(query, row) === 0;
    if (hasBefore(entry)) lanes = addLane(lanes, entry, LANE_BEFORE);
    lanes = addLane(lanes, entry, gone ? LANE_GONE : LANE_AFTER);
  }
  if (lanes === 0) return 0;
  decodeKeys(query, lanes);
  finishAggregates(query, lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    if (load<u8>(VERDICT + i) === LANE_BEFORE) writeBefore(query, load<u32>(entries + (i << 2)), i);
  }
  return lanes;
}

function addLane(lane: u32, entry: usize, kind: u32): u32 {
  store<u32>(entries + (lane << 2), <u32>entry);
  store<u32>(ROWS + (lane << 2), entryRow(entry));
  store<u8>(VERDICT + lane, <u8>kind);
  return lane + 1;
}

/** Leaves the lanes that are changes, with their ops. */
function settle(query: usize, lanes: u32): u32 {
  runExpressions(load<u32>(query, QUERY_EMIT), load<u32>(query, QUERY_EMIT_COUNT), lanes);
  const having: u32 = load<u32>(query, QUERY_HAVING);
  if (having !== 0) {
    const poisoned: u32 = findPoison(validityOf(having - 1), 0, lanes);
    if (poisoned < lanes) return refuse(query, having - 1, HAVING_ITEM, poisoned);
  }
  const ops: usize = load<u32>(query, QUERY_OPS);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const entry: usize = load<u32>(entries + (i << 2));
    const paired: bool = load<u8>(VERDICT + i) === LANE_BEFORE;
    const was: bool = paired ? passes(having, i) : (groupFlags(query, entryRow(entry)) & GROUP_SHOWN) !== 0;
    const last: u32 = paired ? i + 1 : i;
    const is: bool = load<u8>(VERDICT + last) !== LANE_GONE && passes(having, last);
    const gone: bool = load<u8>(VERDICT + last) === LANE_GONE;
    if (paired && was && !(is && sameOutputs(query, i, last)))
      kept = keep(ops, kept, i, is ? OP_UPDATE_BEFORE : OP_DELETE);
    if (is && !(paired && was && sameOutputs(query, i, last)))
      kept = keep(ops, kept, last, was ? OP_UPDATE_AFTER : OP_INSERT);
    // Where only the newest state leaves, a row that is no longer there is told by its keys.
    if (!paired && was && !is) kept = keep(ops, kept, last, OP_DELETE);
    settleEntry(query, entry, gone ? 0 : GROUP_KNOWN | (is ? GROUP_SHOWN : 0));
    i = last;
  }
  return checked(query, kept);
}

function passes(having: u32, lane: u32): bool {
  return (
    having === 0 || (load<u8>(validityOf(having - 1) + lane) & load<u8>(valuesOf(having - 1) + lane)) === LANE_VALID
  );
}

function keep(ops: usize, kept: u32, lane: u32, op: u32): u32 {
  store<u8>(ops + kept, <u8>op);
  store<u32>(SELECTED + (kept << 2), lane);
  return kept + 1;
}

/** The kept lanes in the output registers, none when one of them cannot be represented. */
function checked(query: usize, kept: u32): u32 {
  gatherOutputs(query, kept);
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    const poisoned: u32 = findPoison(validityOf(register), 0, kept);
    if (poisoned < kept) return refuse(query, register, i, poisoned);
  }
  return kept;
}

function refuse(query: usize, register: u32, item: i32, lane: u32): u32 {
  refuseResult(query, item, load<u8>(validityOf(register) + lane), i64.MIN_VALUE);
  return 0;
}

function sameOutputs(query: usize, a: u32, b: u32): bool {
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) if (!sameLanes(load<u32>(outputs + i * OUTPUT_BYTES), a, b)) return false;
  return true;
}

function sameLanes(register: u32, a: u32, b: u32): bool {
  const valid: u32 = load<u8>(validityOf(register) + a);
  if (valid !== <u32>load<u8>(validityOf(register) + b)) return false;
  if (valid !== LANE_VALID) return true;
  const values: usize = valuesOf(register);
  if (physicalOf(register) === PHYS_STR) {
    const left: usize = values + (a << 3);
    const right: usize = values + (b << 3);
    return compareBytes(load<u32>(left), load<u32>(left, 4), load<u32>(right), load<u32>(right, 4)) === 0;
  }
  const width: u32 = widthOf(physicalOf(register));
  if (width === 1) return load<u8>(values + a) === load<u8>(values + b);
  if (width === 8) return load<u64>(values + (a << 3)) === load<u64>(values + (b << 3));
  const differs: v128 = v128.xor(v128.load(values + (a << 4)), v128.load(values + (b << 4)));
  return !v128.any_true(differs);
}
