/** The main jobs end to end from a file: the command line against the naive program and DuckDB, same input, same answer. */
import { runScript } from "./baseline.ts";
import { clickFile } from "./data.ts";
import { DELAY_SECONDS, type Job, jobs, type Run, runJob, totalsLike } from "./jobs.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const EVENTS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000) * 4;
const NAIVE_EVENTS = EVENTS / 8;
/** With this much delay no row of the data set is late, as none is for a program that sees the whole file. */
const NO_LATE_SECONDS = 3600;

function ours(job: Job, path: string, delaySeconds?: number): Promise<Run> {
  const options = `'connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'`;
  return runJob(job, options, delaySeconds === undefined ? {} : { delaySeconds });
}

async function bestOf<T extends { readonly ms?: number }>(run: () => Promise<T>): Promise<T> {
  const runs = [await run(), await run(), await run()];
  return runs.reduce((best, next) => ((next.ms ?? 0) < (best.ms ?? 0) ? next : best));
}

async function benchJob(job: Job, result: BenchTable): Promise<void> {
  const small = clickFile(NAIVE_EVENTS);
  const naive = await runScript("naive", [small, String(job.windowMs), String(DELAY_SECONDS * 1000)]);
  const check = await ours(job, small);
  const answer = { ...check.answer, late: check.late };
  sameAnswer("naive and ours", answer, totalsLike(naive, answer));
  const path = clickFile(EVENTS);
  // Each gets three tries and its best counts: the first of either reads a file that may not be in the page cache.
  const run = await bestOf(() => ours(job, path));
  const duckdb = await bestOf(() => runScript("duckdb", [path, String(job.windowMs), "1", job.name]));
  sameAnswer("DuckDB and ours with late rows", (run.answer.count ?? 0) + run.late, duckdb.count);
  const whole = await ours(job, path, NO_LATE_SECONDS);
  sameAnswer("late rows with an hour's delay", whole.late, 0);
  sameAnswer("DuckDB and ours, none late", whole.answer, totalsLike(duckdb, whole.answer));
  const row = { what: job.what, unit: "M events/s", ours: EVENTS / run.ms / 1000, bar: job.bars.file };
  result.rate({ ...row, theirs: NAIVE_EVENTS / (naive.ms ?? 0) / 1000, beside: "plain TypeScript" });
  result.rate({ ...row, theirs: EVENTS / (duckdb.ms ?? 0) / 1000, beside: "DuckDB, one thread" });
}

export async function benchFile(): Promise<BenchTable> {
  const result = new BenchTable("Main jobs from a file, full validation: command line to last row");
  for (const job of jobs) await benchJob(job, result);
  return result;
}
