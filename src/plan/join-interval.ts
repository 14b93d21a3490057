/**
 * Bounds of time between two joined rows: `a.ts BETWEEN b.ts - INTERVAL … AND b.ts + INTERVAL …`, the same with comparisons, with either
 * side first, and `a.ts = b.ts`. A join that has both bounds need not keep a row for longer than some row can come that it meets.
 */
import type { BoundExpression } from "./plan.ts";
import type { Join, JoinInterval, JoinSide, Relation } from "./relation.ts";

/** What one condition says: the right time less the left one is at least so much, at most so much, or both. */
interface TimeBound extends Pick<JoinInterval, "left" | "right"> {
  readonly leastMs: number;
  readonly mostMs: number;
}

/** The joined rows with the conditions that bound their times taken out of the filters, where they bound them on both sides. */
export function withInterval(relation: Relation): Relation {
  const { join, filters } = relation;
  if (join === undefined || join.window !== null) return relation;
  const bounds = filters.map((condition) => timeBound(join, condition));
  const known = join.interval === null ? [] : [join.interval];
  const found = [...known, ...bounds].flatMap((bound) => {
    if (bound === null) return [];
    const same = [...known, ...bounds].filter((other) => other !== null && isPair(other, bound));
    const leastMs = Math.max(...same.map((other) => other?.leastMs ?? 0));
    const mostMs = Math.min(...same.map((other) => other?.mostMs ?? 0));
    return Number.isFinite(leastMs) && Number.isFinite(mostMs) ? [{ ...bound, leastMs, mostMs }] : [];
  });
  const [interval] = found;
  if (interval === undefined) return withEqualTimes(relation, join);
  const { left, right, leastMs, mostMs } = interval;
  const rest = filters.filter((_, i) => {
    const bound = bounds[i] ?? null;
    return bound === null || !isPair(bound, interval);
  });
  return bounded({ ...relation, filters: rest }, join, { left, right, leastMs, mostMs });
}

/**
 * Rows of an inner join are not far behind the watermark, so both times are event times again: engine/compile.ts says by how much. Rows
 * that leave alone may be late by any time.
 */
function bounded(relation: Relation, join: Join, interval: JoinInterval): Relation {
  const places = join.type === "inner" ? [interval.left, join.left.columns.length + interval.right] : [];
  const columns = relation.columns.map((column) => {
    const { expression } = column;
    return expression?.kind === "column" && places.includes(expression.index) ? { ...column, rowtime: true } : column;
  });
  return { ...relation, columns, join: { ...join, interval } };
}

/** Times that are equal are close. They stay a key where there is no other. */
function withEqualTimes(relation: Relation, join: Join): Relation {
  if (join.interval !== null) return relation;
  for (const [i, [a, b]] of join.keys.entries()) {
    const [left, right] = [timeOf(a), timeOf(b)];
    if (left === null || right === null || left.ms !== right.ms) continue;
    if (!isTime(join.left, left.index) || !isTime(join.right, right.index)) continue;
    const keys = join.keys.length === 1 ? join.keys : join.keys.filter((_, other) => other !== i);
    const interval = { left: left.index, right: right.index, leastMs: 0, mostMs: 0 };
    return bounded(relation, { ...join, keys }, interval);
  }
  return relation;
}

function isPair(a: Pick<JoinInterval, "left" | "right">, b: Pick<JoinInterval, "left" | "right">): boolean {
  return a.left === b.left && a.right === b.right;
}

/** What a condition on the joined rows says of their times; null for any other. */
export function timeBound(join: Join, condition: BoundExpression): TimeBound | null {
  if (condition.kind !== "call" || condition.arguments.length !== 2) return null;
  const [a, b] = (condition.arguments as readonly [BoundExpression, BoundExpression]).map(timeOf);
  if (a === undefined || b === undefined || a === null || b === null) return null;
  const count = join.left.columns.length;
  const turned = a.index >= count;
  const [left, right] = turned ? [b, a] : [a, b];
  if (left.index >= count || right.index < count) return null;
  const place = { left: left.index, right: right.index - count };
  if (!isTime(join.left, place.left) || !isTime(join.right, place.right)) return null;
  // left + left.ms <op> right + right.ms, so right - left <turned op> left.ms - right.ms
  const apart = left.ms - right.ms;
  const none = { leastMs: Number.NEGATIVE_INFINITY, mostMs: Number.POSITIVE_INFINITY };
  switch (turned ? condition.function : mirrored[condition.function]) {
    case "GE":
      return { ...place, ...none, leastMs: apart };
    case "GT":
      return { ...place, ...none, leastMs: apart + 1 };
    case "LE":
      return { ...place, ...none, mostMs: apart };
    case "LT":
      return { ...place, ...none, mostMs: apart - 1 };
    case "EQ":
      return { ...place, leastMs: apart, mostMs: apart };
    default:
      return null;
  }
}

const mirrored: Readonly<Record<string, string>> = { GE: "LE", GT: "LT", LE: "GE", LT: "GT", EQ: "EQ" };

function isTime({ relation }: JoinSide, index: number): boolean {
  return relation.columns[index]?.rowtime === true;
}

/** A column and what is added to it, in ms. A time attribute has whole milliseconds, so a wider type is the same value. */
function timeOf(expression: BoundExpression): { readonly index: number; readonly ms: number } | null {
  if (expression.kind === "column") return { index: expression.index, ms: 0 };
  if (expression.kind === "cast") return widens(expression) ? timeOf(expression.operand) : null;
  if (expression.kind !== "call" || (expression.function !== "ADD" && expression.function !== "SUB")) return null;
  const [of, by] = expression.arguments;
  if (of === undefined || by?.kind !== "literal" || by.type.kind !== "interval_day") return null;
  const base = timeOf(of);
  if (base === null || typeof by.value !== "bigint") return null;
  const ms = Number(by.value);
  return { ...base, ms: base.ms + (expression.function === "ADD" ? ms : -ms) };
}

function widens({ operand, type }: Extract<BoundExpression, { kind: "cast" }>): boolean {
  const timed = type.kind === "timestamp" || type.kind === "timestamp_ltz";
  if (!timed || operand.type.kind !== type.kind || !("precision" in operand.type)) return false;
  return type.precision >= operand.type.precision;
}
