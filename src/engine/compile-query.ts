/**
 * One stage of a query → one query of the kernel: its own registers for what it reads, instructions for what it computes, and
 * its operator.
 */
import { assert } from "../core/error.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type {
  AggregateProgram,
  FilterProgram,
  GroupQueryProgram,
  KeyProgram,
  OverQueryProgram,
  QueryProgram,
  Register,
  WindowQueryProgram,
} from "../kernel/program.ts";
import { isRetractable } from "../plan/changelog.ts";
import { conjunction } from "../plan/expression.ts";
import type { AggregateCall, BoundExpression, NamedExpression } from "../plan/plan.ts";
import { STRING } from "../plan/type-rules.ts";
import { compileAbove, outputColumn, takeFor } from "./compile-above.ts";
import { compileExpression } from "./compile-expression.ts";
import { columnsOf, inputRegisters, ownInputs, unitedInputs } from "./compile-inputs.ts";
import { type CompiledParent, compileJoin } from "./compile-join.ts";
import { compileLead, compileRank, compileSort, compileTop } from "./compile-rows.ts";
import type { SourceCompiler } from "./compile-source.ts";
import {
  type GroupAggregate,
  type Lead,
  type Operator,
  type Over,
  type Rank,
  type Sort,
  type Stage,
  substitute,
  type WindowAggregate,
  type WindowTop,
} from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

export interface StageInput {
  readonly compiler: SourceCompiler;
  /** Number of the source. */
  readonly source: number;
  /** The stages it reads; none for one that reads the source. */
  readonly parents: readonly CompiledParent[];
  /** What a stage that gives changes tells of a row. */
  readonly changes: GroupQueryProgram["changes"];
}

export function compileStage(builder: ProgramBuilder, stage: Stage, from: StageInput): QueryProgram {
  const { operator } = stage;
  if (operator?.kind === "join")
    return compileJoin(builder, stage, { node: operator, source: from.source, parents: from.parents });
  return compileReader(builder, { ...stage, operator }, from);
}

/** A stage that reads the source, or one other. */
type Reader = Omit<Stage, "operator"> & { readonly operator: Operator | null };

function compileReader(builder: ProgramBuilder, stage: Reader, from: StageInput): QueryProgram {
  const { filters, columns } = stage.below;
  const reads = stage.operator && operatorReads(stage.operator, columns);
  const read = reads === null ? columns.map((column) => column.expression) : expressionsOf(reads);
  const passed = stage.operator !== null && passesRows(stage.operator) ? passedColumns(stage) : [];
  const given = inputRegisters(builder, stage, { from, read: [...filters, ...read, ...passed] });
  const filter = compileFilter(builder, filters, given);
  const { inputs, registers } = ownInputs(builder, stage, { given, read });
  const [parent] = from.parents;
  const unites = from.parents.length > 1 ? { unites: unitedInputs(from.parents, given) } : {};
  const base = { source: from.source, ...(parent === undefined ? {} : { parent: parent.query }), ...unites, filter };
  if (stage.operator === null || reads === null) {
    const outputs = columns.map((column) => outputColumn(builder, column, registers));
    return { kind: "project", ...base, inputs, compute: takeFor(builder, outputs), outputs };
  }
  const group = compileGroup(builder, reads, registers);
  if (passesRows(stage.operator)) {
    const own = ownInputs(builder, stage, { given, read: passed });
    const parts = { node: stage.operator, reads, registers, carried: own.registers, group, changes: from.changes };
    return { ...base, inputs: [...inputs, ...own.inputs], ...compileRows(builder, stage, parts) };
  }
  if (stage.operator.kind === "groupAggregate") {
    const emission = compileGroups(builder, stage, { node: stage.operator, aggregates: group.aggregates });
    const { ofChanges } = stage.operator;
    return { kind: "group-aggregate", ...base, inputs, ...group, ofChanges, changes: from.changes, ...emission };
  }
  const { compute, ...operands } = group;
  const window = compileWindow(builder, stage.operator, { reads, registers });
  const instructions = [...compute, ...builder.takeInstructions([window.timeRegister])];
  const emission = compileEmission(builder, stage, { node: stage.operator, aggregates: group.aggregates });
  const { emission: early } = stage.operator;
  const changes = early === null ? {} : { changes: { of: from.changes, allowedMs: early.allowedMs } };
  return {
    kind: "window-aggregate",
    ...base,
    inputs,
    compute: instructions,
    window,
    ...operands,
    ...emission,
    ...changes,
  };
}

type RowOperator = Over | WindowTop | Rank | Lead | Sort;

/** Whether the operator's output has its input's columns. */
function passesRows(operator: Operator): operator is RowOperator {
  return ["over", "windowTop", "rank", "lead", "sort"].includes(operator.kind);
}

/** Frames of fewer rows are aggregated anew as fast. */
const SHORT_FRAME = 64;

/** Whether a frame is long, perhaps, and all calls can take rows back, to the bit. */
function slides({ preceding, until = 0, range, calls }: Over): boolean {
  if (preceding === null || until !== 0 || (range === undefined && preceding < SHORT_FRAME)) return false;
  return calls.every((made) => {
    const type = made.arguments[0]?.type.kind;
    const extreme = made.function === "MIN" || made.function === "MAX";
    return isRetractable(made) && (extreme || (type !== "double" && type !== "float"));
  });
}

interface RowsParts {
  readonly node: RowOperator;
  readonly reads: OperatorReads;
  readonly registers: readonly Register[];
  readonly carried: readonly Register[];
  readonly group: Pick<WindowQueryProgram, "keys" | "aggregates" | "compute">;
  readonly changes: GroupQueryProgram["changes"];
}

/** What a query of such an operator has beside its input. */
function compileRows(builder: ProgramBuilder, stage: Stage, { node, group, changes, ...parts }: RowsParts) {
  const { keys } = group;
  const { reads, registers } = parts;
  const above = (rows: readonly Register[]) => compileAbove(builder, stage, rows);
  switch (node.kind) {
    case "windowTop": {
      const window = compileWindow(builder, node, { reads, registers });
      const timed = builder.takeInstructions([window.timeRegister]);
      const top = compileTop(builder, stage, { node, ...parts, above });
      const compute = [...group.compute, ...timed, ...top.compute];
      return { kind: "window-aggregate" as const, ...group, window, ...top, compute };
    }
    case "rank": {
      const ranked = compileRank(builder, stage, { node, ...parts, above });
      return { keys, changes, ...ranked, compute: [...group.compute, ...ranked.compute] };
    }
    case "lead":
      return { keys, ...compileLead(builder, stage, { node, ...parts, compute: group.compute, above }) };
    case "sort":
      assert(reads.time !== null, "rows are sorted by a time");
      return compileSort(builder, stage, { node, time: reads.time, ...parts, keys, compute: group.compute, above });
    case "over": {
      const emission = compileOver(builder, stage, { columns: parts.carried, aggregates: group.aggregates });
      const { preceding, until = 0 } = node;
      const over = { kind: "over" as const, ...group, until, sliding: slides(node), ...emission };
      if (reads.time === null) return { ...over, preceding };
      const timeRegister = compileExpression(builder, reads.time, registers);
      const range = { timeRegister, preceding: unitsOf(preceding, reads.time) };
      const compute = [...over.compute, ...builder.takeInstructions([timeRegister])];
      return { ...over, compute, preceding: null, range };
    }
  }
}

/** What a row operator reads of every row beside its partition. */
function rowOrder(node: Operator): readonly BoundExpression[] {
  if (node.kind === "lead") return node.ahead.map(({ expression }) => expression);
  return "orderBy" in node ? node.orderBy.map(({ expression }) => expression) : [];
}

/** A length in ms in the units of a time; null is without end. */
function unitsOf(ms: number | null, time: BoundExpression): bigint | null {
  return ms === null ? null : BigInt(ms) * BigInt(unitsPerMs(time.type));
}

/** What an operator computes over its input. */
interface OperatorReads {
  /** Of the window, the order, or the frame; null where there is none. */
  readonly time: BoundExpression | null;
  readonly keys: readonly NamedExpression[];
  readonly calls: readonly {
    readonly call: AggregateCall;
    readonly argument: BoundExpression | null;
    readonly filter: BoundExpression | null;
  }[];
  /** ORDER BY of ROW_NUMBER. */
  readonly order: readonly BoundExpression[];
}

function operatorReads(node: Operator, columns: readonly NamedExpression[]): OperatorReads {
  const overInput = (expression: BoundExpression): BoundExpression => substitute(expression, columns);
  const ranged = node.kind === "over" && node.range !== undefined ? overInput(node.range) : null;
  const timeColumn = "window" in node ? node.window.timeColumn : node.kind === "sort" ? node.timeColumn : null;
  const time = timeColumn === null ? ranged : columns[timeColumn]?.expression;
  assert(time !== undefined, "the window's time column exists");
  const keys =
    "keys" in node
      ? node.keys
      : node.partitionBy.map((expression, i) => ({ name: `PARTITION BY ${i + 1}`, expression }));
  const calls = node.kind === "over" ? node.calls : "aggregates" in node ? node.aggregates : [];
  return {
    time,
    keys: keys.map(({ name, expression }) => ({ name, expression: overInput(expression) })),
    calls: calls.map((call) => ({
      call,
      argument: call.arguments[0] === undefined ? null : overInput(call.arguments[0]),
      filter: call.filter && overInput(call.filter),
    })),
    order: rowOrder(node).map(overInput),
  };
}

function expressionsOf({ time, keys, calls, order }: OperatorReads): BoundExpression[] {
  const ofCalls = calls.flatMap(({ argument, filter }) => [argument, filter]);
  return [time, ...keys.map((key) => key.expression), ...ofCalls, ...order].filter((expression) => expression !== null);
}

/** Input columns that stand in OVER's output. The stage reads another one, so its columns below are the input's. */
function passedColumns(stage: Stage): BoundExpression[] {
  const used = columnsOf([...stage.above.filters, ...stage.above.columns.map(({ expression }) => expression)]);
  return stage.below.columns.flatMap(({ expression }, index) => (used.has(index) ? [expression] : []));
}

function compileFilter(
  builder: ProgramBuilder,
  filters: readonly BoundExpression[],
  given: readonly (Register | null)[],
): FilterProgram | null {
  const condition = conjunction(filters);
  if (condition === null) return null;
  const registers = given.map((register) => register ?? 0);
  const register = compileExpression(builder, condition, registers);
  return { instructions: builder.takeInstructions([register]), register };
}

function compileWindow(
  builder: ProgramBuilder,
  { window }: WindowAggregate | WindowTop,
  { reads, registers }: { readonly reads: OperatorReads; readonly registers: readonly Register[] },
): WindowQueryProgram["window"] {
  assert(reads.time !== null, "a window has a time");
  return {
    kind: window.kind,
    sizeMs: window.sizeMs,
    stepMs: window.stepMs,
    offsetMs: window.offsetMs,
    timeRegister: compileExpression(builder, reads.time, registers),
    unitsPerMs: unitsPerMs(reads.time.type),
    ...(window.ofResults === true ? { ofResults: true } : {}),
    // The clock has not passed the time of a row that is being read.
    ...(window.clock === true ? { judgedBy: "table" as const } : {}),
  };
}

/** Keys and aggregates, and the instructions they need. */
function compileGroup(
  builder: ProgramBuilder,
  { keys, calls }: OperatorReads,
  registers: readonly Register[],
): Pick<WindowQueryProgram, "keys" | "aggregates" | "compute"> {
  const keyPrograms = keys.map(
    ({ name, expression }): KeyProgram => ({
      register: compileExpression(builder, expression, registers),
      type: expression.type,
      name,
    }),
  );
  const aggregates = calls.map(
    (read): AggregateProgram => ({
      ...aggregateShape(builder, read.call),
      argument: read.argument && {
        register: compileExpression(builder, read.argument, registers),
        type: read.argument.type,
      },
      filter: read.filter && compileExpression(builder, read.filter, registers),
    }),
  );
  const ofCalls = aggregates.flatMap(({ argument, filter }) => [argument?.register ?? null, filter]);
  const results = [...keyPrograms.map((key) => key.register), ...ofCalls].filter((register) => register !== null);
  return { keys: keyPrograms, aggregates, compute: builder.takeInstructions(results) };
}

function aggregateShape(builder: ProgramBuilder, call: AggregateCall): Omit<AggregateProgram, "argument" | "filter"> {
  return {
    function: call.function,
    distinct: call.distinct,
    resultType: call.type,
    result: builder.allocate(physicalOf(call.type)),
    parameter: parameterOf(builder, call),
    name: call.name,
  };
}

function parameterOf(builder: ProgramBuilder, { function: name, parameters }: AggregateCall): number {
  const [parameter = 0n, limit = 0n] = parameters;
  if (name === "COUNT_AUTO") return Number(parameter) + Number(limit) * 256;
  if (name === "LISTAGG") return builder.constant(physicalOf(STRING), String(parameter));
  return name === "APPROX_PERCENTILE" ? Math.round(Number(parameter) * 1e9) : Number(parameter);
}

/** The aggregate's output columns are window_start, window_end, window_time, keys…, aggregates…. */
function compileEmission(
  builder: ProgramBuilder,
  stage: Stage,
  { node, aggregates }: { readonly node: WindowAggregate; readonly aggregates: readonly AggregateProgram[] },
): Pick<WindowQueryProgram, "emit" | "outputs"> {
  const firstAggregate = 3 + node.keys.length;
  const columns = node.schema.fields.map((field, index) =>
    index < firstAggregate
      ? builder.allocate(physicalOf(field.type))
      : (aggregates[index - firstAggregate]?.result ?? builder.allocate(physicalOf(field.type))),
  );
  const { having, outputs, compute } = compileAbove(builder, stage, columns);
  return {
    emit: {
      windowStart: columns[0] ?? null,
      windowEnd: columns[1] ?? null,
      windowTime: columns[2] ?? null,
      keys: columns.slice(3, firstAggregate),
      compute,
      having,
    },
    outputs,
  };
}

/** The aggregate's output columns are keys…, aggregates…. */
function compileGroups(
  builder: ProgramBuilder,
  stage: Stage,
  { node, aggregates }: { readonly node: GroupAggregate; readonly aggregates: readonly AggregateProgram[] },
): Pick<GroupQueryProgram, "emit" | "outputs"> {
  const keys = node.keys.map(({ expression }) => builder.allocate(physicalOf(expression.type)));
  const { having, outputs, compute } = compileAbove(builder, stage, [
    ...keys,
    ...aggregates.map(({ result }) => result),
  ]);
  return { emit: { keys, compute, having }, outputs };
}

/** OVER's output columns are its input's, by registers of their own, and the results. */
function compileOver(
  builder: ProgramBuilder,
  stage: Stage,
  { columns, aggregates }: { readonly columns: readonly Register[]; readonly aggregates: readonly AggregateProgram[] },
): Pick<OverQueryProgram, "emit" | "outputs"> {
  const results = aggregates.map(({ result }) => result);
  const { having, outputs, compute } = compileAbove(builder, stage, [...columns, ...results]);
  return { emit: { compute, having }, outputs };
}
