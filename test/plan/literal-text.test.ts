import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { daysFromCivil } from "../../src/core/calendar.ts";
import {
  cutTimestamp,
  readDate,
  readInterval,
  readNumber,
  readTime,
  readTimestamp,
} from "../../src/plan/literal-text.ts";

describe("numbers", () => {
  test("are INT, BIGINT, DECIMAL or DOUBLE by their text", () => {
    expect(readNumber("2147483647", false)).toEqual({ value: 2147483647n, type: { kind: "int" } });
    expect(readNumber("2147483648", false)).toEqual({ value: 2147483648n, type: { kind: "bigint" } });
    expect(readNumber("1.50", false)).toEqual({ value: 150n, type: { kind: "decimal", precision: 3, scale: 2 } });
    expect(readNumber("0.05", true)).toEqual({ value: -5n, type: { kind: "decimal", precision: 3, scale: 2 } });
    expect(readNumber(".5", false)).toEqual({ value: 5n, type: { kind: "decimal", precision: 1, scale: 1 } });
    expect(readNumber("7.", false)).toEqual({ value: 7n, type: { kind: "int" } });
    expect(readNumber("1.5e3", true)).toEqual({ value: -1500, type: { kind: "double" } });
  });

  test("reach the smallest BIGINT with their own sign, and no further", () => {
    expect(readNumber("9223372036854775808", true)).toEqual({ value: -(2n ** 63n), type: { kind: "bigint" } });
    expect(readNumber("9223372036854775808", false)).toBeNull();
    expect(readNumber(`1.${"0".repeat(38)}`, false)).toBeNull();
    expect(readNumber("1e400", false)).toBeNull();
  });

  test("keep every digit of a decimal", () => {
    fc.assert(
      fc.property(fc.stringMatching(/^\d{1,18}\.\d{1,18}$/), (text) => {
        const read = readNumber(text, false);
        expect(read?.value).toBe(BigInt(text.replace(".", "")));
        expect(read?.type).toMatchObject({ kind: "decimal", scale: text.split(".")[1]?.length });
      }),
    );
  });
});

describe("dates and times", () => {
  test("are read in their units", () => {
    expect(readDate("2024-05-01")?.value).toBe(BigInt(daysFromCivil({ year: 2024, month: 5, day: 1 })));
    expect(readDate("2024-5-1")?.value).toBe(readDate("2024-05-01")?.value as bigint);
    expect(readTime("12:30:01.25")).toEqual({ value: 45_001_250n, precision: 2 });
    expect(readTimestamp("1970-01-01 00:00:01.5")).toEqual({ value: 1_500_000_000n, precision: 1 });
    expect(readTimestamp("1970-01-02T00:00")).toEqual({ value: 86_400_000_000_000n, precision: 0 });
    expect(readTimestamp("1969-12-31 23:59:59.999Z")).toEqual({ value: -1_000_000n, precision: 3 });
  });

  test("must exist", () => {
    for (const text of ["2023-02-29", "2024-13-01", "24-01-01", "yesterday", "", "2024-01-01 1"]) {
      expect([text, readTimestamp(text)]).toEqual([text, null]);
    }
    for (const text of ["24:00:00", "12:60", "12", "12:00:00.1234567890"])
      expect([text, readTime(text)]).toEqual([text, null]);
  });

  test("are cut, not rounded, to their precision, before 1970 too", () => {
    expect(cutTimestamp(1_999_999_999n, 3)).toBe(1_999_000n);
    expect(cutTimestamp(1_999_999_999n, 9)).toBe(1_999_999_999n);
    expect(cutTimestamp(-1n, 3)).toBe(-1000n);
    expect(cutTimestamp(-1n, 0)).toBe(-1_000_000n);
  });
});

describe("intervals", () => {
  test("are milliseconds or months", () => {
    expect(readInterval("5", "MINUTE", null)).toEqual({ value: 300_000n, type: { kind: "interval_day" } });
    expect(readInterval("-1.5", "SECOND", null)?.value).toBe(-1500n);
    expect(readInterval("2", "WEEK", null)?.value).toBe(1_209_600_000n);
    expect(readInterval("1", "QUARTER", null)).toEqual({ value: 3n, type: { kind: "interval_month" } });
    expect(readInterval("1-6", "YEAR", "MONTH")).toEqual({ value: 18n, type: { kind: "interval_month" } });
    expect(readInterval("1 02:03:04.005", "DAY", "SECOND")?.value).toBe(93_784_005n);
    expect(readInterval("1:30", "MINUTE", "SECOND")?.value).toBe(90_000n);
    expect(readInterval("10:20", "HOUR", "MINUTE")?.value).toBe(37_200_000n);
  });

  test("are refused when the text is of another form", () => {
    const wrong: Parameters<typeof readInterval>[] = [
      ["five", "MINUTE", null],
      ["1.5", "MINUTE", null],
      ["1-12", "YEAR", "MONTH"],
      ["1 25:00:00", "DAY", "SECOND"],
      ["1:60", "MINUTE", "SECOND"],
      ["1 2", "HOUR", "MINUTE"],
      ["12345678901", "DAY", null],
      ["1", "SECOND", "DAY"],
    ];
    for (const [text, from, to] of wrong) expect([text, readInterval(text, from, to)]).toEqual([text, null]);
  });
});
