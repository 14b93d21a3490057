/** A join of two stages → one query of the kernel. */
import { assert } from "../core/error.ts";
import type { JoinIntervalProgram } from "../kernel/join-program.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type { JoinSideProgram, QueryProgram } from "../kernel/program.ts";
import { compileAbove } from "./compile-above.ts";
import type { Join, Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** A stage that another reads. */
export interface CompiledParent {
  readonly query: number;
  readonly program: QueryProgram;
  /** Gives rows of a source as they are read, to be judged by the watermark of their own partition or of the table; null: results. */
  readonly judgedBy: "partition" | "table" | null;
}

/** A join's output columns are its keys, then what the rows of each side carry. By time, the time comes between the two. */
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
  const first = node.keys + (node.interval === null ? 0 : 1);
  const side = ({ query, program }: CompiledParent, kept: boolean): JoinSideProgram => ({
    query,
    keys: program.outputs.slice(0, node.keys).map(({ register }) => register),
    columns: program.outputs
      .slice(first)
      .map(({ register, type }) => ({ from: register, to: builder.allocate(physicalOf(type)) })),
    kept,
  });
  const { type } = node;
  const anti = type === "anti" || type === "not-in";
  const sides = [
    side(left, type === "left" || type === "full" || anti),
    side(right, type === "right" || type === "full" || type === "not-in"),
  ] as const;
  const keys = node.schema.fields.slice(0, node.keys);
  const registers = keys.map((key) => builder.allocate(physicalOf(key.type)));
  const carried = sides.flatMap(({ columns }) => columns.map(({ to }) => to));
  const { having, outputs, compute } = compileAbove(builder, stage, [...registers, ...carried]);
  return {
    kind: "join",
    source,
    inputs: [],
    windows: node.window && {
      gives: type === "semi" || anti ? type : "pairs",
      judgedBy: [left.judgedBy, right.judgedBy],
    },
    interval: node.interval && intervalOf(node, node.interval, [left, right]),
    keys,
    sides,
    emit: { keys: registers, compute, having },
    outputs,
  };
}

function intervalOf(
  { keys }: Join,
  { leastMs, mostMs }: NonNullable<Join["interval"]>,
  parents: readonly [CompiledParent, CompiledParent],
): JoinIntervalProgram {
  const time = ({ program, judgedBy }: CompiledParent): JoinIntervalProgram["sides"][number] => {
    const output = program.outputs[keys];
    assert(output !== undefined, "a side gives its time behind the keys");
    return { timeRegister: output.register, unitsPerMs: unitsPerMs(output.type), judged: judgedBy === "partition" };
  };
  return { leastMs, mostMs, sides: [time(parents[0]), time(parents[1])] };
}

/**
 * How far behind the watermark a row may be that a query gives. Of a join by time: a pair leaves with its second row, for whose
 * watermark the first was open yet (assembly/join/interval.ts).
 */
export function delayOf(parent: CompiledParent | undefined): number {
  const program = parent?.program;
  if (program?.kind !== "join" || program.interval === null) return 0;
  const { leastMs, mostMs } = program.interval;
  return Math.max(0, mostMs, -leastMs, mostMs - leastMs);
}
