/**
 * A query over another's results: grouping them again, OVER, a window on window_time. The relation so far becomes the rows of
 * a new one; what carries the window goes on carrying it, so that GROUP BY window_start, window_end means the window the
 * results are of.
 */
import { assert } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { baseColumns, leadColumns, withoutOrigin } from "./bare-rows.ts";
import { changesOf } from "./changelog.ts";
import { columnOf, rewrite } from "./expression.ts";
import {
  type BoundLead,
  type BoundOver,
  type BoundOvers,
  type BoundRank,
  callIn,
  leadIn,
  RANK_INDEX,
} from "./over-calls.ts";
import type { BoundExpression, NamedExpression, Window } from "./plan.ts";
import {
  isUnbounded,
  type Relation,
  type RelationColumn,
  type Results,
  rankColumn,
  type Top,
  WINDOW_END,
  WINDOW_OUTPUTS,
  WINDOW_START,
  WINDOW_TIME,
  windowColumns,
  windowOutput,
} from "./relation.ts";
import { BIGINT, TIMESTAMP_3 } from "./type-rules.ts";
import { type StructParts, structParts, windowStruct } from "./window-struct.ts";

/** Whether the relation's rows are results: nothing that needs rows of its own can be merged into it. */
export function givesResults(relation: Relation): boolean {
  return (
    relation.aggregation !== null ||
    relation.results?.over != null ||
    relation.results?.top != null ||
    relation.results?.lead != null
  );
}

const windowParts = [WINDOW_START, WINDOW_END, WINDOW_TIME] as const;

/** WINDOW_START … of an expression over the relation's top, null where it is none. */
export function windowPart(relation: Relation, expression: BoundExpression | null): number | null {
  if (expression?.kind !== "column") return null;
  if (isUnbounded(relation)) return null;
  if (relation.aggregation !== null) return expression.index < WINDOW_OUTPUTS ? -1 - expression.index : null;
  return expression.index < 0 ? expression.index : null;
}

/** Whether the relation's rows are results of its window, each of which comes once, when it closes. */
export function givesWindows({ window, aggregation }: Relation): boolean {
  return aggregation === null ? window?.ofResults === true : aggregation.windowed;
}

/** Whether both relations' rows are results of windows of one shape. */
export function sameWindows(a: Relation, b: Relation): boolean {
  const [one, other] = [a.window, b.window];
  if (one === null || other === null || !givesWindows(a) || !givesWindows(b)) return false;
  const { kind, sizeMs, stepMs, offsetMs } = one;
  return other.kind === kind && other.sizeMs === sizeMs && other.stepMs === stepMs && other.offsetMs === offsetMs;
}

/** The window as that of rows which are put together from results of such windows. */
export function asPartOfResults(window: Window): Window {
  return { ...window, ofResults: true, timeColumn: WINDOW_TIME };
}

/** The expression over the relation's top that is a part of its window. */
export function partOf(relation: Relation, window: Window, part: number): BoundExpression {
  const type = windowColumns(relation, window)[windowOutput(part)]?.expression?.type ?? TIMESTAMP_3;
  return columnOf(relation.aggregation === null ? part : windowOutput(part), type, false);
}

/** The relation's results as rows, with the same columns. `keepWindow`: they stay in the window they are of. */
export function asRows(given: Relation, { keepWindow }: { readonly keepWindow: boolean }): Relation {
  const relation = whenFinal(given);
  const columns: NamedExpression[] = relation.columns.flatMap(({ name, expression }) =>
    expression === null ? [] : [{ name, expression }],
  );
  if (isUnbounded(relation) || relation.window === null) return windowlessRows(relation, columns);
  const { window } = relation;
  // Sessions are no windows that rows could be put into again.
  const keep = keepWindow && window.kind !== "session";
  const held = windowParts.map((part) => {
    const known = columns.findIndex(({ expression }) => windowPart(relation, expression) === part);
    if (known >= 0) return known;
    return (
      columns.push({ name: windowNames[windowOutput(part)] ?? "", expression: partOf(relation, window, part) }) - 1
    );
  });
  const time = held[windowOutput(WINDOW_TIME)];
  assert(time !== undefined, "window_time is among the columns");
  let next = 0;
  /** A part of the window as the rows have it. */
  const partColumn = (expression: BoundExpression): BoundExpression => {
    const part = windowPart(relation, expression);
    assert(part !== null, "a window is made of its parts");
    const index = keep ? part : (held[windowOutput(part)] ?? 0);
    return columnOf(index, expression.type, expression.nullable);
  };
  return {
    table: relation.table,
    results: { relation, columns, windowColumns: held, over: null, top: null },
    filters: [],
    window: keep ? { ...window, timeColumn: time, ofResults: true } : null,
    windowFilters: [],
    aggregation: null,
    having: [],
    columns: relation.columns.map((column): RelationColumn => {
      if (column.expression === null) return column;
      const index = next++;
      const parts = structParts(column.expression);
      if (parts !== null) return { ...column, expression: windowStruct(parts.map(partColumn) as [...StructParts]) };
      const part = windowPart(relation, column.expression);
      const { type, nullable } = column.expression;
      return { ...column, expression: columnOf(keep && part !== null ? part : index, type, nullable) };
    }),
  };
}

/** What reads results gets each once. */
export function whenFinal(relation: Relation): Relation {
  const { aggregation } = relation;
  return aggregation === null ? relation : { ...relation, aggregation: { ...aggregation, emission: null } };
}

/** Rows of no window. */
function windowlessRows(relation: Relation, columns: readonly NamedExpression[]): Relation {
  let next = 0;
  return {
    table: relation.table,
    results: { relation, columns, windowColumns: [], over: null, top: null },
    filters: [],
    window: null,
    windowFilters: [],
    aggregation: null,
    having: [],
    columns: relation.columns.map((column): RelationColumn => {
      if (column.expression === null) return column;
      const { type, nullable } = column.expression;
      return {
        ...column,
        rowtime: column.rowtime && changesOf(relation) === null,
        expression: columnOf(next++, type, nullable),
      };
    }),
  };
}

const windowNames = ["window_start", "window_end", "window_time"] as const;

/** The relation's results as rows, and what an expression over its top and over columns that are `added` to it becomes there. */
function stacked(
  relation: Relation,
  added: (column: BoundExpression) => number,
  { keepWindow }: { readonly keepWindow: boolean } = { keepWindow: true },
): {
  readonly rows: Relation;
  readonly results: Results;
  readonly lift: (expression: BoundExpression) => BoundExpression;
} {
  const top = topColumns(relation);
  const rows = asRows({ ...relation, columns: top }, { keepWindow });
  const { results } = rows;
  assert(results !== null, "results are rows now");
  const count = results.columns.length;
  const lifted = new Map(top.map(({ expression }, i) => [indexOf(expression), rows.columns[i]?.expression ?? null]));
  const lift = (expression: BoundExpression): BoundExpression =>
    rewrite(expression, (node) => {
      if (node.kind !== "column") return null;
      const call = added(node);
      if (call >= 0) return columnOf(count + call, node.type, node.nullable);
      return lifted.get(node.index) ?? null;
    });
  const columns = relation.columns.map((column) => ({
    ...column,
    expression: column.expression && lift(column.expression),
  }));
  return { rows: { ...rows, columns }, results, lift };
}

/** The relation with OVER on its results. Its columns and the parts of `bound` are over the relation's top and OVER's calls. */
export function withOvers(relation: Relation, bound: BoundOvers | null): Relation {
  if (bound === null) return relation;
  const [first, ...others] = bound.overs;
  if (first === undefined) return withoutFrames(relation, bound);
  const { rows, results, lift } = stacked(relation, (column) => callIn(column, first));
  const lifted = liftOver(first, lift);
  const over = { ...lifted, range: first.unit === "RANGE" ? lifted.time : null };
  const left = {
    overs: others.map((other) => liftOver(other, lift)),
    leads: bound.leads.map((lead) => liftLead(lead, lift)),
    rank: bound.rank && liftRank(bound.rank, lift),
  };
  return withOvers({ ...rows, results: { ...results, over } }, left);
}

/** LEADs, then the rank. */
function withoutFrames(relation: Relation, { leads, rank }: BoundOvers): Relation {
  const [first, ...others] = leads;
  if (first === undefined) return rank === null ? relation : withRank(relation, rank);
  const { rows, results, lift } = stacked(relation, (column) => leadIn(column, first), { keepWindow: false });
  const { partitionBy, rows: distance, ahead } = liftLead(first, lift);
  const columns = rows.columns.map((column) => ({ ...column, rowtime: false }));
  const made = { ...rows, columns, results: { ...results, lead: { partitionBy, rows: distance, ahead } } };
  const left = others.map((other) => liftLead(other, lift));
  return withoutFrames(made, { overs: [], leads: left, rank: rank && liftRank(rank, lift) });
}

function liftLead(lead: BoundLead, lift: Lift): BoundLead {
  const ahead = lead.ahead.map((one) => ({ ...one, expression: lift(one.expression) }));
  return { ...lead, time: lift(lead.time), partitionBy: lead.partitionBy.map(lift), ahead };
}

function isRank(column: BoundExpression): number {
  return column.kind === "column" && column.index === RANK_INDEX ? 0 : -1;
}

type Lift = (expression: BoundExpression) => BoundExpression;

function liftOver(over: BoundOver, lift: Lift): BoundOver {
  const calls = over.calls.map((call) => ({
    ...call,
    arguments: call.arguments.map(lift),
    filter: call.filter && lift(call.filter),
  }));
  return { ...over, time: lift(over.time), partitionBy: over.partitionBy.map(lift), calls };
}

function liftRank(rank: BoundRank, lift: Lift): BoundRank {
  const orderBy = rank.orderBy.map((item) => ({ ...item, expression: lift(item.expression) }));
  return { ...rank, partitionBy: rank.partitionBy.map(lift), orderBy };
}

/** The relation with its results numbered in their window. */
function withRank(relation: Relation, rank: BoundRank): Relation {
  if (rank.windowless) return withUpdatingRank(relation, rank);
  const { rows, results, lift } = stacked(relation, isRank);
  // Rows of one window are told apart from others by the window itself.
  const partitionBy = rank.partitionBy.filter((key) => windowPart(relation, key) === null);
  const lifted = liftRank({ ...rank, partitionBy }, lift);
  const top: Top = { ...lifted, window: null, most: null };
  return { ...rows, results: { ...results, top } };
}

/** The relation with its rows numbered, of no window: what reads them reads changes. */
function withUpdatingRank(relation: Relation, rank: BoundRank): Relation {
  const ofRows = relation.aggregation === null && relation.window === null;
  const made = ofRows ? numberedRows(relation) : stacked(relation, isRank, { keepWindow: false });
  const { rows, results, lift } = made;
  const lifted = liftRank(rank, lift);
  const updating = { ofChanges: changesOf(results.relation) !== null };
  const columns = rows.columns.map((column) => ({ ...column, rowtime: false }));
  return { ...rows, columns, results: { ...results, top: { ...lifted, window: null, most: null, updating } } };
}

/** Rows as they are, with a column for their number. */
function numberedRows(relation: Relation): ReturnType<typeof stacked> {
  const columns = baseColumns(relation);
  const results = { relation: { ...relation, columns: [] }, columns, windowColumns: [], over: null, top: null };
  const lift = (expression: BoundExpression): BoundExpression =>
    rewrite(expression, (node) =>
      node.kind === "column" && node.index === RANK_INDEX ? columnOf(columns.length, node.type, node.nullable) : null,
    );
  const lifted = relation.columns.map((column) => ({
    ...column,
    expression: column.expression && lift(column.expression),
  }));
  return { rows: { ...withoutOrigin(relation), filters: [], columns: lifted }, results, lift };
}

function indexOf(expression: BoundExpression | null): number | null {
  return expression?.kind === "column" ? expression.index : null;
}

/** Everything an expression over the relation's top can read. */
function topColumns(relation: Relation): RelationColumn[] {
  const { aggregation, results, window } = relation;
  const named = (name: string, index: number, of: { type: DataType; nullable: boolean }): RelationColumn => ({
    name,
    expression: columnOf(index, of.type, of.nullable),
    rowtime: false,
    span: null,
  });
  const windows = window === null ? [] : windowColumns(relation, window);
  if (aggregation === null) {
    const rows = results?.columns ?? baseColumns(relation);
    const columns = rows.map(({ name, expression }, i) => named(name, i, expression));
    const calls = (results?.over?.calls ?? []).map((call, i) => named(call.name, columns.length + i, call));
    const rank =
      results?.top == null ? [] : [named(results.top.function, rankColumn(results), { type: BIGINT, nullable: false })];
    const leads = leadColumns(relation).map(({ name, expression }, i) => named(name, columns.length + i, expression));
    return [...windows, ...columns, ...calls, ...rank, ...leads];
  }
  const keys = aggregation.keys.map(({ name, expression }, i) => named(name, WINDOW_OUTPUTS + i, expression));
  const calls = aggregation.aggregates.map((call, i) => named(call.name, WINDOW_OUTPUTS + keys.length + i, call));
  const parts = windows.map((column, i) => ({
    ...column,
    expression: column.expression && columnOf(i, column.expression.type, column.expression.nullable),
  }));
  return [...parts, ...keys, ...calls];
}
