/**
 * Flattens a query's plan into the kernel's shape: scan → filter → (window aggregate → filter) → columns. Projections vanish
 * by substitution, so that every expression stands over the scan's columns (below) or over the aggregate's (above). What
 * does not fit this shape is refused by name.
 */
import { assert, EngineError } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { call, literal, rewrite } from "../plan/expression.ts";
import type { BoundExpression, NamedExpression, PlanNode, Window } from "../plan/plan.ts";

type Scan = Extract<PlanNode, { kind: "scan" }>;
export type WindowAggregate = Extract<PlanNode, { kind: "windowAggregate" }>;

export interface Stage {
  /** All must be TRUE for a row to pass. */
  readonly filters: readonly BoundExpression[];
  readonly columns: readonly NamedExpression[];
}

export interface FlatQuery {
  readonly scan: Scan;
  /** Over the scan's columns. Without an aggregate its columns are the output. */
  readonly below: Stage;
  readonly aggregate: WindowAggregate | null;
  /** Over the aggregate's output columns. */
  readonly above: Stage;
}

export function flattenQuery(root: PlanNode): FlatQuery {
  switch (root.kind) {
    case "scan":
      return { scan: root, below: { filters: [], columns: identity(root) }, aggregate: null, above: emptyStage };
    case "filter":
      return onTop(flattenQuery(root.input), (stage) => ({
        filters: [...stage.filters, substitute(root.condition, stage.columns)],
        columns: stage.columns,
      }));
    case "project":
      return onTop(flattenQuery(root.input), (stage) => ({
        filters: stage.filters,
        columns: root.columns.map((column) => ({
          name: column.name,
          expression: substitute(column.expression, stage.columns),
        })),
      }));
    case "windowAssign":
      return assignWindow(root);
    case "windowAggregate": {
      const flat = flattenQuery(root.input);
      if (flat.aggregate !== null) throw unsupported("an aggregate over another aggregate");
      return { scan: flat.scan, below: flat.below, aggregate: root, above: { filters: [], columns: identity(root) } };
    }
  }
}

const emptyStage: Stage = { filters: [], columns: [] };

function onTop(flat: FlatQuery, change: (stage: Stage) => Stage): FlatQuery {
  return flat.aggregate === null ? { ...flat, below: change(flat.below) } : { ...flat, above: change(flat.above) };
}

function assignWindow(node: Extract<PlanNode, { kind: "windowAssign" }>): FlatQuery {
  const flat = flattenQuery(node.input);
  if (flat.aggregate !== null) throw unsupported("a window over an aggregate's result");
  const time = flat.below.columns[node.window.timeColumn]?.expression;
  if (time === undefined) throw unsupported("a window without a time column");
  const added = windowColumns(time, node.window);
  const names = node.schema.fields.slice(flat.below.columns.length);
  const columns = added.map((expression, i) => ({ name: names[i]?.name ?? "", expression }));
  return { ...flat, below: { filters: flat.below.filters, columns: [...flat.below.columns, ...columns] } };
}

const BIGINT: DataType = { kind: "bigint" };
const INTERVAL: DataType = { kind: "interval_day" };
const TIMESTAMP_3: DataType = { kind: "timestamp", precision: 3 };
/** A time attribute has precision ≤ 3, so it is kept in microseconds, a thousand to the millisecond. */
const UNITS_PER_MS = 1000n;

/** window_start, window_end and window_time of a row, as expressions over its time: start = t − floorMod(t − offset, size). */
function windowColumns(time: BoundExpression, window: Window): BoundExpression[] {
  assert(time.kind === "column", "a time attribute is a column");
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

function identity(node: PlanNode): NamedExpression[] {
  return node.schema.fields.map((field, index) => ({
    name: field.name,
    expression: { kind: "column", index, type: field.type, nullable: field.nullable },
  }));
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
