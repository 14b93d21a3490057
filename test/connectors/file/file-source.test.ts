import { describe, expect, test } from "bun:test";
import { symlinkSync, truncateSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import type { SourceEvent } from "../../../src/connectors/connector.ts";
import { createFileSource } from "../../../src/connectors/file/file-source.ts";
import { readFileSourceOptions } from "../../../src/connectors/file/options.ts";
import { type PlainRecord, PlainRegion } from "../plain-region.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

interface Setup {
  readonly more?: Record<string, string>;
  readonly startPositions?: ReadonlyMap<string, bigint>;
  readonly maxLineBytes?: number;
}

function sourceOf(path: string, { more = {}, ...rest }: Setup = {}) {
  let now = 0;
  const sleep = (ms: number) => {
    now += ms;
  };
  const options = readFileSourceOptions({ table: "clicks", options: { path, ...more } });
  return createFileSource({ options, clock: { now: () => now }, sleep, ...rest });
}

async function drain(path: string, region = new PlainRegion(64, 8), setup: Setup = {}) {
  const source = sourceOf(path, setup);
  const partitions = await source.open();
  const records: PlainRecord[] = [];
  const events: SourceEvent[] = [];
  while (events.filter((event) => event.kind === "finished").length < partitions.length) {
    const polled = source.poll(region, 10);
    records.push(...region.records(polled.rows));
    events.push(...polled.events);
  }
  await source.close();
  return { records, events, names: partitions.map(({ name }) => name) };
}

/** What the records of a text are: its lines, each with its newline. */
function recordsOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function textsOf(records: readonly PlainRecord[], partition: number): string[] {
  return records.filter((record) => record.partition === partition).map(({ text }) => text);
}

describe("file source", () => {
  test("gives the lines of files, whatever the region's size, and their byte positions", async () => {
    const line = fc.oneof(
      fc.string({ maxLength: 40 }),
      fc.string({ unit: "grapheme", maxLength: 60 }),
      fc.constant(""),
    );
    const text = fc.tuple(fc.array(line, { maxLength: 30 }), fc.boolean()).map(([lines, ended]) => {
      return lines.join("\n") + (ended ? "\n" : "");
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(text, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 200 }),
        fc.integer({ min: 1, max: 10 }),
        async (texts, bytes, rows) => {
          using folder = new TemporaryFolder();
          texts.forEach((content, index) => {
            folder.write(`${index}.json`, content);
          });
          const { records } = await drain(folder.path, new PlainRegion(bytes, rows));
          texts.forEach((content, index) => {
            expect(textsOf(records, index)).toEqual(recordsOf(content.toWellFormed()));
            let position = 0n;
            for (const record of records.filter(({ partition }) => partition === index)) {
              expect(record.position).toBe(position);
              position += BigInt(Buffer.byteLength(record.text));
            }
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("takes turns between files", async () => {
    using folder = new TemporaryFolder();
    for (const name of ["a.json", "b.json", "c.json"]) folder.write(name, "{}\n".repeat(12));
    const { records } = await drain(folder.path, new PlainRegion(1024, 4));
    const turns = records.filter((_, row) => row % 4 === 0).map(({ partition }) => partition);
    expect(turns).toEqual([0, 1, 2, 0, 1, 2, 0, 1, 2]);
  });

  test("reads a folder below and below, in order of names, without hidden files", async () => {
    using folder = new TemporaryFolder();
    const wanted = ["10.json", "9.json", "a/b/1.json", "z.json"].map((name) => folder.write(name, "{}\n"));
    for (const name of [".part-0.json", "_SUCCESS", ".hidden/x.json", "_tmp/x.json"]) folder.write(name, "no\n");
    expect((await drain(folder.path)).names).toEqual(wanted);
  });

  test("reads what a glob matches", async () => {
    using folder = new TemporaryFolder();
    const wanted = ["day=1/a.json", "day=2/a.json"].map((name) => folder.write(name, "{}\n"));
    folder.write("day=1/a.csv", "no\n");
    folder.write("b.json", "no\n");
    expect((await drain(join(folder.path, "*", "*.json"))).names).toEqual(wanted);
    expect((await drain(join(folder.path, "**/a.{json,txt}"))).names).toEqual(wanted);
  });

  test("takes a name with glob characters as a name where there is such a file", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("clicks[1].json", "{}\n");
    folder.write("clicks1.json", "no\n");
    expect((await drain(path)).names).toEqual([path]);
  });

  test("keeps the files whose whole path matches the pattern", async () => {
    using folder = new TemporaryFolder();
    const wanted = folder.write("clicks-2024.json", "{}\n");
    folder.write("orders-2024.json", "{}\n");
    folder.write("clicks-2024.json.bak", "{}\n");
    const more = { "source.path.regex-pattern": ".*/clicks-[0-9]+\\.json" };
    expect((await drain(folder.path, new PlainRegion(64, 8), { more })).names).toEqual([wanted]);
  });

  test("takes file: addresses and follows links to files", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("a b.json", "{}\n");
    expect((await drain(`file://${path.replace(" ", "%20")}`)).names).toEqual([path]);
    symlinkSync(path, join(folder.path, "link.json"));
    expect((await drain(folder.path)).records).toHaveLength(2);
  });

  test("reads more files than it keeps open", async () => {
    using folder = new TemporaryFolder();
    for (let file = 0; file < 400; file++) folder.write(`${file}.json`, `{"n":${file}}\n{}\n`);
    const { records, names } = await drain(folder.path, new PlainRegion(1024, 1));
    expect(names).toHaveLength(400);
    expect(records).toHaveLength(800);
  });

  test("ends at once where a folder holds nothing", async () => {
    using folder = new TemporaryFolder();
    expect((await drain(folder.path)).records).toEqual([]);
  });

  test("goes on at the positions it is given", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("a.json", '{"n":1}\n{"n":2}\n{"n":3}\n');
    const { records } = await drain(path, new PlainRegion(64, 8), { startPositions: new Map([[path, 8n]]) });
    expect(records.map(({ text, position }) => [text, position])).toEqual([
      ['{"n":2}\n', 8n],
      ['{"n":3}\n', 16n],
    ]);
  });

  test("grows the region for a long line and refuses one beyond the limit, naming file and byte", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("long.json", `{}\n"${"x".repeat(5000)}"\n{}\n`);
    const { records } = await drain(path, new PlainRegion(64, 8), { maxLineBytes: 5003 });
    expect(records.map(({ text }) => text.length)).toEqual([3, 5003, 3]);
    const refused = drain(path, new PlainRegion(64, 8), { maxLineBytes: 5002 });
    await expect(refused).rejects.toThrow(`"${path}" has a line longer than 5002 bytes at byte 3`);
  });

  test("holds no row of a paused file and loses none", async () => {
    using folder = new TemporaryFolder();
    folder.write("a.json", "1\n2\n3\n");
    folder.write("b.json", "4\n5\n6\n");
    const source = sourceOf(folder.path);
    await source.open();
    const region = new PlainRegion(64, 1);
    source.pause([0]);
    const before = Array.from({ length: 6 }, () => region.records(source.poll(region, 10).rows)).flat();
    expect(before.map(({ text }) => text)).toEqual(["4\n", "5\n", "6\n"]);
    source.resume([0]);
    const after = Array.from({ length: 6 }, () => region.records(source.poll(region, 10).rows)).flat();
    expect(after.map(({ text }) => text)).toEqual(["1\n", "2\n", "3\n"]);
  });

  test("says what is left to read", async () => {
    using folder = new TemporaryFolder();
    const source = sourceOf(folder.write("a.json", "1\n2\n3\n"));
    await source.open();
    source.poll(new PlainRegion(64, 1), 10);
    expect(source.lag()).toEqual([{ partition: 0, position: 2n, highWatermark: 6n }]);
  });

  test("warns when a file became shorter than what was read", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("a.json", "1\n2\n3\n");
    const source = sourceOf(path);
    await source.open();
    const region = new PlainRegion(64, 2);
    source.poll(region, 10);
    truncateSync(path, 1);
    expect(source.poll(region, 10).events).toEqual([
      { kind: "warning", code: "FILE-TRUNCATED", message: `"${path}" is shorter than the 4 bytes already read` },
      { kind: "finished", partition: 0 },
    ]);
  });
});

describe("file source that watches", () => {
  const more = { "source.monitor-interval": "1 s" };

  test("makes new files new partitions and never ends", async () => {
    using folder = new TemporaryFolder();
    folder.write("a.json", "1\n");
    const source = sourceOf(folder.path, { more });
    await source.open();
    const region = new PlainRegion(64, 8);
    expect(source.poll(region, 10).events).toEqual([{ kind: "caught-up", partition: 0, position: 2n }]);
    const first = folder.write("b.json", "2\n");
    const second = folder.write("c.json", "3\n");
    const events: SourceEvent[] = [];
    const texts: string[] = [];
    for (let poll = 0; poll < 300; poll++) {
      const polled = source.poll(region, 10);
      events.push(...polled.events);
      texts.push(...region.records(polled.rows).map(({ text }) => text));
    }
    expect(texts).toEqual(["2\n", "3\n"]);
    expect(events).toEqual([
      { kind: "partition-added", partition: { index: 1, name: first, topic: "clicks", partition: 1 } },
      { kind: "partition-added", partition: { index: 2, name: second, topic: "clicks", partition: 2 } },
      { kind: "caught-up", partition: 1, position: 2n },
      { kind: "finished", partition: 0 },
      { kind: "finished", partition: 1 },
      { kind: "caught-up", partition: 2, position: 2n },
    ]);
  });

  test("waits for a path that is not there yet", async () => {
    using folder = new TemporaryFolder();
    const source = sourceOf(join(folder.path, "later"), { more });
    expect(await source.open()).toEqual([]);
    expect(source.poll(new PlainRegion(64, 8), 10)).toEqual({ rows: 0, events: [] });
    folder.write("later/a.json", "1\n");
    const region = new PlainRegion(64, 8);
    let rows = 0;
    for (let poll = 0; poll < 300; poll++) rows += source.poll(region, 10).rows;
    expect(rows).toBe(1);
  });
});

describe("file options", () => {
  const refused: [string, Record<string, string>, RegExp][] = [
    ["no path", {}, /option "path" is missing/],
    ["storage that is not built in", { path: "s3://bucket/a" }, /no storage for "s3:" in path "s3:\/\/bucket\/a"/],
    ["another host's file", { path: "file://host/a" }, /names no local file/],
    ["a pattern that does not compile", { path: "a", "source.path.regex-pattern": "(" }, /is no regular expression/],
    [
      "an interval without a length",
      { path: "a", "source.monitor-interval": "soon" },
      /"source.monitor-interval" is "soon"/,
    ],
    ["an interval of zero", { path: "a", "source.monitor-interval": "0" }, /is 0/],
  ];
  for (const [what, options, message] of refused) {
    test(`refuses ${what}, with exit code 74`, () => {
      const read = () => readFileSourceOptions({ table: "clicks", options });
      expect(read).toThrow(message);
      expect(read).toThrow(expect.objectContaining({ exitCode: 74 }));
    });
  }

  test("refuses a path that is not there, naming it, with exit code 74", async () => {
    using folder = new TemporaryFolder();
    const missing = join(folder.path, "nothing.json");
    await expect(sourceOf(missing).open()).rejects.toThrow(
      expect.objectContaining({ message: `table "clicks": path "${missing}" is not there`, exitCode: 74 }),
    );
    const glob = join(folder.path, "*.json");
    await expect(sourceOf(glob).open()).rejects.toThrow(`no file matches path "${glob}"`);
    await expect(sourceOf("/dev/null").open()).rejects.toThrow("it is a pipe, a socket or a device");
  });
});

describe("the line of a position", () => {
  test("counts from 1 over chunks of reading, and is unknown where the file no longer is", async () => {
    using folder = new TemporaryFolder();
    const line = `${"x".repeat(999)}\n`;
    folder.write("a.json", `\n\r\n${line.repeat(3000)}`);
    const path = join(folder.path, "a.json");
    const source = sourceOf(path);
    await source.open();
    expect([0, 1, 3, 1003, 2_999_003].map((at) => source.lineOf?.(0, BigInt(at)))).toEqual([1, 2, 3, 4, 3002]);
    truncateSync(path, 10);
    expect(source.lineOf?.(0, 1003n)).toBeNull();
    await source.close();
  });
});
