import { describe, expect, test } from "bun:test";
import { readIntervalWords } from "../../src/plan/interval-words.ts";

describe("a length of time in words", () => {
  const lengths: readonly (readonly [string, number])[] = [
    ["10 minutes", 600_000],
    ["1 minute", 60_000],
    ["  1 hour 30 minutes ", 5_400_000],
    ["interval 5 seconds", 5_000],
    ["INTERVAL 1 WEEK 1 DAY", 691_200_000],
    ["-5 minutes", -300_000],
    ["1 minute -10 seconds", 50_000],
    ["+250 milliseconds", 250],
    ["0 seconds", 0],
  ];
  test.each(lengths)("%p is %p ms", (text, ms) => {
    expect(readIntervalWords(text)).toBe(ms);
  });

  test("months and years have no fixed length", () => {
    expect(["1 month", "2 years", "1 day 1 month"].map(readIntervalWords)).toEqual([
      "calendar",
      "calendar",
      "calendar",
    ]);
  });

  const others = [
    "",
    "interval",
    "5",
    "minutes",
    "5minutes",
    "5 parsecs",
    "1.5 seconds",
    "1 minute,",
    "1 minute 5",
    "9999999999999999 weeks",
    "1 constructor",
    `${"1 ".repeat(50_000)}x`,
  ];
  test("anything else is none", () => {
    expect(others.map(readIntervalWords)).toEqual(others.map(() => null));
  });
});
