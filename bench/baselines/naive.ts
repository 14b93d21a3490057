/**
 * Baseline: what one would write by hand in TypeScript. Reads newline-delimited events, JSON.parse, Map and Set, the same
 * per-partition lateness. usage: bun naive.ts FILE WINDOW_MS DELAY_MS → one JSON line { events, ms, digest }
 */
import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";

interface Group {
  count: number;
  sum: number;
  min: number;
  max: number;
  users: Set<number>;
}

const [path, windowText, delayText] = process.argv.slice(2);
if (path === undefined) throw new Error("usage: naive.ts FILE WINDOW_MS DELAY_MS");
const windowMs = Number(windowText ?? 60_000);
const delayMs = Number(delayText ?? 5_000);

const groups = new Map<string, Group>();
let watermark = Number.NEGATIVE_INFINITY;
let events = 0;
let late = 0;
const start = performance.now();
for await (const line of createInterface({ input: createReadStream(path, { highWaterMark: 1 << 20 }) })) {
  const event = JSON.parse(line) as {
    page: string;
    user_id: number;
    event_timestamp: string;
    session_duration: number;
  };
  const time = Date.parse(`${event.event_timestamp.replace(" ", "T")}Z`);
  events++;
  const before = watermark;
  if (time - delayMs > watermark) watermark = time - delayMs;
  const end = time - (time % windowMs) + windowMs;
  if (before >= end - 1) {
    late++;
    continue;
  }
  const key = `${end}|${event.page}`;
  let group = groups.get(key);
  if (group === undefined) {
    group = { count: 0, sum: 0, min: Infinity, max: -Infinity, users: new Set() };
    groups.set(key, group);
  }
  const value = event.session_duration;
  group.count++;
  group.sum += value;
  if (value < group.min) group.min = value;
  if (value > group.max) group.max = value;
  group.users.add(event.user_id);
}
const ms = performance.now() - start;
let count = 0;
let sum = 0;
let users = 0;
for (const group of groups.values()) {
  count += group.count;
  sum += group.sum;
  users += group.users.size;
}
console.log(JSON.stringify({ events, ms, late, groups: groups.size, count, sum, users }));
