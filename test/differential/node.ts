/**
 * One expression in two spellings: as Flink SQL, and as DuckDB SQL that gives Flink's answer. The DuckDB text never fails;
 * where Flink's would (an overflow, a division by zero, a CAST of text that is no number), `bad` is true of the row instead.
 *
 * Where the two dialects differ, this is the whole of the mapping:
 *   whole-number arithmetic    in HUGEINT, then narrowed; outside the type's range the row is bad
 *   `/` and `%` on integers    `//` and `%`, which truncate; by zero the row is bad
 *   CAST to a narrower integer wraps (two's complement)
 *   CAST(text AS integer)      trimmed, digits behind the point cut; anything else is bad
 *   GREATEST, LEAST            NULL if an argument is, which DuckDB passes over
 *   DATE + days                stays a DATE, which DuckDB turns into a TIMESTAMP
 *   DECIMAL * and /            over unscaled HUGEINTs, HALF_UP to Flink's scale; by zero the row is bad
 *   ROUND                      to nearest, halves away from zero; to digits before the point on integers too
 *   SUM of integers            in HUGEINT, then narrowed to the argument's type; AVG truncates toward zero
 *   AVG of DECIMAL(p, s)       HALF_UP to max(6, s) digits, from the exact sum
 *   SUM, AVG of floats         `fsum`, compared within 4 ulp of the sum of magnitudes
 */
import type { DataType } from "../../src/core/type.ts";
import type { Cell } from "./cell.ts";
import { duckLiteral, duckType, flinkLiteral, wholeRange } from "./cell.ts";

export interface Node {
  readonly type: DataType;
  readonly flink: string;
  readonly duck: string;
  /** A DuckDB BOOLEAN that is never NULL; null = no row can be bad. */
  readonly bad: string | null;
  /** A computed float: equal in value, but its zero may have either sign, so it is neither key nor DISTINCT. */
  readonly computed?: boolean;
}

export const BOOLEAN: DataType = { kind: "boolean" };
export const INT: DataType = { kind: "int" };
export const BIGINT: DataType = { kind: "bigint" };
export const DOUBLE: DataType = { kind: "double" };
export const STRING: DataType = { kind: "string" };
export const DATE: DataType = { kind: "date" };

export function anyBad(...parts: readonly (string | null)[]): string | null {
  const real = [...new Set(parts.filter((part) => part !== null))];
  return real.length === 0 ? null : `(${real.join(" OR ")})`;
}

export function literalNode(type: DataType, cell: Cell): Node {
  return { type, flink: flinkLiteral(type, cell), duck: duckLiteral(type, cell), bad: null };
}

/** Both spellings by one template over the operands. */
export function same(type: DataType, operands: readonly Node[], write: (...texts: readonly string[]) => string): Node {
  return {
    type,
    flink: write(...operands.map((operand) => operand.flink)),
    duck: write(...operands.map((operand) => operand.duck)),
    bad: anyBad(...operands.map((operand) => operand.bad)),
  };
}

/** A HUGEINT narrowed to `type`; outside its range the row is bad. */
export function narrowed(type: DataType, wide: string, flink: string, bad: string | null): Node {
  const [least, most] = wholeRange(type);
  const outside = `coalesce((${wide}) NOT BETWEEN (${least})::HUGEINT AND (${most})::HUGEINT, FALSE)`;
  return { type, flink, duck: `TRY_CAST(${wide} AS ${duckType(type)})`, bad: anyBad(bad, outside) };
}

/** A HUGEINT brought into the type's range by dropping high bits. */
export function wrapped(type: DataType, wide: string): string {
  const [least, most] = wholeRange(type);
  const span = most - least + 1n;
  const up = `((${wide}) - (${least})::HUGEINT)`;
  return `CAST(((${up} % ${span}::HUGEINT + ${span}::HUGEINT) % ${span}::HUGEINT) + (${least})::HUGEINT AS ${duckType(type)})`;
}

export function hugeint(text: string): string {
  return `CAST(${text} AS HUGEINT)`;
}

export function logic(operator: "AND" | "OR", a: Node, b: Node): Node {
  const node = same(BOOLEAN, [a, b], (x, y) => `(${x} ${operator} ${y})`);
  if (node.bad === null) return node;
  const decisive = operator === "AND" ? "FALSE" : "TRUE";
  const settles = (side: Node): string => `((${side.duck}) IS ${decisive} AND NOT ${side.bad ?? "FALSE"})`;
  // A bad side's value must not decide.
  const value = (side: Node): string =>
    side.bad === null ? side.duck : `CASE WHEN ${side.bad} THEN NULL ELSE ${side.duck} END`;
  return {
    ...node,
    duck: `((${value(a)}) ${operator} (${value(b)}))`,
    bad: `(${node.bad} AND NOT ${settles(a)} AND NOT ${settles(b)})`,
  };
}

/** CASE WHEN … THEN … ELSE … END: only the branch taken can be bad. */
export function caseNode(condition: Node, then: Node, otherwise: Node): Node {
  const write = (c: string, t: string, o: string): string => `CASE WHEN ${c} THEN ${t} ELSE ${o} END`;
  const branch =
    then.bad === null && otherwise.bad === null
      ? null
      : write(condition.duck, then.bad ?? "FALSE", otherwise.bad ?? "FALSE");
  return { ...same(then.type, [condition, then, otherwise], write as never), bad: anyBad(condition.bad, branch) };
}

export function coalesce(a: Node, b: Node): Node {
  const later = b.bad === null ? null : `((${a.duck}) IS NULL AND ${b.bad})`;
  return { ...same(a.type, [a, b], (x, y) => `COALESCE(${x}, ${y})`), bad: anyBad(a.bad, later) };
}

type Decimal = Extract<DataType, { kind: "decimal" }>;

/** The unscaled whole number of a DuckDB DECIMAL, as HUGEINT. */
export function unscaled(duck: string): string {
  return `CAST(replace(CAST(${duck} AS VARCHAR), '.', '') AS HUGEINT)`;
}

/** A HUGEINT of units of 10^-scale as a DuckDB DECIMAL. */
export function fromUnscaled(type: Decimal, units: string): string {
  if (type.scale === 0) return `TRY_CAST(${units} AS ${duckType(type)})`;
  const digits = `lpad(CAST(abs(${units}) AS VARCHAR), 40, '0')`;
  const sign = `CASE WHEN (${units}) < 0 THEN '-' ELSE '' END`;
  return `TRY_CAST(${sign} || ${digits}[1:${40 - type.scale}] || '.' || ${digits}[${41 - type.scale}:40] AS ${duckType(type)})`;
}

/** HALF_UP, away from zero; NULL where `divisor` is 0. */
export function dividedHalfUp(dividend: string, divisor: string): string {
  const rounded = `((2 * abs(${dividend}) + abs(${divisor})) // nullif(2 * abs(${divisor}), 0))`;
  return `(${rounded} * sign(${dividend}) * sign(${divisor}))`;
}
