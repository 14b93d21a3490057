/**
 * Flattens a query's plan into the kernel's shape, stages that read each other: filter → (operator → filter) → columns, over a
 * scan, over another stage or, for a join or a union, over several. Projections vanish by substitution, so that every expression stands over the stage's input (below)
 * or over the operator's output (above). What does not fit this shape is refused by name.
 */
import { assert, EngineError } from "../core/error.ts";
import type { DataType, Schema } from "../core/type.ts";
import { call, literal, rewrite } from "../plan/expression.ts";
import type { BoundExpression, NamedExpression, PlanNode, Window } from "../plan/plan.ts";

type Scan = Extract<PlanNode, { kind: "scan" }>;
export type WindowAggregate = Extract<PlanNode, { kind: "windowAggregate" }>;
export type Over = Extract<PlanNode, { kind: "over" }>;
export type Sort = Extract<PlanNode, { kind: "sort" }>;
export type Lead = Extract<PlanNode, { kind: "lead" }>;
export type Rank = Extract<PlanNode, { kind: "rank" }>;
export type WindowTop = Extract<PlanNode, { kind: "windowTop" }>;
export type GroupAggregate = Extract<PlanNode, { kind: "groupAggregate" }>;
export type Join = Extract<PlanNode, { kind: "join" }>;
export type Operator = WindowAggregate | Over | WindowTop | Rank | Lead | Sort | GroupAggregate;

/** Filters, then columns. */
export interface Rows {
  /** All must be TRUE for a row to pass. */
  readonly filters: readonly BoundExpression[];
  readonly columns: readonly NamedExpression[];
}

/** What becomes one query of the kernel. */
export interface Stage {
  /** Null: the stage reads the output of others. */
  readonly scan: Scan | null;
  /** Places of the stages it reads: one, the two sides of a join, or those of a union. */
  readonly from: readonly number[];
  /** Of the scan, or of the output of the stage before. */
  readonly input: Schema;
  /** Over the input's columns. Without an operator its columns are the output. */
  readonly below: Rows;
  readonly operator: Operator | Join | null;
  /** Over the operator's output columns. */
  readonly above: Rows;
}

export type Stages = readonly [Stage, ...Stage[]];

/** The stages of a query, each behind those it reads. */
export function flattenQuery(root: PlanNode): Stages {
  switch (root.kind) {
    case "scan":
      return [
        { scan: root, from: [], input: root.schema, below: unchanged(root.schema), operator: null, above: nothing },
      ];
    case "filter":
      return onTop(flattenQuery(root.input), (rows) => ({
        filters: [...rows.filters, substitute(root.condition, rows.columns)],
        columns: rows.columns,
      }));
    case "project":
      return onTop(flattenQuery(root.input), (rows) => ({
        filters: rows.filters,
        columns: root.columns.map((column) => ({
          name: column.name,
          expression: substitute(column.expression, rows.columns),
        })),
      }));
    case "windowAssign":
      return assignWindow(root);
    case "windowAggregate":
    case "groupAggregate":
    case "over":
    case "windowTop":
    case "rank":
    case "lead":
    case "sort":
      return operate(flattenQuery(root.input), root);
    case "join":
      return joinStages(root);
    case "union":
      return uniteStages(root);
  }
}

const nothing: Rows = { filters: [], columns: [] };

/** The last stage takes the operator, or a new one that reads it does. */
function operate(stages: Stages, operator: Operator): Stages {
  const last = lastOf(stages);
  const above = unchanged(operator.schema);
  if (last.operator === null) {
    assert(operator.kind !== "over", "the rows of a table are sorted before OVER");
    return withLast(stages, { ...last, operator, above });
  }
  const { schema } = operator.input;
  const from = [stages.length - 1];
  return [...stages, { scan: null, from, input: schema, below: unchanged(schema), operator, above }];
}

function joinStages(node: Join): Stages {
  const { stages, from } = sideBySide([node.input, node.right]);
  const { schema } = node;
  const both = unchanged(schema);
  return [...stages, { scan: null, from, input: schema, below: both, operator: node, above: both }];
}

/** What reads a union reads all its inputs. */
function uniteStages({ inputs, schema }: Extract<PlanNode, { kind: "union" }>): Stages {
  const { stages, from } = sideBySide(inputs);
  return [...stages, { scan: null, from, input: schema, below: unchanged(schema), operator: null, above: nothing }];
}

/** The stages of several inputs, and the places of their last ones. */
function sideBySide(inputs: readonly PlanNode[]): { readonly stages: Stages; readonly from: readonly number[] } {
  const stages: Stage[] = [];
  const from = inputs.map((input) => {
    const before = stages.length;
    for (const stage of flattenQuery(input)) stages.push({ ...stage, from: stage.from.map((place) => place + before) });
    return stages.length - 1;
  });
  const [first, ...others] = stages;
  assert(first !== undefined, "there are inputs");
  return { stages: [first, ...others], from };
}

function onTop(stages: Stages, change: (rows: Rows) => Rows): Stages {
  const last = lastOf(stages);
  const changed =
    last.operator === null ? { ...last, below: change(last.below) } : { ...last, above: change(last.above) };
  return withLast(stages, changed);
}

function lastOf([first, ...others]: Stages): Stage {
  return others[others.length - 1] ?? first;
}

function withLast([first, ...others]: Stages, last: Stage): Stages {
  return others.length === 0 ? [last] : [first, ...others.slice(0, -1), last];
}

function assignWindow(node: Extract<PlanNode, { kind: "windowAssign" }>): Stages {
  const [flat, ...others] = flattenQuery(node.input);
  if (flat.operator !== null || others.length > 0) throw unsupported("a window over an aggregate's result");
  const time = flat.below.columns[node.window.timeColumn]?.expression;
  if (time === undefined) throw unsupported("a window without a time column");
  const added = windowColumns(time, node.window);
  const names = node.schema.fields.slice(flat.below.columns.length);
  const columns = added.map((expression, i) => ({ name: names[i]?.name ?? "", expression }));
  return [{ ...flat, below: { filters: flat.below.filters, columns: [...flat.below.columns, ...columns] } }];
}

const BIGINT: DataType = { kind: "bigint" };
const INTERVAL: DataType = { kind: "interval_day" };
const TIMESTAMP_3: DataType = { kind: "timestamp", precision: 3 };
/** A time attribute has precision ≤ 3, so it is kept in microseconds, a thousand to the millisecond. */
const UNITS_PER_MS = 1000n;

/** window_start, window_end and window_time of a row, as expressions over its time: start = t − floorMod(t − offset, size). */
function windowColumns(time: BoundExpression, window: Window): BoundExpression[] {
  assert(time.kind === "column", "a time attribute is a column");
  assert(window.kind === "tumbling", "a row that is not grouped is in one window");
  const number = (value: number | bigint): BoundExpression => literal(BigInt(value), BIGINT);
  const bigint = (id: string, a: BoundExpression, b: BoundExpression): BoundExpression =>
    call(id, [a, b], { type: BIGINT });
  const after = (from: BoundExpression, ms: number): BoundExpression =>
    call("ADD", [from, literal(BigInt(ms), INTERVAL)], { type: from.type });
  const size = number(window.sizeMs);
  const ms = bigint("DIV", { ...time, type: BIGINT }, number(UNITS_PER_MS));
  const signed = bigint("MOD", bigint("SUB", ms, number(window.offsetMs)), size);
  const remainder = cast(bigint("MOD", bigint("ADD", signed, size), size), INTERVAL);
  const start = call("SUB", [time, remainder], { type: time.type });
  return [cast(start, TIMESTAMP_3), cast(after(start, window.sizeMs), TIMESTAMP_3), after(start, window.sizeMs - 1)];
}

function cast(operand: BoundExpression, type: DataType): BoundExpression {
  return { kind: "cast", operand, type, nullable: operand.nullable, try: false };
}

function unchanged({ fields }: Schema): Rows {
  const columns = fields.map(
    ({ name, type, nullable }, index): NamedExpression => ({
      name,
      expression: { kind: "column", index, type, nullable },
    }),
  );
  return { filters: [], columns };
}

/** Replaces column references by the expressions that make those columns. */
export function substitute(expression: BoundExpression, columns: readonly NamedExpression[]): BoundExpression {
  return rewrite(expression, (node) => {
    if (node.kind !== "column") return null;
    const column = columns[node.index];
    assert(column !== undefined, `column ${node.index} of ${columns.length}`);
    return column.expression;
  });
}

export function unsupported(what: string): EngineError {
  return new EngineError(`${what} is not supported yet`, { domain: "user", code: "UNSUPPORTED" });
}
