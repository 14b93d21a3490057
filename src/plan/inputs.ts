/** The plan nodes whose rows a node reads. */
import type { PlanNode } from "./plan.ts";

/** None of a scan, both sides of a join, all of a union. */
export function inputsOf(node: PlanNode): readonly PlanNode[] {
  if (node.kind === "scan") return [];
  if (node.kind === "union") return node.inputs;
  return node.kind === "join" ? [node.input, node.right] : [node.input];
}
