/** Which columns of a table must be read so that some of them are known. */
import { collectColumns } from "./expression.ts";
import type { TableDefinition } from "./plan.ts";

/**
 * `wanted` and everything they are made from, ascending: what computed columns read, and what those read. A nested column
 * is read by its own path, so its ROW is not among them.
 */
export function columnsToRead(table: Pick<TableDefinition, "columns">, wanted: Iterable<number>): number[] {
  const found = new Set<number>();
  const pending = [...wanted];
  for (let index = pending.pop(); index !== undefined; index = pending.pop()) {
    if (found.has(index)) continue;
    found.add(index);
    const column = table.columns[index];
    if (column?.source !== "computed") continue;
    const inputs = new Set<number>();
    collectColumns(column.expression, inputs);
    pending.push(...inputs);
  }
  return ascending(found);
}

/** The time attribute and what its WATERMARK expression reads; empty without a watermark. */
export function watermarkColumns(table: Pick<TableDefinition, "watermark">): number[] {
  if (table.watermark === null) return [];
  const found = new Set([table.watermark.column]);
  collectColumns(table.watermark.expression, found);
  return ascending(found);
}

export function ascending(indices: Iterable<number>): number[] {
  return [...new Set(indices)].sort((a, b) => a - b);
}
