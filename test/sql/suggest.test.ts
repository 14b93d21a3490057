import { describe, expect, test } from "bun:test";
import { nearest } from "../../src/sql/suggest.ts";

describe("nearest", () => {
  test("finds a letter missing, added, changed or swapped", () => {
    for (const slip of ["TUMBL", "TUMBLEE", "TUNBLE", "TUMBEL"])
      expect(nearest(slip, ["HOP", "TUMBLE"])).toBe("TUMBLE");
  });

  test("does not count case", () => {
    expect(nearest("Page", ["user_id", "page"])).toBe("page");
    expect(nearest("A", ["b", "a"])).toBe("a");
  });

  test("gives null rather than a guess", () => {
    expect(nearest("price", ["page", "user"])).toBeNull();
    expect(nearest("a", ["b", "c"])).toBeNull();
    expect(nearest("ab", ["ac"])).toBeNull();
    expect(nearest("x", [])).toBeNull();
  });

  test("gives the nearest, and of two as near the first", () => {
    expect(nearest("windw_start", ["window_end", "window_start"])).toBe("window_start");
    expect(nearest("cat", ["bat", "hat"])).toBe("bat");
  });
});
