/** What the compilers of single functions share: operands by register, and the short forms they are written in. */
import { PHYS_BOOL, PHYS_DEC, PHYS_F64, PHYS_I64, PHYS_STR } from "../../../assembly/shared/layout.ts";
import { EngineError } from "../../core/error.ts";
import type { DataType } from "../../core/type.ts";
import { formatType } from "../../core/type-text.ts";
import type { ConstantValue, Register } from "../../kernel/program.ts";
import type { BoundExpression } from "../../plan/plan.ts";
import type { Operands, ProgramBuilder } from "../program-builder.ts";

export type Call = Extract<BoundExpression, { kind: "call" }>;

/** A value with its type: what an operation needs to know of an argument. */
export interface Operand {
  readonly register: Register;
  readonly type: DataType;
}

export interface Context {
  readonly builder: ProgramBuilder;
  readonly compile: (expression: BoundExpression) => Register;
}

/** One SQL function to registers. */
export type CallCompiler = (context: Context, call: Call) => Register;

type Emitter = (builder: ProgramBuilder, opcode: number, operands: Operands) => Register;

function emitter(physical: number): Emitter {
  return (builder, opcode, operands) => builder.emit({ opcode, physical }, operands);
}

export const emitBool = emitter(PHYS_BOOL);
export const emitI64 = emitter(PHYS_I64);
export const emitF64 = emitter(PHYS_F64);
export const emitDec = emitter(PHYS_DEC);
export const emitStr = emitter(PHYS_STR);

/** The argument, which binding has checked to be there. */
export function argument(call: Call, index: number): BoundExpression {
  const found = call.arguments[index];
  if (found === undefined) {
    throw new EngineError(`'${call.function}' has no argument ${index + 1}`, { domain: "internal", code: "BUG" });
  }
  return found;
}

export function operand(context: Context, expression: BoundExpression): Operand {
  return { register: context.compile(expression), type: expression.type };
}

/** The text of a literal argument, or null where it is no literal string. */
export function literalText(call: Call, index: number): string | null {
  const found = call.arguments[index];
  return found?.kind === "literal" && typeof found.value === "string" ? found.value : null;
}

export function requireText(call: Call, index: number, what: string): string {
  const text = literalText(call, index);
  if (text === null) throw userError(call, `needs ${what} as a literal string`);
  return text;
}

export function userError(call: Call, message: string): EngineError {
  return new EngineError(`'${call.function}' ${message}`, { domain: "user", code: "UNSUPPORTED-EXPRESSION" });
}

/** The kernel has no such operation on these types. */
export function lacking(call: Call): EngineError {
  const types = call.arguments.map(({ type }) => formatType(type)).join(", ");
  return userError(call, `is not there for (${types}): cast the arguments, or write it with other functions`);
}

export function i64Constant(context: Context, value: ConstantValue): Register {
  return context.builder.constant(PHYS_I64, value);
}
