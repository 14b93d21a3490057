/**
 * The table of a table's late rows: `'late.table' = 'late_clicks'` in WITH. It has the declared columns and, behind them, what
 * refused the row. A row is in it once for every query whose windows refused it. It is served under its name like a view, and queries
 * may read it: each is then run by the kernel beside the windows that refuse, so only what it selects and filters is made.
 */
import type { Span } from "../core/error.ts";
import type { HintOption, Statement } from "../sql/tree.ts";
import type { Catalog, CatalogTable } from "./catalog.ts";
import { columnOf } from "./expression.ts";
import { claimOwn, type OwnTable } from "./own-tables.ts";
import type { LateColumn, TableColumn } from "./plan.ts";
import { type PoisonedRelation, type Relation, type RelationColumn, relationsBelow } from "./relation.ts";
import type { Reporter } from "./report.ts";
import { BIGINT, STRING, TIMESTAMP_3 } from "./type-rules.ts";

const OPTION = "late.table";

const added: readonly (TableColumn & { readonly key: LateColumn })[] = [
  { name: "window_start", type: TIMESTAMP_3, nullable: false, source: "late", key: "window_start" },
  { name: "window_end", type: TIMESTAMP_3, nullable: false, source: "late", key: "window_end" },
  { name: "refusing_watermark", type: TIMESTAMP_3, nullable: false, source: "late", key: "refusing_watermark" },
  { name: "lateness_ms", type: BIGINT, nullable: false, source: "late", key: "lateness_ms" },
  { name: "refused_by", type: STRING, nullable: false, source: "late", key: "refused_by" },
];

type CreateTable = Extract<Statement, { kind: "createTable" }>;

/** The columns that late rows have besides the declared ones; none where the table keeps no late rows. */
export function lateColumns(report: Reporter, node: CreateTable, declared: readonly TableColumn[]): TableColumn[] {
  const option = node.options.find(({ key }) => key === OPTION);
  if (option === undefined) return [];
  for (const { name } of added) {
    if (!declared.some((column) => column.name === name)) continue;
    const message = `the late rows of the table have a column "${name}" of their own`;
    const span = node.columns.find((column) => column.name.name === name)?.name.span ?? node.name.span;
    report.error({ code: "DUPLICATE-NAME", message, span, hint: "give the table's column another name" });
  }
  return [...added];
}

/** Enters the late rows of a new table under their name, if that is free. Null where it keeps none, and after an error. */
export function declareLateTable(report: Reporter, catalog: Catalog, table: CatalogTable): OwnTable | null {
  const option = table.request.options.find(({ key }) => key === OPTION);
  if (option === undefined || table.capabilities.errors.length > 0) return null;
  const { value: name, valueSpan: span } = option;
  if (table.watermark === null) {
    const message = `no row of "${table.name}" is ever late: it has no watermark`;
    const hint = "add WATERMARK FOR ts AS ts - INTERVAL '5' SECOND";
    return report.error({ code: "WATERMARK-MISSING", message, span, hint });
  }
  if (!claimOwn(report, catalog, { name, span, from: table })) return null;
  if (catalog.find(name) === undefined) catalog.set(name, { kind: "lateRows", table });
  return { name, label: `late rows of ${table.name}`, relation: lateRelation(table), span };
}

/** A hint makes another table of it, whose late rows would be others. */
export function checkLateHint(report: Reporter, table: CatalogTable, hints: readonly HintOption[]): void {
  const [first] = hints;
  const own = table.request.options.some(({ key }) => key === OPTION);
  if (first === undefined || (!own && !hints.some(({ key }) => key === OPTION))) return;
  const hint = "write the options into CREATE TABLE, or CREATE TABLE … LIKE another one";
  report.unsupported(`a hint on a table with '${OPTION}'`, first.span, hint);
}

export function lateRelation(table: CatalogTable): Relation {
  const columns = table.columns.flatMap((column, index): RelationColumn[] => {
    if (column.source === "nested" || column.source === "clock") return [];
    const expression = table.poisoned.has(column.name) ? null : columnOf(index, column.type, column.nullable);
    return [{ name: column.name, expression, rowtime: false, span: null }];
  });
  const empty = { results: null, filters: [], window: null, windowFilters: [], aggregation: null, having: [] };
  return { table, late: true, ...empty, columns };
}

/** Late rows are selected and filtered; nothing keeps state of them. False after an error. */
export function checkLateReader(report: Reporter, relation: Relation, span: Span): boolean {
  const read = relationsBelow(relation);
  const plain = relation.aggregation === null && relation.window === null;
  if ((relation.late === true && !plain) || read.some(({ late }) => late === true)) {
    const hint = "INSERT them into a table of a connector that can be read, and group there";
    report.unsupported("grouping, joins, windows or OVER on late rows", span, hint);
    return false;
  }
  return read.every((one) => checkLateReader(report, one, span));
}

/** Whether queries read the table in whatever way. */
export function readsFrom(relation: Relation | PoisonedRelation, table: CatalogTable): boolean {
  if ("poisoned" in relation) return false;
  const below = relationsBelow(relation);
  if (below.length > 0) return below.some((one) => readsFrom(one, table));
  return relation.table === table && relation.late !== true;
}
