/** Runs golden cases: an expression without columns and its value, in the kernel and in the oracle. */
import { expect, test } from "bun:test";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { evaluate } from "../oracle/expression.ts";
import type { Value } from "../oracle/expression-value.ts";
import { runThroughKernel } from "./expression-run.ts";

export type GoldenCase = readonly [name: string, expression: BoundExpression, value: Value];

/** Both must give the value: a golden case is worth nothing where the oracle errs with the kernel. */
export function golden(cases: readonly GoldenCase[]): void {
  const expressions = cases.map(([, expression]) => expression);
  const found = runThroughKernel([], [[]], expressions);
  cases.forEach(([name, expression, value], index) => {
    test(name, () => {
      expect({ kernel: found[index]?.[0] }).toEqual({ kernel: value });
      expect({ oracle: evaluate(expression, []) }).toEqual({ oracle: value });
    });
  });
}
