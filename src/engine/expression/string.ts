/** String functions. Lengths and positions count characters (code points), not bytes. */

import { PHYS_STR } from "../../../assembly/shared/layout.ts";
import * as op from "../../../assembly/shared/opcode.ts";
import { assert } from "../../core/error.ts";
import type { Register } from "../../kernel/program.ts";
import {
  argument,
  type CallCompiler,
  emitBool,
  emitI64,
  emitStr,
  i64Constant,
  requireText,
  userError,
} from "./context.ts";
import { planLike } from "./like.ts";

const names = ["a", "b", "c"] as const;

/** One to three arguments in order. */
function direct(opcode: number, emit: typeof emitStr): CallCompiler {
  return (context, call) => {
    const operands: { a?: Register; b?: Register; c?: Register } = {};
    for (const [at, expression] of call.arguments.entries()) {
      const name = names[at];
      if (name !== undefined) operands[name] = context.compile(expression);
    }
    return emit(context.builder, opcode, operands);
  };
}

/** NULL when any is: pairs, as a balanced tree, so that every byte is copied log n times. */
const concat: CallCompiler = (context, call) => {
  const join = (parts: readonly Register[]): Register => {
    if (parts.length === 1) return parts[0] as Register;
    const middle = parts.length >> 1;
    const operands = { a: join(parts.slice(0, middle)), b: join(parts.slice(middle)) };
    return emitStr(context.builder, op.OP_STR_CONCAT, operands);
  };
  return call.arguments.length === 0
    ? context.builder.constant(PHYS_STR, "")
    : join(call.arguments.map(context.compile));
};

/** CONCAT_WS(separator, …): NULL arguments are passed over; nothing but NULLs is the empty string; a NULL separator NULL. */
const concatWithSeparator: CallCompiler = (context, call) => {
  const [separator, ...parts] = call.arguments.map(context.compile);
  if (separator === undefined) throw userError(call, "needs a separator");
  const { builder } = context;
  const none = builder.constant(PHYS_STR, null);
  const joined = parts.reduce((a, c) => emitStr(builder, op.OP_STR_CONCAT_WS, { a, b: separator, c }), none);
  const empty = builder.constant(PHYS_STR, "");
  const text = builder.emit({ opcode: op.OP_COALESCE, physical: PHYS_STR }, { a: joined, b: empty, flags: PHYS_STR });
  const noSeparator = emitBool(builder, op.OP_IS_NULL, { a: separator });
  const operands = { a: noSeparator, b: joined, c: text, flags: PHYS_STR };
  return builder.emit({ opcode: op.OP_SELECT, physical: PHYS_STR }, operands);
};

const INT_MAX = 2n ** 31n - 1n;

const substring: CallCompiler = (context, call) => {
  const a = context.compile(argument(call, 0));
  const b = context.compile(argument(call, 1));
  const length = call.arguments[2];
  const c = length === undefined ? i64Constant(context, INT_MAX) : context.compile(length);
  return emitStr(context.builder, op.OP_STR_SUBSTRING, { a, b, c });
};

/** POSITION(needle, text). */
const position: CallCompiler = (context, call) => {
  const b = context.compile(argument(call, 0));
  const a = context.compile(argument(call, 1));
  return emitI64(context.builder, op.OP_STR_POSITION, { a, b });
};

const like: CallCompiler = (context, call) => {
  const a = context.compile(argument(call, 0));
  const pattern = requireText(call, 1, "its pattern");
  const escaping = call.arguments.length > 2 ? requireText(call, 2, "its escape character") : null;
  if (escaping !== null && [...escaping].length !== 1)
    throw userError(call, `takes one escape character, not '${escaping}'`);
  const plan = planLike(pattern, escaping);
  if (plan === null) throw userError(call, `pattern '${pattern}': write the escape before %, _ or itself only`);
  const { builder } = context;
  switch (plan.kind) {
    case "equals": {
      const opcode = (op.FAMILY_COMPARE << 8) | (PHYS_STR << 4) | op.COMPARE_EQ;
      return emitBool(builder, opcode, { a, b: builder.constant(PHYS_STR, plan.text) });
    }
    case "prefix":
      return emitBool(builder, op.OP_STR_STARTSWITH, { a, b: builder.constant(PHYS_STR, plan.text) });
    case "suffix":
      return emitBool(builder, op.OP_STR_ENDSWITH, { a, b: builder.constant(PHYS_STR, plan.text) });
    case "contains":
      return emitBool(builder, op.OP_STR_CONTAINS, { a, b: builder.constant(PHYS_STR, plan.text) });
    default:
      return emitBool(builder, op.OP_STR_LIKE, { a, b: builder.constant(PHYS_STR, plan.bytes) });
  }
};

/** AS_SKETCH(image, literal lgK). */
const asSketch: CallCompiler = (context, call) => {
  const least = argument(call, 1);
  assert(least.kind === "literal" && typeof least.value === "bigint", "a sketch has so many registers");
  const a = context.compile(argument(call, 0));
  return emitStr(context.builder, op.OP_STR_SKETCH, { a, immediate: least.value });
};

export const stringCompilers: Readonly<Record<string, CallCompiler>> = {
  CONCAT: concat,
  CONCAT_WS: concatWithSeparator,
  UPPER: direct(op.OP_STR_UPPER, emitStr),
  LOWER: direct(op.OP_STR_LOWER, emitStr),
  INITCAP: direct(op.OP_STR_INITCAP, emitStr),
  CHAR_LENGTH: direct(op.OP_STR_LENGTH, emitI64),
  SUBSTRING: substring,
  TRIM_BOTH: direct(op.OP_STR_TRIM_BOTH, emitStr),
  TRIM_LEADING: direct(op.OP_STR_TRIM_LEADING, emitStr),
  TRIM_TRAILING: direct(op.OP_STR_TRIM_TRAILING, emitStr),
  REPLACE: direct(op.OP_STR_REPLACE, emitStr),
  POSITION: position,
  LIKE: like,
  STARTSWITH: direct(op.OP_STR_STARTSWITH, emitBool),
  ENDSWITH: direct(op.OP_STR_ENDSWITH, emitBool),
  LPAD: direct(op.OP_STR_LPAD, emitStr),
  RPAD: direct(op.OP_STR_RPAD, emitStr),
  REVERSE: direct(op.OP_STR_REVERSE, emitStr),
  REPEAT: direct(op.OP_STR_REPEAT, emitStr),
  LEFT: direct(op.OP_STR_LEFT, emitStr),
  RIGHT: direct(op.OP_STR_RIGHT, emitStr),
  SPLIT_INDEX: direct(op.OP_STR_SPLIT_INDEX, emitStr),
  HLL_ESTIMATE: direct(op.OP_STR_SKETCH_ESTIMATE, emitI64),
  AS_SKETCH: asSketch,
  ASCII: direct(op.OP_STR_ASCII, emitI64),
};
