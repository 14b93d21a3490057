/**
 * What a query's rows are: rows that are only added, or changes to rows that came before. Aggregation without a window gives
 * changes; its row is named by the group's keys, as long as all of them are among the columns.
 */
import type { Span } from "../core/error.ts";
import { columnOf, sameExpression } from "./expression.ts";
import type { AggregateCall, Changes } from "./plan.ts";
import {
  type Relation,
  type Results,
  rankColumn,
  type Top,
  WINDOW_END,
  WINDOW_OUTPUTS,
  WINDOW_START,
  WINDOW_TIME,
  windowOutput,
} from "./relation.ts";
import type { Reporter } from "./report.ts";
import { BIGINT } from "./type-rules.ts";

/** Null where rows are only added. Of the relation's columns. */
export function changesOf(relation: Relation): Changes | null {
  const { aggregation, results } = relation;
  if (aggregation === null) {
    if (results === null) return null;
    return results.top?.updating === undefined ? passedOn(results.relation) : ofRanks(relation, results, results.top);
  }
  if (aggregation.windowed ? aggregation.emission === null : onlyAdds(relation)) return null;
  const key = aggregation.keys.map((_, i) => columnsOf(relation, [WINDOW_OUTPUTS + i]));
  const all = aggregation.windowed ? [columnsOf(relation, windowNames(relation)), ...key] : key;
  return { key: all.some((columns) => columns.length === 0) ? null : all };
}

/** The relation's columns that are one of these outputs of its aggregate. */
function columnsOf({ columns }: Relation, outputs: readonly number[]): number[] {
  return columns.flatMap(({ expression }, i) =>
    expression?.kind === "column" && outputs.includes(expression.index) ? [i] : [],
  );
}

/** Outputs that name the window; cumulating windows have their start in common with others. */
function windowNames({ window }: Relation): number[] {
  const [start, end, time] = [WINDOW_START, WINDOW_END, WINDOW_TIME].map(windowOutput) as [number, number, number];
  return window?.kind === "cumulating" ? [end, time] : [start, end, time];
}

/** A row of ranks is named by its partition, and by its number where there are several. */
function ofRanks(relation: Relation, results: Results, { function: name, partitionBy, most }: Top): Changes {
  const number = columnOf(rankColumn(results), BIGINT, false);
  const parts = most === 1 ? partitionBy : [...partitionBy, number];
  const key = parts.map((part) =>
    relation.columns.flatMap(({ expression }, i) => (expression && sameExpression(expression, part) ? [i] : [])),
  );
  return { key: name !== "ROW_NUMBER" || key.some((columns) => columns.length === 0) ? null : key };
}

/** Rows on their way through another query: what names them is not followed. */
function passedOn(relation: Relation): Changes | null {
  return changesOf(relation) === null ? null : { key: null };
}

/** SELECT DISTINCT of rows that are only added: a row of its own a key, which never changes. */
function onlyAdds({ aggregation, results }: Relation): boolean {
  return aggregation?.aggregates.length === 0 && (results === null || changesOf(results.relation) === null);
}

/** Whether the relation's input rows are changes. */
export function readsChanges({ results }: Relation): boolean {
  return results !== null && changesOf(results.relation) !== null;
}

/** Whether rows can be taken back from the aggregate (assembly/aggregate/state.ts says how). */
export function isRetractable({ function: id, distinct, arguments: [argument] }: AggregateCall): boolean {
  if (id === "COUNT" || id === "COUNT_AUTO" || id === "MIN" || id === "MAX") return true;
  if (distinct) return false;
  if (id === "SUM" || id === "AVG") return true;
  const double = argument?.type.kind === "double" || argument?.type.kind === "float";
  return /^(VAR|STDDEV)_(POP|SAMP)$/.test(id) && !double;
}

/** The columns that name a row of a view of the query, the first of each list; null where rows are only added. */
export function keyOf(changes: Changes | null): readonly number[] | null {
  return changes?.key?.map(([first = 0]) => first) ?? null;
}

/** Says why a query's changes cannot go where they are to go. False after an error. */
export function checkTarget(
  report: Reporter,
  changes: Changes | null,
  { name, acceptsUpdates, primaryKey, columns, span }: ChangesTarget,
): boolean {
  if (changes === null) return true;
  const window = "or GROUP BY a window too, whose rows come once";
  if (!acceptsUpdates) {
    const hint = `write into a table of connector 'view', 'print' or 'blackhole', ${window}`;
    report.error({
      code: "UPDATES",
      message: `the rows of this query change, and "${name}" takes new rows only`,
      span,
      hint,
    });
    return false;
  }
  if (primaryKey === null) return true;
  if (changes.key === null) {
    const hint = `select every column of GROUP BY (of ranks: of PARTITION BY, and the number), ${window}`;
    report.error({
      code: "UPDATES-KEY",
      message: `the rows of this query change, and nothing among its columns names them`,
      span,
      hint,
    });
    return false;
  }
  const lists = changes.key.map((list) => list.map((index) => columns[index] ?? ""));
  const named = lists.every((list) => list.some((column) => primaryKey.includes(column)));
  if (named && primaryKey.every((column) => lists.some((list) => list.includes(column)))) return true;
  const wanted = lists.map(([first]) => first);
  const key = wanted.length === 0 ? "no PRIMARY KEY: it is one row" : `PRIMARY KEY (${wanted.join(", ")}) NOT ENFORCED`;
  const declared = primaryKey.length === 0 ? "has no PRIMARY KEY" : `has the PRIMARY KEY (${primaryKey.join(", ")})`;
  const message = `the rows of this query change, and "${name}" ${declared}`;
  report.error({ code: "UPDATES-KEY", message, span, hint: `declare ${key}` });
  return false;
}

export interface ChangesTarget {
  readonly name: string;
  readonly acceptsUpdates: boolean;
  /** Names of its columns; null where rows are not kept by key. */
  readonly primaryKey: readonly string[] | null;
  /** Names of the query's columns there. */
  readonly columns: readonly string[];
  readonly span: Span;
}
