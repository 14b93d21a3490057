/**
 * Batches made from rows of JavaScript values, for sources that make rows one by one and for tests. Each column is built
 * in the Arrow layout `value.ts` reads; buffers are fresh and belong to the batch.
 */
import type { Batch, Column } from "./batch.ts";
import { assert } from "./error.ts";
import type { DataType, EpochMs, Schema } from "./type.ts";
import { type CellValue, cellWidth, hasOffsets, valuesBytes } from "./value.ts";

export type RowValues = readonly CellValue[];

export interface BatchAttributes {
  /** One Op a row; absent = every row is an insert. */
  readonly op?: Uint8Array | null;
  readonly watermark?: EpochMs | null;
  readonly epoch?: number;
}

/** Integers may be given as number or bigint; strings as text or UTF-8; the unit is the one the type is kept in. */
export function batchFromRows(schema: Schema, rows: readonly RowValues[], attributes: BatchAttributes = {}): Batch {
  const { op = null, watermark = null, epoch = 0 } = attributes;
  assert(op === null || op.length === rows.length, "one op a row");
  for (const row of rows) assert(row.length === schema.fields.length, "one value a field in every row");
  const columns = schema.fields.map((field, index) =>
    columnFromValues(
      field.type,
      rows.map((row) => row[index] as CellValue),
    ),
  );
  return { schema, rows: rows.length, columns, op, watermark, epoch };
}

export function columnFromValues(type: DataType, values: readonly CellValue[]): Column {
  const validity = validityOf(values);
  if (hasOffsets(type)) return { validity, ...variableColumn(values) };
  return { validity, offsets: null, values: fixedColumn(type, values) };
}

function validityOf(values: readonly CellValue[]): Uint8Array | null {
  if (!values.includes(null)) return null;
  const bits = new Uint8Array((values.length + 7) >>> 3);
  values.forEach((value, row) => {
    if (value !== null) bits[row >> 3] = (bits[row >> 3] as number) | (1 << (row & 7));
  });
  return bits;
}

const utf8 = new TextEncoder();

function variableColumn(values: readonly CellValue[]): { offsets: Int32Array; values: Uint8Array } {
  const parts = values.map((value) => {
    if (value === null) return new Uint8Array(0);
    if (value instanceof Uint8Array) return value;
    assert(typeof value === "string", "strings and bytes are given as text or Uint8Array");
    return utf8.encode(value);
  });
  const offsets = new Int32Array(values.length + 1);
  let end = 0;
  parts.forEach((part, row) => {
    end += part.length;
    assert(end <= 0x7fffffff, "the strings of a batch fit in 2 GiB");
    offsets[row + 1] = end;
  });
  const bytes = new Uint8Array(end);
  parts.forEach((part, row) => {
    bytes.set(part, offsets[row]);
  });
  return { offsets, values: bytes };
}

function fixedColumn(type: DataType, values: readonly CellValue[]): Uint8Array {
  const bytes = new Uint8Array(valuesBytes(type, values.length));
  const view = new DataView(bytes.buffer);
  const width = cellWidth(type);
  values.forEach((value, row) => {
    if (value === null) return;
    if (type.kind === "boolean") {
      assert(typeof value === "boolean", "booleans are given as true and false");
      if (value) bytes[row >> 3] = (bytes[row >> 3] as number) | (1 << (row & 7));
      return;
    }
    assert(typeof value === "number" || typeof value === "bigint", `a ${type.kind} is given as number or bigint`);
    writeNumber(view, { type, at: row * width }, value);
  });
  return bytes;
}

function writeNumber(view: DataView, cell: { type: DataType; at: number }, value: number | bigint): void {
  switch (cell.type.kind) {
    case "float":
      view.setFloat32(cell.at, Number(value), true);
      return;
    case "double":
      view.setFloat64(cell.at, Number(value), true);
      return;
    case "decimal": {
      const unscaled = BigInt(value);
      view.setBigUint64(cell.at, BigInt.asUintN(64, unscaled), true);
      view.setBigInt64(cell.at + 8, BigInt.asIntN(64, unscaled >> 64n), true);
      return;
    }
    default:
      writeInteger(view, cell, BigInt(value));
  }
}

function writeInteger(view: DataView, cell: { type: DataType; at: number }, value: bigint): void {
  const width = cellWidth(cell.type);
  if (width === 0) assert(false, `a ${cell.type.kind} has no cell in a batch column`);
  if (BigInt.asIntN(width * 8, value) !== value) assert(false, `${value} fits in a ${cell.type.kind}`);
  if (width === 8) view.setBigInt64(cell.at, value, true);
  else if (width === 4) view.setInt32(cell.at, Number(value), true);
  else if (width === 2) view.setInt16(cell.at, Number(value), true);
  else view.setInt8(cell.at, Number(value));
}
