/**
 * The table of records that gave no row: `'dead-letter.table' = 'bad_clicks'` in WITH. Several tables may name the same one. It is a
 * table of its own, whose rows the engine makes: it is served under its name like a view, and queries read it like any other table
 * that has no watermark.
 */

import type { HintOption } from "../sql/tree.ts";
import { type Catalog, CatalogTable, type OptionText } from "./catalog.ts";
import type { TableColumn } from "./plan.ts";
import type { PendingQuery } from "./plan-target.ts";
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

/** Enters the dead letters of a new table under their name. */
export function declareDeadLetters(report: Reporter, catalog: Catalog, table: CatalogTable): void {
  const option = table.request.options.find(({ key }) => key === OPTION);
  if (option === undefined || table.capabilities.errors.length > 0) return;
  const name = option.value;
  const known = catalog.find(name);
  if (known?.kind === "deadLetters") return;
  if (known !== undefined) {
    const hint =
      "the table of dead letters is made by its name alone; INSERT INTO … SELECT … FROM it writes its rows elsewhere";
    report.error({ code: "DUPLICATE-NAME", message: `"${name}" exists already`, span: option.valueSpan, hint });
    return;
  }
  catalog.set(name, { kind: "deadLetters", table: deadLetterTable(name, option) });
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

/** The view under the table's name. */
export function deadLetterView(name: string, table: CatalogTable): PendingQuery {
  const relation = tableRelation(table);
  const outputs = relation.columns.flatMap(({ name: column, expression }) =>
    expression === null ? [] : [{ name: column, expression }],
  );
  return {
    label: `dead letters ${name}`,
    relation,
    outputs,
    changes: null,
    target: () => ({ kind: "view", name, options: {} }),
  };
}
