/**
 * A query on a table's late rows → a query of the kernel beside each window query that reads the table. The rows are the source's,
 * with registers that the kernel fills where a window refuses a row; the name of the refusing query is known here.
 */
import { assert } from "../core/error.ts";
import type { LateQueryProgram, QueryProgram, Register } from "../kernel/program.ts";
import { literal, rewrite } from "../plan/expression.ts";
import type { BoundExpression, LateColumn, TableDefinition } from "../plan/plan.ts";
import { STRING } from "../plan/type-rules.ts";
import type { CompiledStage } from "./compile.ts";
import { compileStage } from "./compile-query.ts";
import type { SourceCompiler } from "./compile-source.ts";
import type { Stage } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** A window query that may refuse rows. */
export interface Refuser {
  /** Number of the kernel's query. */
  readonly query: number;
  readonly source: number;
  /** Of the planned query, as people see it. */
  readonly label: string;
}

/** A planned query on late rows, to be compiled when all that may refuse them are. */
export interface LateQuery {
  /** Its number among the planned queries. */
  readonly index: number;
  readonly stage: Stage;
  readonly compiler: SourceCompiler;
  readonly source: number;
  /** One for every query that refuses rows, once it is compiled. */
  readonly stages: CompiledStage[];
}

/** Null for a query on anything else. */
export function lateQuery(
  stage: Stage,
  origin: { readonly compiler: SourceCompiler; readonly index: number } | null,
  index: number,
): LateQuery | null {
  if (stage.scan?.late !== true || origin === null) return null;
  return { index, stage, compiler: origin.compiler, source: origin.index, stages: [] };
}

/** The first of its kernel queries has its number, the others come behind all. */
export function compileLateQuery(
  builder: ProgramBuilder,
  late: LateQuery,
  { refusers, programs, inner }: { refusers: readonly Refuser[]; programs: QueryProgram[]; inner: QueryProgram[] },
): void {
  const own = refusers.filter(({ source }) => source === late.source);
  for (const refuser of own.length === 0 ? [null] : own) {
    const program = compileLate(builder, late, refuser);
    const first = late.stages.length === 0;
    const query = first ? late.index : programs.length + inner.length;
    if (first) programs[query] = program;
    else inner.push(program);
    late.stages.push({
      query,
      kind: program.kind,
      everyMs: null,
      reads: true,
      source: late.source,
      windowed: false,
      timed: false,
      behindMs: 0,
      clocked: false,
      title: "late rows",
      from: [],
    });
  }
}

/** `refuser`: null where no query refuses rows, and there are none. */
function compileLate(
  builder: ProgramBuilder,
  { stage, compiler, source }: LateQuery,
  refuser: Refuser | null,
): LateQueryProgram {
  const own = withRefuser(stage, refuser?.label ?? "");
  const program = compileStage(builder, own, { compiler, source, parents: [], changes: "both" });
  assert(program.kind === "project", "late rows are selected and filtered");
  const { parent: _, ...made } = program;
  const { table } = compiler;
  const register = (key: LateColumn): Register | null => {
    const index = lateColumn(table, key);
    return stage.scan?.columns.includes(index) === true ? compiler.register(index) : null;
  };
  return {
    ...made,
    kind: "late",
    ...(refuser === null ? {} : { parent: refuser.query }),
    late: {
      windowStart: register("window_start"),
      windowEnd: register("window_end"),
      watermark: register("refusing_watermark"),
      behind: register("lateness_ms"),
    },
  };
}

function lateColumn({ columns }: TableDefinition, key: LateColumn): number {
  return columns.findIndex((column) => column.source === "late" && column.key === key);
}

/** The stage with the name of the refusing query in place of its column. */
function withRefuser(stage: Stage, label: string): Stage {
  const { scan, below } = stage;
  assert(scan !== null, "late rows come from a table");
  const position = scan.columns.indexOf(lateColumn(scan.table, "refused_by"));
  const named = (expression: BoundExpression): BoundExpression =>
    rewrite(expression, (node) => (node.kind === "column" && node.index === position ? literal(label, STRING) : null));
  return {
    ...stage,
    below: {
      filters: below.filters.map(named),
      columns: below.columns.map(({ name, expression }) => ({ name, expression: named(expression) })),
    },
  };
}
