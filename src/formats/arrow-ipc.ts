/**
 * Batches as an Arrow IPC stream (https://arrow.apache.org/docs/format/Columnar.html, "IPC Streaming Format"), through
 * apache-arrow. Our buffers already have Arrow's layout, so `makeData` takes them as they are. `op` is not written.
 */
import {
  Schema as ArrowSchema,
  type DataType as ArrowType,
  Binary,
  Bool,
  type Data,
  DateDay,
  Decimal,
  DurationMillisecond,
  Field,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  IntervalYearMonth,
  makeData,
  Null,
  RecordBatch,
  RecordBatchStreamWriter,
  Struct,
  TimeMillisecond,
  TimestampMicrosecond,
  TimestampNanosecond,
  Utf8,
} from "apache-arrow";
import type { Batch, Column } from "../core/batch.ts";
import { assert } from "../core/error.ts";
import type { DataType, Schema } from "../core/type.ts";
import { fixedValues } from "../core/value.ts";

/** Arrow's type for ours. INTERVAL DAY is a duration in milliseconds; DECIMAL is decimal128. */
export function arrowType(type: DataType): ArrowType {
  switch (type.kind) {
    case "boolean":
      return new Bool();
    case "tinyint":
      return new Int8();
    case "smallint":
      return new Int16();
    case "int":
      return new Int32();
    case "bigint":
      return new Int64();
    case "float":
      return new Float32();
    case "double":
      return new Float64();
    case "decimal":
      return new Decimal(type.scale, type.precision, 128);
    case "string":
    case "char":
    case "varchar":
      return new Utf8();
    case "bytes":
      return new Binary();
    case "date":
      return new DateDay();
    case "time":
      return new TimeMillisecond();
    case "timestamp":
      return type.precision > 6 ? new TimestampNanosecond() : new TimestampMicrosecond();
    case "timestamp_ltz":
      return type.precision > 6 ? new TimestampNanosecond("UTC") : new TimestampMicrosecond("UTC");
    case "interval_day":
      return new DurationMillisecond();
    case "interval_month":
      return new IntervalYearMonth();
    case "null":
      return new Null();
    default:
      throw new TypeError(`a column of type ${type.kind} has no Arrow form yet`);
  }
}

export function arrowSchema(schema: Schema): ArrowSchema {
  return new ArrowSchema(schema.fields.map((field) => new Field(field.name, arrowType(field.type), field.nullable)));
}

/** One record batch per batch, all of `schema`; none at all gives a stream that holds the schema. */
export function encodeArrowStream(schema: Schema, batches: readonly Batch[]): Uint8Array {
  const fields = arrowSchema(schema);
  const writer = new RecordBatchStreamWriter();
  writer.reset(undefined, fields);
  for (const batch of batches) writer.write(recordBatch(fields, batch));
  writer.finish();
  return writer.toUint8Array(true);
}

function recordBatch(fields: ArrowSchema, batch: Batch): RecordBatch {
  const children = batch.columns.map((column, index) => {
    const field = batch.schema.fields[index];
    assert(field !== undefined, "a batch has one field a column");
    return columnData(column, field.type, batch.rows);
  });
  const struct = makeData({ type: new Struct(fields.fields), length: batch.rows, nullCount: 0, children });
  return new RecordBatch(fields, struct);
}

function columnData(column: Column, type: DataType, rows: number): Data {
  if (type.kind === "null") return makeData({ type: new Null(), length: rows });
  const base = { type: arrowType(type), length: rows, ...nulls(column, rows) };
  if (column.offsets !== null) return makeData({ ...base, valueOffsets: column.offsets, data: column.values } as never);
  return makeData({ ...base, data: arrowValues(column, type) } as never);
}

function nulls(column: Column, rows: number): { nullCount: number; nullBitmap: Uint8Array | null } {
  if (column.validity === null) return { nullCount: 0, nullBitmap: null };
  let present = 0;
  for (let row = 0; row < rows; row++) present += ((column.validity[row >> 3] as number) >> (row & 7)) & 1;
  return { nullCount: rows - present, nullBitmap: column.validity };
}

function arrowValues(column: Column, type: DataType): ArrayBufferView {
  if (type.kind === "boolean") return column.values;
  if (type.kind !== "decimal") return fixedValues(column, type);
  const bytes = column.values.byteOffset % 4 === 0 ? column.values : column.values.slice();
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength >> 2);
}
