/**
 * The engine's thread: one kernel instance, its sources and sinks, one pipeline. The main thread keeps HTTP, views and the
 * terminal, so it answers while this one runs flat out.
 */
import type { Clock } from "../connectors/connector.ts";
import { RingWriter } from "../core/ring.ts";
import { loadKernel } from "../kernel/load.ts";
import { runSelfTest } from "../kernel/self-test.ts";
import { planFromJson } from "../plan/plan-json.ts";
import { assembleJob } from "./assemble-job.ts";
import { type FromEngine, type StartMessage, type ToEngine, toPlainError } from "./messages.ts";
import { Pipeline } from "./pipeline.ts";

declare const self: Worker;

const STATUS_EVERY_MS = 200;
/** Enough for the compiler's last tier to have taken over: a miscompiled kernel is found before the first row. */
const SELF_TEST_ROUNDS = 60;
const clock: Clock = { now: () => Date.now() };
let pipeline: Pipeline | null = null;
let stopBeforeStart = false;

function post(message: FromEngine): void {
  self.postMessage(message);
}

self.onmessage = (event: MessageEvent<ToEngine>): void => {
  if (event.data.kind === "stop") {
    if (pipeline === null) stopBeforeStart = true;
    else pipeline.requestStop();
    return;
  }
  void start(event.data);
};

async function start(message: StartMessage): Promise<void> {
  const ring = message.ring && new RingWriter(message.ring);
  try {
    const plan = planFromJson(message.plan);
    const openKernel = () => loadKernel(message.kernel, { seed: randomSeed() });
    const kernel = loadKernel(message.kernel, { seed: randomSeed(), now: () => performance.now() });
    runSelfTest(kernel, SELF_TEST_ROUNDS);
    const { workers, recorded } = message;
    const { digests, ...parts } = assembleJob({ plan, kernel, openKernel, ring, clock, workers, recorded });
    const running = new Pipeline({ ...parts, kernel, clock, rest });
    pipeline = running;
    if (stopBeforeStart) running.requestStop();
    const timer = setInterval(() => post({ kind: "status", status: running.status() }), STATUS_EVERY_MS);
    try {
      const reason = await running.run();
      ring?.close();
      post({ kind: "ended", reason, status: running.status(), digests: digests.map(({ digest }) => digest) });
    } finally {
      clearInterval(timer);
    }
  } catch (error) {
    ring?.close();
    post({ kind: "failed", error: toPlainError(error) });
  }
}

/** Of the key hash: crafted keys must not be able to collide. No result depends on it. */
function randomSeed(): bigint {
  return crypto.getRandomValues(new BigInt64Array(1))[0] ?? 0n;
}

/** 0 = only let messages and timers have their turn. */
function rest(ms: number): Promise<void> {
  return ms === 0 ? new Promise((resolve) => setImmediate(resolve)) : Bun.sleep(ms);
}
