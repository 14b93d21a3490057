/**
 * Windows in FROM: `TUMBLE | HOP | CUMULATE | SESSION(TABLE t, DESCRIPTOR(ts), …)`, positional or named, and what they ask of their
 * input: an event time column that a watermark is declared on and that came here unchanged.
 */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { QualifiedName, Query, TableReference } from "../sql/tree.ts";
import { bindExpression } from "./bind-expression.ts";
import type { CatalogTable } from "./catalog.ts";
import { checkJoins } from "./join.ts";
import type { BoundExpression, Window } from "./plan.ts";
import { type FromItem, type QueryContext, selectScope, withoutAggregates } from "./query-context.ts";
import {
  isPoisoned,
  type PoisonedRelation,
  type Relation,
  type RelationColumn,
  relationsBelow,
  windowColumns,
} from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";
import { asRows, givesResults } from "./results.ts";
import {
  type Argument,
  type WindowKind,
  type WindowShape,
  windowKind,
  windowKinds,
  windowShape,
} from "./window-shape.ts";

type TableFunction = Extract<TableReference, { kind: "tableFunction" }>;
type PlanTable = (context: QueryContext, table: QualifiedName | Query) => FromItem;

const POISONED: PoisonedRelation = { poisoned: true };
const WITHOUT_LENGTHS = ["DATA", "TIMECOL"] as const;

export function planTableFunction(
  context: QueryContext,
  node: TableFunction,
  planTable: PlanTable,
): Relation | PoisonedRelation {
  const { report } = context;
  const kind = windowKind(node.name);
  if (kind === null) {
    unknownWindow(report, node);
    const data = givenArguments(node)[0];
    if (data?.kind === "tableArgument") planTable(context, data.table);
    return POISONED;
  }
  const given = argumentsOf(context, node, kind);
  if (given === null) return POISONED;
  const input = planData(context, given.data, { node, kind, planTable });
  const shape = windowShape(report, kind, given);
  const column = input === null ? null : descriptorColumn(context, input, { node, descriptor: given.timeColumn });
  const sessionKeys = input === null ? null : bindSessionKeys(context, input, given.data);
  if (input === null || isPoisoned(input.relation) || shape === null || column === null || sessionKeys === null)
    return POISONED;
  const assigned = assignWindow(context, input.relation, { column, shape, span: node.nameSpan });
  return kind.kind === "session" && !isPoisoned(assigned) ? { ...assigned, sessionKeys } : assigned;
}

function unknownWindow(report: Reporter, node: TableFunction): void {
  const hint = suggest(node.name, Object.keys(windowKinds), "table functions are");
  const message = `there is no table function "${node.name}"`;
  report.error({ code: "UNKNOWN-FUNCTION", message, span: node.nameSpan, hint });
}

export interface WindowRequest {
  /** A column that carries event time. */
  readonly column: RelationColumn;
  readonly shape: WindowShape;
  /** The function's name. */
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
  const { index } = request.column.expression;
  const own = relation.results === null && relation.join === undefined && relation.union === undefined;
  const clock = own && relation.table.columns[index]?.source === "clock";
  if (clock && request.shape.kind === "session") {
    context.report.unsupported("a session of processing time", request.span, "cut sessions on an event time");
    return POISONED;
  }
  const window: Window = { ...request.shape, timeColumn: index, ...(clock ? { clock } : {}) };
  const columns = relation.columns.map((column) => ({ ...column, rowtime: false }));
  return { ...relation, window, windowSpan: request.span, columns: [...columns, ...windowColumns(relation, window)] };
}

/** Says why rows in several windows cannot leave as they are: nothing multiplies rows. False after an error. */
export function checkRowsOnce(report: Reporter, relation: Relation): boolean {
  const { window, windowSpan, aggregation, join } = relation;
  if (!checkLimited(report, relation) || !checkJoins(report, relation)) return false;
  if (window !== null && aggregation === null && window.ofResults !== true && join !== undefined) {
    report.unsupported(
      "rows joined by time in a window without GROUP BY",
      windowSpan ?? join.span,
      "GROUP BY the window",
    );
    return false;
  }
  if (window === null || aggregation !== null || window.kind === "tumbling" || window.ofResults === true) return true;
  const what = { hopping: "HOP", cumulating: "CUMULATE", session: "SESSION" }[window.kind];
  const hint = "GROUP BY window_start, window_end, or take TUMBLE, in which a row is once";
  if (windowSpan !== undefined) report.unsupported(`${what} without GROUP BY`, windowSpan, hint);
  return false;
}

/** Says why numbered rows cannot leave: all of a window's would have to be kept. False after an error. */
function checkLimited(report: Reporter, relation: Relation): boolean {
  const top = relation.results?.top ?? null;
  if (top !== null && (top.most === null || top.most < 1 || top.most > MOST_ROWS)) {
    const hint = `put WHERE rn <= n around it, n from 1 to ${MOST_ROWS}`;
    report.unsupported("ROW_NUMBER without a limit", top.span, hint);
    return false;
  }
  return relationsBelow(relation).every((one) => checkLimited(report, one));
}

/** Of ROW_NUMBER in every group. */
const MOST_ROWS = 100_000;

interface Given {
  readonly data: Argument;
  readonly timeColumn: Argument;
  readonly lengths: readonly Argument[];
  readonly offset: Argument | undefined;
}

function givenArguments({ arguments: positional, named }: TableFunction): readonly Argument[] {
  return named.length === 0 ? positional : named.map(({ value }) => value);
}

/** Null after an error. */
function argumentsOf({ report }: QueryContext, node: TableFunction, kind: WindowKind): Given | null {
  const given = node.named.length > 0 ? namedArguments(report, node, kind) : positionalArguments(report, node, kind);
  if (given === null) return null;
  const [data, timeColumn, ...others] = given;
  const lengths = others.slice(0, kind.lengths.length).filter((length) => length !== undefined);
  if (data === undefined || timeColumn === undefined || lengths.length < kind.lengths.length) return null;
  return { data, timeColumn, lengths, offset: others[kind.lengths.length] };
}

function positionalArguments(report: Reporter, node: TableFunction, kind: WindowKind): (Argument | undefined)[] | null {
  const least = WITHOUT_LENGTHS.length + kind.lengths.length;
  const count = node.arguments.length;
  if (count === least || count === least + 1) return [...node.arguments];
  const last = node.arguments[least + 1];
  if (kind.kind === "cumulating" && count === least + 2 && last !== undefined) {
    return report.unsupported("CUMULATE that leaves out what did not change", last.span, "leave the last argument out");
  }
  const message = `"${node.name}" takes ${least} or ${least + 1} arguments, not ${count}`;
  return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${kind.signature}` });
}

function namedArguments(report: Reporter, node: TableFunction, kind: WindowKind): (Argument | undefined)[] | null {
  const needed = [...WITHOUT_LENGTHS, ...kind.lengths];
  const names = [...needed, "OFFSET"];
  const found = new Map<string, Argument>();
  for (const { name, value } of node.named) {
    const key = name.name.toUpperCase();
    if (!names.includes(key)) {
      const hint = suggest(key, names, "parameters are");
      const message = `"${node.name}" has no parameter "${name.name}"`;
      report.error({ code: "UNKNOWN-PARAMETER", message, span: name.span, hint });
    } else if (found.has(key)) {
      const message = `parameter "${name.name}" is given twice`;
      report.error({ code: "DUPLICATE-NAME", message, span: name.span });
    } else found.set(key, value);
  }
  const missing = needed.filter((name) => !found.has(name));
  if (missing.length === 0) return names.map((name) => found.get(name));
  const message = `"${node.name}" misses ${missing.join(", ")}`;
  return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${kind.signature}` });
}

interface DataInput {
  readonly node: TableFunction;
  readonly kind: WindowKind;
  readonly planTable: PlanTable;
}

function planData(context: QueryContext, data: Argument, { node, kind, planTable }: DataInput): FromItem | null {
  if (data.kind === "tableArgument") {
    if (data.partitionBy.length > 0 && kind.kind !== "session") {
      const hint = "the group keys of GROUP BY do that";
      const span = data.partitionBy[0]?.span ?? data.span;
      context.report.unsupported(`PARTITION BY in ${node.name}`, span, hint);
    }
    return rowsOf(planTable(context, data.table));
  }
  const hint =
    data.kind === "column"
      ? `write TABLE ${data.name.parts.map((part) => part.name).join(".")}`
      : `write ${kind.signature}`;
  const message = `the first argument of "${node.name}" is a table`;
  return context.report.error({ code: "WINDOW-INPUT", message, span: data.span, hint });
}

/** PARTITION BY of a session's table. Null after an error. */
function bindSessionKeys({ report }: QueryContext, input: FromItem, data: Argument): BoundExpression[] | null {
  if (data.kind !== "tableArgument") return [];
  const relation = isPoisoned(input.relation) ? null : input.relation;
  const surroundings = withoutAggregates(report, selectScope(report, relation, input.alias), "PARTITION BY");
  const keys = data.partitionBy.map((node) => bindExpression(surroundings, node));
  const bound = keys.filter((key) => key !== null);
  return bound.length === keys.length ? bound : null;
}

/** Results are cut into windows anew by their window_time. */
function rowsOf(item: FromItem): FromItem {
  const { relation } = item;
  if (isPoisoned(relation) || !givesResults(relation)) return item;
  return { ...item, relation: asRows(relation, { keepWindow: false }) };
}

/** The one column of DESCRIPTOR(…), if it carries event time. */
function descriptorColumn(
  context: QueryContext,
  input: FromItem,
  { node, descriptor }: { readonly node: TableFunction; readonly descriptor: Argument },
): RelationColumn | null {
  const { report } = context;
  const { span } = descriptor;
  if (descriptor.kind !== "descriptor" || descriptor.columns.length !== 1) {
    const hint =
      descriptor.kind === "column"
        ? `write DESCRIPTOR(${descriptor.name.parts.map((part) => part.name).join(".")})`
        : "write DESCRIPTOR(ts)";
    const message = `the second argument of "${node.name}" is a DESCRIPTOR of one column`;
    return report.error({ code: "WINDOW-INPUT", message, span, hint });
  }
  const relation = isPoisoned(input.relation) ? null : input.relation;
  const { scope } = selectScope(report, relation, input.alias);
  const column = scope.column({ parts: descriptor.columns, span });
  return column && relation && timeAttribute(report, relation, { column, span });
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
  if (relation.union !== undefined) {
    const hint = "put each of its queries into windows, GROUP BY them, and unite the results";
    return report.unsupported("a window over UNION ALL", span, hint);
  }
  const { table } = relation;
  const clock = relation.results === null && relation.join === undefined ? clockColumn(table, column.expression) : null;
  if (clock !== null) return { ...column, expression: clock };
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
  if (relation.join !== undefined) {
    const hint = "times that an inner JOIN bounds on both sides are: a.ts BETWEEN b.ts - INTERVAL '5' MINUTE AND b.ts";
    const message = `"${column.name}" of joined rows is no time attribute`;
    return report.error({ code: "NO-TIME-ATTRIBUTE", message, span, hint });
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

/** The column, if it is PROCTIME(), or a computed one that is. */
function clockColumn(table: CatalogTable, expression: BoundExpression | null): BoundExpression | null {
  if (expression?.kind !== "column") return null;
  const column = table.columns[expression.index];
  if (column?.source === "clock") return expression;
  return column?.source === "computed" ? clockColumn(table, column.expression) : null;
}
