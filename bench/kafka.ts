/**
 * The main job from a real broker on the same two cores: clicks in eight partitions, read from the first to the last offset.
 * Time counts from the command line's start to its last row. Left out, with one line why, where no broker can be had.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brokerAvailable, startBroker } from "../scripts/kafka/broker.ts";
import { KafkaAdmin } from "../src/connectors/kafka/admin.ts";
import { benchFolder } from "./data.ts";
import { benchDrain } from "./drain.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const CLICKS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000) * 3;
const PARTITIONS = 8;
const TOPIC = "clicks";
const main = fileURLToPath(new URL("../src/main.ts", import.meta.url));

export async function benchKafka(): Promise<BenchTable> {
  const result = new BenchTable("Main job from Kafka, broker beside it on the same cores");
  const available = brokerAvailable();
  if (!available.ok) {
    console.log(`kafka left out: ${available.reason}`);
    return result;
  }
  const broker = await startBroker();
  try {
    const admin = new KafkaAdmin(broker.bootstrap);
    await admin.createTopic({ name: TOPIC, partitions: PARTITIONS });
    await admin.close();
    const target = ["--topic", TOPIC, "--bootstrap-servers", broker.bootstrap, "--partitions", String(PARTITIONS)];
    const produced = await millrace([
      "produce",
      ...target,
      "--generate",
      "clickstream",
      "--count",
      String(CLICKS),
      "--json",
    ]);
    const { elapsedMs } = JSON.parse(produced.stdout) as { elapsedMs: number };
    const script = `${benchFolder}kafka-job.sql`;
    writeFileSync(script, jobSql(broker.bootstrap));
    const run = await millrace(["run", script, "--json"]);
    const { ended } = JSON.parse(run.stderr.trim().split("\n").at(-1) ?? "{}") as {
      ended: { rows: number; elapsedMs: number };
    };
    sameAnswer("messages read", ended.rows, CLICKS);
    const row = { unit: "k messages/s", theirs: null, beside: "–" };
    result.rate({
      ...row,
      what: "1-minute windows by page, 4 aggregates + HLL, full",
      ours: CLICKS / ended.elapsedMs,
      bar: "≥ 700 k",
    });
    await benchDrain({ bootstrap: broker.bootstrap, topic: TOPIC, partitions: PARTITIONS, records: CLICKS }, result);
    result.rate({ ...row, what: "produce: generated, acks=all, idempotent", ours: CLICKS / elapsedMs, bar: null });
  } finally {
    await broker.stop();
  }
  return result;
}

function jobSql(bootstrap: string): string {
  return `
    CREATE TABLE clicks (user_id BIGINT, page STRING, event_timestamp TIMESTAMP(3), session_duration INT,
      WATERMARK FOR event_timestamp AS event_timestamp - INTERVAL '5' SECOND)
    WITH ('connector' = 'kafka', 'topic' = '${TOPIC}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
      'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset');
    SELECT window_start, page, COUNT(*) AS n, SUM(CAST(session_duration AS BIGINT)) AS total,
      MIN(session_duration) AS low, MAX(session_duration) AS high, APPROX_COUNT_DISTINCT(user_id) AS users
    FROM TABLE(TUMBLE(TABLE clicks, DESCRIPTOR(event_timestamp), INTERVAL '1' MINUTE))
    GROUP BY window_start, window_end, page;`;
}

async function millrace(args: readonly string[]): Promise<{ stdout: string; stderr: string }> {
  const child = Bun.spawn([process.execPath, main, ...args], { stdout: "pipe", stderr: "pipe" });
  const [stdout, stderr] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  if ((await child.exited) !== 0) throw new Error(stderr);
  return { stdout, stderr };
}
