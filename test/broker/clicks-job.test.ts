/**
 * The whole way on a real broker: `produce` writes clicks to eight partitions, `run` reads them with a tumbling window, and the
 * rows and the count of late ones are the naive oracle's. Count by MILLRACE_CLICKS.
 */
import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Broker, brokerAvailable, startBroker } from "../../scripts/kafka/broker.ts";
import { createClickstream } from "../../src/connectors/datagen/clickstream.ts";
import { KafkaAdmin } from "../../src/connectors/kafka/admin.ts";
import { type OracleRow, windowOracle } from "../oracle/windows.ts";

const CLICKS = Number(process.env.MILLRACE_CLICKS ?? 1_000_000);
const PARTITIONS = 8;
const SEED = 7;
const EVENTS_PER_SECOND = 500;
const main = fileURLToPath(new URL("../../src/main.ts", import.meta.url));
/** Standard error of a sketch of 4,096 registers. */
const SKETCH_ERROR = 1.04 / Math.sqrt(4096);

interface ResultRow {
  readonly window_start: string;
  readonly page: string;
  readonly n: number;
  readonly users: number;
  readonly about: number;
}

const available = brokerAvailable();
if (!available.ok) console.log(`skipped: clicks on a real broker (${available.reason})`);

describe.if(available.ok)("clicks on a real broker", () => {
  let broker: Broker;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "millrace-clicks-"));
    broker = await startBroker();
  }, 120_000);

  afterAll(async () => {
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test(`counts ${CLICKS} clicks of ${PARTITIONS} partitions exactly, late ones too`, async () => {
    const topic = "clicks";
    const admin = new KafkaAdmin(broker.bootstrap);
    await admin.createTopic({ name: topic, partitions: PARTITIONS });
    admin.close();
    const produced = await millrace([
      "produce",
      ...["--topic", topic, "--bootstrap-servers", broker.bootstrap],
      ...["--generate", "clickstream", "--count", String(CLICKS), "--partitions", String(PARTITIONS)],
      ...["--seed", String(SEED), "--events-per-second", String(EVENTS_PER_SECOND)],
    ]);
    expect(produced.exitCode).toBe(0);
    const script = join(folder, "job.sql");
    writeFileSync(script, jobSql(topic, broker.bootstrap));
    const expected = oracle();
    // With ten workers two have no partition.
    for (const workers of [1, 3, 10]) {
      const run = await millrace(["run", script, "--json", "--workers", String(workers)]);
      expect({ exitCode: run.exitCode, errors: errorsOf(run.stderr) }).toEqual({ exitCode: 0, errors: [] });
      const rows = run.stdout
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as ResultRow);
      expect(rows.map((row): unknown[] => [row.window_start, row.page, row.n, row.users])).toEqual(expected.rows);
      expect({ workers, late: lateOf(run.stderr) }).toEqual({ workers, late: expected.late });
      for (const row of rows) {
        expect(Math.abs(row.about - row.users)).toBeLessThanOrEqual(1 + 4 * SKETCH_ERROR * row.users);
      }
    }
  }, 600_000);
});

function jobSql(topic: string, bootstrap: string): string {
  return `
    CREATE TABLE clicks (
      user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3),
      WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND
    ) WITH (
      'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${bootstrap}',
      'format' = 'json', 'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'
    );
    SELECT window_start, page, COUNT(*) AS n, COUNT(DISTINCT user_id) AS users, APPROX_COUNT_DISTINCT(user_id) AS about
    FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '5' MINUTE))
    GROUP BY window_start, window_end, page;`;
}

function* oracleRows(): Generator<OracleRow> {
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const stream = createClickstream({
      seed: SEED,
      partitions: PARTITIONS,
      partition,
      eventsPerSecond: EVENTS_PER_SECOND,
    });
    const count = Math.floor((CLICKS - partition + PARTITIONS - 1) / PARTITIONS);
    for (const click of stream.rows(count)) {
      const timeMs = Date.parse(`${click.event_timestamp.replace(" ", "T")}Z`);
      yield { partition, timeMs, key: click.page, user: BigInt(click.user_id) };
    }
  }
}

function oracle(): { readonly rows: unknown[][]; readonly late: number } {
  const { windows, late } = windowOracle(oracleRows(), {
    kind: "tumbling",
    sizeMs: 300_000,
    offsetMs: 0,
    delayMs: 5_000,
  });
  const rows = windows.map((window) => [
    new Date(window.windowStart).toISOString().slice(0, 19).replace("T", " "),
    window.key,
    window.count,
    window.users.size,
  ]);
  return { rows, late };
}

function errorsOf(stderr: string): string[] {
  return stderr.split("\n").filter((line) => line.includes("error"));
}

/** The job's last word on standard error is a line of JSON. */
function lateOf(stderr: string): number {
  const last = stderr.trim().split("\n").at(-1) ?? "";
  const { ended } = JSON.parse(last) as { ended: { late: number } };
  return ended.late;
}

async function millrace(args: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const child = Bun.spawn([process.execPath, main, ...args], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr, exitCode] = await Promise.all([
    new Response(child.stdout).text(),
    new Response(child.stderr).text(),
    child.exited,
  ]);
  return { exitCode, stdout, stderr };
}
