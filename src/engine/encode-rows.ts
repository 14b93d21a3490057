/** How a sink's rows become bytes: JSON values, one object a line in files, and JSON keys where the table has key fields. */
import type { EncodeRows } from "../connectors/connector.ts";
import type { Batch } from "../core/batch.ts";
import { encodeJson } from "../formats/json-encode.ts";
import type { TableDefinition } from "../plan/plan.ts";
import { tableOptions } from "./connector-table.ts";
import { readRecordKeys } from "./record-keys.ts";
import { readKeySinkFormat, readSinkFormat } from "./table-options.ts";

export function createRowEncoder(table: TableDefinition): EncodeRows {
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
