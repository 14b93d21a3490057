/**
 * The options of `'connector' = 'datagen'`, with Flink's names and defaults, and the superset `'kind' = 'clickstream'`. What is
 * read here is complete and in range; the sources check nothing again.
 */
import type { EpochMs, Field, Schema } from "../../core/type.ts";
import { optionError, readInteger, readText, type TableOptions } from "../options.ts";
import { clickstreamEventsPerSecond, clickstreamStartMs } from "./clickstream.ts";
import { type FieldGenerator, readFieldGenerator } from "./field-generator.ts";

/** How much and how fast, whatever the rows are. */
export interface DatagenPace {
  readonly rowsPerSecond: number;
  /** Over all partitions; null = without end. */
  readonly numberOfRows: number | null;
}

export type DatagenOptions =
  | {
      readonly kind: "clickstream";
      readonly pace: DatagenPace;
      readonly seed: number;
      readonly startMs: EpochMs;
      readonly eventsPerSecond: number;
      readonly partitions: number;
    }
  | {
      readonly kind: "fields";
      readonly pace: DatagenPace;
      readonly seed: number;
      readonly fields: readonly { readonly field: Field; readonly generator: FieldGenerator }[];
    };

const MOST = Number.MAX_SAFE_INTEGER;
const tableOptionNames: readonly string[] = ["kind", "seed", "rows-per-second", "number-of-rows"];
const clickstreamOptionNames: readonly string[] = ["start-time", "events-per-second", "partitions"];
const fieldOptionNames: readonly string[] = ["kind", "min", "max", "max-past", "length", "start", "end"];

/** Every option a datagen table with these columns can have, beside `connector`. */
export function datagenOptionNames(schema: Schema): readonly string[] {
  const ofFields = schema.fields.flatMap(({ name }) => fieldOptionNames.map((option) => `fields.${name}.${option}`));
  return [...tableOptionNames, ...clickstreamOptionNames, ...ofFields];
}

/** Throws EngineError (74) on what it cannot honour. */
export function readDatagenOptions(from: TableOptions, schema: Schema): DatagenOptions {
  const kind = readText(from, "kind") ?? "fields";
  const seed = readInteger(from, "seed", { min: 0, max: MOST }) ?? 0;
  const rowsPerSecond = readInteger(from, "rows-per-second", { min: 1, max: 1_000_000_000_000 }) ?? 10_000;
  const numberOfRows = readInteger(from, "number-of-rows", { min: 0, max: MOST });
  if (kind === "clickstream") {
    return {
      kind,
      pace: { rowsPerSecond, numberOfRows },
      seed,
      startMs: readStart(from) ?? clickstreamStartMs,
      eventsPerSecond:
        readInteger(from, "events-per-second", { min: 1, max: 1_000_000_000 }) ?? clickstreamEventsPerSecond,
      partitions: readInteger(from, "partitions", { min: 1, max: 1024 }) ?? 1,
    };
  }
  if (kind !== "fields") throw optionError(from, `option "kind" is "${kind}"`, "it takes clickstream, or is left out");
  const clickstreamOnly = clickstreamOptionNames.find((name) => readText(from, name) !== null);
  if (clickstreamOnly !== undefined) {
    throw optionError(from, `option "${clickstreamOnly}" has no effect here`, "add 'kind' = 'clickstream', or drop it");
  }
  const fields = schema.fields.map((field) => ({ field, generator: readFieldGenerator(from, field) }));
  const ends = fields.flatMap(({ generator }) => generator.rows ?? []);
  const limits = numberOfRows === null ? ends : [...ends, numberOfRows];
  return {
    kind,
    pace: { rowsPerSecond, numberOfRows: limits.length === 0 ? null : Math.min(...limits) },
    seed,
    fields,
  };
}

/** `yyyy-MM-dd HH:mm:ss[.SSS]` in UTC, of the years 0001 to 9998. */
function readStart(from: TableOptions): EpochMs | null {
  const text = readText(from, "start-time");
  if (text === null) return null;
  const match = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d{1,3})?)$/.exec(text);
  const start = match === null ? Number.NaN : Date.parse(`${match[1]}T${match[2]}Z`);
  const inRange = start >= Date.UTC(1, 0, 2) && start < Date.UTC(9999, 0, 1);
  if (inRange && new Date(start).toISOString().slice(0, 10) === match?.[1]) return start;
  throw optionError(from, `option "start-time" is "${text}"`, "it takes a time in UTC: 2024-05-01 00:00:00");
}
