import { describe, expect, test } from "bun:test";
import type { Batch } from "../../src/core/batch.ts";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import type { DataType } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import { type EncodedJson, encodeJson, type JsonEncodeOptions } from "../../src/formats/json-encode.ts";
import { TestDecoder } from "../kernel/decode-harness.ts";

const utf8 = new TextDecoder();

function batchOf(types: readonly DataType[], rows: readonly CellValue[][]): Batch {
  return batchFromRows({ fields: types.map((type, i) => ({ name: `c${i}`, type, nullable: true })) }, rows);
}

function texts({ rows, bytes, offsets }: EncodedJson): string[] {
  return Array.from({ length: rows }, (_, row) => utf8.decode(bytes.subarray(offsets[row], offsets[row + 1])));
}

/** The text of one value. */
function write(type: DataType, value: CellValue, options: JsonEncodeOptions = {}): string | undefined {
  return texts(encodeJson(batchOf([type], [[value]]), options))[0]?.slice('{"c0":'.length, -1);
}

const decimal = (precision: number, scale: number): DataType => ({ kind: "decimal", precision, scale });

describe("rows as JSON", () => {
  test("one compact object a row, in column order, NULL written out", () => {
    const batch = batchOf(
      [{ kind: "int" }, { kind: "string" }],
      [
        [1, "a"],
        [null, 'q"\\\n é😀'],
        [3, null],
      ],
    );
    expect(texts(encodeJson(batch))).toEqual([
      '{"c0":1,"c1":"a"}',
      '{"c0":null,"c1":"q\\"\\\\\\n é😀"}',
      '{"c0":3,"c1":null}',
    ]);
    expect(texts(encodeJson(batch, { ignoreNullFields: true, newline: true }))).toEqual([
      '{"c0":1,"c1":"a"}\n',
      '{"c1":"q\\"\\\\\\n é😀"}\n',
      '{"c0":3}\n',
    ]);
    expect(encodeJson(batchOf([{ kind: "int" }], []))).toEqual({
      rows: 0,
      bytes: new Uint8Array(0),
      offsets: new Int32Array(1),
    });
  });

  test("numbers: integers exact, floats shortest with a sign that they are floats, NaN and infinities as strings", () => {
    expect(write({ kind: "bigint" }, 9223372036854775807n)).toBe("9223372036854775807");
    expect(write({ kind: "double" }, 2)).toBe("2.0");
    expect(write({ kind: "double" }, -0)).toBe("-0.0");
    expect(write({ kind: "double" }, 1e300)).toBe("1e+300");
    expect(write({ kind: "double" }, 0.1)).toBe("0.1");
    expect(write({ kind: "float" }, Math.fround(0.1))).toBe("0.1");
    expect(write({ kind: "double" }, Number.NaN)).toBe('"NaN"');
    expect(write({ kind: "double" }, -Infinity)).toBe('"-Infinity"');
  });

  test("decimals are stripped of zeros and printed as BigDecimal prints them, or plain", () => {
    expect(write(decimal(10, 2), 1000n)).toBe("1E+1");
    expect(write(decimal(10, 2), 1000n, { decimalAsPlainNumber: true })).toBe("10");
    expect(write(decimal(10, 2), -1050n)).toBe("-10.5");
    expect(write(decimal(10, 2), 0n)).toBe("0");
    expect(write(decimal(20, 9), 27n)).toBe("2.7E-8");
    expect(write(decimal(20, 9), 27n, { decimalAsPlainNumber: true })).toBe("0.000000027");
    expect(write(decimal(20, 9), 1000n)).toBe("0.000001");
    expect(write(decimal(20, 0), 454621864049246170n)).toBe("4.5462186404924617E+17");
    expect(write(decimal(20, 0), 454621864049246170n, { decimalAsPlainNumber: true })).toBe("454621864049246170");
    expect(write(decimal(9, 6), 123456789n)).toBe("123.456789");
  });

  test("times have the shortest fraction, instants a Z, in either style", () => {
    const noon = 1_714_564_800_000_000n;
    expect(write({ kind: "timestamp", precision: 3 }, noon)).toBe('"2024-05-01 12:00:00"');
    expect(write({ kind: "timestamp", precision: 3 }, noon + 100_000n)).toBe('"2024-05-01 12:00:00.1"');
    expect(write({ kind: "timestamp_ltz", precision: 3 }, noon)).toBe('"2024-05-01 12:00:00Z"');
    expect(write({ kind: "timestamp_ltz", precision: 3 }, noon, { timestampFormat: "ISO-8601" })).toBe(
      '"2024-05-01T12:00:00Z"',
    );
    expect(write({ kind: "date" }, 0)).toBe('"1970-01-01"');
    expect(write({ kind: "time", precision: 3 }, 1500)).toBe('"00:00:01.5"');
    expect(write({ kind: "bytes" }, new Uint8Array([65, 66]))).toBe('"QUI="');
  });

  test("what is written is read back as it was", () => {
    const types: DataType[] = [
      { kind: "boolean" },
      { kind: "bigint" },
      { kind: "double" },
      { kind: "float" },
      decimal(38, 18),
      { kind: "string" },
      { kind: "bytes" },
      { kind: "date" },
      { kind: "time", precision: 3 },
      { kind: "timestamp", precision: 9 },
      { kind: "timestamp_ltz", precision: 6 },
    ];
    const rows: CellValue[][] = [
      [
        true,
        -1n,
        1.1,
        Math.fround(3.3),
        -123456789012345678901234567n,
        "a\u0000\u2028ü",
        new Uint8Array([0, 255]),
        -1,
        1,
        -1n,
        1n,
      ],
      [false, 2n ** 63n - 1n, 5e-324, 1.5, 0n, "", new Uint8Array(0), 20_000, 86_399_999, 123456789n, -(10n ** 15n)],
      types.map(() => null),
    ];
    const fields = types.map((type, i) => ({ path: [`c${i}`], type }));
    for (const newline of [false, true]) {
      const records = texts(encodeJson(batchOf(types, rows), { newline }));
      expect(new TestDecoder(fields).run(records).rows.map((row) => row.values)).toEqual(rows);
    }
  });

  test("rows far longer than the first guess", () => {
    const long = "é".repeat(100_000);
    const rows = Array.from({ length: 5 }, (_, i) => [long.slice(i)]);
    const found = texts(encodeJson(batchOf([{ kind: "string" }], rows)));
    expect(found.map((text) => JSON.parse(text).c0)).toEqual(rows.map(([text]) => text));
  });
});
