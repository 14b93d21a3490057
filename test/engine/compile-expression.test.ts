/** The compiler of expressions and the program builder: what they emit, reuse and refuse. Values are test/kernel's business. */
import { describe, expect, test } from "bun:test";
import { PHYS_I64, PHYS_STR } from "../../assembly/shared/layout.ts";
import * as op from "../../assembly/shared/opcode.ts";
import { EngineError } from "../../src/core/error.ts";
import type { DataType } from "../../src/core/type.ts";
import { compileExpression, kernelFunctions } from "../../src/engine/compile-expression.ts";
import { compileDatePattern } from "../../src/engine/expression/date-pattern.ts";
import { planLike } from "../../src/engine/expression/like.ts";
import { ProgramBuilder } from "../../src/engine/program-builder.ts";
import type { Instruction, Register } from "../../src/kernel/program.ts";
import { datePatternFault, datePatternLetters } from "../../src/plan/date-format.ts";
import { scalarFunctions } from "../../src/plan/functions.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import {
  BIGINT,
  BOOLEAN,
  call,
  cast,
  column,
  either,
  failing,
  INT,
  int,
  isFalse,
  isTrue,
  LTZ,
  literal,
  STRING,
  TIMESTAMP,
  text,
} from "../kernel/expression-build.ts";

interface Compiled {
  readonly builder: ProgramBuilder;
  readonly inputs: readonly Register[];
  readonly results: readonly Register[];
  readonly instructions: readonly Instruction[];
}

function compile(...expressions: readonly BoundExpression[]): Compiled {
  const builder = new ProgramBuilder();
  const inputs = [builder.allocate(PHYS_I64), builder.allocate(PHYS_I64), builder.allocate(PHYS_STR)];
  const results = expressions.map((expression) => compileExpression(builder, expression, inputs));
  return { builder, inputs, results, instructions: builder.takeInstructions(results) };
}

const a = column(0, INT);
const b = column(1, INT);
const s = column(2, STRING);
const sum = call("ADD", INT, a, b);

function messageOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(EngineError);
    expect((error as EngineError).domain).toBe("user");
    return (error as EngineError).message;
  }
  throw new Error("nothing was refused");
}

describe("compileExpression", () => {
  test("gives a column its input's register, without an instruction", () => {
    const { inputs, results, instructions } = compile(a, s);
    expect(results).toEqual([inputs[0] as Register, inputs[2] as Register]);
    expect(instructions).toEqual([]);
  });

  test("casts to a wider whole number without an instruction", () => {
    expect(compile(cast(a, BIGINT)).instructions).toEqual([]);
  });

  test("adds an interval that is written out in one instruction: its units are reckoned here", () => {
    const minute = literal(60_000n, { kind: "interval_day" });
    const opcodes = compile(call("ADD", TIMESTAMP, column(0, TIMESTAMP), minute)).instructions.map(
      ({ opcode }) => opcode,
    );
    expect(opcodes).toEqual([op.OP_I64_ADD]);
  });

  test("leaves an interval to the kernel whose units overflow: that is an error of a row", () => {
    const huge = literal(2n ** 62n, { kind: "interval_day" });
    const opcodes = compile(call("ADD", TIMESTAMP, column(0, TIMESTAMP), huge)).instructions.map(
      ({ opcode }) => opcode,
    );
    expect(opcodes).toEqual([op.OP_I64_SCALE, op.OP_I64_ADD]);
  });

  test("computes a common subexpression once, also across expressions", () => {
    const { instructions, results } = compile(
      call("MUL", INT, sum, sum),
      call("NEG", INT, call("ADD", INT, a, b)),
      sum,
    );
    expect(instructions.map(({ opcode }) => opcode)).toEqual([op.OP_I64_ADD, op.OP_I64_MUL, op.OP_I64_NEG]);
    expect(results[2]).toBe(instructions[0]?.dst as number);
  });

  test("walks a shared tree once, however often it is used", () => {
    let tree: BoundExpression = sum;
    for (let depth = 0; depth < 60; depth++) tree = call("ADD", INT, tree, tree);
    expect(compile(tree).instructions).toHaveLength(61);
  });

  test("leaves out what a literal decides", () => {
    expect(compile(call("AND", BOOLEAN, isFalse, call("GT", BOOLEAN, failing, a))).instructions).toEqual([]);
    expect(compile(either(isTrue, a, failing)).instructions).toEqual([]);
    expect(compile(call("COALESCE", INT, literal(null, INT), a)).instructions).toEqual([]);
  });

  test("interns constants", () => {
    const { builder } = compile(call("ADD", INT, a, int(7)), call("MUL", INT, b, int(7)));
    expect(builder.constants).toHaveLength(1);
  });

  test("keeps 0.0 and -0.0 apart", () => {
    const zero = (value: number): BoundExpression => literal(value, { kind: "double" });
    expect(new Set(compile(zero(0), zero(-0)).results).size).toBe(2);
  });

  test("computes every function the plan may call", () => {
    const rewritten = new Set(["LOG", "INSTR"]);
    const lacking = scalarFunctions
      .map(({ id }) => id)
      .filter((id) => !kernelFunctions.includes(id) && !rewritten.has(id));
    expect(lacking).toEqual([]);
  });

  test("names a function the kernel lacks", () => {
    expect(messageOf(() => compile(call("SOUNDEX", STRING, s)))).toContain("'SOUNDEX'");
  });

  test("names the letter of a pattern it does not know", () => {
    const format = call("DATE_FORMAT", STRING, cast(a, TIMESTAMP), text("yyyy-MM-dd XXX"));
    const shown = { ...format, arguments: [column(0, TIMESTAMP), text("yyyy-MM-dd XXX")] } as BoundExpression;
    expect(messageOf(() => compile(shown))).toContain("'X'");
  });

  test("refuses an escape before an ordinary character", () => {
    expect(messageOf(() => compile(call("LIKE", BOOLEAN, s, text("a!b"), text("!"))))).toContain("a!b");
  });

  test("refuses precisions of TO_TIMESTAMP_LTZ other than 0 and 3", () => {
    expect(messageOf(() => compile(call("TO_TIMESTAMP_LTZ", LTZ, a, int(6))))).toContain("0 (seconds) or 3");
  });

  test("refuses comparing values kept in different units", () => {
    const nanos: DataType = { kind: "timestamp", precision: 9 };
    expect(messageOf(() => compile(call("EQ", BOOLEAN, column(0, TIMESTAMP), column(1, nanos))))).toContain("'EQ'");
  });
});

describe("takeInstructions", () => {
  const chain = (length: number): BoundExpression => {
    let tree: BoundExpression = a;
    for (let i = 1; i <= length; i++) tree = call("ADD", INT, call("NEG", INT, tree), int(i));
    return tree;
  };

  test("gives temporaries registers whose last reader is past", () => {
    const { instructions } = compile(chain(30));
    expect(instructions).toHaveLength(60);
    expect(new Set(instructions.map(({ dst }) => dst)).size).toBeLessThanOrEqual(4);
  });

  test("never writes a register an instruction reads, an input or a constant", () => {
    const { builder, inputs, instructions } = compile(chain(20), call("MUL", INT, sum, chain(5)));
    const fixed = new Set([...inputs, ...builder.constants.map(({ register }) => register)]);
    for (const { dst, a: x, b: y } of instructions) {
      expect([x, y]).not.toContain(dst);
      expect(fixed.has(dst)).toBe(false);
    }
  });

  test("leaves out what no result needs", () => {
    const builder = new ProgramBuilder();
    const inputs = [builder.allocate(PHYS_I64), builder.allocate(PHYS_I64)];
    compileExpression(builder, call("MUL", INT, a, b), inputs);
    const needed = compileExpression(builder, sum, inputs);
    expect(builder.takeInstructions([needed]).map(({ opcode }) => opcode)).toEqual([op.OP_I64_ADD]);
  });

  test("keeps results for good and reuses temporaries in later sections", () => {
    const builder = new ProgramBuilder();
    const inputs = [builder.allocate(PHYS_I64), builder.allocate(PHYS_I64)];
    const first = compileExpression(builder, chain(3), inputs);
    builder.takeInstructions([first]);
    const before = builder.registers.length;
    const second = compileExpression(builder, call("NEG", INT, call("ABS", INT, a)), inputs);
    const later = builder.takeInstructions([second]);
    expect(builder.registers.length).toBe(before);
    expect(later.map(({ dst }) => dst)).not.toContain(first);
  });

  test("does not take a value of an earlier section for one of a later", () => {
    const builder = new ProgramBuilder();
    const inputs = [builder.allocate(PHYS_I64), builder.allocate(PHYS_I64)];
    builder.takeInstructions([compileExpression(builder, sum, inputs)]);
    expect(builder.takeInstructions([compileExpression(builder, sum, inputs)])).toHaveLength(1);
  });
});

describe("planLike", () => {
  test("sorts patterns by how they can be matched", () => {
    expect(planLike("abc", null)).toEqual({ kind: "equals", text: "abc" });
    expect(planLike("abc%", null)).toEqual({ kind: "prefix", text: "abc" });
    expect(planLike("%abc", null)).toEqual({ kind: "suffix", text: "abc" });
    expect(planLike("%%abc%", null)).toEqual({ kind: "contains", text: "abc" });
    expect(planLike("%", null)).toEqual({ kind: "prefix", text: "" });
    expect(planLike("10!%%", "!")).toEqual({ kind: "prefix", text: "10%" });
    expect(planLike("a_", null)).toEqual({ kind: "pattern", bytes: Uint8Array.of(97, op.LIKE_ONE) });
    expect(planLike("a!", "!")).toBeNull();
  });
});

describe("compileDatePattern", () => {
  const program = (pattern: string): number[] | string => {
    const compiled = compileDatePattern(pattern);
    return compiled.ok ? [...compiled.program] : compiled.message;
  };

  test("takes runs, literals and quotes", () => {
    expect(program("yyyy-MM")).toEqual([op.DATE_YEAR_OF_ERA, 4, op.DATE_LITERAL, 1, 45, op.DATE_MONTH, 2]);
    expect(program("'T''x'H")).toEqual([op.DATE_LITERAL, 3, 84, 39, 120, op.DATE_HOUR, 0]);
    expect(program("''")).toEqual([op.DATE_LITERAL, 1, 39]);
  });

  test("says which letter it does not know", () => {
    expect(program("yyyy z")).toContain("'z'");
    expect(program("HHH")).toContain("'HHH'");
    expect(program("[HH]")).toContain("'['");
    expect(program("'open")).toContain("not closed");
  });
});

test("the planner refuses exactly the letters of a date pattern that the compiler does not know", () => {
  expect(datePatternLetters.length).toBeGreaterThan(0);
  for (const letter of "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
    expect([letter, datePatternFault(letter) === null]).toEqual([letter, compileDatePattern(letter).ok]);
  }
  expect(datePatternFault("yyyy-MM-dd'T'HH:mm''ss")).toBeNull();
  expect(datePatternFault("mm%")).toBeNull();
});
