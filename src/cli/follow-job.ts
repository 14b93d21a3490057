/**
 * Stays with a running job to its end: draws the status line, stops it in good order on the first interrupt and leaves at once on
 * the second.
 */
import type { EngineError, ExitCode } from "../core/error.ts";
import type { JobProgress, RunningJob } from "./engine-port.ts";
import type { CliIo } from "./io.ts";
import { formatProgress, progressTexts, type StatusLine } from "./status-line.ts";

const DRAW_EVERY_MS = 250;
/** What a shell reports for a process that Ctrl-C ended. */
const INTERRUPTED = 130;

export interface FollowInput {
  readonly io: CliIo;
  readonly job: RunningJob;
  readonly line: StatusLine;
  /** Called once interrupts are heard: what it prints may make somebody send one. */
  readonly begin: () => void;
}

export interface FollowedJob {
  readonly code: ExitCode;
  /** Nobody reads standard output any more. */
  readonly unread: boolean;
}

/** Rejects with what ended the job. */
export async function followJob({ io, job, line, begin }: FollowInput): Promise<FollowedJob> {
  let interrupts = 0;
  let unread = false;
  let fault: EngineError | null = null;
  const stop = () => {
    job.stop().catch(() => {
      // What went wrong while stopping is what `done` rejects with.
    });
  };
  const release = [
    io.every(DRAW_EVERY_MS, () => line.draw(progressTexts(job.status()))),
    io.onOutputClosed((reason) => {
      unread = true;
      fault ??= reason;
      stop();
    }),
    io.onInterrupt(() => {
      interrupts++;
      if (interrupts > 1) return io.exit(INTERRUPTED);
      line.print(() => io.stderr.isTerminal && io.stderr.write("stopping; Ctrl-C again to leave at once\n"));
      stop();
    }),
  ];
  try {
    begin();
    const code = await job.done;
    if (fault !== null) throw fault;
    return { code, unread };
  } finally {
    for (const undo of release) undo();
    line.clear();
  }
}

/** The last word on a terminal: what was read and how fast. */
export function formatSummary(progress: JobProgress, elapsedMs: number): string {
  const seconds = elapsedMs / 1000;
  const rate = progress.rows / Math.max(seconds, 0.001);
  return `${progress.phase} after ${seconds.toFixed(1)} s: ${formatProgress({ ...progress, rowsPerSecond: rate, lag: null })}\n`;
}
