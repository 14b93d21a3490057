/** The main jobs: one SQL text over whatever table is read, and what their rows add up to, to compare with a baseline's. */
import { fileURLToPath } from "node:url";
import { benchFolder } from "./data.ts";

const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export const DELAY_SECONDS = 5;

export interface Job {
  /** As the baselines call it. */
  readonly name: "aggregates" | "distinct";
  readonly what: string;
  readonly windowMs: number;
  /** SQL of the window's size and of the columns behind COUNT(*). */
  readonly interval: string;
  readonly columns: string;
  /** Columns of our rows to add up, by the name the baselines give their totals. */
  readonly totals: Readonly<Record<string, string>>;
  readonly bars: { readonly file: string | null; readonly kafka: string | null };
}

export const jobs: readonly Job[] = [
  {
    name: "aggregates",
    what: "1-minute windows by page, 4 aggregates + HLL",
    windowMs: 60_000,
    interval: "INTERVAL '1' MINUTE",
    columns: `SUM(CAST(session_duration AS BIGINT)) AS total, MIN(session_duration) AS low, MAX(session_duration) AS high,
       APPROX_COUNT_DISTINCT(user_id) AS users`,
    totals: { count: "n", sum: "total" },
    bars: { file: "≥ 4 M", kafka: "≥ 700 k" },
  },
  {
    name: "distinct",
    what: "5-minute windows by page, COUNT(*), exact COUNT(DISTINCT user)",
    windowMs: 300_000,
    interval: "INTERVAL '5' MINUTE",
    columns: "COUNT(DISTINCT user_id) AS users",
    totals: { count: "n", users: "users" },
    bars: { file: null, kafka: null },
  },
];

type Answer = Readonly<Record<string, number>>;

export interface Run {
  /** Totals, and the number of rows as `groups`. */
  readonly answer: Answer;
  readonly late: number;
  /** Records read. */
  readonly rows: number;
  /** From the command line's start to its last row. */
  readonly ms: number;
}

export interface How {
  readonly delaySeconds?: number;
  readonly workers?: number;
  /** Jobs that run side by side have scripts of their own. */
  readonly part?: string;
}

/** Runs the job over a table with these options (`'connector' = …`) through the command line. */
export async function runJob(job: Job, options: string, how: How = {}): Promise<Run> {
  const { delaySeconds = DELAY_SECONDS, workers = 1, part = "" } = how;
  const script = `${benchFolder}${job.name}${part}.sql`;
  await Bun.write(
    script,
    `CREATE TABLE clicks (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), session_duration INT,
       WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '${delaySeconds}' SECOND(4))
     WITH (${options});
     SELECT window_start, page, COUNT(*) AS n, ${job.columns}
     FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), ${job.interval}))
     GROUP BY window_start, window_end, page;`,
  );
  const { stdout, stderr } = await millrace(["run", script, "--json", "--workers", String(workers)]);
  const lines = stdout.trim().split("\n");
  const answer: Record<string, number> = { groups: lines.length };
  for (const line of lines) {
    const row = JSON.parse(line) as Record<string, number>;
    for (const [name, column] of Object.entries(job.totals)) answer[name] = (answer[name] ?? 0) + (row[column] ?? 0);
  }
  const last = JSON.parse(stderr.trim().split("\n").at(-1) ?? "{}") as {
    ended: { late: number; rows: number; elapsedMs: number };
  };
  return { answer, late: last.ended.late, rows: last.ended.rows, ms: last.ended.elapsedMs };
}

/** Their totals of the names we have, in our order. */
export function totalsLike(theirs: Answer, like: Answer): Answer {
  return Object.fromEntries(Object.keys(like).map((name) => [name, theirs[name] ?? Number.NaN]));
}

/** The command line, to its end. Throws what it says where it fails. */
export async function millrace(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const child = Bun.spawn([process.execPath, main, ...args], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(stderr);
  return { stdout, stderr };
}
