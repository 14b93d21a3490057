/**
 * Plan → kernel program and wiring: the only translator between what a query means and what the kernel runs. Tables that
 * several queries read are decoded once; each query gets registers of its own behind the filter. A planned query is a chain of
 * kernel queries: the last has the number of the planned one, those it reads come behind all of these. Pure.
 */
import { assert } from "../core/error.ts";
import type { Schema } from "../core/type.ts";
import type { KernelProgram, QueryProgram, SourceProgram } from "../kernel/program.ts";
import { nodeTitle } from "../plan/explain.ts";
import type { Plan, PlannedQuery, TableDefinition } from "../plan/plan.ts";
import { type CompiledParent, delayOf } from "./compile-join.ts";
import { compileLateQuery, type LateQuery, lateQuery, type Refuser } from "./compile-late.ts";
import { compileStage } from "./compile-query.ts";
import { SourceCompiler, type SourceFormats } from "./compile-source.ts";
import { flattenQuery, type Stage } from "./flatten.ts";
import { ProgramBuilder } from "./program-builder.ts";

export interface CompiledSource {
  readonly table: TableDefinition;
  readonly queries: readonly number[];
}

export interface CompiledStage {
  /** Number of the kernel's query. */
  readonly query: number;
  readonly kind: QueryProgram["kind"];
  /** How often its open windows give what has changed in them, in ms: 0 = whenever changes leave, null = never. */
  readonly everyMs: number | null;
  /** Reads a source itself. */
  readonly reads: boolean;
  /** The source at the bottom. */
  readonly source: number;
  /** A join whose rows leave when their window has closed. */
  readonly windowed: boolean;
  /** A join whose rows leave memory when the watermark has passed them. */
  readonly timed: boolean;
  /** Windows of processing time: the clock closes them. */
  readonly clocked: boolean;
  /** How far behind the watermark rows may come that the stage reads, in ms. */
  readonly behindMs: number;
  /** What it does, for people. */
  readonly title: string;
  /** Places of the stages whose rows it reads. */
  readonly from: readonly number[];
}

export interface CompiledQuery {
  readonly query: PlannedQuery;
  /** The sources it reads, each once. */
  readonly sources: readonly number[];
  /** Each behind those it reads; the last one gives the rows. */
  readonly stages: readonly CompiledStage[];
  readonly schema: Schema;
}

export interface CompiledJob {
  readonly program: KernelProgram;
  readonly sources: readonly CompiledSource[];
  readonly queries: readonly CompiledQuery[];
}

/** `changes`: how those of results are told to everybody; by default as much as who takes them needs. */
export function compilePlan(
  plan: Plan,
  formatsOf: (table: TableDefinition) => SourceFormats,
  { changes }: { readonly changes?: "both" } = {},
): CompiledJob {
  const builder = new ProgramBuilder();
  const compilers = new Map<string, Entry>();
  const chains = plan.queries.map((query) => flattenQuery(query.root));
  const sourceOf = (stage: Stage, query: number): Entry => {
    assert(stage.scan !== null, "a stage that reads no other reads a table");
    const { table } = stage.scan;
    const open = () => new SourceCompiler(builder, table, formatsOf(table));
    return entryOf(compilers, { table, query, open });
  };
  const origins = chains.map((stages, index) =>
    stages.map((stage) => (stage.scan === null ? null : sourceOf(stage, index))),
  );
  const programs: QueryProgram[] = new Array(chains.length);
  const inner: QueryProgram[] = [];
  const refusers: Refuser[] = [];
  const waiting: LateQuery[] = [];
  const queries = chains.map((stages, index): CompiledQuery => {
    const planned = plan.queries[index] as PlannedQuery;
    const late = lateQuery(stages[0], origins[index]?.[0] ?? null, index);
    if (late !== null) {
      waiting.push(late);
      return { query: planned, sources: [late.source], stages: late.stages, schema: planned.root.schema };
    }
    const parents: CompiledParent[] = [];
    const behind: number[] = [];
    const entries: Entry[] = [];
    const compiled = stages.map((stage, position): CompiledStage => {
      const last = position === stages.length - 1;
      const entry = origins[index]?.[position] ?? entries[stage.from[0] ?? 0];
      assert(entry !== undefined, "a stage reads a source in the end");
      entries.push(entry);
      const made = compileStage(builder, stage, {
        compiler: entry.compiler,
        source: entry.index,
        parents: stage.from.map((place) => parents[place] as CompiledParent),
        changes: changes ?? (last ? changesFor(planned) : "both"),
      });
      const program = stage.scan === null ? made : judged(made, entry.compiler);
      const query = last ? index : chains.length + inner.length;
      if (last) programs[index] = program;
      else inner.push(program);
      if (program.kind === "window-aggregate" && stage.scan !== null)
        refusers.push({ query, label: planned.label, source: entry.index });
      const judgedBy = stage.scan !== null && stage.operator === null ? entry.compiler.judgedBy : null;
      parents.push({ query, program, judgedBy });
      const behindMs = Math.max(0, ...stage.from.map((place) => (behind[place] ?? 0) + delayOf(parents[place])));
      behind.push(behindMs);
      return { ...compiledStage(query, stage, program), behindMs };
    });
    const sources = [...new Set(entries.map((entry) => entry.index))];
    return { query: planned, sources, stages: compiled, schema: planned.root.schema };
  });
  for (const query of waiting) compileLateQuery(builder, query, { refusers, programs, inner });
  const sources: SourceProgram[] = [...compilers.values()].map((entry) => entry.compiler.finish());
  const { registers, constants } = builder;
  return {
    program: { version: 1, registers, constants, sources, queries: [...programs, ...inner] },
    sources: [...compilers.values()].map((entry) => ({ table: entry.compiler.table, queries: [...entry.queries] })),
    queries,
  };
}

/** The entry of a table that the planned query reads, made when it is the first. */
function entryOf(
  entries: Map<string, Entry>,
  {
    table,
    query,
    open,
  }: { readonly table: TableDefinition; readonly query: number; readonly open: () => SourceCompiler },
): Entry {
  const key = tableKey(table);
  const entry = entries.get(key) ?? { compiler: open(), index: entries.size, queries: new Set() };
  entries.set(key, entry);
  entry.queries.add(query);
  return entry;
}

function compiledStage(query: number, stage: Stage, program: QueryProgram): Omit<CompiledStage, "behindMs"> {
  const { operator, scan, from } = stage;
  const everyMs = operator?.kind === "windowAggregate" ? (operator.emission?.everyMs ?? null) : null;
  const windowed = program.kind === "join" && program.windows !== null;
  const timed = program.kind === "join" && program.interval !== null;
  const clocked = operator !== null && "window" in operator && operator.window?.clock === true;
  const { kind, source } = program;
  return { query, kind, everyMs, reads: scan !== null, source, windowed, timed, clocked, title: titleOf(stage), from };
}

function titleOf({ operator, from }: Stage): string {
  if (operator !== null) return nodeTitle(operator);
  return from.length > 1 ? `the rows of ${from.length} queries` : "filters and columns";
}

/** Windows over a table's own rows: results were judged when they were rows. */
function judged(program: QueryProgram, { judgedBy }: SourceCompiler): QueryProgram {
  if (program.kind !== "window-aggregate" || judgedBy === "partition") return program;
  return { ...program, window: { ...program.window, judgedBy } };
}

/** Who keeps rows by key needs no more than what a row is now; people are shown what it was, too. */
function changesFor({ target, changes }: PlannedQuery): "both" | "newest" {
  const shown = target.kind === "print" || (target.kind === "table" && target.table.options.connector === "print");
  return shown || changes?.key == null ? "both" : "newest";
}

interface Entry {
  readonly compiler: SourceCompiler;
  readonly index: number;
  /** Planned queries that read it. */
  readonly queries: Set<number>;
}

/** Tables of one name and equal options are read once; a hint makes another table of it. */
function tableKey(table: TableDefinition): string {
  return JSON.stringify([table.name, table.options]);
}
