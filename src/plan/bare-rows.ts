/**
 * Ranks among the rows of a window that are not grouped: `ROW_NUMBER() OVER (PARTITION BY window_start, window_end, k ORDER BY …)` on
 * the rows of a bare TUMBLE, HOP or CUMULATE. The operator cuts the windows itself, so a row is in each of its windows, and judged
 * late by each; what stands above reads the window's columns as those of results.
 */
import { assert } from "../core/error.ts";
import { columnOf, rewrite } from "./expression.ts";
import type { BoundRank } from "./over-calls.ts";
import { RANK_INDEX } from "./over-calls.ts";
import type { BoundExpression, NamedExpression } from "./plan.ts";
import type { QueryContext } from "./query-context.ts";
import {
  givenColumns,
  type Relation,
  readsTable,
  readsWindow,
  type Top,
  WINDOW_OUTPUTS,
  WINDOW_START,
  WINDOW_TIME,
  windowOutput,
} from "./relation.ts";
import { BIGINT } from "./type-rules.ts";

/** Whether the relation's rows are a table's, in windows. */
export function isBare({ window, aggregation }: Relation): boolean {
  return window !== null && window.kind !== "session" && window.ofResults !== true && aggregation === null;
}

/** The bare relation with its rows numbered in their windows. Null after an error. */
export function withBareRank({ report }: QueryContext, relation: Relation, rank: BoundRank): Relation | null {
  const { window } = relation;
  assert(window !== null, "bare rows are in windows");
  const parts = [...rank.partitionBy, ...rank.orderBy.map(({ expression }) => expression)];
  if ([...parts, ...relation.windowFilters].some((part) => readsWindow(part) && readsTable(part))) {
    const hint = "compare window columns with literals, and order by the row's own columns";
    return report.unsupported("a rank over what mixes window columns with others", rank.span, hint);
  }
  const columns = baseColumns(relation);
  const count = columns.length;
  const top: Top = {
    function: rank.function,
    window,
    // Equal for all rows of a window.
    partitionBy: rank.partitionBy.filter((key) => !readsWindow(key)),
    orderBy: rank.orderBy.filter(({ expression }) => !readsWindow(expression)),
    most: null,
    span: rank.span,
  };
  const lift = (expression: BoundExpression): BoundExpression =>
    rewrite(expression, (node) =>
      node.kind === "column" && node.index === RANK_INDEX
        ? columnOf(count + WINDOW_OUTPUTS, node.type, node.nullable)
        : null,
    );
  return {
    ...withoutOrigin(relation),
    results: {
      relation: { ...relation, window: null, windowFilters: [], columns: [] },
      columns,
      windowColumns: Array.from({ length: WINDOW_OUTPUTS }, (_, part) => count + windowOutput(WINDOW_START) + part),
      over: null,
      top,
    },
    filters: [],
    window: { ...window, timeColumn: count + windowOutput(WINDOW_TIME), ofResults: true },
    columns: relation.columns.map((column) => ({
      ...column,
      expression: column.expression && lift(column.expression),
    })),
  };
}

/** What LEAD adds to rows: numbers begin behind their columns. */
export function leadColumns({ results }: Pick<Relation, "results">): NamedExpression[] {
  if (results?.lead === undefined) return [];
  const ahead = results.lead.ahead.map(({ name, expression }) => ({
    name,
    expression: { ...expression, nullable: true },
  }));
  return [...ahead, { name: "there", expression: columnOf(0, BIGINT, false) }];
}

/** The relation without what it says of its rows: they are those of another now. */
export function withoutOrigin({ join: _join, union: _union, late: _late, ...relation }: Relation): Relation {
  return relation;
}

/** What expressions over the relation's rows count, by the same numbers. */
export function baseColumns(relation: Relation): NamedExpression[] {
  const { results, table } = relation;
  const named = (name: string, index: number, of: Pick<BoundExpression, "type" | "nullable">): NamedExpression => ({
    name,
    expression: columnOf(index, of.type, of.nullable),
  });
  const given = givenColumns(relation);
  if (given !== undefined) {
    return given.map(({ name, expression }, index) =>
      named(name, index, expression ?? { type: BIGINT, nullable: true }),
    );
  }
  if (results === null) return table.columns.map((column, index) => named(column.name, index, column));
  assert(results.top === null, "numbered rows are results");
  const below = results.columns.map(({ name, expression }, index) => named(name, index, expression));
  const calls = results.over?.calls ?? [];
  const leads = leadColumns({ results });
  return [
    ...below,
    ...calls.map((call, i) => named(call.name, below.length + i, call)),
    ...leads.map(({ name, expression }, i) => named(name, below.length + i, expression)),
  ];
}
