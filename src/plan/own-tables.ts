/**
 * Where the rows of tables go that a script names in options and the engine fills: late rows and dead letters. Under a name that the
 * script leaves free they are a view; a table of that name which it declares is written instead, and its columns, each by its name,
 * are held against those that there are.
 */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import { castTo } from "./cast.ts";
import type { Catalog, CatalogTable } from "./catalog.ts";
import type { NamedExpression } from "./plan.ts";
import type { PendingQuery } from "./plan-target.ts";
import type { Relation } from "./relation.ts";
import { type Reporter, suggest } from "./report.ts";
import { castsImplicitly, isNested } from "./type-rules.ts";

export interface OwnTable {
  readonly name: string;
  /** `late rows of clicks`, for people. */
  readonly label: string;
  readonly relation: Relation;
  /** Of the option that names it. */
  readonly span: Span;
}

/** Whether the name is free, or that of a declared table that is written instead; reports it when not. */
export function claimOwn(
  report: Reporter,
  catalog: Catalog,
  { name, span, from }: { readonly name: string; readonly span: Span; readonly from: CatalogTable },
): boolean {
  const known = catalog.find(name);
  if (known === undefined || known.kind === "poisoned" || (known.kind === "table" && known.table !== from)) return true;
  const hint = "a name that is free, or that of a table to write them into";
  report.error({ code: "DUPLICATE-NAME", message: `"${name}" exists already`, span, hint });
  return false;
}

/** Every column that is plain, served under the table's name. */
export function servedAsView({ name, label, relation }: OwnTable): PendingQuery {
  const outputs = relation.columns.flatMap(({ name: column, expression }) =>
    expression === null || isNested(expression.type) ? [] : [{ name: column, expression }],
  );
  return { label, relation, outputs, changes: null, target: () => ({ kind: "view", name, options: {} }) };
}

/** Null after an error. */
export function writtenInto(report: Reporter, sink: CatalogTable, own: OwnTable): PendingQuery | null {
  const { label, relation, span } = own;
  if (sink.capabilities.errors.length > 0) return null;
  if (!sink.capabilities.sink) {
    const message = `table "${sink.name}" can only be read: its connector writes nothing`;
    return report.error({ code: "NOT-A-SINK", message, span, hint: null });
  }
  const before = report.errors.length;
  const outputs = sink.columns.flatMap((column): NamedExpression[] => {
    if (column.source !== "physical" && (column.source !== "metadata" || column.virtual)) return [];
    const given = relation.columns.find(({ name }) => name === column.name)?.expression;
    if (given === null || sink.poisoned.has(column.name)) return [];
    if (given === undefined) {
      const message = `"${sink.name}" has a column "${column.name}", but ${label} have none of that name`;
      const names = relation.columns.map(({ name }) => name);
      report.error({ code: "UNKNOWN-COLUMN", message, span, hint: suggest(column.name, names, "columns are") });
      return [];
    }
    if (isNested(column.type) || !castsImplicitly(given.type, column.type)) {
      const message = `column "${column.name}" of "${sink.name}" is ${formatType(column.type)}, but ${label} have ${formatType(given.type)}`;
      report.error({ code: "INSERT-TYPE", message, span, hint: `declare it ${formatType(given.type)}` });
      return [];
    }
    return [{ name: column.name, expression: castTo(given, column.type) }];
  });
  if (report.errors.length > before) return null;
  return { label, relation, outputs, changes: null, target: () => ({ kind: "table", table: sink.definition() }) };
}
