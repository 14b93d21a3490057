/** How deep a tree is, measured without recursion: what the measure lets through may be walked by recursion. */
import type { Span } from "../core/error.ts";
import type { Node } from "./tree.ts";

/** The span of a node below `limit` levels of nodes, or null when there is none. */
export function depthExceeds(root: Node, limit: number): Span | null {
  const nodes: unknown[] = [root];
  const depths: number[] = [0];
  while (nodes.length > 0) {
    const value = nodes.pop();
    const depth = depths.pop() as number;
    if (typeof value !== "object" || value === null) continue;
    const span = spanOf(value);
    if (span !== null && depth > limit) return span;
    for (const child of Object.values(value)) {
      if (typeof child !== "object" || child === null) continue;
      nodes.push(child);
      depths.push(span === null ? depth : depth + 1);
    }
  }
  return null;
}

function spanOf(value: object): Span | null {
  return "span" in value ? (value.span as Span) : null;
}
