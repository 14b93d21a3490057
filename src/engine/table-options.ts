/**
 * Options every source table has, whatever its connector: watermark idleness and alignment, bad rows, late rows, and the
 * format. Read from WITH (…) first, then from SET.
 */

import { settingChoice, settingMs } from "../config/options.ts";
import { optionError, readDuration, readText, type TableOptions } from "../connectors/options.ts";
import { type JsonFormat, jsonOptionNames, readJsonFormat } from "../formats/json.ts";
import type { TableDefinition } from "../plan/plan.ts";
import type { BadRowPolicy } from "./bad-rows.ts";
import type { DecodeFormat, SourceFormats } from "./compile-source.ts";
import { tableOptions } from "./connector-table.ts";
import { keyOptionNames, readRecordKeys } from "./record-keys.ts";

const DEFAULT_MAX_AHEAD_MS = 86_400_000;

export const commonOptionNames: readonly string[] = [
  "scan.watermark.idle-timeout",
  "scan.watermark.max-ahead",
  "scan.watermark.alignment.max-drift",
  "bad-row.policy",
  "dead-letter.table",
  "late.policy",
  "late.allowed",
  "late.table",
  "late.judged-by",
];

export interface SourceSettings {
  readonly idleTimeoutMs: number;
  readonly maxDriftMs: number;
  readonly badRows: BadRowPolicy;
  /** Name of the table that bad rows go to. */
  readonly deadLetterTable: string | null;
}

type Settings = Readonly<Record<string, string>>;

export function readSourceSettings(
  table: Pick<TableDefinition, "name" | "options">,
  settings: Settings,
): SourceSettings {
  const from = tableOptions(table);
  checkLateOptions(from);
  const idle = readDuration(from, "scan.watermark.idle-timeout");
  return {
    idleTimeoutMs: idle ?? settingMs(settings, "table.exec.source.idle-timeout"),
    maxDriftMs: readDuration(from, "scan.watermark.alignment.max-drift") ?? 0,
    badRows: readBadRowPolicy(from),
    deadLetterTable: readName(from, "dead-letter.table"),
  };
}

function readBadRowPolicy(from: TableOptions): BadRowPolicy {
  const policy = readChoice(from, "bad-row.policy", ["fail", "skip", "dead-letter"]);
  const table = readName(from, "dead-letter.table");
  if (policy === "dead-letter" && table === null)
    throw optionError(
      from,
      'option "dead-letter.table" is missing',
      "add 'dead-letter.table' = 'bad_rows': the name they are read by",
    );
  if (policy !== null && policy !== "dead-letter" && table !== null)
    throw optionError(
      from,
      'option "dead-letter.table" does nothing',
      `'bad-row.policy' = '${policy}' keeps no records`,
    );
  return policy ?? (table === null ? "fail" : "dead-letter");
}

/** What becomes of late rows is the planner's to say (`plan/late-rows.ts`). */
function checkLateOptions(from: TableOptions): void {
  const policy = readChoice(from, "late.policy", ["drop", "side-output", "update"]);
  const table = readName(from, "late.table");
  if (policy === "side-output" && table === null)
    throw optionError(
      from,
      'option "late.table" is missing',
      "add 'late.table' = 'late_rows': the name late rows are read by",
    );
  if (policy === "drop" && table !== null)
    throw optionError(from, 'option "late.table" does nothing', "'late.policy' = 'drop' only counts late rows");
  const allowed = readDuration(from, "late.allowed");
  if (policy === "update" && allowed === null)
    throw optionError(
      from,
      'option "late.allowed" is missing',
      "add 'late.allowed' = '10 min': how long windows are kept",
    );
  if (allowed !== null && policy === null)
    throw optionError(from, 'option "late.allowed" does nothing', "it goes with 'late.policy' = 'update'");
  if (allowed === 0) throw optionError(from, 'option "late.allowed" is 0', "'late.policy' = 'drop' keeps no windows");
  readChoice(from, "late.judged-by", ["partition", "table"]);
}

function judgedBy(from: TableOptions, settings: Settings): "partition" | "table" {
  const own = readChoice(from, "late.judged-by", ["partition", "table"]);
  return own ?? (settingChoice(settings, "late.judged-by") === "table" ? "table" : "partition");
}

/** A name that a script can write without quotes. */
function readName(from: TableOptions, name: string): string | null {
  const text = readText(from, name);
  if (text === null || /^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(text)) return text;
  throw optionError(from, `option "${name}" is "${text}"`, "it takes a name of letters, digits and _");
}

/** One of these words, null where the option is absent. */
function readChoice<Word extends string>(from: TableOptions, name: string, words: readonly Word[]): Word | null {
  const text = readText(from, name);
  if (text === null) return null;
  const found = words.find((word) => word === text.trim().toLowerCase());
  if (found !== undefined) return found;
  throw optionError(
    from,
    `option "${name}" is "${text}"`,
    `it takes ${words.slice(0, -1).join(", ")} or ${words.at(-1)}`,
  );
}

/** `keyed`: records have keys, so that value and key have formats of their own. */
export function formatOptionNames(keyed: boolean): readonly string[] {
  if (!keyed) return ["format", ...jsonOptionNames];
  const json = jsonOptionNames.flatMap((name) => [name, `value.${name}`, `key.${name}`]);
  return ["format", "value.format", ...keyOptionNames, ...json];
}

/** How records of the table are read. Throws EngineError for a format that is not there. */
export function readSourceFormats(table: TableDefinition, settings: Settings, own: boolean): SourceFormats {
  const from = tableOptions(table);
  const key = readText(from, "key.format");
  const keys = readRecordKeys(from, table.columns);
  return {
    value: own ? decodeFormat(from, "json", "") : decodeFormat(from, valueFormat(from), valuePrefix(from)),
    key: key === null ? null : decodeFormat(from, key, "key."),
    keyFields: keys.inValue ? new Map() : keys.fields,
    maxAheadMs: readDuration(from, "scan.watermark.max-ahead") ?? DEFAULT_MAX_AHEAD_MS,
    nullTime: nullTime(settings),
    judgedBy: judgedBy(from, settings),
  };
}

export function valueFormat(from: TableOptions): string {
  const format = readText(from, "value.format") ?? readText(from, "format");
  if (format !== null) return format;
  throw optionError(from, 'option "format" is missing', "add 'format' = 'json' to WITH (…)");
}

function valuePrefix(from: TableOptions): string {
  return readText(from, "value.format") === null ? "" : "value.";
}

/** Writing options of a JSON sink. */
export function readSinkFormat(from: TableOptions): JsonFormat {
  const format = valueFormat(from);
  if (format !== "json") throw unknownFormat(from, `${valuePrefix(from)}format`, { format, known: "json" });
  return readJsonFormat(from, valuePrefix(from));
}

/** Writing options of the keys of a JSON sink. */
export function readKeySinkFormat(from: TableOptions): JsonFormat {
  const format = readText(from, "key.format") ?? "json";
  if (format !== "json") throw unknownFormat(from, "key.format", { format, known: "json" });
  return readJsonFormat(from, "key.");
}

function decodeFormat(from: TableOptions, format: string, prefix: string): DecodeFormat {
  if (format === "raw") return { kind: "raw" };
  if (format !== "json") throw unknownFormat(from, `${prefix}format`, { format, known: "json or raw" });
  const { validation, ignoreParseErrors, failOnMissingField, timestampFormat } = readJsonFormat(from, prefix);
  return { kind: "json", validation, ignoreParseErrors, failOnMissingField, timestampFormat };
}

function unknownFormat(from: TableOptions, option: string, { format, known }: { format: string; known: string }) {
  return optionError(from, `option "${option}" is "${format}"`, `this release has ${known}`);
}

function nullTime(settings: Settings): SourceFormats["nullTime"] {
  switch (settingChoice(settings, "table.exec.source.rowtime-null-handling")) {
    case "DROP":
      return "drop";
    case "SKIP_WATERMARK":
      return "skip-watermark";
    default:
      return "bad";
  }
}
