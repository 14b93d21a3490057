/**
 * Settings: what SET and `--set` may name. One table, a row per setting with its type, default and doc; the checks, the
 * typed readers and the documentation all come from it. Flink's names are honoured where they mean something here; a key
 * under a Flink prefix that means nothing here is taken with one notice, any other unknown key is an error.
 */
import { parseDuration } from "../core/duration.ts";
import { parseEmission } from "../core/emission.ts";
import { nearestName } from "../core/nearest.ts";

export type SettingType = "duration" | "boolean" | "text" | "choice" | "count" | "emission";

export interface Setting {
  readonly name: string;
  readonly type: SettingType;
  /** As it would be written; null = none. */
  readonly default: string | null;
  readonly doc: string;
  /** Where it is read: planning, the running job, or what starts it. */
  readonly scope: "plan" | "job" | "process";
  /** For `choice`: what may be written. Compared without regard to case. */
  readonly choices?: readonly string[];
  /** Values Flink or the semantics know and this release does not have, with what to say about each. */
  readonly refused?: Readonly<Record<string, string>>;
  /** For `choice`: what to say about anything else, instead of the choices. */
  readonly otherwise?: string;
  /** Least length of time, in ms. */
  readonly minimum?: number;
}

export const settings: readonly Setting[] = [
  {
    name: "pipeline.name",
    type: "text",
    default: null,
    doc: "Name of the job. With --state it is the job's identity.",
    scope: "process",
  },
  {
    name: "execution.checkpointing.interval",
    type: "duration",
    default: "1 s",
    doc: "How often results are flushed and positions committed.",
    scope: "job",
    minimum: 1,
  },
  {
    name: "table.exec.mini-batch.allow-latency",
    type: "duration",
    default: "100 ms",
    doc: "How long changes of a result without a window are gathered before they leave. Of a row that changes several times in it, the last state leaves.",
    scope: "job",
  },
  {
    name: "table.exec.source.idle-timeout",
    type: "duration",
    default: "1 min",
    doc: "Silence after which a partition that was read to its end stops holding the watermark back; 0 = never. WITH ('scan.watermark.idle-timeout' = …) goes before it.",
    scope: "job",
  },
  {
    name: "table.exec.source.rowtime-null-handling",
    type: "choice",
    default: "FAIL",
    doc: "A row whose event time is NULL: FAIL makes it a bad row, DROP leaves it out, SKIP_WATERMARK keeps it and does not move the watermark.",
    scope: "job",
    choices: ["FAIL", "DROP", "SKIP_WATERMARK"],
  },
  {
    name: "table.local-time-zone",
    type: "choice",
    default: "UTC",
    doc: "Zone whose wall clock windows over TIMESTAMP_LTZ are cut on. UTC only in this release.",
    scope: "plan",
    choices: ["UTC", "Z", "GMT", "Etc/UTC", "UTC+00:00", "GMT+00:00", "+00:00"],
    otherwise: "windows over TIMESTAMP_LTZ are cut in UTC in this release: write 'UTC'",
  },
  {
    name: "distinct.mode",
    type: "choice",
    default: "exact",
    doc: "COUNT(DISTINCT x): exact; approx to count with a sketch as APPROX_COUNT_DISTINCT does; auto to count exactly up to distinct.exact-limit values a group and with a sketch beyond (DISTINCT_IS_EXACT(x) tells which).",
    scope: "plan",
    choices: ["exact", "approx", "auto"],
  },
  {
    name: "distinct.exact-limit",
    type: "count",
    default: "1000",
    doc: "Distinct values that a group counts exactly with distinct.mode = auto, before it turns to a sketch of 4 kB.",
    scope: "plan",
  },
  {
    name: "emit",
    type: "emission",
    default: "on-close",
    doc: "When rows of a window leave: on-close, once; on-update, as they change; or early, as in every 10 s, and corrected until the window closes.",
    scope: "plan",
  },
  {
    name: "late.policy",
    type: "choice",
    default: "drop",
    doc: "Rows that come too late for their windows: drop counts them; update corrects windows that have closed, for as long as late.allowed says. WITH ('late.policy' = …) goes before it.",
    scope: "plan",
    choices: ["drop", "update"],
    refused: { "side-output": "a late table is a table's own: write 'late.table' = '…' into its WITH (…)" },
  },
  {
    name: "late.allowed",
    type: "duration",
    default: null,
    doc: "With late.policy update: how long a window that has closed still takes rows.",
    scope: "plan",
    minimum: 1,
  },
  {
    name: "late.judged-by",
    type: "choice",
    default: "partition",
    doc: "Whose watermark tells whether a row is late: that of its own partition, which gives the same rows in every run, or that of the table, which takes more of them.",
    scope: "job",
    choices: ["partition", "table"],
  },
  {
    name: "table.exec.emit.early-fire.enabled",
    type: "boolean",
    default: "false",
    doc: "Early results of windows in GROUP BY (TUMBLE, HOP), every table.exec.emit.early-fire.delay. Windows in FROM take 'emit' instead.",
    scope: "plan",
  },
  {
    name: "table.exec.emit.early-fire.delay",
    type: "duration",
    default: "0 s",
    doc: "How often early results leave; 0 = as they change.",
    scope: "plan",
  },
  {
    name: "table.exec.emit.late-fire.enabled",
    type: "boolean",
    default: "false",
    doc: "Corrected results for late rows: late.policy says it here.",
    scope: "plan",
    refused: { true: "SET 'late.policy' = 'update' and 'late.allowed' = '10 min' correct windows that have left" },
  },
];

const byName = new Map(settings.map((setting) => [setting.name, setting]));

export const settingNames: readonly string[] = settings.map(({ name }) => name);

/** Flink's own: a key below one of them is no slip of the hand. */
const flinkPrefixes = [
  "execution.",
  "table.",
  "pipeline.",
  "parallelism.",
  "state.",
  "restart-strategy",
  "sql-client.",
  "taskmanager.",
  "jobmanager.",
  "rest.",
  "metrics.",
  "high-availability",
  "cluster.",
  "io.",
  "heartbeat.",
  "web.",
  "env.",
  "security.",
  "historyserver.",
  "kubernetes.",
  "yarn.",
  "python.",
  "classloader.",
  "client.",
  "blob.",
  "fs.",
  "s3.",
];

export type SettingCheck =
  | { readonly kind: "ok" }
  | { readonly kind: "notice"; readonly message: string }
  | { readonly kind: "error"; readonly on: "key" | "value"; readonly message: string; readonly hint: string | null };

const OK: SettingCheck = { kind: "ok" };

/** What SET makes of the pair. */
export function checkSetting(key: string, value: string): SettingCheck {
  const setting = byName.get(key);
  if (setting !== undefined) return checkValue(setting, value);
  const near = nearestName(key, settingNames);
  const flinks = flinkPrefixes.some((prefix) => key.startsWith(prefix));
  if (flinks && !isSlip(key, near)) return { kind: "notice", message: `setting "${key}" has no effect here` };
  const hint = near === null ? `settings are: ${settingNames.join(", ")}` : `did you mean "${near}"?`;
  return { kind: "error", on: "key", message: `there is no setting "${key}"`, hint };
}

/** A known name but for a letter or two is a slip even under a Flink prefix. */
function isSlip(key: string, near: string | null): boolean {
  return (
    near !== null &&
    Math.abs(near.length - key.length) <= 2 &&
    key.slice(0, 8) === near.slice(0, 8) &&
    sharedEnds(key, near)
  );
}

/** All but three characters are the same from both ends together. */
function sharedEnds(a: string, b: string): boolean {
  let start = 0;
  while (start < Math.min(a.length, b.length) && a[start] === b[start]) start++;
  let end = 0;
  while (end < Math.min(a.length, b.length) - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return start + end >= Math.max(a.length, b.length) - 3;
}

function checkValue(setting: Setting, value: string): SettingCheck {
  const refusal = refusalOf(setting, value);
  if (refusal !== null) {
    return { kind: "error", on: "value", message: `"${setting.name}" cannot be "${value}"`, hint: refusal };
  }
  const expected = expectation(setting, value);
  if (expected === null) return OK;
  const hint = setting.otherwise ?? `it takes ${expected}`;
  return { kind: "error", on: "value", message: `"${setting.name}" is "${value}"`, hint };
}

function refusalOf({ refused }: Setting, value: string): string | null {
  const found = Object.entries(refused ?? {}).find(([name]) => name.toLowerCase() === value.trim().toLowerCase());
  return found?.[1] ?? null;
}

/** What the setting takes, when the value is not that; null when it is. */
function expectation(setting: Setting, value: string): string | null {
  switch (setting.type) {
    case "duration": {
      const least = setting.minimum ?? 0;
      const ms = parseDuration(value);
      if (ms !== null && ms >= least) return null;
      return `a length of time${least === 0 ? "" : ` of at least ${least} ms`}: 500 ms, 10 s, 5 min`;
    }
    case "emission":
      return parseEmission(value) === undefined ? "on-close, on-update, or every 10 s" : null;
    case "boolean":
      return parseBoolean(value) === null ? "true or false" : null;
    case "choice": {
      const choices = setting.choices ?? [];
      const known = choices.some((choice) => choice.toLowerCase() === value.trim().toLowerCase());
      return known ? null : `one of ${choices.join(", ")}`;
    }
    case "count":
      return parseCount(value) === null ? "a whole number from 1 to 1,000,000" : null;
    case "text":
      return value.trim() === "" ? "a text that is not empty" : null;
  }
}

/** `true` or `false`, in any case; null for anything else. */
export function parseBoolean(text: string): boolean | null {
  const word = text.trim().toLowerCase();
  return word === "true" ? true : word === "false" ? false : null;
}

/** A whole number from 1 to a million; null for anything else. */
function parseCount(text: string): number | null {
  const value = /^\d{1,7}$/.test(text.trim()) ? Number(text) : 0;
  return value >= 1 && value <= 1_000_000 ? value : null;
}

export type SettingValues = Readonly<Record<string, string>>;

/** The value in force: the one set, else the default. The name must be in the table. */
export function settingText(values: SettingValues, name: string): string | null {
  const given = Object.hasOwn(values, name) ? values[name] : undefined;
  return given ?? byName.get(name)?.default ?? null;
}

/** Milliseconds in force; the values were checked. */
export function settingMs(values: SettingValues, name: string): number {
  return parseDuration(settingText(values, name) ?? "0") ?? 0;
}

/** A choice in force, spelt as the table spells it. */
export function settingChoice(values: SettingValues, name: string): string | null {
  const text = settingText(values, name);
  const choices = byName.get(name)?.choices ?? [];
  return choices.find((choice) => choice.toLowerCase() === text?.trim().toLowerCase()) ?? text;
}
