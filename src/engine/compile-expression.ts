/**
 * Bound expressions to kernel instructions. A column is its input's register (no copy), a literal a constant register, and
 * whatever was computed before in the section is not computed again. Semantics are the kernel's: NULL in, NULL out but for
 * logic, CASE and COALESCE, which pick lanes; errors are poisoned lanes (assembly/shared/status.ts).
 */
import { PHYS_BOOL, PHYS_F64 } from "../../assembly/shared/layout.ts";
import { assert, EngineError, unreachable } from "../core/error.ts";
import { physicalOf } from "../kernel/physical.ts";
import type { Register } from "../kernel/program.ts";
import type { BoundExpression } from "../plan/plan.ts";
import { compileCast } from "./expression/cast.ts";
import { type CallCompiler, type Context, operand } from "./expression/context.ts";
import { compileCase, logicCompilers } from "./expression/logic.ts";
import { numericCompilers } from "./expression/numeric.ts";
import { stringCompilers } from "./expression/string.ts";
import { timeCompilers } from "./expression/time.ts";
import type { ProgramBuilder } from "./program-builder.ts";

const compilers: ReadonlyMap<string, CallCompiler> = new Map(
  Object.entries({ ...logicCompilers, ...numericCompilers, ...stringCompilers, ...timeCompilers }),
);

/** Every function the kernel computes, by the plan's ids. */
export const kernelFunctions: readonly string[] = [...compilers.keys()];

/**
 * The register that will hold the expression's value, of physical type `physicalOf(expression.type)`. `inputs` are the
 * registers of the columns it names, by index. Instructions collect in the builder until `takeInstructions`. Throws a user
 * error for a function or cast the kernel lacks.
 */
export function compileExpression(
  builder: ProgramBuilder,
  expression: BoundExpression,
  inputs: readonly Register[],
): Register {
  const known = new Map<BoundExpression, Register>();
  const compile = (node: BoundExpression): Register => {
    const found = known.get(node);
    if (found !== undefined) return found;
    const register = compileNode(context, node, inputs);
    known.set(node, register);
    return register;
  };
  const context: Context = { builder, compile };
  return compile(expression);
}

function compileNode(context: Context, expression: BoundExpression, inputs: readonly Register[]): Register {
  switch (expression.kind) {
    case "column": {
      const register = inputs[expression.index];
      assert(register !== undefined, `column ${expression.index} has a register`);
      return register;
    }
    case "literal":
      return compileLiteral(context.builder, expression);
    case "cast":
      return compileCast(context.builder, operand(context, expression.operand), expression.type, expression.try);
    case "case":
      return compileCase(context, expression);
    case "call": {
      const compiler = compilers.get(expression.function);
      if (compiler !== undefined) return compiler(context, expression);
      throw new EngineError(`the kernel does not compute '${expression.function}' yet: write it with other functions`, {
        domain: "user",
        code: "UNSUPPORTED-FUNCTION",
      });
    }
    default:
      return unreachable(expression);
  }
}

function compileLiteral(builder: ProgramBuilder, literal: Extract<BoundExpression, { kind: "literal" }>): Register {
  const { type, value } = literal;
  if (type.kind === "null") return builder.constant(PHYS_BOOL, null);
  const physical = physicalOf(type);
  if (physical === PHYS_F64 && value !== null) {
    const number = Number(value);
    return builder.constant(physical, type.kind === "float" ? Math.fround(number) : number);
  }
  return builder.constant(physical, value);
}
