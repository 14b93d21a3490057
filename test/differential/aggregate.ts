/** Random aggregate calls, each in Flink SQL and over columns that a DuckDB query computes first. */
import type { DataType } from "../../src/core/type.ts";
import { duckType, isFloating, isWhole, wholeRange } from "./cell.ts";
import type { Dice } from "./dice.ts";
import type { Expressions, Leaf } from "./expression.ts";
import { BIGINT, type Node } from "./node.ts";

export interface RandomAggregate {
  readonly type: DataType;
  readonly flink: string;
  /** What may be computed with; null where the result is inexact or unscaled and is compared as it is. */
  readonly leaf: Leaf | null;
  /** For results without a leaf: the output column. */
  readonly duck: string;
  readonly unscaled: boolean;
  /** For inexact results: how far it may be off. */
  readonly within: string | null;
  /** Argument and filter, which may be bad. */
  readonly parts: readonly Node[];
  /** Columns that `duck` reads, as `expression AS name`. */
  readonly columns: readonly string[];
}

interface Call {
  readonly argument: Node;
  /** Names of the argument's column, and the FILTER clause over the filter's. */
  readonly column: string;
  readonly tail: string;
  readonly distinct: string;
}

interface Result {
  readonly type: DataType;
  readonly exact: string | null;
  readonly bare?: string;
  readonly within?: string;
  /** True of a group whose sum its type cannot hold. */
  readonly overflows?: string;
}

type Kind =
  | "COUNT"
  | "MIN"
  | "MAX"
  | "SUM"
  | "AVG"
  | "APPROX_COUNT_DISTINCT"
  | "STDDEV_POP"
  | "STDDEV_SAMP"
  | "VAR_POP"
  | "VAR_SAMP";

export function randomAggregates(
  dice: Dice,
  expressions: Expressions,
  table: { readonly rows: number },
): RandomAggregate[] {
  return Array.from({ length: dice.between(1, 6) }, (_, index) =>
    randomAggregate(dice, expressions, { index, ...table }),
  );
}

function randomAggregate(
  dice: Dice,
  expressions: Expressions,
  { index, rows }: { readonly index: number; readonly rows: number },
): RandomAggregate {
  const filter = dice.chance(0.25) ? expressions.condition(2) : null;
  const tail = filter === null ? "" : ` FILTER (WHERE f${index})`;
  const flinkTail = filter === null ? "" : ` FILTER (WHERE ${filter.flink})`;
  const filterColumn = filter === null ? [] : [`${filter.duck} AS f${index}`];
  const filterParts = filter === null ? [] : [filter];
  if (dice.chance(0.15)) {
    const leaf: Leaf = {
      type: BIGINT,
      flink: `COUNT(*)${flinkTail}`,
      duck: `(count(*)${tail})`,
      bad: null,
      samples: [1n, 2n],
    };
    return { ...leaf, leaf, unscaled: false, within: null, parts: filterParts, columns: filterColumn };
  }
  const { kind, argument } = randomCall(dice, expressions, rows);
  const mayDistinct = argument.computed !== true && !kind.startsWith("APPROX") && !/VAR|STD/.test(kind);
  const distinct = mayDistinct && dice.chance(0.25) ? "DISTINCT " : "";
  const result = compute(kind, { argument, column: `a${index}`, tail, distinct });
  const flink = `${kind}(${distinct}${argument.flink})${flinkTail}`;
  const leaf =
    result.exact === null
      ? null
      : { type: result.type, flink, duck: result.exact, bad: result.overflows ?? null, samples: [] };
  return {
    type: result.type,
    flink,
    leaf,
    duck: result.exact ?? result.bare ?? "NULL",
    unscaled: kind === "AVG" && argument.type.kind === "decimal",
    within: result.within ?? null,
    parts: [argument, ...filterParts],
    columns: [`${argument.duck} AS a${index}`, ...filterColumn],
  };
}

function randomCall(
  dice: Dice,
  expressions: Expressions,
  rows: number,
): { readonly kind: Kind; readonly argument: Node } {
  for (;;) {
    const argument = expressions.any(dice.between(0, 2));
    const kinds: Kind[] = ["COUNT", "MIN", "MAX"];
    if (rows < 380 && argument.computed !== true) kinds.push("APPROX_COUNT_DISTINCT");
    if (isWhole(argument.type))
      return { kind: dice.pick([...kinds, "SUM", "SUM", "AVG"]), argument: summable(dice, argument) };
    if (isFloating(argument.type)) kinds.push("SUM", "AVG");
    if (argument.type.kind === "double") kinds.push("STDDEV_POP", "STDDEV_SAMP", "VAR_POP", "VAR_SAMP");
    if (argument.type.kind === "decimal" && argument.type.precision <= 26) kinds.push("SUM", "AVG");
    return { kind: dice.pick(kinds), argument };
  }
}

/** Mostly small enough for a sum to fit its type. */
function summable(dice: Dice, argument: Node): Node {
  if (dice.chance(0.2)) return argument;
  if (argument.type.kind !== "bigint") {
    return {
      ...argument,
      type: BIGINT,
      flink: `CAST(${argument.flink} AS BIGINT)`,
      duck: `CAST(${argument.duck} AS BIGINT)`,
    };
  }
  const flink = `CAST(${argument.flink} % 100003 AS BIGINT)`;
  return { ...argument, flink, duck: `CAST(CAST(${argument.duck} AS HUGEINT) % 100003 AS BIGINT)` };
}

function compute(kind: Kind, call: Call): Result {
  const { argument, column, tail, distinct } = call;
  const plain = (name: string): string => `(${name}(${distinct}${column})${tail})`;
  switch (kind) {
    case "COUNT":
      return { type: BIGINT, exact: plain("count") };
    case "APPROX_COUNT_DISTINCT":
      return { type: BIGINT, exact: `(count(DISTINCT ${column})${tail})` };
    case "MIN":
    case "MAX":
      return { type: argument.type, exact: plain(kind) };
    case "SUM":
      return isFloating(argument.type) ? floating(call, "1") : sum(call);
    case "AVG":
      return average(call);
    default:
      return spread(kind, call);
  }
}

function wide({ column, tail, distinct }: Call): string {
  return `(sum(${distinct}CAST(${column} AS HUGEINT))${tail})`;
}

function sum(call: Call): Result {
  const { argument, column, tail, distinct } = call;
  if (argument.type.kind === "decimal") {
    const type: DataType = { kind: "decimal", precision: 38, scale: argument.type.scale };
    return { type, exact: `(sum(${distinct}${column})${tail})` };
  }
  const [least, most] = wholeRange(argument.type);
  return {
    type: argument.type,
    exact: `TRY_CAST(${wide(call)} AS ${duckType(argument.type)})`,
    overflows: `coalesce(${wide(call)} NOT BETWEEN (${least})::HUGEINT AND (${most})::HUGEINT, FALSE)`,
  };
}

function average(call: Call): Result {
  const { argument, column, tail, distinct } = call;
  const count = `(count(${distinct}${column})${tail})`;
  if (isFloating(argument.type)) return floating(call, count);
  if (argument.type.kind !== "decimal") {
    return { type: argument.type, exact: `CAST(${wide(call)} // nullif(${count}, 0) AS ${duckType(argument.type)})` };
  }
  const { scale } = argument.type;
  const more = Math.max(6, scale) - scale;
  const unscaled = `CAST(replace(CAST((sum(${distinct}${column})${tail}) AS VARCHAR), '.', '') AS HUGEINT) * ${10n ** BigInt(more)}::HUGEINT`;
  const rounded = `((2 * abs(${unscaled}) + ${count}) // nullif(2 * ${count}, 0)) * sign(${unscaled})`;
  return {
    type: { kind: "decimal", precision: 38, scale: Math.max(6, scale) },
    exact: null,
    bare: `CAST(${rounded} AS VARCHAR)`,
  };
}

/** Within 4 ulp of the sum of magnitudes, in the argument's own precision. */
function floating({ argument, column, tail, distinct }: Call, divisor: string): Result {
  const ulp = argument.type.kind === "float" ? 2 ** -23 : 2 ** -52;
  const total = (value: string): string => `(fsum(${distinct}CAST(${value} AS DOUBLE))${tail}) / nullif(${divisor}, 0)`;
  return { type: argument.type, exact: null, bare: total(column), within: `4 * ${ulp} * ${total(`abs(${column})`)}` };
}

function spread(kind: Kind, { argument, column, tail }: Call): Result {
  const squares = `(sum(${column} * ${column})${tail})`;
  const within = kind.startsWith("VAR") ? `1e-11 * ${squares}` : `sqrt(1e-11 * ${squares})`;
  return { type: argument.type, exact: null, bare: `(${kind.toLowerCase()}(${column})${tail})`, within };
}
