/**
 * Conditions of a read, `column op text`, made into a test per segment row. Comparisons are SQL's: NULL matches nothing.
 * Strings are compared as the bytes they are kept in, without decoding.
 */
import type { Column } from "../core/batch.ts";
import { EngineError } from "../core/error.ts";
import { nearestName } from "../core/nearest.ts";
import type { DataType, Schema } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import { isPresent } from "../core/value.ts";
import { compareBytes } from "./compare.ts";
import { LiteralError, type Operand, parseOperand } from "./parse-value.ts";
import type { Segment } from "./segment.ts";

export const conditionOperators = ["eq", "ne", "lt", "le", "gt", "ge", "in"] as const;
export type ConditionOperator = (typeof conditionOperators)[number];

/** `in` takes literals parted by commas; `\,` is a comma inside one and `\\` a backslash. */
export interface Condition {
  readonly column: string;
  readonly op: ConditionOperator;
  readonly text: string;
}

export type RowTest = (row: number) => boolean;
/** Makes the test for one segment. */
export type SegmentTest = (segment: Segment) => RowTest;

/** Literals of an `in` that are looked at, at most. */
const MAX_IN = 1000;

export function compileConditions(schema: Schema, viewName: string, conditions: readonly Condition[]): SegmentTest {
  const tests = conditions.map((condition) => compileCondition(schema, viewName, condition));
  const [only] = tests;
  if (only === undefined) return () => () => true;
  if (tests.length === 1) return only;
  return (segment) => {
    const rows = tests.map((test) => test(segment));
    return (row) => rows.every((test) => test(row));
  };
}

/** Index of a column by its exact name. Throws EngineError UNKNOWN-COLUMN with the nearest name. */
export function columnIndex(schema: Schema, viewName: string, column: string): number {
  const index = schema.fields.findIndex((field) => field.name === column);
  if (index >= 0) return index;
  const names = schema.fields.map((field) => field.name);
  const nearest = nearestName(column, names);
  throw new EngineError(`view "${viewName}" has no column "${column}"`, {
    domain: "user",
    code: "UNKNOWN-COLUMN",
    hint: nearest === null ? `its columns are ${names.join(", ")}` : `did you mean "${nearest}"?`,
  });
}

/** Parses a literal for a column. Throws EngineError LITERAL that names the column and its type. */
export function parseForColumn(column: { name: string; type: DataType }, text: string): Operand {
  try {
    return parseOperand(column.type, text);
  } catch (error) {
    if (!(error instanceof LiteralError)) throw error;
    const shown = text.length > 60 ? `${text.slice(0, 60)}…` : text;
    throw new EngineError(`column "${column.name}" is ${formatType(column.type)}: "${shown}" does not fit it`, {
      domain: "user",
      code: "LITERAL",
      hint: `write ${error.message}`,
    });
  }
}

function compileCondition(schema: Schema, viewName: string, condition: Condition): SegmentTest {
  const index = columnIndex(schema, viewName, condition.column);
  const field = schema.fields[index] as { name: string; type: DataType };
  if (condition.op === "in") {
    const operands = splitList(condition.text).map((text) => parseForColumn(field, text));
    return (segment) => {
      const compare = operands.map((operand) => comparison(segment, { index, type: field.type }, operand));
      return (row) => compare.some((test) => test(row) === 0);
    };
  }
  const holds = outcomes[condition.op];
  const operand = parseForColumn(field, condition.text);
  return (segment) => {
    const compare = comparison(segment, { index, type: field.type }, operand);
    return (row) => {
      const order = compare(row);
      return order !== null && holds(order);
    };
  };
}

/** What each operator says of an order; NaN compares to nothing, so only `ne` holds. */
const outcomes: Readonly<Record<Exclude<ConditionOperator, "in">, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
};

function splitList(text: string): string[] {
  const items: string[] = [];
  let last = "";
  for (let at = 0; at < text.length; at++) {
    const escaped = text[at] === "\\" && (text[at + 1] === "," || text[at + 1] === "\\");
    if (text[at] !== "," || escaped) last += text[escaped ? ++at : at];
    else {
      items.push(last);
      last = "";
    }
  }
  items.push(last);
  if (items.length > MAX_IN) {
    throw new EngineError(`a list of ${items.length} literals is longer than the ${MAX_IN} that "in" takes`, {
      domain: "user",
      code: "LITERAL",
    });
  }
  return items;
}

/** Order of a row's cell against the operand: negative, 0, positive, NaN; null for NULL. */
type Comparison = (row: number) => number | null;

function comparison(segment: Segment, column: { index: number; type: DataType }, operand: Operand): Comparison {
  const read = segment.readers[column.index] as Segment["readers"][number];
  switch (operand.kind) {
    case "bytes":
      return bytesComparison(segment.batch.columns[column.index] as Column, operand.value);
    case "decimal": {
      const factor = 10n ** BigInt(operand.scale - (column.type as { scale: number }).scale);
      return (row) => {
        const cell = read(row) as bigint | null;
        return cell === null ? null : order(cell * factor, operand.unscaled);
      };
    }
    default: {
      const { value } = operand;
      return (row) => {
        const cell = read(row) as number | bigint | boolean | null;
        return cell === null ? null : order(cell, value);
      };
    }
  }
}

function bytesComparison(column: Column, operand: Uint8Array): Comparison {
  const { offsets, values } = column;
  if (offsets === null) return () => null;
  return (row) => {
    if (!isPresent(column, row)) return null;
    return compareBytes(values.subarray(offsets[row], offsets[row + 1]), operand);
  };
}

type Scalar = number | bigint | boolean;

function order(a: Scalar, b: Scalar): number {
  if (a < b) return -1;
  if (a > b) return 1;
  return Number.isNaN(a) || Number.isNaN(b) ? Number.NaN : 0;
}
