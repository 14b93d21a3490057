/** The demo's script on a bounded stream, from the process's arguments to its printed rows, against the naive oracle. */
import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createClickstream } from "../../src/connectors/datagen/clickstream.ts";
import { type OracleRow, windowOracle } from "../oracle/windows.ts";

const root = join(import.meta.dir, "../..");
const ROWS = 300_000;
const PARTITIONS = 4;
const MINUTE_MS = 60_000;
const LEAST_CLICKS = 1000;

interface PrintedRow {
  readonly window_start: string;
  readonly page: string;
  readonly clicks: number;
  readonly users: number;
  readonly users_approx: number;
}

/** The example with an end, as fast as it goes. */
function boundedDemo(): string {
  const script = readFileSync(join(root, "examples/clickstream.sql"), "utf8");
  const bounded = script.replace(
    "'rows-per-second' = '60000'",
    `'rows-per-second' = '100000000', 'number-of-rows' = '${ROWS}'`,
  );
  expect(bounded).not.toBe(script);
  return bounded;
}

function* demoRows(): Generator<OracleRow> {
  const rows = createClickstream({ seed: 42, eventsPerSecond: 1000 }).rows(ROWS);
  let index = 0;
  for (const { event_timestamp, page, user_id } of rows) {
    const timeMs = Date.parse(`${event_timestamp.replace(" ", "T")}Z`);
    yield { partition: index++ % PARTITIONS, timeMs, key: page, user: BigInt(user_id) };
  }
}

const textOf = (ms: number) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");

test("prints the oracle's rows, in order, and counts the late ones", async () => {
  const running = Bun.spawn([process.execPath, join(root, "src/main.ts"), "run", "-", "--json"], {
    cwd: root,
    stdin: Buffer.from(boundedDemo()),
    stdout: "pipe",
    stderr: "pipe",
  });
  const [out, err, code] = await Promise.all([
    new Response(running.stdout).text(),
    new Response(running.stderr).text(),
    running.exited,
  ]);
  expect([code, err.includes("error")]).toEqual([0, false]);
  const oracle = windowOracle(demoRows(), { kind: "tumbling", sizeMs: MINUTE_MS, offsetMs: 0, delayMs: 5000 });
  const expected = oracle.windows.filter(({ count }) => count >= LEAST_CLICKS);
  expect(expected.length).toBeGreaterThan(20);
  expect(oracle.late).toBeGreaterThan(50);
  const rows = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as PrintedRow);
  expect(rows.map(({ window_start, page, clicks, users }) => [window_start.slice(0, 19), page, clicks, users])).toEqual(
    expected.map(({ windowStart, key, count, users }) => [textOf(windowStart), key as string, count, users.size]),
  );
  // 4,096 registers: standard error 1.6 %, four of them.
  for (const { users, users_approx } of rows) expect(Math.abs(users_approx - users)).toBeLessThan(0.065 * users);
  const { ended } = JSON.parse(err.trim().split("\n").at(-1) as string);
  expect(ended).toMatchObject({ phase: "finished", rows: ROWS, late: oracle.late });
}, 60_000);
