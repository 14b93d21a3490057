import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { batchFromRows, columnFromValues } from "../../src/core/batch-builder.ts";
import { civilFromDays, daysFromCivil, formatDays } from "../../src/core/calendar.ts";
import type { DataType } from "../../src/core/type.ts";
import {
  type CellValue,
  cellReader,
  formatValue,
  readCell,
  timestampFromMs,
  timestampToMs,
} from "../../src/core/value.ts";

const int = (bits: number) => fc.integer({ min: -(2 ** (bits - 1)), max: 2 ** (bits - 1) - 1 });
const i64 = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
/** Every kind that has cells, with values over its whole range. */
const kinds: readonly [DataType, fc.Arbitrary<CellValue>][] = [
  [{ kind: "boolean" }, fc.boolean()],
  [{ kind: "tinyint" }, int(8)],
  [{ kind: "smallint" }, int(16)],
  [{ kind: "int" }, int(32)],
  [{ kind: "bigint" }, i64],
  [{ kind: "float" }, fc.float({ noNaN: false })],
  [{ kind: "double" }, fc.double({ noNaN: false })],
  [{ kind: "decimal", precision: 38, scale: 10 }, fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n })],
  [{ kind: "string" }, fc.string({ unit: "binary" })],
  [{ kind: "varchar", length: 9 }, fc.string({ unit: "grapheme" })],
  [{ kind: "bytes" }, fc.uint8Array()],
  [{ kind: "date" }, int(32)],
  [{ kind: "time", precision: 3 }, fc.integer({ min: 0, max: 86_399_999 })],
  [{ kind: "timestamp", precision: 3 }, i64],
  [{ kind: "timestamp_ltz", precision: 9 }, i64],
  [{ kind: "interval_day" }, i64],
  [{ kind: "interval_month" }, int(32)],
];

describe("cells", () => {
  for (const [type, values] of kinds) {
    test(`a ${type.kind} column reads back what was put in, NULLs included`, () => {
      fc.assert(
        fc.property(fc.array(fc.option(values), { maxLength: 40 }), (cells) => {
          const column = columnFromValues(type, cells);
          const read = cellReader(column, type);
          expect(cells.map((_, row) => read(row))).toEqual(cells);
        }),
      );
    });
  }

  test("a string that begins with U+FEFF keeps it", () => {
    const type: DataType = { kind: "string" };
    expect(readCell(columnFromValues(type, ["\ufeffa"]), type, 0)).toBe("\ufeffa");
  });

  test("a column whose bytes start at an odd address reads the same", () => {
    const type: DataType = { kind: "bigint" };
    const column = columnFromValues(type, [1n, -2n, 2n ** 62n]);
    const shifted = new Uint8Array(column.values.length + 3);
    shifted.set(column.values, 3);
    const odd = { ...column, values: shifted.subarray(3) };
    expect([0, 1, 2].map((row) => readCell(odd, type, row))).toEqual([1n, -2n, 2n ** 62n]);
  });

  test("a value that does not fit its type is refused, not cut", () => {
    expect(() => columnFromValues({ kind: "tinyint" }, [128])).toThrow("128 fits in a tinyint");
    expect(() => columnFromValues({ kind: "bigint" }, [2n ** 63n])).toThrow("fits in a bigint");
    expect(() => columnFromValues({ kind: "int" }, ["1"])).toThrow("given as number or bigint");
  });

  test("batchFromRows keeps op, watermark and epoch", () => {
    const schema = { fields: [{ name: "n", type: { kind: "int" }, nullable: false }] } as const;
    const batch = batchFromRows(schema, [[1], [2]], { op: new Uint8Array([0, 3]), watermark: 5, epoch: 7 });
    expect(batch).toMatchObject({ rows: 2, op: new Uint8Array([0, 3]), watermark: 5, epoch: 7 });
    expect(batchFromRows(schema, [])).toMatchObject({ rows: 0, op: null, watermark: null, epoch: 0 });
  });
});

describe("text of values", () => {
  const cases: readonly [DataType, CellValue, string][] = [
    [{ kind: "timestamp", precision: 3 }, 1_714_564_800_000_000n, "2024-05-01 12:00:00"],
    [{ kind: "timestamp", precision: 3 }, 1_714_564_800_120_000n, "2024-05-01 12:00:00.12"],
    [{ kind: "timestamp", precision: 6 }, 1_714_564_800_000_001n, "2024-05-01 12:00:00.000001"],
    [{ kind: "timestamp", precision: 9 }, 1_714_564_800_000_000_001n, "2024-05-01 12:00:00.000000001"],
    [{ kind: "timestamp_ltz", precision: 3 }, -1n, "1969-12-31 23:59:59.999999Z"],
    [{ kind: "timestamp", precision: 3 }, 253_402_300_800_000_000n, "+10000-01-01 00:00:00"],
    [{ kind: "date" }, -719_529, "-0001-12-31"],
    [{ kind: "date" }, 19_782, "2024-02-29"],
    [{ kind: "time", precision: 3 }, 45_296_789, "12:34:56.789"],
    [{ kind: "decimal", precision: 5, scale: 2 }, -5n, "-0.05"],
    [{ kind: "decimal", precision: 38, scale: 0 }, 10n ** 37n, `1${"0".repeat(37)}`],
    [{ kind: "decimal", precision: 4, scale: 2 }, 1000n, "10.00"],
    [{ kind: "double" }, 0.1, "0.1"],
    [{ kind: "double" }, -0, "-0"],
    [{ kind: "float" }, Math.fround(0.1), "0.1"],
    [{ kind: "float" }, Math.fround(16_777_216), "16777216"],
    [{ kind: "bigint" }, 9_007_199_254_740_993n, "9007199254740993"],
    [{ kind: "boolean" }, true, "true"],
    [{ kind: "bytes" }, new Uint8Array([10, 255]), "x'0aff'"],
    [{ kind: "interval_day" }, -93_784_005n, "-1 02:03:04.005"],
    [{ kind: "interval_month" }, 14, "+1-02"],
    [{ kind: "string" }, null, "NULL"],
  ];
  for (const [type, value, text] of cases) {
    test(`${type.kind}: ${text}`, () => expect(formatValue(type, value)).toBe(text));
  }

  test("a FLOAT's text is the shortest that reads back as the same value", () => {
    fc.assert(
      fc.property(fc.float(), (value) => {
        const text = formatValue({ kind: "float" }, value);
        expect(Math.fround(Number(text))).toBe(value);
        // JavaScript prints -0 without its sign, which would not read back.
        expect(text.length).toBeLessThanOrEqual(Object.is(value, -0) ? 2 : String(value).length);
      }),
    );
  });
});

describe("calendar", () => {
  test("days and dates are inverse over the range of a 64-bit timestamp", () => {
    fc.assert(
      fc.property(fc.integer({ min: -107_000_000, max: 107_000_000 }), (days) => {
        expect(daysFromCivil(civilFromDays(days))).toBe(days);
      }),
    );
  });

  test("agrees with the platform's calendar where that has one", () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_528, max: 2_932_896 }), (days) => {
        expect(formatDays(days)).toBe(new Date(days * 86_400_000).toISOString().slice(0, 10));
      }),
    );
  });

  test("milliseconds are floored, also before 1970", () => {
    expect(timestampToMs(-1n, 6)).toBe(-1);
    expect(timestampToMs(-1000n, 6)).toBe(-1);
    expect(timestampToMs(-1001n, 6)).toBe(-2);
    expect(timestampToMs(timestampFromMs(-5, 9), 9)).toBe(-5);
  });
});
