/**
 * Plan → kernel program and wiring: the only translator between what a query means and what the kernel runs. Tables that
 * several queries read are decoded once; each query gets registers of its own behind the filter. A planned query is a chain of
 * kernel queries: the last has the number of the planned one, those it reads come behind all of these. Pure.
 */
import { assert } from "../core/error.ts";
import type { Schema } from "../core/type.ts";
import type { KernelProgram, QueryProgram, SourceProgram } from "../kernel/program.ts";
import type { Plan, PlannedQuery, TableDefinition } from "../plan/plan.ts";
import { compileStage } from "./compile-query.ts";
import { SourceCompiler, type SourceFormats } from "./compile-source.ts";
import { flattenQuery, type Stage, type Stages } from "./flatten.ts";
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
}

export interface CompiledQuery {
  readonly query: PlannedQuery;
  readonly source: number;
  /** From the one that reads the source to the one that gives the rows. */
  readonly stages: readonly CompiledStage[];
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
  const chains = plan.queries.map((query) => flattenQuery(query.root));
  const entries = chains.map((stages, index) => {
    const { table } = scanOf(stages);
    const key = tableKey(table);
    let entry = compilers.get(key);
    if (entry === undefined) {
      const compiler = new SourceCompiler(builder, table, formatsOf(table));
      entry = { compiler, index: compilers.size, queries: [] };
      compilers.set(key, entry);
    }
    entry.queries.push(index);
    return entry;
  });
  const programs: QueryProgram[] = [];
  const inner: QueryProgram[] = [];
  const queries = chains.map((stages, index): CompiledQuery => {
    const { compiler, index: source } = entries[index] as (typeof entries)[number];
    let parent: { readonly query: number; readonly program: QueryProgram } | null = null;
    const compiled = stages.map((stage, position): CompiledStage => {
      const last = position === stages.length - 1;
      const changes = last ? changesFor(plan.queries[index] as PlannedQuery) : "both";
      const program = compileStage(builder, stage, { compiler, source, parent, changes });
      const query = last ? index : chains.length + inner.length;
      if (last) programs.push(program);
      else inner.push(program);
      parent = { query, program };
      const everyMs = stage.operator?.kind === "windowAggregate" ? (stage.operator.emission?.everyMs ?? null) : null;
      return { query, kind: program.kind, everyMs };
    });
    const query = plan.queries[index] as PlannedQuery;
    return { query, source, stages: compiled, schema: query.root.schema };
  });
  const sources: SourceProgram[] = [...compilers.values()].map((entry) => entry.compiler.finish());
  const { registers, constants } = builder;
  return {
    program: { version: 1, registers, constants, sources, queries: [...programs, ...inner] },
    sources: [...compilers.values()].map((entry) => ({ table: entry.compiler.table, queries: entry.queries })),
    queries,
  };
}

/** Who keeps rows by key needs no more than what a row is now; people are shown what it was, too. */
function changesFor({ target, changes }: PlannedQuery): "both" | "newest" {
  const shown = target.kind === "print" || (target.kind === "table" && target.table.options.connector === "print");
  return shown || changes?.key == null ? "both" : "newest";
}

function scanOf([first]: Stages): NonNullable<Stage["scan"]> {
  assert(first.scan !== null, "the first stage reads a table");
  return first.scan;
}

/** Tables of one name and equal options are read once; a hint makes another table of it. */
function tableKey(table: TableDefinition): string {
  return JSON.stringify([table.name, table.options]);
}
