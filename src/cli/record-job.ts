/** `run --record`: what a replay has to give. */

import { EngineError } from "../core/error.ts";
import { compileJob } from "../engine/assemble-job.ts";
import type { Recording } from "../engine/recording.ts";
import type { QueryDigest } from "../engine/result-digest.ts";
import type { JobStatus } from "../engine/status.ts";
import type { Plan } from "../plan/plan.ts";
import { planToJson } from "../plan/plan-json.ts";

/** Of a job that has read its input to the end. */
export function recordingOf(plan: Plan, status: JobStatus, digests: readonly QueryDigest[]): Recording {
  const read = status.sources.filter(({ own }) => !own);
  return {
    plan: new Bun.CryptoHasher("sha256").update(planToJson(plan)).digest("hex"),
    sources: Object.fromEntries(
      read.map(({ name, partitions }) => [name, Object.fromEntries(partitions.map((one) => [one.name, one.position]))]),
    ),
    idleChanges: read.reduce((sum, { idleChangeCount }) => sum + idleChangeCount, 0),
    queries: plan.queries.map(({ label }, index) => ({ label, ...(digests[index] ?? { floating: {}, windows: [] }) })),
  };
}

/** Throws EngineError where the rows depend on when they are read. */
export function refuseClock(plan: Plan): void {
  for (const { query, stages } of compileJob(plan).queries) {
    if (!stages.some(({ clocked }) => clocked)) continue;
    throw new EngineError(`query "${query.label}" has windows of processing time: no run of it repeats another`, {
      domain: "user",
      code: "RECORDING",
      hint: "cut its windows on an event time",
    });
  }
}
