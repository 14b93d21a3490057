import { describe, expect, test } from "bun:test";
import { runCli } from "../../src/cli/cli.ts";
import { dependenciesOf, scriptedIo, scriptedProducer } from "./scripted.ts";

async function run(args: string[], parts: Partial<Parameters<typeof dependenciesOf>[0]> = {}) {
  const io = parts.io ?? scriptedIo();
  return { code: await runCli(args, dependenciesOf({ ...parts, io })), io };
}

function ioWith(files: Record<string, string>, options: Parameters<typeof scriptedIo>[0] = {}) {
  const io = scriptedIo(options);
  for (const [name, text] of Object.entries(files)) io.files.set(name, text);
  return io;
}

describe("produce", () => {
  test("sends the lines of a file as they are, without blank ones", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "a.json": '{"a":1}\r\n\n  \n{"b":"é"}\n{"c":9007199254740993}' });
    const { code } = await run(["produce", "--topic", "clicks", "a.json"], { io, producer });
    expect(code).toBe(0);
    expect(producer.sent.map(({ text }) => text)).toEqual(['{"a":1}', '{"b":"é"}', '{"c":9007199254740993}']);
    expect(producer.sent.every(({ partition }) => partition === null)).toBe(true);
    expect([producer.flushed, producer.closed]).toEqual([1, 1]);
    expect(producer.targets).toEqual([
      { topic: "clicks", bootstrapServers: "127.0.0.1:9092", properties: {}, createPartitions: null },
    ]);
    expect(io.out).toStartWith('3 records in topic "clicks" after');
  });

  test("names a file that is not there before it asks for a broker, and takes an empty one", async () => {
    const producer = scriptedProducer();
    const { code, io } = await run(["produce", "--topic", "t", "nothing.json"], { producer });
    expect([code, producer.targets]).toEqual([2, []]);
    expect(io.err).toStartWith('error[FILE]: file "nothing.json" is not there');
    expect((await run(["produce", "--topic", "t", "a.json"], { io: ioWith({ "a.json": "" }), producer })).code).toBe(0);
    expect(producer.targets).toHaveLength(1);
  });

  test("reads standard input, and brokers from the environment or the flag", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "-": "{}\n" }, { env: { MILLRACE_KAFKA: "k:1" } });
    await run(["produce", "--topic", "t"], { io, producer });
    await run(["produce", "--topic", "t", "-", "--bootstrap-servers", "k:2", "--property", "a.b=c"], { io, producer });
    expect(producer.targets).toEqual([
      { topic: "t", bootstrapServers: "k:1", properties: {}, createPartitions: null },
      { topic: "t", bootstrapServers: "k:2", properties: { "a.b": "c" }, createPartitions: null },
    ]);
  });

  test("asks for the topic to be made when told, with the partitions it is told", async () => {
    const producer = scriptedProducer();
    const made = async (...flags: string[]) =>
      (await run(["produce", "--topic", "t", ...flags], { io: ioWith({ "-": "{}\n" }), producer })).code;
    expect(await made("--create-topic")).toBe(0);
    expect(await made("--create-topic", "--partitions", "8")).toBe(0);
    expect(await made("--create-topic", "--partitions", "3", "--generate", "clickstream", "--count", "3")).toBe(0);
    expect(producer.targets.map(({ createPartitions }) => createPartitions)).toEqual([1, 8, 3]);
    expect(await made("--partitions", "8")).toBe(2);
  });

  test("adds event_id and event_timestamp where they are missing and changes nothing else", async () => {
    const producer = scriptedProducer();
    const io = ioWith({ "a.json": '{}\n{"n": 9007199254740993}\n{"event_id":"x","event_timestamp":"y"}\n' });
    await run(["produce", "--topic", "t", "a.json", "--add-event-id", "--add-event-timestamp"], { io, producer });
    const stamp = /^\{"event_id":"[0-9a-f-]{36}","event_timestamp":"2024-05-01 00:00:00\.000"/;
    expect(producer.sent[0]?.text.replace(stamp, "STAMP")).toBe("STAMP}");
    expect(producer.sent[1]?.text.replace(stamp, "STAMP")).toBe('STAMP,"n": 9007199254740993}');
    expect(producer.sent[2]?.text).toBe('{"event_id":"x","event_timestamp":"y"}');
  });

  test("names the line that takes no stamp", async () => {
    const io = ioWith({ "a.json": "{}\n[1]\n" });
    const { code } = await run(["produce", "--topic", "t", "a.json", "--add-event-id"], { io });
    expect(code).toBe(1);
    expect(io.err).toContain("error[INPUT-LINE]: line 2 of the input is no JSON object");
  });

  test("generates as many events as asked, dealt out to partitions, at the rate asked", async () => {
    const producer = scriptedProducer();
    const io = scriptedIo();
    const startedAt = io.now();
    const flags = ["--generate", "clickstream", "--count", "1000", "--rate", "500", "--partitions", "3", "--json"];
    const { code } = await run(["produce", "--topic", "t", ...flags], { io, producer });
    expect(code).toBe(0);
    expect([0, 1, 2].map((p) => producer.sent.filter(({ partition }) => partition === p).length)).toEqual([
      334, 333, 333,
    ]);
    expect(new Set(producer.sent.map(({ text }) => JSON.parse(text).event_id)).size).toBe(1000);
    expect(producer.sent.every(({ text }) => text.endsWith("}"))).toBe(true);
    expect(io.now() - startedAt).toBe(2000);
    expect(JSON.parse(io.out)).toEqual({ topic: "t", records: 1000, elapsedMs: 2000 });
  });

  test("stops at an interrupt with everything sent acknowledged", async () => {
    const producer = scriptedProducer();
    const io = scriptedIo();
    const running = run(["produce", "--topic", "t", "--generate", "clickstream", "--rate", "10"], { io, producer });
    while (producer.sent.length < 3) await Bun.sleep(0);
    io.interrupt();
    expect((await running).code).toBe(0);
    expect(producer.flushed).toBe(1);
    io.interrupt();
    expect(io.exits).toEqual([]);
  });

  test("names a generator it does not have, and the nearest", async () => {
    const { code, io } = await run(["produce", "--topic", "t", "--generate", "clickstraem"]);
    expect(code).toBe(2);
    expect(io.err).toBe('error[USAGE]: there is no generator "clickstraem"\nhint: did you mean clickstream?\n');
    expect((await run(["produce", "--topic", "t", "--generate", "clickstream", "a.json"])).code).toBe(2);
  });
});
