/** Random tables, keys, aggregates, rows and batch breaks: the kernel against the naive oracle. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
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
import { randomRows, runCase } from "./random-job.ts";
import { pick, recordOf } from "./random-rows.ts";

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
