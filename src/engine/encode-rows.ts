/**
 * How a sink's rows become bytes: JSON values, one object a line in files, JSON keys where the table has key fields, and beside
 * them what goes into records as metadata.
 */
import type { EncodeRows } from "../connectors/connector.ts";
import type { Batch, Column } from "../core/batch.ts";
import { EngineError, ExitCode } from "../core/error.ts";
import { encodeJson } from "../formats/json-encode.ts";
import type { TableDefinition } from "../plan/plan.ts";
import { tableOptions } from "./connector-table.ts";
import { readRecordKeys } from "./record-keys.ts";
import { readKeySinkFormat, readSinkFormat } from "./table-options.ts";

export function createRowEncoder(table: TableDefinition): EncodeRows {
  const time = table.columns.find(
    (column) => column.source === "metadata" && !column.virtual && column.key === "timestamp",
  );
  const encode = createRecordEncoder(table);
  if (time === undefined) return encode;
  return (batch) => {
    const at = batch.schema.fields.findIndex(({ name }) => name === time.name);
    const column = batch.columns[at];
    const rows = encode(pickColumns(batch, (name) => (name === time.name ? null : name)));
    if (column === undefined) return rows;
    return { ...rows, timestamps: recordTimes(column, { rows: batch.rows, name: time.name, table: table.name }) };
  };
}

function createRecordEncoder(table: TableDefinition): EncodeRows {
  const from = tableOptions(table);
  const format = { ...readSinkFormat(from), newline: table.options.connector === "filesystem" };
  const keys = readRecordKeys(from, table.columns);
  if (keys.fields.size === 0) return (batch) => ({ ...encodeJson(batch, format), keyBytes: null, keyOffsets: null });
  const keyFormat = readKeySinkFormat(from);
  return (batch) => {
    const key = encodeJson(
      pickColumns(batch, (name) => keys.fields.get(name) ?? null),
      keyFormat,
    );
    const value = keys.inValue ? batch : pickColumns(batch, (name) => (keys.fields.has(name) ? null : name));
    return { ...encodeJson(value, format), keyBytes: key.bytes, keyOffsets: key.offsets };
  };
}

/** The columns that `rename` gives a name. */
function pickColumns(batch: Batch, rename: (name: string) => string | null): Batch {
  const picked = batch.schema.fields.flatMap((field, index) => {
    const name = rename(field.name);
    const column = batch.columns[index];
    return name === null || column === undefined ? [] : [{ field: { ...field, name }, column }];
  });
  return {
    ...batch,
    schema: { fields: picked.map(({ field }) => field) },
    columns: picked.map(({ column }) => column),
  };
}

const US_PER_MS = 1000n;

/** Microseconds, floored to ms. NULL is the time of sending, as with Flink; Kafka knows no time before 1970. */
function recordTimes(
  { values, validity }: Column,
  { rows, name, table }: { readonly rows: number; readonly name: string; readonly table: string },
): BigInt64Array {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  const times = new BigInt64Array(rows);
  for (let row = 0; row < rows; row++) {
    if (validity !== null && ((validity[row >>> 3] ?? 0) & (1 << (row & 7))) === 0) continue;
    const us = view.getBigInt64(row * 8, true);
    if (us < US_PER_MS) throw earlyTime(table, name);
    times[row] = us / US_PER_MS;
  }
  return times;
}

function earlyTime(table: string, name: string): EngineError {
  return new EngineError(`table "${table}": a value of "${name}" does not lie after 1970-01-01 00:00:00 UTC`, {
    domain: "user",
    code: "RECORD-TIME",
    exitCode: ExitCode.checkFailed,
    hint: `the column is the record's timestamp in Kafka; leave such rows out with WHERE, or declare it METADATA VIRTUAL`,
  });
}
