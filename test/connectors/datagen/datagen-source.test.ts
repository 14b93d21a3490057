import { describe, expect, test } from "bun:test";
import type { SourceEvent } from "../../../src/connectors/connector.ts";
import { createClickstream } from "../../../src/connectors/datagen/clickstream.ts";
import { createDatagenSource } from "../../../src/connectors/datagen/datagen-source.ts";
import { datagenOptionNames, readDatagenOptions } from "../../../src/connectors/datagen/options.ts";
import type { DataType, Schema } from "../../../src/core/type.ts";
import { type PlainRecord, PlainRegion } from "../plain-region.ts";

const clickSchema: Schema = { fields: [] };

function schemaOf(types: Record<string, DataType>): Schema {
  return { fields: Object.entries(types).map(([name, type]) => ({ name, type, nullable: true })) };
}

/** A clock that only sleeping moves. */
function sleeper(startMs = 1_700_000_000_000) {
  let now = startMs;
  const sleep = (ms: number) => {
    now += ms;
  };
  return { clock: { now: () => now }, elapsed: () => now - startMs, sleep };
}

function sourceOf(options: Record<string, string>, schema = clickSchema, startPositions?: Map<number, bigint>) {
  const time = sleeper();
  const source = createDatagenSource({
    table: "clicks",
    options: readDatagenOptions({ table: "clicks", options }, schema),
    ...time,
    ...(startPositions === undefined ? {} : { startPositions }),
  });
  return { source, time };
}

async function drain(options: Record<string, string>, schema = clickSchema, region = new PlainRegion(1 << 16, 256)) {
  const { source, time } = sourceOf(options, schema);
  const partitions = await source.open();
  const records: PlainRecord[] = [];
  const events: SourceEvent[] = [];
  while (events.filter((event) => event.kind === "finished").length < partitions.length) {
    const polled = source.poll(region, 50);
    records.push(...region.records(polled.rows));
    events.push(...polled.events);
  }
  return { records, events, partitions, time, source };
}

interface ScalarRow {
  readonly tiny: number;
  readonly price: number;
  readonly single: number;
  readonly label: string;
  readonly code: string;
  readonly raw: string;
  readonly day: string;
  readonly at: string;
}

describe("datagen source", () => {
  test("gives the rows of the clickstream, partition by partition, and ends", async () => {
    const { records, partitions } = await drain({
      kind: "clickstream",
      seed: "4",
      partitions: "3",
      "number-of-rows": "1000",
      "rows-per-second": "100000",
    });
    expect(partitions.map(({ name }) => name)).toEqual(["clicks[0]", "clicks[1]", "clicks[2]"]);
    expect(records).toHaveLength(1000);
    const expected = [...createClickstream({ seed: 4 }).rows(1000)];
    for (const record of records) {
      const index = Number(record.position) * 3 + record.partition;
      expect(JSON.parse(record.text)).toEqual(expected[index]);
      expect(record.timestamp).toBe(-(2n ** 63n));
    }
    expect(new Set(records.map((record) => `${record.partition}/${record.position}`)).size).toBe(1000);
  });

  test("keeps the asked rate on the clock it is given", async () => {
    const { time } = await drain({ kind: "clickstream", "number-of-rows": "5000", "rows-per-second": "1000" });
    expect(time.elapsed()).toBeGreaterThanOrEqual(4900);
    expect(time.elapsed()).toBeLessThanOrEqual(5100);
  });

  test("catches up by one second at most after it was held up", async () => {
    const { source, time } = sourceOf({ kind: "clickstream", "rows-per-second": "1000" });
    await source.open();
    const region = new PlainRegion(1 << 20, 100_000);
    source.poll(region, 50);
    time.sleep(60_000);
    let rows = 0;
    for (let polled = source.poll(region, 0); polled.rows > 0; polled = source.poll(region, 0)) rows += polled.rows;
    expect(rows).toBe(1000);
  });

  test("is not at its end when nothing is due: rows are to come, and the watermark waits for the first of every partition", async () => {
    const { source } = sourceOf({ kind: "clickstream", partitions: "2", "rows-per-second": "1" });
    await source.open();
    expect(source.poll(new PlainRegion(4096, 16), 50)).toEqual({ rows: 0, events: [] });
  });

  test("gives no row of a paused partition and loses none", async () => {
    const { source } = sourceOf({ kind: "clickstream", partitions: "2", "number-of-rows": "200" });
    await source.open();
    const region = new PlainRegion(1 << 16, 64);
    source.pause([1]);
    const before: PlainRecord[] = [];
    for (let poll = 0; poll < 20; poll++) before.push(...region.records(source.poll(region, 50).rows));
    expect(before.map((record) => record.partition)).toEqual(new Array(100).fill(0));
    source.resume([1]);
    const after: PlainRecord[] = [];
    for (let poll = 0; poll < 20; poll++) after.push(...region.records(source.poll(region, 50).rows));
    expect(after.map((record) => record.position)).toEqual(Array.from({ length: 100 }, (_, row) => BigInt(row)));
  });

  test("goes on at the positions it is given", async () => {
    const options = { kind: "clickstream", partitions: "2", "rows-per-second": "1000000" };
    const { source } = sourceOf(options, clickSchema, new Map([[1, 70n]]));
    await source.open();
    const region = new PlainRegion(1 << 20, 1024);
    const records = region.records(source.poll(region, 50).rows);
    expect(records.find((record) => record.partition === 1)?.position).toBe(70n);
    expect(records.find((record) => record.partition === 0)?.position).toBe(0n);
  });

  test("makes values of every scalar type within the bounds asked", async () => {
    const schema = schemaOf({
      flag: { kind: "boolean" },
      tiny: { kind: "tinyint" },
      small: { kind: "smallint" },
      whole: { kind: "int" },
      big: { kind: "bigint" },
      single: { kind: "float" },
      wide: { kind: "double" },
      price: { kind: "decimal", precision: 5, scale: 2 },
      label: { kind: "string" },
      code: { kind: "char", length: 4 },
      raw: { kind: "bytes" },
      day: { kind: "date" },
      at: { kind: "timestamp", precision: 3 },
      number: { kind: "bigint" },
    });
    const { records } = await drain(
      {
        "number-of-rows": "400",
        "fields.tiny.min": "-3",
        "fields.tiny.max": "3",
        "fields.price.min": "1.50",
        "fields.price.max": "2",
        "fields.single.max": "1",
        "fields.label.length": "7",
        "fields.at.max-past": "10 s",
        "fields.number.kind": "sequence",
        "fields.number.start": "9007199254740993",
        "fields.number.end": "9007199254741992",
      },
      schema,
    );
    const rows = records.map((record) => JSON.parse(record.text) as ScalarRow);
    expect(rows).toHaveLength(400);
    expect(new Set(rows.map((row) => row.tiny)).size).toBe(7);
    expect(rows.every((row) => row.tiny >= -3 && row.tiny <= 3)).toBe(true);
    expect(rows.every((row) => row.price >= 1.5 && row.price <= 2)).toBe(true);
    expect(rows.every((row) => row.single >= 0 && row.single <= 1)).toBe(true);
    expect(rows.every((row) => /^[0-9a-f]{7}$/.test(row.label))).toBe(true);
    expect(rows.every((row) => /^[0-9a-f]{4}$/.test(row.code))).toBe(true);
    expect(rows.every((row) => Buffer.from(row.raw, "base64").length === 100)).toBe(true);
    expect(rows.every((row) => row.day === "2023-11-14")).toBe(true);
    expect(rows.every((row) => row.at > "2023-11-14 22:13:09" && row.at < "2023-11-14 22:13:21")).toBe(true);
    records.forEach((record, row) => {
      expect(record.text).toContain(`"number":${9_007_199_254_740_993n + BigInt(row)}}`);
    });
  });

  test("makes the same rows for every size of region", async () => {
    const schema = schemaOf({ id: { kind: "bigint" }, name: { kind: "string" } });
    const options = { "number-of-rows": "300", seed: "8" };
    const texts = async (region: PlainRegion) => (await drain(options, schema, region)).records.map(({ text }) => text);
    const wide = await texts(new PlainRegion(1 << 20, 4096));
    expect(await texts(new PlainRegion(500, 3))).toEqual(wide);
    const small = new PlainRegion(16, 5);
    expect(await texts(small)).toEqual(wide);
    expect(small.reserved).toBeGreaterThan(0);
  });

  test("ends with the shortest sequence", async () => {
    const schema = schemaOf({ a: { kind: "int" }, b: { kind: "string" } });
    const sequences = {
      "fields.a.kind": "sequence",
      "fields.a.start": "5",
      "fields.a.end": "9",
      "fields.b.kind": "sequence",
      "fields.b.start": "1",
      "fields.b.end": "3",
    };
    const { records } = await drain(sequences, schema);
    expect(records.map(({ text }) => text)).toEqual(['{"a":5,"b":"1"}\n', '{"a":6,"b":"2"}\n', '{"a":7,"b":"3"}\n']);
  });

  test("names every option it reads", () => {
    const names = datagenOptionNames(schemaOf({ a: { kind: "int" } }));
    expect(names).toContain("rows-per-second");
    expect(names).toContain("fields.a.max-past");
  });

  const refused: [string, Record<string, string>, RegExp][] = [
    ["an unknown kind", { kind: "clickstraem" }, /option "kind" is "clickstraem"/],
    ["a rate that is no number", { "rows-per-second": "fast" }, /option "rows-per-second" is "fast"/],
    ["a rate of zero", { "rows-per-second": "0" }, /option "rows-per-second" is "0"/],
    [
      "a day that the calendar does not have",
      { kind: "clickstream", "start-time": "2023-02-30 00:00:00" },
      /start-time/,
    ],
    ["partitions without the clickstream", { partitions: "2" }, /option "partitions" has no effect here/],
    ["a range upside down", { "fields.a.min": "5", "fields.a.max": "4" }, /column "a" has min above max/],
    ["a bound beyond the type", { "fields.a.max": "3000000000" }, /does not fit its type/],
    [
      "a sequence without an end",
      { "fields.a.kind": "sequence", "fields.a.start": "1" },
      /needs option "fields.a.end"/,
    ],
    ["a text that is too long", { "fields.s.length": "10001" }, /option "fields.s.length" is "10001"/],
  ];
  for (const [what, options, message] of refused) {
    test(`refuses ${what}, naming it, with exit code 74`, () => {
      const schema = schemaOf({ a: { kind: "int" }, s: { kind: "string" } });
      const read = () => readDatagenOptions({ table: "clicks", options }, schema);
      expect(read).toThrow(message);
      expect(read).toThrow(expect.objectContaining({ exitCode: 74 }));
    });
  }

  test("refuses a column it makes no values for", () => {
    const schema = schemaOf({ list: { kind: "array", element: { kind: "int" } } });
    expect(() => readDatagenOptions({ table: "clicks", options: {} }, schema)).toThrow(/ARRAY<INT> for column "list"/);
  });
});
