/**
 * Plan → kernel program and wiring: the only translator between what a query means and what the kernel runs. Tables that
 * several queries read are decoded once; each query gets registers of its own behind the filter. Pure.
 */
import { assert } from "../core/error.ts";
import type { Schema } from "../core/type.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type {
  AggregateProgram,
  FilterProgram,
  KernelProgram,
  KeyProgram,
  OutputColumn,
  QueryProgram,
  Register,
  RegisterInput,
  SourceProgram,
  WindowQueryProgram,
} from "../kernel/program.ts";
import { collectColumns, conjunction } from "../plan/expression.ts";
import type {
  AggregateCall,
  BoundExpression,
  NamedExpression,
  Plan,
  PlannedQuery,
  TableDefinition,
} from "../plan/plan.ts";
import { compileExpression } from "./compile-expression.ts";
import { SourceCompiler, type SourceFormats } from "./compile-source.ts";
import { type FlatQuery, flattenQuery, substitute, type WindowAggregate } from "./flatten.ts";
import { ProgramBuilder } from "./program-builder.ts";

export interface CompiledSource {
  readonly table: TableDefinition;
  readonly queries: readonly number[];
}

export interface CompiledQuery {
  readonly query: PlannedQuery;
  readonly source: number;
  readonly kind: QueryProgram["kind"];
  readonly schema: Schema;
}

export interface CompiledJob {
  readonly program: KernelProgram;
  readonly sources: readonly CompiledSource[];
  readonly queries: readonly CompiledQuery[];
}

export function compilePlan(plan: Plan, formatsOf: (table: TableDefinition) => SourceFormats): CompiledJob {
  const builder = new ProgramBuilder();
  const compilers = new Map<string, { compiler: SourceCompiler; index: number; queries: number[] }>();
  const flats = plan.queries.map((query) => flattenQuery(query.root));
  for (const [index, flat] of flats.entries()) {
    const key = tableKey(flat.scan.table);
    let entry = compilers.get(key);
    if (entry === undefined) {
      const compiler = new SourceCompiler(builder, flat.scan.table, formatsOf(flat.scan.table));
      entry = { compiler, index: compilers.size, queries: [] };
      compilers.set(key, entry);
    }
    entry.queries.push(index);
  }
  const queries = flats.map((flat) => {
    const entry = compilers.get(tableKey(flat.scan.table));
    assert(entry !== undefined, "every scan has a source");
    return compileQuery(builder, flat, { compiler: entry.compiler, source: entry.index });
  });
  const entries = [...compilers.values()];
  const sources: SourceProgram[] = entries.map((entry) => entry.compiler.finish());
  return {
    program: { version: 1, registers: builder.registers, constants: builder.constants, sources, queries },
    sources: entries.map((entry) => ({ table: entry.compiler.table, queries: entry.queries })),
    queries: plan.queries.map((query, index) => {
      const program = queries[index];
      assert(program !== undefined, "every query is compiled");
      return { query, source: program.source, kind: program.kind, schema: query.root.schema };
    }),
  };
}

/** Tables of one name and equal options are read once; a hint makes another table of it. */
function tableKey(table: TableDefinition): string {
  return JSON.stringify([table.name, table.options]);
}

interface SourceOf {
  readonly compiler: SourceCompiler;
  readonly source: number;
}

/** What a window query computes over its scan. */
interface WindowReads {
  readonly time: BoundExpression;
  readonly keys: readonly NamedExpression[];
  readonly calls: readonly {
    readonly call: AggregateCall;
    readonly argument: BoundExpression | null;
    readonly filter: BoundExpression | null;
  }[];
}

function windowReads(node: WindowAggregate, columns: readonly NamedExpression[]): WindowReads {
  const overScan = (expression: BoundExpression): BoundExpression => substitute(expression, columns);
  const time = columns[node.window.timeColumn]?.expression;
  assert(time !== undefined, "the window's time column exists");
  return {
    time,
    keys: node.keys.map(({ name, expression }) => ({ name, expression: overScan(expression) })),
    calls: node.aggregates.map((call) => ({
      call,
      argument: call.arguments[0] === undefined ? null : overScan(call.arguments[0]),
      filter: call.filter && overScan(call.filter),
    })),
  };
}

function expressionsOf({ time, keys, calls }: WindowReads): BoundExpression[] {
  const ofCalls = calls.flatMap(({ argument, filter }) => [argument, filter]);
  return [time, ...keys.map((key) => key.expression), ...ofCalls.filter((expression) => expression !== null)];
}

function compileQuery(builder: ProgramBuilder, flat: FlatQuery, from: SourceOf): QueryProgram {
  const { filters, columns } = flat.below;
  const window = flat.aggregate && windowReads(flat.aggregate, columns);
  const read = window === null ? columns.map((column) => column.expression) : expressionsOf(window);
  const scan = scanColumns(flat, from.compiler, [...filters, ...read]);
  const filter = compileFilter(builder, filters, scan);
  const { inputs, registers } = queryInputs(builder, flat, { scan, read });
  if (window !== null) {
    return compileWindowQuery(builder, flat, { source: from.source, filter, inputs, registers, window });
  }
  const outputs = columns.map((column) => outputColumn(builder, column, registers));
  const compute = builder.takeInstructions(outputs.map((output) => output.register));
  return { kind: "project", source: from.source, inputs, filter, compute, outputs };
}

/** Source registers of the scan's columns; null for those nothing reads. */
function scanColumns(flat: FlatQuery, compiler: SourceCompiler, read: readonly BoundExpression[]): (Register | null)[] {
  const used = columnsOf(read);
  return flat.scan.columns.map((column, index) => (used.has(index) ? compiler.register(column) : null));
}

function columnsOf(expressions: readonly BoundExpression[]): ReadonlySet<number> {
  const used = new Set<number>();
  for (const expression of expressions) collectColumns(expression, used);
  return used;
}

interface QueryInputs {
  readonly inputs: readonly RegisterInput[];
  /** By scan column, for `compileExpression`; 0 where nothing reads the column. */
  readonly registers: readonly Register[];
}

/** The query's own registers for the scan columns it reads behind its filter. */
function queryInputs(
  builder: ProgramBuilder,
  flat: FlatQuery,
  { scan, read }: { readonly scan: readonly (Register | null)[]; readonly read: readonly BoundExpression[] },
): QueryInputs {
  const used = columnsOf(read);
  const own = new Map<Register, Register>();
  const registers = flat.scan.schema.fields.map(({ type }, index) => {
    if (!used.has(index)) return 0;
    const from = scan[index];
    assert(from !== null && from !== undefined, `scan column ${index} is decoded`);
    const to = own.get(from) ?? builder.allocate(physicalOf(type));
    own.set(from, to);
    return to;
  });
  return { inputs: [...own].map(([from, to]) => ({ from, to })), registers };
}

function outputColumn(builder: ProgramBuilder, column: NamedExpression, inputs: readonly Register[]): OutputColumn {
  const { type, nullable } = column.expression;
  return { name: column.name, register: compileExpression(builder, column.expression, inputs), type, nullable };
}

function compileFilter(
  builder: ProgramBuilder,
  filters: readonly BoundExpression[],
  scan: readonly (Register | null)[],
): FilterProgram | null {
  const condition = conjunction(filters);
  if (condition === null) return null;
  const register = compileExpression(
    builder,
    condition,
    scan.map((r) => r ?? 0),
  );
  return { instructions: builder.takeInstructions([register]), register };
}

interface WindowParts extends QueryInputs {
  readonly source: number;
  readonly filter: FilterProgram | null;
  readonly window: WindowReads;
}

function compileWindowQuery(builder: ProgramBuilder, flat: FlatQuery, parts: WindowParts): WindowQueryProgram {
  const node = flat.aggregate;
  assert(node !== null, "a window query has an aggregate");
  const { registers, source, filter, inputs } = parts;
  const { time, keys, calls } = parts.window;
  const timeRegister = compileExpression(builder, time, registers);
  const keyPrograms = keys.map((key) => ({
    register: compileExpression(builder, key.expression, registers),
    type: key.expression.type,
    name: key.name,
  }));
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
  const compute = builder.takeInstructions(resultsOf({ timeRegister, keys: keyPrograms, aggregates }));
  return {
    kind: "window-aggregate",
    source,
    inputs,
    filter,
    compute,
    window: {
      kind: node.window.kind,
      sizeMs: node.window.sizeMs,
      stepMs: node.window.stepMs,
      offsetMs: node.window.offsetMs,
      timeRegister,
      unitsPerMs: unitsPerMs(time.type),
    },
    keys: keyPrograms,
    aggregates,
    ...compileEmission(builder, flat, aggregates),
  };
}

/** Registers that the aggregation reads. */
function resultsOf(read: {
  readonly timeRegister: Register;
  readonly keys: readonly KeyProgram[];
  readonly aggregates: readonly AggregateProgram[];
}): Register[] {
  const ofCalls = read.aggregates.flatMap(({ argument, filter }) => [argument?.register ?? null, filter]);
  const registers = [read.timeRegister, ...read.keys.map((key) => key.register), ...ofCalls];
  return registers.filter((register) => register !== null);
}

function aggregateShape(builder: ProgramBuilder, call: AggregateCall): Omit<AggregateProgram, "argument" | "filter"> {
  const precision = call.parameters[0];
  return {
    function: call.function,
    distinct: call.distinct,
    resultType: call.type,
    result: builder.allocate(physicalOf(call.type)),
    precision: precision === undefined || precision === null ? 12 : Number(precision),
    name: call.name,
  };
}

/** The aggregate's output columns are window_start, window_end, window_time, keys…, aggregates…. */
function compileEmission(
  builder: ProgramBuilder,
  flat: FlatQuery,
  aggregates: readonly AggregateProgram[],
): Pick<WindowQueryProgram, "emit" | "outputs"> {
  const node = flat.aggregate;
  assert(node !== null, "a window query has an aggregate");
  const firstAggregate = 3 + node.keys.length;
  const inputs = node.schema.fields.map((field, index) =>
    index < firstAggregate
      ? builder.allocate(physicalOf(field.type))
      : (aggregates[index - firstAggregate]?.result ?? builder.allocate(physicalOf(field.type))),
  );
  const condition = conjunction(flat.above.filters);
  const having = condition === null ? null : compileExpression(builder, condition, inputs);
  const outputs = flat.above.columns.map((column) => outputColumn(builder, column, inputs));
  const results = outputs.map((output) => output.register);
  return {
    emit: {
      windowStart: inputs[0] ?? null,
      windowEnd: inputs[1] ?? null,
      windowTime: inputs[2] ?? null,
      keys: inputs.slice(3, firstAggregate),
      compute: builder.takeInstructions(having === null ? results : [...results, having]),
      having,
    },
    outputs,
  };
}
