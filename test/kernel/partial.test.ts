/** Partial aggregates that one kernel gives to another: as if all rows had come to one. */
import { describe, expect, test } from "bun:test";
import { BIGINT, feed, freshKernel, rawProgram, STRING, type WindowSpec } from "./harness.ts";
import { runCase } from "./random-job.ts";

const cases = 30 * Number(process.env.MILLRACE_PROPERTY ?? "1");

describe("partial aggregates", () => {
  test.each([2, 3])(
    `of %p kernels give the oracle's rows (${cases} seeds)`,
    (kernels) => {
      for (let seed = 1; seed <= cases; seed++) runCase(seed, kernels);
    },
    600_000,
  );

  const window: WindowSpec = {
    sizeMs: 1000,
    keys: [0],
    aggregates: [
      { function: "MAX", argument: 0, resultType: STRING },
      { function: "COUNT", argument: 0, distinct: true, resultType: BIGINT },
      { function: "APPROX_COUNT_DISTINCT", argument: 1, resultType: BIGINT },
    ],
  };

  test("give back all they take, in both kernels", () => {
    const [from, to] = [freshKernel(), freshKernel()];
    for (const kernel of [from, to]) {
      kernel.load(rawProgram([window]));
      kernel.ensurePartitions(0, 1);
    }
    const round = (number: number): void => {
      const at = number * 10_000;
      feed(
        from,
        Array.from({ length: 5000 }, (_, i) => ({ text: `key ${i % 700} of some length`, timeMs: at + (i % 3000) })),
      );
      from.advance(0, at + 9_000);
      for (let image = from.takePartial(0); image !== null; image = from.takePartial(0)) to.mergePartial(0, image);
      to.advance(0, at + 9_000);
      while (to.emitNext(0) !== null) {
        // to the end
      }
    };
    round(0);
    round(1);
    const used = [from.usedBytes, to.usedBytes];
    for (let number = 2; number < 20; number++) round(number);
    expect(from.usedBytes).toBeLessThanOrEqual((used[0] as number) + 4096);
    expect(to.usedBytes).toBeLessThanOrEqual((used[1] as number) + 4096);
    for (const kernel of [from, to]) expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
  });

  test("are taken only from slices that a closed window has", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([{ ...window, kind: "hopping", sizeMs: 1000, stepMs: 500 }]));
    kernel.ensurePartitions(0, 1);
    feed(kernel, [
      { text: "a", timeMs: 400 },
      { text: "a", timeMs: 900 },
      { text: "a", timeMs: 1400 },
    ]);
    kernel.advance(0, 498);
    expect(kernel.takePartial(0)).toBeNull();
    kernel.advance(0, 999);
    const images = [kernel.takePartial(0), kernel.takePartial(0), kernel.takePartial(0)];
    expect(images.map((image) => image !== null)).toEqual([true, true, false]);
    expect(kernel.queryCounters(0)).toMatchObject({ groups: 1 });
  });

  test("of another program are refused", () => {
    const [from, to] = [freshKernel(), freshKernel()];
    from.load(rawProgram([window]));
    to.load(rawProgram([{ ...window, aggregates: window.aggregates.slice(1) }]));
    from.ensurePartitions(0, 1);
    feed(from, [{ text: "a", timeMs: 0 }]);
    from.advance(0, 5000);
    const image = from.takePartial(0) as Uint8Array;
    expect(() => to.mergePartial(0, image)).toThrow();
  });
});
