/** Windows, watermarks and late rows at their edges, on raw records whose timestamp is the event time. */
import { describe, expect, test } from "bun:test";
import { BAD_NULL_TIME } from "../../assembly/shared/status.ts";
import {
  BIGINT,
  drain,
  END,
  feed,
  freshKernel,
  RAW,
  type RawRecord,
  random,
  rawProgram,
  type WindowSpec,
} from "./harness.ts";

const COUNT = { function: "COUNT", argument: null, resultType: BIGINT } as const;

function counts(sizeMs: number, offsetMs = 0): WindowSpec {
  return { sizeMs, offsetMs, keys: [], aggregates: [COUNT] };
}

function at(timeMs: number | bigint | null, partition = 0): RawRecord {
  return { text: "x", timeMs, partition };
}

/** window_start in ms and count of every row. */
function starts(rows: ReturnType<typeof drain>): [number, number][] {
  return rows.map((row) => [Number((row[0] as bigint) / 1000n), Number(row[3])]);
}

function floorTo(time: number, size: number, offset: number): number {
  const rest = (time - offset) % size;
  return time - (rest < 0 ? rest + size : rest);
}

describe("window assignment", () => {
  const sizes = [
    1, 2, 3, 7, 10, 100, 250, 333, 999, 1000, 1001, 3600, 60_000, 61_001, 86_400_000, 604_800_000, 2_592_000_001,
  ];

  test.each(sizes)("puts k·size and k·size ± 1 ms of size %p where flooring puts them", (size) => {
    for (const offset of [0, 1, -1, Math.floor(size / 3), -Math.floor(size / 2)]) {
      if (Math.abs(offset) >= size) continue;
      const times: number[] = [];
      for (const k of [-100_003, -1000, -7, -2, -1, 0, 1, 2, 3, 17, 29, 365, 20_000, 999_983]) {
        for (const near of [-1, 0, 1]) {
          const time = k * size + offset + near;
          if (Math.abs(time) < 8e15) times.push(time);
        }
      }
      const kernel = freshKernel();
      kernel.load(rawProgram([counts(size, offset)]));
      kernel.ensurePartitions(0, times.length);
      // One partition a row: nothing is late. Twice, so that both ways of assigning run.
      feed(
        kernel,
        times.map((time, index) => at(time, index)),
      );
      for (const [index, time] of times.entries()) feed(kernel, [at(time, index)]);
      const expected = new Map<number, number>();
      for (const time of times) {
        const start = floorTo(time, size, offset);
        expected.set(start, (expected.get(start) ?? 0) + 1);
      }
      const late = kernel.queryCounters(0).late;
      const got = starts(drain(kernel, END));
      expect(got.map(([start]) => start)).toEqual([...expected.keys()].sort((a, b) => a - b));
      expect(got.reduce((sum, [, count]) => sum + count, 0) + late).toBe(times.length * 2);
    }
  });

  test("a time whose window does not fit in 64 bits is a bad row, not a wrong window", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(60_000)]));
    kernel.ensurePartitions(0, 3);
    feed(kernel, [at(9_223_372_036_854_775n, 0), at(-9_223_372_036_854_775n, 1), at(5, 2)]);
    expect(kernel.queryCounters(0)).toMatchObject({ rows: 3, counted: 1, bad: 2 });
  });
});

describe("watermark", () => {
  test("a window closes when the watermark reaches its last millisecond, not before", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 1);
    feed(kernel, [at(500)]);
    expect(drain(kernel, 998)).toEqual([]);
    expect(starts(drain(kernel, 999))).toEqual([[0, 1]]);
    expect(drain(kernel, 5000)).toEqual([]);
  });

  test("a row is judged by the watermark before it and never closes its own window", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 1);
    feed(kernel, [at(998), at(999), at(5), at(1000), at(999)]);
    // 999 counts; then the watermark stands at 999 and 5 is late, as is the last 999.
    expect(kernel.queryCounters(0)).toMatchObject({ rows: 5, counted: 3, late: 2 });
    expect(starts(drain(kernel, END))).toEqual([
      [0, 2],
      [1000, 1],
    ]);
  });

  test("partitions are judged apart", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 2);
    feed(kernel, [at(10_000, 0), at(5, 1), at(5, 0)]);
    expect(kernel.queryCounters(0)).toMatchObject({ counted: 2, late: 1 });
    expect(kernel.partitionWatermark(0, 0)).toBe(10_000);
    expect(kernel.partitionWatermark(0, 1)).toBe(5);
  });

  test("a row behind a window that the table's watermark has closed is late", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 2);
    feed(kernel, [at(5, 0)]);
    expect(starts(drain(kernel, 999))).toEqual([[0, 1]]);
    feed(kernel, [at(7, 1), at(1500, 1)]);
    expect(kernel.queryCounters(0)).toMatchObject({ counted: 2, late: 1 });
  });

  test("a row too far ahead of its record is counted and moves nothing", () => {
    const columns = { time: RAW.offset, watermark: RAW.offset };
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)], { ...columns, maxAheadMs: 100 }));
    kernel.ensurePartitions(0, 1);
    const row = (timeUs: bigint, recordMs: number | null): RawRecord => ({
      text: "x",
      offset: timeUs,
      timeMs: recordMs,
    });
    feed(kernel, [row(1_100_999n, 1000), row(1_101_000n, 1000), row(5_000_000n, 1000)]);
    expect(kernel.sourceCounters(0).ahead).toBe(2);
    expect(kernel.partitionWatermark(0, 0)).toBe(1100);
    feed(kernel, [row(9_000_000n, null), row(2_000_000n, 2_000_000_000_000_000)]);
    expect(kernel.sourceCounters(0).ahead).toBe(2);
    expect(kernel.partitionWatermark(0, 0)).toBe(9000);
    expect(kernel.queryCounters(0)).toMatchObject({ rows: 5, counted: 4, late: 1 });
  });

  test("is floored to the millisecond, below zero too", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)], { time: RAW.offset }));
    kernel.ensurePartitions(0, 1);
    feed(kernel, [{ text: "x", offset: -1n }]);
    expect(kernel.partitionWatermark(0, 0)).toBe(-1);
    feed(kernel, [{ text: "x", offset: 1999n }]);
    expect(kernel.partitionWatermark(0, 0)).toBe(1);
  });

  test("none yet is null, and a restored one judges the next row", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 1);
    expect(kernel.partitionWatermark(0, 0)).toBeNull();
    kernel.setPartitionWatermark(0, 0, 999);
    expect(kernel.partitionWatermark(0, 0)).toBe(999);
    feed(kernel, [at(999), at(1000)]);
    expect(kernel.queryCounters(0)).toMatchObject({ counted: 1, late: 1 });
  });
});

describe("a row without event time", () => {
  const records = [at(5), at(null), at(2000)];

  test("is a bad row by default", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)]));
    kernel.ensurePartitions(0, 1);
    feed(kernel, records);
    expect(kernel.sourceCounters(0)).toEqual({ records: 3, rows: 2, skipped: 0, bad: 1, ahead: 0, elements: 0 });
    const none = { column: null, field: null, query: null, item: -1, at: -1 };
    expect(kernel.badRows(0)).toEqual([{ record: 1, reason: BAD_NULL_TIME, ...none }]);
  });

  test("is dropped and counted with DROP", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)], { nullHandling: "drop" }));
    kernel.ensurePartitions(0, 1);
    feed(kernel, records);
    expect(kernel.sourceCounters(0)).toEqual({ records: 3, rows: 2, skipped: 1, bad: 0, ahead: 0, elements: 0 });
  });

  test("stays a row, of no window, with SKIP_WATERMARK", () => {
    const kernel = freshKernel();
    kernel.load(rawProgram([counts(1000)], { nullHandling: "skip-watermark" }));
    kernel.ensurePartitions(0, 1);
    feed(kernel, records);
    expect(kernel.sourceCounters(0).rows).toBe(3);
    expect(kernel.queryCounters(0)).toMatchObject({ rows: 3, counted: 2, filtered: 1 });
  });
});

describe("against a row-by-row oracle", () => {
  test("any batch break and interleaving gives the verdicts of the partition's own order", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const next = random(seed);
      const size = 1 + Math.floor(next() * 3000);
      const partitions = 1 + Math.floor(next() * 4);
      const rows = Array.from({ length: 1 + Math.floor(next() * 9000) }, (_, index) =>
        at(Math.floor(index * next() * 2 - next() * 4000), Math.floor(next() * partitions)),
      );
      const kernel = freshKernel();
      kernel.load(rawProgram([counts(size)]));
      kernel.ensurePartitions(0, partitions);
      for (let from = 0; from < rows.length; ) {
        const to = Math.min(rows.length, from + 1 + Math.floor(next() * 5000));
        feed(kernel, rows.slice(from, to));
        from = to;
      }
      const watermarks = new Map<number, number>();
      const expected = new Map<number, number>();
      let late = 0;
      for (const { timeMs, partition } of rows) {
        const before = watermarks.get(partition ?? 0) ?? Number.NEGATIVE_INFINITY;
        watermarks.set(partition ?? 0, Math.max(before, Number(timeMs)));
        const start = floorTo(Number(timeMs), size, 0);
        if (before >= start + size - 1) late++;
        else expected.set(start, (expected.get(start) ?? 0) + 1);
      }
      const context = `seed ${seed}`;
      expect({ context, late: kernel.queryCounters(0).late }).toEqual({ context, late });
      const got = starts(drain(kernel, END));
      expect({ context, got }).toEqual({ context, got: [...expected].sort(([a], [b]) => a - b) });
    }
  });
});
