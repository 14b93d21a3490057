/** Runs a plan to see what it costs: its results are thrown away, and after a while it is stopped. */
import { readKernel } from "../engine/assets.ts";
import { HostedJob } from "../engine/hosted-job.ts";
import { emptyStatus, type JobStatus } from "../engine/status.ts";
import type { Plan } from "../plan/plan.ts";

export interface Analyzed {
  readonly status: JobStatus;
  /** After `forMs`, before the end of its input. */
  readonly stopped: boolean;
}

export async function analyzeJob(plan: Plan, forMs: number): Promise<Analyzed> {
  // Where rows would be written nothing is: the main thread takes them, and drops them.
  const queries = plan.queries.map((query) => ({ ...query, target: { kind: "print" } as const }));
  const kernel = await readKernel();
  const ignored = (): void => {};
  const job = new HostedJob({ plan: { ...plan, queries }, kernel, workers: 1, onRows: ignored, onWatermark: ignored });
  const timer = setTimeout(() => job.stop(), forMs);
  try {
    const reason = await job.done;
    return { status: job.status ?? emptyStatus(Date.now()), stopped: reason === "stopped" };
  } finally {
    clearTimeout(timer);
  }
}
