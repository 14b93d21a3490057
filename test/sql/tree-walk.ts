/** Walks of trees for tests, without a table of node kinds: every object with a span is a node. */
import type { Node } from "../../src/sql/tree.ts";

export interface Visit {
  readonly node: Node & { readonly kind?: string };
  readonly parent: Node | null;
}

/** Every node below and including `root`, parents first. */
export function nodesOf(root: Node): Visit[] {
  const visits: Visit[] = [];
  const pending: { value: unknown; parent: Node | null }[] = [{ value: root, parent: null }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, parent } = next;
    if (typeof value !== "object" || value === null) continue;
    const isNode = "span" in value;
    if (isNode) visits.push({ node: value as Node, parent });
    for (const [key, child] of Object.entries(value)) {
      if (!/[sS]pan$/.test(key)) pending.push({ value: child, parent: isNode ? (value as Node) : parent });
    }
  }
  return visits;
}

/** The tree with every span the same, for comparing texts that differ in blanks only. */
export function withoutSpans<Tree>(tree: Tree): Tree {
  return JSON.parse(JSON.stringify(tree, (key, value) => (/[sS]pan$/.test(key) ? 0 : value))) as Tree;
}
