/**
 * A join's plan nodes: each side is projected to its keys and the columns that are read, and what the joined rows' window is follows
 * from its end.
 */
import { assert } from "../core/error.ts";
import type { Field } from "../core/type.ts";
import { call, columnOf, literal, rewrite } from "./expression.ts";
import { joinSignature, type NodeIds, projectSignature } from "./node-id.ts";
import type { BoundExpression, NamedExpression, PlanNode, Window } from "./plan.ts";
import { type Join, type JoinSide, leavesAlone, WINDOW_END, WINDOW_START, windowOutput } from "./relation.ts";
import { partOf } from "./results.ts";
import { TIMESTAMP_3 } from "./type-rules.ts";

export interface BuiltJoin {
  readonly node: PlanNode;
  /** Where the node has a joined column, or a part of the window. */
  readonly below: (index: number) => number;
}

type BuildSide = (side: JoinSide, outputs: readonly NamedExpression[]) => PlanNode;

/** `columns`: those of the joined rows that are read. */
export function buildJoin(
  join: Join,
  columns: readonly number[],
  { ids, build }: { ids: NodeIds; build: BuildSide },
): BuiltJoin {
  const count = join.left.columns.length;
  const windows = join.window === null ? [] : windowParts(join.window);
  const used = {
    left: columns.filter((index) => index >= 0 && index < count),
    right: columns.filter((index) => index >= count),
  };
  const left = build(join.left, sideOutputs(join, { side: join.left, of: 0, windows, used: used.left }));
  const right = build(
    join.right,
    sideOutputs(join, { side: join.right, of: 1, windows, used: used.right.map((index) => index - count) }),
  );
  const keys = windows.length + join.keys.length;
  const { type, window } = join;
  const first = keys + (join.interval === null ? 0 : 1);
  const interval = join.interval && { leastMs: join.interval.leastMs, mostMs: join.interval.mostMs };
  const outer = { left: type === "right" || type === "full", right: type === "left" || type === "full" };
  const fields = (node: PlanNode, nullable: boolean): Field[] =>
    node.schema.fields.slice(first).map((field) => ({ ...field, nullable: nullable || field.nullable }));
  const others = leavesAlone(type) ? [] : fields(right, outer.right);
  const schema = { fields: [...left.schema.fields.slice(0, keys), ...fields(left, outer.left), ...others] };
  const id = ids.next(joinSignature(left.id, right.id, { type, keys, window, interval }));
  const node: PlanNode = { kind: "join", id, schema, input: left, right, type, keys, window, interval };
  const own = [...used.left, ...used.right];
  const place = new Map(own.map((index, i) => [index, i]));
  const below = (index: number): number =>
    index < 0 ? own.length + windowOutput(index) : (place.get(index) as number);
  return { node: withWindow(node, { join, keys, ids }), below };
}

function windowParts({ kind }: Window): number[] {
  return kind === "cumulating" || kind === "session" ? [WINDOW_END, WINDOW_START] : [WINDOW_END];
}

/** Keys, the time that is bounded, if one is, then the columns that are read, over the top of the side's relation. */
function sideOutputs(
  join: Join,
  { side, of, windows, used }: { side: JoinSide; of: 0 | 1; windows: readonly number[]; used: readonly number[] },
): NamedExpression[] {
  const { relation, columns } = side;
  const overTop = (expression: BoundExpression): BoundExpression =>
    rewrite(expression, (node) => (node.kind === "column" ? (columns[node.index]?.expression ?? null) : null));
  const window = windows.map((part): NamedExpression => {
    assert(relation.window !== null, "a side of a join of windows has them");
    return {
      name: part === WINDOW_END ? "window_end" : "window_start",
      expression: partOf(relation, relation.window, part),
    };
  });
  const keys = join.keys.map((pair, i) => {
    const { kind } = pair[of];
    const index = pair[of];
    const name = kind === "column" && index.kind === "column" ? (columns[index.index]?.name ?? "") : `key ${i + 1}`;
    return { name, expression: overTop(pair[of]) };
  });
  const { interval } = join;
  const times = interval === null ? [] : [of === 0 ? interval.left : interval.right];
  const read = [...times, ...used].map((index) => {
    const column = columns[index];
    assert(column?.expression != null, `column ${index} of a side is there`);
    return { name: column.name, expression: column.expression };
  });
  return [...window, ...keys, ...read];
}

const INTERVAL = { kind: "interval_day" } as const;

/** The columns without the keys, and the window's behind them. */
function withWindow(input: PlanNode, { join, keys, ids }: { join: Join; keys: number; ids: NodeIds }): PlanNode {
  const columns = input.schema.fields.slice(keys).map(({ name, type, nullable }, i) => ({
    name,
    expression: columnOf(keys + i, type, nullable),
  }));
  const all = join.window === null ? columns : [...columns, ...windowOutputs(join.window)];
  const fields = all.map(({ name, expression: { type, nullable } }) => ({ name, type, nullable }));
  const id = ids.next(
    projectSignature(
      input.id,
      all.map(({ expression }) => expression),
    ),
  );
  return { kind: "project", id, schema: { fields }, input, columns: all };
}

function windowOutputs({ kind, sizeMs }: Window): NamedExpression[] {
  const end = columnOf(0, TIMESTAMP_3, false);
  const before = (ms: number): BoundExpression =>
    call("SUB", [end, literal(BigInt(ms), INTERVAL)], { type: TIMESTAMP_3 });
  const start = kind === "cumulating" || kind === "session" ? columnOf(1, TIMESTAMP_3, false) : before(sizeMs);
  return [
    { name: "window_start", expression: start },
    { name: "window_end", expression: end },
    { name: "window_time", expression: before(1) },
  ];
}
