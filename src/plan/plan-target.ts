/**
 * Where a query's rows go: INSERT INTO maps its columns to the sink's by position and casts them to the sink's types; a
 * bare SELECT prints; CREATE MATERIALIZED VIEW serves.
 */
import type { Span } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import type { Identifier, Statement } from "../sql/tree.ts";
import { castTo } from "./cast.ts";
import type { CatalogTable } from "./catalog.ts";
import { changesOf, checkTarget } from "./changelog.ts";
import { literal } from "./expression.ts";
import { checkCorrections } from "./late-rows.ts";
import { checkLateReader } from "./late-table.ts";
import type { Changes, NamedExpression, SinkTarget, TableColumn } from "./plan.ts";
import { hintedTable, tableName } from "./plan-from.ts";
import { checkRowsOnce } from "./plan-window.ts";
import type { QueryContext } from "./query-context.ts";
import { isPoisoned, type PoisonedRelation, type Relation } from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";
import { castsExplicitly, castsImplicitly, isNested, STRING, sameType } from "./type-rules.ts";

export type InsertNode = Extract<Statement, { kind: "insert" }>;

/** A query that is right, waiting for the end of the script, when every table's columns are known. */
export interface PendingQuery {
  readonly label: string;
  readonly relation: Relation;
  readonly outputs: readonly NamedExpression[];
  readonly changes: Changes | null;
  readonly target: () => SinkTarget;
  /** As of PlannedQuery. */
  readonly part?: number;
}

/** Null after an error. */
export function planInsert(context: QueryContext, node: InsertNode): PendingQuery | null {
  const sink = findSink(context, node);
  const columns = sink === null ? [] : sinkColumns(sink);
  const named = sink === null ? null : namedColumns(context.report, node.columns, { sink, columns });
  const relation = context.planQuery(context, node.query);
  if (sink === null || named === null || isPoisoned(relation)) return null;
  if (!checkRowsOnce(context.report, relation)) return null;
  if (!checkCorrections(context.report, relation, node.query.span)) return null;
  if (!checkLateReader(context.report, relation, node.query.span)) return null;
  const outputs = mapColumns(context.report, relation, { named, columns, sink, span: node.query.span });
  if (outputs === null || sink.capabilities.errors.length > 0) return null;
  const given = named.map(({ name }) => name);
  const changes = changesOf(relation);
  const { acceptsUpdates } = sink.capabilities;
  const { options, primaryKey } = sink.definition();
  const kept = options.connector === "view" ? primaryKey.map((index) => sink.columns[index]?.name ?? "") : null;
  const into = { name: sink.name, acceptsUpdates, primaryKey: kept, columns: given, span: node.into.span };
  if (!checkTarget(context.report, changes, into)) return null;
  const place = (index: number): number => columns.findIndex(({ name }) => name === given[index]);
  const key = changes?.key?.map((list) => list.map(place)) ?? null;
  const target = (): SinkTarget => ({ kind: "table", table: sink.definition() });
  return { label: `insert into ${sink.name}`, relation, outputs, target, changes: changes && { key } };
}

function findSink(context: QueryContext, node: InsertNode): CatalogTable | null {
  const { report, catalog } = context;
  const name = tableName(node.into);
  const { span } = node.into;
  const entry = catalog.find(name);
  switch (entry?.kind) {
    case undefined: {
      if (context.incomplete) return null;
      const hint = suggest(name, catalog.names, "tables are") ?? "CREATE TABLE comes before the queries that use it";
      return report.error({ code: "UNKNOWN-TABLE", message: `there is no table "${name}"`, span, hint });
    }
    case "poisoned":
      return null;
    case "table":
      break;
    default:
      return report.error({
        code: "NOT-A-SINK",
        message: `"${name}" is ${notSinks[entry?.kind ?? "view"]}: nothing can be inserted`,
        span,
      });
  }
  const table = node.hintOptions.length === 0 ? entry.table : hintedTable(context, entry.table, node.hintOptions);
  checkWritable(report, table, span);
  if (table.capabilities.sink || table.capabilities.errors.length > 0) return table;
  const message = `table "${name}" can only be read: its connector writes nothing`;
  return report.error({ code: "NOT-A-SINK", message, span });
}

const notSinks: Readonly<Record<string, string>> = {
  lateRows: "a table of late rows",
  deadLetters: "a table of dead letters",
  view: "a view",
  materializedView: "a view",
};

/** A metadata column that is not VIRTUAL is written with every row, so its key must be one that can be. */
function checkWritable(report: Reporter, table: CatalogTable, span: Span): void {
  for (const column of table.columns) {
    if (column.source !== "metadata" || column.virtual) continue;
    const known = table.capabilities.metadata.find(({ key }) => key === column.key);
    if (known === undefined || known.writable) continue;
    const message = `metadata "${column.key}" of "${table.name}" can only be read`;
    report.error({ code: "INSERT-COLUMN", message, span, hint: `declare "${column.name}" as METADATA VIRTUAL` });
  }
}

/** What a row of the sink is made of: computed and VIRTUAL columns are not. */
function sinkColumns(table: CatalogTable): TableColumn[] {
  return table.columns.filter(
    (column) => column.source === "physical" || (column.source === "metadata" && !column.virtual),
  );
}

/** The sink's columns in the order the query gives them. */
function namedColumns(
  report: Reporter,
  names: readonly Identifier[],
  { sink, columns }: { readonly sink: CatalogTable; readonly columns: readonly TableColumn[] },
): TableColumn[] | null {
  if (names.length === 0) return [...columns];
  const found: TableColumn[] = [];
  for (const { name, span } of names) {
    const column = columns.find((candidate) => candidate.name === name);
    if (found.some((candidate) => candidate.name === name)) {
      report.error({ code: "DUPLICATE-NAME", message: `column "${name}" is named twice`, span });
    } else if (column !== undefined) found.push(column);
    else if (sink.columns.some((candidate) => candidate.name === name)) {
      report.error({
        code: "INSERT-COLUMN",
        message: `column "${name}" is computed or VIRTUAL: it cannot be written`,
        span,
      });
    } else {
      const all = columns.map((candidate) => candidate.name);
      const message = `table "${sink.name}" has no column "${name}"`;
      report.error({ code: "UNKNOWN-COLUMN", message, span, hint: suggest(name, all, "columns are") });
    }
  }
  return found.length === names.length ? found : null;
}

interface Mapping {
  readonly named: readonly TableColumn[];
  readonly columns: readonly TableColumn[];
  readonly sink: CatalogTable;
  readonly span: Span;
}

function mapColumns(report: Reporter, relation: Relation, mapping: Mapping): NamedExpression[] | null {
  const { named, columns, sink, span } = mapping;
  if (relation.columns.length !== named.length) {
    const message = `the query gives ${counted(relation.columns.length)}, but "${sink.name}" takes ${named.length}`;
    const hint = `${describe(relation.columns.map(({ name }) => name))} into ${describe(named.map(({ name }) => name))}`;
    return report.error({ code: "INSERT-COLUMNS", message, span, hint });
  }
  let failed = false;
  const outputs = columns.map((column): NamedExpression => {
    const position = named.indexOf(column);
    const given = relation.columns[position];
    const missing = { name: column.name, expression: literal(null, column.type) };
    if (position === -1) {
      if (!column.nullable) {
        const message = `column "${column.name}" of "${sink.name}" is NOT NULL, but nothing is inserted into it`;
        report.error({ code: "INSERT-COLUMNS", message, span });
      }
      return missing;
    }
    if (given?.expression === null || given === undefined || sink.poisoned.has(column.name)) {
      failed = true;
      return missing;
    }
    const { expression } = given;
    if (!isNested(column.type) && castsImplicitly(expression.type, column.type)) {
      return { name: column.name, expression: castTo(expression, column.type) };
    }
    failed = true;
    const at = given.span ?? span;
    insertTypeError(report, { sink: sink.name, column, given: given.name, type: expression.type, span: at });
    return missing;
  });
  return failed ? null : outputs;
}

function insertTypeError(
  report: Reporter,
  input: {
    readonly sink: string;
    readonly column: TableColumn;
    readonly given: string;
    readonly type: DataType;
    readonly span: Span;
  },
): void {
  const { sink, column, given, type, span } = input;
  if (isNested(column.type) && sameType(type, column.type)) {
    report.unsupported(`writing ${formatType(column.type)} values`, span);
    return;
  }
  const wanted = formatType(column.type);
  const message = `column "${column.name}" of "${sink}" is ${wanted}, but the query gives "${given}" as ${formatType(type)}`;
  const hint = castsExplicitly(type, column.type) ? `write CAST(… AS ${wanted})` : null;
  report.error({ code: "INSERT-TYPE", message, span, hint });
}

function counted(columns: number): string {
  return columns === 1 ? "1 column" : `${columns} columns`;
}

function describe(names: readonly string[]): string {
  return `(${names.join(", ")})`;
}

/** Rows for a person or for a view: names are made unique, types must be known and plain. Null after an error. */
export function plainOutputs(
  report: Reporter,
  relation: Relation | PoisonedRelation,
  input: { readonly span: Span; readonly uniqueNames: boolean },
): NamedExpression[] | null {
  if (isPoisoned(relation) || !checkRowsOnce(report, relation)) return null;
  if (!checkCorrections(report, relation, input.span)) return null;
  if (!checkLateReader(report, relation, input.span)) return null;
  const used = new Set<string>();
  let failed = false;
  const outputs = relation.columns.map(({ name, expression, span: at }): NamedExpression => {
    const span = at ?? input.span;
    const unique = uniqueName(name, used);
    if (unique !== name && input.uniqueNames) {
      const hint = "give each a name of its own with AS";
      report.error({ code: "DUPLICATE-NAME", message: `two columns are called "${name}"`, span, hint });
      failed = true;
    }
    if (expression === null) failed = true;
    else if (isNested(expression.type)) {
      const { kind } = expression.type;
      const fields =
        kind === "row" ? `read its fields: ${name}.…, or ` : kind === "map" ? `read a header: ${name}['…'], or ` : "";
      const hint = `${fields}leave "${name}" out of SELECT`;
      report.unsupported(`column "${name}" as a whole ${formatType(expression.type)}`, span, hint);
      failed = true;
    }
    const typed = expression?.type.kind === "null" ? castTo(expression, STRING) : expression;
    return { name: unique, expression: typed ?? literal(null, STRING) };
  });
  return failed ? null : outputs;
}

function uniqueName(name: string, used: Set<string>): string {
  let unique = name;
  for (let i = 0; used.has(unique); i++) unique = `${name}${i}`;
  used.add(unique);
  return unique;
}
