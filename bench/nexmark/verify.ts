/**
 * `bun bench/nexmark/verify.ts [events]`: the eight queries that Flink's page has figures for, run from the command line over a file of
 * events, and their rows, all of them, against plain code over the same events (oracles.ts). Ends with exit code 1 on any difference.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import type { CellValue } from "../../src/core/value.ts";
import { planText } from "../../src/engine/plan-text.ts";
import { parseRecording } from "../../src/engine/recording.ts";
import { divergences } from "../../src/engine/replay.ts";
import { ResultDigest } from "../../src/engine/result-digest.ts";
import { buildFolder, eventFile, SEED } from "./event-file.ts";
import { forEachEvent } from "./events.ts";
import { EventLists, type Oracle, oracles } from "./oracles.ts";
import { scriptOf } from "./scripts.ts";

const queries = ["q5", "q7", "q8", "q11", "q15", "q16", "q17"];
const count = Number(process.argv[2] ?? 10_000_000);
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));

async function run(args: readonly string[]): Promise<string> {
  const child = Bun.spawn([process.execPath, main, "run", ...args], { stdout: "pipe", stderr: "inherit" });
  const out = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new Error(`run ${args.join(" ")} failed`);
  return out;
}

/** What the query gave that plain code does not, or the other way round. */
async function compare(query: string, path: string, events: EventLists): Promise<readonly string[]> {
  const text = scriptOf(query, { path, output: `${buildFolder}out` });
  const [script, file] = [`${buildFolder}${query}.sql`, `${buildFolder}${query}.jsonl`];
  writeFileSync(script, text);
  await run(["--record", file, script]);
  const [recorded] = parseRecording(await Bun.file(file).text(), file).queries;
  const { plan } = planText({ text, settings: {} });
  const schema = plan?.queries[0]?.root.schema;
  if (recorded === undefined || schema === undefined) throw new Error(`${query} has no result`);
  const digest = new ResultDigest();
  const rows = (oracles[query] as Oracle).rows(events);
  for (let at = 0; at < rows.length; at += 10_000) digest.add(batchFromRows(schema, rows.slice(at, at + 10_000)));
  console.log(`${query}: ${rows.length.toLocaleString("en")} rows`);
  return divergences([recorded], [{ label: query, ...digest.digest }]).map(({ window, what }) => `${window} ${what}`);
}

/** q12 is cut by the clock: every bid of a bidder is in one window, whichever. */
async function compareClock(path: string, { bids }: EventLists): Promise<readonly string[]> {
  const text = scriptOf("q12", { path, output: "" }).replace(/'connector' = 'blackhole'/, "'connector' = 'print'");
  writeFileSync(`${buildFolder}q12.sql`, text);
  const counts = new Map<string, number>();
  for (const line of (await run(["--format", "csv", `${buildFolder}q12.sql`])).split("\n")) {
    const [, bidder, n] = /^(\d+),(\d+),/.exec(line) ?? [];
    if (bidder !== undefined) counts.set(bidder, (counts.get(bidder) ?? 0) + Number(n));
  }
  const expected = new Map<string, CellValue>();
  for (const { bidder } of bids) expected.set(String(bidder), Number(expected.get(String(bidder)) ?? 0) + 1);
  console.log(`q12: ${counts.size.toLocaleString("en")} bidders`);
  const other = [...expected].filter(([bidder, n]) => counts.get(bidder) !== n);
  if (other.length === 0 && counts.size === expected.size) return [];
  return [`${other.length} of ${expected.size} bidders have another count: ${JSON.stringify(other[0])}`];
}

const path = eventFile(count);
const events = new EventLists();
forEachEvent(count, SEED, (event) => events.add(event));
let failed = 0;
for (const query of [...queries, "q12"]) {
  const found = query === "q12" ? await compareClock(path, events) : await compare(query, path, events);
  if (found.length > 0) failed++;
  for (const line of found.slice(0, 5)) console.log(`  ${line}`);
}
console.log(
  `${count.toLocaleString("en")} events, seed ${SEED}: ${failed === 0 ? "every row is plain code's" : `${failed} queries differ`}`,
);
process.exitCode = failed === 0 ? 0 : 1;
