/**
 * What OVER is made of once a SELECT is bound. Each call is a column number that no row has, until `results.ts` puts its operator
 * between the rows and the SELECT.
 */
import type { Span } from "../core/error.ts";
import type { Frame } from "./over-frame.ts";
import type { AggregateCall, BoundExpression, NamedExpression, SortItem } from "./plan.ts";

/** Column numbers from here on are OVER calls: so many a frame. */
export const OVER_BASE = 1 << 25;
export const FRAME_CALLS = 1 << 16;
export const MOST_FRAMES = 256;

/** What OVER reads, as bound: its parts are over what the SELECT's items are over, and the calls of OVERs before it. */
export interface BoundOver {
  readonly unit: Frame["unit"];
  readonly preceding: number | null;
  readonly until: number;
  /** What ORDER BY goes by. */
  readonly time: BoundExpression;
  readonly span: Span;
  /** Number of the first call's column. */
  readonly base: number;
  readonly partitionBy: readonly BoundExpression[];
  readonly calls: readonly AggregateCall[];
}

/** LEAD: columns of the row behind, from number `base` on, and whether it is there, at LEAD_THERE. */
export interface BoundLead {
  readonly base: number;
  readonly partitionBy: readonly BoundExpression[];
  readonly rows: number;
  readonly ahead: readonly NamedExpression[];
  readonly time: BoundExpression;
  readonly span: Span;
}

export const LEAD_BASE = OVER_BASE + MOST_FRAMES * FRAME_CALLS;
export const LEAD_THERE = 1023;

/** The column number of a rank in a window. */
export const RANK_INDEX = 1 << 26;

export type RankFunction = "ROW_NUMBER" | "RANK" | "DENSE_RANK";

/** What a rank reads, as bound. The window is among `partitionBy`. */
export interface BoundRank {
  readonly function: RankFunction;
  /** Of no window: numbers change while rows come. */
  readonly windowless: boolean;
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly SortItem[];
  readonly span: Span;
}

/** Every OVER of a SELECT: an operator each, in this order, the rank last. */
export interface BoundOvers {
  readonly overs: readonly BoundOver[];
  /** All of one partition: behind them rows are in no order but in it. */
  readonly leads: readonly BoundLead[];
  readonly rank: BoundRank | null;
}

/** Whether a column number stands for an OVER call; of those in `over`, which one. */
export function isOverCall(expression: BoundExpression): boolean {
  return expression.kind === "column" && expression.index >= OVER_BASE && expression.index <= RANK_INDEX;
}

/** Number among what LEAD adds to a row, −1 for anything else. */
export function leadIn(expression: BoundExpression, { base, ahead }: Pick<BoundLead, "base" | "ahead">): number {
  const at = expression.kind === "column" ? expression.index - base : -1;
  if (at === LEAD_THERE) return ahead.length;
  return at < ahead.length ? at : -1;
}

/** Number among the calls of an OVER, −1 for anything else. */
export function callIn(expression: BoundExpression, { base, calls }: Pick<BoundOver, "base" | "calls">): number {
  const at = expression.kind === "column" ? expression.index - base : -1;
  return at < calls.length ? at : -1;
}
