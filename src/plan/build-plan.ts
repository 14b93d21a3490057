/**
 * A relation in normal form to plan nodes, with every index renumbered to what is really read:
 *
 *     scan → filter? → windowAggregate → filter? → project      (filters above the aggregate are HAVING's)
 *     scan → filter? → windowAssign → filter? → project
 *     scan → filter? → project
 *
 * A project always stands on top. Aggregates that nothing reads are left out; group keys never are.
 */
import { assert } from "../core/error.ts";
import type { Field, Schema } from "../core/type.ts";
import { collectColumns, conjunction, remapColumns } from "./expression.ts";
import {
  aggregateSignature,
  assignSignature,
  filterSignature,
  type NodeIds,
  projectSignature,
  scanSignature,
} from "./node-id.ts";
import type { AggregateCall, BoundExpression, NamedExpression, PlanNode, TableDefinition, Window } from "./plan.ts";
import { type Relation, WINDOW_OUTPUTS, windowOutput } from "./relation.ts";
import { ascending, watermarkColumns } from "./table-columns.ts";
import { TIMESTAMP_3 } from "./type-rules.ts";

export interface BuildInput {
  readonly relation: Relation;
  /** Output columns, over what the relation's columns are over; casts to the sink's types are in them. */
  readonly outputs: readonly NamedExpression[];
  readonly table: TableDefinition;
  readonly ids: NodeIds;
}

export function buildPlan(input: BuildInput): PlanNode {
  const { relation, table, ids, outputs } = input;
  const aggregates = usedAggregates(input);
  const columns = scannedColumns(input, aggregates);
  const position = new Map(columns.map((index, i) => [index, i]));
  const below = (index: number): number => {
    if (index < 0) return columns.length + windowOutput(index);
    const found = position.get(index);
    assert(found !== undefined, `column ${index} of "${table.name}" is read but not scanned`);
    return found;
  };
  const scan: PlanNode = {
    kind: "scan",
    id: ids.next(scanSignature(table, columns)),
    schema: { fields: columns.map((index) => fieldOf(table, index)) },
    table,
    columns,
  };
  const filtered = withFilter(scan, renumbered(relation.filters, below), ids);
  if (relation.window === null) return project(filtered, renamed(outputs, below), ids);
  const window = { ...relation.window, timeColumn: below(relation.window.timeColumn) };
  if (relation.aggregation === null) {
    const assigned = assign(filtered, window, ids);
    const kept = withFilter(assigned, renumbered(relation.windowFilters, below), ids);
    return project(kept, renamed(outputs, below), ids);
  }
  return aboveAggregate(input, { input: filtered, window, aggregates, below });
}

interface AggregateParts {
  readonly input: PlanNode;
  readonly window: Window;
  /** Indices of the aggregates that are read, ascending. */
  readonly aggregates: readonly number[];
  readonly below: (index: number) => number;
}

function aboveAggregate({ relation, outputs, ids }: BuildInput, parts: AggregateParts): PlanNode {
  const { below, window, input } = parts;
  const all = relation.aggregation?.aggregates ?? [];
  const keys = renamed(relation.aggregation?.keys ?? [], below);
  const aggregates = parts.aggregates.map((index): AggregateCall => {
    const made = all[index] as AggregateCall;
    return {
      ...made,
      arguments: renumbered(made.arguments, below),
      filter: made.filter && remapColumns(made.filter, below),
    };
  });
  const first = WINDOW_OUTPUTS + keys.length;
  const above = (index: number): number => (index < first ? index : first + parts.aggregates.indexOf(index - first));
  const signature = { window, keys: keys.map(({ expression }) => expression), aggregates };
  const node: PlanNode = {
    kind: "windowAggregate",
    id: ids.next(aggregateSignature(input.id, signature)),
    schema: aggregateSchema(input.schema, signature.window, { keys, aggregates }),
    input,
    window,
    keys,
    aggregates,
  };
  return project(withFilter(node, renumbered(relation.having, above), ids), renamed(outputs, above), ids);
}

function aggregateSchema(
  input: Schema,
  window: Window,
  parts: { readonly keys: readonly NamedExpression[]; readonly aggregates: readonly AggregateCall[] },
): Schema {
  return {
    fields: [
      ...windowFields(input, window),
      ...parts.keys.map(({ name, expression }) => ({ name, type: expression.type, nullable: expression.nullable })),
      ...parts.aggregates.map(({ name, type, nullable }) => ({ name, type, nullable })),
    ],
  };
}

function windowFields(input: Schema, window: Window): Field[] {
  const time = input.fields[window.timeColumn]?.type ?? TIMESTAMP_3;
  return [
    { name: "window_start", type: TIMESTAMP_3, nullable: false },
    { name: "window_end", type: TIMESTAMP_3, nullable: false },
    { name: "window_time", type: time, nullable: false },
  ];
}

/** Which aggregates the outputs and HAVING read. */
function usedAggregates({ relation, outputs }: BuildInput): number[] {
  if (relation.aggregation === null) return [];
  const read = new Set<number>();
  for (const { expression } of outputs) collectColumns(expression, read);
  for (const condition of relation.having) collectColumns(condition, read);
  const first = WINDOW_OUTPUTS + relation.aggregation.keys.length;
  return ascending([...read].filter((index) => index >= first).map((index) => index - first));
}

function scannedColumns({ relation, outputs, table }: BuildInput, aggregates: readonly number[]): number[] {
  const read = new Set(watermarkColumns(table));
  const expressions = [...relation.filters, ...relation.windowFilters];
  if (relation.aggregation === null) expressions.push(...outputs.map(({ expression }) => expression));
  else {
    expressions.push(...relation.aggregation.keys.map(({ expression }) => expression));
    for (const index of aggregates) {
      const made = relation.aggregation.aggregates[index] as AggregateCall;
      expressions.push(...made.arguments, ...(made.filter === null ? [] : [made.filter]));
    }
  }
  for (const expression of expressions) collectColumns(expression, read);
  if (relation.window !== null) read.add(relation.window.timeColumn);
  return ascending([...read].filter((index) => index >= 0));
}

function fieldOf(table: TableDefinition, index: number): Field {
  const column = table.columns[index];
  assert(column !== undefined, `table "${table.name}" has no column ${index}`);
  return { name: column.name, type: column.type, nullable: column.nullable };
}

function withFilter(input: PlanNode, conditions: readonly BoundExpression[], ids: NodeIds): PlanNode {
  const condition = conjunction(conditions);
  if (condition === null) return input;
  return { kind: "filter", id: ids.next(filterSignature(input.id, condition)), schema: input.schema, input, condition };
}

function assign(input: PlanNode, window: Window, ids: NodeIds): PlanNode {
  const schema = { fields: [...input.schema.fields, ...windowFields(input.schema, window)] };
  return { kind: "windowAssign", id: ids.next(assignSignature(input.id, window)), schema, input, window };
}

function project(input: PlanNode, columns: readonly NamedExpression[], ids: NodeIds): PlanNode {
  const expressions = columns.map(({ expression }) => expression);
  const fields = columns.map(({ name, expression }) => ({
    name,
    type: expression.type,
    nullable: expression.nullable,
  }));
  return { kind: "project", id: ids.next(projectSignature(input.id, expressions)), schema: { fields }, input, columns };
}

function renumbered(expressions: readonly BoundExpression[], indexOf: (index: number) => number): BoundExpression[] {
  return expressions.map((expression) => remapColumns(expression, indexOf));
}

function renamed(columns: readonly NamedExpression[], indexOf: (index: number) => number): NamedExpression[] {
  return columns.map(({ name, expression }) => ({ name, expression: remapColumns(expression, indexOf) }));
}
