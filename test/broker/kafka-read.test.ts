/** Reading from a real broker: every record once and in order, whatever the mode, the sizes, the gaps and the pauses. */
import { expect, test } from "bun:test";
import {
  type Cluster,
  columnOf,
  describeBroker,
  openProducer,
  openSource,
  read,
  readTable,
  textsOf,
  write,
} from "./fixture.ts";
import { KeyRegion } from "./key-region.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `record ${from + i}`);

describeBroker("reading a real broker", (cluster: () => Cluster) => {
  test("gives 200,000 records of 8 partitions back once each, in the order of their partition, keys and all", async () => {
    const topic = await cluster().topic(8);
    const producer = await openProducer(cluster(), topic);
    const batch = 10_000;
    for (let first = 0; first < 200_000; first += batch) {
      const numbers = Array.from({ length: batch }, (_, i) => first + i);
      const keys = columnOf(numbers.map((n) => `key ${n}`));
      await producer.send({
        ...columnOf(numbers.map((n) => `${n}:${"x".repeat(n % 300)}`)),
        keyBytes: keys.bytes,
        keyOffsets: keys.offsets,
        partition: Int32Array.from(numbers, (n) => n % 8),
      });
    }
    await producer.flush();
    expect(producer.counters()).toMatchObject({
      enqueued: 200_000,
      delivered: 200_000,
      failed: 0,
      outstandingBytes: 0,
    });
    await producer.close();
    const { records } = await readTable(cluster(), topic);
    expect(records.length).toBe(200_000);
    const next = new Array<number>(8).fill(0);
    for (const { text, key, partition, offset } of records) {
      const at = next[partition] as number;
      const number = at * 8 + partition;
      if (offset !== BigInt(at) || text !== `${number}:${"x".repeat(number % 300)}` || key !== `key ${number}`)
        throw new Error(`partition ${partition}: record ${at} is ${text.slice(0, 20)} at offset ${offset}, key ${key}`);
      next[partition] = at + 1;
    }
  });

  test("loses nothing where the region is tiny, and makes room for a record larger than it", async () => {
    const topic = await cluster().topic(2, { "max.message.bytes": "10485760" });
    const large = "L".repeat(3_000_000);
    const texts = [...range(0, 500), large, "", ...range(500, 1000)];
    const producer = await openProducer(cluster(), topic, { "properties.max.request.size": "8000000" });
    await producer.send({ ...columnOf(texts), partition: 0 });
    await producer.send({ ...columnOf(range(0, 700)), partition: 1 });
    await producer.flush();
    await producer.close();
    const region = new KeyRegion({ bytes: 100, rows: 7 });
    const { records } = await readTable(cluster(), topic, {}, { region });
    expect(records.filter(({ partition }) => partition === 0).map(({ text }) => text)).toEqual(texts);
    expect(records.filter(({ partition }) => partition === 1).map(({ text }) => text)).toEqual(range(0, 700));
    expect(region.rowsCapacity).toBe(7);
  });

  test("hands over null payloads as blank rows and null keys as empty ones, with offsets and timestamps", async () => {
    const topic = await cluster().topic(1);
    const producer = await openProducer(cluster(), topic);
    const keys = columnOf(["a", "b", "", "d"]);
    await producer.send({
      ...columnOf(["one", "", "three", ""]),
      keyBytes: keys.bytes,
      keyOffsets: keys.offsets,
      nulls: Uint8Array.from([0, 1, 2, 3]),
      timestamps: BigInt64Array.from([1000n, 2000n, 3000n, 4000n]),
      partition: 0,
    });
    await producer.flush();
    await producer.close();
    const { records } = await readTable(cluster(), topic);
    expect(records).toEqual([
      { text: "one", key: "a", partition: 0, offset: 0n, timestamp: 1000n },
      { text: "", key: "b", partition: 0, offset: 1n, timestamp: 2000n },
      { text: "three", key: "", partition: 0, offset: 2n, timestamp: 3000n },
      { text: "", key: "", partition: 0, offset: 3n, timestamp: 4000n },
    ]);
  });

  test("starts where it is told: latest, timestamp, specific offsets, group offsets", async () => {
    const topic = await cluster().topic(2);
    const producer = await openProducer(cluster(), topic);
    for (const partition of [0, 1]) {
      const timestamps = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(10_000 + i * 1000));
      await producer.send({ ...columnOf(range(0, 10)), timestamps, partition });
    }
    await producer.flush();
    await producer.close();
    const sorted = async (options: Record<string, string>) => {
      const { records } = await readTable(cluster(), topic, options);
      return records.map(({ partition, text }) => `${partition} ${text.slice(7)}`).sort();
    };
    expect(await sorted({ "scan.startup.mode": "latest-offset" })).toEqual([]);
    const late = { "scan.startup.mode": "timestamp", "scan.startup.timestamp-millis": "17500" };
    expect(await sorted(late)).toEqual(["0 8", "0 9", "1 8", "1 9"]);
    expect(await sorted({ ...late, "scan.startup.timestamp-millis": "999999" })).toEqual([]);
    const specific = {
      "scan.startup.mode": "specific-offsets",
      "scan.startup.specific-offsets": "partition:0,offset:8;partition:1,offset:10",
    };
    expect(await sorted(specific)).toEqual(["0 8", "0 9"]);
    const oneOnly = { ...specific, "scan.startup.specific-offsets": "partition:0,offset:9" };
    expect((await sorted(oneOnly)).length).toBe(11);
    const group = { "scan.startup.mode": "group-offsets", "properties.group.id": `g-${topic}` };
    expect(sorted(group)).rejects.toMatchObject({ exitCode: 74 });
    expect((await sorted({ ...group, "properties.auto.offset.reset": "earliest" })).length).toBe(20);
    expect((await sorted({ ...group, "properties.auto.offset.reset": "latest" })).length).toBe(0);
  });

  test("stops exactly at its bound while records keep coming", async () => {
    const topic = await cluster().topic(3);
    for (const partition of [0, 1]) await write(cluster(), { topic, partition }, range(0, 100));
    const source = openSource(cluster(), topic, { "scan.bounded.mode": "latest-offset" });
    await source.open();
    for (const partition of [0, 1, 2]) await write(cluster(), { topic, partition }, range(100, 150));
    const { records, events } = await read(source, { partitions: 3 });
    await source.close();
    expect(records.map(({ partition, text }) => `${partition} ${text}`).sort()).toEqual(
      [0, 1].flatMap((partition) => range(0, 100).map((text) => `${partition} ${text}`)).sort(),
    );
    expect(events.filter(({ kind }) => kind === "finished").length).toBe(3);
  });

  test("stops at specific offsets, at a timestamp, at the group's offsets; unlisted partitions are not read", async () => {
    const topic = await cluster().topic(2);
    const producer = await openProducer(cluster(), topic);
    const timestamps = BigInt64Array.from({ length: 10 }, (_, i) => BigInt(1000 * (i + 1)));
    for (const partition of [0, 1]) await producer.send({ ...columnOf(range(0, 10)), timestamps, partition });
    await producer.flush();
    await producer.close();
    const specific = {
      "scan.bounded.mode": "specific-offsets",
      "scan.bounded.specific-offsets": "partition:1,offset:4",
    };
    expect(textsOf(await readTable(cluster(), topic, specific))).toEqual(range(0, 4));
    const byTime = { "scan.bounded.mode": "timestamp", "scan.bounded.timestamp-millis": "3500" };
    expect(textsOf(await readTable(cluster(), topic, byTime)).length).toBe(6);
    const group = { "properties.group.id": `g-${topic}` };
    const source = openSource(cluster(), topic, group);
    await source.open();
    source.commit(
      new Map([
        [0, 2n],
        [1, 5n],
      ]),
    );
    await source.close();
    const bounded = await readTable(cluster(), topic, { ...group, "scan.bounded.mode": "group-offsets" });
    expect(bounded.records.length).toBe(7);
  });

  test("goes on from what was committed", async () => {
    const topic = await cluster().topic(1);
    await write(cluster(), { topic, partition: 0 }, range(0, 50));
    const options = {
      "scan.startup.mode": "group-offsets",
      "properties.group.id": `g-${topic}`,
      "properties.auto.offset.reset": "earliest",
    };
    const first = openSource(cluster(), topic, options);
    await first.open();
    const { records } = await read(first, {
      region: new KeyRegion({ bytes: 4096, rows: 20 }),
      until: ({ records }) => records.length >= 20,
    });
    expect(records.length).toBe(20);
    expect(first.lag()).toEqual([{ partition: 0, position: 20n, highWatermark: 50n }]);
    first.commit(new Map([[0, 20n]]));
    await first.close();
    expect(textsOf(await readTable(cluster(), topic, options))).toEqual(range(20, 50));
  });

  test("loses no record that comes while a partition is paused, also when it was paused at its end", async () => {
    const topic = await cluster().topic(2);
    for (const partition of [0, 1]) await write(cluster(), { topic, partition }, range(0, 10));
    const source = openSource(cluster(), topic);
    await source.open();
    const atEnd =
      (partition: number) =>
      ({ events }: { events: readonly { kind: string; partition?: unknown }[] }) =>
        events.some((event) => event.kind === "caught-up" && event.partition === partition);
    const before = await read(source, { until: (soFar) => atEnd(0)(soFar) && atEnd(1)(soFar) });
    expect(before.records.length).toBe(20);
    source.pause([0]);
    for (const partition of [0, 1]) await write(cluster(), { topic, partition }, range(10, 20));
    const during = await read(source, { until: ({ records }) => records.length >= 10 });
    expect(during.records.every(({ partition }) => partition === 1)).toBe(true);
    source.resume([0]);
    const after = await read(source, { until: ({ records }) => records.length >= 10 });
    expect(after.records.map(({ partition, text }) => `${partition} ${text}`)).toEqual(
      range(10, 20).map((text) => `0 ${text}`),
    );
    await source.close();
  });

  test("pauses in the middle of what was fetched without losing or repeating a record", async () => {
    const topic = await cluster().topic(2);
    for (const partition of [0, 1]) await write(cluster(), { topic, partition }, range(0, 2000));
    const source = openSource(cluster(), topic, { "scan.bounded.mode": "latest-offset" });
    await source.open();
    const region = new KeyRegion({ bytes: 2000, rows: 64 });
    const seen: string[][] = [[], []];
    const take = (records: readonly { partition: number; text: string }[]) => {
      for (const { partition, text } of records) seen[partition]?.push(text);
    };
    for (let round = 0; round < 20; round++) {
      take((await read(source, { region, until: ({ records }) => records.length >= 50 })).records);
      source.pause([round % 2]);
      const only = await read(source, { region, until: ({ records }) => records.length >= 30 });
      expect(only.records.every(({ partition }) => partition !== round % 2)).toBe(true);
      take(only.records);
      source.resume([round % 2]);
    }
    take((await read(source, { partitions: 2 })).records);
    await source.close();
    expect(seen).toEqual([range(0, 2000), range(0, 2000)]);
  });

  test("picks up partitions and topics that are added, from their beginning", async () => {
    const topic = await cluster().topic(1);
    await write(cluster(), { topic, partition: 0 }, range(0, 5));
    const source = openSource(cluster(), topic, {
      "topic-pattern": `${topic}.*`,
      "scan.startup.mode": "latest-offset",
      "scan.topic-partition-discovery.interval": "100 ms",
    });
    expect((await source.open()).map(({ name }) => name)).toEqual([`${topic}[0]`]);
    await cluster().admin.addPartitions(topic, 2);
    await cluster().admin.createTopic({ name: `${topic}-more`, partitions: 1 });
    await cluster().admin.offsets(topic, 2);
    await write(cluster(), { topic, partition: 1 }, range(5, 8));
    await write(cluster(), { topic: `${topic}-more`, partition: 0 }, range(8, 10));
    const { records, events } = await read(source, { until: ({ records }) => records.length >= 5 });
    await source.close();
    const added = events.flatMap((event) => (event.kind === "partition-added" ? [event.partition] : []));
    expect(added.map(({ name }) => name).sort()).toEqual([`${topic}-more[0]`, `${topic}[1]`]);
    expect(records.map(({ text }) => text).sort()).toEqual(range(5, 10).sort());
  });

  test("ends a bounded table past the gaps of a compacted topic", async () => {
    const topic = await cluster().topic(1, {
      "cleanup.policy": "compact",
      "segment.bytes": "1048576",
      "min.cleanable.dirty.ratio": "0.01",
      "max.compaction.lag.ms": "1",
      "segment.ms": "200",
    });
    const producer = await openProducer(cluster(), topic);
    for (let round = 0; round < 6; round++) {
      const keys = columnOf(["a", "b", "c"]);
      await producer.send({
        ...columnOf(range(round * 3, round * 3 + 3)),
        keyBytes: keys.bytes,
        keyOffsets: keys.offsets,
      });
      await producer.flush();
      await Bun.sleep(250);
    }
    await producer.close();
    let read = await readTable(cluster(), topic);
    for (let tries = 0; read.records.length === 18 && tries < 40; tries++) {
      await Bun.sleep(250);
      read = await readTable(cluster(), topic);
    }
    expect(read.records.length).toBeLessThan(18);
    expect(textsOf(read).slice(-3)).toEqual(range(15, 18));
  });

  test("reads a list of topics, each partition named by its topic", async () => {
    const first = await cluster().topic(1);
    const second = await cluster().topic(1);
    await write(cluster(), { topic: first, partition: 0 }, ["a"]);
    await write(cluster(), { topic: second, partition: 0 }, ["b"]);
    const { records } = await readTable(cluster(), `${first};${second}`);
    expect(records.map(({ partition, text }) => `${partition} ${text}`).sort()).toEqual(["0 a", "1 b"]);
  });
});
