/** The cells of a batch as text, column by column, ready to be laid out. */
import { type Batch, opNames } from "../../core/batch.ts";
import type { DataType } from "../../core/type.ts";
import { cellReader, formatValue } from "../../core/value.ts";
import { safeText } from "./safe-text.ts";

/** Cell texts by column, then row. NULL is `null`, as Flink prints it. */
export function cellTexts(batch: Batch): string[][] {
  return batch.columns.map((column, index) => {
    const type = batch.schema.fields[index]?.type as DataType;
    const read = cellReader(column, type);
    return Array.from({ length: batch.rows }, (_, row) => {
      const value = read(row);
      return value === null ? "null" : safeText(formatValue(type, value));
    });
  });
}

/** `+I`, `-U`, `+U` or `-D`. */
export function opText(batch: Batch, row: number): string {
  return opNames[batch.op?.[row] ?? 0] as string;
}

/** Whether the batch says more than "these rows are new". */
export function hasChanges(batch: Batch): boolean {
  return batch.op?.some((op) => op !== 0) ?? false;
}
