/** The start-up self-test, and the exports it stands on. */
import { describe, expect, test } from "bun:test";
import { EngineError } from "../../src/core/error.ts";
import { loadKernel } from "../../src/kernel/load.ts";
import { runSelfTest } from "../../src/kernel/self-test.ts";
import { freshKernel } from "./harness.ts";

describe("the self-test", () => {
  test("passes on a sound kernel, again and again, and keeps nothing", () => {
    const kernel = freshKernel();
    runSelfTest(kernel, 20);
    const { usedBytes } = kernel;
    runSelfTest(kernel, 20);
    runSelfTest(kernel, 20);
    expect(kernel.usedBytes).toBe(usedBytes);
  });

  test("names the round and both results where they differ", () => {
    const kernel = freshKernel();
    const emit = kernel.emitNext.bind(kernel);
    let rounds = 0;
    kernel.emitNext = (query) => {
      const batch = emit(query);
      // One bit of the fourth round's counts.
      const counts = batch?.columns[2]?.values;
      if (counts !== undefined && ++rounds === 4) counts[0] = (counts[0] as number) ^ 1;
      return batch;
    };
    expect(() => runSelfTest(kernel, 10)).toThrow(/instead of ".*" in round 3/);
  });
});

describe("loading", () => {
  test("refuses bytes that are no kernel", () => {
    expect(() => loadKernel(new Uint8Array([1, 2, 3]))).toThrow(EngineError);
  });
});
