/** A union's plan node: every branch gives the columns that are read and, where its rows are of windows, all parts of these behind. */
import { assert } from "../core/error.ts";
import type { BuildInput } from "./build-plan.ts";
import { type NodeIds, unionSignature } from "./node-id.ts";
import type { NamedExpression, PlanNode } from "./plan.ts";
import { type Relation, type Union, windowOutput } from "./relation.ts";
import { partOf } from "./results.ts";
import { ascending } from "./table-columns.ts";

export interface BuiltUnion {
  readonly node: PlanNode;
  /** Where the node has a column of the branches, or a part of the window. */
  readonly below: (index: number) => number;
}

/** `columns`: those of the branches that are read. */
export function buildUnion(
  relation: Relation,
  { branches }: Union,
  parts: {
    readonly columns: readonly number[];
    readonly ids: NodeIds;
    readonly build: (input: BuildInput) => PlanNode;
  },
): BuiltUnion {
  const { ids, build } = parts;
  const own = ascending(parts.columns.filter((index) => index >= 0));
  const inputs = branches.map((branch): PlanNode => {
    const read = own.map((index): NamedExpression => {
      const column = branch.columns[index];
      assert(column?.expression != null, `column ${index} of a branch is there`);
      return { name: branches[0]?.columns[index]?.name ?? column.name, expression: column.expression };
    });
    const window = relation.window === null ? [] : windowOutputs(branch);
    return build({ relation: branch, outputs: [...read, ...window], table: branch.table.definition(), ids });
  });
  const [first] = inputs;
  assert(first !== undefined, "a union has branches");
  const node: PlanNode = { kind: "union", id: ids.next(unionSignature(inputs)), schema: first.schema, inputs };
  return { node, below: (index) => (index < 0 ? own.length + windowOutput(index) : own.indexOf(index)) };
}

function windowOutputs(branch: Relation): NamedExpression[] {
  const { window } = branch;
  assert(window !== null, "a branch of windows has them");
  const names = ["window_start", "window_end", "window_time"];
  return names.map((name, i) => ({ name, expression: partOf(branch, window, -1 - i) }));
}
