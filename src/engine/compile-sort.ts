/** Operators that keep whole rows: what of the input a row carries, and the program of a sort. */
import { assert } from "../core/error.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type {
  Instruction,
  KeyProgram,
  OutputColumn,
  Register,
  RegisterInput,
  SortQueryProgram,
} from "../kernel/program.ts";
import type { BoundExpression } from "../plan/plan.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Sort, Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** By column below the operator where it is read and written; null for columns that nothing above reads. */
export function carriedColumns(
  builder: ProgramBuilder,
  stage: Stage,
  carried: readonly Register[],
): (RegisterInput | null)[] {
  return stage.below.columns.map(({ expression }): RegisterInput | null => {
    assert(expression.kind === "column", "what rows carry are columns");
    const from = carried[expression.index] ?? 0;
    return from === 0 ? null : { from, to: builder.allocate(physicalOf(expression.type)) };
  });
}

export interface SortParts {
  readonly node: Sort;
  readonly time: BoundExpression;
  readonly keys: readonly KeyProgram[];
  /** Registers of the input for time and keys, and for what is carried. */
  readonly registers: readonly Register[];
  readonly carried: readonly Register[];
  /** Instructions of the keys. */
  readonly compute: readonly Instruction[];
  readonly above: (columns: readonly Register[]) => {
    readonly having: Register | null;
    readonly outputs: readonly OutputColumn[];
    readonly compute: readonly Instruction[];
  };
}

export function compileSort(
  builder: ProgramBuilder,
  stage: Stage,
  { node, time, keys, registers, carried, compute, above }: SortParts,
): Omit<SortQueryProgram, "source" | "parent" | "filter" | "inputs"> {
  const timeRegister = compileExpression(builder, time, registers);
  const instructions = [...compute, ...builder.takeInstructions([timeRegister])];
  const entries = carriedColumns(builder, stage, carried);
  const { having, outputs, compute: emission } = above(entries.map((entry) => entry?.to ?? 0));
  return {
    kind: "sort",
    compute: instructions,
    timeRegister,
    unitsPerMs: unitsPerMs(time.type),
    peers: node.peers,
    keys,
    carried: entries.filter((entry) => entry !== null),
    emit: { compute: emission, having },
    outputs,
  };
}
