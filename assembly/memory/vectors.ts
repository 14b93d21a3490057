// Working columns of the vector in hand, one VECTOR_ROWS array each, allocated once. A stage documents which it fills.
import { VECTOR_ROWS } from "../shared/layout";
import { allocateZeroed } from "./heap";

/** u8 a source row: 1 = handed to the queries, 0 = refused (no event time). */
export const ALIVE: usize = allocateZeroed(VECTOR_ROWS + 64);
/** i64 a source row: watermark of its own partition before the row, in time units. */
export const BEFORE: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
/** u8 a source row: VERDICT_* of window/assign.ts for the query in hand. */
export const VERDICT: usize = allocateZeroed(VECTOR_ROWS + 64);
/** VERDICT while late rows are handed on. */
export const VERDICT_KEPT: usize = allocateZeroed(VECTOR_ROWS + 64);
/** i64 a source row: key of its slice (window/share.ts). In emission, i64 a lane: start of its window in time units. */
export const STARTS: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
/** i64 a lane of emission: end of its window in time units. */
export const ENDS: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
/** u32 a lane: source row that the lane of a query holds. */
export const SELECTED: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const SELECTED_NEXT: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 a lane: run (slice) it belongs to. */
export const LANE_RUN: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** A run is lanes [RUN_FIRST[r], RUN_FIRST[r + 1]) of slice RUN_SLICE[r], whose window starts at RUN_START[r]. */
export const RUN_FIRST: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const RUN_SLICE: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const RUN_START: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
/** u8 a lane: OP_* of the row it holds. */
export const LANE_OPS: usize = allocateZeroed(VECTOR_ROWS + 64);
/** 16 bytes a lane: key inline, or { u64 hash, u32 address }. Then u32 length and u64 hash. */
export const KEY16: usize = allocateZeroed(VECTOR_ROWS * 16 + 64);
export const KEY_LENGTH: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const KEY_HASH: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
/** u32 a lane: write position while keys are made. */
export const KEY_CURSOR: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 a lane: address of its state row; and the same with masked lanes at the sink row. */
export const ROWS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const MASKED_ROWS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 a lane: state row of another slice that is merged into the lane's own. */
export const SOURCES: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 a lane of emission: entry of the group's best rows, and its rank (top/top.ts). */
export const ENTRIES: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const RANKS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** Elements of distinct sets on their way into others: u32 row, 8-byte cell, 16-byte decimal. */
export const ELEMENT_ROWS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const ELEMENTS: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
export const WIDE_ELEMENTS: usize = allocateZeroed(VECTOR_ROWS * 16 + 64);
/** u32 a lane: which of several distinct counts take it (aggregate/shared-distinct.ts). */
export const LANE_BITS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 list of lanes that a pass could not finish. */
export const MISSES: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 list of lanes whose sketch has registers. */
export const DENSE_LANES: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
/** u32 coupon or u64 value a lane, for sketches and distinct sets. */
export const COUPONS: usize = allocateZeroed(VECTOR_ROWS * 4 + 64);
export const WIDE: usize = allocateZeroed(VECTOR_ROWS * 8 + 64);
