/** A process, an engine and a producer that tests hold in their hands: they record what is asked and answer as told. */
import type { CliDependencies } from "../../src/cli/commands.ts";
import type { EnginePort, JobProgress, RunningJob, StartJobOptions } from "../../src/cli/engine-port.ts";
import type { CliIo } from "../../src/cli/io.ts";
import type { ProducedRecords, ProducerPort, ProduceTarget } from "../../src/cli/producer-port.ts";
import { createClickstream } from "../../src/connectors/datagen/clickstream.ts";
import type { EngineError, ExitCode } from "../../src/core/error.ts";

export interface ScriptedIo extends CliIo {
  out: string;
  err: string;
  exits: number[];
  readonly files: Map<string, string>;
  print(to: "out" | "err", piece: string): void;
  interrupt(): void;
  closeOutput(fault?: EngineError): void;
  tick(): void;
}

export function scriptedIo(options: { terminal?: boolean; env?: Record<string, string> } = {}): ScriptedIo {
  const interrupts = new Set<() => void>();
  const closings = new Set<(fault: EngineError | null) => void>();
  const timers = new Set<() => void>();
  let now = Date.UTC(2024, 4, 1);
  const isTerminal = options.terminal ?? false;
  const listen =
    <Act>(set: Set<Act>) =>
    (act: Act) => {
      set.add(act);
      return () => void set.delete(act);
    };
  const text = (path: string) => {
    const found = io.files.get(path);
    if (found === undefined) throw Object.assign(new Error("no such file"), { code: "ENOENT" });
    return found;
  };
  const io: ScriptedIo = {
    out: "",
    err: "",
    exits: [],
    files: new Map(),
    env: options.env ?? {},
    stdout: { isTerminal, columns: 80, write: (piece) => io.print("out", piece) },
    stderr: { isTerminal, columns: 80, write: (piece) => io.print("err", piece) },
    readStdin: async () => text("-"),
    readText: async (path) => text(path),
    async *readBytes(path) {
      const bytes = new TextEncoder().encode(text(path));
      for (let at = 0; at < bytes.length; at += 7) yield bytes.slice(at, at + 7);
    },
    now: () => now,
    async sleep(ms) {
      now += ms;
      await Bun.sleep(0);
    },
    every: (_ms, act) => listen(timers)(act),
    onInterrupt: listen(interrupts),
    onOutputClosed: listen(closings),
    exit: (code) => void io.exits.push(code),
    print(to, piece) {
      io[to] += piece;
    },
    interrupt: () => callAll(interrupts),
    closeOutput(fault) {
      for (const act of closings) act(fault ?? null);
    },
    tick: () => callAll(timers),
  };
  return io;
}

function callAll(acts: Iterable<() => void>): void {
  for (const act of acts) act();
}

export interface ScriptedEngine extends EnginePort {
  started: StartJobOptions[];
  stops: number;
  /** What the job's status says beside `someProgress`. */
  progress: Partial<JobProgress>;
  finish(code: ExitCode): void;
  fail(error: EngineError): void;
}

export const someProgress: JobProgress = {
  phase: "running",
  rows: 1_234_567,
  rowsPerSecond: 98_700,
  late: 12,
  bad: 0,
  idle: 0,
  missed: 0,
  openWindows: 0,
  watermark: Date.UTC(2024, 4, 1, 12),
  lag: 3_200_000,
  views: ["page_counts"],
  url: null,
};

export function scriptedEngine(answers: Partial<EnginePort> = {}): ScriptedEngine {
  const { promise, resolve, reject } = Promise.withResolvers<ExitCode>();
  promise.catch(() => {});
  const job: RunningJob = {
    status: () => ({
      ...someProgress,
      ...engine.progress,
      url: engine.started[0]?.port == null ? null : "http://127.0.0.1:8088",
    }),
    done: promise,
    stop: async () => {
      engine.stops++;
    },
  };
  const engine: ScriptedEngine = {
    started: [],
    stops: 0,
    progress: {},
    finish: resolve,
    fail: reject,
    checkScript: () => ({ errors: [], notices: [], queries: 1 }),
    explainScript: ({ mode }) => `the ${mode}`,
    explainStatements: async () => "",
    verifyReplay: async () => ({ queries: 1, windows: 0, rows: 0, notices: [], divergences: [] }),
    startJob: async (options) => {
      engine.started.push(options);
      return job;
    },
    ...answers,
  };
  return engine;
}

export interface ScriptedProducer extends ProducerPort {
  targets: ProduceTarget[];
  sent: { text: string; partition: number | null }[];
  flushed: number;
  closed: number;
}

export function scriptedProducer(): ScriptedProducer {
  const utf8 = new TextDecoder();
  const producer: ScriptedProducer = {
    targets: [],
    sent: [],
    flushed: 0,
    closed: 0,
    generatorNames: ["clickstream"],
    createGenerator: (name, { seed, partition, partitions }) =>
      name === "clickstream" ? createClickstream({ seed, partition, partitions }) : null,
    openProducer: async (target) => {
      producer.targets.push(target);
      return {
        send: async (records: ProducedRecords, partition) => {
          for (let row = 0; row < records.rows; row++) {
            const text = utf8.decode(records.bytes.subarray(records.offsets[row], records.offsets[row + 1]));
            producer.sent.push({ text, partition });
          }
        },
        flush: async () => void producer.flushed++,
        close: async () => void producer.closed++,
      };
    },
  };
  return producer;
}

export function dependenciesOf(parts: {
  io: ScriptedIo;
  engine?: EnginePort;
  producer?: ProducerPort;
}): CliDependencies {
  return {
    io: parts.io,
    engine: async () => parts.engine ?? scriptedEngine(),
    producer: async () => parts.producer ?? scriptedProducer(),
    renderSpan: ({ fileName, error, span }) =>
      `error[${error.code}]: ${error.message}\n  --> ${fileName}:${span.start}\n`,
    demoScript: async () => "SELECT 1",
    version: "1.2.3",
  };
}
