/**
 * Options of the json format as one plain value. Names and meaning follow Flink's json format; `json.validation` is ours. What
 * is read goes into the kernel's decoder (`kernel/encode-json.ts`), what is written into `json-encode.ts`.
 */
import { EngineError, ExitCode } from "../core/error.ts";

/** How timestamps are read; see `JsonDecodeProgram`. Written in SQL style unless ISO-8601 is asked for. */
export type JsonTimestampFormat = "lenient" | "SQL" | "ISO-8601";

export interface JsonFormat {
  /** full: refuse exactly what JSON.parse refuses. projected: check only what is read. */
  readonly validation: "full" | "projected";
  readonly ignoreParseErrors: boolean;
  readonly failOnMissingField: boolean;
  readonly timestampFormat: JsonTimestampFormat;
  /** Writes DECIMAL without an exponent. */
  readonly decimalAsPlainNumber: boolean;
  /** Leaves NULL columns out of the object. */
  readonly ignoreNullFields: boolean;
}

/** WITH options of a table whose format is json, and the table's name for messages. */
export interface JsonOptionSource {
  readonly table: string;
  readonly options: Readonly<Record<string, string>>;
}

export const jsonOptionNames: readonly string[] = [
  "json.ignore-parse-errors",
  "json.fail-on-missing-field",
  "json.timestamp-format.standard",
  "json.validation",
  "json.encode.decimal-as-plain-number",
  "json.encode.ignore-null-fields",
  "json.map-null-key.mode",
  "json.map-null-key.literal",
];

/** Reads `prefix` + each of `jsonOptionNames` ("value.", "key." or ""). Throws EngineError naming the option. */
export function readJsonFormat(from: JsonOptionSource, prefix = ""): JsonFormat {
  const read = reader(from, prefix);
  const ignoreParseErrors = read.boolean("json.ignore-parse-errors");
  const failOnMissingField = read.boolean("json.fail-on-missing-field");
  if (ignoreParseErrors && failOnMissingField) {
    const both = `options "${prefix}json.ignore-parse-errors" and "${prefix}json.fail-on-missing-field" are both true`;
    throw jsonOptionError(from, both, "set one of them to 'false'");
  }
  const standard = read.choice("json.timestamp-format.standard", ["SQL", "ISO-8601"]);
  read.choice("json.map-null-key.mode", ["FAIL", "DROP", "LITERAL"]);
  return {
    validation: read.choice("json.validation", ["full", "projected"]) ?? "full",
    ignoreParseErrors,
    failOnMissingField,
    // Both options mean that the table was written for Flink, whose default is SQL.
    timestampFormat: standard ?? (ignoreParseErrors ? "SQL" : "lenient"),
    decimalAsPlainNumber: read.boolean("json.encode.decimal-as-plain-number"),
    ignoreNullFields: read.boolean("json.encode.ignore-null-fields"),
  };
}

function reader(from: JsonOptionSource, prefix: string) {
  const text = (name: string): string | null =>
    Object.hasOwn(from.options, prefix + name) ? (from.options[prefix + name] as string) : null;
  const choice = <T extends string>(name: string, choices: readonly T[]): T | null => {
    const given = text(name);
    if (given === null) return null;
    const chosen = choices.find((value) => value.toLowerCase() === given.trim().toLowerCase());
    if (chosen !== undefined) return chosen;
    throw jsonOptionError(from, `option "${prefix}${name}" is "${given}"`, `it takes ${choices.join(" or ")}`);
  };
  return { choice, boolean: (name: string) => choice(name, ["true", "false"]) === "true" };
}

function jsonOptionError(from: JsonOptionSource, message: string, hint: string): EngineError {
  return new EngineError(`table "${from.table}": ${message}`, {
    domain: "user",
    code: "TABLE-OPTION",
    exitCode: ExitCode.configuration,
    hint,
  });
}
