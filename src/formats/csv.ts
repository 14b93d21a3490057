/**
 * A batch as CSV after RFC 4180: a header line, rows ended by CRLF, a field quoted when it holds a comma, a quote, a line
 * break or a blank at an end. NULL is an empty field; an empty string is `""`, so the two stay apart. Values have their SQL
 * text, bytes are base64 (as Flink's csv format writes them).
 */
import type { Batch } from "../core/batch.ts";
import type { DataType } from "../core/type.ts";
import { type CellValue, cellReader, valueFormatter } from "../core/value.ts";

const NEEDS_QUOTES = /[",\r\n]|^[ \t]|[ \t]$|^$/;
const LINE_END = "\r\n";
/** Rows joined before they are encoded, to bound the text held at once. */
const ROWS_PER_CHUNK = 4096;

const utf8 = new TextEncoder();

/** Header and rows; `op` is not written. */
export function encodeCsv(batch: Batch): Uint8Array {
  const { fields } = batch.schema;
  const chunks = [utf8.encode(fields.map((field) => quote(field.name)).join(",") + LINE_END)];
  const readers = batch.columns.map((column, index) => {
    const type = fields[index]?.type as DataType;
    const read = cellReader(column, type);
    const format = valueFormatter(type);
    return (row: number) => csvField(read(row), format);
  });
  for (let start = 0; start < batch.rows; start += ROWS_PER_CHUNK) {
    const end = Math.min(batch.rows, start + ROWS_PER_CHUNK);
    let text = "";
    for (let row = start; row < end; row++) text += readers.map((read) => read(row)).join(",") + LINE_END;
    chunks.push(utf8.encode(text));
  }
  return Buffer.concat(chunks);
}

function csvField(value: CellValue, format: (value: CellValue) => string): string {
  if (value === null) return "";
  if (value instanceof Uint8Array) return value.length === 0 ? '""' : value.toBase64();
  return quote(format(value));
}

function quote(text: string): string {
  return NEEDS_QUOTES.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
