/**
 * Cells of random tables and their spellings: as a JSON field, as a Flink SQL literal, as a DuckDB literal, and as the plain
 * text in which results are compared. Spelled here and not by the engine's own formatters, so that one is checked by the other.
 *
 * Whole numbers, unscaled decimals, days, milliseconds of the day and units since the epoch are bigint; floats are numbers;
 * BYTES are upper-case hex. In DuckDB a TIMESTAMP beyond microseconds is a BIGINT of nanoseconds, every other is its own type.
 */
import type { DataType } from "../../src/core/type.ts";
import { formatType } from "../../src/core/type-text.ts";
import type { Dice } from "./dice.ts";

export type Cell = null | boolean | number | bigint | string;

const bits: Readonly<Record<string, number>> = { tinyint: 8, smallint: 16, int: 32, bigint: 64 };

export function isWhole(type: DataType): boolean {
  return type.kind in bits;
}

export function isFloating(type: DataType): boolean {
  return type.kind === "float" || type.kind === "double";
}

/** [least, most] of a whole type. */
export function wholeRange(type: DataType): readonly [bigint, bigint] {
  const half = 1n << BigInt((bits[type.kind] ?? 64) - 1);
  return [-half, half - 1n];
}

export function isNanoseconds(type: DataType): boolean {
  return (type.kind === "timestamp" || type.kind === "timestamp_ltz") && type.precision > 6;
}

/** The type DuckDB keeps it in. */
export function duckType(type: DataType): string {
  if (isNanoseconds(type)) return "BIGINT";
  switch (type.kind) {
    case "timestamp":
    case "timestamp_ltz":
      return "TIMESTAMP";
    case "time":
      return "TIME";
    case "string":
      return "VARCHAR";
    case "bytes":
      return "BLOB";
    default:
      return formatType(type);
  }
}

const words = [
  "",
  " ",
  "a",
  "A",
  "ab",
  "abc",
  "b%",
  "x_y",
  "\\",
  "O'Neil",
  '"',
  "é",
  "e\u0301",
  "日本",
  "🎉",
  "z\t",
  "\n",
];
const FIRST_US = -62_135_596_800_000_000n;
const LAST_US = 253_402_300_799_999_999n;

/** A present cell; often an extreme. */
export function randomCell(dice: Dice, type: DataType): Cell {
  switch (type.kind) {
    case "boolean":
      return dice.chance(0.5);
    case "float":
      return Math.fround(randomFloat(dice, 1e12));
    case "double":
      return randomFloat(dice, 1e150);
    case "decimal":
      return randomDecimal(dice, type.precision);
    case "string":
      return randomText(dice);
    case "bytes":
      return Array.from({ length: dice.below(6) }, () =>
        twoHex(dice.pick([0, 1, 127, 128, 255, dice.below(256)])),
      ).join("");
    case "date":
      return dice.chance(0.2) ? dice.pick([-719_162n, 2_932_896n, 0n, -1n]) : BigInt(dice.between(-20_000, 40_000));
    case "time":
      return (
        (BigInt(dice.pick([0, 86_399_999, dice.below(86_400_000)])) / timeUnit(type.precision)) *
        timeUnit(type.precision)
      );
    case "timestamp":
    case "timestamp_ltz":
      return randomTimestamp(dice, type.precision);
    default:
      return randomWhole(dice, type);
  }
}

function timeUnit(precision: number): bigint {
  return 10n ** BigInt(3 - precision);
}

function twoHex(byte: number): string {
  return byte.toString(16).padStart(2, "0").toUpperCase();
}

function randomWhole(dice: Dice, type: DataType): bigint {
  const [least, most] = wholeRange(type);
  if (dice.chance(0.15)) return dice.pick([least, most, 0n, -1n, least + 1n]);
  const value = dice.big(bits[type.kind] ?? 64) >> BigInt(dice.below(bits[type.kind] ?? 64) + 1);
  return dice.chance(0.4) ? -value : value;
}

/** Never −0, which DuckDB takes for 0. */
function randomFloat(dice: Dice, most: number): number {
  const value = dice.pick([
    0,
    1,
    -1,
    0.1,
    dice.next() * 100,
    dice.next() * 1e6,
    dice.between(-50, 50) / 4,
    1e-12,
    most,
    -most,
  ]);
  return value * dice.pick([1, 1, -1]) + 0;
}

function randomDecimal(dice: Dice, precision: number): bigint {
  const limit = 10n ** BigInt(precision);
  if (dice.chance(0.08)) return dice.pick([limit - 1n, 1n - limit]);
  const value = dice.big(128) % 10n ** BigInt(dice.below(precision) + 1);
  return dice.chance(0.4) ? -value : value;
}

function randomText(dice: Dice): string {
  if (dice.chance(0.05)) return dice.pick(["x", "é", "日"]).repeat(dice.between(1, 300));
  if (dice.chance(0.1)) return String(dice.pick(["12", " -7 ", "1.9", "99999999999", "+3", "1e2", "tRue", "12a"]));
  let text = "";
  for (let count = dice.pick([1, 1, 1, 2, 3]); count > 0; count--) text += dice.pick(words);
  return text;
}

function randomTimestamp(dice: Dice, precision: number): bigint {
  const near = BigInt(dice.between(-4_000_000, 4_000_000)) * 977_123n * 500n;
  if (precision > 6) return near * 1000n + BigInt(dice.below(1000));
  const value = dice.chance(0.1) ? dice.pick([FIRST_US, LAST_US, 0n, -1n]) : near;
  const unit = 10n ** BigInt(6 - precision);
  const rest = value % unit;
  return value - (rest < 0n ? rest + unit : rest);
}

/** Unscaled digits with the point in place; `-0.05`, never `-.05`. */
export function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const sign = unscaled < 0n ? "-" : "";
  return scale === 0 ? sign + digits : `${sign}${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

function clockText(ms: bigint, precision: number): string {
  const text = new Date(Number(ms)).toISOString().slice(11, 23);
  return precision === 0 ? text.slice(0, 8) : text.slice(0, 9 + precision);
}

export function dateText(days: bigint): string {
  return new Date(Number(days) * 86_400_000).toISOString().slice(0, 10);
}

/** `2024-05-01 12:00:00.123` with exactly `precision` digits behind the point. */
export function timestampText(units: bigint, precision: number): string {
  const perSecond = precision > 6 ? 1_000_000_000n : 1_000_000n;
  let seconds = units / perSecond;
  if (seconds * perSecond > units) seconds -= 1n;
  const fraction = (units - seconds * perSecond)
    .toString()
    .padStart(precision > 6 ? 9 : 6, "0")
    .slice(0, precision);
  const whole = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace("T", " ");
  return fraction === "" ? whole : `${whole}.${fraction}`;
}

/** The cell as plain text, as `plainText` of the engine's cell and `duckOutput` give it; floats stay numbers. */
export function comparable(type: DataType, cell: Cell): Cell {
  if (cell === null || typeof cell === "number") return cell;
  return type.kind === "decimal" ? decimalText(cell as bigint, type.scale) : String(cell);
}

/** A DuckDB expression that gives the value as `comparable` spells it. */
export function duckOutput(type: DataType, value: string): string {
  if (isNanoseconds(type)) return `CAST(${value} AS VARCHAR)`;
  switch (type.kind) {
    case "float":
    case "double":
      return `CAST(${value} AS DOUBLE)`;
    case "bytes":
      return `hex(${value})`;
    case "date":
      return `CAST((${value}) - DATE '1970-01-01' AS VARCHAR)`;
    case "time":
      return `CAST(epoch_us(${value}) // 1000 AS VARCHAR)`;
    case "timestamp":
    case "timestamp_ltz":
      return `CAST(epoch_us(${value}) AS VARCHAR)`;
    default:
      return `CAST(${value} AS VARCHAR)`;
  }
}

export function duckLiteral(type: DataType, cell: Cell): string {
  if (cell === null) return `CAST(NULL AS ${duckType(type)})`;
  if (isNanoseconds(type)) return `CAST('${cell}' AS BIGINT)`;
  switch (type.kind) {
    case "boolean":
      return cell === true ? "TRUE" : "FALSE";
    case "decimal":
      return `CAST('${decimalText(cell as bigint, type.scale)}' AS ${duckType(type)})`;
    case "string":
      return `decode(unhex('${Buffer.from(cell as string).toString("hex")}'))`;
    case "bytes":
      return `unhex('${cell}')`;
    case "float":
      return `CAST(CAST('${cell}' AS DOUBLE) AS FLOAT)`;
    case "date":
      return `(DATE '1970-01-01' + ${cell})`;
    case "time":
      return `TIME '${clockText(cell as bigint, 3)}'`;
    case "timestamp":
    case "timestamp_ltz":
      return `make_timestamp(${cell})`;
    default:
      return `CAST('${cell}' AS ${duckType(type)})`;
  }
}

export function flinkText(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** A literal whose type is exactly `type`. */
export function flinkLiteral(type: DataType, cell: Cell): string {
  if (cell === null) return `CAST(NULL AS ${formatType(type)})`;
  switch (type.kind) {
    case "boolean":
      return cell === true ? "TRUE" : "FALSE";
    case "int":
      return String(cell);
    case "decimal":
      return `CAST('${decimalText(cell as bigint, type.scale)}' AS ${formatType(type)})`;
    case "string":
      return flinkText(cell as string);
    case "bytes":
      return `X'${cell}'`;
    case "double":
      return (cell as number).toExponential().replace("+", "");
    case "float":
      return `CAST('${cell}' AS FLOAT)`;
    case "date":
      return `DATE '${dateText(cell as bigint)}'`;
    case "time":
      return `TIME '${clockText(cell as bigint, type.precision)}'`;
    case "timestamp":
      return `TIMESTAMP '${timestampText(cell as bigint, type.precision)}'`;
    case "timestamp_ltz":
      return `CAST(TIMESTAMP '${timestampText(cell as bigint, type.precision)}' AS ${formatType(type)})`;
    default:
      return `CAST(${cell} AS ${formatType(type)})`;
  }
}

/** The cell as a JSON value, in one of the spellings a producer may choose. */
export function jsonText(dice: Dice, type: DataType, cell: Cell): string {
  if (cell === null) return "null";
  switch (type.kind) {
    case "string":
      return dice.chance(0.3) ? escapedText(dice, cell as string) : JSON.stringify(cell);
    case "bytes":
      return JSON.stringify(Buffer.from(cell as string, "hex").toString("base64"));
    case "decimal": {
      const text = decimalText(cell as bigint, type.scale);
      return dice.chance(0.3) ? `"${text}"` : text;
    }
    case "double":
      return dice.chance(0.3) ? (cell as number).toExponential() : String(cell);
    case "date":
      return `"${dateText(cell as bigint)}"`;
    case "time":
      return `"${clockText(cell as bigint, type.precision)}"`;
    case "timestamp":
      return `"${timestampText(cell as bigint, type.precision).replace(" ", dice.pick([" ", "T"]))}"`;
    case "timestamp_ltz":
      return `"${timestampText(cell as bigint, type.precision)}Z"`;
    default:
      return String(cell);
  }
}

function escapedText(dice: Dice, text: string): string {
  let out = '"';
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const plain = code >= 32 && code < 127 && code !== 34 && code !== 92;
    if (plain && dice.chance(0.5)) out += text[i];
    else out += `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return `${out}"`;
}
