/** Random tables, keys, aggregates, rows and batch breaks: the kernel against the naive oracle. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { Kernel } from "../../src/kernel/kernel.ts";
import {
  type AggregateSpec,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  drain,
  END,
  feed,
  freshKernel,
  jsonProgram,
  type Row,
  random,
  STRING,
  type TableSpec,
  TIMESTAMP,
  type WindowSpec,
} from "./harness.ts";
import { type OracleInput, oracleGroups } from "./oracle.ts";
import {
  below,
  checkGroup,
  functionsOf,
  pick,
  type Random,
  randomValue,
  recordOf,
  resultOf,
  types,
} from "./random-rows.ts";

/** Columns 0 and 1 are always the event time and a BOOLEAN. */
function randomTable(next: Random): TableSpec {
  const columns = [TIMESTAMP, BOOLEAN, ...Array.from({ length: 1 + below(next, 5) }, () => pick(next, types))];
  return { columns, time: 0 };
}

function randomWindow(next: Random, table: TableSpec): WindowSpec {
  const column = (): number => below(next, table.columns.length);
  const keys = Array.from({ length: below(next, 4) }, column);
  const aggregates = Array.from({ length: 1 + below(next, 6) }, (): AggregateSpec => {
    if (next() < 0.15) return { function: "COUNT", argument: null, resultType: BIGINT };
    const argument = column();
    const type = table.columns[argument] as DataType;
    const fn = pick(next, functionsOf(type));
    const filter = next() < 0.3 ? { filter: 1 } : {};
    return { function: fn, argument, distinct: next() < 0.3, resultType: resultOf(fn, type), ...filter };
  });
  const where = next() < 0.3 ? { where: 1 } : {};
  return { ...randomShape(next), keys, aggregates, ...where };
}

function randomShape(next: Random): Pick<WindowSpec, "kind" | "sizeMs" | "stepMs" | "offsetMs"> {
  const offsetMs = pick(next, [0, 0, 123, -250]);
  const sizeMs = pick(next, [500, 1000, 7777, 60_000]);
  if (next() < 0.4) return { sizeMs, offsetMs };
  // Slides that divide the size, that do not, and that leave gaps; steps of a tenth or the whole.
  if (next() < 0.6) {
    return { kind: "hopping", sizeMs, stepMs: pick(next, [500, 300, 1000, 2500, 20_000]), offsetMs };
  }
  return {
    kind: "cumulating",
    sizeMs: sizeMs - (sizeMs % 100),
    stepMs: pick(next, [100, sizeMs - (sizeMs % 100)]),
    offsetMs,
  };
}

function randomRows(next: Random, table: TableSpec, partitions: number): OracleInput[] {
  const count = pick(next, [1, 50, 400, 2500, 6000]);
  return Array.from({ length: count }, (_, index) => ({
    partition: below(next, partitions),
    row: table.columns.map((type, column) =>
      column === 0 ? BigInt(Math.floor(index * 5 - next() * 3000)) * 1000n : randomValue(type, next),
    ),
  }));
}

/** Counters, keys, order and every aggregate of one random job. */
function runCase(seed: number): void {
  const next = random(seed);
  const table = randomTable(next);
  const spec = randomWindow(next, table);
  const partitions = 1 + below(next, 3);
  const inputs = randomRows(next, table, partitions);
  const kernel = freshKernel({ seed: BigInt(seed) });
  kernel.load(jsonProgram(table, [spec]));
  kernel.ensurePartitions(0, partitions);
  const rows: Row[] = [];
  for (let from = 0; from < inputs.length; ) {
    const to = Math.min(inputs.length, from + 1 + below(next, 3000));
    const part = inputs.slice(from, to);
    feed(
      kernel,
      part.map(({ row, partition }) => ({ text: recordOf(table, row), partition })),
    );
    from = to;
    if (next() < 0.5) for (const row of drain(kernel, tableWatermark(kernel, partitions))) rows.push(row);
  }
  const outcome = oracleGroups(table, spec, inputs);
  const counters = kernel.queryCounters(0);
  const context = `seed ${seed}`;
  const { late, filtered, missed } = outcome;
  expect({ context, ...counters }).toMatchObject({ context, bad: 0, late, filtered, missed });
  for (const row of drain(kernel, END)) rows.push(row);
  expect({ context, groups: rows.length }).toEqual({ context, groups: outcome.groups.length });
  outcome.groups.forEach((group, index) => {
    checkGroup({ context: `${context}, group ${index}`, table, spec }, group, rows[index] as Row);
  });
  expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
}

/** The least of the partitions' watermarks; before all times while one has none. */
function tableWatermark(kernel: Kernel, partitions: number): number {
  const marks = Array.from({ length: partitions }, (_, partition) => kernel.partitionWatermark(0, partition));
  return Math.min(...marks.map((mark) => mark ?? Number.MIN_SAFE_INTEGER));
}

describe("aggregation", () => {
  const cases = 100;

  test(`gives the oracle's rows in the oracle's order (${cases} seeds)`, () => {
    for (let seed = 1; seed <= cases; seed++) runCase(seed);
  }, 60_000);
});

describe("SUM, MIN and MAX of one column", () => {
  test("give together what they give apart, with NULLs, FILTER and DISTINCT", () => {
    for (let seed = 1; seed <= 24; seed++) {
      const next = random(seed);
      const argument: DataType = pick(next, [{ kind: "smallint" }, DOUBLE, { kind: "float" }]);
      const resultType = argument.kind === "smallint" ? BIGINT : argument;
      const table: TableSpec = { columns: [TIMESTAMP, BOOLEAN, argument, STRING], time: 0 };
      const options = { distinct: next() < 0.3, ...(next() < 0.5 ? { filter: 1 } : {}) };
      const call = (fn: string): AggregateSpec => ({
        function: fn,
        argument: 2,
        resultType: fn === "SUM" ? resultType : argument,
        ...options,
      });
      const window = (...names: string[]): WindowSpec => ({ sizeMs: 1000, keys: [3], aggregates: names.map(call) });
      const kernel = freshKernel();
      kernel.load(
        jsonProgram(table, [window("MAX", "SUM", "MIN", "MIN"), window("SUM"), window("MIN"), window("MAX")]),
      );
      kernel.ensurePartitions(0, 1);
      const inputs = randomRows(next, table, 1);
      feed(
        kernel,
        inputs.map(({ row }) => ({ text: recordOf(table, row) })),
      );
      const together = drain(kernel, END, 0);
      const [sums, leasts, greatests] = [1, 2, 3].map((query) => drain(kernel, END, query).map((row) => row[4]));
      const apart = together.map((row, index) => [
        ...row.slice(0, 4),
        greatests?.[index],
        sums?.[index],
        leasts?.[index],
        leasts?.[index],
      ]);
      expect({ seed, together }).toEqual({ seed, together: apart as Row[] });
    }
  });
});

const integerKinds = [
  ["tinyint", 127n],
  ["smallint", 32767n],
  ["int", 2147483647n],
  ["bigint", 2n ** 63n - 1n],
] as const;

describe("integer aggregates", () => {
  const run = (kind: (typeof integerKinds)[number][0], values: readonly bigint[], fn: string): Row[] => {
    const type: DataType = { kind };
    const table: TableSpec = { columns: [TIMESTAMP, type], time: 0 };
    const kernel = freshKernel();
    kernel.load(
      jsonProgram(table, [{ sizeMs: 1000, keys: [], aggregates: [{ function: fn, argument: 1, resultType: type }] }]),
    );
    kernel.ensurePartitions(0, 1);
    feed(
      kernel,
      values.map((value) => ({ text: `{"c0":0,"c1":${value}}` })),
    );
    return drain(kernel, END);
  };

  test.each(integerKinds)("a SUM that leaves %p is an error, one that comes back is not", (kind, most) => {
    expect(Number(run(kind, [most, 1n, -1n], "SUM")[0]?.[3])).toBe(Number(most));
    expect(Number(run(kind, [-most - 1n, most, 1n], "SUM")[0]?.[3])).toBe(0);
    expect(() => run(kind, [most, 1n], "SUM")).toThrow('column "a0" of the window that starts at 1970-01-01');
    expect(() => run(kind, [-most - 1n, -1n], "SUM")).toThrow("overflows its type");
  });

  test.each(integerKinds)("AVG of %p truncates toward zero and never overflows", (kind, most) => {
    expect(Number(run(kind, [most, most, most], "AVG")[0]?.[3])).toBe(Number(most));
    expect(Number(run(kind, [-3n, -4n], "AVG")[0]?.[3])).toBe(-3);
    expect(Number(run(kind, [1n, 2n, 3n, 4n, 6n], "AVG")[0]?.[3])).toBe(3);
  });

  test("variance follows Flink's formula in whole numbers", () => {
    const values = [0n, 1n, 2n, 3n, 4n, 5n, 6n, 7n, 8n, 9n];
    expect(run("bigint", values, "VAR_POP")[0]?.[3]).toBe(8n);
    expect(run("bigint", values, "VAR_SAMP")[0]?.[3]).toBe(9n);
    expect(run("bigint", values, "STDDEV_POP")[0]?.[3]).toBe(2n);
    expect(run("bigint", [5n], "VAR_SAMP")[0]?.[3]).toBeNull();
    expect(run("bigint", [5n], "VAR_POP")[0]?.[3]).toBe(0n);
    expect(() => run("bigint", [2n ** 63n - 1n, -(2n ** 63n)], "VAR_POP")).toThrow("overflows its type");
  });
});
