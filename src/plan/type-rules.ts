/**
 * How types combine: families, the type two operands meet in, result types of DECIMAL arithmetic, and which casts there
 * are. Rules are Flink's: `LogicalTypeMerging` for DECIMAL (adopted there from SQL Server), Calcite's least restrictive
 * type for the rest, `LogicalTypeCasts` for implicit and explicit casts.
 */
import type { DataType, TypeKind } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";

export type DecimalType = Extract<DataType, { kind: "decimal" }>;

export const BOOLEAN: DataType = { kind: "boolean" };
export const INT: DataType = { kind: "int" };
export const BIGINT: DataType = { kind: "bigint" };
export const DOUBLE: DataType = { kind: "double" };
export const STRING: DataType = { kind: "string" };
export const BYTES: DataType = { kind: "bytes" };
export const DATE: DataType = { kind: "date" };
export const NULL: DataType = { kind: "null" };
/** window_start and window_end. */
export const TIMESTAMP_3: DataType = { kind: "timestamp", precision: 3 };

export const MAX_DECIMAL_PRECISION = 38;
const MIN_ADJUSTED_SCALE = 6;

const integerKinds: readonly TypeKind[] = ["tinyint", "smallint", "int", "bigint"];
/** Digits an integer kind needs as a DECIMAL. */
const integerDigits: Readonly<Record<string, number>> = { tinyint: 3, smallint: 5, int: 10, bigint: 19 };

export function sameType(a: DataType, b: DataType): boolean {
  return a === b || (a.kind === b.kind && formatType(a) === formatType(b));
}

export function isInteger(type: DataType): boolean {
  return integerKinds.includes(type.kind);
}

export function isFloat(type: DataType): boolean {
  return type.kind === "float" || type.kind === "double";
}

export function isDecimal(type: DataType): type is DecimalType {
  return type.kind === "decimal";
}

export function isNumeric(type: DataType): boolean {
  return isInteger(type) || isFloat(type) || isDecimal(type);
}

export function isString(type: DataType): boolean {
  return type.kind === "string" || type.kind === "char" || type.kind === "varchar";
}

export function isTimestamp(type: DataType): type is Extract<DataType, { kind: "timestamp" | "timestamp_ltz" }> {
  return type.kind === "timestamp" || type.kind === "timestamp_ltz";
}

/** DATE, TIME, TIMESTAMP and TIMESTAMP_LTZ. */
export function isTemporal(type: DataType): boolean {
  return isTimestamp(type) || type.kind === "date" || type.kind === "time";
}

export function isInterval(type: DataType): boolean {
  return type.kind === "interval_day" || type.kind === "interval_month";
}

/** ROW, ARRAY and MAP: types whose whole values this release does not compute with. */
export function isNested(type: DataType): boolean {
  return type.kind === "row" || type.kind === "array" || type.kind === "map";
}

/** An integer or DECIMAL as a DECIMAL; the type must be one of them. */
export function asDecimal(type: DataType): DecimalType {
  if (isDecimal(type)) return type;
  return { kind: "decimal", precision: integerDigits[type.kind] ?? MAX_DECIMAL_PRECISION, scale: 0 };
}

/** Keeps the digits before the point where 38 are not enough, and at least 6 behind it. */
function fitDecimal(precision: number, scale: number): DecimalType {
  if (precision <= MAX_DECIMAL_PRECISION) return { kind: "decimal", precision, scale };
  const integral = precision - scale;
  const fitted = Math.max(MAX_DECIMAL_PRECISION - integral, Math.min(scale, MIN_ADJUSTED_SCALE));
  return { kind: "decimal", precision: MAX_DECIMAL_PRECISION, scale: fitted };
}

/** Result of ADD, SUB, MUL, DIV or MOD on two DECIMALs. */
export function decimalResult(
  operator: "ADD" | "SUB" | "MUL" | "DIV" | "MOD",
  a: DecimalType,
  b: DecimalType,
): DecimalType {
  const integral = [a.precision - a.scale, b.precision - b.scale] as const;
  const scale = Math.max(a.scale, b.scale);
  switch (operator) {
    case "ADD":
    case "SUB":
      return fitDecimal(Math.max(...integral) + scale + 1, scale);
    case "MUL":
      return fitDecimal(a.precision + b.precision + 1, a.scale + b.scale);
    case "DIV": {
      const quotientScale = Math.max(MIN_ADJUSTED_SCALE, a.scale + b.precision + 1);
      return fitDecimal(integral[0] + b.scale + quotientScale, quotientScale);
    }
    case "MOD":
      return fitDecimal(Math.min(...integral) + scale, scale);
  }
}

/** Result of ROUND and TRUNCATE to `digits`. */
export function decimalRounded(type: DecimalType, digits: number): DecimalType {
  if (digits >= type.scale) return type;
  const integral = 1 + type.precision - type.scale;
  if (digits < 0) return { kind: "decimal", precision: Math.min(MAX_DECIMAL_PRECISION, integral), scale: 0 };
  return { kind: "decimal", precision: integral + digits, scale: digits };
}

function commonNumeric(a: DataType, b: DataType): DataType {
  if (isInteger(a) && isInteger(b)) {
    return integerKinds.indexOf(a.kind) >= integerKinds.indexOf(b.kind) ? a : b;
  }
  if (isFloat(a) || isFloat(b)) {
    if (isDecimal(a) || isDecimal(b) || a.kind === "double" || b.kind === "double") return DOUBLE;
    return isFloat(a) ? a : b;
  }
  const x = asDecimal(a);
  const y = asDecimal(b);
  const integral = Math.max(x.precision - x.scale, y.precision - y.scale);
  const scale = Math.min(Math.max(x.scale, y.scale), Math.max(0, MAX_DECIMAL_PRECISION - integral));
  return { kind: "decimal", precision: Math.min(integral + scale, MAX_DECIMAL_PRECISION), scale };
}

function commonString(a: DataType, b: DataType): DataType {
  if (a.kind === "string" || b.kind === "string") return STRING;
  if (!("length" in a) || !("length" in b)) return STRING;
  const length = Math.max(a.length, b.length);
  return a.kind === "char" && b.kind === "char" && a.length === b.length
    ? { kind: "char", length }
    : { kind: "varchar", length };
}

function commonTemporal(a: DataType, b: DataType): DataType | null {
  if (isTimestamp(a) && isTimestamp(b)) {
    const kind = a.kind === b.kind ? a.kind : "timestamp_ltz";
    return { kind, precision: Math.max(a.precision, b.precision) };
  }
  if (isTimestamp(a) && b.kind === "date") return a;
  if (a.kind === "date" && isTimestamp(b)) return b;
  if (a.kind === "time" && b.kind === "time") return a.precision >= b.precision ? a : b;
  return null;
}

/** The type both can become without a cast in the text, or null. NULL gives way to the other. */
export function commonType(a: DataType, b: DataType): DataType | null {
  if (sameType(a, b)) return a;
  if (a.kind === "null") return b;
  if (b.kind === "null") return a;
  if (isNumeric(a) && isNumeric(b)) return commonNumeric(a, b);
  if (isString(a) && isString(b)) return commonString(a, b);
  if (isTemporal(a) && isTemporal(b)) return commonTemporal(a, b);
  return null;
}

/** Casts that INSERT INTO writes by itself: nothing is lost, or the sink's type trims (VARCHAR, DECIMAL, DATE). */
export function castsImplicitly(from: DataType, to: DataType): boolean {
  if (from.kind === "null" || sameType(from, to)) return true;
  switch (to.kind) {
    case "char":
      return from.kind === "char";
    case "string":
    case "varchar":
      return isString(from);
    case "decimal":
    case "double":
      return isNumeric(from);
    case "float":
      return isInteger(from) || isDecimal(from) || from.kind === "float";
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return isInteger(from) && integerKinds.indexOf(from.kind) <= integerKinds.indexOf(to.kind);
    case "date":
      return from.kind === "timestamp";
    case "time":
      return from.kind === "time" || from.kind === "timestamp";
    case "timestamp":
    case "timestamp_ltz":
      return isTimestamp(from);
    default:
      return from.kind === to.kind && !isNested(to);
  }
}

/** Casts that CAST(x AS T) may name. Numbers and timestamps do not turn into each other. */
export function castsExplicitly(from: DataType, to: DataType): boolean {
  if (castsImplicitly(from, to)) return true;
  if (isInterval(from)) return isString(to);
  if (isNested(from) || isNested(to) || isInterval(to)) return false;
  if (from.kind === "bytes" || to.kind === "bytes") return isString(from) || isString(to);
  if (isString(from) || isString(to)) return true;
  if (isNumeric(to)) return isNumeric(from) || from.kind === "boolean";
  if (to.kind === "boolean") return isNumeric(from);
  if (to.kind === "date") return isTimestamp(from);
  if (to.kind === "time") return isTimestamp(from);
  if (isTimestamp(to)) return from.kind === "date" || from.kind === "time";
  return false;
}
