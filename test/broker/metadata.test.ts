/** Metadata of a real broker's records as columns, by SQL text as Flink takes it: leader epoch, kind of timestamp, headers. */
import { expect, test } from "bun:test";
import { jsonLines, runSql, tableOf } from "../end-to-end/millrace.ts";
import { type Cluster, describeBroker, openSource, read, readTable, write } from "./fixture.ts";
import { KeyRegion } from "./key-region.ts";
import { writeWithHeaders } from "./raw-kafka.ts";

function table(cluster: Cluster, topic: string, columns: string): string {
  return tableOf("t", columns, {
    connector: "kafka",
    topic,
    "properties.bootstrap.servers": cluster.bootstrap,
    "scan.startup.mode": "earliest-offset",
    "scan.bounded.mode": "latest-offset",
    format: "json",
  });
}

const utf8 = (text: string) => new TextEncoder().encode(text);

describeBroker("metadata of a real broker", (cluster) => {
  test("headers are read by name: the last of equal names, NULL where there is none, bytes or text", async () => {
    const topic = await cluster().topic(1);
    writeWithHeaders(cluster().bootstrap, topic, [
      { value: '{"n":0}', headers: [] },
      {
        value: '{"n":1}',
        headers: [
          ["id", utf8("first")],
          ["größe", utf8("5 µm")],
          ["id", utf8("last")],
        ],
      },
      {
        value: '{"n":2}',
        headers: [
          ["id", null],
          ["größe", utf8("")],
          ["ID", utf8("another name")],
        ],
      },
    ]);
    const columns = `n BIGINT, headers MAP<STRING, BYTES> METADATA VIRTUAL, texts MAP<STRING, STRING> METADATA FROM 'headers' VIRTUAL,
      id AS CAST(headers['id'] AS STRING)`;
    const run = await runSql(
      `${table(cluster(), topic, columns)} SELECT n, id, headers['größe'] IS NULL AS absent, texts['größe'] AS size FROM t;`,
      "--json",
    );
    expect({ code: run.code, rows: jsonLines(run.out) }).toEqual({
      code: 0,
      rows: [
        { n: 0, id: null, absent: true, size: null },
        { n: 1, id: "last", absent: false, size: "5 µm" },
        { n: 2, id: null, absent: false, size: "" },
      ],
    });
    const grouped = await runSql(
      `${table(cluster(), topic, `${columns}, ts TIMESTAMP_LTZ(3) METADATA FROM 'timestamp' VIRTUAL, WATERMARK FOR ts AS ts`)}
        SELECT texts['id'] AS id, COUNT(*) AS c FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '100' DAY))
        WHERE headers['größe'] IS NOT NULL GROUP BY window_start, window_end, texts['id'];`,
      "--json",
    );
    expect(jsonLines(grouped.out)).toEqual([
      { id: null, c: 1 },
      { id: "last", c: 1 },
    ]);
  });

  test("a header that is no text fails the job where it is read as text, and says so", async () => {
    const topic = await cluster().topic(1);
    const headers = [["id", Uint8Array.of(0xff, 0xfe)]] as const;
    writeWithHeaders(cluster().bootstrap, topic, [{ value: '{"n":1}', headers }]);
    const sql = (cell: string) => `${table(cluster(), topic, "n BIGINT, headers MAP<STRING, BYTES> METADATA VIRTUAL")}
      SELECT n, ${cell} AS id FROM t;`;
    const failed = await runSql(sql("CAST(headers['id'] AS STRING)"));
    expect({ code: failed.code, out: failed.out }).toEqual({ code: 1, out: "" });
    expect(failed.err).toContain("CAST(headers['id'] AS STRING) fails");
    const tried = await runSql(sql("TRY_CAST(headers['id'] AS STRING)"), "--json");
    expect(jsonLines(tried.out)).toEqual([{ n: 1, id: null }]);
  });

  test("leader epoch and kind of timestamp are the broker's", async () => {
    const [created, appended] = [
      await cluster().topic(1),
      await cluster().topic(1, { "message.timestamp.type": "LogAppendTime" }),
    ];
    const columns = `n BIGINT, epoch INT METADATA FROM 'leader-epoch' VIRTUAL, \`timestamp-type\` STRING METADATA VIRTUAL`;
    const rowsOf = async (topic: string) => {
      await write(cluster(), { topic, partition: 0 }, ['{"n":1}']);
      const run = await runSql(`${table(cluster(), topic, columns)} SELECT * FROM t;`, "--json");
      expect(run.code).toBe(0);
      return jsonLines(run.out);
    };
    expect(await rowsOf(created)).toEqual([{ n: 1, epoch: 0, "timestamp-type": "CreateTime" }]);
    expect(await rowsOf(appended)).toEqual([{ n: 1, epoch: 0, "timestamp-type": "LogAppendTime" }]);
  });

  test("a sink's `timestamp` column becomes the records' own time, NULL the time of sending, and is no field of the value", async () => {
    const [input, output] = [await cluster().topic(1), await cluster().topic(1)];
    await write(cluster(), { topic: input, partition: 0 }, [
      '{"n":1,"at":"2024-05-01 12:00:00.123"}',
      '{"n":2,"at":null}',
      '{"n":3,"at":"1970-01-01 00:00:00.001"}',
    ]);
    const sink = (options: Record<string, string>) =>
      tableOf("o", "n BIGINT, event TIMESTAMP_LTZ(3) METADATA FROM 'timestamp', k STRING", {
        connector: "kafka",
        topic: output,
        "properties.bootstrap.servers": cluster().bootstrap,
        ...options,
      });
    const from = table(cluster(), input, "n BIGINT, `at` TIMESTAMP_LTZ(3)");
    const insert = "INSERT INTO o SELECT n, `at`, 'key' FROM t";
    const startedAt = Date.now() - 1000;
    const plain = await runSql(`${from}${sink({ format: "json" })}${insert};`, "--json");
    expect([plain.code, plain.err.includes("error")]).toEqual([0, false]);
    const keyed = {
      "value.format": "json",
      "key.format": "json",
      "key.fields": "k",
      "value.fields-include": "EXCEPT_KEY",
    };
    expect((await runSql(`${from}${sink(keyed)}${insert} WHERE n = 1;`)).code).toBe(0);
    const { records } = await readTable(cluster(), output);
    expect(records.map(({ key, text }) => [key, text])).toEqual([
      ["", '{"n":1,"k":"key"}'],
      ["", '{"n":2,"k":"key"}'],
      ["", '{"n":3,"k":"key"}'],
      ['{"k":"key"}', '{"n":1}'],
    ]);
    const times = records.map(({ timestamp }) => Number(timestamp));
    const noon = Date.UTC(2024, 4, 1, 12, 0, 0, 123);
    expect([times[0], times[2], times[3]]).toEqual([noon, 1, noon]);
    expect(times[1]).toBeGreaterThan(startedAt);
    await write(cluster(), { topic: input, partition: 0 }, ['{"n":4,"at":"1969-12-31 23:59:59.999"}']);
    const early = await runSql(`${from}${sink({ format: "json" })}${insert} WHERE n = 4;`);
    expect([early.code, early.err]).toMatchObject([
      1,
      expect.stringContaining('"event" does not lie after 1970-01-01'),
    ]);
  });

  test("envelopes larger than the region's room are made room for, and none is lost on the way", async () => {
    const topic = await cluster().topic(1);
    const sizes = [10, 300, 0, 5000, 100, 7, 40_000, 3];
    const records = sizes.map((size, n) => ({
      value: `${n}`,
      headers: [["h", new Uint8Array(size).fill(n)]] as const,
    }));
    writeWithHeaders(cluster().bootstrap, topic, records);
    const source = openSource(cluster(), topic, { "scan.bounded.mode": "latest-offset" });
    await source.open();
    const region = new KeyRegion({ bytes: 200, rows: 3, wantsEnvelopes: true });
    const result = await read(source, { region });
    await source.close();
    expect(result.records.map(({ text }) => text)).toEqual(sizes.map((_, n) => `${n}`));
    for (const [n, { envelope }] of result.records.entries()) {
      const bytes = Buffer.from(envelope ?? []);
      expect([bytes.readInt32LE(0), bytes.readInt32LE(4), bytes.readInt32LE(8), bytes.readInt32LE(12)]).toEqual([
        0,
        1,
        1,
        sizes[n] ?? -1,
      ]);
      expect(bytes.subarray(16).equals(Buffer.concat([utf8("h"), new Uint8Array(sizes[n] ?? 0).fill(n)]))).toBe(true);
    }
  });
});
