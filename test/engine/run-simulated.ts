/**
 * Runs a SQL script over a simulated source: the real parser, planner, compiler, kernel and pipeline, with only the network
 * and the clock replaced. Every table of the script is fed by the source given.
 */
import { readFileSync } from "node:fs";
import type { Clock, Sink, Source } from "../../src/connectors/connector.ts";
import type { Batch } from "../../src/core/batch.ts";
import { type CellValue, readCell } from "../../src/core/value.ts";
import { timeColumnOf } from "../../src/engine/bad-rows.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { DeadLetterSource } from "../../src/engine/dead-letters.ts";
import { createExplainer } from "../../src/engine/failing-expression.ts";
import { Pipeline } from "../../src/engine/pipeline.ts";
import { planText } from "../../src/engine/plan-text.ts";
import type { JobStatus } from "../../src/engine/status.ts";
import { readSourceFormats, readSourceSettings } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { DEAD_LETTERS } from "../../src/plan/dead-letters.ts";
import type { TableDefinition } from "../../src/plan/plan.ts";
import type { IdleDecision } from "../../src/watermark/tracker.ts";

export const kernelBytes = readFileSync(new URL("../../build/kernel.wasm", import.meta.url));

/** Keeps every row as values. */
export class CollectingSink implements Sink {
  readonly rows: CellValue[][] = [];
  readonly batches: Batch[] = [];

  open(): Promise<void> {
    return Promise.resolve();
  }
  write(batch: Batch): void {
    this.batches.push(batch);
    for (let row = 0; row < batch.rows; row++) {
      this.rows.push(
        batch.schema.fields.map((field, i) => readCell(batch.columns[i] as Batch["columns"][number], field.type, row)),
      );
    }
  }
  flush(): Promise<void> {
    return Promise.resolve();
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

export interface SimulatedRun {
  readonly sinks: readonly CollectingSink[];
  readonly status: JobStatus;
}

/** A clock that moves a millisecond a look, so that nothing depends on how fast the machine is. */
export function steppingClock(): { now(): number } {
  let now = 1_700_000_000_000;
  return { now: () => now++ };
}

export interface SimulatedWorld {
  readonly clock?: Clock;
  readonly decided?: (decision: IdleDecision) => void;
  /** Looked at between two polls. */
  readonly watch?: (status: JobStatus, sinks: readonly CollectingSink[]) => void;
}

export async function runSimulated(
  sql: string,
  sourceOf: (table: string) => Source,
  world: SimulatedWorld = {},
): Promise<SimulatedRun> {
  const { plan, errors } = planText({ text: sql, settings: {} });
  if (plan === null) throw new Error(errors.map((error) => `${error.code}: ${error.message}`).join("\n"));
  const formatsOf = (table: TableDefinition) =>
    readSourceFormats(table, plan.settings, table.options.connector === DEAD_LETTERS);
  const compiled = compilePlan(plan, formatsOf);
  const kernel = loadKernel(kernelBytes);
  kernel.load(compiled.program);
  const sinks = compiled.queries.map(() => new CollectingSink());
  const pipeline: Pipeline = new Pipeline({
    kernel,
    explain: createExplainer({
      plan,
      sources: compiled.sources,
      formatsOf,
      openKernel: () => loadKernel(kernelBytes),
    }),
    clock: world.clock ?? steppingClock(),
    decided: ({ decision }) => world.decided?.(decision),
    commitIntervalMs: 50,
    changesIntervalMs: 20,
    rest: () => Promise.resolve(world.watch?.(pipeline.status(), sinks)),
    sources: compiled.sources.map(({ table, queries }) => ({
      name: table.name,
      source: table.options.connector === DEAD_LETTERS ? new DeadLetterSource(table.name) : sourceOf(table.name),
      queries,
      timeColumn: timeColumnOf(table),
      ...readSourceSettings(table, plan.settings),
    })),
    queries: compiled.queries.map(({ query, sources, stages }, index) => ({
      label: query.label,
      sources,
      stages,
      sink: sinks[index] as CollectingSink,
    })),
  });
  await pipeline.run();
  return { sinks, status: pipeline.status() };
}
