/** Lengths of time as options write them: read, and shown so that they read back the same. */
import { describe, expect, test } from "bun:test";
import { formatDuration, parseDuration } from "../../src/core/duration.ts";

describe("a length of time", () => {
  test.each([
    [0, "0 ms"],
    [1, "1 ms"],
    [1500, "1500 ms"],
    [90_000, "90 s"],
    [60_000, "1 min"],
    [7_200_000, "2 h"],
    [172_800_000, "2 d"],
  ])("of %i ms is shown in the largest unit without a rest, and reads back", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
    expect(parseDuration(text)).toBe(ms);
  });
});
