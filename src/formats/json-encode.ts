/**
 * A batch as JSON: one compact object a row, keys in column order, as Flink's json format writes it. Integers are exact
 * numbers of any size; DECIMAL is stripped of trailing zeros and has an exponent where java.math.BigDecimal prints one;
 * NaN and infinities are strings; timestamps have the shortest fraction, TIMESTAMP_LTZ is in UTC with a `Z`; bytes are base64.
 */
import type { Batch } from "../core/batch.ts";
import type { DataType } from "../core/type.ts";
import { type CellValue, cellReader, formatDecimal, formatFloat, formatValue } from "../core/value.ts";
import type { JsonTimestampFormat } from "./json.ts";

export interface JsonEncodeOptions {
  /** ISO-8601 puts a `T` between date and time; anything else a blank. */
  readonly timestampFormat?: JsonTimestampFormat;
  readonly decimalAsPlainNumber?: boolean;
  readonly ignoreNullFields?: boolean;
  /** Ends every row with a newline: JSON lines. */
  readonly newline?: boolean;
}

/** Row i is bytes[offsets[i], offsets[i + 1]). The caller owns the buffers. */
export interface EncodedJson {
  readonly rows: number;
  readonly bytes: Uint8Array;
  readonly offsets: Int32Array;
}

/** Most UTF-8 bytes a UTF-16 unit turns into. */
const BYTES_PER_UNIT = 3;
const FIRST_BYTES_PER_ROW = 128;

const utf8 = new TextEncoder();

/** Rows of the batch as JSON text; `op` is not written. */
export function encodeJson(batch: Batch, options: JsonEncodeOptions = {}): EncodedJson {
  const writeRow = rowWriter(batch, options);
  const end = options.newline === true ? "}\n" : "}";
  const offsets = new Int32Array(batch.rows + 1);
  let bytes = new Uint8Array(batch.rows * FIRST_BYTES_PER_ROW + FIRST_BYTES_PER_ROW);
  let used = 0;
  for (let row = 0; row < batch.rows; row++) {
    const text = writeRow(row) + end;
    if (bytes.length - used < text.length * BYTES_PER_UNIT) bytes = widen(bytes, used, text.length * BYTES_PER_UNIT);
    used += utf8.encodeInto(text, bytes.subarray(used)).written;
    offsets[row + 1] = used;
  }
  return { rows: batch.rows, bytes: bytes.subarray(0, used), offsets };
}

function widen(bytes: Uint8Array, used: number, more: number): Uint8Array<ArrayBuffer> {
  const wider = new Uint8Array(Math.max(bytes.length * 2, used + more));
  wider.set(bytes.subarray(0, used));
  return wider;
}

/** The row's object without its closing brace. */
function rowWriter(batch: Batch, options: JsonEncodeOptions): (row: number) => string {
  const fields = batch.columns.map((column, index) => {
    const { name, type } = batch.schema.fields[index] as { name: string; type: DataType };
    return { key: `${JSON.stringify(name)}:`, read: cellReader(column, type), write: cellWriter(type, options) };
  });
  const skipNulls = options.ignoreNullFields === true;
  return (row) => {
    let text = "{";
    for (const { key, read, write } of fields) {
      const value = read(row);
      if (value === null && skipNulls) continue;
      text += (text.length === 1 ? key : `,${key}`) + (value === null ? "null" : write(value));
    }
    return text;
  };
}

type CellWriter = (value: Exclude<CellValue, null>) => string;

function cellWriter(type: DataType, options: JsonEncodeOptions): CellWriter {
  switch (type.kind) {
    case "string":
    case "char":
    case "varchar":
      return (value) => JSON.stringify((value as string).toWellFormed());
    case "bytes":
      return (value) => `"${(value as Uint8Array).toBase64()}"`;
    case "float":
    case "double":
      return (value) => floatText(type, value as number);
    case "decimal":
      return (value) => decimalText(value as bigint, type.scale, options.decimalAsPlainNumber === true);
    case "date":
    case "time":
      return (value) => `"${formatValue(type, value)}"`;
    case "timestamp":
    case "timestamp_ltz":
      return options.timestampFormat === "ISO-8601"
        ? (value) => `"${formatValue(type, value).replace(" ", "T")}"`
        : (value) => `"${formatValue(type, value)}"`;
    default:
      return String;
  }
}

/** A whole number keeps a `.0`, so that readers that guess types see a floating one. */
function floatText(type: DataType, value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = type.kind === "float" ? formatFloat(value) : Object.is(value, -0) ? "-0" : String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function decimalText(unscaled: bigint, scale: number, plain: boolean): string {
  let value = unscaled;
  let places = scale;
  if (value === 0n) return "0";
  while (value % 10n === 0n && (!plain || places > 0)) {
    value /= 10n;
    places--;
  }
  const sign = value < 0n ? "-" : "";
  const digits = (value < 0n ? -value : value).toString();
  const exponent = digits.length - 1 - places;
  if (places >= 0 && (plain || exponent >= -6)) return formatDecimal(value, places);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : "";
  return `${sign}${digits[0]}${fraction}E${exponent < 0 ? "" : "+"}${exponent}`;
}
