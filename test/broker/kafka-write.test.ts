/** Writing to a real broker, transactions in the input, compressions, offsets that are lost, a Worker, and the drain's speed. */
import { expect, test } from "bun:test";
import { readKafkaSinkOptions } from "../../src/connectors/kafka/options.ts";
import { openProducer as openRecordProducer } from "../../src/connectors/kafka/produce-records.ts";
import { createKafkaSink } from "../../src/connectors/kafka/sink.ts";
import type { Batch } from "../../src/core/batch.ts";
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
import { plainDrain } from "./plain-drain.ts";
import { TransactionalWriter } from "./raw-kafka.ts";

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `record ${from + i}`);
const noBatch: Batch = { schema: { fields: [] }, rows: 0, columns: [], op: null, watermark: null, epoch: 0 };

describeBroker("writing to a real broker", (cluster: () => Cluster) => {
  test("reads committed records only, and ends past aborted ones and markers", async () => {
    const topic = await cluster().topic(1);
    const writer = new TransactionalWriter(cluster().bootstrap, topic);
    writer.begin();
    writer.write(range(0, 100));
    writer.commit();
    writer.begin();
    writer.write(["aborted 1", "aborted 2"]);
    writer.abort();
    writer.begin();
    writer.write(range(100, 150));
    writer.commit();
    const committed = await readTable(cluster(), topic);
    expect(textsOf(committed)).toEqual(range(0, 150));
    const dirty = { "properties.isolation.level": "read_uncommitted" };
    expect(textsOf(await readTable(cluster(), topic, dirty))).toEqual([
      ...range(0, 100),
      ...["aborted 1", "aborted 2"],
      ...range(100, 150),
    ]);
    writer.begin();
    writer.write(["open"]);
    const [ends] = await cluster().admin.offsets(topic, 1);
    expect(ends?.end).toBe(156n);
    expect(textsOf(await readTable(cluster(), topic))).toEqual(range(0, 150));
    expect(textsOf(await readTable(cluster(), topic, dirty)).at(-1)).toBe("open");
    writer.abort();
    writer.close();
  });

  test("writes and reads every compression that is built in", async () => {
    for (const compression of ["none", "gzip", "snappy", "lz4", "zstd"]) {
      const topic = await cluster().topic(1);
      const opened = openProducer(cluster(), topic, { "properties.compression.type": compression });
      const producer = await opened.catch((error: Error) => error);
      if (producer instanceof Error) {
        console.log(`skipped: compression ${compression} (${producer.message})`);
        expect(compression === "zstd" || compression === "gzip").toBe(true);
        expect(producer).toMatchObject({ exitCode: 74 });
        continue;
      }
      const texts = range(0, 3000);
      await producer.send(columnOf(texts));
      await producer.flush();
      await producer.close();
      expect(textsOf(await readTable(cluster(), topic))).toEqual(texts);
    }
  });

  test("names the gap when the offset to start from is gone, and when it goes while reading", async () => {
    const topic = await cluster().topic(1);
    await write(cluster(), { topic, partition: 0 }, range(0, 100));
    await cluster().admin.deleteRecords({ topic, partition: 0, offset: 60n });
    const start = {
      "scan.startup.mode": "specific-offsets",
      "scan.startup.specific-offsets": "partition:0,offset:10",
    };
    const source = openSource(cluster(), topic, start);
    await expect(source.open()).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringContaining("50 records before it are gone"),
    });
    const paused = openSource(cluster(), topic);
    await paused.open();
    paused.pause([0]);
    await cluster().admin.deleteRecords({ topic, partition: 0, offset: 90n });
    paused.resume([0]);
    await expect(read(paused, { until: ({ records }) => records.length > 0 })).rejects.toMatchObject({ exitCode: 76 });
    await paused.close();
  });

  test("puts rows where the partitioner says: by key, fixed, round-robin", async () => {
    const rows = 90;
    const placed = async (partitioner: string, keyed: boolean) => {
      const topic = await cluster().topic(3);
      const options = {
        "properties.bootstrap.servers": cluster().bootstrap,
        topic,
        "sink.partitioner": partitioner,
      };
      const keys = columnOf(Array.from({ length: rows }, (_, i) => `key ${i % 5}`));
      const sink = createKafkaSink({
        options: readKafkaSinkOptions({ table: "t", options }),
        encode: () => ({
          ...columnOf(range(0, rows)),
          keyBytes: keyed ? keys.bytes : null,
          keyOffsets: keyed ? keys.offsets : null,
        }),
      });
      await sink.open();
      await sink.write(noBatch);
      await sink.flush();
      await sink.close();
      return (await readTable(cluster(), topic)).records;
    };
    const fixed = await placed("fixed", false);
    expect(fixed.map(({ partition }) => partition)).toEqual(new Array(rows).fill(0));
    expect(fixed.map(({ text }) => text)).toEqual(range(0, rows));
    const counts = [0, 0, 0];
    for (const { partition } of await placed("round-robin", false)) counts[partition] = (counts[partition] ?? 0) + 1;
    expect(counts).toEqual([30, 30, 30]);
    const partitionOf = new Map<string, number>();
    for (const { key, partition } of await placed("default", true)) {
      expect(partitionOf.get(key) ?? partition).toBe(partition);
      partitionOf.set(key, partition);
    }
    expect(partitionOf.size).toBe(5);
  });

  test("throws when a row is too large for the broker, and names the topic", async () => {
    const topic = await cluster().topic(1, { "max.message.bytes": "1000" });
    const producer = await openProducer(cluster(), topic);
    const fate = (async () => {
      await producer.send(columnOf(["x".repeat(5000)]));
      await producer.flush();
    })();
    await expect(fate).rejects.toMatchObject({ exitCode: 75, message: expect.stringContaining(topic) });
    await producer.close();
  });

  test("produces records as the command line does, and refuses a partition there is not", async () => {
    const topic = await cluster().topic(2);
    const target = {
      topic,
      bootstrapServers: cluster().bootstrap,
      properties: { "compression.type": "lz4" },
      createPartitions: null,
    };
    const producer = await openRecordProducer(target);
    await producer.send(columnOf(range(0, 10)), 1);
    await producer.flush();
    await expect(producer.send(columnOf(["x"]), 2)).rejects.toMatchObject({ exitCode: 74 });
    await producer.close();
    const { records } = await readTable(cluster(), topic);
    expect(records.map(({ partition, text }) => `${partition} ${text}`)).toEqual(range(0, 10).map((t) => `1 ${t}`));
    await expect(
      openRecordProducer({ ...target, properties: { "plugin.library.paths": "/tmp/x" } }),
    ).rejects.toMatchObject({
      exitCode: 74,
      message: expect.stringContaining(`topic "${topic}": option "properties.plugin`),
    });
  });

  test("reads inside a Worker while the main thread stays free", async () => {
    const topic = await cluster().topic(4);
    for (let partition = 0; partition < 4; partition++) await write(cluster(), { topic, partition }, range(0, 5000));
    const worker = new Worker(new URL("./read-worker.ts", import.meta.url).href);
    const answer = await new Promise((resolve, reject) => {
      worker.onmessage = (event: MessageEvent) => resolve(event.data);
      worker.onerror = (event) => reject(new Error(event.message));
      worker.postMessage({ bootstrap: cluster().bootstrap, topic });
    });
    worker.terminate();
    expect(answer).toEqual({ rows: 20_000, finished: 4 });
  });

  test("drains a million records, as a plain loop would, only faster", async () => {
    const topic = await cluster().topic(8);
    const producer = await openProducer(cluster(), topic, { "properties.linger.ms": "50" });
    const texts = Array.from({ length: 10_000 }, (_, i) =>
      JSON.stringify({
        user_id: i * 7919,
        page: `/products/${i % 100}`,
        action: "click",
        event_id: i,
        at: 1_700_000_000 + i,
      }),
    );
    const rows = columnOf(texts);
    const partition = Int32Array.from({ length: rows.rows }, (_, i) => i % 8);
    const producedAt = performance.now();
    for (let round = 0; round < 100; round++) await producer.send({ ...rows, partition });
    await producer.flush();
    const producedMs = performance.now() - producedAt;
    await producer.close();
    const region = new KeyRegion({ bytes: 4 << 20, rows: 32_768, wantsKeys: false });
    const source = openSource(cluster(), topic, { "scan.bounded.mode": "latest-offset" });
    await source.open();
    const startedAt = performance.now();
    let ours = 0;
    let bytes = 0;
    for (let finished = 0; finished < 8; ) {
      const { rows, events } = source.poll(region, 50);
      ours += rows;
      bytes += rows === 0 ? 0 : (new Int32Array(region.buffer(), region.offsets, rows + 1)[rows] ?? 0);
      finished += events.filter(({ kind }) => kind === "finished").length;
    }
    const oursMs = performance.now() - startedAt;
    await source.close();
    expect(ours).toBe(1_000_000);
    expect(bytes).toBe(100 * (rows.bytes.length + rows.rows));
    const plain = plainDrain({ bootstrap: cluster().bootstrap, topic, partitions: 8, rows: 1_000_000 });
    expect(plain.bytes).toBe(100 * rows.bytes.length);
    const rate = (ms: number) => `${Math.round(1_000_000 / ms)} k/s`;
    console.log(
      `1,000,000 records of ${Math.round(rows.bytes.length / rows.rows)} bytes: produced ${rate(producedMs)}; ` +
        `read by the source ${rate(oursMs)}, by a plain loop ${rate(plain.ms)}`,
    );
  });
});
