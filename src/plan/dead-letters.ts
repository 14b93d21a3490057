/**
 * The table of records that gave no row: `'dead-letter.table' = 'bad_clicks'` in WITH. Several tables may name the same one. It is a
 * table of its own, whose rows the engine makes: it is served under its name like a view, and queries read it like any other table
 * that has no watermark.
 */

import type { HintOption } from "../sql/tree.ts";
import { type Catalog, CatalogTable, type OptionText } from "./catalog.ts";
import { claimOwn, type OwnTable } from "./own-tables.ts";
import type { TableColumn } from "./plan.ts";
import { tableRelation } from "./relation.ts";
import type { Reporter } from "./report.ts";
import { BIGINT, BYTES, STRING } from "./type-rules.ts";

const OPTION = "dead-letter.table";
/** No script can name it: the engine alone makes its rows. */
export const DEAD_LETTERS = "dead-letters";

const text = (name: string, nullable = false): TableColumn => ({ name, type: STRING, nullable, source: "physical" });
const number = (name: string): TableColumn => ({ name, type: BIGINT, nullable: false, source: "physical" });

/** In the order in which SELECT * gives them. */
export const deadLetterColumns: readonly TableColumn[] = [
  text("source_table"),
  text("topic"),
  number("record_partition"),
  number("record_offset"),
  text("reason"),
  text("column_name", true),
  text("refused_by", true),
  { name: "record", type: BYTES, nullable: true, source: "physical" },
];

/**
 * Enters the dead letters of a new table under their name, if that is free. Null where it keeps none, where another table named them
 * before, and after an error.
 */
export function declareDeadLetters(
  report: Reporter,
  catalog: Catalog,
  { table, known }: { readonly table: CatalogTable; readonly known: readonly OwnTable[] },
): OwnTable | null {
  const option = table.request.options.find(({ key }) => key === OPTION);
  if (option === undefined || table.capabilities.errors.length > 0) return null;
  const { value: name, valueSpan: span } = option;
  const label = `dead letters ${name}`;
  if (known.some((own) => own.name === name && own.label === label)) return null;
  if (!claimOwn(report, catalog, { name, span, from: table })) return null;
  const letters = deadLetterTable(name, option);
  if (catalog.find(name) === undefined) catalog.set(name, { kind: "deadLetters", table: letters });
  return { name, label, relation: tableRelation(letters), span };
}

function deadLetterTable(name: string, { valueSpan }: OptionText): CatalogTable {
  const connector = { key: "connector", value: DEAD_LETTERS, keySpan: valueSpan, valueSpan };
  const columns = deadLetterColumns;
  const request = { name, span: valueSpan, columns, primaryKey: [], partitionedBy: [], options: [connector] };
  const capabilities = { errors: [], source: true, sink: false, acceptsUpdates: false, metadata: [] };
  return new CatalogTable({ request, columns, capabilities, poisoned: new Set() });
}

/** A hint cannot name a table that the script does not have. */
export function checkDeadLetterHint(report: Reporter, hints: readonly HintOption[]): void {
  const hint = hints.find(({ key }) => key === OPTION);
  if (hint === undefined) return;
  report.unsupported(`'${OPTION}' in a hint`, hint.span, "write it into WITH (…) of CREATE TABLE");
}
