/** Rows through a kernel without windows: input regions, selection, bad rows, and the Arrow columns that come out. */
import { describe, expect, test } from "bun:test";
import { BAD_EXPRESSION, BAD_UTF8 } from "../../assembly/shared/status.ts";
import type { DataType } from "../../src/core/type.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { physicalOf } from "../../src/kernel/physical.ts";
import type { JsonDecodeProgram, KernelProgram, MetadataProgram } from "../../src/kernel/program.ts";
import { BIGINT, BOOLEAN, DOUBLE, freshKernel, type Row, random, rowsOf, STRING, TIMESTAMP } from "./harness.ts";

interface Field {
  readonly type: DataType;
  readonly from: "value" | "key" | MetadataProgram["kind"];
}

function decoder(fields: readonly Field[], from: Field["from"]): JsonDecodeProgram {
  return {
    kind: "json",
    fields: fields.flatMap(({ type, from: place }, index) =>
      place === from ? [{ path: [`c${index}`], type, register: index, name: `c${index}` }] : [],
    ),
    validation: "full",
    ignoreParseErrors: false,
    failOnMissingField: false,
    timestampFormat: "lenient",
  };
}

/** SELECT every column FROM … [WHERE a BOOLEAN column]. */
function projectProgram(fields: readonly Field[], where: number | null = null): KernelProgram {
  const physical = fields.map(({ type }) => physicalOf(type));
  const copies = fields.map((_, index) => index + fields.length);
  return {
    version: 1,
    registers: [...physical, ...physical],
    constants: [],
    sources: [
      {
        decode: decoder(fields, "value"),
        keyDecode: fields.some(({ from }) => from === "key") ? decoder(fields, "key") : null,
        metadata: fields.flatMap(({ from }, register) =>
          from === "value" || from === "key" ? [] : [{ kind: from, register }],
        ),
        compute: [],
        eventTime: null,
      },
    ],
    queries: [
      {
        kind: "project",
        source: 0,
        inputs: copies.map((to, from) => ({ from, to })),
        filter: where === null ? null : { instructions: [], register: where },
        compute: [],
        outputs: fields.map(({ type }, index) => ({
          name: `c${index}`,
          register: copies[index] as number,
          type,
          nullable: true,
        })),
      },
    ],
  };
}

const utf8 = new TextEncoder();

function lay(kernel: Kernel, text: string): void {
  const bytes = utf8.encode(text);
  const input = kernel.input(0);
  input.reserve(bytes.length, text.length + 1);
  new Uint8Array(input.buffer()).set(bytes, input.bytes);
}

function runAll(kernel: Kernel, rows: number): Row[] {
  const out: Row[] = [];
  kernel.ingestBegin(0, rows);
  for (let more = true; more; ) {
    more = kernel.ingestNext(0);
    const batch = kernel.takeOutput(0);
    if (batch !== null) out.push(...rowsOf(batch));
    expect(kernel.takeOutput(0)).toBeNull();
  }
  return out;
}

function runLines(kernel: Kernel, text: string): Row[] {
  kernel.ensurePartitions(0, 1);
  lay(kernel, text);
  const { rows } = kernel
    .input(0)
    .splitLines({ used: utf8.encode(text).length, final: true, partition: 0, position: 0n });
  return runAll(kernel, rows);
}

const value = (type: DataType): Field => ({ type, from: "value" });

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

/** Lays records and their keys end to end. */
function layKeyed(kernel: Kernel, records: readonly { key: string; value: string }[]): void {
  kernel.ensurePartitions(0, 1);
  const keys = records.map(({ key }) => key).join("");
  lay(
    kernel,
    records
      .map(({ value: text }) => text)
      .join("")
      .padEnd(keys.length),
  );
  const input = kernel.input(0);
  const view = new DataView(input.buffer());
  new Uint8Array(input.buffer()).set(utf8.encode(keys), input.keyBytes);
  let end = 0;
  let keyEnd = 0;
  view.setInt32(input.offsets, 0, true);
  view.setInt32(input.keyOffsets, 0, true);
  records.forEach(({ key, value: text }, index) => {
    end += text.length;
    keyEnd += key.length;
    view.setInt32(input.offsets + index * 4 + 4, end, true);
    view.setInt32(input.keyOffsets + index * 4 + 4, keyEnd, true);
    view.setInt32(input.partitions + index * 4, 0, true);
  });
}

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
        fits ? [] : [{ record, reason: BAD_EXPRESSION, column: "c1", at: -1 }],
      );
      expect({ seed, bad: kernel.badRows(0) }).toEqual({ seed, bad });
      expect(kernel.queryCounters(0)).toMatchObject({ rows: good.length, counted: expected.length, bad: bad.length });
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
    kernel.nameTopic(0, 2, "clicks");
    lay(kernel, '{"c0":1}\n{"c0":2}\n');
    const input = kernel.input(0);
    expect(input.splitLines({ used: 18, final: true, partition: 2, position: 100n })).toEqual({
      rows: 2,
      consumed: 18,
    });
    new DataView(input.buffer()).setBigInt64(input.timestamps + 8, 5n, true);
    expect(runAll(kernel, 2)).toEqual([
      [1n, 2n, 100n, null, "clicks"],
      [2n, 2n, 109n, 5000n, "clicks"],
    ]);
    expect(kernel.record(0, 1)).toEqual({ partition: 2, position: 109n, bytes: utf8.encode('{"c0":2}\n') });
  });
});

describe("splitting lines", () => {
  test("finds every newline at any distance, and leaves an unfinished line unless it is the end", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const next = random(seed);
      let text = "";
      for (let i = 0; i < next() * 60; i++)
        text += "x".repeat(Math.floor(next() ** 3 * 70)) + (next() < 0.9 ? "\n" : "y");
      const kernel = freshKernel();
      kernel.load(projectProgram([value(BIGINT)]));
      lay(kernel, `${text}\n\n`);
      const input = kernel.input(0);
      for (const final of [false, true]) {
        const { rows, consumed } = input.splitLines({ used: text.length, final, partition: 0, position: 7n });
        const lines = text.match(final ? /[^\n]*\n|[^\n]+$/g : /[^\n]*\n/g) ?? [];
        const got = Array.from({ length: rows }, (_, index) => new TextDecoder().decode(input.record(index).bytes));
        expect({ seed, final, got }).toEqual({ seed, final, got: [...lines] });
        expect(consumed).toBe(lines.join("").length);
      }
    }
  });

  test("stops where the region has no room for more records", () => {
    const kernel = freshKernel();
    kernel.load(projectProgram([value(BIGINT)]));
    const input = kernel.input(0);
    const count = input.rowsCapacity + 5;
    new Uint8Array(input.buffer()).fill(10, input.bytes, input.bytes + count);
    expect(input.splitLines({ used: count, final: true, partition: 0, position: 0n })).toEqual({
      rows: count - 5,
      consumed: count - 5,
    });
  });
});

describe("raw records", () => {
  const raw = (type: DataType): KernelProgram => {
    const program = projectProgram([value(type)]);
    const [source] = program.sources;
    if (source === undefined) throw new RangeError("a program has a source");
    return { ...program, sources: [{ ...source, decode: { kind: "raw", register: 0, utf8: type.kind === "string" } }] };
  };

  test("are whole lines without their end; empty ones are skipped and counted", () => {
    const kernel = freshKernel();
    kernel.load(raw(STRING));
    expect(runLines(kernel, "a\n\nb\r\n\r\n ü\nlast")).toEqual([["a"], ["b"], [" ü"], ["last"]]);
    expect(kernel.sourceCounters(0)).toMatchObject({ records: 6, rows: 4, skipped: 2, bad: 0 });
  });

  test("that are no UTF-8 are bad for STRING and fine for BYTES", () => {
    const wrong = [
      [0x80],
      [0xc0, 0x80],
      [0xed, 0xa0, 0x80],
      [0xf4, 0x90, 0x80, 0x80],
      [0xe2, 0x82],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
    ];
    const right = [
      [0xc2, 0x80],
      [0xed, 0x9f, 0xbf],
      [0xf4, 0x8f, 0xbf, 0xbf],
      [0xe0, 0xa0, 0x80],
      [0xf0, 0x90, 0x80, 0x80],
    ];
    const cases = [...wrong, ...right].flatMap((bytes) => [bytes, [...new Array(17).fill(65), ...bytes]]);
    for (const type of [STRING, { kind: "bytes" } as const]) {
      const kernel = freshKernel();
      kernel.load(raw(type));
      kernel.ensurePartitions(0, 1);
      const input = kernel.input(0);
      const joined = cases.flatMap((bytes) => [...bytes, 10]);
      new Uint8Array(input.buffer()).set(joined, input.bytes);
      const { rows } = input.splitLines({ used: joined.length, final: true, partition: 0, position: 0n });
      const out = runAll(kernel, rows);
      expect(out.length).toBe(type.kind === "string" ? right.length * 2 : cases.length);
      if (type.kind === "string") expect(kernel.badRows(0)[0]).toMatchObject({ record: 0, reason: BAD_UTF8 });
    }
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
