/**
 * `bun bench/nexmark.ts [events] [q5,q15,…]`, or `--save`: every Nexmark query from its published text over a file of events, from the
 * command line's start to its last row, beside Flink's published figure a core. The file is generated first and not timed. What does not
 * run is told by its first error. `--save` writes docs/nexmark.md.
 */
import { rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { buildFolder as build, eventFile } from "./nexmark/event-file.ts";
import { queryNames, scriptOf } from "./nexmark/scripts.ts";
import { machine } from "./table.ts";

/** Events a second a core that Flink's own page gives, in thousands. */
const published: Readonly<Record<string, number>> = {
  q5: 74.5,
  q7: 22.9,
  q8: 162,
  q11: 46.1,
  q12: 194,
  q15: 168,
  q16: 45.2,
  q17: 161,
};

const ROUNDS = 3;
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

interface Outcome {
  readonly query: string;
  /** Events a second; null where it does not run. */
  readonly rate: number | null;
  readonly error: string | null;
}

/** Seconds of the best of some runs, or the first error. */
async function time(query: string, path: string): Promise<number | string> {
  const script = `${build}${query}.sql`;
  const output = `${build}out`;
  writeFileSync(script, scriptOf(query, { path, output }));
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    rmSync(output, { recursive: true, force: true });
    const start = performance.now();
    const child = Bun.spawn([process.execPath, main, "run", script], { stdout: "ignore", stderr: "pipe" });
    const told = await new Response(child.stderr).text();
    const seconds = (performance.now() - start) / 1000;
    if ((await child.exited) !== 0) return firstError(told);
    best = Math.min(best, seconds);
  }
  return best;
}

function firstError(told: string): string {
  const line = told.split("\n").find((one) => one.includes("error")) ?? told.split("\n")[0] ?? "";
  return line.replace(/^.*error(\[[A-Z-]+\])?: /, "");
}

function row({ query, rate, error }: Outcome): string {
  const flink = published[query];
  const theirs = flink === undefined ? "" : `${flink} k`;
  if (rate === null) return `| ${query} | – | ${theirs} | | ${error ?? ""} |`;
  const ratio = flink === undefined ? "" : `${(rate / 1000 / flink).toFixed(1)}`;
  return `| ${query} | ${(rate / 1e6).toFixed(2)} M | ${theirs} | ${ratio} | |`;
}

/** Rows of the table of these queries over so many events, printed as they come. */
async function table(events: number, queries: readonly string[]): Promise<string> {
  const path = eventFile(events);
  const lines = ["| query | events/s | Flink, a core | ratio | what it lacks |", "|---|---|---|---|---|"];
  console.log(`${events.toLocaleString("en")} events`);
  for (const query of queries) {
    const result = await time(query, path);
    const failed = typeof result === "string";
    lines.push(row({ query, rate: failed ? null : events / result, error: failed ? result : null }));
    console.log(lines.at(-1));
  }
  return lines.join("\n");
}

const [FEW, MANY] = [2_000_000, 10_000_000];
const given = process.argv.slice(2);
const named = given.find((argument) => argument.startsWith("q"))?.split(",");
if (given.includes("--save")) {
  const page = `# Nexmark

Each query of [Nexmark](https://github.com/nexmark/nexmark) from its published Flink SQL, unchanged but for placeholders (\`bench/nexmark/queries\`), over
generated events in a file of JSON lines: one person, three auctions and 46 bids of fifty. Timed from the command line's start to its last row, best of ${ROUNDS}; the
engine works on one thread beside the one that reads the file's results; the generator is not timed. Flink's figures are the published ones divided by the cores they
ran on, and its generator runs inside of them. \`bun bench/nexmark.ts --save\`, ${new Date().toISOString().slice(0, 10)}, ${machine()}.

## ${FEW.toLocaleString("en")} events

${await table(FEW, queryNames)}

## ${MANY.toLocaleString("en")} events

${await table(MANY, Object.keys(published))}

Exact distinct counts in q15, q16 and q17. What each query gives is held to plain code in \`test/nexmark\`; of the eight with a published figure every row over
10,000,000 events was ([reliability.md](reliability.md)). q7 joins bids with maxima
of windows by conditions on plain times, so it keeps all its bids, as Flink does, and slows down as they grow.
`;
  writeFileSync(fileURLToPath(new URL("../docs/nexmark.md", import.meta.url)), page);
} else {
  const events = Number(given.find((argument) => /^\d+$/.test(argument)) ?? FEW);
  await table(events, named ?? queryNames);
}
