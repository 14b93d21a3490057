/** Random tables, keys, aggregates, rows and batch breaks: the kernel against the naive oracle. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import { type CellValue, formatValue } from "../../src/core/value.ts";
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
import { aggregate, type Expected, type OracleGroup, type OracleInput, oracleGroups } from "./oracle.ts";

type Random = () => number;

const types: readonly DataType[] = [
  BOOLEAN,
  { kind: "tinyint" },
  { kind: "smallint" },
  { kind: "int" },
  BIGINT,
  { kind: "float" },
  DOUBLE,
  { kind: "decimal", precision: 9, scale: 2 },
  { kind: "decimal", precision: 38, scale: 10 },
  STRING,
  { kind: "date" },
  { kind: "time", precision: 3 },
  TIMESTAMP,
];

const pick = <T>(next: Random, list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
const below = (next: Random, n: number): number => Math.floor(next() * n);

/** Values from a small set, so that groups and duplicates happen, with the awkward ones among them. */
function randomValue(type: DataType, next: Random): CellValue {
  if (next() < 0.12) return null;
  switch (type.kind) {
    case "boolean":
      return next() < 0.5;
    case "tinyint":
      return pick(next, [-128, -1, 0, 1, 127, below(next, 20)]);
    case "smallint":
      return pick(next, [-32768, -1, 0, 1, 32767, below(next, 50)]);
    case "int":
      return pick(next, [-2147483648, -1, 0, 255, 256, 2147483647, below(next, 50) - 25]);
    case "bigint":
      return pick(next, [0n, 1n, -1n, 2n ** 53n + 1n, -(2n ** 62n), BigInt(below(next, 60)) * 123_456_789n]);
    case "float":
      return pick(next, [0, -0, 1.5, -2.25, Math.fround(0.1), below(next, 40) / 4]);
    case "double":
      return pick(next, [0, -0, 1e-300, 1e15, -1e15, 0.1, below(next, 40) / 8]);
    case "decimal":
      return decimalOf(type.precision, next);
    case "date":
      return pick(next, [0, -1, 19_000, -719_162, below(next, 9)]);
    case "time":
      return pick(next, [0, 86_399_999, below(next, 9) * 1000]);
    case "timestamp":
      return BigInt(below(next, 9) * 1_000_000 - 3_000_000);
    default:
      return pick(next, strings);
  }
}

function decimalOf(precision: number, next: Random): bigint {
  const most = 10n ** BigInt(precision) - 1n;
  return pick(next, [0n, 1n, -1n, 99n, BigInt(below(next, 30)), most, -most, most / 3n]);
}

const strings = [
  "",
  "a",
  "ab",
  "a\u0000",
  "a\u0000b",
  "\u0000",
  "exactly fifteen",
  "exactly sixteen!",
  "a string longer than the sixteen bytes kept inline",
  "a string longer than the sixteen bytes kept inlinf",
  "ärger",
  "日本語テキスト、長い",
  "😀",
  "zz",
];

function jsonOf(type: DataType, value: CellValue): string {
  if (value === null) return "null";
  switch (type.kind) {
    case "boolean":
    case "tinyint":
    case "smallint":
    case "int":
    case "bigint":
      return String(value);
    case "float":
    case "double":
      return Object.is(value, -0) ? "-0.0" : String(value);
    case "decimal":
      return formatValue(type, value);
    default:
      return JSON.stringify(type.kind === "string" ? value : formatValue(type, value));
  }
}

function resultOf(fn: string, type: DataType): DataType {
  if (fn === "COUNT" || fn === "APPROX_COUNT_DISTINCT") return BIGINT;
  if (type.kind !== "decimal" || fn === "MIN" || fn === "MAX") return type;
  if (fn === "SUM") return { kind: "decimal", precision: 38, scale: type.scale };
  return { kind: "decimal", precision: 38, scale: Math.max(6, type.scale) };
}

const anyType = ["COUNT", "MIN", "MAX", "APPROX_COUNT_DISTINCT"];
const numeric = ["SUM", "AVG", "STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP"];

/** Sums and variances of the awkward integers overflow, which has its own tests. */
function functionsOf(type: DataType): readonly string[] {
  if (["float", "double", "decimal"].includes(type.kind)) return [...anyType, ...numeric];
  return ["tinyint", "smallint", "int", "bigint"].includes(type.kind) ? [...anyType, "AVG"] : anyType;
}

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
  return {
    sizeMs: pick(next, [500, 1000, 7777, 60_000]),
    offsetMs: pick(next, [0, 0, 123, -250]),
    keys,
    aggregates,
    ...where,
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

function recordOf(table: TableSpec, row: Row): string {
  const fields = row.map((cell, index) => {
    if (index === table.time) return `"c${index}":${Number(cell) / 1000}`;
    return `"c${index}":${jsonOf(table.columns[index] as DataType, cell as CellValue)}`;
  });
  return `{${fields.join(",")}}`;
}

function matches(got: CellValue, expected: Expected): boolean {
  if (expected !== null && typeof expected === "object" && "near" in expected) {
    return got !== null && Math.abs(Number(got) - expected.near) <= expected.within;
  }
  return Object.is(got, expected);
}

function described(table: TableSpec, call: AggregateSpec): string {
  const argument = call.argument === null ? "*" : JSON.stringify(table.columns[call.argument]);
  return `${call.function}(${call.distinct === true ? "DISTINCT " : ""}${argument})${call.filter === undefined ? "" : " FILTER"}`;
}

function text(value: Expected): string {
  return value !== null && typeof value === "object" ? JSON.stringify(value) : String(value);
}

interface Case {
  readonly context: string;
  readonly table: TableSpec;
  readonly spec: WindowSpec;
}

/** Plain comparisons: there are a hundred thousand of them. */
function checkGroup({ context, table, spec }: Case, group: OracleGroup, row: Row): void {
  const end = group.start + spec.sizeMs;
  const head = [...[group.start, end, end - 1].map((ms) => BigInt(ms) * 1000n), ...group.keys];
  head.forEach((cell, index) => {
    const got = row[index] as CellValue;
    if (!Object.is(got, cell)) throw new Error(`${context}: column ${index} is ${text(got)}, not ${text(cell)}`);
  });
  spec.aggregates.forEach((call, index) => {
    const expected = aggregate(table, call, group.rows);
    const got = row[head.length + index] as CellValue;
    if (!matches(got, expected)) {
      throw new Error(`${context}: ${described(table, call)} is ${text(got)}, not ${text(expected)}`);
    }
  });
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
  for (let from = 0; from < inputs.length; ) {
    const to = Math.min(inputs.length, from + 1 + below(next, 3000));
    const part = inputs.slice(from, to);
    feed(
      kernel,
      part.map(({ row, partition }) => ({ text: recordOf(table, row), partition })),
    );
    from = to;
  }
  const outcome = oracleGroups(table, spec, inputs);
  const counters = kernel.queryCounters(0);
  const context = `seed ${seed}`;
  expect({ context, bad: kernel.badRows(0), late: counters.late, filtered: counters.filtered }).toEqual({
    context,
    bad: [],
    late: outcome.late,
    filtered: outcome.filtered,
  });
  const rows = drain(kernel, END);
  expect({ context, groups: rows.length }).toEqual({ context, groups: outcome.groups.length });
  outcome.groups.forEach((group, index) => {
    checkGroup({ context: `${context}, group ${index}`, table, spec }, group, rows[index] as Row);
  });
  expect(kernel.queryCounters(0)).toMatchObject({ groups: 0, openWindows: 0 });
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
