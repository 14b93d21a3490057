/**
 * What binding an expression needs from its surroundings: where names come from, what an aggregate call means here, and
 * where errors go. `bind` is the way back into the recursion for the files that bind one kind of node each.
 */
import type { Span } from "../core/error.ts";
import type { Expression, Identifier, QualifiedName, WindowSpecification } from "../sql/tree.ts";
import type { BoundExpression } from "./plan.ts";
import type { Reporter } from "./report.ts";

export type CallNode = Extract<Expression, { kind: "call" }>;

/** A column reference as written, kept beside the expression it became. */
export interface Origin {
  readonly name: string;
  readonly span: Span;
}

export interface Scope {
  /** Null: reported, or known to be poisoned. Every call returns an object of its own, so that origins can be kept by it. */
  resolve(name: QualifiedName): BoundExpression | null;
  /** `(row).field`. */
  field(row: BoundExpression, field: Identifier): BoundExpression | null;
  /** The cell of a MAP that is metadata, `headers['id']`. Null: there is no such column; nothing is reported. */
  cell(map: BoundExpression, key: string): BoundExpression | null;
  /** What PROCTIME() is here. Null: reported, or the rows are poisoned. */
  processingTime(span: Span): BoundExpression | null;
}

export interface BindContext {
  readonly report: Reporter;
  readonly scope: Scope;
  /** Which references became which expressions. */
  readonly origins: WeakMap<BoundExpression, Origin>;
  /** Binds a call of an aggregate function, or says in a complaint why there can be none here. */
  readonly aggregate: (node: CallNode) => BoundExpression | null;
  /** Binds `TUMBLE_START(…)` and its like. */
  readonly windowFunction: (node: CallNode) => BoundExpression | null;
  /** Binds a call with OVER; absent where it has no place. */
  readonly over?: (node: CallNode, over: WindowSpecification) => BoundExpression | null;
  bind(node: Expression): BoundExpression | null;
}

/** Binds all, also after one failed; null when any did. */
export function bindAll(context: BindContext, nodes: readonly Expression[]): BoundExpression[] | null {
  const bound: BoundExpression[] = [];
  for (const node of nodes) {
    const expression = context.bind(node);
    if (expression !== null) bound.push(expression);
  }
  return bound.length === nodes.length ? bound : null;
}
