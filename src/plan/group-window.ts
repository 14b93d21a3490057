/**
 * Windows that GROUP BY names itself, as Flink's older group windows do: `GROUP BY HOP(ts, slide, size)`, with HOP_START,
 * HOP_END and HOP_ROWTIME, which repeat the arguments and take no offset; or as Spark's `window(ts, '5 minutes')`, which is a
 * column called window then.
 */
import type { Expression } from "../sql/tree.ts";
import type { CallNode } from "./bind-context.ts";
import type { BoundExpression } from "./plan.ts";
import type { GroupInput } from "./plan-group.ts";
import { timeAttribute } from "./plan-window.ts";
import { type QueryContext, withoutAggregates } from "./query-context.ts";
import {
  type Relation,
  type RelationColumn,
  WINDOW_END,
  WINDOW_START,
  WINDOW_TIME,
  windowColumns,
  windowOutput,
} from "./relation.ts";
import type { Reporter } from "./report.ts";
import { isSpark, sparkShape } from "./spark-window.ts";
import { type WindowShape, windowKind, windowShape } from "./window-shape.ts";
import { windowStruct } from "./window-struct.ts";

export interface GroupWindow {
  readonly column: RelationColumn;
  readonly shape: WindowShape;
  readonly node: CallNode;
}

const names = ["TUMBLE", "HOP", "SESSION", "CUMULATE", "WINDOW", "SESSION_WINDOW"];

/** Whether an item of GROUP BY is a window. */
export function isWindowCall(node: Expression): node is CallNode {
  return node.kind === "call" && names.includes(node.name);
}

/** The window among the group keys, if there is one. */
export function groupWindow(context: QueryContext, input: GroupInput): GroupWindow | null | "poisoned" {
  const { report } = context;
  const [node, second] = input.groupBy.filter(isWindowCall);
  if (node === undefined) return null;
  if (second !== undefined) {
    report.error({ code: "WINDOW-PLACE", message: "GROUP BY names two windows", span: second.span });
    return "poisoned";
  }
  if (input.relation.window !== null) {
    report.unsupported("a window over the rows of another window", node.span);
    return "poisoned";
  }
  return bindWindow(context, input, node) ?? "poisoned";
}

/** `node` is the window itself, or a function that repeats its arguments. */
function bindWindow(context: QueryContext, input: GroupInput, node: CallNode): GroupWindow | null {
  const { distinct, filter, over } = node;
  const misplaced = distinct ? "DISTINCT" : filter !== null ? "FILTER" : over !== null ? "OVER" : null;
  if (misplaced !== null) {
    const message = `"${node.name}" is no aggregate: it takes no ${misplaced}`;
    return context.report.error({ code: "AGGREGATE-PLACE", message, span: node.span });
  }
  const shape = isSpark(node.name) ? sparkShape(context.report, node) : flinkShape(context.report, node);
  const [time] = node.arguments;
  const column = time === undefined ? null : timeColumn(context, input, { node, time });
  return column === null || shape === null ? null : { column, shape, node };
}

function flinkShape(report: Reporter, node: CallNode): WindowShape | null {
  const [name = ""] = node.name.split("_");
  const kind = windowKind(name);
  if (kind === null) return report.unsupported(`the window ${node.name}`, node.nameSpan, "TUMBLE and HOP are there");
  if (kind.groupSignature === null) {
    const message = `"${node.name}" cannot stand in GROUP BY`;
    const hint = `write FROM TABLE(${kind.signature}) and GROUP BY window_start, window_end`;
    return report.error({ code: "WINDOW-PLACE", message, span: node.nameSpan, hint });
  }
  const [, ...given] = node.arguments;
  const count = kind.lengths.length;
  const offset = given[count];
  if (given.length < count || given.length > count + 1) {
    const message = `"${node.name}" in GROUP BY takes ${count + 1} arguments, not ${node.arguments.length}`;
    const hint = `write ${kind.groupSignature}`;
    return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint });
  }
  if (offset !== undefined) {
    const hint = `FROM TABLE(${kind.signature}) takes one`;
    report.unsupported(`an offset of ${node.name} in GROUP BY`, offset.span, hint);
  }
  return windowShape(report, kind, { lengths: given.slice(0, count), offset: undefined });
}

function timeColumn(
  { report }: QueryContext,
  input: GroupInput,
  { node, time }: { readonly node: CallNode; readonly time: Expression },
): RelationColumn | null {
  if (time.kind !== "column") {
    const message = `the first argument of "${node.name}" is an event time column`;
    return report.error({ code: "WINDOW-INPUT", message, span: time.span });
  }
  const found = input.select.scope.column(time.name);
  return found && timeAttribute(report, input.relation, { column: found, span: time.span });
}

interface HelperInput {
  readonly node: CallNode;
  /** The window of GROUP BY. */
  readonly named: GroupWindow | null;
  readonly relation: Relation;
  readonly input: GroupInput;
}

const helperColumns: Readonly<Record<string, number>> = {
  START: WINDOW_START,
  END: WINDOW_END,
  ROWTIME: WINDOW_TIME,
};

/** `TUMBLE_START(ts, size)`, which must repeat the arguments of GROUP BY. */
export function windowHelper(context: QueryContext, helper: HelperInput): BoundExpression | null {
  const { report } = context;
  const { node, named, relation, input } = helper;
  const [name = "", part = ""] = node.name.split("_");
  if (!isSpark(node.name) && part === "PROCTIME")
    return report.unsupported(node.name, node.span, `${name}_ROWTIME is there`);
  const index = Object.hasOwn(helperColumns, part) ? helperColumns[part] : undefined;
  const known = index !== undefined || isSpark(node.name);
  if (!known || named === null || relation.window === null) {
    const refused = withoutAggregates(report, input.select, "SELECT without the same window in GROUP BY");
    return refused.windowFunction(node);
  }
  const again = bindWindow(context, input, node);
  if (again === null) return null;
  const own = isSpark(node.name) ? node.name : name;
  if (own !== named.node.name || !sameWindow(again, named)) {
    const message = `"${node.name}" must repeat the arguments of ${named.node.name} in GROUP BY`;
    return report.error({ code: "WINDOW-PLACE", message, span: node.span });
  }
  if (index === undefined) return windowColumn(relation, node.name)?.expression ?? null;
  return windowColumns(relation, relation.window)[windowOutput(index)]?.expression ?? null;
}

/** The column called window or session_window, with the fields start and end, of rows that GROUP BY puts into Spark's window. */
export function windowColumn(relation: Relation, name: string): RelationColumn | null {
  if (relation.window === null) return null;
  const [start, end, time] = windowColumns(relation, relation.window).map(({ expression }) => expression);
  if (!start || !end || !time) return null;
  return { name: name.toLowerCase(), expression: windowStruct([start, end, time]), rowtime: false, span: null };
}

function sameWindow(a: GroupWindow, b: GroupWindow): boolean {
  return (
    a.column.name === b.column.name &&
    a.shape.sizeMs === b.shape.sizeMs &&
    a.shape.stepMs === b.shape.stepMs &&
    a.shape.offsetMs === b.shape.offsetMs
  );
}
