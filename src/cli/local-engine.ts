/**
 * The engine and the server joined for one process: what `main.ts` hands to the commands. Plans here, runs the job on its own
 * thread, serves its views, and reports what the command line shows.
 */

import { EngineError, ExitCode } from "../core/error.ts";
import { compileJob } from "../engine/assemble-job.ts";
import { readKernel } from "../engine/assets.ts";
import { HostedJob } from "../engine/hosted-job.ts";
import { createOutputs, type Outputs } from "../engine/outputs.ts";
import { pinnedSources } from "../engine/pinned-sources.ts";
import { checkSettings, planText, scriptError } from "../engine/plan-text.ts";
import { parseRecording, recordingText } from "../engine/recording.ts";
import { divergences, replayNotices } from "../engine/replay.ts";
import { encodeArrowRows, encodeCsvRows, MetricRegistry } from "../engine/served.ts";
import { emptyStatus, type JobStatus } from "../engine/status.ts";
import { explainPlan } from "../plan/explain.ts";
import type { Plan } from "../plan/plan.ts";
import { planToPublicJson } from "../plan/plan-json.ts";
import type { ExplainedStatement } from "../plan/plan-script.ts";
import { createServer } from "../server/app.ts";
import type { JobInfo, ServerParts } from "../server/parts.ts";
import { type Listening, serve } from "../server/serve.ts";
import type {
  EnginePort,
  JobProgress,
  ReplayOptions,
  ReplayReport,
  RunningJob,
  Script,
  StartJobOptions,
} from "./engine-port.ts";
import { explainAnalyze } from "./explain-analyze.ts";
import { explainWatermarks } from "./explain-watermarks.ts";
import { progressOf, RateMeter } from "./job-progress.ts";
import { recordingOf, refuseClock } from "./record-job.ts";
import { runTrial } from "./trial-job.ts";

export function createLocalEngine(version: string): EnginePort {
  return {
    checkScript(script) {
      const given = checkSettings(script.settings);
      const { plan, errors, notices, explained } = planText(script);
      const unshared = plan === null || (script.workers ?? 1) === 1 ? [] : oneWorkerNotices(plan);
      return {
        errors: [...given.errors, ...errors.map(scriptError)],
        notices: [...given.notices, ...notices, ...unshared],
        queries: plan?.queries.length ?? 0,
        explained: explained.length,
      };
    },
    async explainScript(script) {
      const { plan, explained } = planned(script);
      const own = plan.queries.length === 0 ? [] : [{ mode: script.mode, plan }];
      return explainAll([...own, ...explained], script.forMs);
    },
    explainStatements: (script) => explainAll(planned(script).explained, script.forMs),
    verifyReplay,
    startJob: (options) => startJob(options, version),
  };
}

/** Tables that more workers than one do not make faster. */
function oneWorkerNotices(plan: Plan): string[] {
  const compiled = compileJob(plan);
  return [...pinnedSources(compiled)].map(
    ([source, reason]) => `table "${compiled.sources[source]?.table.name}" is read by one worker: ${reason}`,
  );
}

async function explainAll(statements: readonly ExplainedStatement[], forMs: number): Promise<string> {
  const texts: string[] = [];
  for (const { mode, plan } of statements) {
    if (mode === "plan") texts.push(explainPlan(plan));
    else if (mode === "watermark") texts.push(explainWatermarks(plan));
    else {
      const { status, stopped } = await runTrial(plan, { workers: 1, forMs, recorded: false });
      texts.push(explainAnalyze(status, stopped));
    }
  }
  return texts.join("\n");
}

function planOf(script: Script): Plan {
  return planned(script).plan;
}

function planned(script: Script): { readonly plan: Plan; readonly explained: readonly ExplainedStatement[] } {
  const [refused] = checkSettings(script.settings).errors;
  if (refused !== undefined) throw refused;
  const { plan, errors, explained } = planText(script);
  if (plan !== null) return { plan, explained };
  const [first] = errors;
  throw first === undefined
    ? new EngineError("the script gives no plan", { domain: "internal", code: "BUG" })
    : scriptError(first);
}

async function verifyReplay({ recording, workers, ...script }: ReplayOptions): Promise<ReplayReport> {
  const recorded = parseRecording(recording.text, recording.fileName);
  const plan = planOf(script);
  refuseClock(plan);
  const { status, digests } = await runTrial(plan, { workers, forMs: null, recorded: true });
  const replayed = recordingOf(plan, status, digests);
  const windows = replayed.queries.flatMap((query) => query.windows);
  return {
    queries: plan.queries.length,
    windows: windows.length,
    rows: windows.reduce((sum, { rows }) => sum + rows, 0),
    notices: replayNotices(recorded, replayed),
    divergences: divergences(recorded.queries, replayed.queries),
  };
}

async function startJob(options: StartJobOptions, version: string): Promise<RunningJob> {
  refuseUnsupported(options);
  const plan = planOf(options);
  if (plan.queries.length === 0) {
    throw new EngineError("the script has no query to run", {
      domain: "user",
      code: "NO-QUERY",
      hint: "add a SELECT or an INSERT INTO",
    });
  }
  const kernel = await readKernel();
  const outputs = createOutputs(plan, printOutput(options));
  const stays = options.port !== null && !options.untilEnd;
  const serving = (hosted: LocalJob) =>
    options.port === null ? null : listen(options, { hosted, outputs, plan, version });
  const { workers, record } = options;
  if (record !== null) refuseClock(plan);
  return new LocalJob({ plan, kernel, workers: workers ?? 1, outputs, stays, serving, record });
}

/** Flags whose work this release does not do; taking them in silence would promise something. */
function refuseUnsupported(options: StartJobOptions): void {
  if (options.stateDir !== null) throw notYet("--state", "state is kept in memory only; leave the flag out");
}

function notYet(flag: string, hint: string): EngineError {
  return new EngineError(`"${flag}" is not part of this release`, {
    domain: "user",
    code: "UNSUPPORTED-FLAG",
    exitCode: ExitCode.usage,
    hint,
  });
}

function printOutput({ format, out }: StartJobOptions) {
  return {
    form: format,
    write: (text: string) => out.write(text),
    writeError: (text: string) => void process.stderr.write(text),
    style: () => ({ columns: out.columns, color: out.color }),
  };
}

interface Served {
  readonly hosted: LocalJob;
  readonly outputs: Outputs;
  readonly plan: Plan;
  readonly version: string;
}

function listen(options: StartJobOptions, { hosted, outputs, plan, version }: Served): Listening {
  const id = "1";
  const info = (): JobInfo => ({
    id,
    name: plan.settings["pipeline.name"] ?? options.fileName,
    status: hosted.jobStatus(),
    error: hosted.failure && {
      code: hosted.failure.code,
      message: hosted.failure.message,
      hint: hosted.failure.hint ?? null,
    },
    plan: planToPublicJson(plan),
  });
  const parts: ServerParts = {
    views: { list: () => [...outputs.views.values()], get: (name) => outputs.views.get(name) },
    jobs: {
      list: () => [info()],
      get: (wanted) => (wanted === id ? info() : undefined),
      stop: () => hosted.requestStop(),
    },
    metrics: new MetricRegistry(),
    formats: { csv: encodeCsvRows, arrow: encodeArrowRows },
    clock: { now: () => Date.now() },
    notReady: () => (hosted.jobStatus().phase === "starting" ? "the job is starting" : null),
    version,
    host: options.host,
    allowedHosts: options.allowedHosts,
    instance: crypto.randomUUID(),
  };
  return serve({ app: createServer(parts), host: options.host, port: options.port ?? 0 });
}

class LocalJob implements RunningJob {
  readonly done: Promise<ExitCode>;
  failure: EngineError | null = null;
  readonly #hosted: HostedJob;
  readonly #outputs: Outputs;
  readonly #rate = new RateMeter();
  readonly #stays: boolean;
  readonly #stopped = Promise.withResolvers<void>();
  readonly #listening: Listening | null;

  /**
   * `stays`: goes on answering HTTP when a bounded input is used up, until it is stopped. `serving` is called before anything
   * is read or written, so that a port that is taken leaves no trace.
   */
  constructor(input: {
    readonly plan: Plan;
    readonly kernel: Uint8Array;
    readonly workers: number;
    readonly outputs: Outputs;
    readonly stays: boolean;
    readonly serving: (job: LocalJob) => Listening | null;
    readonly record: string | null;
  }) {
    this.#outputs = input.outputs;
    this.#stays = input.stays;
    this.#listening = input.serving(this);
    const { plan, kernel, workers, record } = input;
    this.#hosted = new HostedJob({ plan, kernel, workers, recorded: record !== null, ...input.outputs });
    this.done = this.#finish(record === null ? null : (reason) => this.#record(plan, record, reason));
    this.done.catch(() => {});
  }

  jobStatus(): JobStatus {
    return this.#hosted.status ?? emptyStatus(Date.now());
  }

  status(): JobProgress {
    const status = this.jobStatus();
    return progressOf(status, {
      rowsPerSecond: this.#rate.observe(status),
      views: [...this.#outputs.views.keys()],
      url: this.#listening?.url ?? null,
    });
  }

  /** Does not wait for the end: who asks over HTTP has the answer before the server is gone. */
  requestStop(): Promise<void> {
    this.#stopped.resolve();
    this.#hosted.stop();
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    await this.requestStop();
    await this.done;
  }

  async #record(plan: Plan, path: string, reason: "finished" | "stopped"): Promise<void> {
    if (reason === "stopped") {
      const message = `the job was stopped before the end of its input: "${path}" is not written`;
      throw new EngineError(message, { domain: "user", code: "RECORDING", hint: "record a run over a bounded input" });
    }
    await Bun.write(path, recordingText(recordingOf(plan, this.jobStatus(), this.#hosted.digests)));
  }

  async #finish(record: ((reason: "finished" | "stopped") => Promise<void>) | null): Promise<ExitCode> {
    try {
      const reason = await this.#hosted.done;
      if (reason === "finished") await this.#outputs.close();
      await record?.(reason);
      if (this.#stays) await this.#stopped.promise;
      return ExitCode.ok;
    } catch (error) {
      this.failure = error instanceof EngineError ? error : null;
      throw error;
    } finally {
      await this.#listening?.stop();
    }
  }
}
