/**
 * CREATE TABLE to a catalog table: column types, METADATA and computed columns, the WATERMARK, keys, and the connector's
 * word on the options. Whatever is wrong is reported, and the table still exists with the columns that are right, so that
 * the statements below it are checked against it.
 */
import type { DataType, Field } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import type { ColumnDefinition, Expression, Identifier, Statement } from "../sql/tree.ts";
import type { CallNode, Origin } from "./bind-context.ts";
import { bindExpression } from "./bind-expression.ts";
import { bindType } from "./bind-type.ts";
import { castTo } from "./cast.ts";
import {
  CatalogTable,
  type ConnectorCatalog,
  type MetadataKey,
  type OptionText,
  type TableRequest,
} from "./catalog.ts";
import { literal } from "./expression.ts";
import { lateColumns } from "./late-table.ts";
import type { BoundExpression, TableColumn } from "./plan.ts";
import { tableRelation } from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";
import { RelationScope } from "./scope.ts";
import { isInteger, isString, isTimestamp, NULL, sameType } from "./type-rules.ts";

export type CreateTable = Extract<Statement, { kind: "createTable" }>;

interface DeclaredColumns {
  readonly columns: TableColumn[];
  /** Column definitions by index in `columns`. */
  readonly nodes: ColumnDefinition[];
  readonly poisoned: Set<string>;
}

export function bindTable(
  report: Reporter,
  node: CreateTable,
  context: { readonly name: string; readonly connectors: ConnectorCatalog },
): CatalogTable {
  const declared = declareColumns(report, node);
  const request: TableRequest = {
    name: context.name,
    span: node.name.span,
    columns: declared.columns.filter(({ name, source }) => source !== "computed" && !declared.poisoned.has(name)),
    primaryKey: existingColumns(report, primaryKeyOf(node), declared),
    partitionedBy: existingColumns(report, node.partitionedBy, declared),
    options: uniqueOptions(report, node.options),
  };
  const capabilities = context.connectors.checkTable(request);
  report.addAll(capabilities.errors);
  if (capabilities.errors.length === 0) checkMetadata(report, declared, capabilities.metadata);
  const { columns, poisoned } = declared;
  const late = lateColumns(report, node, columns);
  const table = new CatalogTable({ request, columns: [...columns, ...late], capabilities, poisoned });
  bindComputed(report, table, declared);
  bindWatermark(report, table, node);
  return table;
}

/** Names are taken, types are bound; computed columns get a placeholder until all names are known. */
function declareColumns(report: Reporter, node: CreateTable): DeclaredColumns {
  const declared: DeclaredColumns = { columns: [], nodes: [], poisoned: new Set() };
  const names = new Set<string>();
  if (node.columns.length === 0 && node.like === null) {
    report.error({ code: "NO-COLUMNS", message: "the table has no columns", span: node.name.span });
  }
  for (const column of node.columns) {
    const { name } = column.name;
    if (names.has(name)) {
      const message = `column "${name}" is declared twice`;
      report.error({ code: "DUPLICATE-NAME", message, span: column.name.span });
      continue;
    }
    names.add(name);
    declared.columns.push(declareColumn(report, column, declared.poisoned));
    declared.nodes.push(column);
  }
  return declared;
}

function declareColumn(report: Reporter, column: ColumnDefinition, poisoned: Set<string>): TableColumn {
  const { name } = column.name;
  const { source } = column;
  if (source.kind === "computed") {
    return { name, type: NULL, nullable: true, source: "computed", expression: literal(null, NULL) };
  }
  const type = bindType(report, source.type);
  if (type === null) poisoned.add(name);
  const field: Field = { name, type: type ?? NULL, nullable: !source.type.notNull };
  if (source.kind === "physical") return { ...field, source: "physical" };
  return { ...field, source: "metadata", key: source.key ?? name, virtual: source.virtual };
}

function primaryKeyOf(node: CreateTable): readonly Identifier[] {
  const inline = node.columns.filter(({ source }) => source.kind === "physical" && source.primaryKey);
  return [...node.primaryKey, ...inline.map(({ name }) => name)];
}

function existingColumns(report: Reporter, names: readonly Identifier[], { columns }: DeclaredColumns): string[] {
  const all = columns.map(({ name }) => name);
  const found: string[] = [];
  for (const { name, span } of names) {
    if (found.includes(name))
      report.error({ code: "DUPLICATE-NAME", message: `column "${name}" is named twice`, span });
    else if (all.includes(name)) found.push(name);
    else {
      const message = `there is no column "${name}" in the table`;
      report.error({ code: "UNKNOWN-COLUMN", message, span, hint: suggest(name, all, "columns are") });
    }
  }
  return found;
}

/** The last of two equal keys would win silently: it is an error instead. */
export function uniqueOptions(report: Reporter, options: readonly OptionText[]): OptionText[] {
  const seen = new Set<string>();
  return options.filter(({ key, keySpan }) => {
    if (!seen.has(key)) return seen.add(key);
    report.error({ code: "DUPLICATE-NAME", message: `option "${key}" is given twice`, span: keySpan });
    return false;
  });
}

function checkMetadata(report: Reporter, declared: DeclaredColumns, keys: readonly MetadataKey[]): void {
  for (const [index, column] of declared.columns.entries()) {
    const span = declared.nodes[index]?.span;
    if (column.source !== "metadata" || span === undefined || declared.poisoned.has(column.name)) continue;
    const known = keys.find(({ key }) => key === column.key);
    if (known === undefined) {
      const hint = suggest(
        column.key,
        keys.map(({ key }) => key),
        "keys are",
      );
      const message = `the connector has no metadata "${column.key}"`;
      report.error({ code: "UNKNOWN-METADATA", message, span, hint: hint ?? "this connector has none" });
    } else if (!keptAlike(known.type, column.type)) {
      const message = `metadata "${column.key}" is ${formatType(known.type)} and cannot be read as ${formatType(column.type)}`;
      report.error({ code: "TYPE-MISMATCH", message, span, hint: `declare it ${formatType(known.type)}` });
    }
  }
}

/** Metadata is handed over, not cast: the declared type must be kept the same way. */
function keptAlike(given: DataType, declared: DataType): boolean {
  if (isInteger(given)) return isInteger(declared);
  if (isString(given)) return declared.kind === "string";
  if (isTimestamp(given) && isTimestamp(declared)) return declared.precision <= 6;
  // Bytes are kept as strings are; what is no UTF-8 poisons the lane where it is read as text.
  if (given.kind === "map" && declared.kind === "map")
    return isString(declared.key) && (declared.value.kind === "bytes" || isString(declared.value));
  return sameType(given, declared);
}

function ddlSurroundings(report: Reporter, table: CatalogTable) {
  const origins = new WeakMap<BoundExpression, Origin>();
  const refuse = (node: CallNode): null =>
    report.error({
      code: "AGGREGATE-PLACE",
      message: `"${node.name}" has no place in a column or watermark: there is one row at a time`,
      span: node.span,
    });
  const scope = new RelationScope({ report, origins, relation: tableRelation(table), alias: table.name });
  return { report, origins, scope, aggregate: refuse, windowFunction: refuse };
}

/** In order: each sees the physical and metadata columns and the computed ones before it. */
function bindComputed(report: Reporter, table: CatalogTable, declared: DeclaredColumns): void {
  const poisoned = declared.poisoned;
  const pending = new Set(
    declared.nodes.filter(({ source }) => source.kind === "computed").map(({ name }) => name.name),
  );
  for (const [index, node] of declared.nodes.entries()) {
    if (node.source.kind !== "computed") continue;
    const later = findReference(node.source.expression, pending);
    let bound: BoundExpression | null = null;
    if (later === null) bound = bindExpression(ddlSurroundings(report, table), node.source.expression);
    else {
      const message = `"${later.name}" is computed too and stands at or behind this column`;
      report.error({
        code: "COMPUTED-ORDER",
        message,
        span: later.span,
        hint: "declare it before the columns made from it",
      });
    }
    pending.delete(node.name.name);
    if (bound?.type.kind === "null") {
      const message = `the type of "${node.name.name}" is not known`;
      bound = report.error({ code: "NULL-TYPE", message, span: node.span, hint: "write CAST(NULL AS STRING)" });
    }
    if (bound === null) poisoned.add(node.name.name);
    else table.setComputed(index, { name: node.name.name, type: bound.type, nullable: bound.nullable }, bound);
  }
}

/** A reference to one of the names, anywhere in a tree. */
function findReference(node: Expression, names: ReadonlySet<string>): Identifier | null {
  const pending: unknown[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const candidate = next as Partial<Expression>;
    if (candidate.kind === "column" && "name" in candidate && candidate.name !== undefined) {
      const first = candidate.name.parts[0];
      if (first !== undefined && names.has(first.name)) return first;
    }
    pending.push(...Object.values(next));
  }
  return null;
}

const MAX_ROWTIME_PRECISION = 3;

function isProcessingTime(table: CatalogTable, column: TableColumn): boolean {
  if (column.source !== "computed" || column.expression.kind !== "column") return false;
  return table.columns[column.expression.index]?.source === "clock";
}

function bindWatermark(report: Reporter, table: CatalogTable, node: CreateTable): void {
  const { watermark } = node;
  if (watermark === null) return;
  const { name, span } = watermark.column;
  const index = table.columns.findIndex((column) => column.name === name);
  const column = table.columns[index];
  if (column === undefined) {
    const names = table.columns.map((candidate) => candidate.name);
    const message = `the watermark is for "${name}", but the table has no such column`;
    report.error({ code: "WATERMARK-COLUMN", message, span, hint: suggest(name, names, "columns are") });
    return;
  }
  const poisoned = table.poisoned.has(name);
  if (!poisoned && !isTimestamp(column.type)) {
    const made = table.columns.some((candidate) => candidate.name === "ts") ? "event_time" : "ts";
    const hint =
      column.type.kind === "bigint"
        ? `add a column: ${made} AS TO_TIMESTAMP_LTZ(${name}, 3), and WATERMARK FOR ${made}`
        : column.type.kind === "string"
          ? `declare "${name}" TIMESTAMP(3), or add a column: ${made} AS TO_TIMESTAMP(${name})`
          : null;
    const message = `the watermark is for "${name}", which is ${formatType(column.type)}, not TIMESTAMP(3) or TIMESTAMP_LTZ(3)`;
    report.error({ code: "WATERMARK-COLUMN", message, span, hint });
    return;
  }
  if (isProcessingTime(table, column)) {
    const message = `the watermark is for "${name}", which is processing time: the clock closes its windows`;
    report.error({ code: "WATERMARK-COLUMN", message, span, hint: "leave the WATERMARK out" });
    return;
  }
  const expression = bindExpression(ddlSurroundings(report, table), watermark.expression);
  if (poisoned || !isTimestamp(column.type)) return;
  if (column.type.precision > MAX_ROWTIME_PRECISION) {
    const message = `the watermark is for "${name}", which is ${formatType(column.type)}: event time is in milliseconds`;
    const fix = formatType({ kind: column.type.kind, precision: MAX_ROWTIME_PRECISION });
    report.error({ code: "WATERMARK-COLUMN", message, span, hint: `declare it ${fix}` });
    return;
  }
  if (expression === null) return;
  if (expression.type.kind !== column.type.kind) {
    const message = `the watermark is ${formatType(expression.type)}, but "${name}" is ${formatType(column.type)}`;
    const hint = `write ${name} - INTERVAL '5' SECOND`;
    report.error({ code: "WATERMARK-TYPE", message, span: watermark.expression.span, hint });
    return;
  }
  table.setWatermark({ column: index, expression: castTo(expression, column.type) });
}
