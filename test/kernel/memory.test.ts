/** What state costs, that it is given back, and what happens when there is no more. */
import { describe, expect, test } from "bun:test";
import { EngineError } from "../../src/core/error.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import { BIGINT, drain, END, feed, freshKernel, RAW, rawProgram, STRING, type WindowSpec } from "./harness.ts";

const MIB = 1 << 20;

const fourAggregates: WindowSpec["aggregates"] = [
  { function: "COUNT", argument: null, resultType: BIGINT },
  { function: "SUM", argument: RAW.offset, resultType: BIGINT },
  { function: "MIN", argument: RAW.offset, resultType: BIGINT },
  { function: "MAX", argument: RAW.offset, resultType: BIGINT },
];

/** Everything that owns memory outside its row. */
const heavyAggregates: WindowSpec["aggregates"] = [
  { function: "MIN", argument: RAW.text, resultType: STRING },
  { function: "COUNT", argument: RAW.text, distinct: true, resultType: BIGINT },
  { function: "COUNT", argument: RAW.offset, distinct: true, resultType: BIGINT },
  { function: "APPROX_COUNT_DISTINCT", argument: RAW.offset, resultType: BIGINT },
];

function kernelOf(spec: WindowSpec, mostBytes?: number): Kernel {
  const kernel = freshKernel(mostBytes === undefined ? {} : { mostBytes });
  kernel.load(rawProgram([spec]));
  kernel.ensurePartitions(0, 1);
  return kernel;
}

function feedMany(kernel: Kernel, count: number, make: (index: number) => { text: string; timeMs: number }): void {
  for (let from = 0; from < count; from += 50_000) {
    const length = Math.min(50_000, count - from);
    feed(
      kernel,
      Array.from({ length }, (_, index) => ({ ...make(from + index), offset: BigInt(from + index) })),
    );
    kernel.setPartitionWatermark(0, 0, null);
  }
}

describe("state", () => {
  test("of 10,000 open windows shares superpages", () => {
    const kernel = kernelOf({ sizeMs: 1000, keys: [RAW.text], aggregates: fourAggregates });
    const before = kernel.usedBytes;
    feedMany(kernel, 20_000, (index) => ({ text: index % 2 === 0 ? "a" : "b", timeMs: (index >> 1) * 1000 }));
    const counters = kernel.queryCounters(0);
    expect(counters).toMatchObject({ openWindows: 10_000, groups: 20_000 });
    expect(counters.stateBytes).toBeLessThan(10_000 * 600);
    expect(kernel.usedBytes - before).toBeLessThan(16 * MIB);
    expect(drain(kernel, END).length).toBe(20_000);
    expect(kernel.queryCounters(0)).toMatchObject({ openWindows: 0, groups: 0 });
  });

  test("of 1,000,000 groups with four aggregates takes at most 120 MB", () => {
    const kernel = kernelOf({ sizeMs: 1000, keys: [RAW.offset], aggregates: fourAggregates });
    feedMany(kernel, 1_000_000, () => ({ text: "x", timeMs: 0 }));
    const counters = kernel.queryCounters(0);
    expect(counters.groups).toBe(1_000_000);
    expect(counters.stateBytes).toBeLessThanOrEqual(120e6);
    kernel.advance(0, END);
    let previous = -1n;
    let rows = 0;
    for (let batch = kernel.emitNext(0); batch !== null; batch = kernel.emitNext(0)) {
      const keys = new BigInt64Array(batch.columns[3]?.values.slice().buffer as ArrayBuffer);
      for (const key of keys) {
        expect(key > previous).toBe(true);
        previous = key;
      }
      rows += batch.rows;
    }
    expect(rows).toBe(1_000_000);
  });

  test("is given back when its window has left, and used again", () => {
    const kernel = kernelOf({ sizeMs: 1000, keys: [RAW.text], aggregates: heavyAggregates });
    const round = (number: number): void => {
      feedMany(kernel, 60_000, (index) => ({ text: `a key of some length ${index % 500}`, timeMs: number * 1000 }));
      expect(drain(kernel, number * 1000 + 999).length).toBe(500);
    };
    round(0);
    round(1);
    const { memoryBytes, usedBytes } = kernel;
    for (let number = 2; number < 12; number++) round(number);
    expect(kernel.memoryBytes).toBe(memoryBytes);
    expect(kernel.usedBytes).toBe(usedBytes);
    expect(kernel.queryCounters(0).stateBytes).toBeLessThan(1024);
  });

  test("of a dropped query and of an old program is given back", () => {
    const kernel = freshKernel();
    const program = rawProgram([{ sizeMs: 1000, keys: [RAW.text], aggregates: heavyAggregates }]);
    const round = (): void => {
      kernel.load(program);
      kernel.ensurePartitions(0, 1);
      kernel.nameTopic(0, 0, "clicks");
      feedMany(kernel, 5000, (index) => ({ text: `key ${index}`, timeMs: 0 }));
    };
    round();
    const before = kernel.usedBytes;
    kernel.dropQuery(0);
    expect(kernel.usedBytes).toBeLessThan(before);
    round();
    const { usedBytes } = kernel;
    for (let i = 0; i < 5; i++) round();
    expect(kernel.usedBytes).toBe(usedBytes);
  });
});

describe("the memory limit", () => {
  test("ends in an error that says so, and the kernel says it again", () => {
    const kernel = kernelOf({ sizeMs: 1000, keys: [RAW.offset], aggregates: heavyAggregates }, 48 * MIB);
    const fill = (): void => feedMany(kernel, 2_000_000, (index) => ({ text: `key ${index}`, timeMs: 0 }));
    expect(fill).toThrow(EngineError);
    expect(() => feed(kernel, [{ text: "x", timeMs: 0 }])).toThrow("does not fit");
    expect(kernel.memoryBytes).toBeLessThanOrEqual(49 * MIB);
  });
});
