/**
 * Spark's `window`: a value with the fields start and end. It is a call that no function stands behind; reading a field takes
 * the call apart, so the value itself never reaches a plan, and a query that asks for it whole is refused as any ROW is.
 */
import type { DataType } from "../core/type.ts";
import { call } from "./expression.ts";
import type { BoundExpression } from "./plan.ts";
import { TIMESTAMP_3 } from "./type-rules.ts";

const STRUCT = "WINDOW";
const type: DataType = {
  kind: "row",
  fields: [
    { name: "start", type: TIMESTAMP_3, nullable: false },
    { name: "end", type: TIMESTAMP_3, nullable: false },
  ],
};

export type StructParts = readonly [start: BoundExpression, end: BoundExpression, time: BoundExpression];

export function windowStruct(parts: StructParts): BoundExpression {
  return call(STRUCT, parts, { type, nullable: false });
}

/** What the value is made of; null when the expression is none. */
export function structParts(expression: BoundExpression): StructParts | null {
  if (expression.kind !== "call" || expression.function !== STRUCT) return null;
  const [start, end, time] = expression.arguments;
  return start === undefined || end === undefined || time === undefined ? null : [start, end, time];
}

/** The field of this name, in any case; undefined when there is none. */
export function structField([start, end]: StructParts, name: string): BoundExpression | undefined {
  const field = name.toLowerCase();
  return field === "start" ? start : field === "end" ? end : undefined;
}
