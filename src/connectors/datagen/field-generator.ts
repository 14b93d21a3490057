/**
 * One column's values as JSON text: `random` within a range, or `sequence` from start to end, as Flink's datagen connector
 * defines them (options `fields.#.kind`, `min`, `max`, `max-past`, `length`, `start`, `end`). A value is a pure function of
 * the seed, the row, the column and, where it says "past", the time handed in.
 */
import { formatDays, MS_PER_DAY } from "../../core/calendar.ts";
import type { DataType, EpochMs, Field } from "../../core/type.ts";
import { formatType } from "../../core/type-text.ts";
import { formatDecimal, formatFloat } from "../../core/value.ts";
import { optionError, readDuration, readInteger, readText, type TableOptions } from "../options.ts";
import { drawUint32 } from "./mix.ts";

/** Where a value is drawn: the row's start of numbers, its index, and the wall clock. */
export interface FieldRow {
  readonly start: number;
  readonly row: number;
  readonly now: EpochMs;
}

export interface FieldGenerator {
  /** The value as JSON text. `column` is the field's position: columns of one row draw apart. */
  json(at: FieldRow, column: number): string;
  /** How many rows a sequence has; null without end. */
  readonly rows: number | null;
}

interface Reading extends TableOptions {
  readonly field: Field;
}

/** Throws EngineError (74) where the type or an option cannot be honoured. */
export function readFieldGenerator(from: TableOptions, field: Field): FieldGenerator {
  const reading: Reading = { ...from, field };
  const kind = readText(from, nameOf(reading, "kind")) ?? "random";
  if (kind === "sequence") return sequenceGenerator(reading);
  if (kind === "random") return { rows: null, json: randomJson(reading) };
  throw optionError(from, `option "${nameOf(reading, "kind")}" is "${kind}"`, "it takes random or sequence");
}

function nameOf(reading: Reading, option: string): string {
  return `fields.${reading.field.name}.${option}`;
}

/** Numbers drawn for a column begin here, so that no two columns share one. */
const DRAWS_PER_COLUMN = 1 << 14;

function draw(at: FieldRow, column: number, index: number): number {
  return drawUint32(at.start, column * DRAWS_PER_COLUMN + index);
}

/** Uniform over 0 … 2^53 − 1. */
function draw53(at: FieldRow, column: number): number {
  return (draw(at, column, 0) & 0x1fffff) * 4_294_967_296 + draw(at, column, 1);
}

/** Uniform over [0, range) but for a bias below 2^-64 of the range. */
function drawBelow(at: FieldRow, column: number, range: bigint): bigint {
  let wide = 0n;
  for (let index = 0; index < 6; index++) wide = (wide << 32n) | BigInt(draw(at, column, index));
  return (wide * range) >> 192n;
}

function randomJson(reading: Reading): FieldGenerator["json"] {
  const { type } = reading.field;
  switch (type.kind) {
    case "boolean":
      return (at, column) => (draw(at, column, 0) & 1 ? "true" : "false");
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return randomInteger(reading, integerBits[type.kind]);
    case "float":
    case "double":
      return randomFloat(reading, type.kind === "float");
    case "decimal":
      return randomDecimal(reading, type);
    case "string":
    case "char":
    case "varchar":
    case "bytes":
      return randomText(reading, type);
    case "date":
      return (at) => `"${formatDays(Math.floor(at.now / MS_PER_DAY))}"`;
    case "time":
      return (at) => `"${clockText(at.now)}"`;
    case "timestamp":
    case "timestamp_ltz":
      return randomPast(reading, type.kind === "timestamp_ltz" ? "Z" : "");
    default:
      throw optionError(
        reading,
        `datagen makes no values of type ${formatType(type)} for column "${reading.field.name}"`,
        "use a scalar type, or compute the column from scalar ones",
      );
  }
}

const integerBits = { tinyint: 8, smallint: 16, int: 32, bigint: 64 } as const;

function randomInteger(reading: Reading, bits: number): FieldGenerator["json"] {
  const edge = 1n << BigInt(bits - 1);
  const min = readBound(reading, "min") ?? -edge;
  const max = readBound(reading, "max") ?? edge - 1n;
  checkRange(reading, { min, max, lowest: -edge, highest: edge - 1n });
  const range = max - min + 1n;
  if (range > 0x1f_ffff_ffff_ffffn || min < -(2n ** 52n) || max > 2n ** 52n) {
    return (at, column) => String(min + drawBelow(at, column, range));
  }
  const low = Number(min);
  const width = Number(range);
  return (at, column) => String(low + Math.floor((draw53(at, column) / 2 ** 53) * width));
}

function checkRange(reading: Reading, range: { min: bigint; max: bigint; lowest: bigint; highest: bigint }): void {
  if (range.min > range.max) {
    throw optionError(reading, `column "${reading.field.name}" has min above max`, "swap the two");
  }
  if (range.min < range.lowest || range.max > range.highest) {
    const hint = `a ${formatType(reading.field.type)} holds ${range.lowest} to ${range.highest}`;
    throw optionError(reading, `min or max of column "${reading.field.name}" does not fit its type`, hint);
  }
}

function readBound(reading: Reading, option: string): bigint | null {
  const name = nameOf(reading, option);
  const text = readText(reading, name);
  if (text === null) return null;
  if (/^\s*[+-]?\d{1,38}\s*$/.test(text)) return BigInt(text.trim().replace(/^\+/, ""));
  throw optionError(reading, `option "${name}" is "${text}"`, "it takes a whole number");
}

function randomFloat(reading: Reading, single: boolean): FieldGenerator["json"] {
  const largest = single ? 3.4028234663852886e38 : Number.MAX_VALUE;
  const min = readFloat(reading, "min") ?? 0;
  const max = readFloat(reading, "max") ?? largest;
  if (!(min <= max && min >= -largest && max <= largest)) {
    const hint = `it takes min ≤ max within ±${largest}`;
    throw optionError(reading, `min or max of column "${reading.field.name}" does not fit`, hint);
  }
  return (at, column) => {
    const share = draw53(at, column) / 2 ** 53;
    const value = min * (1 - share) + max * share;
    return single ? formatFloat(Math.fround(value)) : String(value);
  };
}

function readFloat(reading: Reading, option: string): number | null {
  const name = nameOf(reading, option);
  const text = readText(reading, name);
  if (text === null) return null;
  const value = text.trim() === "" ? Number.NaN : Number(text);
  if (Number.isFinite(value)) return value;
  throw optionError(reading, `option "${name}" is "${text}"`, "it takes a number");
}

function randomDecimal(reading: Reading, type: Extract<DataType, { kind: "decimal" }>): FieldGenerator["json"] {
  const edge = 10n ** BigInt(type.precision) - 1n;
  const min = readUnscaled(reading, "min", type.scale) ?? -edge;
  const max = readUnscaled(reading, "max", type.scale) ?? edge;
  checkRange(reading, { min, max, lowest: -edge, highest: edge });
  return (at, column) => formatDecimal(min + drawBelow(at, column, max - min + 1n), type.scale);
}

/** A plain decimal as a whole number of its last digit; digits beyond the scale are refused. */
function readUnscaled(reading: Reading, option: string, scale: number): bigint | null {
  const name = nameOf(reading, option);
  const text = readText(reading, name);
  if (text === null) return null;
  const match = /^\s*([+-]?)(\d{1,38})(?:\.(\d{0,38}))?\s*$/.exec(text);
  const fraction = match?.[3] ?? "";
  if (match === null || fraction.length > scale) {
    throw optionError(reading, `option "${name}" is "${text}"`, `it takes a number with at most ${scale} decimals`);
  }
  const unscaled = BigInt(match[2] + fraction.padEnd(scale, "0"));
  return match[1] === "-" ? -unscaled : unscaled;
}

const MOST_CHARACTERS = 10_000;
const DEFAULT_CHARACTERS = 100;

/** Hexadecimal digits, as Flink's; BYTES are base64 of the draws' own bytes. */
function randomText(reading: Reading, type: DataType): FieldGenerator["json"] {
  const limit = type.kind === "char" || type.kind === "varchar" ? type.length : MOST_CHARACTERS;
  const preset = type.kind === "char" ? type.length : Math.min(limit, DEFAULT_CHARACTERS);
  const range = { min: 0, max: Math.min(limit, MOST_CHARACTERS) };
  const length = readInteger(reading, nameOf(reading, "length"), range) ?? preset;
  if (type.kind === "bytes") {
    return (at, column) => {
      const bytes = Uint8Array.from({ length }, (_, index) => draw(at, column, index));
      return `"${bytes.toBase64()}"`;
    };
  }
  return (at, column) => {
    let text = "";
    for (let index = 0; text.length < length; index++) {
      text += draw(at, column, index).toString(16).padStart(8, "0");
    }
    return `"${text.slice(0, length)}"`;
  };
}

function randomPast(reading: Reading, zone: string): FieldGenerator["json"] {
  const pastMs = readDuration(reading, nameOf(reading, "max-past")) ?? 0;
  return (at, column) => {
    const past = Math.floor((draw53(at, column) / 2 ** 53) * (pastMs + 1));
    const timeMs = at.now - past;
    return `"${formatDays(Math.floor(timeMs / MS_PER_DAY))} ${clockText(timeMs)}${zone}"`;
  };
}

/** `HH:mm:ss.SSS` of a time since the epoch, in UTC. */
function clockText(timeMs: EpochMs): string {
  const ms = timeMs - Math.floor(timeMs / MS_PER_DAY) * MS_PER_DAY;
  return new Date(ms).toISOString().slice(11, 23);
}

function sequenceGenerator(reading: Reading): FieldGenerator {
  const { type } = reading.field;
  const start = readBound(reading, "start");
  const end = readBound(reading, "end");
  if (start === null || end === null) {
    const missing = nameOf(reading, start === null ? "start" : "end");
    throw optionError(reading, `a sequence needs option "${missing}"`, `add '${missing}' = '…' to WITH (…)`);
  }
  if (end < start) throw optionError(reading, `column "${reading.field.name}" ends before it starts`, "swap the two");
  const rows = Number(end - start + 1n);
  if (type.kind === "string" || type.kind === "char" || type.kind === "varchar") {
    return { rows, json: (at) => `"${start + BigInt(at.row)}"` };
  }
  const bits = type.kind in integerBits ? integerBits[type.kind as keyof typeof integerBits] : null;
  if (bits !== null) {
    const edge = 1n << BigInt(bits - 1);
    checkRange(reading, { min: start, max: end, lowest: -edge, highest: edge - 1n });
  } else if (type.kind !== "float" && type.kind !== "double" && type.kind !== "decimal") {
    const message = `column "${reading.field.name}" of type ${formatType(type)} cannot be a sequence`;
    throw optionError(reading, message, "use random, or a number or string column");
  }
  return { rows, json: (at) => String(start + BigInt(at.row)) };
}
