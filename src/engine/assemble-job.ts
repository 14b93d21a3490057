/** Plan → running parts: compiles, loads the kernel, makes sources and sinks. Runs on the engine's thread. */
import { settingMs } from "../config/options.ts";
import { type Clock, type EncodeRows, type Sink, WHOLE } from "../connectors/connector.ts";
import { assert, EngineError } from "../core/error.ts";
import type { RingWriter } from "../core/ring.ts";
import type { Kernel } from "../kernel/kernel.ts";
import type { Plan, PlannedQuery, TableDefinition } from "../plan/plan.ts";
import { timeColumnOf } from "./bad-rows.ts";
import { type CompiledJob, compilePlan } from "./compile.ts";
import type { SourceFormats } from "./compile-source.ts";
import { createRowEncoder } from "./encode-rows.ts";
import { type ExchangeMemory, PartialsIn, PartialsOut } from "./exchange.ts";
import { createExplainer } from "./failing-expression.ts";
import { ForwardSink } from "./forward-sink.ts";
import { pinnedSources } from "./pinned-sources.ts";
import type { PipelineParts } from "./pipeline-parts.ts";
import { connectorOf } from "./registry.ts";
import { digesting, ResultDigest } from "./result-digest.ts";
import { readSourceFormats, readSourceSettings } from "./table-options.ts";

/** A plan compiled as a job reads it. Pure. */
export function compileJob(plan: Plan, options: { readonly changes?: "both" } = {}): CompiledJob {
  return compilePlan(plan, formatsFor(plan), options);
}

function formatsFor({ settings }: Plan): (table: TableDefinition) => SourceFormats {
  return (table) => readSourceFormats(table, settings, connectorOf(table).format === "json");
}

export interface AssembleInput {
  readonly plan: Plan;
  readonly kernel: Kernel;
  /** Another one, for looking at single records. */
  readonly openKernel: () => Kernel;
  /** Results for the main thread; null in a worker that is not the first. */
  readonly ring: RingWriter | null;
  readonly clock: Clock;
  readonly workers: WorkerPlace | null;
  /** Whether digests of results are taken. */
  readonly recorded?: boolean;
}

/** Where a worker stands among those of its job. */
export interface WorkerPlace {
  readonly worker: number;
  readonly memory: ExchangeMemory;
}

type Parts =
  | "sources"
  | "queries"
  | "commitIntervalMs"
  | "changesIntervalMs"
  | "explain"
  | "gives"
  | "takes"
  | "pinned";

export function assembleJob(
  input: AssembleInput,
): Pick<PipelineParts, Parts> & { readonly digests: readonly ResultDigest[] } {
  const { plan, kernel, openKernel, ring, clock, workers, recorded = false } = input;
  const { settings } = plan;
  // What rows were is told, too: those that are taken back must leave no trace in a digest.
  const compiled = compileJob(plan, recorded ? { changes: "both" } : {});
  const digests = recorded ? compiled.queries.map(() => new ResultDigest()) : [];
  kernel.load(compiled.program);
  const exchange = workers && exchangeOf(compiled, workers);
  const share = workers === null ? WHOLE : { index: workers.worker, of: workers.memory.rings.length + 1 };
  const sinkOf = (query: PlannedQuery, index: number): Sink => {
    if (exchange?.gives !== undefined) return exchange.gives.sinkOf(index);
    const sink = createSink(query, { index, ring, clock });
    const digest = digests[index];
    return digest === undefined ? sink : digesting(sink, digest);
  };
  return {
    ...exchange,
    digests,
    explain: createExplainer({ plan, sources: compiled.sources, formatsOf: formatsFor(plan), openKernel }),
    commitIntervalMs: settingMs(settings, "execution.checkpointing.interval"),
    changesIntervalMs: settingMs(settings, "table.exec.mini-batch.allow-latency"),
    sources: compiled.sources.map(({ table, queries }, index) => ({
      name: table.name,
      source: connectorOf(table).createSource(table, {
        clock,
        sleep: Bun.sleepSync,
        share: exchange?.pinned.has(index) === true ? WHOLE : share,
      }),
      queries,
      timeColumn: timeColumnOf(table),
      ...readSourceSettings(table, settings),
    })),
    queries: compiled.queries.map(({ query, sources, stages }, index) => ({
      label: query.label,
      sources,
      stages,
      sink: sinkOf(query, index),
    })),
  };
}

function exchangeOf(compiled: CompiledJob, { worker, memory }: WorkerPlace) {
  const pinned: ReadonlySet<number> = new Set(pinnedSources(compiled).keys());
  const input = { memory, worker, pinned, sources: compiled.sources.length };
  if (worker > 0) return { pinned, gives: new PartialsOut(input) };
  const schemas = compiled.queries.map(({ query }) => query.root.schema);
  return { pinned, takes: new PartialsIn(input, schemas) };
}

/** Whether the main thread takes the query's rows: it prints them or serves them as a view. */
function isForwarded(query: PlannedQuery): boolean {
  if (query.target.kind !== "table") return true;
  const { connector } = query.target.table.options;
  return connector === "print" || connector === "view";
}

function createSink(query: PlannedQuery, parts: { index: number; ring: RingWriter | null; clock: Clock }): Sink {
  if (isForwarded(query) || query.target.kind !== "table") {
    assert(parts.ring !== null, "who gives results has a ring for them");
    return new ForwardSink({ ring: parts.ring, query: parts.index, clock: parts.clock });
  }
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
