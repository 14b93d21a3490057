import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { DataType } from "../../src/core/type.ts";
import { formatType } from "../../src/core/type-text.ts";
import {
  asDecimal,
  castsExplicitly,
  castsImplicitly,
  commonType,
  decimalResult,
  decimalRounded,
} from "../../src/plan/type-rules.ts";

const decimal = (precision: number, scale: number) => ({ kind: "decimal", precision, scale }) as const;

const anyType: fc.Arbitrary<DataType> = fc.oneof(
  fc.constantFrom<DataType>(
    { kind: "boolean" },
    { kind: "tinyint" },
    { kind: "smallint" },
    { kind: "int" },
    { kind: "bigint" },
    { kind: "float" },
    { kind: "double" },
    { kind: "string" },
    { kind: "bytes" },
    { kind: "date" },
    { kind: "interval_day" },
    { kind: "interval_month" },
  ),
  fc.integer({ min: 1, max: 38 }).chain((p) => fc.integer({ min: 0, max: p }).map((s) => decimal(p, s))),
  fc
    .integer({ min: 1, max: 40 })
    .chain((length) => fc.constantFrom<DataType>({ kind: "char", length }, { kind: "varchar", length })),
  fc.integer({ min: 0, max: 3 }).map((precision): DataType => ({ kind: "time", precision })),
  fc
    .integer({ min: 0, max: 9 })
    .chain((precision) =>
      fc.constantFrom<DataType>({ kind: "timestamp", precision }, { kind: "timestamp_ltz", precision }),
    ),
);

describe("DECIMAL arithmetic", () => {
  // The pairs are those of Flink's own tests of its rules.
  test("adds with one more digit, and gives up scale before whole digits", () => {
    expect(decimalResult("ADD", decimal(38, 8), decimal(32, 8))).toEqual(decimal(38, 7));
    expect(decimalResult("ADD", decimal(30, 20), decimal(28, 20))).toEqual(decimal(31, 20));
    expect(decimalResult("ADD", decimal(10, 10), decimal(10, 10))).toEqual(decimal(11, 10));
    expect(decimalResult("SUB", decimal(38, 5), decimal(38, 4))).toEqual(decimal(38, 5));
  });

  test("takes the remainder with the smaller whole part", () => {
    expect(decimalResult("MOD", decimal(30, 20), decimal(25, 20))).toEqual(decimal(25, 20));
    expect(decimalResult("MOD", decimal(10, 10), decimal(10, 10))).toEqual(decimal(10, 10));
  });

  test("divides with a scale of at least 6", () => {
    expect(decimalResult("DIV", decimal(10, 0), decimal(2, 1))).toEqual(decimal(17, 6));
    expect(decimalResult("DIV", decimal(38, 2), decimal(20, 0))).toEqual(decimal(38, 6));
    expect(decimalResult("MUL", decimal(10, 2), decimal(5, 1))).toEqual(decimal(16, 3));
  });

  test("rounds to a type that holds the carry", () => {
    expect(decimalRounded(decimal(32, 8), 5)).toEqual(decimal(30, 5));
    expect(decimalRounded(decimal(32, 8), 10)).toEqual(decimal(32, 8));
    expect(decimalRounded(decimal(10, 10), 2)).toEqual(decimal(3, 2));
    expect(decimalRounded(decimal(10, 2), -1)).toEqual(decimal(9, 0));
  });
});

describe("types that meet", () => {
  test("widens numbers as Calcite does", () => {
    const cases: [DataType, DataType, string][] = [
      [{ kind: "int" }, { kind: "bigint" }, "BIGINT"],
      [{ kind: "tinyint" }, { kind: "smallint" }, "SMALLINT"],
      [{ kind: "bigint" }, { kind: "float" }, "FLOAT"],
      [decimal(10, 2), { kind: "float" }, "DOUBLE"],
      [decimal(10, 2), { kind: "int" }, "DECIMAL(12, 2)"],
      [decimal(10, 2), { kind: "bigint" }, "DECIMAL(21, 2)"],
      [decimal(38, 10), decimal(38, 2), "DECIMAL(38, 2)"],
    ];
    for (const [a, b, expected] of cases) expect(formatType(commonType(a, b) as DataType)).toBe(expected);
  });

  test("keeps strings and numbers, booleans and numbers, times and dates apart", () => {
    expect(commonType({ kind: "string" }, { kind: "int" })).toBeNull();
    expect(commonType({ kind: "boolean" }, { kind: "int" })).toBeNull();
    expect(commonType({ kind: "time", precision: 0 }, { kind: "date" })).toBeNull();
  });

  test("is the same from either side, and what both can be cast to", () => {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        const [left, right] = [commonType(a, b), commonType(b, a)];
        expect(left && formatType(left)).toBe(right && formatType(right));
        if (left === null) return;
        expect(castsExplicitly(a, left)).toBe(true);
        expect(castsExplicitly(b, left)).toBe(true);
      }),
    );
  });

  test("casts implicitly only where it may be written as well", () => {
    fc.assert(
      fc.property(anyType, anyType, (a, b) => {
        if (castsImplicitly(a, b)) expect(castsExplicitly(a, b)).toBe(true);
      }),
    );
  });

  test("writes no cast that narrows or turns numbers into text", () => {
    expect(castsImplicitly({ kind: "bigint" }, { kind: "int" })).toBe(false);
    expect(castsImplicitly({ kind: "int" }, { kind: "string" })).toBe(false);
    expect(castsImplicitly({ kind: "bigint" }, decimal(10, 2))).toBe(true);
    expect(castsImplicitly({ kind: "string" }, { kind: "varchar", length: 3 })).toBe(true);
    expect(castsExplicitly({ kind: "bigint" }, { kind: "timestamp", precision: 3 })).toBe(false);
  });

  test("knows the digits of whole numbers", () => {
    expect(asDecimal({ kind: "bigint" })).toEqual(decimal(19, 0));
    expect(asDecimal({ kind: "int" })).toEqual(decimal(10, 0));
  });
});
