/** Whole jobs from a file: the command line against the naive program and DuckDB, same input, same answer. */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { runScript } from "./baseline.ts";
import { benchFolder, clickFile } from "./data.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const EVENTS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000) * 4;
const NAIVE_EVENTS = EVENTS / 8;
const DELAY_SECONDS = 5;
/** With this much delay no row of the data set is late, as none is for a program that sees the whole file. */
const NO_LATE_SECONDS = 3600;
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

/** One job: its SQL, what its rows add up to, and the same of each baseline's answer. */
interface Job {
  readonly name: string;
  readonly what: string;
  readonly windowMs: number;
  readonly interval: string;
  readonly columns: string;
  /** Columns of our rows to add up, by the name the baselines give their totals. */
  readonly totals: Readonly<Record<string, string>>;
  readonly bar: string | null;
}

const jobs: readonly Job[] = [
  {
    name: "aggregates",
    what: "1-minute windows by page, 4 aggregates + HLL, full validation",
    windowMs: 60_000,
    interval: "INTERVAL '1' MINUTE",
    columns: `SUM(CAST(session_duration AS BIGINT)) AS total, MIN(session_duration) AS low, MAX(session_duration) AS high,
       APPROX_COUNT_DISTINCT(user_id) AS users`,
    totals: { count: "n", sum: "total" },
    bar: "≥ 4 M",
  },
  {
    name: "distinct",
    what: "5-minute windows by page, COUNT(*) and exact COUNT(DISTINCT user_id), full validation",
    windowMs: 300_000,
    interval: "INTERVAL '5' MINUTE",
    columns: "COUNT(DISTINCT user_id) AS users",
    totals: { count: "n", users: "users" },
    bar: null,
  },
];

type Answer = Readonly<Record<string, number>>;

interface Run {
  readonly answer: Answer;
  readonly late: number;
  readonly ms: number;
}

function jobSql(job: Job, path: string, delaySeconds: number): string {
  return `CREATE TABLE clicks (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), session_duration INT,
       WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '${delaySeconds}' SECOND(4))
     WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json');
     SELECT window_start, page, COUNT(*) AS n, ${job.columns}
     FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), ${job.interval}))
     GROUP BY window_start, window_end, page;`;
}

async function ours(job: Job, path: string, delaySeconds = DELAY_SECONDS): Promise<Run> {
  const script = `${benchFolder}file-${job.name}.sql`;
  writeFileSync(script, jobSql(job, path, delaySeconds));
  const child = Bun.spawn([process.execPath, main, "run", script, "--json"], { stdout: "pipe", stderr: "pipe" });
  const [rows, log] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(log);
  const lines = rows.trim().split("\n");
  const answer: Record<string, number> = { groups: lines.length };
  for (const line of lines) {
    const row = JSON.parse(line) as Record<string, number>;
    for (const [name, column] of Object.entries(job.totals)) answer[name] = (answer[name] ?? 0) + (row[column] ?? 0);
  }
  const { ended } = JSON.parse(log.trim().split("\n").at(-1) ?? "{}") as { ended: { late: number; elapsedMs: number } };
  return { answer, ms: ended.elapsedMs, late: ended.late };
}

/** The totals that both answer, in our order. */
function pick(answer: Answer, like: Answer): Answer {
  return Object.fromEntries(Object.keys(like).map((name) => [name, answer[name] ?? Number.NaN]));
}

async function bestOf<T extends { readonly ms?: number }>(run: () => Promise<T>): Promise<T> {
  const runs = [await run(), await run(), await run()];
  return runs.reduce((best, next) => ((next.ms ?? 0) < (best.ms ?? 0) ? next : best));
}

async function benchJob(job: Job, result: BenchTable): Promise<void> {
  const small = clickFile(NAIVE_EVENTS);
  const naive = await runScript("naive", [small, String(job.windowMs), String(DELAY_SECONDS * 1000)]);
  const check = await ours(job, small);
  sameAnswer("naive and ours", { ...check.answer, late: check.late }, pick(naive, { ...check.answer, late: 0 }));
  const path = clickFile(EVENTS);
  // Each gets three tries and its best counts: the first of either reads a file that may not be in the page cache.
  const run = await bestOf(() => ours(job, path));
  const duckdb = await bestOf(() => runScript("duckdb", [path, String(job.windowMs), "1", job.name]));
  sameAnswer("DuckDB and ours with late rows", (run.answer.count ?? 0) + run.late, duckdb.count);
  const whole = await ours(job, path, NO_LATE_SECONDS);
  sameAnswer(
    "DuckDB and ours, none late",
    { ...whole.answer, late: whole.late },
    { ...pick(duckdb, whole.answer), late: 0 },
  );
  const row = { what: job.what, unit: "M events/s", ours: EVENTS / run.ms / 1000, bar: job.bar };
  const slow = NAIVE_EVENTS / (naive.ms ?? 0) / 1000;
  result.rate({ ...row, theirs: slow, beside: "plain TypeScript" });
  result.rate({ ...row, theirs: EVENTS / (duckdb.ms ?? 0) / 1000, beside: "DuckDB, one thread" });
}

export async function benchFile(): Promise<BenchTable> {
  const result = new BenchTable("Main job from a file: command line to last row");
  for (const job of jobs) await benchJob(job, result);
  return result;
}
