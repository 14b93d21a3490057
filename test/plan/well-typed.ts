/** What every bound expression must keep: stated argument types, one type where one is promised, known function ids. */
import { expect } from "bun:test";
import { formatType } from "../../src/core/type-text.ts";
import { childrenOf } from "../../src/plan/expression.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { isInteger, isInterval, isTemporal, sameType } from "../../src/plan/type-rules.ts";

const comparisons = ["EQ", "NE", "LT", "LE", "GT", "GE", "IS_DISTINCT_FROM", "IS_NOT_DISTINCT_FROM"];
const ofOneType = [...comparisons, "GREATEST", "LEAST", "COALESCE"];
const logic = ["AND", "OR", "NOT", "IS_TRUE", "IS_FALSE", "IS_NOT_TRUE", "IS_NOT_FALSE"];
const arithmetic = ["ADD", "SUB", "MUL", "DIV", "MOD", "NEG", "ABS"];

/** The ids of the contract, so that a new one cannot slip in unseen. */
export const functionIds: ReadonlySet<string> = new Set([
  ...ofOneType,
  ...logic,
  ...arithmetic,
  ..."IS_NULL IS_NOT_NULL FLOOR CEIL ROUND TRUNCATE SQRT POWER EXP LN LOG10 LOG2 SIGN".split(" "),
  ..."CONCAT CONCAT_WS UPPER LOWER CHAR_LENGTH SUBSTRING TRIM_BOTH TRIM_LEADING TRIM_TRAILING REPLACE POSITION LIKE".split(
    " ",
  ),
  ..."STARTSWITH ENDSWITH LPAD RPAD REVERSE REPEAT LEFT RIGHT SPLIT_INDEX INITCAP ASCII HLL_ESTIMATE AS_SKETCH".split(
    " ",
  ),
  ..."TO_TIMESTAMP_LTZ TO_TIMESTAMP TO_DATE DATE_FORMAT EXTRACT FLOOR_TIME CEIL_TIME TIMESTAMPDIFF UNIX_TIMESTAMP".split(
    " ",
  ),
  "FROM_UNIXTIME",
]);

export function expectWellTyped(
  expression: BoundExpression,
  columns: readonly { readonly type: BoundExpression["type"] }[],
): void {
  for (const child of childrenOf(expression)) expectWellTyped(child, columns);
  const types = childrenOf(expression).map((child) => formatType(child.type));
  switch (expression.kind) {
    case "column":
      expect(expression.index).toBeLessThan(columns.length);
      expect(formatType(expression.type)).toBe(formatType(columns[expression.index]?.type ?? { kind: "null" }));
      return;
    case "case":
      for (const { when, then } of expression.whens) {
        expect(when.type.kind).toBe("boolean");
        expect(formatType(then.type)).toBe(formatType(expression.type));
      }
      expect(formatType(expression.otherwise.type)).toBe(formatType(expression.type));
      return;
    case "call": {
      const id = expression.function;
      expect(functionIds).toContain(id);
      if (ofOneType.includes(id)) expect([id, new Set(types).size]).toEqual([id, 1]);
      if (logic.includes(id)) expect([id, ...new Set(types)]).toEqual([id, "BOOLEAN"]);
      if (arithmetic.includes(id)) expectArithmetic(expression);
      return;
    }
    case "literal":
      expect(expression.nullable).toBe(expression.value === null);
      return;
    case "cast":
      expect(sameType(expression.operand.type, expression.type)).toBe(false);
  }
}

function expectArithmetic(expression: Extract<BoundExpression, { kind: "call" }>): void {
  const [first, second] = expression.arguments;
  const { type } = expression;
  if (isInteger(type) || type.kind === "float" || type.kind === "double") {
    for (const argument of expression.arguments) expect(formatType(argument.type)).toBe(formatType(type));
  } else if (type.kind === "decimal") {
    for (const argument of expression.arguments) expect(argument.type.kind).toBe("decimal");
  } else {
    expect(isTemporal(type) || isInterval(type)).toBe(true);
    expect(formatType(first?.type ?? type)).toBe(formatType(type));
    expect(isInterval(second?.type ?? type)).toBe(true);
  }
}
