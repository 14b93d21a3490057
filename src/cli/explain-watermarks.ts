/**
 * `explain --watermark`: for every table that is read, where its event time comes from, what may hold its watermark back, and which
 * queries wait for it. From the plan alone: who holds it back at this moment is told by a running job, at `/v1/jobs/1/watermarks`.
 */
import { formatDuration } from "../core/duration.ts";
import { connectorOf } from "../engine/registry.ts";
import { readSourceFormats, readSourceSettings } from "../engine/table-options.ts";
import { inputsOf } from "../plan/inputs.ts";
import type { Plan, PlanNode, TableDefinition } from "../plan/plan.ts";
import { printExpression } from "../plan/print-expression.ts";

/** One paragraph a table, each line ended; empty when nothing is read. */
export function explainWatermarks(plan: Plan): string {
  const readers = new Map<string, { readonly table: TableDefinition; readonly queries: string[] }>();
  for (const query of plan.queries) {
    for (const table of scannedTables(query.root)) {
      const key = JSON.stringify([table.name, table.options]);
      const reader = readers.get(key) ?? { table, queries: [] };
      const line = `${query.label}: ${waitsFor(query.root)}`;
      if (!reader.queries.includes(line)) reader.queries.push(line);
      readers.set(key, reader);
    }
  }
  return [...readers.values()]
    .map(({ table, queries }) => {
      const lines = [table.name, ...watermarkLines(table, plan.settings), ...queries.map((query) => `  ${query}`)];
      return `${lines.join("\n")}\n`;
    })
    .join("\n");
}

function scannedTables(node: PlanNode): readonly TableDefinition[] {
  return node.kind === "scan" ? [node.table] : inputsOf(node).flatMap(scannedTables);
}

function waitsFor(node: PlanNode): string {
  if (node.kind === "windowAggregate") return "rows of a window come when the watermark reaches its end";
  if (node.kind === "groupAggregate") return "rows change as others are read: nothing waits for the watermark";
  const [input] = inputsOf(node);
  return input === undefined ? "rows come as they are read" : waitsFor(input);
}

function watermarkLines(table: TableDefinition, settings: Plan["settings"]): string[] {
  const { watermark } = table;
  if (watermark === null) return ["  no watermark: this table has no event time"];
  const { idleTimeoutMs, maxDriftMs } = readSourceSettings(table, settings);
  const { maxAheadMs } = readSourceFormats(table, settings, connectorOf(table).format === "json");
  const time = table.columns[watermark.column]?.name ?? "";
  return [
    `  event time: ${time}; watermark: ${printExpression(watermark.expression, { fields: table.columns })}`,
    "  the lowest of its partitions counts: one that lags, is paused or cannot be reached holds it back",
    idleTimeoutMs === 0
      ? "  a silent partition holds it back for ever ('scan.watermark.idle-timeout' = '0')"
      : `  a partition read to its end holds it back no more after ${formatDuration(idleTimeoutMs)} of silence`,
    ...(maxAheadMs === null
      ? []
      : [`  a row more than ${formatDuration(maxAheadMs)} ahead of its record's timestamp does not move it`]),
    ...(maxDriftMs === 0
      ? []
      : [`  a partition more than ${formatDuration(maxDriftMs)} ahead of the slowest is paused`]),
  ];
}
