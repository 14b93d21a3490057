/**
 * Aggregate calls of one SELECT. Each becomes a column number that no table has, until the group keys are known and
 * `plan-group.ts` puts the aggregate's output in its place; equal calls are computed once.
 */

import { formatType } from "../core/type-text.ts";
import type { Expression } from "../sql/tree.ts";
import { type AggregateFunction, DEFAULT_SKETCH_PRECISION, findAggregate } from "./aggregates.ts";
import type { CallNode } from "./bind-context.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";
import { castTo } from "./cast.ts";
import { call, columnOf, expressionKey, literal } from "./expression.ts";
import type { AggregateCall, BoundExpression, LiteralValue } from "./plan.ts";
import type { SettingValues } from "./plan-settings.ts";
import { type QueryContext, type SelectScope, textAt, withoutAggregates } from "./query-context.ts";
import { BIGINT, BOOLEAN } from "./type-rules.ts";

/** Column numbers from here on are aggregate calls. No table has as many columns, and no query as many calls. */
export const AGGREGATE_BASE = 1 << 24;
const AGGREGATE_END = 1 << 25;

export interface AggregatePlace {
  /** Number of the first call's column. */
  readonly base: number;
  /** What arguments may hold. */
  readonly inside: Surroundings;
}

export class AggregateBinder {
  readonly #context: QueryContext;
  readonly #select: SelectScope;
  readonly #calls: AggregateCall[] = [];
  readonly #byKey = new Map<string, number>();
  /** Null: the aggregates of the SELECT itself. */
  readonly #place: AggregatePlace | null;

  constructor(context: QueryContext, select: SelectScope, place: AggregatePlace | null = null) {
    this.#context = context;
    this.#select = select;
    this.#place = place;
  }

  /** Whether the name is an aggregate's: what `bind` says about it has then been said. */
  knows(node: CallNode): boolean {
    return findAggregate(node.name) !== undefined;
  }

  get calls(): readonly AggregateCall[] {
    return this.#calls;
  }

  /** What the query calls the result, when the call stands alone under an alias. */
  rename(index: number, name: string): void {
    const known = this.#calls[index];
    if (known !== undefined) this.#calls[index] = { ...known, name };
  }

  bind(node: CallNode): BoundExpression | null {
    const entry = findAggregate(node.name);
    if (entry === undefined) return null;
    const inside = this.#inside(node);
    const [argumentNode, parameterNode, ...rest] = node.arguments;
    const count = checkCount(this.#context, node, entry);
    const bound = argumentNode === undefined || node.star ? null : bindExpression(inside, argumentNode);
    for (const extra of rest) bindExpression(inside, extra);
    const parameters = this.#parameters(node, entry, parameterNode);
    const filter = this.#filter(node);
    if (!count || parameters === null || (node.filter !== null && filter === null)) return null;
    if (!node.star && bound === null) return null;
    // COUNT(1) counts rows, as COUNT(*) does.
    const rows = entry.id === "COUNT" && !node.distinct && bound?.kind === "literal" && bound.value !== null;
    if (!this.#checkArgument(node, entry, bound)) return null;
    const cast = bound !== null && entry.castTo !== undefined ? castTo(bound, entry.castTo) : bound;
    const argument = cast !== null && entry.checked !== undefined ? entry.checked(cast, parameters) : cast;
    const args = argument === null || rows ? [] : [argument];
    const distinct = node.distinct && entry.distinct === "keep";
    return this.#inMode({
      function: entry.id,
      arguments: args,
      distinct,
      filter,
      type: entry.type(argument?.type ?? BOOLEAN),
      nullable:
        entry.nullable !== "never" && (entry.nullable === "always" || filter !== null || (bound?.nullable ?? false)),
      parameters,
      name: textAt(this.#context, node.span),
    });
  }

  /** COUNT(DISTINCT x) and DISTINCT_IS_EXACT(x) as `SET 'distinct.mode'` has them. */
  #inMode(made: AggregateCall): BoundExpression {
    const asks = made.function === "DISTINCT_IS_EXACT";
    if (!asks && (made.function !== "COUNT" || !made.distinct)) return this.add(made);
    const { settings } = this.#context;
    const mode = modeOf(settings);
    const counted = this.add(distinctCount(made, settings));
    const exact = call("GE", [counted, literal(0n, BIGINT)], { type: BOOLEAN });
    if (mode !== "auto") return asks ? literal(mode !== "approx", BOOLEAN) : counted;
    if (asks) return exact;
    const estimate = call("SUB", [literal(-1n, BIGINT), counted], { type: BIGINT });
    return {
      kind: "case",
      // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
      whens: [{ when: exact, then: counted }],
      otherwise: estimate,
      type: BIGINT,
      nullable: false,
    };
  }

  /** The column number of a call's result; an equal call's is the same. */
  add(made: AggregateCall): BoundExpression {
    const filter = made.filter === null ? "" : expressionKey(made.filter);
    const parts = [
      made.function,
      made.distinct,
      made.arguments.map(expressionKey),
      filter,
      made.parameters.map(String),
    ];
    const key = JSON.stringify(parts);
    const known = this.#byKey.get(key) ?? this.#calls.push(made) - 1;
    this.#byKey.set(key, known);
    return columnOf((this.#place?.base ?? AGGREGATE_BASE) + known, made.type, made.nullable);
  }

  #inside(node: CallNode): Surroundings {
    if (this.#place !== null) return this.#place.inside;
    const { report } = this.#context;
    return {
      ...withoutAggregates(report, this.#select, `the aggregate "${node.name}"`),
      aggregate: (inner) =>
        report.error({
          code: "NESTED-AGGREGATE",
          message: `the aggregate "${inner.name}" stands inside the aggregate "${node.name}"`,
          span: inner.span,
        }),
    };
  }

  #parameters(node: CallNode, entry: AggregateFunction, parameterNode: Expression | undefined): LiteralValue[] | null {
    const { parameter } = entry;
    if (parameter === undefined) return [];
    if (parameterNode === undefined) return parameter.default === undefined ? null : [parameter.default];
    const bound = bindExpression(this.#inside(node), parameterNode);
    if (bound === null) return null;
    const value = bound.kind === "literal" ? parameter.read(bound.value, bound.type) : null;
    if (value !== null) return [value];
    const message = `the ${parameter.name} of "${node.name}" is ${parameter.expected}`;
    return this.#context.report.error({ code: "ARGUMENT-TYPE", message, span: parameterNode.span });
  }

  #filter(node: CallNode): BoundExpression | null {
    if (node.filter === null) return null;
    const surroundings = this.#place?.inside ?? withoutAggregates(this.#context.report, this.#select, "FILTER");
    const bound = bindExpression(surroundings, node.filter);
    if (bound === null) return null;
    if (bound.type.kind === "boolean" || bound.type.kind === "null") return castTo(bound, BOOLEAN);
    const message = `FILTER is ${formatType(bound.type)}, but BOOLEAN is expected`;
    return this.#context.report.error({ code: "ARGUMENT-TYPE", message, span: node.filter.span });
  }

  #checkArgument(node: CallNode, entry: AggregateFunction, bound: BoundExpression | null): boolean {
    if (bound === null || entry.accepts(bound.type)) return true;
    const message = `the argument of "${node.name}" is ${formatType(bound.type)}, but ${entry.expected} is expected`;
    const span = node.arguments[0]?.span ?? node.span;
    this.#context.report.error({ code: "ARGUMENT-TYPE", message, span });
    return false;
  }
}

/** Of COUNT_AUTO the count is -1 - n where it is a sketch's. */
function distinctCount(made: AggregateCall, settings: SettingValues): AggregateCall {
  const plain = { ...made, type: BIGINT, nullable: false };
  switch (modeOf(settings)) {
    case "approx":
      return { ...plain, function: "APPROX_COUNT_DISTINCT", distinct: false, parameters: [DEFAULT_SKETCH_PRECISION] };
    case "auto": {
      const limit = BigInt(settings.get("distinct.exact-limit") ?? 1000);
      return { ...plain, function: "COUNT_AUTO", distinct: true, parameters: [DEFAULT_SKETCH_PRECISION, limit] };
    }
    default:
      return { ...plain, function: "COUNT", distinct: true, parameters: [] };
  }
}

function modeOf(settings: SettingValues): string | undefined {
  return settings.get("distinct.mode")?.trim().toLowerCase();
}

function checkCount(context: QueryContext, node: CallNode, entry: AggregateFunction): boolean {
  const { report } = context;
  const most = entry.parameter === undefined ? 1 : 2;
  const least = entry.parameter !== undefined && entry.parameter.default === undefined ? 2 : 1;
  const given = node.arguments.length;
  if (node.star) {
    if (entry.id === "COUNT" && !node.distinct) return true;
    const message = node.distinct ? "COUNT(DISTINCT *) has no meaning" : `"${node.name}" does not take "*"`;
    report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${node.name}(column)` });
    return false;
  }
  if (given >= least && given <= most) return true;
  const wanted = most === 1 ? "1 argument" : least === most ? `${most} arguments` : `1 or ${most} arguments`;
  const hint =
    entry.id === "COUNT" && given === 0
      ? "write COUNT(*)"
      : entry.id === "COUNT"
        ? "join them: a || '|' || b"
        : least === 2
          ? `write ${node.name}(x, 0.99)`
          : null;
  report.error({
    code: "ARGUMENT-COUNT",
    message: `"${node.name}" takes ${wanted}, not ${given}`,
    span: node.span,
    hint,
  });
  return false;
}

/** Whether the tree calls an aggregate of this SELECT (not one inside OVER). */
export function hasAggregate(node: Expression): boolean {
  const pending: unknown[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (typeof next !== "object" || next === null) continue;
    const candidate = next as Partial<CallNode>;
    if (candidate.kind === "call" && candidate.over === null && findAggregate(candidate.name ?? "") !== undefined)
      return true;
    if ("items" in next && "from" in next) continue;
    pending.push(...Object.values(next));
  }
  return false;
}

/** A placeholder's number among the calls, or −1. */
export function aggregateIndex(expression: BoundExpression): number {
  const call = expression.kind === "column" && expression.index >= AGGREGATE_BASE && expression.index < AGGREGATE_END;
  return call ? expression.index - AGGREGATE_BASE : -1;
}
