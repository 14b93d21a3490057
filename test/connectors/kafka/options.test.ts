/** Options of kafka tables: Flink's names, defaults and refusals. */
import { expect, test } from "bun:test";
import { readKafkaSinkOptions, readKafkaSourceOptions } from "../../../src/connectors/kafka/options.ts";
import { EngineError } from "../../../src/core/error.ts";

const base = { "properties.bootstrap.servers": "localhost:9092", topic: "clicks" };
const source = (options: Record<string, string>) =>
  readKafkaSourceOptions({ table: "t", options: { ...base, ...options } });
const sink = (options: Record<string, string>) =>
  readKafkaSinkOptions({ table: "t", options: { ...base, ...options } });

function refusal(run: () => unknown): EngineError {
  try {
    run();
  } catch (error) {
    if (error instanceof EngineError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("starts at the group's offsets, unbounded, looking for partitions every five minutes, unless told otherwise", () => {
  const options = source({ "properties.group.id": "g" });
  expect(options.start).toEqual({ kind: "group" });
  expect(options.bound).toEqual({ kind: "unbounded" });
  expect(options.discoveryIntervalMs).toBe(300_000);
  expect(options.properties).toMatchObject({ groupId: "g", offsetReset: "none" });
  expect(options.topics).toEqual({ kind: "list", topics: ["clicks"] });
});

test("needs a group for the group's offsets", () => {
  expect(refusal(() => source({}))).toMatchObject({
    exitCode: 74,
    message: expect.stringContaining("properties.group.id"),
  });
  const bounded = { "scan.startup.mode": "earliest-offset", "scan.bounded.mode": "group-offsets" };
  expect(refusal(() => source(bounded)).message).toContain("scan.bounded.mode");
});

test("reads modes with their offsets and times; a bounded table does not look for partitions", () => {
  const options = source({
    "scan.startup.mode": "specific-offsets",
    "scan.startup.specific-offsets": " partition:0, offset:42; partition:1,offset:300;",
    "scan.bounded.mode": "timestamp",
    "scan.bounded.timestamp-millis": "1700000000000",
    "scan.topic-partition-discovery.interval": "1 s",
  });
  expect(options.start).toEqual({
    kind: "specific",
    offsets: new Map([
      [0, 42n],
      [1, 300n],
    ]),
  });
  expect(options.bound).toEqual({ kind: "timestamp", at: 1_700_000_000_000 });
  expect(options.discoveryIntervalMs).toBe(0);
});

test("reads a list of topics and a pattern for whole names", () => {
  const earliest = { "scan.startup.mode": "earliest-offset" };
  expect(source({ ...earliest, topic: "a; b;a" }).topics).toEqual({ kind: "list", topics: ["a", "b"] });
  const { topics } = readKafkaSourceOptions({
    table: "t",
    options: { ...earliest, "properties.bootstrap.servers": "x:1", "topic-pattern": "click.*|view" },
  });
  expect(topics.kind === "pattern" && ["clicks", "view", "views"].map((name) => topics.pattern.test(name))).toEqual([
    true,
    true,
    false,
  ]);
});

test("refuses what it cannot honour", () => {
  const earliest = { "scan.startup.mode": "earliest-offset" };
  for (const options of [
    { "scan.startup.mode": "first" },
    { "scan.startup.mode": "timestamp" },
    { "scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "-1" },
    { "scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "0:42" },
    {
      "scan.startup.mode": "specific-offsets",
      "scan.startup.specific-offsets": "partition:0,offset:1;partition:0,offset:2",
    },
    { "scan.startup.mode": "specific-offsets", "scan.startup.specific-offsets": "partition:0,offset:1", topic: "a;b" },
    { ...earliest, "scan.bounded.mode": "earliest-offset" },
    { ...earliest, topic: "no topic" },
    { ...earliest, topic: ";" },
    { ...earliest, topic: ".." },
    { ...earliest, "topic-pattern": "a.*" },
  ])
    expect(refusal(() => source(options))).toMatchObject({ exitCode: 74, domain: "user" });
  expect(refusal(() => source({ ...earliest, topic: "", "topic-pattern": "(" }))).toMatchObject({ exitCode: 74 });
});

test("sinks are at least once by default and refuse what would weaken it", () => {
  expect(sink({})).toMatchObject({ topic: "clicks", partitioner: "default", guarantee: "at-least-once" });
  expect(sink({ "sink.delivery-guarantee": "none", "properties.acks": "0" }).guarantee).toBe("none");
  for (const options of [
    { "properties.acks": "1" },
    { "sink.delivery-guarantee": "exactly-once" },
    { "sink.partitioner": "org.example.Mine" },
    { "sink.partitioner": "round-robin", "key.fields": "id" },
    { topic: "a;b" },
    { "topic-pattern": "a.*" },
  ])
    expect(refusal(() => sink(options))).toMatchObject({ exitCode: 74 });
});
