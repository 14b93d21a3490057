/**
 * `IN (SELECT …)`, `EXISTS (SELECT …)` and their opposites in WHERE: rows of the query meet those of the subquery's FROM where IN's
 * two sides and the subquery's WHERE say so, and leave alone, those that meet some or those that meet none. What the subquery's
 * WHERE names is its own first, and else the query's.
 */
import type { Span } from "../core/error.ts";
import type { Expression, Query } from "../sql/tree.ts";
import { hasAggregate } from "./bind-aggregate.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { compare } from "./bind-operator.ts";
import { castTo } from "./cast.ts";
import { conjuncts } from "./expression.ts";
import { joinedRows, withOn } from "./join.ts";
import type { BoundExpression } from "./plan.ts";
import { planFrom } from "./plan-from.ts";
import { type FromItem, type QueryContext, type SelectScope, selectScope, withoutAggregates } from "./query-context.ts";
import type { Relation } from "./relation.ts";
import { NestedScope } from "./scope.ts";
import { BOOLEAN } from "./type-rules.ts";

interface Subquery {
  /** Null: EXISTS. */
  readonly operand: Expression | null;
  readonly query: Query;
  readonly not: boolean;
  readonly span: Span;
}

/** WHERE without the conditions on subqueries that stand in it, alone or between ANDs. */
export function splitWhere(where: Expression | null): {
  readonly where: Expression | null;
  readonly subqueries: readonly Subquery[];
} {
  const subqueries: Subquery[] = [];
  const others: Expression[] = [];
  const pending: Expression[] = where === null ? [] : [where];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const subquery = subqueryOf(next);
    if (subquery !== null) subqueries.push(subquery);
    else if (next.kind === "binaryOperation" && next.operator === "AND") pending.push(next.right, next.left);
    else others.push(next);
  }
  if (subqueries.length === 0) return { where, subqueries };
  const rest = others.reduce<Expression | null>((left, right) => {
    if (left === null) return right;
    const span = { start: left.span.start, end: right.span.end };
    return { kind: "binaryOperation", operator: "AND", left, right, span };
  }, null);
  return { where: rest, subqueries };
}

function subqueryOf(node: Expression): Subquery | null {
  if (node.kind === "inQuery") return node;
  if (node.kind === "exists") return { ...node, operand: null, not: false };
  if (node.kind !== "unary" || node.operator !== "NOT") return null;
  const inner = subqueryOf(node.operand);
  return inner && { ...inner, not: !inner.not, span: node.span };
}

/** The rows that the conditions on subqueries leave. Null after an error. */
export function withSubqueries(
  context: QueryContext,
  given: FromItem & { readonly relation: Relation; readonly select: SelectScope },
  subqueries: readonly Subquery[],
): { readonly relation: Relation; readonly alias: string | null; readonly select: SelectScope } | null {
  let item = given;
  for (const subquery of subqueries) {
    const relation = semiJoin(context, item, subquery);
    if (relation === null) return null;
    const select = selectScope(context.report, relation, null, given.select.scope.selectNames);
    item = { relation, alias: null, select };
  }
  return item;
}

function semiJoin(context: QueryContext, left: FromItem, subquery: Subquery): Relation | null {
  const { report } = context;
  const { query, span } = subquery;
  const name = `${subquery.not ? "NOT " : ""}${subquery.operand === null ? "EXISTS" : "IN"}`;
  if (query.kind !== "select" || query.from === null || isMore(query)) {
    const hint = "put it into FROM: SELECT x FROM (SELECT … GROUP BY …) AS r WHERE …";
    return report.unsupported(`${name} with a query of more than SELECT, FROM and WHERE`, span, hint);
  }
  const right = planFrom({ ...context, depth: context.depth + 1 }, query.from);
  const joined = joinedRows(context, { type: subquery.not ? "anti" : "semi", span }, [left, right]);
  if (joined === null) return null;
  const on = bindConditions(context, joined, { subquery, query });
  if (on === null) return null;
  const maybe = subquery.operand !== null && subquery.not && on.equal?.nullable === true;
  const relation = maybe ? withType(joined, "not-in") : joined;
  const met = withOn(report, relation, on.conditions, span);
  if (met === null) return null;
  const keys = met.join?.keys.length ?? 0;
  if (met.join?.window == null) {
    const same = "L.window_start = R.window_start AND L.window_end = R.window_end";
    const hint = `both are rows of TUMBLE, or results of GROUP BY a window, and the query says WHERE ${same}`;
    return report.unsupported(`${name} with a query that is not of the same window`, span, hint);
  }
  if (maybe && keys > 1) {
    const hint = "write NOT EXISTS, or leave rows with NULL out on both sides";
    return report.unsupported("NOT IN of values that may be NULL, with other equalities", span, hint);
  }
  return { ...met, columns: met.columns.slice(0, joined.join?.left.columns.length) };
}

function withType(relation: Relation, type: "not-in"): Relation {
  return relation.join === undefined ? relation : { ...relation, join: { ...relation.join, type } };
}

function isMore({ groupBy, having, orderBy, limit, windows, items }: Extract<Query, { kind: "select" }>): boolean {
  const grouped = groupBy.length > 0 || having !== null || items.some(({ expression }) => hasAggregate(expression));
  return grouped || orderBy.length > 0 || limit !== null || windows.length > 0;
}

/** IN's equality, and what the subquery's WHERE says, over the joined rows. Null after an error. */
function bindConditions(
  { report }: QueryContext,
  joined: Relation,
  { subquery, query }: { readonly subquery: Subquery; readonly query: Extract<Query, { kind: "select" }> },
): { readonly conditions: readonly BoundExpression[]; readonly equal: BoundExpression | null } | null {
  const count = joined.join?.left.columns.length ?? 0;
  const outer = selectScope(report, { ...joined, columns: joined.columns.slice(0, count) }, null);
  const inner = selectScope(report, { ...joined, columns: joined.columns.slice(count) }, null);
  const within: Surroundings = {
    ...withoutAggregates(report, inner, "WHERE"),
    scope: new NestedScope(inner.scope, outer.scope),
  };
  const equal = subquery.operand && bindEqual(within, { subquery, query, outer });
  if (subquery.operand !== null && equal === null) return null;
  if (query.where === null) return { conditions: equal === null ? [] : [equal], equal };
  const where = bindExpression(within, query.where);
  if (where === null) return null;
  const conditions = conjuncts(castTo(where, BOOLEAN));
  return { conditions: equal === null ? conditions : [equal, ...conditions], equal };
}

function bindEqual(
  within: Surroundings,
  {
    subquery,
    query,
    outer,
  }: {
    readonly subquery: Subquery;
    readonly query: Extract<Query, { kind: "select" }>;
    readonly outer: SelectScope;
  },
): BoundExpression | null {
  const { report } = within;
  const [item] = query.items;
  if (subquery.operand === null || item === undefined) return null;
  if (query.items.length !== 1 || item.expression.kind === "star") {
    const message = "IN takes a query of one column";
    return report.error({ code: "COLUMN-COUNT", message, span: query.span, hint: "name the column to compare with" });
  }
  const left = bindExpression(withoutAggregates(report, outer, "WHERE"), subquery.operand);
  const right = bindExpression(within, item.expression);
  if (left === null || right === null) return null;
  return compare(report, { id: "EQ", left, right, span: subquery.span });
}
