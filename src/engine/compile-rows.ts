/** Operators that keep whole rows, sorts and ranks: what of the input a row carries, and their programs. */
import { assert } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type {
  Instruction,
  KeyProgram,
  LeadQueryProgram,
  OutputColumn,
  RankedQueryProgram,
  Register,
  RegisterInput,
  SortQueryProgram,
  TopProgram,
  WindowQueryProgram,
} from "../kernel/program.ts";
import { collectColumns, conjuncts } from "../plan/expression.ts";
import type { BoundExpression, NamedExpression } from "../plan/plan.ts";
import { compileExpression } from "./compile-expression.ts";
import type { Lead, Rank, Sort, Stage, WindowTop } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** window_start, window_end, window_time. */
const WINDOW_COLUMNS = 3;
const BIGINT: DataType = { kind: "bigint" };

/** By column below the operator where it is read and written; null for columns that nothing above reads. */
export function carriedColumns(
  builder: ProgramBuilder,
  stage: Stage,
  carried: readonly Register[],
): (RegisterInput | null)[] {
  return stage.below.columns.map(({ expression }): RegisterInput | null => {
    assert(expression.kind === "column", "what rows carry are columns");
    const from = carried[expression.index] ?? 0;
    return from === 0 ? null : { from, to: builder.allocate(physicalOf(expression.type)) };
  });
}

interface RowParts<Node> {
  readonly node: Node;
  /** Registers of the input for what the operator computes, and for what is carried. */
  readonly registers: readonly Register[];
  readonly carried: readonly Register[];
  readonly above: (columns: readonly Register[]) => {
    readonly having: Register | null;
    readonly outputs: readonly OutputColumn[];
    readonly compute: readonly Instruction[];
  };
}

export interface SortParts extends RowParts<Sort> {
  readonly time: BoundExpression;
  readonly keys: readonly KeyProgram[];
  /** Instructions of the keys. */
  readonly compute: readonly Instruction[];
}

export function compileSort(
  builder: ProgramBuilder,
  stage: Stage,
  { node, time, keys, registers, carried, compute, above }: SortParts,
): Omit<SortQueryProgram, "source" | "parent" | "filter" | "inputs"> {
  const timeRegister = compileExpression(builder, time, registers);
  const instructions = [...compute, ...builder.takeInstructions([timeRegister])];
  const entries = carriedColumns(builder, stage, carried);
  const { having, outputs, compute: emission } = above(entries.map((entry) => entry?.to ?? 0));
  return {
    kind: "sort",
    compute: instructions,
    timeRegister,
    unitsPerMs: unitsPerMs(time.type),
    peers: node.peers,
    keys,
    carried: entries.filter((entry) => entry !== null),
    emit: { compute: emission, having },
    outputs,
  };
}

interface TopParts<Node> extends RowParts<Node> {
  /** Over the input. */
  readonly reads: { readonly keys: readonly NamedExpression[]; readonly order: readonly BoundExpression[] };
}

/** The output columns are the input's, carried by the entries, the window's where rows are no results, and the rank. */
export function compileTop(
  builder: ProgramBuilder,
  stage: Stage,
  { node, reads, registers, carried, above }: TopParts<WindowTop>,
): Required<Pick<WindowQueryProgram, "top" | "compute" | "emit" | "outputs">> {
  const { compute, order } = compileOrder(builder, node, { reads, registers });
  const entries = carriedColumns(builder, stage, carried);
  const windows = node.window.ofResults === true ? [] : windowRegisters(builder, node);
  const rank = builder.allocate(physicalOf(BIGINT));
  const made = above([...entries.map((entry) => entry?.to ?? 0), ...windows, rank]);
  return {
    top: { function: node.function, most: node.most, order, carried: entries.filter((entry) => entry !== null), rank },
    compute,
    emit: {
      windowStart: windows[0] ?? null,
      windowEnd: windows[1] ?? null,
      windowTime: windows[2] ?? null,
      keys: reads.keys.map(({ expression }) => builder.allocate(physicalOf(expression.type))),
      compute: made.compute,
      having: made.having,
    },
    outputs: made.outputs,
  };
}

/** The same without a window. */
export function compileRank(
  builder: ProgramBuilder,
  stage: Stage,
  { node, reads, registers, carried, above }: TopParts<Rank>,
): Pick<RankedQueryProgram, "kind" | "top" | "compute" | "ofChanges" | "emit" | "outputs"> {
  const { compute, order } = compileOrder(builder, node, { reads, registers });
  const entries = carriedColumns(builder, stage, carried);
  const rank = builder.allocate(physicalOf(BIGINT));
  const { having, outputs, compute: emission } = above([...entries.map((entry) => entry?.to ?? 0), rank]);
  const told = tellsNumber(stage, node.schema.fields.length - 1);
  const rows = entries.filter((entry) => entry !== null);
  return {
    kind: "ranked",
    top: { function: node.function, most: node.most, order, carried: rows, told, rank },
    compute,
    ofChanges: node.ofChanges,
    emit: { compute: emission, having },
    outputs,
  };
}

/** LEAD: what `reads.order` computes of the row behind, and whether there is one. */
export function compileLead(
  builder: ProgramBuilder,
  stage: Stage,
  { node, reads, registers, carried, compute, above }: TopParts<Lead> & { readonly compute: readonly Instruction[] },
): Pick<LeadQueryProgram, "kind" | "compute" | "rows" | "carried" | "ahead" | "there" | "emit" | "outputs"> {
  const values = reads.order.map((expression) => compileExpression(builder, expression, registers));
  const instructions = [...compute, ...builder.takeInstructions(values)];
  const ahead = reads.order.map(({ type }, i) => ({
    from: values[i] as Register,
    to: builder.allocate(physicalOf(type)),
  }));
  const entries = carriedColumns(builder, stage, carried);
  const there = builder.allocate(physicalOf(BIGINT));
  const made = above([...entries.map((entry) => entry?.to ?? 0), ...ahead.map(({ to }) => to), there]);
  return {
    kind: "lead",
    compute: instructions,
    rows: node.rows,
    carried: entries.filter((entry) => entry !== null),
    ahead,
    there,
    emit: { compute: made.compute, having: made.having },
    outputs: made.outputs,
  };
}

function compileOrder(
  builder: ProgramBuilder,
  node: WindowTop | Rank,
  { reads, registers }: Pick<TopParts<WindowTop>, "reads" | "registers">,
): { readonly order: TopProgram["order"]; readonly compute: readonly Instruction[] } {
  const order = reads.order.map((expression, i) => ({
    register: compileExpression(builder, expression, registers),
    descending: node.orderBy[i]?.descending ?? false,
    nullsFirst: node.orderBy[i]?.nullsFirst ?? true,
  }));
  return { order, compute: builder.takeInstructions(order.map(({ register }) => register)) };
}

/** Whether what leaves depends on a row's number, but for the limit that all rows in hand keep. */
function tellsNumber({ above }: Stage, rank: number): boolean {
  const reads = (expression: BoundExpression): boolean => {
    const columns = new Set<number>();
    collectColumns(expression, columns);
    return columns.has(rank);
  };
  const isLimit = (condition: BoundExpression): boolean => {
    if (condition.kind !== "call" || !["LE", "LT"].includes(condition.function)) return false;
    const [column, bound] = condition.arguments;
    return column?.kind === "column" && column.index === rank && bound?.kind === "literal";
  };
  const conditions = above.filters.flatMap(conjuncts).filter((condition) => !isLimit(condition));
  return [...conditions, ...above.columns.map(({ expression }) => expression)].some(reads);
}

function windowRegisters(builder: ProgramBuilder, { input, schema }: WindowTop): Register[] {
  const first = input.schema.fields.length;
  return schema.fields.slice(first, first + WINDOW_COLUMNS).map(({ type }) => builder.allocate(physicalOf(type)));
}
