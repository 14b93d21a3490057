/**
 * UNION ALL: rows of several queries, by position. What only selects and filters them is done by every branch, and the branches
 * leave for themselves (`expandUnion`); what keeps state reads them together. Rows of no window have no order in common, so nothing
 * above goes by event time; results of the same windows are again rows of those.
 */
import { assert, type Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Query } from "../sql/tree.ts";
import { toCommonType } from "./bind-operator.ts";
import { changesOf } from "./changelog.ts";
import { columnOf, rewrite } from "./expression.ts";
import { conditioned } from "./join.ts";
import type { BoundExpression, NamedExpression } from "./plan.ts";
import type { PendingQuery } from "./plan-target.ts";
import type { QueryContext } from "./query-context.ts";
import { isPoisoned, type PoisonedRelation, type Relation, type RelationColumn, type Union } from "./relation.ts";
import { asPartOfResults, partOf, sameWindows, windowPart } from "./results.ts";
import { isNested } from "./type-rules.ts";

type UnionNode = Extract<Query, { kind: "union" }>;

/** Null after an error. */
export function planUnion(
  { report }: Pick<QueryContext, "report">,
  node: UnionNode,
  [left, right]: readonly [Relation | PoisonedRelation, Relation | PoisonedRelation],
): Relation | null {
  if (isPoisoned(left) || isPoisoned(right)) return null;
  const branches = [...branchesOf(left), ...branchesOf(right)];
  for (const branch of branches) {
    if (changesOf(branch) === null) continue;
    const hint = "GROUP BY a window, whose rows come once, or INSERT both queries into one table";
    return report.unsupported("UNION ALL of rows that change", node.span, hint);
  }
  if (left.columns.length !== right.columns.length) {
    const [a, b] = [left.columns.length, right.columns.length];
    const message = `the queries of UNION ALL have ${a} and ${b} columns`;
    return report.error({ code: "COLUMN-COUNT", message, span: node.right.span, hint: "select as many on both sides" });
  }
  const typed = commonColumns(report, node, branches);
  return typed && united(branches, typed, node.span);
}

/** The columns of every branch in the types they have in common. Null after an error. */
function commonColumns(
  report: QueryContext["report"],
  node: UnionNode,
  branches: readonly Relation[],
): BoundExpression[][] | null {
  const columns: BoundExpression[][] = branches.map(() => []);
  for (const [i, { name }] of (branches[0] as Relation).columns.entries()) {
    const parts = branches.flatMap(({ columns: own }) => {
      const column = own[i];
      return column?.expression ? [{ expression: column.expression, span: column.span ?? node.right.span }] : [];
    });
    if (parts.length < branches.length) return null;
    const nested = parts.find(({ expression }) => isNested(expression.type));
    if (nested !== undefined)
      return report.unsupported(`UNION ALL of column "${name}" as ${formatType(nested.expression.type)}`, nested.span);
    const common = toCommonType(report, parts, `column "${name}" of UNION ALL`);
    if (common === null) return null;
    const nullable = common.some((expression) => expression.nullable);
    for (const [branch, expression] of common.entries()) columns[branch]?.push({ ...expression, nullable });
  }
  return columns;
}

function united(given: readonly Relation[], typed: readonly BoundExpression[][], span: Span): Relation {
  const branches = given.map((branch, at) => ({
    ...branch,
    columns: branch.columns.map((column, i) => ({ ...column, expression: typed[at]?.[i] ?? null })),
  }));
  const [first] = branches;
  assert(first !== undefined, "a union has branches");
  const window = branches.every((branch) => sameWindows(first, branch)) ? first.window : null;
  const union: Union = { branches, span };
  const columns = first.columns.map((column, i): RelationColumn => {
    const { expression } = column;
    const part = expression && window && windowPart(first, expression);
    const everywhere =
      part !== null && branches.every((branch) => windowPart(branch, branch.columns[i]?.expression ?? null) === part);
    const index = everywhere ? part : i;
    const own = expression && columnOf(index, expression.type, expression.nullable);
    return { name: column.name, expression: own, rowtime: false, span: column.span };
  });
  return {
    table: first.table,
    results: null,
    union,
    filters: [],
    window: window && asPartOfResults(window),
    windowFilters: [],
    aggregation: null,
    having: [],
    columns,
  };
}

/** Whether nothing above the union keeps state. */
function onlySelects({ union, aggregation }: Relation): boolean {
  return union !== undefined && aggregation === null;
}

/** The branches with what is above them; a relation that is no union is its own. */
function branchesOf(relation: Relation): Relation[] {
  const { union } = relation;
  if (union === undefined || !onlySelects(relation)) return [relation];
  return union.branches.flatMap((branch) => {
    const own = (expression: BoundExpression): BoundExpression => inBranch(branch, expression);
    const kept = conditioned(branch, [...relation.filters, ...relation.windowFilters].map(own));
    const columns = relation.columns.map((column) => ({
      ...column,
      expression: column.expression && own(column.expression),
    }));
    return branchesOf({ ...kept, columns });
  });
}

/** What an expression over the union's columns is over the top of a branch. */
function inBranch(branch: Relation, expression: BoundExpression): BoundExpression {
  return rewrite(expression, (node) => {
    if (node.kind !== "column") return null;
    if (node.index >= 0) return branch.columns[node.index]?.expression ?? null;
    return branch.window && partOf(branch, branch.window, node.index);
  });
}

/** A query on a union that only selects, as a query a branch: the first has the name, the rows of all leave as one result's. */
export function expandUnion(query: PendingQuery): PendingQuery[] {
  const { relation } = query;
  const { union } = relation;
  if (union === undefined || !onlySelects(relation)) return [query];
  return branchesOf({ ...relation, columns: query.outputs.map(asColumn) }).map((branch, part) => ({
    ...query,
    label: `${query.label}, part ${part + 1}`,
    relation: branch,
    outputs: branch.columns.flatMap(({ name, expression }) => (expression === null ? [] : [{ name, expression }])),
    part,
  }));
}

function asColumn({ name, expression }: NamedExpression): RelationColumn {
  return { name, expression, rowtime: false, span: null };
}
