/**
 * GROUP BY: keys, aggregates, HAVING, and what may be selected. Windowed means that window_start and window_end of a window in
 * FROM are both grouped, or that GROUP BY names the window itself; in anything else a group never closes, and its result is a
 * row that changes.
 */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression, Query } from "../sql/tree.ts";
import { AggregateBinder, aggregateIndex } from "./bind-aggregate.ts";
import type { Origin } from "./bind-context.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { isRetractable, readsChanges } from "./changelog.ts";
import { columnOf, expressionKey, rewrite, sameExpression } from "./expression.ts";
import { groupWindow, isWindowCall, windowColumn, windowHelper } from "./group-window.ts";
import { type BoundOvers, isOverCall } from "./over-calls.ts";
import type { BoundExpression, Emission, NamedExpression } from "./plan.ts";
import { emissionOf } from "./plan-emission.ts";
import { assignWindow } from "./plan-window.ts";
import { type QueryContext, type SelectScope, selectScope, textAt, withoutAggregates } from "./query-context.ts";
import {
  isPoisoned,
  type PoisonedRelation,
  type Relation,
  readsTable,
  readsWindow,
  WINDOW_END,
  WINDOW_OUTPUTS,
  WINDOW_START,
  windowOutput,
} from "./relation.ts";
import { isSpark } from "./spark-window.ts";
import { isNested } from "./type-rules.ts";

export type SelectNode = Extract<Query, { kind: "select" }>;

/** How the items of a SELECT are bound once its groups are known. */
export interface Grouping {
  readonly relation: Relation;
  readonly select: SelectScope;
  readonly surroundings: Surroundings;
  readonly aggregates: AggregateBinder;
  readonly keys: readonly NamedExpression[];
  readonly windowed: boolean;
  readonly emission: Emission | null;
}

export interface GroupInput {
  readonly relation: Relation;
  readonly select: SelectScope;
  readonly alias: string | null;
  /** GROUP BY, or the items of SELECT DISTINCT. */
  readonly groupBy: readonly Expression[];
  readonly span: Span;
  /** `GROUP BY`, `SELECT DISTINCT`, `an aggregate`. */
  readonly what: string;
}

/** Null after an error. */
export function planGrouping(context: QueryContext, input: GroupInput): Grouping | null {
  const { report } = context;
  const named = groupWindow(context, input);
  const keyNodes = input.groupBy.filter((node) => !isWindowCall(node));
  const keys = bindKeys(context, input, keyNodes);
  if (named === "poisoned") return null;
  let relation: Relation | PoisonedRelation = input.relation;
  if (named !== null) {
    relation = assignWindow(context, relation, { ...named, span: named.node.nameSpan });
    if (isPoisoned(relation)) return null;
    // Only the helper functions read the columns of a window that GROUP BY names.
    relation = { ...relation, columns: input.relation.columns };
  }
  if (keys === null) return null;
  const windowed = named !== null || isWindowed(relation, keys);
  const emission = windowed ? emissionFor(context, relation, { legacy: named !== null, span: input.span }) : null;
  if (emission === undefined) return null;
  if (!windowed && !checkUnbounded(context, input)) return null;
  if (!checkSessions(context, { ...input, relation }, keys)) return null;
  const grouped = windowed ? keys.filter((key) => readsTable(key.expression)) : keys;
  const mixed = windowed ? grouped.find((key) => readsWindow(key.expression)) : undefined;
  if (mixed !== undefined) {
    const span = keyNodes[keys.indexOf(mixed)]?.span ?? input.span;
    return report.unsupported("a group key that mixes a window column with others", span);
  }
  const select =
    named !== null && isSpark(named.node.name)
      ? withWindowColumn(context, { ...input, relation }, named.node.name)
      : input.select;
  const aggregates = new AggregateBinder(context, select);
  return {
    relation,
    select,
    aggregates,
    windowed,
    emission,
    keys: uniqueKeys(grouped),
    surroundings: {
      report,
      scope: select.scope,
      origins: select.origins,
      aggregate: (node) => aggregates.bind(node),
      windowFunction: (node) => windowHelper(context, { node, named, relation: relation as Relation, input }),
    },
  };
}

/** Names as of the input, and `window` or `session_window`. */
function withWindowColumn({ report }: QueryContext, input: GroupInput, name: string): SelectScope {
  const { relation } = input;
  const column = windowColumn(relation, name);
  const columns = [
    ...relation.columns.filter(({ name }) => name !== column?.name),
    ...(column === null ? [] : [column]),
  ];
  return selectScope(report, { ...relation, columns }, input.alias, input.select.scope.selectNames);
}

function uniqueKeys(keys: readonly NamedExpression[]): NamedExpression[] {
  return keys.filter((key, i) => keys.findIndex((other) => sameExpression(other.expression, key.expression)) === i);
}

function bindKeys(context: QueryContext, input: GroupInput, nodes: readonly Expression[]): NamedExpression[] | null {
  const { report } = context;
  const surroundings = withoutAggregates(report, input.select, input.what);
  const keys: NamedExpression[] = [];
  let failed = false;
  for (const node of nodes) {
    const expression = bindKey(context, { input, surroundings, node });
    if (expression === null) failed = true;
    else keys.push({ name: input.select.origins.get(expression)?.name ?? textAt(context, node.span), expression });
  }
  return failed ? null : keys;
}

function bindKey(
  { report }: QueryContext,
  { input, surroundings, node }: { input: GroupInput; surroundings: Surroundings; node: Expression },
): BoundExpression | null {
  if (node.kind === "number") {
    const message = `${input.what} ${node.text} is a number, not a column`;
    return report.error({ code: "GROUP-BY-NUMBER", message, span: node.span, hint: "repeat the expression of SELECT" });
  }
  const expression = bindExpression(surroundings, node);
  if (expression === null || !isNested(expression.type)) return expression;
  const hint = "group by its fields";
  return report.unsupported(`grouping by ${formatType(expression.type)}`, node.span, hint);
}

/** Whether the keys name both ends of the relation's window. */
function isWindowed({ window }: Relation, keys: readonly NamedExpression[]): boolean {
  const grouped = new Set(keys.map(({ expression }) => (expression.kind === "column" ? expression.index : null)));
  return window !== null && grouped.has(WINDOW_START) && grouped.has(WINDOW_END);
}

/** The groups of sessions are those they are cut by. */
function checkSessions({ report }: QueryContext, input: GroupInput, keys: readonly NamedExpression[]): boolean {
  const { sessionKeys } = input.relation;
  if (sessionKeys === undefined) return true;
  const has = (list: readonly BoundExpression[], one: BoundExpression): boolean =>
    list.some((other) => sameExpression(other, one));
  const own = keys.map(({ expression }) => expression).filter((key) => !readsWindow(key));
  if (own.every((key) => has(sessionKeys, key)) && sessionKeys.every((key) => has(own, key))) return true;
  const hint = "GROUP BY window_start, window_end and the columns of PARTITION BY, no others";
  report.unsupported(`${input.what} other than what the sessions are of`, input.span, hint);
  return false;
}

/** Results that are grouped again come when they are final. */
function emissionFor(
  context: QueryContext,
  { window, table }: Relation,
  place: { readonly legacy: boolean; readonly span: Span },
): Emission | null | undefined {
  return window === null || window.ofResults === true ? null : emissionOf(context, { window, table, ...place });
}

/** Rows that are in several windows at once would have to be written out to be grouped by anything else. */
function checkUnbounded({ report }: QueryContext, { relation: { window }, what, span }: GroupInput): boolean {
  if (window === null || window.kind === "tumbling" || window.ofResults === true) return true;
  const hint = `add window_start and window_end to ${what === "SELECT DISTINCT" ? what : "GROUP BY"}`;
  report.unsupported(`${what} over ${window.kind} windows without both their ends`, span, hint);
  return false;
}

/** The relation with its aggregate, `having` not yet in it. Call after every item was bound. Null after an error. */
export function aggregated(context: QueryContext, grouping: Grouping, span: Span): Relation | null {
  const { relation, keys, aggregates } = grouping;
  const having: BoundExpression[] = [];
  for (const condition of grouping.windowed ? relation.windowFilters : []) {
    const lifted = lift(context, grouping, { expression: condition, quiet: true });
    if (lifted === null) {
      const hint = "compare window columns with literals and group keys only";
      return context.report.unsupported("a condition that mixes window columns with others below GROUP BY", span, hint);
    }
    having.push(lifted);
  }
  for (const made of aggregates.calls) {
    const read = [...made.arguments, ...(made.filter === null ? [] : [made.filter])];
    if (grouping.windowed && read.some(readsWindow)) {
      return context.report.unsupported(
        `${made.name}: an aggregate that reads window columns`,
        span,
        "they are the same for the whole group",
      );
    }
  }
  const { windowed, emission } = grouping;
  const corrected = emission !== null && emission.allowedMs > 0;
  const aggregation = { windowed, emission, corrected, keys, aggregates: [...aggregates.calls] };
  const windowFilters = windowed ? [] : relation.windowFilters;
  const made = { ...relation, windowFilters, aggregation, having, columns: [] };
  return windowed || checkRetractions(context, made, span) ? made : null;
}

/** Groups of changes take rows back: not every aggregate can. */
function checkRetractions({ report }: QueryContext, relation: Relation, span: Span): boolean {
  if (!readsChanges(relation)) return true;
  const unable = relation.aggregation?.aggregates.find((made) => !isRetractable(made));
  if (unable === undefined) return true;
  report.unsupported(`${unable.name} over rows that change`, span, "COUNT, SUM, AVG, MIN and MAX take rows back");
  return false;
}

/** What OVER reads, over the aggregate's outputs. Null after an error. */
export function liftOvers(
  context: QueryContext,
  grouping: Grouping,
  bound: BoundOvers & { readonly span: Span },
): BoundOvers | null {
  const { rank } = bound;
  let failed = false;
  const liftPart = (expression: BoundExpression, span = bound.span): BoundExpression => {
    const lifted = lift(context, grouping, { expression, origin: { name: textAt(context, span), span } });
    failed ||= lifted === null;
    return lifted ?? expression;
  };
  const lifted: BoundOvers = {
    overs: bound.overs.map((over) => ({
      ...over,
      time: liftPart(over.time),
      partitionBy: over.partitionBy.map((key) => liftPart(key)),
      calls: over.calls.map((call) => ({
        ...call,
        arguments: call.arguments.map((argument) => liftPart(argument)),
        filter: call.filter && liftPart(call.filter),
      })),
    })),
    leads: bound.leads.map((lead) => ({
      ...lead,
      time: liftPart(lead.time),
      partitionBy: lead.partitionBy.map((key) => liftPart(key)),
      ahead: lead.ahead.map((one) => ({ ...one, expression: liftPart(one.expression) })),
    })),
    rank: rank && {
      ...rank,
      partitionBy: rank.partitionBy.map((key) => liftPart(key, rank.span)),
      orderBy: rank.orderBy.map((item) => ({ ...item, expression: liftPart(item.expression, rank.span) })),
    },
  };
  return failed ? null : lifted;
}

export interface Lifting {
  readonly expression: BoundExpression;
  /** What to call the expression in an error, when no reference inside is to blame. */
  readonly origin?: Origin;
  /** No error, only null. */
  readonly quiet?: boolean;
}

/** An expression of SELECT or HAVING over the aggregate's outputs. Null when it reads what is neither grouped nor aggregated. */
export function lift(context: QueryContext, grouping: Grouping, lifting: Lifting): BoundExpression | null {
  const { keys, select } = grouping;
  const outputs = new Map(
    keys.map(({ expression }, i) => [
      expressionKey(expression),
      columnOf(WINDOW_OUTPUTS + i, expression.type, expression.nullable),
    ]),
  );
  const keyKinds = new Set(keys.map(({ expression }) => expression.kind));
  let failed = false;
  const liftFrom = (node: BoundExpression, origin: Origin | undefined): BoundExpression =>
    rewrite(node, (inner) => {
      const own = select.origins.get(inner);
      if (own !== undefined && own !== origin) return liftFrom(inner, own);
      const output = keyKinds.has(inner.kind) ? outputs.get(expressionKey(inner)) : undefined;
      if (output !== undefined) return output;
      if (inner.kind !== "column") return null;
      if (isOverCall(inner)) return inner;
      if (inner.index < 0 && grouping.windowed) return columnOf(windowOutput(inner.index), inner.type, false);
      const call = aggregateIndex(inner);
      if (call >= 0) return columnOf(WINDOW_OUTPUTS + keys.length + call, inner.type, inner.nullable);
      failed = true;
      if (!lifting.quiet) notGrouped(context, origin);
      return inner;
    });
  const lifted = liftFrom(lifting.expression, lifting.origin);
  return failed ? null : lifted;
}

function notGrouped({ report }: QueryContext, origin: Origin | undefined): void {
  if (origin === undefined) return;
  report.error({
    code: "NOT-GROUPED",
    message: `column "${origin.name}" is neither grouped nor inside an aggregate`,
    span: origin.span,
    hint: `add ${origin.name} to GROUP BY, or write MAX(${origin.name})`,
  });
}

/** Surroundings of GROUP BY's own scope, used where a grouped SELECT's source is poisoned. */
export function looseSurroundings(context: QueryContext, select: SelectScope): Surroundings {
  const aggregates = new AggregateBinder(context, select);
  return {
    ...withoutAggregates(context.report, select, "SELECT"),
    aggregate: (node) => aggregates.bind(node),
    windowFunction: () => null,
    over: () => null,
  };
}
