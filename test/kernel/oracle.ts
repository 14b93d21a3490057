/**
 * What a window aggregation must give, computed naively: plain Maps and Sets over values, BigInt for everything exact.
 * Values are cells (core/value.ts): bigint for BIGINT, TIMESTAMP and DECIMAL, number for narrower types and floats.
 */
import type { DataType } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import type { AggregateSpec, Row, TableSpec, WindowSpec } from "./harness.ts";

export interface OracleInput {
  readonly row: Row;
  readonly partition: number;
}

export interface OracleGroup {
  readonly start: number;
  readonly end: number;
  readonly keys: Row;
  readonly rows: Row[];
}

export interface OracleOutcome {
  readonly groups: readonly OracleGroup[];
  readonly late: number;
  readonly filtered: number;
  /** Windows that had closed before a row which others of its windows took. */
  readonly missed: number;
}

/** Groups in order of window end, then key. */
export function oracleGroups(table: TableSpec, spec: WindowSpec, inputs: readonly OracleInput[]): OracleOutcome {
  const watermarks = new Map<number, number>();
  const groups = new Map<string, OracleGroup>();
  let late = 0;
  let filtered = 0;
  let missed = 0;
  const places = new Map<Row, readonly number[]>();
  for (const [index, { row, partition }] of inputs.entries()) {
    const time = Number(row[table.time] as bigint) / 1000;
    const before = watermarks.get(partition) ?? Number.NEGATIVE_INFINITY;
    watermarks.set(partition, Math.max(before, time));
    const windows = windowsOf(spec, time);
    const open = windows.filter(([, end]) => before < end - 1);
    if (windows.length > 0 && open.length === 0) {
      late++;
      continue;
    }
    missed += windows.length - open.length;
    if (windows.length === 0 || (spec.where !== undefined && row[spec.where] !== true)) {
      filtered++;
      continue;
    }
    const keys = spec.keys.map((key) => row[key] as CellValue);
    for (const [start, end] of open) {
      const id = `${start}:${end}:${keys.map(identity).join("\u0001")}`;
      const group = groups.get(id) ?? { start, end, keys, rows: [] };
      group.rows.push(row);
      places.set(row, [before, partition, index]);
      groups.set(id, group);
    }
  }
  const types = spec.keys.map((key) => table.columns[key] as DataType);
  const sorted = [...groups.values()].sort((a, b) => a.end - b.end || compareKeys(types, a.keys, b.keys));
  // The canonical sequence.
  for (const { rows } of sorted) rows.sort((a, b) => comparePlaces(places.get(a) ?? [], places.get(b) ?? []));
  return { groups: sorted, late, filtered, missed };
}

function comparePlaces(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, index) => number !== b[index]);
  return at < 0 || (a[at] as number) < (b[at] as number) ? -1 : 1;
}

/** Every window that holds the time, as [start, end). */
export function windowsOf(spec: WindowSpec, time: number): [start: number, end: number][] {
  const { kind, sizeMs, stepMs = sizeMs, offsetMs = 0 } = spec;
  const windows: [number, number][] = [];
  if (kind === "cumulating") {
    const start = floorTo(time, sizeMs, offsetMs);
    for (let end = start + stepMs; end <= start + sizeMs; end += stepMs) if (end > time) windows.push([start, end]);
    return windows;
  }
  for (let start = floorTo(time, stepMs, offsetMs); start + sizeMs > time; start -= stepMs) {
    windows.push([start, start + sizeMs]);
  }
  return windows;
}

function floorTo(time: number, size: number, offset: number): number {
  const rest = (time - offset) % size;
  return time - (rest < 0 ? rest + size : rest);
}

/** Tells values apart as DISTINCT does: -0 is not 0, NaN is NaN. */
export function identity(value: CellValue): string {
  if (value === null) return "NULL";
  if (Object.is(value, -0)) return "number:-0";
  return `${typeof value}:${value}`;
}

function compareKeys(types: readonly DataType[], a: Row, b: Row): number {
  for (const [index, type] of types.entries()) {
    const order = compareValues(type, a[index] as CellValue, b[index] as CellValue);
    if (order !== 0) return order;
  }
  return 0;
}

/** NULLs first, -0 before 0, strings by UTF-8 bytes. */
export function compareValues(type: DataType, a: CellValue, b: CellValue): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  if (type.kind === "string") return Buffer.compare(Buffer.from(a as string), Buffer.from(b as string));
  if (Object.is(a, b)) return 0;
  if (a === b) return Object.is(a, -0) ? -1 : 1;
  return (a as number) < (b as number) ? -1 : 1;
}

/** The argument's values that count: not NULL, FILTER true, once each if distinct. */
export function countedValues(call: AggregateSpec, rows: readonly Row[]): CellValue[] {
  const { argument, filter } = call;
  const passing = filter === undefined ? rows : rows.filter((row) => row[filter] === true);
  if (argument === null) return passing.map(() => 1n);
  const values = passing.map((row) => row[argument] as CellValue).filter((value) => value !== null);
  if (call.distinct !== true) return values;
  return [...new Map(values.map((value) => [identity(value), value])).values()];
}

/** null, a cell, or the reference with the tolerance a result may miss it by; `orNull`: where that decides what fits. */
export type Expected = CellValue | { readonly near: number; readonly within: number; readonly orNull?: boolean };

export function aggregate(table: TableSpec, call: AggregateSpec, rows: readonly Row[]): Expected {
  const values = countedValues(call, rows);
  if (call.function === "COUNT") return BigInt(values.length);
  if (call.function === "COUNT_AUTO")
    return countedAuto(countedValues({ ...call, distinct: true }, rows), call.parameter ?? 12);
  if (values.length === 0) return call.function === "APPROX_COUNT_DISTINCT" ? 0n : null;
  const type = table.columns[call.argument as number] as DataType;
  if (call.function === "APPROX_COUNT_DISTINCT") return sketched(values);
  if (call.function === "FIRST_VALUE") return values[0] as CellValue;
  if (call.function === "LAST_VALUE") return countedValues({ ...call, distinct: false }, rows).at(-1) as CellValue;
  if (call.function === "LISTAGG") return values.join("; ");
  if (call.function === "APPROX_PERCENTILE") return percentile(values as number[], (call.parameter ?? 0) / 1e9);
  if (call.function === "MIN" || call.function === "MAX") {
    const sign = call.function === "MIN" ? 1 : -1;
    return values.reduce((best, value) => (sign * compareValues(type, value, best) < 0 ? value : best));
  }
  if (type.kind === "double" || type.kind === "float") return floating(call, values as number[], type.kind === "float");
  return exact(
    call,
    values.map((value) => BigInt(value as number | bigint)),
    type,
  );
}

/** Nearest rank, within 0.79 %. */
function percentile(values: readonly number[], quantile: number): Expected {
  const sorted = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b);
  const value = sorted[Math.max(1, Math.ceil(quantile * sorted.length)) - 1];
  return value === undefined ? null : { near: value, within: Math.abs(value) / 128 + 1e-300 };
}

/** Exact while the sketch is sparse (384 coupons at the lgK of these tests), four standard errors beyond. */
/** Distinct values; -1 - n beyond as many as are counted exactly. */
function countedAuto(values: readonly CellValue[], parameter: number): Expected {
  if (values.length <= Math.floor(parameter / 256)) return BigInt(values.length);
  const estimate = sketched(values) as bigint | { readonly near: number; readonly within: number };
  return typeof estimate === "bigint" ? -1n - estimate : { ...estimate, near: -1 - estimate.near };
}

function sketched(values: readonly CellValue[]): Expected {
  const distinct = new Set(values.map((value) => (Object.is(value, -0) ? "number:0" : identity(value)))).size;
  return distinct <= 384 ? BigInt(distinct) : { near: distinct, within: (4 * 1.04 * distinct) / Math.sqrt(4096) };
}

function floating(call: AggregateSpec, values: readonly number[], narrow: boolean): Expected {
  const sum = values.reduce((total, value) => total + value, 0);
  const magnitude = values.reduce((total, value) => total + Math.abs(value), 0);
  const slack = narrow ? 1e-6 : 1e-12;
  if (call.function === "SUM") return { near: sum, within: magnitude * slack };
  const mean = sum / values.length;
  if (call.function === "AVG") return { near: mean, within: (magnitude / values.length) * slack };
  const squares = values.reduce((total, value) => total + (value - mean) ** 2, 0);
  const below = call.function.endsWith("SAMP") ? values.length - 1 : values.length;
  if (below === 0) return null;
  const variance = squares / below;
  const result = call.function.startsWith("STDDEV") ? Math.sqrt(variance) : variance;
  const scale = call.function.startsWith("STDDEV") ? magnitude : magnitude * magnitude;
  return { near: result, within: Math.max(scale * (narrow ? 1e-5 : 1e-10), 1e-300) };
}

/** Integers and decimals: whole numbers all the way; null where a decimal has more than 38 digits. */
function exact(call: AggregateSpec, values: readonly bigint[], type: DataType): Expected {
  const n = BigInt(values.length);
  const sum = values.reduce((total, value) => total + value, 0n);
  if (call.function === "SUM") return cell(sum, call.resultType);
  if (call.function === "AVG") {
    if (type.kind !== "decimal") return cell(sum / n, call.resultType);
    const scale = call.resultType.kind === "decimal" ? call.resultType.scale - type.scale : 0;
    return cell(halfUp(sum * 10n ** BigInt(scale), n), call.resultType);
  }
  const below = call.function.endsWith("SAMP") ? n - 1n : n;
  if (below === 0n) return null;
  const squares = values.reduce((total, value) => total + value * value, 0n);
  if (type.kind !== "decimal") {
    const variance = (squares - (sum * sum) / n) / below;
    const root = BigInt(Math.trunc(Math.sqrt(Number(variance))));
    return cell(call.function.startsWith("STDDEV") ? root : variance, call.resultType);
  }
  const scale = (call.resultType.kind === "decimal" ? call.resultType.scale : 0) - 2 * type.scale;
  const numerator = (n * squares - sum * sum) * 10n ** BigInt(Math.max(scale, 0));
  const denominator = n * below * 10n ** BigInt(Math.max(-scale, 0));
  if (!call.function.startsWith("STDDEV")) return cell(halfUp(numerator, denominator), call.resultType);
  const exponent = (call.resultType.kind === "decimal" ? call.resultType.scale : 0) - type.scale;
  const root = Math.sqrt(Number(n * squares - sum * sum) / Number(n) / Number(below)) * 10 ** exponent;
  const most = 10 ** (call.resultType.kind === "decimal" ? call.resultType.precision : 0);
  const within = Math.max(1, root * 1e-12);
  if (root - within >= most) return null;
  return { near: root, within, orNull: root + within >= most };
}

function halfUp(numerator: bigint, denominator: bigint): bigint {
  const size = numerator < 0n ? -numerator : numerator;
  const rounded = (2n * size + denominator) / (2n * denominator);
  return numerator < 0n ? -rounded : rounded;
}

function cell(value: bigint, type: DataType): CellValue {
  if (type.kind === "decimal") return (value < 0n ? -value : value) < 10n ** BigInt(type.precision) ? value : null;
  return type.kind === "bigint" ? value : Number(value);
}
