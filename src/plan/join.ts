/**
 * JOIN: rows of two relations that are equal in some expressions. Both are planned on their own; what is above counts the
 * columns of the left one and then those of the right one. Where both are results of the same windows and the windows are among
 * what is equal, rows meet when their window has closed, and the joined rows are again rows of that window. Where their times are
 * bounded (join-interval.ts), they meet as they come, and leave memory when the watermark has passed them.
 */
import type { Span } from "../core/error.ts";
import type { TableReference } from "../sql/tree.ts";
import { isBare } from "./bare-rows.ts";
import { changesOf } from "./changelog.ts";
import { collectColumns, columnOf, literal, remapColumns, rewrite } from "./expression.ts";
import { timeBound, withInterval } from "./join-interval.ts";
import type { BoundExpression } from "./plan.ts";
import type { FromItem, QueryContext } from "./query-context.ts";
import {
  isPoisoned,
  type Join,
  type JoinInterval,
  type JoinSide,
  leavesAlone,
  type Relation,
  type RelationColumn,
  relationsBelow,
  WINDOW_END,
  WINDOW_START,
  windowColumns,
  withConditions,
} from "./relation.ts";
import type { Reporter } from "./report.ts";
import { asPartOfResults, sameWindows, whenFinal, windowPart } from "./results.ts";
import { BOOLEAN, isNested } from "./type-rules.ts";

type JoinNode = Extract<TableReference, { kind: "join" }>;

/** Null after an error. */
export function joinItems(
  context: Pick<QueryContext, "report">,
  node: JoinNode,
  items: readonly [FromItem, FromItem],
): Relation | null {
  if (items.some(({ relation }) => isPoisoned(relation))) return null;
  if (node.using.length > 0)
    return context.report.unsupported("USING", node.span, "write ON a.id = b.id, with a name for each table");
  const type = node.type === "CROSS" ? "inner" : (node.type.toLowerCase() as Join["type"]);
  return joinedRows(context, { type, span: node.span }, items);
}

/** Rows of both, without conditions yet. The columns are those of both sides whatever the type. Null after an error. */
export function joinedRows(
  { report }: Pick<QueryContext, "report">,
  { type, span }: Pick<Join, "type" | "span">,
  [left, right]: readonly [FromItem, FromItem],
): Relation | null {
  if (isPoisoned(left.relation) || isPoisoned(right.relation)) return null;
  for (const { relation } of [left, right]) {
    if (!isPoisoned(relation) && changesOf(whenFinal(relation)) !== null)
      return report.unsupported("a join of rows that change", span, "GROUP BY a window, whose rows come once");
  }
  const sides: [JoinSide, JoinSide] = [sideOf(left.relation), sideOf(right.relation)];
  const join: Join = { type, left: sides[0], right: sides[1], keys: [], window: null, interval: null, span };
  const nullable = { left: type === "right" || type === "full", right: type === "left" || type === "full" };
  const columns = [
    ...columnsOf(left, { from: 0, nullable: nullable.left }),
    ...columnsOf(right, { from: sides[0].columns.length, nullable: nullable.right }),
  ];
  return {
    table: left.relation.table,
    results: null,
    join,
    filters: [],
    window: null,
    windowFilters: [],
    aggregation: null,
    having: [],
    columns,
  };
}

function sideOf(relation: Relation): JoinSide {
  const columns = relation.columns.map(({ name, expression }) => ({ name, expression }));
  return { relation: whenFinal(relation), columns };
}

function columnsOf(
  { relation, alias }: FromItem,
  { from, nullable }: { readonly from: number; readonly nullable: boolean },
): RelationColumn[] {
  if (isPoisoned(relation)) return [];
  return relation.columns.map(({ name, expression, qualifier }, i) => ({
    name,
    expression: expression && columnOf(from + i, expression.type, nullable || expression.nullable),
    rowtime: false,
    span: null,
    qualifier: alias ?? qualifier ?? null,
  }));
}

/** The joined relation with the conditions of ON. Null after an error. */
export function withOn(
  report: Reporter,
  relation: Relation,
  conditions: readonly BoundExpression[],
  span: Span,
): Relation | null {
  const { join } = relation;
  if (join === undefined) return relation;
  if (join.type === "inner") return joinOn(relation, conditions);
  const given = conditions.reduce<Relation>(withOuterCondition, relation);
  const timed = withInterval(windowed(given));
  const joined = timed.filters.reduce<Relation>(withFlag, { ...timed, filters: [] });
  const [left] = joined.filters;
  if (left === undefined) return joined;
  const { what, hint } = whyNot(join, left);
  return report.unsupported(what, left.kind === "call" ? (left.span ?? span) : span, hint);
}

/**
 * A condition on a side whose rows leave all the same becomes one more key: TRUE on the other side, and here NULL, which equals
 * nothing, where the condition does not hold.
 */
function withFlag(relation: Relation, condition: BoundExpression): Relation {
  const join = relation.join as Join;
  const side = sideRead(join, condition);
  const flagged =
    (side === "left" && ["left", "full", "anti"].includes(join.type)) ||
    (side === "right" && ["right", "full"].includes(join.type));
  if (!flagged) return { ...relation, filters: [...relation.filters, condition] };
  const [holds, unknown] = [literal(true, BOOLEAN), literal(null, BOOLEAN)];
  const own = side === "left" ? condition : remapColumns(condition, (index) => index - join.left.columns.length);
  // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
  const whens = [{ when: own, then: holds }];
  const flag: BoundExpression = { kind: "case", whens, otherwise: unknown, type: BOOLEAN, nullable: true };
  return { ...relation, join: { ...join, keys: [...join.keys, side === "left" ? [flag, holds] : [holds, flag]] } };
}

/** Why a condition cannot stand where rows leave alone, too. */
function whyNot(join: Join, condition: BoundExpression): { readonly what: string; readonly hint: string } {
  if (leavesAlone(join.type)) {
    const hint = "it takes equalities of both sides, and what reads the query's own columns alone";
    return { what: "a condition in the WHERE of IN or EXISTS that compares otherwise", hint };
  }
  const on = `ON of a ${join.type.toUpperCase()} JOIN`;
  if (timeBound(join, condition) !== null) {
    const hint = "bound it on both sides: a.ts BETWEEN b.ts - INTERVAL '5' MINUTE AND b.ts + INTERVAL '1' MINUTE";
    return { what: `${on} that bounds the time on one side only`, hint };
  }
  const hint = "it takes equalities, bounds of time, and conditions on one side; others work with an inner JOIN";
  return { what: `${on} that compares both sides otherwise`, hint };
}

/** An equality, or a condition on the side whose rows leave only where they meet some; any other waits among the filters. */
function withOuterCondition(relation: Relation, condition: BoundExpression): Relation {
  const join = relation.join as Join;
  const key = keyPair(join, condition);
  if (key !== null) return { ...relation, join: { ...join, keys: [...join.keys, key] } };
  const side = sideRead(join, condition);
  if (side === "right" && (join.type === "left" || leavesAlone(join.type)))
    return { ...relation, join: { ...join, right: withOwn(join.right, condition, join.left.columns.length) } };
  if (side === "left" && (join.type === "right" || join.type === "semi"))
    return { ...relation, join: { ...join, left: withOwn(join.left, condition, 0) } };
  return { ...relation, filters: [...relation.filters, condition] };
}

/** The relation with conditions where they belong: an inner join takes equalities of its sides, and gives each side its own. */
export function conditioned(relation: Relation, conditions: readonly BoundExpression[]): Relation {
  if (relation.join?.type !== "inner" || relation.aggregation !== null) return withConditions(relation, conditions);
  return joinOn(relation, conditions);
}

function joinOn(relation: Relation, conditions: readonly BoundExpression[]): Relation {
  let joined = relation;
  for (const condition of conditions) joined = withCondition(joined, condition);
  return withInterval(windowed(joined));
}

function withCondition(relation: Relation, condition: BoundExpression): Relation {
  const join = relation.join as Join;
  const side = sideRead(join, condition);
  if (side === "left") return { ...relation, join: { ...join, left: withOwn(join.left, condition, 0) } };
  if (side === "right")
    return { ...relation, join: { ...join, right: withOwn(join.right, condition, join.left.columns.length) } };
  const key = keyPair(join, condition);
  if (key !== null) return { ...relation, join: { ...join, keys: [...join.keys, key] } };
  return withConditions(relation, [condition]);
}

/** The one side whose columns the condition reads, if it reads no others. */
function sideRead({ left }: Join, condition: BoundExpression): "left" | "right" | null {
  const read = new Set<number>();
  collectColumns(condition, read);
  const count = left.columns.length;
  const all = [...read];
  if (all.some((index) => index < 0)) return null;
  if (all.every((index) => index < count)) return "left";
  return all.every((index) => index >= count) ? "right" : null;
}

/** A condition on one side's columns. */
function withOwn(side: JoinSide, condition: BoundExpression, from: number): JoinSide {
  return { ...side, relation: conditioned(side.relation, [overTop(side, condition, from)]) };
}

/** What an expression over a side's columns is over its relation's top. */
function overTop({ columns }: JoinSide, expression: BoundExpression, from: number): BoundExpression {
  return rewrite(expression, (node) =>
    node.kind === "column" ? (columns[node.index - from]?.expression ?? null) : null,
  );
}

/** `a = b` of an expression of each side, over its own columns; null for anything else. */
function keyPair(join: Join, condition: BoundExpression): Join["keys"][number] | null {
  if (condition.kind !== "call" || condition.function !== "EQ") return null;
  const [a, b] = condition.arguments as readonly [BoundExpression, BoundExpression];
  if (isNested(a.type)) return null;
  const count = join.left.columns.length;
  const sides = [a, b].map((part) => {
    const read = new Set<number>();
    collectColumns(part, read);
    const all = [...read];
    if (all.length === 0 || all.some((index) => index < 0)) return null;
    if (all.every((index) => index < count)) return "left";
    return all.every((index) => index >= count) ? "right" : null;
  });
  const own = (part: BoundExpression): BoundExpression => remapColumns(part, (index) => index - count);
  if (sides[0] === "left" && sides[1] === "right") return [a, own(b)];
  return sides[0] === "right" && sides[1] === "left" ? [b, own(a)] : null;
}

/** Takes the window out of the keys, where both sides are results of windows of one shape and it is equal. */
function windowed(relation: Relation): Relation {
  const join = relation.join as Join;
  const [left, right] = [join.left.relation.window, join.right.relation.window];
  if (join.window !== null || join.interval !== null || left === null || right === null) return relation;
  if (!joinsWindows(join.left.relation, join.right.relation)) return relation;
  const parts = join.keys.map(([a, b]) => {
    const part = windowPart(join.left.relation, overTop(join.left, a, 0));
    return part !== null && part === windowPart(join.right.relation, overTop(join.right, b, 0)) ? part : null;
  });
  if (left.kind === "session" && !(parts.includes(WINDOW_START) && parts.includes(WINDOW_END))) return relation;
  const named = parts.includes(WINDOW_END) || (parts.includes(WINDOW_START) && left.kind !== "cumulating");
  if (!named) return relation;
  const window = asPartOfResults(left);
  const keys = join.keys.filter((_, i) => parts[i] === null);
  const joined = { ...relation, window, join: { ...join, keys, window } };
  return { ...joined, columns: relation.columns.map((column) => windowColumn(joined, column)) };
}

/** Whether both have rows of windows of one shape: results, or rows of a table that are in one window each. */
function joinsWindows(left: Relation, right: Relation): boolean {
  const asResults = (relation: Relation): Relation => {
    const { window, results } = relation;
    const own = results === null && relationsBelow(relation).length === 0;
    const single = own && isBare(relation) && window?.kind === "tumbling" && window.clock !== true;
    return single ? { ...relation, window: { ...window, ofResults: true } } : relation;
  };
  return sameWindows(asResults(left), asResults(right));
}

/** A column that is a part of a side's window is that part of the joined rows'. */
function windowColumn(relation: Relation, column: RelationColumn): RelationColumn {
  const { join, window } = relation;
  const { expression } = column;
  if (expression?.kind !== "column" || join === undefined || window === null) return column;
  const count = join.left.columns.length;
  const side = expression.index < count ? join.left : join.right;
  const own = side.columns[expression.index < count ? expression.index : expression.index - count]?.expression ?? null;
  const part = windowPart(side.relation, own);
  if (part === null || expression.nullable) return column;
  const found = windowColumns(relation, window)[-1 - part];
  return found === undefined ? column : { ...column, expression: found.expression, rowtime: found.rowtime };
}

/** Says what a join lacks. False after an error. */
export function checkJoins(report: Reporter, relation: Relation): boolean {
  const { join } = relation;
  if (!relationsBelow(relation).every((one) => checkJoins(report, one))) return false;
  if (join === undefined) return true;
  if (byClock(join.left.relation) !== byClock(join.right.relation)) {
    const hint = "windows of processing time are joined with each other";
    report.unsupported("a join of windows of processing time with other rows", join.span, hint);
    return false;
  }
  if (join.window !== null) return true;
  if (join.interval !== null) return checkInterval(report, join, join.interval);
  if (join.keys.length === 0) {
    report.unsupported("a join without an equality of both sides", join.span, "write JOIN … ON a.id = b.id");
    return false;
  }
  if (join.type !== "inner") {
    const hint = `GROUP BY a window on both sides and join on window_start and window_end too, or bound the times: ${BOUNDS}`;
    report.unsupported(`${join.type.toUpperCase()} JOIN of rows that are of no window`, join.span, hint);
    return false;
  }
  report.notice(
    `the join keeps all rows of both sides for as long as the job runs: GROUP BY windows and join on them, or bound the times (${BOUNDS})`,
  );
  return true;
}

const BOUNDS = "a.ts BETWEEN b.ts - INTERVAL '5' MINUTE AND b.ts + INTERVAL '1' MINUTE, with event times";

function checkInterval(report: Reporter, join: Join, { leastMs, mostMs }: JoinInterval): boolean {
  if (byClock(join.left.relation)) {
    const hint = "join them on window_start and window_end";
    report.unsupported("a join by time of windows of processing time", join.span, hint);
    return false;
  }
  if (leastMs <= mostMs) return true;
  const message = "no two rows can meet: the bounds of their times leave nothing between them";
  report.error({ code: "EMPTY-INTERVAL", message, span: join.span, hint: "exchange the two bounds" });
  return false;
}

/** Whether the rows leave when the clock says so. */
function byClock(relation: Relation): boolean {
  return relation.window?.clock === true || relationsBelow(relation).some(byClock);
}
