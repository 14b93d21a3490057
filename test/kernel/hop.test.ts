/** Windows that share slices: hopping and cumulating, at their edges and aggregate by aggregate. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import {
  type AggregateSpec,
  BIGINT,
  BOOLEAN,
  drain,
  END,
  feed,
  freshKernel,
  jsonProgram,
  type RawRecord,
  type Row,
  random,
  rawProgram,
  STRING,
  type TableSpec,
  TIMESTAMP,
  type WindowSpec,
} from "./harness.ts";
import { oracleGroups } from "./oracle.ts";
import { checkGroup, functionsOf, randomValue, recordOf, resultOf, types } from "./random-rows.ts";

const COUNT = { function: "COUNT", argument: null, resultType: BIGINT } as const;

function hopping(sizeMs: number, stepMs: number, offsetMs = 0): WindowSpec {
  return { kind: "hopping", sizeMs, stepMs, offsetMs, keys: [], aggregates: [COUNT] };
}

function cumulating(sizeMs: number, stepMs: number, offsetMs = 0): WindowSpec {
  return { ...hopping(sizeMs, stepMs, offsetMs), kind: "cumulating" };
}

function at(timeMs: number, partition = 0): RawRecord {
  return { text: "x", timeMs, partition };
}

/** [window_start, window_end, count] of every row, in ms. */
function windows(rows: readonly Row[]): [number, number, number][] {
  return rows.map((row) => [Number((row[0] as bigint) / 1000n), Number((row[1] as bigint) / 1000n), Number(row[3])]);
}

function kernelWith(spec: WindowSpec, partitions = 1) {
  const kernel = freshKernel();
  kernel.load(rawProgram([spec]));
  kernel.ensurePartitions(0, partitions);
  return kernel;
}

describe("hopping windows", () => {
  test("a row counts in every window that holds it, and each window leaves when its own end is reached", () => {
    const kernel = kernelWith(hopping(1000, 250));
    feed(kernel, [at(1100)]);
    expect(kernel.queryCounters(0).openWindows).toBe(4);
    expect(drain(kernel, 1248)).toEqual([]);
    expect(windows(drain(kernel, 1249))).toEqual([[250, 1250, 1]]);
    expect(kernel.queryCounters(0).openWindows).toBe(3);
    expect(windows(drain(kernel, END))).toEqual([
      [500, 1500, 1],
      [750, 1750, 1],
      [1000, 2000, 1],
    ]);
    expect(kernel.queryCounters(0)).toMatchObject({ openWindows: 0, groups: 0, emitted: 4 });
  });

  test("a slide that does not divide the size", () => {
    const kernel = kernelWith(hopping(1000, 300, -50));
    feed(kernel, [at(0)]);
    expect(windows(drain(kernel, END))).toEqual([
      [-950, 50, 1],
      [-650, 350, 1],
      [-350, 650, 1],
      [-50, 950, 1],
    ]);
  });

  test("a slide beyond the size leaves gaps, whose rows count as filtered", () => {
    const kernel = kernelWith(hopping(100, 250));
    feed(kernel, [at(99), at(100), at(249), at(250)]);
    expect(kernel.queryCounters(0)).toMatchObject({ rows: 4, counted: 2, filtered: 2, late: 0 });
    expect(windows(drain(kernel, END))).toEqual([
      [0, 100, 1],
      [250, 350, 1],
    ]);
  });

  test("a row too late for some of its windows counts in the others, also when these are still to be emitted", () => {
    const kernel = kernelWith(hopping(1000, 500));
    // 1600 closes [0, 1000) and [500, 1500) for what comes behind it.
    feed(kernel, [at(900), at(1600), at(1100), at(900), at(400)]);
    expect(kernel.queryCounters(0)).toMatchObject({ counted: 3, late: 2, missed: 1 });
    expect(windows(drain(kernel, END))).toEqual([
      [0, 1000, 1],
      [500, 1500, 1],
      [1000, 2000, 2],
      [1500, 2500, 1],
    ]);
  });

  test("a group that only late rows have leaves with the first window they are in time for", () => {
    const kernel = kernelWith(hopping(1000, 500));
    feed(kernel, [at(1600)]);
    expect(windows(drain(kernel, 1600))).toEqual([]);
    feed(kernel, [at(1010)]);
    expect(kernel.queryCounters(0).openWindows).toBe(2);
    expect(windows(drain(kernel, 1999))).toEqual([[1000, 2000, 2]]);
    expect(windows(drain(kernel, END))).toEqual([[1500, 2500, 1]]);
  });

  test("long quiet times between rows give no empty windows", () => {
    const kernel = kernelWith(hopping(60_000, 1000));
    feed(kernel, [at(0), at(86_400_000 * 365)]);
    const rows = windows(drain(kernel, END));
    expect(rows.length).toBe(120);
    expect(rows.every(([start, end, count]) => end - start === 60_000 && count === 1)).toBe(true);
  });
});

describe("cumulating windows", () => {
  test("grow by a step and begin anew after the longest", () => {
    const kernel = kernelWith(cumulating(1000, 250));
    feed(kernel, [at(10), at(300), at(990), at(1001)]);
    expect(kernel.queryCounters(0).openWindows).toBe(8);
    expect(windows(drain(kernel, 999))).toEqual([
      [0, 250, 1],
      [0, 500, 2],
      [0, 750, 2],
      [0, 1000, 3],
    ]);
    expect(windows(drain(kernel, END)).length).toBe(4);
  });

  test("a first row in a later step starts there, and every later step has it", () => {
    const kernel = kernelWith(cumulating(1000, 250, 100));
    feed(kernel, [at(700)]);
    expect(windows(drain(kernel, END))).toEqual([
      [100, 850, 1],
      [100, 1100, 1],
    ]);
  });

  test("a late row joins the steps that are still open", () => {
    const kernel = kernelWith(cumulating(1000, 250));
    feed(kernel, [at(10), at(600), at(20)]);
    expect(kernel.queryCounters(0)).toMatchObject({ counted: 3, late: 0, missed: 2 });
    expect(windows(drain(kernel, END))).toEqual([
      [0, 250, 1],
      [0, 500, 1],
      [0, 750, 3],
      [0, 1000, 3],
    ]);
  });
});

describe("partitions", () => {
  test("judge their own rows, so the rows of a window do not depend on when it was emitted", () => {
    for (let seed = 1; seed <= 30; seed++) {
      const next = random(seed);
      const spec = seed % 2 === 0 ? hopping(1000, 200) : cumulating(1000, 200);
      const records = Array.from({ length: 400 }, (_, index) =>
        at(Math.floor(index * 20 - next() * 1500), next() < 0.5 ? 0 : 1),
      );
      const atOnce = kernelWith(spec, 2);
      feed(atOnce, records);
      const expected = windows(drain(atOnce, END));
      const often = kernelWith(spec, 2);
      const got: [number, number, number][] = [];
      for (const record of records) {
        feed(often, [record]);
        const marks = [0, 1].map((partition) => often.partitionWatermark(0, partition) ?? Number.MIN_SAFE_INTEGER);
        got.push(...windows(drain(often, Math.min(...marks))));
      }
      got.push(...windows(drain(often, END)));
      expect({ seed, got }).toEqual({ seed, got: expected });
      expect(often.queryCounters(0)).toMatchObject({
        late: atOnce.queryCounters(0).late,
        missed: atOnce.queryCounters(0).missed,
        openWindows: 0,
        groups: 0,
      });
    }
  });
});

describe("merging", () => {
  const cases = types.flatMap((type) => functionsOf(type).map((fn) => [fn, type] as const));

  test.each(cases)("%s of %j over four slices, plain and DISTINCT, with NULLs and new groups", (fn, type) => {
    const table: TableSpec = { columns: [TIMESTAMP, BOOLEAN, type, STRING], time: 0 };
    const call = (distinct: boolean): AggregateSpec => ({
      function: fn,
      argument: 2,
      distinct,
      resultType: resultOf(fn, type as DataType),
    });
    for (const kind of ["hopping", "cumulating"] as const) {
      const spec: WindowSpec = { kind, sizeMs: 1000, stepMs: 250, keys: [3], aggregates: [call(false), call(true)] };
      const next = random(7);
      const inputs = Array.from({ length: 600 }, (_, index) => ({
        partition: 0,
        row: table.columns.map((column, i) => (i === 0 ? BigInt(index * 10) * 1000n : randomValue(column, next))),
      }));
      const kernel = freshKernel();
      kernel.load(jsonProgram(table, [spec]));
      kernel.ensurePartitions(0, 1);
      feed(
        kernel,
        inputs.map(({ row }) => ({ text: recordOf(table, row) })),
      );
      const rows = drain(kernel, END);
      const { groups } = oracleGroups(table, spec, inputs);
      expect(rows.length).toBe(groups.length);
      groups.forEach((group, index) => {
        checkGroup({ context: `${kind}, group ${index}`, table, spec }, group, rows[index] as Row);
      });
      expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
    }
  });

  test("everything a merged window takes is given back", () => {
    const kernel = kernelWith({ ...hopping(1000, 100), keys: [0] });
    const records = Array.from({ length: 5000 }, (_, index) => ({
      ...at(index),
      text: `key ${index % 700} of some length`,
    }));
    feed(kernel, records);
    drain(kernel, END);
    const once = kernel.usedBytes;
    for (let round = 1; round <= 20; round++) {
      feed(
        kernel,
        records.map((record) => ({ ...record, timeMs: (record.timeMs as number) + round * 10_000 })),
      );
      drain(kernel, 9_000 + round * 10_000);
    }
    expect(kernel.usedBytes).toBeLessThanOrEqual(once + 4096);
  });
});
