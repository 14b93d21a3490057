/**
 * Casts, folded where a literal makes the answer known: `5` as BIGINT is the literal, `'2024-05-01'` beside a DATE is a
 * date. Folding never changes a value: what does not fit exactly stays a cast and is judged when rows run.
 */
import type { DataType } from "../core/type.ts";
import { literal } from "./expression.ts";
import { cutTimestamp, readDate, readTime, readTimestamp } from "./literal-text.ts";
import type { BoundExpression } from "./plan.ts";
import { isDecimal, isInteger, isString, isTemporal, sameType } from "./type-rules.ts";

type Literal = Extract<BoundExpression, { kind: "literal" }>;

const integerBits: Readonly<Record<string, bigint>> = { tinyint: 7n, smallint: 15n, int: 31n, bigint: 63n };

/** The expression as `type`: itself, a folded literal, or a cast node. The cast must exist. */
export function castTo(expression: BoundExpression, type: DataType): BoundExpression {
  if (sameType(expression.type, type)) return expression;
  if (expression.kind === "literal") {
    const folded = foldLiteral(expression, type);
    if (folded !== null) return folded;
  }
  return { kind: "cast", operand: expression, type, nullable: expression.nullable, try: false };
}

/** A literal of another type with the same value, or null when only a cast can say. */
export function foldLiteral(from: Literal, type: DataType): Literal | null {
  if (from.value === null) return literal(null, type) as Literal;
  if (isString(from.type)) return foldString(from.value as string, type);
  if (isInteger(from.type) || isDecimal(from.type)) return foldExact(from, type);
  if (from.type.kind === "float" && type.kind === "double") return literal(from.value, type) as Literal;
  if (from.type.kind === "timestamp" && type.kind === "timestamp" && type.precision >= from.type.precision) {
    const value = from.value as bigint;
    const unitsChange = from.type.precision <= 6 && type.precision > 6;
    return literal(unitsChange ? value * 1000n : value, type) as Literal;
  }
  return null;
}

function foldString(value: string, type: DataType): Literal | null {
  if (type.kind === "string") return literal(value, type) as Literal;
  const length = [...value].length;
  if (type.kind === "varchar" && length <= type.length) return literal(value, type) as Literal;
  if (type.kind === "char" && length === type.length) return literal(value, type) as Literal;
  return isTemporal(type) ? temporalLiteral(value, type) : null;
}

function foldExact(from: Literal, type: DataType): Literal | null {
  const scale = isDecimal(from.type) ? from.type.scale : 0;
  const value = from.value as bigint;
  if (isInteger(type)) {
    const limit = 1n << (integerBits[type.kind] ?? 0n);
    return scale === 0 && value >= -limit && value < limit ? (literal(value, type) as Literal) : null;
  }
  if (isDecimal(type)) {
    if (type.scale < scale) return null;
    const scaled = value * 10n ** BigInt(type.scale - scale);
    const limit = 10n ** BigInt(type.precision);
    return scaled > -limit && scaled < limit ? (literal(scaled, type) as Literal) : null;
  }
  if (type.kind === "double") {
    const digits = (value < 0n ? -value : value).toString().padStart(scale + 1, "0");
    const text = `${digits.slice(0, digits.length - scale)}.${digits.slice(digits.length - scale)}`;
    return literal(Number(value < 0n ? `-${text}` : text), type) as Literal;
  }
  if (type.kind === "float" && scale === 0 && BigInt(Math.fround(Number(value))) === value) {
    return literal(Number(value), type) as Literal;
  }
  return null;
}

/** A string as a literal of a temporal type, or null when the text is none. */
export function temporalLiteral(text: string, type: DataType): Literal | null {
  switch (type.kind) {
    case "date": {
      const date = readDate(text);
      return date && (literal(date.value, type) as Literal);
    }
    case "time": {
      const time = readTime(text);
      if (time === null) return null;
      const step = 10n ** BigInt(3 - Math.min(3, type.precision));
      return literal(time.value - (time.value % step), type) as Literal;
    }
    case "timestamp":
    case "timestamp_ltz": {
      const timestamp = readTimestamp(text);
      return timestamp && (literal(cutTimestamp(timestamp.value, type.precision), type) as Literal);
    }
    default:
      return null;
  }
}
