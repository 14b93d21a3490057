import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import type { Schema } from "../../src/core/type.ts";
import { encodeCsv } from "../../src/formats/csv.ts";

const text = (bytes: Uint8Array) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes);

/** RFC 4180 read character by character; null is an empty field without quotes. */
function readCsv(source: string): (string | null)[][] {
  const rows: (string | null)[][] = [];
  let at = 0;
  while (at < source.length) {
    const row: (string | null)[] = [];
    for (;;) {
      let field: string | null = null;
      if (source[at] === '"') {
        field = "";
        for (at++; ; at++) {
          if (source[at] === '"' && source[at + 1] === '"') field += source[at++];
          else if (source[at] === '"') break;
          else field += source[at];
        }
        at++;
      } else {
        while (source[at] !== "," && source[at] !== "\r") field = (field ?? "") + source[at++];
      }
      row.push(field);
      if (source[at++] !== ",") break;
    }
    expect(source[at++]).toBe("\n");
    rows.push(row);
  }
  return rows;
}

const schema: Schema = {
  fields: [
    { name: "page, or part", type: { kind: "string" }, nullable: true },
    { name: "n", type: { kind: "bigint" }, nullable: true },
    { name: "s", type: { kind: "string" }, nullable: true },
  ],
};

describe("CSV", () => {
  test("any strings, NULLs and empty strings come back through an RFC 4180 reader", () => {
    const string = fc.option(
      fc.oneof(fc.string(), fc.string({ unit: fc.constantFrom('"', ",", "\r", "\n", " ", "a") })),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(string, fc.option(fc.bigInt(-(2n ** 63n), 2n ** 63n - 1n)), string)), (rows) => {
        const read = readCsv(text(encodeCsv(batchFromRows(schema, rows))));
        const expected = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
        expect(read).toEqual([["page, or part", "n", "s"], ...expected]);
      }),
    );
  });

  test("values have their SQL text, bytes are base64, rows end with CRLF", () => {
    const types: Schema = {
      fields: [
        { name: "t", type: { kind: "timestamp_ltz", precision: 3 }, nullable: false },
        { name: "d", type: { kind: "decimal", precision: 5, scale: 2 }, nullable: false },
        { name: "b", type: { kind: "bytes" }, nullable: false },
      ],
    };
    const batch = batchFromRows(types, [[1_714_564_800_120_000n, 5n, new Uint8Array([255, 0])]]);
    expect(text(encodeCsv(batch))).toBe("t,d,b\r\n2024-05-01 12:00:00.12Z,0.05,/wA=\r\n");
  });

  test("more rows than one chunk are all there, in order", () => {
    const numbers: Schema = { fields: [{ name: "n", type: { kind: "int" }, nullable: false }] };
    const rows = Array.from({ length: 10_000 }, (_, n) => [n]);
    expect(text(encodeCsv(batchFromRows(numbers, rows)))).toBe(`n\r\n${rows.join("\r\n")}\r\n`);
  });
});
