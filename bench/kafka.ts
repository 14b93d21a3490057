/**
 * The main jobs from a real broker on the same two cores: clicks in eight partitions, read from the first to the last offset.
 * Time counts from the command line's start to its last row. Left out, with one line why, where no broker can be had.
 */
import { brokerAvailable, startBroker } from "../scripts/kafka/broker.ts";
import { KafkaAdmin } from "../src/connectors/kafka/admin.ts";
import { runScript } from "./baseline.ts";
import { benchDrain, type Topic } from "./drain.ts";
import { DELAY_SECONDS, type Job, jobs, millrace, type Run, runJob, totalsLike } from "./jobs.ts";
import { BenchTable, sameAnswer } from "./table.ts";

const CLICKS = Number(process.env.MILLRACE_BENCH_EVENTS ?? 1_000_000) * 3;
const NAIVE_CLICKS = CLICKS / 10;
const PARTITIONS = 8;

export async function benchKafka(): Promise<BenchTable> {
  const result = new BenchTable("Main jobs from Kafka, full validation, broker beside it on the same cores");
  const available = brokerAvailable();
  if (!available.ok) {
    console.log(`kafka left out: ${available.reason}`);
    return result;
  }
  const broker = await startBroker();
  try {
    const [small] = await fill({ bootstrap: broker.bootstrap, topic: "clicks-small", records: NAIVE_CLICKS });
    const [whole, produceMs] = await fill({ bootstrap: broker.bootstrap, topic: "clicks", records: CLICKS });
    for (const job of jobs) await benchJob({ job, small, whole }, result);
    await benchDrain(whole, result);
    result.rate({
      what: "produce: generated, acks=all, idempotent",
      unit: "k messages/s",
      ours: CLICKS / produceMs,
      theirs: null,
      beside: "–",
      bar: null,
    });
  } finally {
    await broker.stop();
  }
  return result;
}

/** Makes the topic and produces clicks to it; the milliseconds that took. */
async function fill(target: Omit<Topic, "partitions">): Promise<[topic: Topic, ms: number]> {
  const { bootstrap, topic, records } = target;
  const admin = new KafkaAdmin(bootstrap);
  await admin.createTopic({ name: topic, partitions: PARTITIONS });
  await admin.close();
  const to = ["--topic", topic, "--bootstrap-servers", bootstrap, "--partitions", String(PARTITIONS)];
  const what = ["--generate", "clickstream", "--count", String(records)];
  const { stdout } = await millrace(["produce", ...to, ...what, "--json"]);
  const { elapsedMs } = JSON.parse(stdout) as { elapsedMs: number };
  return [{ ...target, partitions: PARTITIONS }, elapsedMs];
}

interface Input {
  readonly job: Job;
  readonly small: Topic;
  readonly whole: Topic;
}

async function benchJob({ job, small, whole }: Input, result: BenchTable): Promise<void> {
  const numbers = [small.partitions, small.records, job.windowMs, DELAY_SECONDS * 1000].map(String);
  const naive = await runScript("naive-kafka", [small.bootstrap, small.topic, ...numbers]);
  const check = await ours(job, small);
  const answer = { ...check.answer, late: check.late };
  sameAnswer("naive and ours", answer, totalsLike(naive, answer));
  const run = await ours(job, whole);
  sameAnswer("messages read", run.rows, CLICKS);
  sameAnswer("messages counted and late", (run.answer.count ?? 0) + run.late, CLICKS);
  result.rate({
    what: job.what,
    unit: "k messages/s",
    ours: CLICKS / run.ms,
    theirs: NAIVE_CLICKS / (naive.ms ?? 0),
    beside: "plain TypeScript, same librdkafka",
    bar: job.bars.kafka,
  });
}

function ours(job: Job, { bootstrap, topic }: Topic): Promise<Run> {
  return runJob(
    job,
    `'connector' = 'kafka', 'topic' = '${topic}', 'properties.bootstrap.servers' = '${bootstrap}', 'format' = 'json',
     'scan.startup.mode' = 'earliest-offset', 'scan.bounded.mode' = 'latest-offset'`,
  );
}
