/** The end of the next window to close, of every kind of window, against the windows that then leave. */
import { describe, expect, test } from "bun:test";
import { BIGINT, drain, END, feed, freshKernel, random, rawProgram, type WindowSpec } from "./harness.ts";

const shapes: Readonly<Record<string, Pick<WindowSpec, "kind" | "sizeMs" | "stepMs" | "offsetMs">>> = {
  tumbling: { sizeMs: 1000 },
  "tumbling with an offset": { sizeMs: 1000, offsetMs: -250 },
  hopping: { kind: "hopping", sizeMs: 1000, stepMs: 300 },
  "hopping with gaps": { kind: "hopping", sizeMs: 1000, stepMs: 2500 },
  cumulating: { kind: "cumulating", sizeMs: 2000, stepMs: 500 },
};

describe("the next window to close", () => {
  for (const [name, shape] of Object.entries(shapes)) {
    test(`of ${name} windows is the next that has rows`, () => {
      for (let seed = 1; seed <= 20; seed++) {
        const next = random(seed);
        const kernel = freshKernel();
        kernel.load(
          rawProgram([{ ...shape, keys: [], aggregates: [{ function: "COUNT", argument: null, resultType: BIGINT }] }]),
        );
        kernel.ensurePartitions(0, 1);
        expect(kernel.nextClose(0)).toBeNull();
        let at = 10_000;
        for (let step = 0; step < 30; step++) {
          at += Math.floor(next() * 1500);
          feed(kernel, [{ text: "a", timeMs: at }]);
          drain(kernel, at - 1 - Math.floor(next() * 800));
          const end = kernel.nextClose(0);
          if (end === null) continue;
          expect(drain(kernel, end - 2)).toEqual([]);
          expect(kernel.nextClose(0)).toBe(end);
          if (next() < 0.5) expect(drain(kernel, end - 1).map((row) => row[1])).toEqual([BigInt(end) * 1000n]);
        }
        drain(kernel, END);
        expect(kernel.nextClose(0)).toBeNull();
      }
    });
  }
});
