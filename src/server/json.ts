/**
 * JSON text that keeps every digit: BIGINT and DECIMAL are JSON numbers written from their integers, never through a
 * double. Temporal values are their SQL text, bytes base64, NaN and infinities strings (JSON has no number for them).
 */
import type { Batch } from "../core/batch.ts";
import { opNames } from "../core/batch.ts";
import type { DataType, EpochMs } from "../core/type.ts";
import { type CellValue, cellReader, formatFloat, valueFormatter } from "../core/value.ts";
import type { ViewPosition } from "../views/view.ts";

/** Beyond what a Date can hold: the watermark of a source that will give no more rows. */
const END_OF_TIME_MS = 8.64e15;

/** ISO 8601 in UTC, `end` when no row will ever come again, null before the first. */
export function watermarkText(watermark: EpochMs | null): string | null {
  if (watermark === null) return null;
  return watermark > END_OF_TIME_MS || watermark < -END_OF_TIME_MS ? "end" : new Date(watermark).toISOString();
}

/** What an answer reflects, as members of a JSON object. */
export function positionOf(position: ViewPosition): Record<string, unknown> {
  return { watermark: watermarkText(position.watermark), epoch: position.epoch, sequence: position.sequence };
}

/** Data of an event that carries rows. */
export function rowsEvent(position: ViewPosition, batch: Batch, extra: Record<string, unknown> = {}): string {
  const envelope = toJson({ ...positionOf(position), ...extra, ops: opsOf(batch) ?? undefined });
  return `${envelope.slice(0, -1)},"rows":[${rowsToJson(batch).join(",")}]}`;
}

/** One JSON object a row, in column order. */
export function rowsToJson(batch: Batch): string[] {
  const { fields } = batch.schema;
  const writers = batch.columns.map((column, index) => {
    const { name, type } = fields[index] as { name: string; type: DataType };
    const read = cellReader(column, type);
    const format = valueFormatter(type);
    const prefix = `${index === 0 ? "" : ","}${JSON.stringify(name)}:`;
    return (row: number) => prefix + cellToJson(type, read(row), format);
  });
  return Array.from({ length: batch.rows }, (_, row) => {
    let text = "{";
    for (const write of writers) text += write(row);
    return `${text}}`;
  });
}

/** Flink's names of the rows' change kinds; null when all are inserts. */
function opsOf(batch: Batch): string[] | null {
  return batch.op === null ? null : Array.from(batch.op, (op) => opNames[op] ?? "+I");
}

function cellToJson(type: DataType, value: CellValue, format: (value: CellValue) => string): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "boolean":
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return String(value);
    case "double":
      return Number.isFinite(value) ? jsonNumber(value as number, String(value)) : `"${value}"`;
    case "float":
      return Number.isFinite(value) ? jsonNumber(value as number, formatFloat(value as number)) : `"${value}"`;
    case "decimal":
      return format(value);
    case "string":
    case "char":
    case "varchar":
      return JSON.stringify(value);
    case "bytes":
      return `"${(value as Uint8Array).toBase64()}"`;
    default:
      return JSON.stringify(format(value));
  }
}

function jsonNumber(value: number, text: string): string {
  return Object.is(value, -0) ? "-0.0" : text;
}

/** JSON of a plain value in which bigints become numbers and bytes base64. */
export function toJson(value: unknown): string {
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return `"${value.toBase64()}"`;
  if (Array.isArray(value)) return `[${value.map((item) => toJson(item)).join(",")}]`;
  if (typeof value === "object" && value !== null) {
    const members = Object.entries(value).filter(([, member]) => member !== undefined);
    return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${toJson(member)}`).join(",")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
