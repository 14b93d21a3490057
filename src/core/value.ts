/**
 * Cells of a batch as JavaScript values, their SQL text, and batches made from rows. The width of a cell follows from its
 * data type alone (Arrow's columnar layout): BOOLEAN one bit; TINYINT i8; SMALLINT i16; INT i32; BIGINT i64; FLOAT f32;
 * DOUBLE f64; DECIMAL i128; STRING, CHAR, VARCHAR, BYTES int32 offsets and bytes; DATE i32 days; TIME i32 ms; TIMESTAMP and
 * TIMESTAMP_LTZ i64 (µs up to precision 6, else ns); INTERVAL DAY i64 ms; INTERVAL MONTH i32. All little-endian.
 */
import type { Column } from "./batch.ts";
import { formatDays, MS_PER_DAY, twoDigits } from "./calendar.ts";
import { assert } from "./error.ts";
import type { DataType } from "./type.ts";

/**
 * bigint for BIGINT, TIMESTAMP*, INTERVAL DAY and DECIMAL (its unscaled value), number for every narrower integer and for
 * floats, in the unit the type is kept in.
 */
export type CellValue = null | boolean | number | bigint | string | Uint8Array;

/** Reads one cell of a column; NULL is null. Rows are 0 … rows − 1 and are not checked. */
export type CellReader = (row: number) => CellValue;

export type NumericArray = Int8Array | Int16Array | Int32Array | BigInt64Array | Float32Array | Float64Array;

/** Bytes a cell takes; 0 for booleans (bit-packed), strings and bytes (by offsets), and NULL. */
export function cellWidth(type: DataType): number {
  switch (type.kind) {
    case "tinyint":
      return 1;
    case "smallint":
      return 2;
    case "int":
    case "float":
    case "date":
    case "time":
    case "interval_month":
      return 4;
    case "bigint":
    case "double":
    case "timestamp":
    case "timestamp_ltz":
    case "interval_day":
      return 8;
    case "decimal":
      return 16;
    default:
      return 0;
  }
}

/** Strings and bytes: the kinds whose columns have offsets. */
export function hasOffsets(type: DataType): boolean {
  return type.kind === "string" || type.kind === "char" || type.kind === "varchar" || type.kind === "bytes";
}

/** Bytes the values of `rows` cells take at least; not for types with offsets. */
export function valuesBytes(type: DataType, rows: number): number {
  return type.kind === "boolean" ? (rows + 7) >>> 3 : cellWidth(type) * rows;
}

/** Units of the stored i64 in a millisecond: 1000 for precision 0…6, 1000000 beyond. */
export function timestampUnitsPerMs(precision: number): number {
  return precision > 6 ? 1_000_000 : 1000;
}

/** Event time in milliseconds to the i64 a TIMESTAMP or TIMESTAMP_LTZ of this precision keeps. */
export function timestampFromMs(ms: number, precision: number): bigint {
  return BigInt(ms) * BigInt(timestampUnitsPerMs(precision));
}

/** Milliseconds since the epoch, floored. */
export function timestampToMs(value: bigint, precision: number): number {
  const units = BigInt(timestampUnitsPerMs(precision));
  const quotient = value / units;
  return Number(value < 0n && quotient * units !== value ? quotient - 1n : quotient);
}

/** Whether row is not NULL. */
export function isPresent(column: Column, row: number): boolean {
  return column.validity === null || ((column.validity[row >> 3] as number) & (1 << (row & 7))) !== 0;
}

/** The fixed-width values of a column as the typed array of its type, without a copy where alignment allows. */
export function fixedValues(column: Column, type: DataType): NumericArray {
  const bytes = aligned(column.values, cellWidth(type));
  const length = Math.floor(bytes.byteLength / cellWidth(type));
  switch (type.kind) {
    case "tinyint":
      return new Int8Array(bytes.buffer, bytes.byteOffset, length);
    case "smallint":
      return new Int16Array(bytes.buffer, bytes.byteOffset, length);
    case "int":
    case "date":
    case "time":
    case "interval_month":
      return new Int32Array(bytes.buffer, bytes.byteOffset, length);
    case "float":
      return new Float32Array(bytes.buffer, bytes.byteOffset, length);
    case "double":
      return new Float64Array(bytes.buffer, bytes.byteOffset, length);
    case "bigint":
    case "timestamp":
    case "timestamp_ltz":
    case "interval_day":
      return new BigInt64Array(bytes.buffer, bytes.byteOffset, length);
    default:
      throw notOneCell(type);
  }
}

/** A reader for one column; make it once, call it per row. Bytes cells are views into the column. */
export function cellReader(column: Column, type: DataType): CellReader {
  const read = presentReader(column, type);
  const { validity } = column;
  if (validity === null) return read;
  return (row) => (((validity[row >> 3] as number) & (1 << (row & 7))) === 0 ? null : read(row));
}

/** One cell. For more than a few cells of a column, `cellReader` is the one to use. */
export function readCell(column: Column, type: DataType, row: number): CellValue {
  return cellReader(column, type)(row);
}

/** A leading U+FEFF is a character like any other. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

function presentReader(column: Column, type: DataType): CellReader {
  const { values } = column;
  switch (type.kind) {
    case "boolean":
      return (row) => ((values[row >> 3] as number) & (1 << (row & 7))) !== 0;
    case "decimal":
      return decimalReader(values);
    case "string":
    case "char":
    case "varchar": {
      const offsets = offsetsOf(column);
      return (row) => utf8.decode(values.subarray(offsets[row], offsets[row + 1]));
    }
    case "bytes": {
      const offsets = offsetsOf(column);
      return (row) => values.subarray(offsets[row], offsets[row + 1]);
    }
    case "null":
      return () => null;
    default: {
      const cells = fixedValues(column, type);
      return (row) => cells[row] as number | bigint;
    }
  }
}

function decimalReader(values: Uint8Array): CellReader {
  const view = new DataView(values.buffer, values.byteOffset, values.byteLength);
  return (row) => (view.getBigInt64(row * 16 + 8, true) << 64n) | view.getBigUint64(row * 16, true);
}

function offsetsOf(column: Column): Int32Array {
  assert(column.offsets !== null, "a column of strings or bytes has offsets");
  return column.offsets;
}

/** A copy only where the bytes do not start on a multiple of `width`. */
function aligned(bytes: Uint8Array, width: number): Uint8Array {
  return bytes.byteOffset % width === 0 ? bytes : bytes.slice();
}

function notOneCell(type: DataType): Error {
  return new TypeError(`a value of type ${type.kind} has no cell in a batch column`);
}

/**
 * A present value as SQL text: timestamps `yyyy-MM-dd HH:mm:ss[.fff]` with the shortest fraction (and `Z` for
 * TIMESTAMP_LTZ, in UTC), decimals plain, floats in their shortest form, bytes `x'0a'`. NULL is `NULL`.
 */
export function formatValue(type: DataType, value: CellValue): string {
  if (value === null) return "NULL";
  switch (type.kind) {
    case "decimal":
      return formatDecimal(value as bigint, type.scale);
    case "date":
      return formatDays(value as number);
    case "time":
      return formatTimeOfDay(value as number);
    case "timestamp":
      return formatTimestamp(value as bigint, type.precision);
    case "timestamp_ltz":
      return `${formatTimestamp(value as bigint, type.precision)}Z`;
    case "interval_day":
      return formatDayInterval(value as bigint);
    case "interval_month":
      return formatMonthInterval(value as number);
    case "bytes":
      return `x'${hex(value as Uint8Array)}'`;
    case "float":
      return formatFloat(value as number);
    default:
      return Object.is(value, -0) ? "-0" : String(value);
  }
}

/** `formatValue` for one column: remembers the last value, since the bounds of a window repeat from row to row. */
export function valueFormatter(type: DataType): (value: CellValue) => string {
  let last: CellValue = null;
  let text = formatValue(type, null);
  return (value) => {
    if (value !== last) {
      last = value;
      text = formatValue(type, value);
    }
    return text;
  };
}

/** Plain digits, never an exponent: (−5, 2) is `-0.05`. */
export function formatDecimal(unscaled: bigint, scale: number): string {
  const negative = unscaled < 0n;
  const digits = (negative ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const cut = digits.length - scale;
  const text = scale === 0 ? digits : `${digits.slice(0, cut)}.${digits.slice(cut)}`;
  return negative ? `-${text}` : text;
}

function formatTimestamp(value: bigint, precision: number): string {
  const ms = timestampToMs(value, precision);
  const units = BigInt(timestampUnitsPerMs(precision));
  const belowMs = Number(value - BigInt(ms) * units);
  const days = Math.floor(ms / MS_PER_DAY);
  const msOfDay = ms - days * MS_PER_DAY;
  const fraction =
    (msOfDay % 1000).toString().padStart(3, "0") + belowMs.toString().padStart(precision > 6 ? 6 : 3, "0");
  return `${formatDays(days)} ${formatClock(Math.floor(msOfDay / 1000))}${formatFraction(fraction)}`;
}

function formatTimeOfDay(ms: number): string {
  return formatClock(Math.floor(ms / 1000)) + formatFraction((ms % 1000).toString().padStart(3, "0"));
}

function formatClock(secondOfDay: number): string {
  const minutes = Math.floor(secondOfDay / 60);
  return `${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}:${twoDigits(secondOfDay % 60)}`;
}

function formatFraction(digits: string): string {
  const shortest = digits.replace(/0+$/, "");
  return shortest === "" ? "" : `.${shortest}`;
}

/** `+1 02:03:04.005`, as Flink prints INTERVAL DAY TO SECOND. */
function formatDayInterval(value: bigint): string {
  const magnitude = value < 0n ? -value : value;
  const days = magnitude / BigInt(MS_PER_DAY);
  const ms = Number(magnitude % BigInt(MS_PER_DAY));
  const clock = `${formatClock(Math.floor(ms / 1000))}.${(ms % 1000).toString().padStart(3, "0")}`;
  return `${value < 0n ? "-" : "+"}${days} ${clock}`;
}

/** `+1-02`, as Flink prints INTERVAL YEAR TO MONTH. */
function formatMonthInterval(value: number): string {
  const magnitude = Math.abs(value);
  return `${value < 0 ? "-" : "+"}${Math.floor(magnitude / 12)}-${twoDigits(magnitude % 12)}`;
}

/** Shortest decimal that reads back as the same f32, so that 0.1 is not `0.10000000149011612`. */
export function formatFloat(value: number): string {
  if (Object.is(value, -0)) return "-0";
  for (let digits = 6; digits < 10; digits++) {
    const shorter = Number(value.toPrecision(digits));
    if (Math.fround(shorter) === value) return String(shorter);
  }
  return String(value);
}

function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}
