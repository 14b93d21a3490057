/**
 * One worker and two over the same files, the main job from the command line's start to its last row; and what the machine has to
 * give: two jobs side by side, each with half of the files. The files are one, linked under several names.
 */
import { linkSync, mkdirSync, rmSync } from "node:fs";
import { benchFolder, clickFile } from "./data.ts";
import { type Job, jobs, type Run, runJob } from "./jobs.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const EVENTS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000);
const FILES = 32;
const ROUNDS = 3;

/** A folder of files `first`, `first + step`, …. */
function filesOf(name: string, first: number, step: number): string {
  const folder = `${benchFolder}workers-${name}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (let file = first; file < FILES; file += step) linkSync(clickFile(EVENTS), `${folder}/part-${file}.json`);
  return `'connector' = 'filesystem', 'path' = '${folder}', 'format' = 'json'`;
}

async function best(run: () => Promise<number>): Promise<number> {
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) least = Math.min(least, await run());
  return least;
}

export async function benchWorkers(): Promise<BenchTable> {
  const result = new BenchTable("Workers: the main jobs over 32 files, one worker, two, and two jobs apart");
  const [all, even, odd] = [filesOf("all", 0, 1), filesOf("even", 0, 2), filesOf("odd", 1, 2)] as const;
  for (const job of jobs) {
    const answers: Run[] = [];
    const timed = async (workers: number): Promise<number> => {
      const run = await runJob(job, all, { workers });
      answers.push(run);
      return run.ms;
    };
    const one = await best(() => timed(1));
    const two = await best(() => timed(2));
    const apart = await best(async () => Math.max(...(await both(job, even, odd)).map(({ ms }) => ms)));
    for (const { answer, late } of answers)
      sameAnswer("workers", [answer, late], [answers[0]?.answer, answers[0]?.late]);
    const row = { what: job.what, unit: "M events/s", bar: null };
    const rate = (ms: number): number => (EVENTS * FILES) / ms / 1000;
    result.rate({ ...row, ours: rate(two), theirs: rate(one), beside: "two workers beside one" });
    result.rate({
      ...row,
      ours: rate(two),
      theirs: rate(apart),
      beside: "two workers beside two jobs, half the files each",
    });
  }
  return result;
}

function both(job: Job, even: string, odd: string): Promise<Run[]> {
  return Promise.all([runJob(job, even, { part: "even" }), runJob(job, odd, { part: "odd" })]);
}
