/** Random typed expressions over random rows: the kernel's lanes against the naive oracle's values. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import { childrenOf } from "../../src/plan/expression.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { printExpression } from "../../src/plan/print-expression.ts";
import { evaluate } from "../oracle/expression.ts";
import { poison, type Value } from "../oracle/expression-value.ts";
import { allTypes, RandomExpressions } from "./expression-random.ts";
import { columnTypes } from "./expression-random-values.ts";
import { runThroughKernel } from "./expression-run.ts";
import { random } from "./harness.ts";

/** Programs a run tries; MILLRACE_PROPERTY multiplies. Each has EXPRESSIONS trees over ROWS rows. */
const PROGRAMS = 12 * Number(process.env.MILLRACE_PROPERTY ?? 1);
const FIRST_SEED = Number(process.env.MILLRACE_SEED ?? 1);
const EXPRESSIONS = 60;
const ROWS = 70;

function show(value: Value | undefined): string {
  if (value === poison) return "an error";
  return Object.is(value, -0) ? "-0" : typeof value === "string" ? JSON.stringify(value) : String(value);
}

/** The innermost part of the tree that already differs on this row. */
function innermost(expression: BoundExpression, row: readonly Value[]): BoundExpression {
  for (const child of childrenOf(expression)) {
    const [found] = runThroughKernel(columnTypes, [row], [child]) as [Value[]];
    if (!Object.is(found[0], evaluate(child, row))) return innermost(child, row);
  }
  return expression;
}

const input = { fields: columnTypes.map((type, index) => ({ name: `c${index}`, type, nullable: true })) };

/** Gives how many lanes held a value, NULL, an error. */
function check(seed: number): readonly [values: number, nulls: number, errors: number] {
  const generator = new RandomExpressions(random(seed));
  const rows = Array.from({ length: ROWS }, () => generator.row());
  const expressions = Array.from({ length: EXPRESSIONS }, (_, index) =>
    generator.tree(allTypes[index % allTypes.length] as DataType, 1 + (index % 4)),
  );
  const results = runThroughKernel(columnTypes, rows, expressions);
  const seen: [number, number, number] = [0, 0, 0];
  expressions.forEach((expression, index) => {
    rows.forEach((row, at) => {
      const expected = evaluate(expression, row);
      seen[expected === poison ? 2 : expected === null ? 1 : 0]++;
      if (Object.is(expected, results[index]?.[at])) return;
      const part = innermost(expression, row);
      const [found] = runThroughKernel(columnTypes, [row], [part]) as [Value[]];
      const operands = childrenOf(part).map((child) => show(evaluate(child, row)));
      throw new Error(
        `${printExpression(part, input)} of (${operands.join(", ")}) is ${show(evaluate(part, row))}, ` +
          `the kernel says ${show(found[0])}\nMILLRACE_SEED=${seed}, expression ${index}, row ${at}`,
      );
    });
  });
  return seen;
}

describe("random expressions", () => {
  test(`agree with the oracle (seeds ${FIRST_SEED} to ${FIRST_SEED + PROGRAMS - 1})`, () => {
    const total: [number, number, number] = [0, 0, 0];
    for (let seed = FIRST_SEED; seed < FIRST_SEED + PROGRAMS; seed++) {
      check(seed).forEach((count, kind) => {
        total[kind as 0 | 1 | 2] += count;
      });
    }
    const lanes = total.reduce((sum, count) => sum + count, 0);
    for (const count of total) expect(count).toBeGreaterThan(lanes / 50);
  }, 120_000);
});
