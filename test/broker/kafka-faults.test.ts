/**
 * What goes wrong between us and a broker: none that answers, a topic that is not there, errors to ride out and errors to stop
 * at. The faults are made by librdkafka's mock cluster, in this process; needs the Kafka library but no Java.
 */
import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { columnOf, openProducer, openSource, read, textsOf } from "./fixture.ts";
import { MockCluster, Request } from "./raw-kafka.ts";

setDefaultTimeout(60_000);

const library = process.env.MILLRACE_KAFKA_LIBRARY ?? join(import.meta.dir, "../../build/libmillrace-kafka.so");
const isBuilt = existsSync(library);
const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `record ${from + i}`);

let mock: MockCluster;

if (!isBuilt) {
  console.log(`skipped: faults between us and a broker (there is no "${library}"; npm run setup says why)`);
  if (process.env.MILLRACE_REQUIRE_KAFKA === "1")
    test("the kafka library is built", () => expect(existsSync(library)).toBe(true));
} else {
  beforeAll(() => {
    mock = new MockCluster();
  });
  afterAll(() => mock.close());
  faults();
}

async function topicWith(texts: readonly string[]): Promise<string> {
  const topic = `mock-${crypto.randomUUID()}`;
  mock.createTopic(topic, 1);
  const producer = await openProducer(mock, topic);
  await producer.send({ ...columnOf(texts), partition: 0 });
  await producer.flush();
  await producer.close();
  return topic;
}

function faults(): void {
  test("gives up on a broker that is not there, soon, naming it and what was tried", async () => {
    const startedAt = performance.now();
    const source = openSource({ bootstrap: "127.0.0.1:1" }, "clicks");
    await expect(source.open()).rejects.toMatchObject({
      exitCode: 75,
      retryable: true,
      message: expect.stringMatching(/"127\.0\.0\.1:1".*refused/),
    });
    await expect(openProducer({ bootstrap: "127.0.0.1:1" }, "clicks")).rejects.toMatchObject({ exitCode: 75 });
    console.log(`two clients gave up after ${Math.round(performance.now() - startedAt)} ms`);
  });

  test("refuses a topic that is not there, and names the one that may be meant", async () => {
    mock.createTopic("page-views", 1);
    const source = openSource(mock, "page-vews");
    await expect(source.open()).rejects.toMatchObject({
      exitCode: 74,
      message: 'table "t": there is no topic "page-vews"',
      hint: 'did you mean "page-views"?',
    });
    await expect(openSource(mock, "x", { "topic-pattern": "nothing-.*" }).open()).rejects.toMatchObject({
      exitCode: 74,
    });
  });

  test("rides out errors of fetching and a broker that goes down and comes back", async () => {
    const topic = await topicWith(range(0, 100));
    const source = openSource(mock, topic);
    await source.open();
    const first = await read(source, { until: ({ records }) => records.length >= 100 });
    mock.failNext(Request.fetch, [-195, 6, 5, 7]);
    mock.goDown();
    const down = await read(source, { until: ({ events }) => events.some(({ kind }) => kind === "warning") });
    mock.comeUp();
    const producer = await openProducer(mock, topic);
    await producer.send({ ...columnOf(range(100, 200)), partition: 0 });
    await producer.flush();
    await producer.close();
    const second = await read(source, { until: ({ records }) => records.length >= 100 });
    await source.close();
    expect([...textsOf(first), ...textsOf(down), ...textsOf(second)]).toEqual(range(0, 200));
    const warning = down.events.find(({ kind }) => kind === "warning");
    expect(warning).toMatchObject({ message: expect.stringContaining("kafka at") });
  });

  test("stops at a partition it may not read, with what to do", async () => {
    const topic = await topicWith(["a"]);
    const source = openSource(mock, topic);
    await source.open();
    mock.failNext(Request.fetch, [29, 29]);
    await expect(read(source, { until: () => false })).rejects.toMatchObject({
      exitCode: 75,
      message: expect.stringContaining(`"${topic}[0]" cannot be read on`),
      hint: "give the client the right to read the topic",
    });
    mock.forgive(Request.fetch);
    await source.close();
  });

  test("reports a commit that is refused as a warning and reads on", async () => {
    const topic = await topicWith(range(0, 10));
    const source = openSource(mock, topic, { "properties.group.id": "refused" });
    await source.open();
    mock.failNext(Request.offsetCommit, [30]);
    source.commit(new Map([[0, 5n]]));
    const { records, events } = await read(source, {
      until: ({ records, events }) => records.length >= 10 && events.some(({ kind }) => kind === "warning"),
    });
    await source.close();
    expect(records.length).toBe(10);
    expect(events.filter(({ kind }) => kind === "warning")).toMatchObject([
      { code: "GROUP_AUTHORIZATION_FAILED", message: expect.stringContaining("offsets were not committed") },
    ]);
  });

  test("delivers every row once the broker takes it again, in order", async () => {
    const topic = await topicWith([]);
    const producer = await openProducer(mock, topic);
    mock.failNext(Request.produce, [7, 19, 6]);
    await producer.send({ ...columnOf(range(0, 1000)), partition: 0 });
    await producer.flush();
    await producer.close();
    const source = openSource(mock, topic);
    await source.open();
    const { records } = await read(source, { until: ({ records }) => records.length >= 1000 });
    await source.close();
    expect(records.map(({ text }) => text)).toEqual(range(0, 1000));
  });

  test("throws at the flush when rows were not delivered in time", async () => {
    const topic = await topicWith([]);
    const producer = await openProducer(mock, topic, { "properties.delivery.timeout.ms": "1000" });
    mock.slowDown(3000);
    try {
      await producer.send({ ...columnOf(["late"]), partition: 0 });
      await expect(producer.flush()).rejects.toMatchObject({
        exitCode: 75,
        message: expect.stringContaining("_MSG_TIMED_OUT"),
      });
    } finally {
      mock.slowDown(0);
      await producer.close();
    }
  });

  test("keeps within its bound of bytes under way while the broker is slow, and loses nothing", async () => {
    const topic = await topicWith([]);
    const producer = await openProducer(mock, topic);
    const rows = columnOf(Array.from({ length: 1000 }, (_, i) => `${i}`.padEnd(10_000, ".")));
    mock.slowDown(100);
    let most = 0;
    for (let round = 0; round < 15; round++) {
      await producer.send({ ...rows, partition: 0 });
      most = Math.max(most, producer.counters().outstandingBytes);
    }
    mock.slowDown(0);
    await producer.flush();
    expect(producer.counters()).toMatchObject({ enqueued: 15_000, delivered: 15_000, failed: 0, outstandingBytes: 0 });
    expect(most).toBeLessThanOrEqual(64 << 20);
    await producer.close();
  });
}
