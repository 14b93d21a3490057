/** What stands above an operator: conditions on its rows, and the columns that leave. */
import type { Instruction, OutputColumn, Register } from "../kernel/program.ts";
import { conjunction } from "../plan/expression.ts";
import type { NamedExpression } from "../plan/plan.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** What stands above an operator, over the registers of its output columns. */
export function compileAbove(
  builder: ProgramBuilder,
  stage: Stage,
  columns: readonly Register[],
): {
  readonly having: Register | null;
  readonly outputs: readonly OutputColumn[];
  readonly compute: readonly Instruction[];
} {
  const condition = conjunction(stage.above.filters);
  const having = condition === null ? null : compileExpression(builder, condition, columns);
  const outputs = stage.above.columns.map((column) => outputColumn(builder, column, columns));
  return { having, outputs, compute: takeFor(builder, outputs, having === null ? [] : [having]) };
}

export function outputColumn(
  builder: ProgramBuilder,
  column: NamedExpression,
  inputs: readonly Register[],
): OutputColumn {
  const { type, nullable } = column.expression;
  return { name: column.name, register: compileExpression(builder, column.expression, inputs), type, nullable };
}

export function takeFor(builder: ProgramBuilder, outputs: readonly OutputColumn[], other: readonly Register[] = []) {
  return builder.takeInstructions([...outputs.map((output) => output.register), ...other]);
}
