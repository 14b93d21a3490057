/** Random values of every type, and the comparison of a window's rows with the oracle's. */
import type { DataType } from "../../src/core/type.ts";
import { type CellValue, formatValue } from "../../src/core/value.ts";
import {
  type AggregateSpec,
  BIGINT,
  BOOLEAN,
  DOUBLE,
  type Row,
  STRING,
  type TableSpec,
  TIMESTAMP,
  type WindowSpec,
} from "./harness.ts";
import { aggregate, type Expected, type OracleGroup } from "./oracle.ts";

export type Random = () => number;

export const types: readonly DataType[] = [
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

export const pick = <T>(next: Random, list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
export const below = (next: Random, n: number): number => Math.floor(next() * n);

/** Values from a small set, so that groups and duplicates happen, with the awkward ones among them. */
export function randomValue(type: DataType, next: Random): CellValue {
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

export function resultOf(fn: string, type: DataType): DataType {
  if (["COUNT", "COUNT_AUTO", "APPROX_COUNT_DISTINCT"].includes(fn)) return BIGINT;
  if (type.kind !== "decimal" || anyType.includes(fn)) return type;
  if (fn === "SUM") return { kind: "decimal", precision: 38, scale: type.scale };
  return { kind: "decimal", precision: 38, scale: Math.max(6, type.scale) };
}

const anyType = ["COUNT", "MIN", "MAX", "APPROX_COUNT_DISTINCT", "COUNT_AUTO", "FIRST_VALUE", "LAST_VALUE"];
const numeric = ["SUM", "AVG", "STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP"];

/** Sums and variances of the awkward integers overflow, which has its own tests. */
export function functionsOf(type: DataType): readonly string[] {
  if (type.kind === "string") return [...anyType, "LISTAGG"];
  if (type.kind === "double") return [...anyType, ...numeric, "APPROX_PERCENTILE"];
  if (["float", "decimal"].includes(type.kind)) return [...anyType, ...numeric];
  return ["tinyint", "smallint", "int", "bigint"].includes(type.kind) ? [...anyType, "AVG"] : anyType;
}

export function recordOf(table: TableSpec, row: Row): string {
  const fields = row.map((cell, index) => {
    if (index === table.time) return `"c${index}":${Number(cell) / 1000}`;
    return `"c${index}":${jsonOf(table.columns[index] as DataType, cell as CellValue)}`;
  });
  return `{${fields.join(",")}}`;
}

function matches(got: CellValue, expected: Expected): boolean {
  if (expected !== null && typeof expected === "object" && "near" in expected) {
    if (got === null) return expected.orNull === true;
    return Math.abs(Number(got) - expected.near) <= expected.within;
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

export interface Case {
  readonly context: string;
  readonly table: TableSpec;
  readonly spec: WindowSpec;
}

/** Plain comparisons: there are a hundred thousand of them. */
export function checkGroup({ context, table, spec }: Case, group: OracleGroup, row: Row): void {
  const head = [...[group.start, group.end, group.end - 1].map((ms) => BigInt(ms) * 1000n), ...group.keys];
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
