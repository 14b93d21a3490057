/** Three-valued logic, NULL tests and the picking of lanes by CASE and COALESCE. */

import { PHYS_BOOL } from "../../../assembly/shared/layout.ts";
import * as op from "../../../assembly/shared/opcode.ts";
import { physicalOf } from "../../kernel/physical.ts";
import type { Register } from "../../kernel/program.ts";
import type { BoundExpression } from "../../plan/plan.ts";
import { argument, type CallCompiler, type Context, emitBool } from "./context.ts";

function test(opcode: number): CallCompiler {
  return (context, call) => emitBool(context.builder, opcode, { a: context.compile(argument(call, 0)) });
}

/** A constant operand decides, or leaves the other one. */
function connect(opcode: number, decisive: boolean): CallCompiler {
  return (context, call) => {
    const a = context.compile(argument(call, 0));
    const b = context.compile(argument(call, 1));
    const constants = [context.builder.constantOf(a), context.builder.constantOf(b)];
    if (constants.includes(decisive)) return context.builder.constant(PHYS_BOOL, decisive);
    if (constants[0] === !decisive) return b;
    if (constants[1] === !decisive || a === b) return a;
    return emitBool(context.builder, opcode, { a, b });
  };
}

const not: CallCompiler = (context, call) => {
  const a = context.compile(argument(call, 0));
  const constant = context.builder.constantOf(a);
  if (typeof constant === "boolean") return context.builder.constant(PHYS_BOOL, !constant);
  return emitBool(context.builder, op.OP_NOT, { a });
};

const coalesce: CallCompiler = (context, call) => {
  const physical = physicalOf(call.type);
  const values = call.arguments.map(context.compile);
  return values.reduceRight((b, a) => {
    const constant = context.builder.constantOf(a);
    if (constant === null) return b;
    if (constant !== undefined || a === b) return a;
    return context.builder.emit({ opcode: op.OP_COALESCE, physical }, { a, b, flags: physical });
  });
};

/** Searched CASE: from the last condition back, each picks between its result and what follows. */
export function compileCase(context: Context, expression: Extract<BoundExpression, { kind: "case" }>): Register {
  const physical = physicalOf(expression.type);
  return expression.whens.reduceRight((otherwise, branch) => {
    const a = context.compile(branch.when);
    const constant = context.builder.constantOf(a);
    if (constant === true) return context.compile(branch.then);
    if (constant === false || constant === null) return otherwise;
    const operands = { a, b: context.compile(branch.then), c: otherwise, flags: physical };
    return context.builder.emit({ opcode: op.OP_SELECT, physical }, operands);
  }, context.compile(expression.otherwise));
}

export const logicCompilers: Readonly<Record<string, CallCompiler>> = {
  AND: connect(op.OP_AND, false),
  OR: connect(op.OP_OR, true),
  NOT: not,
  IS_NULL: test(op.OP_IS_NULL),
  IS_NOT_NULL: test(op.OP_IS_NOT_NULL),
  IS_TRUE: test(op.OP_IS_TRUE),
  IS_FALSE: test(op.OP_IS_FALSE),
  IS_NOT_TRUE: test(op.OP_IS_NOT_TRUE),
  IS_NOT_FALSE: test(op.OP_IS_NOT_FALSE),
  COALESCE: coalesce,
};
