/**
 * Which columns of a Kafka table are in a record's key, by Flink's options: key.format, key.fields, key.fields-prefix,
 * value.fields-include. With ALL (the default) the value holds every column and is what a source reads; the key is written by
 * sinks only.
 */
import { optionError, readText, type TableOptions } from "../connectors/options.ts";
import type { TableColumn } from "../plan/plan.ts";
import { nearest } from "../sql/suggest.ts";

export const keyOptionNames: readonly string[] = [
  "key.format",
  "key.fields",
  "key.fields-prefix",
  "value.fields-include",
];

export interface RecordKeys {
  /** Column name → field name in the key. Empty = records have no key of ours. */
  readonly fields: ReadonlyMap<string, string>;
  /** Whether the value holds the key's columns too. */
  readonly inValue: boolean;
}

/** Throws EngineError (74). `columns` are the table's. */
export function readRecordKeys(from: TableOptions, columns: readonly TableColumn[]): RecordKeys {
  const include = readText(from, "value.fields-include") ?? "ALL";
  if (include !== "ALL" && include !== "EXCEPT_KEY") {
    throw optionError(from, `option "value.fields-include" is "${include}"`, "it takes ALL or EXCEPT_KEY");
  }
  const names = readText(from, "key.fields");
  const format = readText(from, "key.format");
  const prefix = readText(from, "key.fields-prefix") ?? "";
  if ((names === null) !== (format === null)) {
    const missing = names === null ? "key.fields" : "key.format";
    throw optionError(from, `option "${missing}" is missing`, "'key.format' and 'key.fields' go together");
  }
  if (prefix !== "" && include === "ALL") {
    throw optionError(from, 'option "key.fields-prefix" has no effect', "add 'value.fields-include' = 'EXCEPT_KEY'");
  }
  const fields = (names ?? "").split(";").filter((name) => name !== "");
  return {
    fields: new Map(fields.map((name) => [name, keyField(from, { name, prefix, columns })])),
    inValue: include === "ALL",
  };
}

function keyField(
  from: TableOptions,
  { name, prefix, columns }: { name: string; prefix: string; columns: readonly TableColumn[] },
): string {
  const physical = columns.filter((column) => column.source === "physical").map((column) => column.name);
  if (!physical.includes(name)) {
    const close = nearest(name, physical);
    const hint = close === null ? `columns: ${physical.join(", ")}` : `did you mean "${close}"?`;
    throw optionError(from, `option "key.fields" names "${name}", which is no column`, hint);
  }
  if (name.startsWith(prefix)) return name.slice(prefix.length);
  throw optionError(from, `option "key.fields" names "${name}"`, `it begins with 'key.fields-prefix', "${prefix}"`);
}
