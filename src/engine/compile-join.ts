/** A join of two stages → one query of the kernel. */
import { assert } from "../core/error.ts";
import { physicalOf } from "../kernel/physical.ts";
import type { JoinSideProgram, QueryProgram } from "../kernel/program.ts";
import { compileAbove } from "./compile-above.ts";
import type { Join, Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** A stage that another reads. */
export interface CompiledParent {
  readonly query: number;
  readonly program: QueryProgram;
}

/** A join's output columns are its keys, then what the rows of each side carry. */
export function compileJoin(
  builder: ProgramBuilder,
  stage: Stage,
  {
    node,
    source,
    parents,
  }: { readonly node: Join; readonly source: number; readonly parents: readonly CompiledParent[] },
): QueryProgram {
  const [left, right] = parents;
  assert(left !== undefined && right !== undefined, "a join reads two stages");
  const side = ({ query, program }: CompiledParent, kept: boolean): JoinSideProgram => ({
    query,
    keys: program.outputs.slice(0, node.keys).map(({ register }) => register),
    columns: program.outputs
      .slice(node.keys)
      .map(({ register, type }) => ({ from: register, to: builder.allocate(physicalOf(type)) })),
    kept,
  });
  const { type } = node;
  const sides = [
    side(left, type === "left" || type === "full"),
    side(right, type === "right" || type === "full"),
  ] as const;
  const keys = node.schema.fields.slice(0, node.keys);
  const registers = keys.map((key) => builder.allocate(physicalOf(key.type)));
  const carried = sides.flatMap(({ columns }) => columns.map(({ to }) => to));
  const { having, outputs, compute } = compileAbove(builder, stage, [...registers, ...carried]);
  return {
    kind: "join",
    source,
    inputs: [],
    windowed: node.window !== null,
    keys,
    sides,
    emit: { keys: registers, compute, having },
    outputs,
  };
}
