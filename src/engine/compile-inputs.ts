/** What a query of the kernel reads: registers of its source, or of the queries whose rows it has. */
import { assert } from "../core/error.ts";
import { physicalOf } from "../kernel/physical.ts";
import type { ProjectQueryProgram, Register, RegisterInput } from "../kernel/program.ts";
import { collectColumns } from "../plan/expression.ts";
import type { BoundExpression } from "../plan/plan.ts";
import type { CompiledParent } from "./compile-join.ts";
import type { StageInput } from "./compile-query.ts";
import type { Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

type UnitedInput = NonNullable<ProjectQueryProgram["unites"]>[number];

/** Registers of the input's columns; null for those nothing reads. */
export function inputRegisters(
  builder: ProgramBuilder,
  stage: Stage,
  {
    from,
    read,
  }: { readonly from: Pick<StageInput, "parents" | "compiler">; readonly read: readonly BoundExpression[] },
): (Register | null)[] {
  const used = columnsOf(read);
  const { parents, compiler } = from;
  const [parent] = parents;
  if (stage.scan !== null)
    return stage.scan.columns.map((column, index) => (used.has(index) ? compiler.register(column) : null));
  assert(parent !== undefined, "a stage without a scan reads another");
  if (parents.length > 1)
    return stage.input.fields.map(({ type }, index) => (used.has(index) ? builder.allocate(physicalOf(type)) : null));
  return parent.program.outputs.map(({ register }) => register);
}

/** Rows of several queries are copied to registers that all have in common. */
export function unitedInputs(parents: readonly CompiledParent[], given: readonly (Register | null)[]): UnitedInput[] {
  return parents.map(({ query, program }) => ({
    query,
    columns: given.flatMap((to, index) => {
      const output = program.outputs[index];
      return to === null || output === undefined ? [] : [{ from: output.register, to }];
    }),
  }));
}

export function columnsOf(expressions: readonly BoundExpression[]): ReadonlySet<number> {
  const used = new Set<number>();
  for (const expression of expressions) collectColumns(expression, used);
  return used;
}

export interface OwnInputs {
  readonly inputs: readonly RegisterInput[];
  /** By input column, for `compileExpression`; 0 where nothing reads the column. */
  readonly registers: readonly Register[];
}

/** The query's own registers for the input columns it reads behind its filter. */
export function ownInputs(
  builder: ProgramBuilder,
  stage: Stage,
  { given, read }: { readonly given: readonly (Register | null)[]; readonly read: readonly BoundExpression[] },
): OwnInputs {
  const used = columnsOf(read);
  const own = new Map<Register, Register>();
  const registers = stage.input.fields.map(({ type }, index) => {
    if (!used.has(index)) return 0;
    const from = given[index];
    assert(from !== null && from !== undefined, `input column ${index} is there`);
    const to = own.get(from) ?? builder.allocate(physicalOf(type));
    own.set(from, to);
    return to;
  });
  return { inputs: [...own].map(([from, to]) => ({ from, to })), registers };
}
