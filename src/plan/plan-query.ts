/** SELECT and what surrounds it (WITH, UNION, VALUES) to a relation in normal form. */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression, OrderItem, Query, SelectItem } from "../sql/tree.ts";
import { isBare, withBareRank } from "./bare-rows.ts";
import { aggregateIndex, hasAggregate } from "./bind-aggregate.ts";
import type { Origin } from "./bind-context.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { OverBinder } from "./bind-over.ts";
import { castTo } from "./cast.ts";
import { conjuncts, sameExpression, tooComplex } from "./expression.ts";
import { isWindowCall } from "./group-window.ts";
import { conditioned } from "./join.ts";
import type { BoundOvers } from "./over-calls.ts";
import { groupedRows, overRows, sortedStream } from "./over-rows.ts";
import type { BoundExpression } from "./plan.ts";
import { POISONED, planFrom, planSubquery, renameColumns } from "./plan-from.ts";
import {
  aggregated,
  type Grouping,
  lift,
  liftOvers,
  looseSurroundings,
  planGrouping,
  type SelectNode,
} from "./plan-group.ts";
import {
  type CommonTable,
  type QueryContext,
  type SelectScope,
  selectScope,
  withoutAggregates,
} from "./query-context.ts";
import {
  isPoisoned,
  isUnbounded,
  type PoisonedRelation,
  type Relation,
  type RelationColumn,
  WINDOW_OUTPUTS,
  WINDOW_TIME,
  windowOutput,
} from "./relation.ts";
import type { Reporter } from "./report.ts";
import { asRows, givesResults, withOvers } from "./results.ts";
import { splitWhere, withSubqueries } from "./semi-join.ts";
import { BOOLEAN } from "./type-rules.ts";
import { planUnion } from "./union.ts";

export function planQuery(context: QueryContext, node: Query): Relation | PoisonedRelation {
  const { report } = context;
  switch (node.kind) {
    case "select":
      return planSelect(context, node);
    case "with":
      return planWith(context, node);
    case "union": {
      if (!node.all) return planSelect(context, distinctRows({ ...node, all: true }));
      const sides = [planSubquery(context, node.left), planSubquery(context, node.right)] as const;
      return planUnion(context, node, sides) ?? POISONED;
    }
    case "values":
      report.unsupported("VALUES", node.span, "rows come from a table: connector 'datagen' makes some");
      return POISONED;
  }
}

/** `a UNION b` is `SELECT DISTINCT * FROM (a UNION ALL b)`. */
function distinctRows(query: Query): SelectNode {
  const { span } = query;
  const star: SelectItem = { expression: { kind: "star", qualifier: null, span }, alias: null, span };
  const from = { kind: "subquery", query, alias: null, span } as const;
  const rest = { where: null, groupBy: [], having: null, windows: [], orderBy: [], limit: null };
  return { kind: "select", distinct: true, items: [star], from, ...rest, span };
}

function planWith(context: QueryContext, node: Extract<Query, { kind: "with" }>): Relation | PoisonedRelation {
  const commonTables = new Map<string, CommonTable>(context.commonTables);
  const names = new Set<string>();
  for (const { name, columns, query } of node.tables) {
    if (names.has(name.name)) {
      const message = `"${name.name}" is defined twice in WITH`;
      context.report.error({ code: "DUPLICATE-NAME", message, span: name.span });
      continue;
    }
    names.add(name.name);
    // Planned here for its errors, and again wherever it is read.
    const inner: QueryContext = { ...context, commonTables: new Map(commonTables) };
    const relation = planSubquery(inner, query);
    if (!isPoisoned(relation)) renameColumns(context, relation, columns);
    commonTables.set(name.name, { columns, query, context: inner });
  }
  return planSubquery({ ...context, commonTables }, node.body);
}

function planSelect(context: QueryContext, node: SelectNode): Relation | PoisonedRelation {
  const { report } = context;
  if (node.from === null) {
    report.unsupported("SELECT without FROM", node.span, "rows come from a table");
    return bindLoosely(context, node, selectScope(report, null, null));
  }
  const from = planFrom(context, node.from);
  const source = isPoisoned(from.relation) ? null : from.relation;
  const names = new Set(node.items.flatMap((item) => (item.alias === null ? [] : [item.alias.name])));
  const select = selectScope(report, source, from.alias, names);
  const { where, subqueries } = splitWhere(node.where);
  const conditions = bindWhere(context, where, select);
  if (source === null) return bindLoosely(context, node, select);
  const rows = { relation: conditioned(source, conditions ?? []), alias: from.alias, select };
  const input = withSubqueries(context, rows, subqueries);
  if (input === null) return POISONED;
  const grouped =
    node.groupBy.length > 0 ||
    node.items.some((item) => hasAggregate(item.expression)) ||
    (node.having !== null && hasAggregate(node.having));
  const planned = grouped ? planGrouped(context, { node, ...input }) : planPlain(context, { node, ...input });
  if (planned === null || conditions === null) return POISONED;
  checkOrder(context, node, planned);
  return planned;
}

function bindWhere(context: QueryContext, where: Expression | null, select: SelectScope): BoundExpression[] | null {
  if (where === null) return [];
  const bound = bindBoolean(context.report, where, withoutAggregates(context.report, select, "WHERE"), "WHERE");
  return bound && conjuncts(bound);
}

function bindBoolean(
  report: Reporter,
  node: Expression,
  surroundings: Surroundings,
  what: string,
): BoundExpression | null {
  const bound = bindExpression(surroundings, node);
  if (bound === null) return null;
  if (bound.type.kind === "boolean" || bound.type.kind === "null") return castTo(bound, BOOLEAN);
  const message = `${what} is ${formatType(bound.type)}, but BOOLEAN is expected`;
  return report.error({ code: "ARGUMENT-TYPE", message, span: node.span });
}

/** Finds what errors there are when the rows are not known. */
function bindLoosely(context: QueryContext, node: SelectNode, select: SelectScope): PoisonedRelation {
  const surroundings = looseSurroundings(context, select);
  const others = [...node.groupBy, ...(node.having === null ? [] : [node.having])];
  for (const { expression } of node.items) if (expression.kind !== "star") bindExpression(surroundings, expression);
  for (const expression of others) bindExpression(surroundings, expression);
  return POISONED;
}

interface SelectInput {
  readonly node: SelectNode;
  readonly relation: Relation;
  readonly select: SelectScope;
  readonly alias: string | null;
}

function planPlain(context: QueryContext, input: SelectInput): Relation | null {
  const { node, relation, select } = input;
  if (node.having !== null) {
    const hint = "conditions on rows go into WHERE";
    context.report.error({ code: "HAVING-PLACE", message: "HAVING needs GROUP BY", span: node.having.span, hint });
  }
  if (node.distinct && relation.aggregation === null) return planDistinct(context, input);
  const surroundings = withoutAggregates(context.report, select, "SELECT");
  const rows = overRows(relation);
  const binder = new OverBinder(context, { select, surroundings, rows, windows: node.windows });
  const { items, failed } = bindItems(context, input, withOverCalls(surroundings, binder));
  if (failed) return null;
  for (const { expression, alias } of items) binder.rename(expression, alias);
  const columns = items.map(({ name, expression, span }): RelationColumn => {
    const source =
      expression &&
      relation.columns.find(
        (column) => column.expression && column.rowtime && sameExpression(column.expression, expression),
      );
    return { name, expression, rowtime: source !== null && source !== undefined, span };
  });
  const result = withCalls(context, { ...relation, columns }, binder.bound);
  if (result !== null && node.distinct && !distinctAlready(result)) {
    const hint = "window_start, window_end and every group key must be selected";
    return context.report.unsupported("SELECT DISTINCT over grouped results", node.span, hint);
  }
  return result;
}

/** Null after an error. */
function withCalls(context: QueryContext, relation: Relation, bound: BoundOvers | null): Relation | null {
  if (bound === null) return relation;
  if (isBare(relation)) return bound.rank === null ? relation : withBareRank(context, relation, bound.rank);
  if (relation.window !== null || relation.aggregation !== null || bound.overs.length + bound.leads.length === 0)
    return withOvers(relation, bound);
  const sorted = sortedStream(context, relation, bound);
  return sorted && withOvers(sorted, bound);
}

/** `SELECT DISTINCT a, b` is `SELECT a, b … GROUP BY a, b`. */
function planDistinct(context: QueryContext, input: SelectInput): Relation | null {
  const { node, relation, select, alias } = input;
  const groupBy = node.items.flatMap(({ expression }): Expression[] =>
    expression.kind === "star" ? starColumns(select, expression.span) : [expression],
  );
  const what = "SELECT DISTINCT";
  const grouping = planGrouping(context, {
    relation,
    select,
    alias,
    groupBy,
    what,
    span: node.span,
  });
  return grouping && finishGrouped(context, input, grouping);
}

/** Surroundings in which calls with OVER may stand. */
function withOverCalls(surroundings: Surroundings, binder: OverBinder): Surroundings {
  return { ...surroundings, over: (node, over) => binder.bind(node, over) };
}

/** Results that are grouped again become rows first. */
function rowsToGroup(context: QueryContext, input: SelectInput, groupBy: readonly Expression[]): SelectInput {
  if (!givesResults(input.relation)) return input;
  const relation = asRows(input.relation, { keepWindow: !groupBy.some(isWindowCall) });
  return { ...input, relation, select: selectScope(context.report, relation, input.alias) };
}

function planGrouped(context: QueryContext, given: SelectInput): Relation | null {
  const input = rowsToGroup(context, given, given.node.groupBy);
  const { node, relation, select, alias } = input;
  const [first] = node.groupBy;
  const what = first === undefined ? "an aggregate" : "GROUP BY";
  const last = node.groupBy[node.groupBy.length - 1];
  const span = first === undefined || last === undefined ? node.span : { start: first.span.start, end: last.span.end };
  const grouping = planGrouping(context, { relation, select, alias, groupBy: node.groupBy, what, span });
  if (grouping === null) {
    bindLoosely(context, { ...node, groupBy: [] }, select);
    return null;
  }
  const result = finishGrouped(context, input, grouping);
  if (result !== null && node.distinct && !distinctAlready(result)) {
    const hint = "leave DISTINCT out, or select window_start, window_end and every group key";
    return context.report.unsupported("SELECT DISTINCT over grouped results", node.span, hint);
  }
  return result;
}

/** Items and HAVING over the groups. */
function finishGrouped(context: QueryContext, input: SelectInput, grouping: Grouping): Relation | null {
  const { node } = input;
  const { select, surroundings } = grouping;
  const rows = groupedRows(grouping.relation, grouping.windowed);
  const binder = new OverBinder(context, { select, surroundings, rows, windows: node.windows });
  const bound = bindItems(context, input, withOverCalls(surroundings, binder));
  const { items } = bound;
  for (const { expression, alias } of items) {
    const index = expression === null ? -1 : aggregateIndex(expression);
    if (index >= 0 && alias !== null) grouping.aggregates.rename(index, alias);
    binder.rename(expression, alias);
  }
  const having =
    node.having === null ? null : bindBoolean(context.report, node.having, grouping.surroundings, "HAVING");
  const base = aggregated(context, grouping, node.span);
  let failed = bound.failed || base === null || (node.having !== null && having === null);
  const columns = items.map(({ name, expression, origin, span }): RelationColumn => {
    if (expression === null) return { name, expression, rowtime: false, span };
    const lifted = lift(context, grouping, { expression, origin });
    failed ||= lifted === null;
    const rowtime = lifted?.kind === "column" && lifted.index === windowOutput(WINDOW_TIME);
    return { name, expression: lifted, rowtime, span };
  });
  const conditions = [...(base?.having ?? [])];
  for (const condition of having === null ? [] : conjuncts(having)) {
    const origin = { name: "HAVING", span: node.having?.span ?? node.span };
    const lifted = lift(context, grouping, { expression: condition, origin });
    if (lifted === null) failed = true;
    else conditions.push(lifted);
  }
  const overs = binder.bound && liftOvers(context, grouping, { ...binder.bound, span: node.span });
  if (failed || base === null || (binder.bound !== null && overs === null)) return null;
  return withOvers({ ...base, columns, having: conditions }, overs);
}

interface BoundItem {
  readonly name: string;
  readonly alias: string | null;
  /** Null: poisoned. */
  readonly expression: BoundExpression | null;
  /** The reference it is, or itself under its name. */
  readonly origin: Origin;
  readonly span: Span;
}

/** `failed`: an item is wrong; the others are there all the same. */
function bindItems(
  context: QueryContext,
  input: SelectInput,
  surroundings: Surroundings,
): { readonly items: readonly BoundItem[]; readonly failed: boolean } {
  const { node, select } = input;
  const items: BoundItem[] = [];
  let failed = false;
  for (const [i, item] of node.items.entries()) {
    if (item.expression.kind === "star") {
      items.push(...expandStar(context, input, item.expression));
      continue;
    }
    const expression = bindExpression(surroundings, item.expression);
    if (expression === null) failed = true;
    const name = item.alias?.name ?? nameOf(item) ?? `EXPR$${i}`;
    const { span } = item.expression;
    const origin = (expression && select.origins.get(expression)) ?? { name, span };
    items.push({ name, alias: item.alias?.name ?? null, expression, origin, span });
  }
  if (!tooComplex(items.flatMap(({ expression }) => expression ?? []))) return { items, failed };
  const message = "the SELECT is too large once views and subqueries are written out";
  context.report.error({ code: "TOO-COMPLEX", message, span: node.span });
  return { items: [], failed: true };
}

function nameOf({ expression }: SelectItem): string | undefined {
  if (expression.kind === "column") return expression.name.parts[expression.name.parts.length - 1]?.name;
  return expression.kind === "fieldAccess" ? expression.field.name : undefined;
}

function expandStar(
  context: QueryContext,
  { select, alias }: SelectInput,
  star: Extract<Expression, { kind: "star" }>,
): BoundItem[] {
  const qualifier = star.qualifier?.parts.map((part) => part.name).join(".");
  const own = select.scope.columns.filter((column) => column.qualifier === qualifier);
  const columns = qualifier === undefined || own.length === 0 ? select.scope.columns : own;
  if (qualifier !== undefined && qualifier !== alias && own.length === 0) {
    const message = `there is no table "${qualifier}" in FROM`;
    const hint = alias === null ? null : `did you mean "${alias}"?`;
    context.report.error({ code: "UNKNOWN-TABLE", message, span: star.span, hint });
  }
  return columns.map(({ name, expression }): BoundItem => {
    const origin = { name, span: star.span };
    if (expression === null) return { name, alias: null, expression, origin, span: star.span };
    const own = { ...expression };
    select.origins.set(own, origin);
    return { name, alias: null, expression: own, origin, span: star.span };
  });
}

/** The columns of `*` as if each had been written. */
function starColumns({ scope }: SelectScope, span: Span): Expression[] {
  return scope.columns.map(({ name }) => {
    const parts = [{ name, quoted: true, span }];
    return { kind: "column", name: { parts, span }, span };
  });
}

/** Whether the rows differ by themselves: the window and every key are among the columns. */
function distinctAlready(relation: Relation): boolean {
  if (relation.aggregation === null) return false;
  const shown = new Set(
    relation.columns.map(({ expression }) => (expression?.kind === "column" ? expression.index : -1)),
  );
  const needed = relation.aggregation.keys.map((_, i) => WINDOW_OUTPUTS + i);
  if (isUnbounded(relation)) return needed.every((index) => shown.has(index));
  return (shown.has(0) || shown.has(1) || shown.has(2)) && needed.every((index) => shown.has(index));
}

/** ORDER BY is taken where the rows leave in that order anyway: window first, then the group keys. */
function checkOrder(context: QueryContext, node: SelectNode, relation: Relation): void {
  const { report } = context;
  if (node.limit !== null) report.unsupported("LIMIT", node.limit.span, "a stream has no end to count from");
  const [first] = node.orderBy;
  if (first === undefined) return;
  const hint =
    relation.aggregation === null || isUnbounded(relation)
      ? "a stream has no end to sort to"
      : "rows leave by window, then by group key: ORDER BY window_start, or that and the keys in order, is taken";
  const order = node.orderBy.map((item) => orderedColumn(relation, item));
  const windows = order.findIndex((index) => index === null || index >= WINDOW_OUTPUTS);
  const keys = windows === -1 ? [] : order.slice(windows);
  const aligned = relation.aggregation !== null && order[0] !== null && (order[0] ?? WINDOW_OUTPUTS) < WINDOW_OUTPUTS;
  if (aligned && keys.every((index, i) => index === WINDOW_OUTPUTS + i && i < (relation.aggregation?.keys.length ?? 0)))
    return;
  report.unsupported("ORDER BY", first.span, hint);
}

/** The aggregate output an ORDER BY item sorts by, ascending, NULLs first; null for anything else. */
function orderedColumn(relation: Relation, item: OrderItem): number | null {
  if (item.descending || item.nulls === "LAST" || item.expression.kind !== "column") return null;
  const name = item.expression.name.parts[item.expression.name.parts.length - 1]?.name;
  const found = relation.columns.filter((column) => column.name === name);
  const expression = found.length === 1 ? found[0]?.expression : null;
  return expression?.kind === "column" ? expression.index : null;
}
