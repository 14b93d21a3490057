/**
 * The aggregate functions: one table, a row per function with its id, the names a person may write, what it takes and
 * the type it gives. Result types are Flink's: SUM, AVG, STDDEV and VAR keep the argument's type, DECIMAL widens to 38
 * digits.
 */
import type { DataType } from "../core/type.ts";
import { call, literal } from "./expression.ts";
import type { BoundExpression, LiteralValue } from "./plan.ts";
import {
  BIGINT,
  BOOLEAN,
  BYTES,
  DOUBLE,
  decimalResult,
  isDecimal,
  isNested,
  isNumeric,
  isString,
  MAX_DECIMAL_PRECISION,
  STRING,
} from "./type-rules.ts";

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
  /** A literal behind the argument. */
  readonly parameter?: AggregateParameter;
  /** The type arguments are cast to; their own where it is left out. */
  readonly castTo?: DataType;
  /** The argument, refused where the function cannot take its value. */
  readonly checked?: (argument: BoundExpression, parameters: readonly LiteralValue[]) => BoundExpression;
}

export interface AggregateParameter {
  readonly name: string;
  /** As an error says it. */
  readonly expected: string;
  /** Null when the literal is no such. */
  readonly read: (value: LiteralValue, type: DataType) => LiteralValue;
  /** Absent where it has to be given. */
  readonly default?: LiteralValue;
}

/** log2 of the registers of APPROX_COUNT_DISTINCT's sketch when the query names none: about 1.6 % standard error. */
export const DEFAULT_SKETCH_PRECISION = 12n;

const sketchPrecision: AggregateParameter = {
  name: "precision",
  expected: "a whole literal from 4 to 21",
  read: (value) => (typeof value === "bigint" && value >= 4n && value <= 21n ? value : null),
  default: DEFAULT_SKETCH_PRECISION,
};

const plain = (type: DataType): boolean => !isNested(type) && type.kind !== "null";
const same = (type: DataType): DataType => type;

/** A number from 0 to 1. */
function fraction(value: LiteralValue, type: DataType): number | null {
  if (typeof value !== "bigint" && typeof value !== "number") return null;
  const number = Number(value) / (isDecimal(type) ? 10 ** type.scale : 1);
  return number >= 0 && number <= 1 ? number : null;
}

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
    parameter: sketchPrecision,
  },
  {
    id: "DISTINCT_IS_EXACT",
    names: ["DISTINCT_IS_EXACT"],
    expected: "a plain value",
    accepts: plain,
    type: () => BOOLEAN,
    nullable: "never",
    distinct: "drop",
  },
  {
    id: "HLL_SKETCH",
    names: ["HLL_SKETCH"],
    expected: "a plain value",
    accepts: plain,
    type: () => BYTES,
    nullable: "never",
    distinct: "drop",
    parameter: sketchPrecision,
  },
  {
    id: "HLL_UNION",
    names: ["HLL_UNION"],
    expected: "BYTES, as HLL_SKETCH gives them",
    accepts: ({ kind }) => kind === "bytes",
    type: () => BYTES,
    nullable: "never",
    distinct: "drop",
    parameter: sketchPrecision,
    checked: (sketch, [precision]) =>
      call("AS_SKETCH", [sketch, literal(precision ?? null, BIGINT)], { type: BYTES, nullable: sketch.nullable }),
  },
  {
    id: "APPROX_PERCENTILE",
    names: ["APPROX_PERCENTILE"],
    expected: "a number",
    accepts: isNumeric,
    castTo: DOUBLE,
    type: () => DOUBLE,
    // NaN does not take part.
    nullable: "always",
    distinct: "keep",
    parameter: { name: "quantile", expected: "a literal from 0 to 1, as in 0.99", read: fraction },
  },
  {
    id: "FIRST_VALUE",
    names: ["FIRST_VALUE"],
    expected: "a plain value",
    accepts: plain,
    type: same,
    nullable: "argument",
    distinct: "drop",
  },
  {
    id: "LAST_VALUE",
    names: ["LAST_VALUE"],
    expected: "a plain value",
    accepts: plain,
    type: same,
    nullable: "argument",
    distinct: "drop",
  },
  {
    id: "LISTAGG",
    names: ["LISTAGG"],
    expected: "a string",
    accepts: isString,
    castTo: STRING,
    type: () => STRING,
    nullable: "argument",
    distinct: "keep",
    parameter: {
      name: "separator",
      expected: "a text literal, as in ', '",
      read: (value) => (typeof value === "string" ? value : null),
      default: ",",
    },
  },
];

const byName = new Map(aggregateFunctions.flatMap((entry) => entry.names.map((name) => [name, entry] as const)));

export function findAggregate(name: string): AggregateFunction | undefined {
  return byName.get(name);
}

export const aggregateNames: readonly string[] = [...byName.keys()];

/** Known aggregates that this release does not have. */
export const aggregatesNotHere: readonly string[] = [
  "COLLECT",
  "PERCENTILE",
  "APPROX_TOP_K",
  "JSON_OBJECTAGG",
  "JSON_ARRAYAGG",
  "ARRAY_AGG",
];
