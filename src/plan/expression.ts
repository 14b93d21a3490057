/**
 * Making, walking and comparing bound expressions. Expressions are immutable and may share parts: a view used twice is the
 * same object twice, so extents are remembered, and `tooComplex` bounds every walk.
 */
import { unreachable } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import type { BoundExpression, LiteralValue } from "./plan.ts";
import { BOOLEAN, sameType } from "./type-rules.ts";

/** Nodes of one expression after views and subqueries are written out. More is refused: nesting doubles sizes. */
const MAX_EXPRESSION_SIZE = 20_000;
/** Levels: walks recurse. */
const MAX_EXPRESSION_DEPTH = 2000;

export function columnOf(index: number, type: DataType, nullable: boolean): BoundExpression {
  return { kind: "column", index, type, nullable };
}

export function literal(value: LiteralValue, type: DataType): BoundExpression {
  return { kind: "literal", value, type, nullable: value === null };
}

export interface CallOptions {
  readonly type: DataType;
  /** Default: NULL when any argument may be NULL. */
  readonly nullable?: boolean;
}

export function call(id: string, args: readonly BoundExpression[], options: CallOptions): BoundExpression {
  const nullable = options.nullable ?? args.some((argument) => argument.nullable);
  return { kind: "call", function: id, arguments: args, type: options.type, nullable };
}

/** `a AND b AND …` as nested pairs; null for none. */
export function conjunction(conditions: readonly BoundExpression[]): BoundExpression | null {
  return balanced("AND", conditions);
}

/** Pairs nested as a balanced tree, so that a list of thousands is no deep recursion. */
export function balanced(id: "AND" | "OR", parts: readonly BoundExpression[]): BoundExpression | null {
  if (parts.length <= 1) return parts[0] ?? null;
  const middle = parts.length >> 1;
  const left = balanced(id, parts.slice(0, middle)) as BoundExpression;
  const right = balanced(id, parts.slice(middle)) as BoundExpression;
  return call(id, [left, right], { type: BOOLEAN });
}

/** The parts of `a AND b AND …`, in order. */
export function conjuncts(condition: BoundExpression): BoundExpression[] {
  if (condition.kind !== "call" || condition.function !== "AND") return [condition];
  return condition.arguments.flatMap(conjuncts);
}

export function childrenOf(expression: BoundExpression): readonly BoundExpression[] {
  switch (expression.kind) {
    case "column":
    case "literal":
      return [];
    case "call":
      return expression.arguments;
    case "cast":
      return [expression.operand];
    case "case":
      return [...expression.whens.flatMap((branch) => [branch.when, branch.then]), expression.otherwise];
    default:
      return unreachable(expression);
  }
}

/** Rebuilds the expression; `replace` returns what stands in a node's place, or null to go on inside it. */
export function rewrite(
  expression: BoundExpression,
  replace: (node: BoundExpression) => BoundExpression | null,
): BoundExpression {
  const replaced = replace(expression);
  if (replaced !== null) return replaced;
  switch (expression.kind) {
    case "column":
    case "literal":
      return expression;
    case "call":
      return { ...expression, arguments: expression.arguments.map((argument) => rewrite(argument, replace)) };
    case "cast":
      return { ...expression, operand: rewrite(expression.operand, replace) };
    case "case":
      return {
        ...expression,
        whens: expression.whens.map(({ when, then }) => ({
          when: rewrite(when, replace),
          // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
          then: rewrite(then, replace),
        })),
        otherwise: rewrite(expression.otherwise, replace),
      };
    default:
      return unreachable(expression);
  }
}

/** Renumbers columns. */
export function remapColumns(expression: BoundExpression, indexOf: (index: number) => number): BoundExpression {
  return rewrite(expression, (node) => (node.kind === "column" ? { ...node, index: indexOf(node.index) } : null));
}

/** Adds the index of every column the expression reads. */
export function collectColumns(expression: BoundExpression, into: Set<number>): void {
  if (expression.kind === "column") into.add(expression.index);
  for (const child of childrenOf(expression)) collectColumns(child, into);
}

interface Extent {
  readonly size: number;
  readonly depth: number;
}

const extents = new WeakMap<BoundExpression, Extent>();

/** Nodes, counting a shared part as often as it is used, and levels. */
function extentOf(expression: BoundExpression): Extent {
  const known = extents.get(expression);
  if (known !== undefined) return known;
  let [size, depth] = [1, 0];
  for (const child of childrenOf(expression)) {
    const below = extentOf(child);
    size += below.size;
    depth = Math.max(depth, below.depth);
  }
  const extent = { size, depth: depth + 1 };
  extents.set(expression, extent);
  return extent;
}

/** Whether the expression, or several together, are more than walks over them can take. */
export function tooComplex(expressions: readonly BoundExpression[]): boolean {
  let total = 0;
  for (const expression of expressions) {
    const { size, depth } = extentOf(expression);
    total += size;
    if (total > MAX_EXPRESSION_SIZE || depth > MAX_EXPRESSION_DEPTH) return true;
  }
  return false;
}

/** Equal keys = the same value for every row. Nullability does not enter: it follows from the rest. */
export function expressionKey(expression: BoundExpression): string {
  const type = formatType(expression.type);
  switch (expression.kind) {
    case "column":
      return `#${expression.index}`;
    case "literal":
      return `${literalKey(expression.value)}:${type}`;
    case "call":
      return `${expression.function}(${expression.arguments.map(expressionKey).join(",")}):${type}`;
    case "cast":
      return `${expression.try ? "TRY_CAST" : "CAST"}(${expressionKey(expression.operand)}):${type}`;
    case "case": {
      const whens = expression.whens.map(({ when, then }) => `${expressionKey(when)}?${expressionKey(then)}`);
      return `CASE(${[...whens, expressionKey(expression.otherwise)].join(",")}):${type}`;
    }
    default:
      return unreachable(expression);
  }
}

function literalKey(value: LiteralValue): string {
  if (typeof value === "bigint") return `${value}n`;
  if (value instanceof Uint8Array) return `x${Array.from(value).join(".")}`;
  if (typeof value === "number") return Object.is(value, -0) ? "-0" : String(value);
  return JSON.stringify(value);
}

/** Whether two expressions are the same value of the same type. */
export function sameExpression(a: BoundExpression, b: BoundExpression): boolean {
  return sameType(a.type, b.type) && expressionKey(a) === expressionKey(b);
}
