import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { EncodedRows } from "../../../src/connectors/connector.ts";
import { createFileSink } from "../../../src/connectors/file/file-sink.ts";
import { readFileSinkOptions } from "../../../src/connectors/file/options.ts";
import type { Batch } from "../../../src/core/batch.ts";
import { batchFromRows } from "../../../src/core/batch-builder.ts";
import type { Schema } from "../../../src/core/type.ts";
import { cellReader } from "../../../src/core/value.ts";
import { TemporaryFolder } from "./temporary-folder.ts";

const schema: Schema = { fields: [{ name: "n", type: { kind: "int" }, nullable: false }] };

function batchOf(...numbers: number[]): Batch {
  return batchFromRows(
    schema,
    numbers.map((number) => [number]),
  );
}

function encode(batch: Batch): EncodedRows {
  const read = cellReader(batch.columns[0] as Batch["columns"][0], { kind: "int" });
  const rows = Array.from({ length: batch.rows }, (_, row) => Buffer.from(`{"n":${read(row)}}\n`));
  const offsets = new Int32Array(batch.rows + 1);
  rows.forEach((row, index) => {
    offsets[index + 1] = (offsets[index] as number) + row.length;
  });
  return { rows: batch.rows, bytes: Buffer.concat(rows), offsets, keyBytes: null, keyOffsets: null };
}

function sinkOf(folder: string, more: Record<string, string> = {}) {
  const time = { now: 0 };
  const options = readFileSinkOptions({ table: "out", options: { path: folder, ...more } });
  return { sink: createFileSink({ options, encode, clock: { now: () => time.now } }), time };
}

const finished = (folder: string) =>
  readdirSync(folder)
    .filter((name) => !name.startsWith("."))
    .sort();

describe("file sink", () => {
  test("shows a file under its name only once it is finished", async () => {
    using folder = new TemporaryFolder();
    const out = join(folder.path, "new", "out");
    const { sink } = sinkOf(out);
    await sink.open();
    await sink.write(batchOf(1, 2));
    await sink.write(batchOf(3));
    expect(finished(out)).toEqual([]);
    expect(readdirSync(out)).toEqual([".part-0.json.inprogress"]);
    await sink.flush();
    expect(readdirSync(out)).toEqual(["part-0.json"]);
    expect(readFileSync(join(out, "part-0.json"), "utf8")).toBe('{"n":1}\n{"n":2}\n{"n":3}\n');
  });

  test("writes no empty files", async () => {
    using folder = new TemporaryFolder();
    const { sink } = sinkOf(folder.path);
    await sink.open();
    await sink.write(batchOf());
    await sink.flush();
    await sink.close();
    expect(readdirSync(folder.path)).toEqual([]);
  });

  test("takes away what was never flushed", async () => {
    using folder = new TemporaryFolder();
    const { sink } = sinkOf(folder.path);
    await sink.open();
    await sink.write(batchOf(1));
    await sink.flush();
    await sink.write(batchOf(2));
    await sink.close();
    expect(readdirSync(folder.path)).toEqual(["part-0.json"]);
    expect(readFileSync(join(folder.path, "part-0.json"), "utf8")).toBe('{"n":1}\n');
  });

  test("begins a new file at the size and at the age asked", async () => {
    using folder = new TemporaryFolder();
    const { sink, time } = sinkOf(folder.path, {
      "sink.rolling-policy.file-size": "16",
      "sink.rolling-policy.rollover-interval": "10 s",
    });
    await sink.open();
    await sink.write(batchOf(1, 2));
    expect(finished(folder.path)).toEqual(["part-0.json"]);
    await sink.write(batchOf(3));
    time.now = 9_999;
    await sink.write(batchOf());
    expect(finished(folder.path)).toEqual(["part-0.json"]);
    time.now = 10_000;
    await sink.write(batchOf(4));
    expect(finished(folder.path)).toEqual(["part-0.json", "part-1.json"]);
    await sink.flush();
    await sink.close();
    expect(readFileSync(join(folder.path, "part-1.json"), "utf8")).toBe('{"n":3}\n');
    expect(readFileSync(join(folder.path, "part-2.json"), "utf8")).toBe('{"n":4}\n');
  });

  test("leaves what is there alone: finished files and those of a crash", async () => {
    using folder = new TemporaryFolder();
    folder.write("part-3.json", "old\n");
    folder.write(".part-7.json.inprogress", "half");
    const { sink } = sinkOf(folder.path);
    await sink.open();
    await sink.write(batchOf(1));
    await sink.flush();
    await sink.close();
    expect(finished(folder.path)).toEqual(["part-3.json", "part-8.json"]);
    expect(readFileSync(join(folder.path, "part-3.json"), "utf8")).toBe("old\n");
    expect(readFileSync(join(folder.path, ".part-7.json.inprogress"), "utf8")).toBe("half");
  });

  test("takes no number that another writer into the folder has had", async () => {
    using folder = new TemporaryFolder();
    const [a, b] = [sinkOf(folder.path).sink, sinkOf(folder.path).sink];
    await Promise.all([a.open(), b.open()]);
    let number = 0;
    for (const [first, second] of [
      [a, b],
      [b, a],
      [b, b],
      [a, b],
    ] as const) {
      await first.write(batchOf(number++));
      if (number % 2 === 0) await first.flush();
      await second.write(batchOf(number++));
      await Promise.all([first.flush(), second.flush()]);
    }
    await Promise.all([a.close(), b.close()]);
    const lines = finished(folder.path).flatMap((name) =>
      readFileSync(join(folder.path, name), "utf8").trimEnd().split("\n"),
    );
    expect(lines.sort()).toEqual(Array.from({ length: number }, (_, n) => `{"n":${n}}`));
    expect(readdirSync(folder.path).every((name) => !name.startsWith("."))).toBe(true);
  });

  test("says which folder it may not write to, with exit code 74", async () => {
    using folder = new TemporaryFolder();
    const path = folder.write("file", "x");
    await expect(sinkOf(path).sink.open()).rejects.toThrow(
      expect.objectContaining({ message: expect.stringContaining(`"${path}" failed`), exitCode: 74 }),
    );
  });
});
