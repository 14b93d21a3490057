/** Runs a plan to see what it does: its results are thrown away. */
import { readKernel } from "../engine/assets.ts";
import { HostedJob } from "../engine/hosted-job.ts";
import type { QueryDigest } from "../engine/result-digest.ts";
import { emptyStatus, type JobStatus } from "../engine/status.ts";
import type { Plan } from "../plan/plan.ts";

export interface Trial {
  readonly status: JobStatus;
  /** After `forMs`, before the end of its input. */
  readonly stopped: boolean;
  /** By query, if they were asked for. */
  readonly digests: readonly QueryDigest[];
}

interface TrialOptions {
  readonly workers: number;
  /** How long it runs at most; null = to its end. */
  readonly forMs: number | null;
  readonly recorded: boolean;
}

export async function runTrial(plan: Plan, { workers, forMs, recorded }: TrialOptions): Promise<Trial> {
  // Where rows would be written nothing is: the main thread takes them, and drops them.
  const queries = plan.queries.map((query) => ({ ...query, target: { kind: "print" } as const }));
  const ignored = (): void => {};
  const job = new HostedJob({
    plan: { ...plan, queries },
    kernel: await readKernel(),
    workers,
    recorded,
    onRows: ignored,
    onWatermark: ignored,
  });
  const timer = forMs === null ? undefined : setTimeout(() => job.stop(), forMs);
  try {
    const reason = await job.done;
    return { status: job.status ?? emptyStatus(Date.now()), stopped: reason === "stopped", digests: job.digests };
  } finally {
    clearTimeout(timer);
  }
}
