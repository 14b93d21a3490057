/**
 * Baseline: what one would write by hand in TypeScript, reading newline-delimited events.
 * usage: bun naive.ts FILE WINDOW_MS DELAY_MS → one JSON line { events, ms, late, groups, count, sum, users }
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { NaiveJob } from "./naive-job.ts";

const [path, windowText, delayText] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: naive.ts FILE WINDOW_MS DELAY_MS");
const job = new NaiveJob(Number(windowText ?? 60_000), Number(delayText ?? 5_000));
const start = performance.now();
for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) }))
  job.add(line, 0);
console.log(JSON.stringify(job.totals(performance.now() - start)));
