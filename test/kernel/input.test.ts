/** Input regions: lines found in bytes, raw records taken from them. */
import { describe, expect, test } from "bun:test";
import { BAD_UTF8 } from "../../assembly/shared/status.ts";
import type { DataType } from "../../src/core/type.ts";
import type { KernelProgram } from "../../src/kernel/program.ts";
import { BIGINT, freshKernel, random, STRING } from "./harness.ts";
import { lay, projectProgram, runAll, runLines, value } from "./project.ts";

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
