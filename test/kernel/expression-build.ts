/** Short forms of bound expressions for tests. */
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression, LiteralValue } from "../../src/plan/plan.ts";

export const BOOLEAN: DataType = { kind: "boolean" };
export const TINYINT: DataType = { kind: "tinyint" };
export const SMALLINT: DataType = { kind: "smallint" };
export const INT: DataType = { kind: "int" };
export const BIGINT: DataType = { kind: "bigint" };
export const FLOAT: DataType = { kind: "float" };
export const DOUBLE: DataType = { kind: "double" };
export const STRING: DataType = { kind: "string" };
export const DATE: DataType = { kind: "date" };
export const TIMESTAMP: DataType = { kind: "timestamp", precision: 3 };
export const LTZ: DataType = { kind: "timestamp_ltz", precision: 3 };

export const decimal = (precision: number, scale: number): DataType => ({ kind: "decimal", precision, scale });
export const time = (precision: number): DataType => ({ kind: "time", precision });
export const char = (length: number): DataType => ({ kind: "char", length });
export const varchar = (length: number): DataType => ({ kind: "varchar", length });

export function literal(value: LiteralValue, type: DataType): BoundExpression {
  return { kind: "literal", value, type, nullable: value === null };
}

export const text = (value: string): BoundExpression => literal(value, STRING);
export const int = (value: number): BoundExpression => literal(BigInt(value), INT);
export const double = (value: number): BoundExpression => literal(value, DOUBLE);
export const isTrue = literal(true, BOOLEAN);
export const isFalse = literal(false, BOOLEAN);

export function column(index: number, type: DataType): BoundExpression {
  return { kind: "column", index, type, nullable: true };
}

export function call(name: string, type: DataType, ...args: readonly BoundExpression[]): BoundExpression {
  return { kind: "call", function: name, arguments: args, type, nullable: true };
}

export function cast(operand: BoundExpression, type: DataType): BoundExpression {
  return { kind: "cast", operand, type, nullable: true, try: false };
}

export function tryCast(operand: BoundExpression, type: DataType): BoundExpression {
  return { kind: "cast", operand, type, nullable: true, try: true };
}

/** CASE WHEN condition THEN first ELSE second END. */
export function either(condition: BoundExpression, first: BoundExpression, second: BoundExpression): BoundExpression {
  // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
  const branch = { when: condition, then: first };
  return { kind: "case", whens: [branch], otherwise: second, type: first.type, nullable: true };
}

/** An INT that is an error. */
export const failing = call("DIV", INT, int(1), int(0));
