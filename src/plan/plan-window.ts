/**
 * Windows: `TUMBLE(TABLE t, DESCRIPTOR(ts), size [, offset])` in FROM, positional or named, and what it asks of its
 * input: an event time column that a watermark is declared on and that came here unchanged.
 */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression, QualifiedName, Query, TableArgument, TableReference } from "../sql/tree.ts";
import { bindExpression } from "./bind-expression.ts";
import type { Window } from "./plan.ts";
import { type FromItem, type QueryContext, selectScope, withoutAggregates } from "./query-context.ts";
import { isPoisoned, type PoisonedRelation, type Relation, type RelationColumn, windowColumns } from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";

type TableFunction = Extract<TableReference, { kind: "tableFunction" }>;
type Argument = Expression | TableArgument;
type PlanTable = (context: QueryContext, table: QualifiedName | Query) => FromItem;

const POISONED: PoisonedRelation = { poisoned: true };
const parameterNames = ["DATA", "TIMECOL", "SIZE", "OFFSET"] as const;
const signature = "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE [, offset])";

export function planTableFunction(
  context: QueryContext,
  node: TableFunction,
  planTable: PlanTable,
): Relation | PoisonedRelation {
  const { report } = context;
  if (node.name !== "TUMBLE") {
    const windows = ["HOP", "CUMULATE", "SESSION"];
    if (windows.includes(node.name)) report.unsupported(`the window ${node.name}`, node.nameSpan, "TUMBLE is there");
    else {
      const hint = suggest(node.name, ["TUMBLE"], "table functions are");
      const message = `there is no table function "${node.name}"`;
      report.error({ code: "UNKNOWN-FUNCTION", message, span: node.nameSpan, hint });
    }
    const data = argumentsOf(context, node, false)?.[0];
    if (data?.kind === "tableArgument") planTable(context, data.table);
    return POISONED;
  }
  const given = argumentsOf(context, node, true);
  if (given === null) return POISONED;
  const [data, timeColumn, size, offset] = given;
  const input = planData(context, data, planTable);
  const sizeMs = size === undefined ? null : windowMs(report, size, "size");
  const offsetMs = offset === undefined ? 0 : windowMs(report, offset, "offset");
  if (sizeMs !== null && size !== undefined && !checkSize(report, { sizeMs, span: size.span })) return POISONED;
  const column = input === null ? null : descriptorColumn(context, input, timeColumn);
  if (input === null || isPoisoned(input.relation) || sizeMs === null || offsetMs === null || column === null)
    return POISONED;
  if (Math.abs(offsetMs) >= sizeMs) {
    const message = `the offset of the window must be smaller than its size of ${sizeMs} ms`;
    report.error({ code: "WINDOW-SIZE", message, span: offset?.span ?? node.span });
    return POISONED;
  }
  return assignWindow(context, input.relation, { column, sizeMs, offsetMs, span: node.nameSpan });
}

export interface WindowRequest {
  /** A column that carries event time. */
  readonly column: RelationColumn;
  readonly sizeMs: number;
  readonly offsetMs: number;
  readonly span: Span;
}

/** The relation with its rows put into windows; the window's columns stand behind its own. */
export function assignWindow(
  context: QueryContext,
  relation: Relation,
  request: WindowRequest,
): Relation | PoisonedRelation {
  if (relation.window !== null) {
    context.report.unsupported("a window over the rows of another window", request.span);
    return POISONED;
  }
  if (request.column.expression?.kind !== "column") return POISONED;
  const window: Window = {
    kind: "tumbling",
    sizeMs: request.sizeMs,
    stepMs: request.sizeMs,
    offsetMs: request.offsetMs,
    timeColumn: request.column.expression.index,
  };
  const columns = relation.columns.map((column) => ({ ...column, rowtime: false }));
  return { ...relation, window, columns: [...columns, ...windowColumns(relation, window)] };
}

/** In the order DATA, TIMECOL, SIZE, OFFSET. Null after an error. */
function argumentsOf(context: QueryContext, node: TableFunction, check: boolean): (Argument | undefined)[] | null {
  const { report } = context;
  if (node.named.length === 0) {
    const count = node.arguments.length;
    if (!check || count === 3 || count === 4) return [...node.arguments];
    const message = `"${node.name}" takes 3 or 4 arguments, not ${count}`;
    report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${signature}` });
    return null;
  }
  const found = new Map<string, Argument>();
  for (const { name, value } of node.named) {
    const key = name.name.toUpperCase();
    if (check && !(parameterNames as readonly string[]).includes(key)) {
      const hint = suggest(key, parameterNames, "parameters are");
      const message = `"${node.name}" has no parameter "${name.name}"`;
      report.error({ code: "UNKNOWN-PARAMETER", message, span: name.span, hint });
    } else if (check && found.has(key)) {
      const message = `parameter "${name.name}" is given twice`;
      report.error({ code: "DUPLICATE-NAME", message, span: name.span });
    } else found.set(key, value);
  }
  const missing = parameterNames.slice(0, 3).filter((name) => !found.has(name));
  if (check && missing.length > 0) {
    const message = `"${node.name}" misses ${missing.join(", ")}`;
    report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${signature}` });
    return null;
  }
  return parameterNames.map((name) => found.get(name));
}

function planData(context: QueryContext, data: Argument | undefined, planTable: PlanTable): FromItem | null {
  if (data === undefined) return null;
  if (data.kind === "tableArgument") {
    if (data.partitionBy.length > 0) {
      const hint = "the group keys of GROUP BY do that";
      context.report.unsupported("PARTITION BY in TUMBLE", data.partitionBy[0]?.span ?? data.span, hint);
    }
    return planTable(context, data.table);
  }
  const hint =
    data.kind === "column" ? `write TABLE ${data.name.parts.map((part) => part.name).join(".")}` : `write ${signature}`;
  context.report.error({
    code: "WINDOW-INPUT",
    message: 'the first argument of "TUMBLE" is a table',
    span: data.span,
    hint,
  });
  return null;
}

/** The one column of DESCRIPTOR(…), if it carries event time. */
function descriptorColumn(context: QueryContext, input: FromItem, node: Argument | undefined): RelationColumn | null {
  const { report } = context;
  if (node === undefined) return null;
  if (node.kind !== "descriptor" || node.columns.length !== 1) {
    const hint =
      node.kind === "column"
        ? `write DESCRIPTOR(${node.name.parts.map((part) => part.name).join(".")})`
        : "write DESCRIPTOR(ts)";
    const message = 'the second argument of "TUMBLE" is a DESCRIPTOR of one column';
    return report.error({ code: "WINDOW-INPUT", message, span: node.span, hint });
  }
  const relation = isPoisoned(input.relation) ? null : input.relation;
  const { scope } = selectScope(report, relation, input.alias);
  const column = scope.column({ parts: node.columns, span: node.span });
  return column && relation && timeAttribute(report, relation, { column, span: node.span });
}

/** The column, if windows can be cut on it; says what is missing otherwise. */
export function timeAttribute(
  report: Reporter,
  relation: Relation,
  { column, span }: { readonly column: RelationColumn; readonly span: Span },
): RelationColumn | null {
  if (column.expression === null) return null;
  if (relation.window !== null || relation.aggregation !== null) {
    return report.unsupported("a window over the rows of another window", span);
  }
  if (column.rowtime) return column;
  const { table } = relation;
  if (table.watermark === null) {
    const usable = column.expression.type.kind === "timestamp" || column.expression.type.kind === "timestamp_ltz";
    const name = usable ? column.name : "ts";
    return report.error({
      code: "WATERMARK-MISSING",
      message: `a watermark is missing: table "${table.name}" does not say when its windows are complete`,
      span,
      hint: `add WATERMARK FOR ${name} AS ${name} - INTERVAL '5' SECOND to CREATE TABLE ${table.name}`,
    });
  }
  const name = table.columns[table.watermark.column]?.name ?? "";
  return report.error({
    code: "NO-TIME-ATTRIBUTE",
    message: `"${column.name}" is ${formatType(column.expression.type)}, but no time attribute: the watermark is on "${name}"`,
    span,
    hint: relation.columns.some((candidate) => candidate.rowtime)
      ? `did you mean "${relation.columns.find((candidate) => candidate.rowtime)?.name}"?`
      : `pass "${name}" through the subquery unchanged`,
  });
}

/** A window's size or offset in ms: an INTERVAL literal of days or less. Null after an error. */
export function windowMs(report: Reporter, node: Argument, what: "size" | "offset"): number | null {
  if (node.kind === "tableArgument") {
    return report.error({ code: "WINDOW-SIZE", message: `the ${what} of a window is an INTERVAL`, span: node.span });
  }
  const bound = bindExpression(
    withoutAggregates(report, selectScope(report, null, null), `the ${what} of a window`),
    node,
  );
  if (bound === null) return null;
  if (bound.type.kind === "interval_month") {
    const message = `the ${what} of a window is a fixed time: months and years have no fixed length`;
    return report.error({ code: "WINDOW-SIZE", message, span: node.span, hint: "write days: INTERVAL '30' DAY" });
  }
  if (bound.kind === "literal" && bound.type.kind === "interval_day" && bound.value !== null)
    return Number(bound.value);
  const message = `the ${what} of a window is an INTERVAL literal, not ${formatType(bound.type)}`;
  return report.error({ code: "WINDOW-SIZE", message, span: node.span, hint: "write INTERVAL '5' MINUTE" });
}

export function checkSize(
  report: Reporter,
  { sizeMs, span }: { readonly sizeMs: number; readonly span: Span },
): boolean {
  if (sizeMs > 0 && Number.isSafeInteger(sizeMs)) return true;
  report.error({ code: "WINDOW-SIZE", message: "the size of a window must be more than 0", span });
  return false;
}
