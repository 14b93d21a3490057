/**
 * A relation in normal form to plan nodes, with every index renumbered to what is really read:
 *
 *     rows → filter? → windowAggregate → filter? → project      (filters above the aggregate are HAVING's)
 *     rows → filter? → windowAssign → filter? → project
 *     rows → filter? → project
 *
 * where rows are a scan, or another such chain and what OVER adds to it. A project always stands on top. Aggregates that nothing reads are left out; group keys never are.
 */
import { assert } from "../core/error.ts";
import type { Field, Schema } from "../core/type.ts";
import { buildJoin } from "./build-join.ts";
import { buildUnion } from "./build-union.ts";
import { readsChanges } from "./changelog.ts";
import { collectColumns, conjunction, remapColumns } from "./expression.ts";
import {
  aggregateSignature,
  assignSignature,
  filterSignature,
  groupSignature,
  leadSignature,
  type NodeIds,
  overSignature,
  projectSignature,
  scanSignature,
  sortSignature,
  topSignature,
} from "./node-id.ts";
import type { AggregateCall, BoundExpression, NamedExpression, PlanNode, TableDefinition, Window } from "./plan.ts";
import {
  type JoinSide,
  type Lead,
  type Over,
  type Relation,
  type Results,
  type Sorted,
  type Top,
  WINDOW_OUTPUTS,
  WINDOW_TIME,
  windowOutput,
} from "./relation.ts";
import { ascending, watermarkColumns } from "./table-columns.ts";
import { BIGINT, TIMESTAMP_3 } from "./type-rules.ts";

export interface BuildInput {
  readonly relation: Relation;
  /** Output columns, over what the relation's columns are over; casts to the sink's types are in them. */
  readonly outputs: readonly NamedExpression[];
  readonly table: TableDefinition;
  readonly ids: NodeIds;
}

export function buildPlan(input: BuildInput): PlanNode {
  const { relation, ids, outputs } = input;
  const aggregates = usedAggregates(input);
  const { node, below } = readRows(input, ascending(readColumns(input, aggregates)));
  const filtered = withFilter(node, renumbered(relation.filters, below), ids);
  if (relation.window === null) {
    if (relation.aggregation !== null) return aboveGroups(input, { input: filtered, aggregates, below });
    return project(filtered, renamed(outputs, below), ids);
  }
  const { window: cut } = relation;
  const window = (): Window => ({ ...cut, timeColumn: below(cut.timeColumn) });
  if (relation.aggregation === null || !relation.aggregation.windowed) {
    const assigned = cut.ofResults === true ? filtered : assign(filtered, window(), ids);
    const kept = withFilter(assigned, renumbered(relation.windowFilters, below), ids);
    if (relation.aggregation !== null) return aboveGroups(input, { input: kept, aggregates, below });
    return project(kept, renamed(outputs, below), ids);
  }
  return aboveAggregate(input, { input: filtered, window: window(), aggregates, below });
}

interface Rows {
  readonly node: PlanNode;
  /** Where the node has a column that the relation's expressions count by its own numbers. */
  readonly below: (index: number) => number;
}

/** The rows the relation is over, with these of their columns. */
function readRows(input: BuildInput, columns: readonly number[]): Rows {
  const { relation, table, ids } = input;
  if (relation.results !== null) return readResults(input, relation.results, columns);
  if (relation.join !== undefined) {
    const build = (side: JoinSide, outputs: readonly NamedExpression[]): PlanNode =>
      buildPlan({ relation: side.relation, outputs, table: side.relation.table.definition(), ids });
    return buildJoin(relation.join, columns, { ids, build });
  }
  if (relation.union !== undefined) return buildUnion(relation, relation.union, { columns, ids, build: buildPlan });
  const own = ascending([...columns.filter((index) => index >= 0), ...watermarkColumns(table)]);
  const position = new Map(own.map((index, i) => [index, i]));
  const node: PlanNode = {
    kind: "scan",
    id: ids.next(scanSignature(table, own, relation.late)),
    schema: { fields: own.map((index) => fieldOf(table, index)) },
    table,
    columns: own,
    ...(relation.late === true ? { late: true } : {}),
  };
  const below = (index: number): number => {
    if (index < 0) return own.length + windowOutput(index);
    const found = position.get(index);
    assert(found !== undefined, `column ${index} of "${table.name}" is read but not scanned`);
    return found;
  };
  return { node, below };
}

/** Results as rows. Numbers of window columns mean the results' own. */
function readResults(input: BuildInput, results: Results, columns: readonly number[]): Rows {
  const { table, ids } = input;
  const held = (index: number): number => (index < 0 ? (results.windowColumns[windowOutput(index)] ?? 0) : index);
  const count = results.columns.length;
  const read = new Set(columns.map(held));
  if (results.over !== null) for (const index of overReads(results.over)) read.add(held(index));
  if (results.lead !== undefined) for (const index of leadReads(results.lead)) read.add(held(index));
  if (results.sorted !== undefined) for (const index of sortReads(results.sorted)) read.add(index);
  if (results.top !== null) for (const index of topReads(results.top)) read.add(held(index));
  const own = ascending([...read].filter((index) => index < count));
  const position = new Map(own.map((index, i) => [index, i]));
  const outputs = own.map((index) => results.columns[index] as NamedExpression);
  const rows = buildPlan({ relation: results.relation, outputs, table, ids });
  const below = (index: number): number =>
    held(index) < count ? (position.get(held(index)) as number) : own.length + held(index) - count;
  if (results.sorted !== undefined) return { node: sorted(rows, results.sorted, { below, ids }), below };
  if (results.lead !== undefined) return { node: lead(rows, results.lead, { below, ids }), below };
  if (results.over !== null) return { node: over(rows, results.over, { below, ids }), below };
  return { node: results.top === null ? rows : top(rows, { results, below, ids }), below };
}

function leadReads({ partitionBy, ahead }: Lead): ReadonlySet<number> {
  const read = new Set<number>();
  for (const expression of [...partitionBy, ...ahead.map((one) => one.expression)]) collectColumns(expression, read);
  return read;
}

function lead(input: PlanNode, made: Lead, { below, ids }: Placing): PlanNode {
  const partitionBy = renumbered(made.partitionBy, below);
  const ahead = renamed(made.ahead, below);
  const { rows } = made;
  const added = ahead.map(({ name, expression }): Field => ({ name, type: expression.type, nullable: true }));
  const there: Field = { name: "there", type: BIGINT, nullable: false };
  const schema = { fields: [...input.schema.fields, ...added, there] };
  const id = ids.next(leadSignature(input.id, { partitionBy, rows, ahead }));
  return { kind: "lead", id, schema, input, partitionBy, rows, ahead };
}

function sortReads({ timeColumn, partitionBy }: Sorted): ReadonlySet<number> {
  const read = new Set<number>([timeColumn]);
  for (const expression of partitionBy) collectColumns(expression, read);
  return read;
}

interface Placing {
  readonly below: (index: number) => number;
  readonly ids: NodeIds;
}

function sorted(input: PlanNode, made: Sorted, { below, ids }: Placing): PlanNode {
  const partitionBy = renumbered(made.partitionBy, below);
  const timeColumn = below(made.timeColumn);
  const id = ids.next(sortSignature(input.id, { timeColumn, partitionBy }));
  return { kind: "sort", id, schema: input.schema, input, timeColumn, partitionBy, peers: made.peers };
}

/** Frames by time read all rows of a time together: what a sort gives. */
function withPeers(input: PlanNode, range: BoundExpression, ids: NodeIds): PlanNode {
  const under = input.kind === "project" ? input.input : input;
  if (under.kind === "sort" && under.peers) return input;
  assert(range.kind === "column", "a time attribute is a column");
  return sorted(input, { timeColumn: range.index, partitionBy: [], peers: true }, { below: (index) => index, ids });
}

function topReads({ window, partitionBy, orderBy, updating }: Top): ReadonlySet<number> {
  const times = updating === undefined ? [window === null ? WINDOW_TIME : window.timeColumn] : [];
  const read = new Set<number>(times);
  for (const expression of partitionBy) collectColumns(expression, read);
  for (const { expression } of orderBy) collectColumns(expression, read);
  return read;
}

function top(
  input: PlanNode,
  given: { readonly results: Results; readonly below: (index: number) => number; readonly ids: NodeIds },
): PlanNode {
  const { results, below, ids } = given;
  assert(results.top !== null && results.top.most !== null, "a limit is known where rows are numbered");
  const { most, function: name, window: own } = results.top;
  const partitionBy = renumbered(results.top.partitionBy, below);
  const orderBy = results.top.orderBy.map((item) => ({ ...item, expression: remapColumns(item.expression, below) }));
  const rank: Field = { name: name.toLowerCase(), type: BIGINT, nullable: false };
  if (results.top.updating !== undefined) {
    const { ofChanges } = results.top.updating;
    const schema = { fields: [...input.schema.fields, rank] };
    const id = ids.next(topSignature(input.id, { function: name, window: null, partitionBy, orderBy, most }));
    return { kind: "rank", id, schema, input, function: name, partitionBy, orderBy, most, ofChanges };
  }
  const of = own ?? results.relation.window;
  assert(of !== null, "ranks are those in windows");
  const window: Window =
    own === null
      ? { ...of, timeColumn: below(WINDOW_TIME), ofResults: true }
      : { ...of, timeColumn: below(of.timeColumn) };
  const windows = own === null ? [] : windowFields(input.schema, window);
  const schema = { fields: [...input.schema.fields, ...windows, rank] };
  const id = ids.next(topSignature(input.id, { function: name, window, partitionBy, orderBy, most }));
  return { kind: "windowTop", id, schema, input, function: name, window, partitionBy, orderBy, most };
}

function overReads({ partitionBy, calls, range }: Over): ReadonlySet<number> {
  const read = new Set<number>();
  for (const expression of partitionBy) collectColumns(expression, read);
  if (range !== null) collectColumns(range, read);
  for (const call of calls) for (const part of partsOf(call)) collectColumns(part, read);
  return read;
}

function partsOf(call: AggregateCall): BoundExpression[] {
  return [...call.arguments, ...(call.filter === null ? [] : [call.filter])];
}

function over(rows: PlanNode, made: Over, { below, ids }: Placing): PlanNode {
  const partitionBy = renumbered(made.partitionBy, below);
  const { preceding, until } = made;
  const calls = made.calls.map((call) => renumberedCall(call, below));
  const range = made.range && remapColumns(made.range, below);
  const input = range === null ? rows : withPeers(rows, range, ids);
  const added = calls.map(({ name, type, nullable }) => ({ name, type, nullable }));
  const schema = { fields: [...input.schema.fields, ...added] };
  const id = ids.next(overSignature(input.id, { partitionBy, preceding, until, range, calls }));
  const frame = { preceding, ...(until === 0 ? {} : { until }), ...(range === null ? {} : { range }) };
  return { kind: "over", id, schema, input, partitionBy, ...frame, calls };
}

function renumberedCall(call: AggregateCall, below: (index: number) => number): AggregateCall {
  return {
    ...call,
    arguments: renumbered(call.arguments, below),
    filter: call.filter && remapColumns(call.filter, below),
  };
}

interface AggregateParts {
  readonly input: PlanNode;
  readonly window: Window;
  /** Indices of the aggregates that are read, ascending. */
  readonly aggregates: readonly number[];
  readonly below: (index: number) => number;
}

/** Aggregation without a window: the relation counts outputs of a window that are not there. */
function aboveGroups(
  { relation, outputs, ids }: BuildInput,
  { input, aggregates: used, below }: Omit<AggregateParts, "window">,
): PlanNode {
  const all = relation.aggregation?.aggregates ?? [];
  const keys = renamed(relation.aggregation?.keys ?? [], below);
  const aggregates = used.map((index) => renumberedCall(all[index] as AggregateCall, below));
  const first = WINDOW_OUTPUTS + keys.length;
  const above = (index: number): number =>
    index < first ? index - WINDOW_OUTPUTS : keys.length + used.indexOf(index - first);
  const signature = { keys: keys.map(({ expression }) => expression), aggregates };
  const node: PlanNode = {
    kind: "groupAggregate",
    id: ids.next(groupSignature(input.id, signature)),
    schema: { fields: groupFields(keys, aggregates) },
    input,
    keys,
    aggregates,
    ofChanges: readsChanges(relation),
  };
  return project(withFilter(node, renumbered(relation.having, above), ids), renamed(outputs, above), ids);
}

function groupFields(keys: readonly NamedExpression[], aggregates: readonly AggregateCall[]): Field[] {
  return [
    ...keys.map(({ name, expression }) => ({ name, type: expression.type, nullable: expression.nullable })),
    ...aggregates.map(({ name, type, nullable }) => ({ name, type, nullable })),
  ];
}

function aboveAggregate({ relation, outputs, ids }: BuildInput, parts: AggregateParts): PlanNode {
  const { below, window, input } = parts;
  const all = relation.aggregation?.aggregates ?? [];
  const keys = renamed(relation.aggregation?.keys ?? [], below);
  const aggregates = parts.aggregates.map((index) => renumberedCall(all[index] as AggregateCall, below));
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
    emission: relation.aggregation?.emission ?? null,
  };
  return project(withFilter(node, renumbered(relation.having, above), ids), renamed(outputs, above), ids);
}

function aggregateSchema(
  input: Schema,
  window: Window,
  parts: { readonly keys: readonly NamedExpression[]; readonly aggregates: readonly AggregateCall[] },
): Schema {
  return {
    fields: [...windowFields(input, window), ...groupFields(parts.keys, parts.aggregates)],
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

/** Numbers of the columns, of rows and of the window, that the relation's expressions read. */
function readColumns({ relation, outputs }: BuildInput, aggregates: readonly number[]): ReadonlySet<number> {
  const read = new Set<number>();
  const expressions = [...relation.filters, ...relation.windowFilters];
  if (relation.aggregation === null) expressions.push(...outputs.map(({ expression }) => expression));
  else {
    expressions.push(...relation.aggregation.keys.map(({ expression }) => expression));
    for (const index of aggregates)
      expressions.push(...partsOf(relation.aggregation.aggregates[index] as AggregateCall));
  }
  for (const expression of expressions) collectColumns(expression, read);
  const { window, aggregation } = relation;
  if (window !== null && (aggregation?.windowed || window.ofResults !== true)) read.add(window.timeColumn);
  return read;
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
