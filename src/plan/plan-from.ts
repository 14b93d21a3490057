/** FROM: tables with their hints, views written out, WITH tables, subqueries, window functions, joins. */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { HintOption, Identifier, QualifiedName, Query, TableAlias, TableReference } from "../sql/tree.ts";
import { bindExpression } from "./bind-expression.ts";
import { uniqueOptions } from "./bind-table.ts";
import type { CatalogTable, CatalogView, OptionText } from "./catalog.ts";
import { checkDeadLetterHint } from "./dead-letters.ts";
import { conjuncts } from "./expression.ts";
import { joinItems, withOn } from "./join.ts";
import { checkLateHint, lateRelation } from "./late-table.ts";
import { planTableFunction } from "./plan-window.ts";
import { type FromItem, type QueryContext, selectScope, withoutAggregates } from "./query-context.ts";
import { isPoisoned, type PoisonedRelation, type Relation, tableRelation } from "./relation.ts";
import { Reporter, suggest } from "./report.ts";

export const POISONED: PoisonedRelation = { poisoned: true };
const MAX_QUERY_DEPTH = 100;

export function planFrom(context: QueryContext, node: TableReference): FromItem {
  switch (node.kind) {
    case "table": {
      if (node.asOf !== null) context.report.unsupported("FOR SYSTEM_TIME AS OF", node.asOf.span);
      const relation = planNamedTable(context, node.name, node.options);
      return renamed(context, relation, node.alias, tableName(node.name));
    }
    case "subquery":
      return renamed(context, planSubquery(context, node.query), node.alias, null);
    case "tableFunction":
      return renamed(context, planTableFunction(context, node, planTableArgument), node.alias, null);
    case "join": {
      return { relation: planJoin(context, node) ?? POISONED, alias: null };
    }
  }
}

function planJoin(context: QueryContext, node: Extract<TableReference, { kind: "join" }>): Relation | null {
  const { report } = context;
  const joined = joinItems(context, node, [planFrom(context, node.left), planFrom(context, node.right)]);
  if (joined === null || node.on === null) return joined;
  const select = selectScope(report, joined, null);
  const on = bindExpression(withoutAggregates(report, select, "ON"), node.on);
  if (on === null) return null;
  if (on.type.kind === "boolean") return withOn(report, joined, conjuncts(on), node.on.span);
  const message = `ON is ${formatType(on.type)}, but BOOLEAN is expected`;
  return report.error({ code: "ARGUMENT-TYPE", message, span: node.on.span });
}

/** The table or query that a window function reads. */
export function planTableArgument(context: QueryContext, table: QualifiedName | Query): FromItem {
  if ("parts" in table) return { relation: planNamedTable(context, table, []), alias: tableName(table) };
  return { relation: planSubquery(context, table), alias: null };
}

export function planSubquery(context: QueryContext, query: Query): Relation | PoisonedRelation {
  if (context.depth >= MAX_QUERY_DEPTH) {
    const message = `queries nest deeper than ${MAX_QUERY_DEPTH}`;
    context.report.error({ code: "TOO-COMPLEX", message, span: query.span });
    return POISONED;
  }
  return context.planQuery({ ...context, depth: context.depth + 1 }, query);
}

/** The name in the catalog: the prefix of Flink's default catalog and database means nothing here. */
export function tableName(name: QualifiedName): string {
  const parts = name.parts.map((part) => part.name);
  const [catalog, database, table] = parts;
  if (parts.length === 3 && catalog === "default_catalog" && database === "default_database") return table ?? "";
  if (parts.length === 2 && catalog === "default_database") return database ?? "";
  return parts.join(".");
}

function planNamedTable(
  context: QueryContext,
  name: QualifiedName,
  hints: readonly HintOption[],
): Relation | PoisonedRelation {
  const { report } = context;
  const key = tableName(name);
  const common = context.commonTables.get(key);
  const entry = common === undefined ? context.catalog.find(key) : undefined;
  if (hints.length > 0 && entry?.kind !== "table" && (common !== undefined || entry !== undefined)) {
    const span = hints[0]?.span ?? name.span;
    report.error({ code: "HINT-PLACE", message: `"${key}" is no table: OPTIONS have no meaning for it`, span });
  }
  if (common !== undefined) {
    const relation = planSubquery({ ...common.context, depth: context.depth }, common.query);
    return isPoisoned(relation) ? relation : renameColumns(context, relation, common.columns);
  }
  if (entry === undefined) return unknownTable(context, key, name.span);
  switch (entry.kind) {
    case "poisoned":
      return POISONED;
    case "view":
      return planView(context, entry.view, name.span);
    case "materializedView":
      report.unsupported(
        `reading the materialized view "${key}" from another query`,
        name.span,
        "CREATE VIEW is a macro and can be read",
      );
      return POISONED;
    case "lateRows":
      return lateRelation(entry.table);
    case "deadLetters":
      return tableRelation(entry.table);
    case "table": {
      const table = hints.length === 0 ? entry.table : hintedTable(context, entry.table, hints);
      if (table.capabilities.source || table.capabilities.errors.length > 0) return tableRelation(table);
      const message = `table "${key}" can only be written to: its connector reads nothing`;
      report.error({ code: "NOT-A-SOURCE", message, span: name.span });
      return POISONED;
    }
  }
}

function unknownTable(context: QueryContext, name: string, span: Span): PoisonedRelation {
  if (context.incomplete) return POISONED;
  const names = [...context.commonTables.keys(), ...context.catalog.names];
  const hint = suggest(name, names, "tables are") ?? "CREATE TABLE comes before the queries that use it";
  context.report.error({ code: "UNKNOWN-TABLE", message: `there is no table "${name}"`, span, hint });
  return POISONED;
}

/** A hint's options go over the table's. */
export function hintedTable(
  context: Pick<QueryContext, "report" | "connectors">,
  table: CatalogTable,
  hints: readonly HintOption[],
): CatalogTable {
  checkLateHint(context.report, table, hints);
  checkDeadLetterHint(context.report, hints);
  const written = hints.map(({ key, value, span }): OptionText => ({ key, value, keySpan: span, valueSpan: span }));
  const given = uniqueOptions(context.report, written);
  const kept = table.request.options.filter(({ key }) => !given.some((option) => option.key === key));
  const hinted = table.withOptions([...kept, ...given], (request) => context.connectors.checkTable(request));
  // The CREATE TABLE has said its own errors.
  if (table.capabilities.errors.length === 0) context.report.addAll(hinted.capabilities.errors);
  return hinted;
}

/** Written out in place, with the names it was made with. Its own errors were reported where it was made. */
function planView(context: QueryContext, view: CatalogView, span: Span): Relation | PoisonedRelation {
  if (view.poisoned) return POISONED;
  const report = new Reporter();
  const inner: QueryContext = { ...context, report, catalog: view.scope, commonTables: new Map() };
  const relation = planSubquery(inner, view.query);
  const first = report.errors[0];
  if (first !== undefined) {
    const message = `view "${view.name}" cannot be used here: ${first.message}`;
    context.report.error({ code: first.code, message, span, hint: first.hint });
    return POISONED;
  }
  return isPoisoned(relation) ? relation : renameColumns(context, relation, view.columns);
}

function renamed(
  context: QueryContext,
  relation: Relation | PoisonedRelation,
  alias: TableAlias | null,
  name: string | null,
): FromItem {
  if (alias === null) return { relation, alias: name };
  if (isPoisoned(relation)) return { relation, alias: alias.name.name };
  return { relation: renameColumns(context, relation, alias.columns), alias: alias.name.name };
}

/** `AS t (a, b)`, `WITH t (a, b)`, `CREATE VIEW t (a, b)`: all columns or none. */
export function renameColumns(
  context: Pick<QueryContext, "report">,
  relation: Relation,
  names: readonly Pick<Identifier, "name" | "span">[],
): Relation {
  const [first] = names;
  if (first === undefined) return relation;
  if (names.length !== relation.columns.length) {
    const message = `${names.length} names are given for ${relation.columns.length} columns`;
    context.report.error({ code: "COLUMN-COUNT", message, span: first.span, hint: "name every column, or none" });
  }
  const columns = relation.columns.map((column, i) => ({ ...column, name: names[i]?.name ?? column.name }));
  return { ...relation, columns };
}
