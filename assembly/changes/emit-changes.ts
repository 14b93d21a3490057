// Changed groups to a changelog: a lane for what a group's result is and, where both are wanted, one before it for what it was.
// HAVING is asked of both, so a row comes and goes with it; a result that is the same as before does not leave.
import { compareBytes } from "../aggregate/extreme";
import { finishAggregates } from "../aggregate/finish";
import { runExpressions } from "../expression/run";
import { physicalOf, validityOf, valuesOf, widthOf } from "../memory/registers";
import { lastingBytes, scratchAllocate } from "../memory/scratch";
import { ENDS, ROWS, SELECTED, STARTS, VERDICT } from "../memory/vectors";
import { OUTPUT_BYTES } from "../output";
import {
  QUERY_DUE,
  QUERY_EMIT,
  QUERY_EMIT_COUNT,
  QUERY_HAVING,
  QUERY_KEY_COUNT,
  QUERY_KIND,
  QUERY_OPS,
  QUERY_OUTPUT_COUNT,
  QUERY_OUTPUTS,
  QUERY_RETRACTED,
  QUERY_UNITS,
} from "../program/query";
import { refusedQuery, refuseResult } from "../refusal";
import { gatherOutputs, HAVING_ITEM } from "../result";
import { findPoison } from "../select";
import {
  COUNT_STATE_BYTES,
  OP_DELETE,
  OP_INSERT,
  OP_UPDATE_AFTER,
  OP_UPDATE_BEFORE,
  QUERY_WINDOW,
} from "../shared/abi";
import { PHYS_STR, VECTOR_ROWS } from "../shared/layout";
import { LANE_VALID } from "../shared/status";
import { decodeKeys } from "../table/key-decode";
import { closedEdge, keptEdge, startOf } from "../window/share";
import { SLICE_KEY } from "../window/slice";
import { addTo, endOfSlices, firstSlice, releaseSlice, sliceAt, sliceKey, takeSlice } from "../window/slices";
import { fillWindow } from "../window/times";
import {
  entryRow,
  GROUP_KNOWN,
  GROUP_SHOWN,
  groupFlags,
  hasBefore,
  hasChanges,
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
  releaseSlices(query);
  let rows: u32 = 0;
  const before: u64 = lastingBytes();
  while (rows === 0 && refusedQuery === 0) {
    const lanes: u32 = fillLanes(query);
    if (lanes === 0) break;
    rows = settle(query, lanes);
  }
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  if (rows !== 0) return rows;
  store<u32>(query, 0, QUERY_DUE);
  releaseSlices(query);
  return 0;
}

/** The batch before has been read: what its entries own goes, and so do windows that are over. */
function releaseSlices(query: usize): void {
  const windowed: bool = load<u32>(query, QUERY_KIND) === QUERY_WINDOW;
  const over: i64 = windowed ? keptEdge(query) : i64.MIN_VALUE;
  const before: u64 = lastingBytes();
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) releaseLeft(query, sliceAt(query, i));
  addTo(query, COUNT_STATE_BYTES, <i64>lastingBytes() - <i64>before);
  while (windowed && firstSlice(query) < endOfSlices(query)) {
    const first: u32 = firstSlice(query);
    if (sliceKey(query, first) > over || hasChanges(sliceAt(query, first))) break;
    releaseSlice(query, takeSlice(query, first));
  }
}

/** Keys and results of the next changed groups. */
function fillLanes(query: usize): u32 {
  const windowed: bool = load<u32>(query, QUERY_KIND) === QUERY_WINDOW;
  const edge: i64 = load<u32>(query, QUERY_DUE) !== 0 || !windowed ? i64.MAX_VALUE : closedEdge(query);
  entries = scratchAllocate(VECTOR_ROWS << 2);
  let lanes: u32 = 0;
  for (let i: u32 = firstSlice(query); i < endOfSlices(query); i++) {
    if (sliceKey(query, i) > edge) break;
    lanes = fillFrom(query, sliceAt(query, i), lanes);
    if (lanes + 2 > <u32>VECTOR_ROWS) break;
  }
  if (lanes === 0) return 0;
  if (windowed) fillWindow(query, lanes);
  decodeKeys(query, lanes);
  finishAggregates(query, lanes);
  for (let i: u32 = 0; i < lanes; i++) {
    if (load<u8>(VERDICT + i) === LANE_BEFORE) writeBefore(query, load<u32>(entries + (i << 2)), i);
  }
  return lanes;
}

/** Changed groups of a slice, from `lanes` on. Windows give theirs in order of their keys. */
function fillFrom(query: usize, slice: usize, lanes: u32): u32 {
  const windowed: bool = load<u32>(query, QUERY_KIND) === QUERY_WINDOW;
  const mortal: bool = load<u32>(query, QUERY_RETRACTED) !== 0 && load<u32>(query, QUERY_KEY_COUNT) !== 0;
  const end: i64 = load<i64>(slice, SLICE_KEY);
  const start: i64 = windowed ? startOf(query, end) : 0;
  while (lanes + 2 <= <u32>VECTOR_ROWS) {
    const entry: usize = nextChange(query, slice, windowed);
    if (entry === 0) break;
    const gone: bool = mortal && liveRows(query, entryRow(entry)) === 0;
    const first: u32 = lanes;
    if (hasBefore(entry)) lanes = addLane(lanes, entry, LANE_BEFORE);
    lanes = addLane(lanes, entry, gone ? LANE_GONE : LANE_AFTER);
    for (let i: u32 = first; i < lanes; i++) {
      store<i64>(STARTS + (i << 3), start);
      store<i64>(ENDS + (i << 3), end);
    }
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
  if (refuseHaving(query, lanes)) return 0;
  const ops: usize = load<u32>(query, QUERY_OPS);
  let kept: u32 = 0;
  for (let i: u32 = 0; i < lanes; i++) {
    const entry: usize = load<u32>(entries + (i << 2));
    const paired: bool = load<u8>(VERDICT + i) === LANE_BEFORE;
    const was: bool = paired ? lanePasses(query, i) : (groupFlags(query, entryRow(entry)) & GROUP_SHOWN) !== 0;
    const last: u32 = paired ? i + 1 : i;
    const is: bool = load<u8>(VERDICT + last) !== LANE_GONE && lanePasses(query, last);
    const gone: bool = load<u8>(VERDICT + last) === LANE_GONE;
    if (paired && was && !(is && sameOutputs(query, i, last)))
      kept = keepLane(ops, kept, i, is ? OP_UPDATE_BEFORE : OP_DELETE);
    if (is && !(paired && was && sameOutputs(query, i, last)))
      kept = keepLane(ops, kept, last, was ? OP_UPDATE_AFTER : OP_INSERT);
    // Where only the newest state leaves, a row that is no longer there is told by its keys.
    if (!paired && was && !is) kept = keepLane(ops, kept, last, OP_DELETE);
    settleEntry(query, entry, gone ? 0 : GROUP_KNOWN | (is ? GROUP_SHOWN : 0));
    i = last;
  }
  return settled(query, kept);
}

/** Whether HAVING cannot be told of one of the lanes, which has then been said. */
export function refuseHaving(query: usize, lanes: u32): bool {
  const having: u32 = load<u32>(query, QUERY_HAVING);
  if (having === 0) return false;
  const poisoned: u32 = findPoison(validityOf(having - 1), 0, lanes);
  if (poisoned < lanes) refuse(query, having - 1, HAVING_ITEM, poisoned);
  return poisoned < lanes;
}

/** Whether HAVING is TRUE of a lane. */
export function lanePasses(query: usize, lane: u32): bool {
  const having: u32 = load<u32>(query, QUERY_HAVING);
  return (
    having === 0 || (load<u8>(validityOf(having - 1) + lane) & load<u8>(valuesOf(having - 1) + lane)) === LANE_VALID
  );
}

/** Keeps a lane with its op. Returns how many are kept. */
export function keepLane(ops: usize, kept: u32, lane: u32, op: u32): u32 {
  store<u8>(ops + kept, <u8>op);
  store<u32>(SELECTED + (kept << 2), lane);
  return kept + 1;
}

/** The kept lanes in the output registers, none when one of them cannot be represented. */
export function settled(query: usize, kept: u32): u32 {
  gatherOutputs(query, kept);
  const outputs: usize = load<u32>(query, QUERY_OUTPUTS);
  const count: u32 = load<u32>(query, QUERY_OUTPUT_COUNT);
  for (let i: u32 = 0; i < count; i++) {
    const register: u32 = load<u32>(outputs + i * OUTPUT_BYTES);
    const poisoned: u32 = findPoison(validityOf(register), 0, kept);
    if (poisoned === kept) continue;
    const lane: u32 = load<u32>(SELECTED + (poisoned << 2));
    store<u8>(validityOf(register) + lane, load<u8>(validityOf(register) + poisoned));
    return refuse(query, register, i, lane);
  }
  return kept;
}

function refuse(query: usize, register: u32, item: i32, lane: u32): u32 {
  const windowed: bool = load<u32>(query, QUERY_KIND) === QUERY_WINDOW;
  const window: i64 = windowed ? load<i64>(STARTS + (lane << 3)) / load<i64>(query, QUERY_UNITS) : i64.MIN_VALUE;
  refuseResult(query, item, load<u8>(validityOf(register) + lane), window);
  return 0;
}

/** Whether two lanes of the output registers are equal. */
export function sameOutputs(query: usize, a: u32, b: u32): bool {
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
