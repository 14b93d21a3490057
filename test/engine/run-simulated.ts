/**
 * Runs a SQL script over a simulated source: the real parser, planner, compiler, kernel and pipeline, with only the network
 * and the clock replaced. Every table of the script is fed by the source given.
 */
import { readFileSync } from "node:fs";
import { type Clock, type Share, type Sink, type Source, WHOLE } from "../../src/connectors/connector.ts";
import type { Batch } from "../../src/core/batch.ts";
import { createRing } from "../../src/core/ring.ts";
import { type CellValue, readCell } from "../../src/core/value.ts";
import { timeColumnOf } from "../../src/engine/bad-rows.ts";
import { compilePlan } from "../../src/engine/compile.ts";
import { DeadLetterSource } from "../../src/engine/dead-letters.ts";
import { boardBytes, type ExchangeMemory, PartialsIn, PartialsOut } from "../../src/engine/exchange.ts";
import { createExplainer } from "../../src/engine/failing-expression.ts";
import { mergeStatus } from "../../src/engine/merge-status.ts";
import { pinnedSources } from "../../src/engine/pinned-sources.ts";
import { Pipeline } from "../../src/engine/pipeline.ts";
import { planText } from "../../src/engine/plan-text.ts";
import type { JobStatus } from "../../src/engine/status.ts";
import { readSourceFormats, readSourceSettings } from "../../src/engine/table-options.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { DEAD_LETTERS } from "../../src/plan/dead-letters.ts";
import type { TableDefinition } from "../../src/plan/plan.ts";
import type { IdleDecision } from "../../src/watermark/tracker.ts";

export const kernelBytes = readFileSync(new URL("../../build/kernel.wasm", import.meta.url));

/** A writer that waits for room would wait for ever: its reader is on the same thread. */
const RING_BYTES = 64 * 2 ** 20;

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
  /** How many read side by side, in turns on this thread; 1 unless given. */
  readonly workers?: number;
  readonly decided?: (decision: IdleDecision) => void;
  /** Looked at between two polls. */
  readonly watch?: (status: JobStatus, sinks: readonly CollectingSink[]) => void;
}

export async function runSimulated(
  sql: string,
  sourceOf: (table: string, share: Share) => Source,
  world: SimulatedWorld = {},
): Promise<SimulatedRun> {
  const { plan, errors } = planText({ text: sql, settings: {} });
  if (plan === null) throw new Error(errors.map((error) => `${error.code}: ${error.message}`).join("\n"));
  const formatsOf = (table: TableDefinition) =>
    readSourceFormats(table, plan.settings, table.options.connector === DEAD_LETTERS);
  const compiled = compilePlan(plan, formatsOf);
  const sinks = compiled.queries.map(() => new CollectingSink());
  const workers = world.workers ?? 1;
  const memory: ExchangeMemory = {
    board: new SharedArrayBuffer(boardBytes(workers, compiled.sources.length)),
    rings: Array.from({ length: workers - 1 }, () => createRing(RING_BYTES)),
  };
  const pinned = new Set(pinnedSources(compiled).keys());
  const status = (): JobStatus => {
    const [first, ...others] = pipelines.map((pipeline) => pipeline.status());
    return mergeStatus(first as JobStatus, others);
  };
  const pipelineOf = (worker: number): Pipeline => {
    const kernel = loadKernel(kernelBytes);
    kernel.load(compiled.program);
    const exchange = { memory, worker, pinned, sources: compiled.sources.length };
    const schemas = compiled.queries.map(({ query }) => query.root.schema);
    const gives = worker > 0 ? new PartialsOut(exchange) : undefined;
    const takes = worker === 0 && workers > 1 ? new PartialsIn(exchange, schemas) : undefined;
    const share = (source: number): Share => (pinned.has(source) ? WHOLE : { index: worker, of: workers });
    return new Pipeline({
      ...(gives === undefined ? {} : { gives }),
      ...(takes === undefined ? {} : { takes }),
      pinned,
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
      rest: () => Promise.resolve(worker === 0 ? world.watch?.(status(), sinks) : undefined),
      sources: compiled.sources.map(({ table, queries }, index) => ({
        name: table.name,
        source:
          table.options.connector === DEAD_LETTERS
            ? new DeadLetterSource(table.name)
            : sourceOf(table.name, share(index)),
        queries,
        timeColumn: timeColumnOf(table),
        ...readSourceSettings(table, plan.settings),
      })),
      queries: compiled.queries.map(({ query, sources, stages }, index) => ({
        label: query.label,
        sources,
        stages,
        sink: gives?.sinkOf(index) ?? (sinks[index] as CollectingSink),
      })),
    });
  };
  const pipelines: readonly Pipeline[] = Array.from({ length: workers }, (_, worker) => pipelineOf(worker));
  await Promise.all(pipelines.map((pipeline) => pipeline.run()));
  return { sinks, status: status() };
}
