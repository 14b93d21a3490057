/** Plan → running parts: compiles, loads the kernel, makes sources and sinks. Runs on the engine's thread. */
import { settingMs } from "../config/options.ts";
import type { Clock, EncodeRows, Sink } from "../connectors/connector.ts";
import { EngineError } from "../core/error.ts";
import type { RingWriter } from "../core/ring.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Plan, PlannedQuery, TableDefinition } from "../plan/plan.ts";
import { timeColumnOf } from "./bad-rows.ts";
import { compilePlan } from "./compile.ts";
import { createRowEncoder } from "./encode-rows.ts";
import { createExplainer } from "./failing-expression.ts";
import { ForwardSink } from "./forward-sink.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { connectorOf } from "./registry.ts";
import { readSourceFormats, readSourceSettings } from "./table-options.ts";

export interface AssembleInput {
  readonly plan: Plan;
  readonly kernel: Kernel;
  /** Another one, for looking at single records. */
  readonly openKernel: () => Kernel;
  readonly ring: RingWriter;
  readonly clock: Clock;
}

export function assembleJob(
  input: AssembleInput,
): Pick<PipelineParts, "sources" | "queries" | "commitIntervalMs" | "changesIntervalMs" | "explain"> {
  const { plan, kernel, openKernel, ring, clock } = input;
  const { settings } = plan;
  const formatsOf = (table: TableDefinition) =>
    readSourceFormats(table, settings, connectorOf(table).format === "json");
  const compiled = compilePlan(plan, formatsOf);
  kernel.load(compiled.program);
  return {
    explain: createExplainer({ plan, sources: compiled.sources, formatsOf, openKernel }),
    commitIntervalMs: settingMs(settings, "execution.checkpointing.interval"),
    changesIntervalMs: settingMs(settings, "table.exec.mini-batch.allow-latency"),
    sources: compiled.sources.map(({ table, queries }) => ({
      name: table.name,
      source: connectorOf(table).createSource(table, { clock, sleep: Bun.sleepSync }),
      queries,
      timeColumn: timeColumnOf(table),
      ...readSourceSettings(table, settings),
    })),
    queries: compiled.queries.map(({ query, sources, stages }, index) => ({
      label: query.label,
      sources,
      stages,
      sink: createSink(query, { index, ring, clock }),
    })),
  };
}

/** Whether the main thread takes the query's rows: it prints them or serves them as a view. */
function isForwarded(query: PlannedQuery): boolean {
  if (query.target.kind !== "table") return true;
  const { connector } = query.target.table.options;
  return connector === "print" || connector === "view";
}

function createSink(query: PlannedQuery, parts: { index: number; ring: RingWriter; clock: Clock }): Sink {
  if (isForwarded(query) || query.target.kind !== "table")
    return new ForwardSink({ ring: parts.ring, query: parts.index, clock: parts.clock });
  const { table } = query.target;
  return connectorOf(table).createSink(table, {
    clock: parts.clock,
    encode: connectorOf(table).format === "none" ? noBytes : createRowEncoder(table),
  });
}

/** For sinks that take rows as they are. */
const noBytes: EncodeRows = () => {
  throw new EngineError("this sink asks for no bytes", { domain: "internal", code: "BUG" });
};
