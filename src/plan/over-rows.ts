/**
 * What OVER may stand over: results of windows, rows of a window that are not grouped (ranks only), the rows of a stream, which
 * are put in order of their time first, or rows without such an order (ranks only, as changes). Each knows what time its rows come
 * by.
 */
import { assert } from "../core/error.ts";
import { baseColumns, isBare, withoutOrigin } from "./bare-rows.ts";
import { changesOf } from "./changelog.ts";
import { columnOf, expressionKey, rewrite, sameExpression } from "./expression.ts";
import type { BoundOvers } from "./over-calls.ts";
import type { BoundExpression } from "./plan.ts";
import type { QueryContext } from "./query-context.ts";
import { isUnbounded, type Relation, WINDOW_START, WINDOW_TIME, windowColumns, windowOutput } from "./relation.ts";
import { givesResults, windowPart } from "./results.ts";
import { TIMESTAMP_3 } from "./type-rules.ts";

export interface OverRows {
  readonly kind: "results" | "bare" | "stream" | "rows";
  /**
   * The time that rows come by, when the expression is one that goes up with it: of a window's three columns, window_time. `wait`: for
   * a frame by time, whose rows must all be there when their time has come.
   */
  readonly timeOf: (expression: BoundExpression, wait?: boolean) => BoundExpression | null;
}

const ROWS: OverRows = { kind: "rows", timeOf: () => null };

export function overRows(relation: Relation): OverRows {
  if (isBare(relation)) return { kind: "bare", timeOf: (expression) => partTime(relation, expression) };
  if (isUnbounded(relation) || relation.window?.kind === "session") return ROWS;
  if ((givesResults(relation) || relation.join !== undefined) && relation.window !== null)
    return { kind: "results", timeOf: (expression, wait) => partTime(relation, expression, wait) };
  // Rows of one time come in the order in which they met, which nothing fixes.
  if (relation.join?.interval != null) return ROWS;
  const times = relation.columns.filter(({ rowtime, expression }) => rowtime && expression?.kind === "column");
  if (times.length === 0 || relation.window !== null || changesOf(relation) !== null) return ROWS;
  return {
    kind: "stream",
    timeOf: (expression) =>
      times.some((column) => column.expression && sameExpression(column.expression, expression)) ? expression : null,
  };
}

/** Rows of a GROUP BY that is being bound: window columns are those below it. */
export function groupedRows(relation: Relation, windowed: boolean): OverRows {
  if (relation.window?.kind === "session") return ROWS;
  const ungrouped = { ...relation, aggregation: null };
  return { kind: "results", timeOf: (expression, wait) => (windowed ? partTime(ungrouped, expression, wait) : null) };
}

function partTime(relation: Relation, expression: BoundExpression, wait = false): BoundExpression | null {
  const { window } = relation;
  const part = windowPart(relation, expression);
  if (part === null || window === null) return null;
  // Windows that grow have their start in common: those that begin at a time are not all there when it has come.
  if (wait && part === WINDOW_START && window.kind === "cumulating") return null;
  const type = windowColumns(relation, window)[windowOutput(WINDOW_TIME)]?.expression?.type ?? TIMESTAMP_3;
  return columnOf(relation.aggregation === null ? WINDOW_TIME : windowOutput(WINDOW_TIME), type, false);
}

/** The stream with its rows in order of time, as OVER reads them. Null after an error. */
export function sortedStream({ report }: QueryContext, relation: Relation, bound: BoundOvers): Relation | null {
  const parts = [...bound.overs, ...bound.leads];
  const [first] = parts;
  assert(first !== undefined, "ranks of a stream are by time");
  const keys = first.partitionBy.map(expressionKey).join();
  const known = partitionsBelow(relation);
  const others = parts.some(({ partitionBy }) => partitionBy.map(expressionKey).join() !== keys);
  if (others || (known !== null && known.map(expressionKey).join() !== keys)) {
    const hint = "give all of them the same PARTITION BY, or group by a window first";
    return report.unsupported("OVERs of different partitions on the rows of a stream", first.span, hint);
  }
  if (known !== null) return relation;
  const { time, partitionBy } = first;
  assert(time.kind === "column", "a time attribute is a column");
  const sorted = { timeColumn: time.index, partitionBy, peers: bound.overs[0]?.unit === "RANGE" };
  const rows = { relation: { ...relation, columns: [] }, columns: baseColumns(relation), windowColumns: [] };
  return { ...withoutOrigin(relation), results: { ...rows, over: null, top: null, sorted }, filters: [] };
}

/** The partitions that the rows were judged by, over the relation's rows; null where they have not been sorted. */
function partitionsBelow({ results }: Relation): BoundExpression[] | null {
  if (results === null) return null;
  if (results.sorted !== undefined) return [...results.sorted.partitionBy];
  const below = partitionsBelow(results.relation);
  const lift = (node: BoundExpression): BoundExpression | null => {
    if (node.kind !== "column") return null;
    const index = results.columns.findIndex(({ expression }) => sameExpression(expression, node));
    return columnOf(index < 0 ? LOST : index, node.type, node.nullable);
  };
  return below?.map((key) => rewrite(key, lift)) ?? null;
}

/** No column has it. */
const LOST = -9;
