/** A view of windowed counts, and its rows as plain arrays. */
import type { Schema } from "../../src/core/type.ts";
import { type CellValue, cellReader } from "../../src/core/value.ts";
import { View, type ViewDefinition, type ViewRows } from "../../src/views/view.ts";

export const MINUTE = 60_000_000n;
export const schema: Schema = {
  fields: [
    { name: "window_start", type: { kind: "timestamp", precision: 3 }, nullable: false },
    { name: "page", type: { kind: "string" }, nullable: true },
    { name: "clicks", type: { kind: "bigint" }, nullable: false },
    { name: "share", type: { kind: "double" }, nullable: true },
  ],
};
export type Row = [bigint, string | null, bigint, number | null];

export function viewOf(overrides: Partial<ViewDefinition> = {}): View {
  return new View({ name: "pages", schema, primaryKey: null, transactional: false, ...overrides });
}

export function rowsOf(batch: ViewRows["batch"]): CellValue[][] {
  const readers = batch.columns.map((column, index) => cellReader(column, batch.schema.fields[index]?.type ?? never()));
  return Array.from({ length: batch.rows }, (_, row) => readers.map((read) => read(row)));
}

export function never(): never {
  throw new Error("one field a column");
}
