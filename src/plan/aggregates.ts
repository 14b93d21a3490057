/**
 * The aggregate functions: one table, a row per function with its id, the names a person may write, what it takes and
 * the type it gives. Result types are Flink's: SUM, AVG, STDDEV and VAR keep the argument's type, DECIMAL widens to 38
 * digits.
 */
import type { DataType } from "../core/type.ts";
import { BIGINT, decimalResult, isDecimal, isNested, isNumeric, MAX_DECIMAL_PRECISION } from "./type-rules.ts";

export interface AggregateFunction {
  readonly id: string;
  /** Upper-case; the first is the one shown. */
  readonly names: readonly string[];
  readonly expected: string;
  readonly accepts: (type: DataType) => boolean;
  readonly type: (argument: DataType) => DataType;
  /** never: a count. always: also of values that are there. argument: when the argument may be NULL. */
  readonly nullable: "never" | "always" | "argument";
  /** keep: DISTINCT means something. drop: it changes nothing. */
  readonly distinct: "keep" | "drop";
  /** A literal parameter behind the argument. */
  readonly parameter?: {
    readonly name: string;
    readonly minimum: bigint;
    readonly maximum: bigint;
    readonly default: bigint;
  };
}

/** log2 of the registers of APPROX_COUNT_DISTINCT's sketch when the query names none: about 1.6 % standard error. */
export const DEFAULT_SKETCH_PRECISION = 12n;

const plain = (type: DataType): boolean => !isNested(type) && type.kind !== "null";
const same = (type: DataType): DataType => type;

function sumType(type: DataType): DataType {
  return isDecimal(type) ? { kind: "decimal", precision: MAX_DECIMAL_PRECISION, scale: type.scale } : type;
}

/** DECIMAL(38, s) over DECIMAL(20, 0), as Flink derives it: scale max(6, s). */
function averageType(type: DataType): DataType {
  if (!isDecimal(type)) return type;
  const sum = { kind: "decimal", precision: MAX_DECIMAL_PRECISION, scale: type.scale } as const;
  return decimalResult("DIV", sum, { kind: "decimal", precision: 20, scale: 0 });
}

function statistic(id: string, nullable: "always" | "argument", ...names: readonly string[]): AggregateFunction {
  return { id, names, expected: "a number", accepts: isNumeric, type: averageType, nullable, distinct: "keep" };
}

export const aggregateFunctions: readonly AggregateFunction[] = [
  {
    id: "COUNT",
    names: ["COUNT"],
    expected: "a plain value",
    accepts: plain,
    type: () => BIGINT,
    nullable: "never",
    distinct: "keep",
  },
  {
    id: "SUM",
    names: ["SUM"],
    expected: "a number",
    accepts: isNumeric,
    type: sumType,
    nullable: "argument",
    distinct: "keep",
  },
  {
    id: "AVG",
    names: ["AVG"],
    expected: "a number",
    accepts: isNumeric,
    type: averageType,
    nullable: "argument",
    distinct: "keep",
  },
  {
    id: "MIN",
    names: ["MIN"],
    expected: "a plain value",
    accepts: plain,
    type: same,
    nullable: "argument",
    distinct: "drop",
  },
  {
    id: "MAX",
    names: ["MAX"],
    expected: "a plain value",
    accepts: plain,
    type: same,
    nullable: "argument",
    distinct: "drop",
  },
  statistic("STDDEV_POP", "argument", "STDDEV_POP"),
  statistic("STDDEV_SAMP", "always", "STDDEV_SAMP", "STDDEV"),
  statistic("VAR_POP", "argument", "VAR_POP"),
  statistic("VAR_SAMP", "always", "VAR_SAMP", "VARIANCE"),
  {
    id: "APPROX_COUNT_DISTINCT",
    names: ["APPROX_COUNT_DISTINCT"],
    expected: "a plain value",
    accepts: plain,
    type: () => BIGINT,
    nullable: "never",
    distinct: "drop",
    parameter: { name: "precision", minimum: 4n, maximum: 21n, default: DEFAULT_SKETCH_PRECISION },
  },
];

const byName = new Map(aggregateFunctions.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));

export function findAggregate(name: string): AggregateFunction | undefined {
  return byName.get(name);
}

export const aggregateNames: readonly string[] = [...byName.keys()];

/** Known aggregates that this release does not have. */
export const aggregatesNotHere: readonly string[] = [
  "LISTAGG",
  "FIRST_VALUE",
  "LAST_VALUE",
  "COLLECT",
  "PERCENTILE",
  "APPROX_PERCENTILE",
  "APPROX_TOP_K",
  "HLL_SKETCH",
  "HLL_UNION",
  "JSON_OBJECTAGG",
  "JSON_ARRAYAGG",
  "ARRAY_AGG",
];
