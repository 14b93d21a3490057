/**
 * Operators: arithmetic, comparison, logic, and what is written out in terms of them (BETWEEN, IN, IS, CASE). Typing is
 * Calcite's; strings and numbers are never compared without a CAST, as Flink has it.
 */
import type { Span } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression } from "../sql/tree.ts";
import { type BindContext, bindAll } from "./bind-context.ts";
import { castTo, temporalLiteral } from "./cast.ts";
import { balanced, call, literal } from "./expression.ts";
import { readTimestamp } from "./literal-text.ts";
import type { BoundExpression } from "./plan.ts";
import type { Reporter } from "./report.ts";
import {
  asDecimal,
  BIGINT,
  BOOLEAN,
  commonType,
  decimalResult,
  isDecimal,
  isFloat,
  isInteger,
  isInterval,
  isNested,
  isNumeric,
  isString,
  isTemporal,
  STRING,
} from "./type-rules.ts";

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

const comparisons: Readonly<Record<string, string>> = {
  "=": "EQ",
  "<>": "NE",
  "<": "LT",
  "<=": "LE",
  ">": "GT",
  ">=": "GE",
};
const arithmetic: Readonly<Record<string, "ADD" | "SUB" | "MUL" | "DIV" | "MOD">> = {
  "+": "ADD",
  "-": "SUB",
  "*": "MUL",
  "/": "DIV",
  "%": "MOD",
};

export function bindBinary(context: BindContext, node: Of<"binaryOperation">): BoundExpression | null {
  const { operator } = node;
  if (operator === "AND" || operator === "OR") return bindLogic(context, node, operator);
  const [left, right] = [context.bind(node.left), context.bind(node.right)];
  if (left === null || right === null) return null;
  const comparison = comparisons[operator];
  if (comparison !== undefined) return compare(context.report, { id: comparison, left, right, span: node.span });
  if (operator === "||") return bindConcat(context, node, [left, right]);
  const id = arithmetic[operator];
  if (id === undefined) return context.report.unsupported(`the operator "${operator}"`, node.span);
  return bindArithmetic(context.report, { id, left, right, span: node.span });
}

/** Chains of one operator are collected without recursion, so that a thousand ORs are no deep stack. */
function bindLogic(context: BindContext, node: Of<"binaryOperation">, operator: "AND" | "OR"): BoundExpression | null {
  const nodes: Expression[] = [];
  const pending: Expression[] = [node];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    if (next.kind === "binaryOperation" && next.operator === operator) pending.push(next.right, next.left);
    else nodes.push(next);
  }
  const parts = nodes.map((part) => bindCondition(context, part, `an operand of ${operator}`));
  return parts.some((part) => part === null) ? null : balanced(operator, parts as BoundExpression[]);
}

/** An expression that must be BOOLEAN. `what` names it in the error: `WHERE`, `the condition of CASE`. */
export function bindCondition(context: BindContext, node: Expression, what: string): BoundExpression | null {
  const bound = context.bind(node);
  if (bound === null) return null;
  if (bound.type.kind === "boolean" || bound.type.kind === "null") return castTo(bound, BOOLEAN);
  const message = `${what} is ${formatType(bound.type)}, but BOOLEAN is expected`;
  return context.report.error({ code: "ARGUMENT-TYPE", message, span: node.span });
}

function bindConcat(
  context: BindContext,
  node: Of<"binaryOperation">,
  [left, right]: readonly [BoundExpression, BoundExpression],
): BoundExpression | null {
  for (const [part, side] of [[left, node.left] as const, [right, node.right] as const]) {
    if (isString(part.type) || part.type.kind === "null") continue;
    const message = `an operand of "||" is ${formatType(part.type)}, but a string is expected`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: side.span, hint: "write CAST(… AS STRING)" });
  }
  const parts = [left, right].map((part) => (part.kind === "literal" ? castTo(part, STRING) : part));
  return call("CONCAT", parts, { type: STRING });
}

export interface Operation {
  readonly id: string;
  readonly left: BoundExpression;
  readonly right: BoundExpression;
  readonly span: Span;
}

/** A comparison, with both sides brought to one type. */
export function compare(report: Reporter, operation: Operation): BoundExpression | null {
  const sides = comparable(report, operation);
  if (sides === null) return null;
  const nullable = !operation.id.includes("DISTINCT") && (sides[0].nullable || sides[1].nullable);
  return call(operation.id, sides, { type: BOOLEAN, nullable });
}

/** Both sides as one comparable type. */
function comparable(report: Reporter, operation: Operation): [BoundExpression, BoundExpression] | null {
  const { span } = operation;
  let { left, right } = operation;
  if (isNested(left.type) || isNested(right.type)) {
    return report.unsupported("comparing ROW, ARRAY and MAP values", span, "compare their fields");
  }
  if (isTemporal(left.type) && isString(right.type)) {
    const converted = temporalFromString(report, right, { type: left.type, span });
    if (converted === null) return null;
    right = converted;
  } else if (isString(left.type) && isTemporal(right.type)) {
    const converted = temporalFromString(report, left, { type: right.type, span });
    if (converted === null) return null;
    left = converted;
  }
  const common = commonType(left.type, right.type);
  if (common !== null) return [castTo(left, common), castTo(right, common)];
  const [a, b] = [formatType(left.type), formatType(right.type)];
  const mixed = (isString(left.type) && isNumeric(right.type)) || (isNumeric(left.type) && isString(right.type));
  const bytes = [left.type.kind, right.type.kind].includes("bytes") && (isString(left.type) || isString(right.type));
  const cast = mixed ? `write CAST(… AS ${isString(left.type) ? b : a}) around the string` : null;
  return report.error({
    code: "TYPE-MISMATCH",
    message: `${a} and ${b} cannot be compared`,
    span,
    hint: bytes ? "write CAST(… AS STRING) around the BYTES" : cast,
  });
}

/** The string side of a comparison with a date or time. A literal keeps all its digits. */
function temporalFromString(
  report: Reporter,
  text: BoundExpression,
  target: { readonly type: DataType; readonly span: Span },
): BoundExpression | null {
  if (text.kind !== "literal" || text.value === null) return castTo(text, target.type);
  let { type } = target;
  if (type.kind === "timestamp" || type.kind === "timestamp_ltz") {
    const digits = readTimestamp(text.value as string)?.precision ?? 0;
    type = { kind: type.kind, precision: Math.max(type.precision, digits) };
  }
  const folded = temporalLiteral(text.value as string, type);
  if (folded !== null) return folded;
  return report.error({
    code: "LITERAL-FORMAT",
    message: `'${text.value as string}' cannot be read as ${formatType(target.type)}`,
    span: target.span,
    hint: literalForm(target.type),
  });
}

export function literalForm(type: DataType): string {
  switch (type.kind) {
    case "date":
      return "write it as '2024-05-01'";
    case "time":
      return "write it as '12:30:00'";
    default:
      return "write it as '2024-05-01 12:30:00'";
  }
}

interface Arithmetic extends Operation {
  readonly id: "ADD" | "SUB" | "MUL" | "DIV" | "MOD";
}

export function bindArithmetic(report: Reporter, operation: Arithmetic): BoundExpression | null {
  const { id } = operation;
  let { left, right } = operation;
  if (left.type.kind === "null") left = castTo(left, isInterval(right.type) ? right.type : nullOperand(right.type));
  if (right.type.kind === "null")
    right = castTo(right, isInterval(left.type) && id === "MUL" ? BIGINT : nullOperand(left.type));
  if (isNumeric(left.type) && isNumeric(right.type)) return numericArithmetic(id, left, right);
  return temporalArithmetic(report, { ...operation, left, right }) ?? arithmeticError(report, operation);
}

function nullOperand(other: DataType): DataType {
  if (isTemporal(other)) return { kind: "interval_day" };
  return other.kind === "null" ? { kind: "int" } : other;
}

function numericArithmetic(id: Arithmetic["id"], left: BoundExpression, right: BoundExpression): BoundExpression {
  const common = commonType(left.type, right.type) as DataType;
  if (isDecimal(common) && !isFloat(common)) {
    const [a, b] = [asDecimal(left.type), asDecimal(right.type)];
    return call(id, [castTo(left, a), castTo(right, b)], { type: decimalResult(id, a, b) });
  }
  const result = call(id, [castTo(left, common), castTo(right, common)], { type: common });
  // The remainder has the divisor's type (Calcite), and always fits it.
  return id === "MOD" ? castTo(result, right.type) : result;
}

/** Dates, times and intervals; null when the operator has no meaning for them. */
function temporalArithmetic(report: Reporter, operation: Arithmetic): BoundExpression | null {
  const { id, left, right } = operation;
  if (id === "MUL") return scaledInterval(left, right) ?? scaledInterval(right, left);
  if (id !== "ADD" && id !== "SUB") return null;
  if (isInterval(left.type) && left.type.kind === right.type.kind) {
    if (left.kind === "literal" && right.kind === "literal" && left.value !== null && right.value !== null) {
      const sign = id === "ADD" ? 1n : -1n;
      return literal((left.value as bigint) + sign * (right.value as bigint), left.type);
    }
    return call(id, [left, right], { type: left.type });
  }
  if (id === "ADD" && isInterval(left.type) && isTemporal(right.type)) {
    return temporalArithmetic(report, { ...operation, left: right, right: left });
  }
  if (!isTemporal(left.type) || !isInterval(right.type)) return null;
  if (left.type.kind === "time" && right.type.kind === "interval_month") return null;
  return call(id, [left, right], { type: left.type });
}

/** `INTERVAL '5' MINUTE * 3`: an interval literal times a whole number. */
function scaledInterval(interval: BoundExpression, factor: BoundExpression): BoundExpression | null {
  if (interval.kind !== "literal" || typeof interval.value !== "bigint" || !isInterval(interval.type)) return null;
  if (!isInteger(factor.type)) return null;
  if (factor.kind === "literal" && typeof factor.value === "bigint") {
    return literal(interval.value * factor.value, interval.type);
  }
  const product = call("MUL", [castTo(factor, BIGINT), literal(interval.value, BIGINT)], { type: BIGINT });
  return castTo(product, interval.type);
}

function arithmeticError(report: Reporter, { id, left, right, span }: Arithmetic): null {
  const sign = Object.keys(arithmetic).find((key) => arithmetic[key] === id);
  let hint: string | null = null;
  if (id === "SUB" && isTemporal(left.type) && isTemporal(right.type)) hint = "write TIMESTAMPDIFF(SECOND, a, b)";
  else if (isTemporal(left.type) && isNumeric(right.type)) hint = "write INTERVAL '5' MINUTE, with the unit you mean";
  else if (id === "ADD" && isString(left.type) && isString(right.type)) hint = 'strings are joined with "||"';
  else if (isString(left.type) || isString(right.type)) hint = "write CAST(… AS DOUBLE) around the string";
  return report.error({
    code: "TYPE-MISMATCH",
    message: `"${sign}" has no meaning for ${formatType(left.type)} and ${formatType(right.type)}`,
    span,
    hint,
  });
}

export function bindBetween(context: BindContext, node: Of<"between">): BoundExpression | null {
  const bound = bindAll(context, [node.operand, node.low, node.high]);
  if (bound === null) return null;
  const [operand, low, high] = bound as [BoundExpression, BoundExpression, BoundExpression];
  const inside = (from: BoundExpression, to: BoundExpression): BoundExpression | null => {
    const above = compare(context.report, { id: "GE", left: operand, right: from, span: node.span });
    const below = compare(context.report, { id: "LE", left: operand, right: to, span: node.span });
    return above && below && call("AND", [above, below], { type: BOOLEAN });
  };
  const forward = inside(low, high);
  if (forward === null) return null;
  const backward = node.symmetric ? inside(high, low) : null;
  return negate(backward === null ? forward : call("OR", [forward, backward], { type: BOOLEAN }), node.not);
}

export function bindIn(context: BindContext, node: Of<"in">): BoundExpression | null {
  const operand = context.bind(node.operand);
  const values = bindAll(context, node.values);
  if (operand === null || values === null) return null;
  const tests = values.map((value, i) => {
    const span = node.values[i]?.span ?? node.span;
    return compare(context.report, { id: "EQ", left: operand, right: value, span });
  });
  if (tests.some((test) => test === null)) return null;
  const any = balanced("OR", tests as BoundExpression[]);
  return any && negate(any, node.not);
}

export function negate(condition: BoundExpression, not: boolean): BoundExpression {
  return not ? call("NOT", [condition], { type: BOOLEAN }) : condition;
}

export function bindIs(context: BindContext, node: Of<"is">): BoundExpression | null {
  if (node.test === "NULL") {
    const operand = context.bind(node.operand);
    if (operand === null) return null;
    const typed = operand.type.kind === "null" ? castTo(operand, BOOLEAN) : operand;
    return call(node.not ? "IS_NOT_NULL" : "IS_NULL", [typed], { type: BOOLEAN, nullable: false });
  }
  const operand = bindCondition(context, node.operand, `the operand of IS ${node.test}`);
  if (operand === null) return null;
  const test = node.test === "UNKNOWN" ? "NULL" : node.test;
  return call(`IS_${node.not ? "NOT_" : ""}${test}`, [operand], { type: BOOLEAN, nullable: false });
}

export function bindIsDistinct(context: BindContext, node: Of<"isDistinctFrom">): BoundExpression | null {
  const bound = bindAll(context, [node.left, node.right]);
  if (bound === null) return null;
  const [left, right] = bound as [BoundExpression, BoundExpression];
  const id = node.not ? "IS_NOT_DISTINCT_FROM" : "IS_DISTINCT_FROM";
  return compare(context.report, { id, left, right, span: node.span });
}

export function bindUnary(context: BindContext, node: Of<"unary">): BoundExpression | null {
  if (node.operator === "NOT") {
    const operand = bindCondition(context, node.operand, "the operand of NOT");
    return operand && negate(operand, true);
  }
  const operand = context.bind(node.operand);
  if (operand === null) return null;
  const literalValue = operand.kind === "literal" ? operand.value : undefined;
  if (isInterval(operand.type) && typeof literalValue === "bigint") {
    return node.operator === "+" ? operand : literal(-literalValue, operand.type);
  }
  const typed = operand.type.kind === "null" ? castTo(operand, { kind: "int" }) : operand;
  if (!isNumeric(typed.type)) {
    const message = `the operand of "${node.operator}" is ${formatType(typed.type)}, but a number is expected`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: node.operand.span });
  }
  return node.operator === "+" ? typed : call("NEG", [typed], { type: typed.type });
}

/** Branches brought to one type. Null after an error; `what` names the construct. */
export function toCommonType(
  report: Reporter,
  parts: readonly { readonly expression: BoundExpression; readonly span: Span }[],
  what: string,
): BoundExpression[] | null {
  let common: DataType = { kind: "null" };
  for (const { expression, span } of parts) {
    const next = commonType(common, expression.type);
    if (next === null) {
      const message = `${what} mixes ${formatType(common)} and ${formatType(expression.type)}`;
      return report.error({ code: "TYPE-MISMATCH", message, span, hint: "CAST one of them to the type of the other" });
    }
    common = next;
  }
  return parts.map(({ expression }) => castTo(expression, common));
}

export function bindCase(context: BindContext, node: Of<"case">): BoundExpression | null {
  const operand = node.operand === null ? null : context.bind(node.operand);
  const conditions = node.whens.map(({ when }) => {
    if (node.operand === null) return bindCondition(context, when, "the condition of WHEN");
    const value = context.bind(when);
    if (operand === null || value === null) return null;
    return compare(context.report, { id: "EQ", left: operand, right: value, span: when.span });
  });
  const results = node.whens.map(({ then }) => ({ expression: context.bind(then), span: then.span }));
  const otherwise = node.otherwise === null ? literal(null, { kind: "null" }) : context.bind(node.otherwise);
  const all = [...results, { expression: otherwise, span: node.otherwise?.span ?? node.span }];
  if (conditions.some((c) => c === null) || all.some((part) => part.expression === null)) return null;
  const parts = all as { expression: BoundExpression; span: Span }[];
  const typed = toCommonType(context.report, parts, "CASE");
  return typed && caseOf(conditions as BoundExpression[], typed);
}

/** `results` has one more than `conditions`: the ELSE. */
export function caseOf(conditions: readonly BoundExpression[], results: readonly BoundExpression[]): BoundExpression {
  const otherwise = results[results.length - 1] as BoundExpression;
  return {
    kind: "case",
    // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
    whens: conditions.map((when, i) => ({ when, then: results[i] as BoundExpression })),
    otherwise,
    type: otherwise.type,
    nullable: results.some((result) => result.nullable),
  };
}
