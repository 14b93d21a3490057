/** Rows through a kernel without windows: selection, bad rows, and the Arrow columns that come out. */
import { describe, expect, test } from "bun:test";
import { BAD_EXPRESSION } from "../../assembly/shared/status.ts";
import type { DataType } from "../../src/core/type.ts";
import { BIGINT, BOOLEAN, DOUBLE, drain, END, freshKernel, random, STRING, TIMESTAMP } from "./harness.ts";
import { countProgram, type Field, lay, layKeyed, projectProgram, runAll, runLines, utf8, value } from "./project.ts";

describe("output columns", () => {
  test("hold every type, narrow, with NULLs, over several vectors", () => {
    const types: DataType[] = [
      BOOLEAN,
      { kind: "tinyint" },
      { kind: "smallint" },
      { kind: "int" },
      BIGINT,
      { kind: "float" },
    ];
    types.push(
      DOUBLE,
      { kind: "decimal", precision: 38, scale: 2 },
      STRING,
      { kind: "date" },
      { kind: "time", precision: 3 },
    );
    const kernel = freshKernel();
    kernel.load(projectProgram([...types, TIMESTAMP].map(value)));
    const line = '{"c0":true,"c1":-128,"c2":-32768,"c3":-2147483648,"c4":-9223372036854775808,"c5":0.1,"c6":-0.0,';
    const rest =
      '"c7":"-99.995","c8":"é\\u0000😀","c9":"1969-12-31","c10":"23:59:59.999","c11":"1969-12-31 23:59:59.999"}\n';
    const rows = runLines(kernel, `${line}${rest}{}\n`.repeat(3000));
    expect(rows.length).toBe(6000);
    const full = [
      true,
      -128,
      -32768,
      -2147483648,
      -(2n ** 63n),
      Math.fround(0.1),
      -0,
      -10000n,
      "é\u0000😀",
      -1,
      86_399_999,
      -1000n,
    ];
    for (const [index, row] of rows.entries()) expect(row).toEqual(index % 2 === 0 ? full : full.map(() => null));
  });

  test("have no validity bitmap where nothing is NULL", () => {
    const kernel = freshKernel();
    kernel.load(projectProgram([value(BIGINT)]));
    kernel.ensurePartitions(0, 1);
    lay(kernel, '{"c0":1}\n{"c0":null}\n');
    const input = kernel.input(0);
    input.splitLines({ used: 9, final: true, partition: 0, position: 0n });
    kernel.ingestBegin(0, 1);
    kernel.ingestNext(0);
    expect(kernel.takeOutput(0)?.columns[0]?.validity).toBeNull();
  });
});

describe("a filter", () => {
  test("passes only TRUE, keeps the order, and every row is counted once", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const next = random(seed);
      const flags = Array.from(
        { length: 1 + Math.floor(next() * 5000) },
        () => [true, false, null][Math.floor(next() * 3)],
      );
      const kernel = freshKernel();
      kernel.load(projectProgram([value(BOOLEAN), value(BIGINT)], 0));
      const rows = runLines(kernel, flags.map((flag, index) => `{"c0":${flag},"c1":${index}}\n`).join(""));
      const expected = flags.flatMap((flag, index) => (flag === true ? [[true, BigInt(index)]] : []));
      expect({ seed, rows }).toEqual({ seed, rows: expected });
      const { rows: all, counted, filtered, bad, late } = kernel.queryCounters(0);
      expect({ seed, all, counted, filtered, bad, late }).toEqual({
        seed,
        all: flags.length,
        counted: expected.length,
        filtered: flags.length - expected.length,
        bad: 0,
        late: 0,
      });
    }
  });
});

describe("a row with a failing value", () => {
  test("is bad for the query that reads it, named, and its neighbours stay", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const next = random(seed);
      const kernel = freshKernel();
      kernel.load(projectProgram([value(BIGINT), { type: BIGINT, from: "key" }]));
      const good = Array.from({ length: 1 + Math.floor(next() * 2048) }, () => next() < 0.9);
      layKeyed(
        kernel,
        good.map((fits, index) => ({ key: fits ? `{"c1":${index}}` : '{"c1":"no number"}', value: `{"c0":${index}}` })),
      );
      const rows = runAll(kernel, good.length);
      const expected = good.flatMap((fits, index) => (fits ? [[BigInt(index), BigInt(index)]] : []));
      expect({ seed, rows }).toEqual({ seed, rows: expected });
      const bad = good.flatMap((fits, record) =>
        fits ? [] : [{ record, reason: BAD_EXPRESSION, column: "c1", field: null, query: 0, item: 1, at: -1 }],
      );
      expect({ seed, bad: kernel.badRows(0) }).toEqual({ seed, bad });
      expect(kernel.queryCounters(0)).toMatchObject({ rows: good.length, counted: expected.length, bad: bad.length });
    }
  });
});

describe("a row with a failing key", () => {
  test("is bad in whichever window it falls, and the others are counted", () => {
    const fields: Field[] = [
      { type: TIMESTAMP, from: "timestamp" },
      { type: BIGINT, from: "key" },
    ];
    for (let seed = 1; seed <= 20; seed++) {
      const next = random(seed);
      const records = Array.from({ length: 1 + Math.floor(next() * 4000) }, () => ({
        timeMs: Math.floor(next() * 5000),
        key: next() < 0.9 ? Math.floor(next() * 3) : null,
      }));
      const kernel = freshKernel();
      kernel.load(countProgram(fields));
      layKeyed(
        kernel,
        records.map(({ key }) => ({ key: key === null ? '{"c1":"none"}' : `{"c1":${key}}`, value: "{}" })),
      );
      const input = kernel.input(0);
      const times = new BigInt64Array(input.buffer(), input.timestamps, records.length);
      for (const [index, { timeMs }] of records.entries()) times[index] = BigInt(timeMs);
      kernel.ingestBegin(0, records.length);
      while (kernel.ingestNext(0)) {
        // to the end
      }
      const expected = new Map<string, number>();
      for (const { timeMs, key } of records) {
        if (key !== null)
          expected.set(
            `${timeMs - (timeMs % 1000)} ${key}`,
            (expected.get(`${timeMs - (timeMs % 1000)} ${key}`) ?? 0) + 1,
          );
      }
      const got = drain(kernel, END).map(
        ([start, key, count]) => [`${(start as bigint) / 1000n} ${key}`, Number(count)] as const,
      );
      expect({ seed, got: new Map<string, number>(got) }).toEqual({ seed, got: expected });
      expect(kernel.queryCounters(0).bad).toBe(records.filter(({ key }) => key === null).length);
    }
  });
});

describe("metadata", () => {
  test("comes from the columns beside the records", () => {
    const kernel = freshKernel();
    const fields: Field[] = [
      value(BIGINT),
      { type: BIGINT, from: "partition" },
      { type: BIGINT, from: "offset" },
      { type: { kind: "timestamp_ltz", precision: 3 }, from: "timestamp" },
      { type: STRING, from: "topic" },
    ];
    kernel.load(projectProgram(fields));
    kernel.ensurePartitions(0, 3);
    kernel.nameTopic(0, 2, "clicks", 7);
    lay(kernel, '{"c0":1}\n{"c0":2}\n');
    const input = kernel.input(0);
    expect(input.splitLines({ used: 18, final: true, partition: 2, position: 100n })).toEqual({
      rows: 2,
      consumed: 18,
    });
    new DataView(input.buffer()).setBigInt64(input.timestamps + 8, 5n, true);
    expect(runAll(kernel, 2)).toEqual([
      [1n, 7n, 100n, null, "clicks"],
      [2n, 7n, 109n, 5000n, "clicks"],
    ]);
    const bytes = utf8.encode('{"c0":2}\n');
    expect(kernel.record(0, 1)).toEqual({
      partition: 2,
      position: 109n,
      timestamp: 5n,
      bytes,
      key: new Uint8Array(),
      envelope: new Uint8Array(),
    });
  });
});

describe("the host's mistakes", () => {
  test("records of a partition that was never announced stop the kernel", () => {
    const kernel = freshKernel();
    kernel.load(projectProgram([value(BIGINT)]));
    lay(kernel, '{"c0":1}\n');
    kernel.input(0).splitLines({ used: 9, final: true, partition: 3, position: 0n });
    expect(() => kernel.ingestBegin(0, 1)).toThrow("the kernel stopped");
  });
});
