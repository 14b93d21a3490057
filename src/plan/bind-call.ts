/**
 * Calls: looks the name up in the tables of functions, checks the arguments against the row found there, and writes out
 * the few that are only other spellings (IF, NULLIF, MOD, TIMESTAMPADD).
 */
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression, IntervalUnit } from "../sql/tree.ts";
import { aggregateNames, aggregatesNotHere, findAggregate } from "./aggregates.ts";
import { type BindContext, bindAll, type CallNode } from "./bind-context.ts";
import { bindArithmetic, bindCondition, caseOf, compare, toCommonType } from "./bind-operator.ts";
import { bindTimestampDiff } from "./bind-time.ts";
import { castTo } from "./cast.ts";
import { datePatternFault } from "./date-format.ts";
import { foreignFunctions } from "./dialects.ts";
import { call, literal } from "./expression.ts";
import { findFunction, functionNames, functionsNotHere, type Parameter, type ScalarFunction } from "./functions.ts";
import { intervalOf } from "./literal-text.ts";
import type { BoundExpression } from "./plan.ts";
import { suggest } from "./report.ts";
import { unitOf } from "./time-unit.ts";
import { isInteger, isNumeric, isString, isTemporal, STRING } from "./type-rules.ts";
import { structParts } from "./window-struct.ts";

const windowFunctionPattern = /^((TUMBLE|HOP|SESSION|CUMULATE)(_(START|END|ROWTIME|PROCTIME))?|WINDOW|SESSION_WINDOW)$/;

export function bindCall(context: BindContext, node: CallNode): BoundExpression | null {
  const { report } = context;
  if (node.over !== null) {
    if (context.over !== undefined) return context.over(node, node.over);
    for (const argument of node.arguments) context.bind(argument);
    const hint = "OVER stands in the SELECT of a query on window results, or on a table with a WATERMARK";
    return report.unsupported(`OVER, as in ${node.name}(…) OVER (…),`, node.span, hint);
  }
  if (node.named.length > 0) {
    const message = `"${node.name}" takes its arguments by position`;
    return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: 'leave the "name =>" out' });
  }
  if (findAggregate(node.name) !== undefined) return context.aggregate(node);
  if (windowFunctionPattern.test(node.name)) return context.windowFunction(node);
  const misplaced = node.distinct ? "DISTINCT" : node.filter !== null ? "FILTER" : node.star ? "*" : null;
  if (misplaced !== null && (findFunction(node.name) !== undefined || Object.hasOwn(specials, node.name))) {
    const message = `"${node.name}" is no aggregate: it takes no ${misplaced}`;
    return report.error({ code: "AGGREGATE-PLACE", message, span: node.span });
  }
  const special = Object.hasOwn(specials, node.name) ? specials[node.name] : undefined;
  if (special !== undefined) return special(context, node);
  const entry = findFunction(node.name);
  return entry === undefined ? unknownFunction(context, node) : bindScalar(context, node, entry);
}

function unknownFunction({ report }: BindContext, node: CallNode): null {
  const reason = functionsNotHere.get(node.name);
  if (reason !== undefined) return report.unsupported(`the function "${node.name}"`, node.nameSpan, reason || null);
  if (aggregatesNotHere.includes(node.name)) return report.unsupported(`the aggregate "${node.name}"`, node.nameSpan);
  const elsewhere = foreignFunctions.get(node.name);
  const known = [...functionNames, ...aggregateNames];
  return report.error({
    code: "UNKNOWN-FUNCTION",
    message: `there is no function "${node.name}"`,
    span: node.nameSpan,
    hint: elsewhere === undefined ? suggest(node.name, known, "functions are") : `write ${elsewhere}`,
  });
}

function bindScalar(context: BindContext, node: CallNode, entry: ScalarFunction): BoundExpression | null {
  const nodes = node.arguments;
  const bound = bindAll(context, nodes);
  const most = entry.variadic ? Number.POSITIVE_INFINITY : entry.parameters.length;
  if (
    !checkCount(context, node, {
      least: entry.parameters.length - (entry.optional ?? 0),
      most,
      signature: signatureOf(entry),
    })
  ) {
    return null;
  }
  if (bound === null) return null;
  let args: BoundExpression[] | null = [];
  for (const [i, argument] of bound.entries()) {
    const parameter = entry.parameters[Math.min(i, entry.parameters.length - 1)] as Parameter;
    const span = nodes[i]?.span ?? node.span;
    const converted = convertArgument(context, argument, { parameter, span, name: node.name, position: i + 1 });
    if (converted === null) args = null;
    else args?.push(converted);
  }
  if (args === null) return null;
  if (entry.common) {
    const parts = args.map((expression, i) => ({ expression, span: nodes[i]?.span ?? node.span }));
    args = toCommonType(context.report, parts, `"${node.name}"`);
    if (args === null) return null;
  }
  if (entry.id === "TO_TIMESTAMP_LTZ" && !checkEpochPrecision(context, node, args)) return null;
  if (entry.rewrite !== undefined) return entry.rewrite(args);
  const nullable = entry.nullable?.(args);
  return call(entry.id, args, { type: entry.type(args), ...(nullable === undefined ? {} : { nullable }) });
}

interface Argument {
  readonly parameter: Parameter;
  readonly span: Span;
  readonly name: string;
  readonly position: number;
}

function convertArgument(context: BindContext, argument: BoundExpression, at: Argument): BoundExpression | null {
  const { family } = at.parameter;
  const isNull = argument.type.kind === "null";
  if (at.parameter.literal && (argument.kind !== "literal" || argument.value === null)) {
    const message = `argument ${at.position} of "${at.name}" (${at.parameter.name}) must be a literal`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: at.span });
  }
  const isPattern = at.parameter.name === "format" && argument.kind === "literal";
  const fault = isPattern && typeof argument.value === "string" ? datePatternFault(argument.value) : null;
  if (fault !== null) {
    const message = `the pattern of "${at.name}" has the letter '${fault.letter}', which this release does not know`;
    return context.report.error({ code: "DATE-PATTERN", message, span: at.span, hint: fault.hint });
  }
  if (!isNull && !family.accepts(argument.type)) {
    const message = `argument ${at.position} of "${at.name}" is ${formatType(argument.type)}, but ${family.expected} is expected`;
    return context.report.error({
      code: "ARGUMENT-TYPE",
      message,
      span: at.span,
      hint: castHint(argument, family.expected),
    });
  }
  const stays = argument.kind === "literal" && isString(argument.type) ? STRING : argument.type;
  const target = family.castTo ?? (isNull ? family.whenNull : stays);
  return castTo(argument, target);
}

function castHint(argument: BoundExpression, expected: string): string | null {
  if (expected === "a string") return "write CAST(… AS STRING)";
  if (expected === "an INT") return isNumeric(argument.type) || isString(argument.type) ? "write CAST(… AS INT)" : null;
  if (expected === "a whole number" && isNumeric(argument.type)) return "write CAST(… AS BIGINT)";
  if (expected === "a number" && isString(argument.type)) return "write CAST(… AS DOUBLE)";
  if (expected.includes("time") && isString(argument.type)) return "write TO_TIMESTAMP(…), or CAST(… AS TIMESTAMP(3))";
  if (expected.includes("time") && isInteger(argument.type)) return "write TO_TIMESTAMP_LTZ(…, 3) for milliseconds";
  return null;
}

function checkEpochPrecision(context: BindContext, node: CallNode, args: readonly BoundExpression[]): boolean {
  const precision = args[1];
  if (precision === undefined || precision.kind !== "literal") return true;
  if (precision.value === 0n || precision.value === 3n) return true;
  const message = `the precision of "${node.name}" is 0 for seconds or 3 for milliseconds, not ${precision.value}`;
  context.report.error({ code: "ARGUMENT-TYPE", message, span: node.arguments[1]?.span ?? node.span });
  return false;
}

interface Count {
  readonly least: number;
  readonly most: number;
  readonly signature: string;
}

function checkCount(context: BindContext, node: CallNode, { least, most, signature }: Count): boolean {
  const given = node.arguments.length;
  if (given >= least && given <= most) return true;
  const wanted =
    least === most ? `${least}` : most === Number.POSITIVE_INFINITY ? `at least ${least}` : `${least} to ${most}`;
  const message = `"${node.name}" takes ${wanted} argument${wanted === "1" ? "" : "s"}, not ${given}`;
  context.report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${signature}` });
  return false;
}

function signatureOf(entry: ScalarFunction): string {
  const required = entry.parameters.length - (entry.optional ?? 0);
  const names = entry.parameters.map(({ name }, i) => (i === 0 ? name : i < required ? `, ${name}` : `[, ${name}]`));
  return `${entry.names[0]}(${names.join("")}${entry.variadic ? ", …" : ""})`;
}

type Special = (context: BindContext, node: CallNode) => BoundExpression | null;

const specials: Readonly<Record<string, Special>> = {
  PROCTIME: (context, node) => {
    if (!checkCount(context, node, { least: 0, most: 0, signature: "PROCTIME()" })) return null;
    return context.scope.processingTime(node.span);
  },
  IF: (context, node) => {
    if (!checkCount(context, node, { least: 3, most: 3, signature: "IF(condition, then, otherwise)" })) return null;
    const [when, then, otherwise] = node.arguments as [Expression, Expression, Expression];
    const condition = bindCondition(context, when, 'the condition of "IF"');
    const branches = bindAll(context, [then, otherwise]);
    if (condition === null || branches === null) return null;
    const parts = branches.map((expression, i) => ({ expression, span: (i === 0 ? then : otherwise).span }));
    const typed = toCommonType(context.report, parts, '"IF"');
    return typed && caseOf([condition], typed);
  },
  NULLIF: (context, node) => {
    if (!checkCount(context, node, { least: 2, most: 2, signature: "NULLIF(a, b)" })) return null;
    const bound = bindAll(context, node.arguments);
    if (bound === null) return null;
    const [a, b] = bound as [BoundExpression, BoundExpression];
    const equal = compare(context.report, { id: "EQ", left: a, right: b, span: node.span });
    return equal && caseOf([equal], [literal(null, a.type), a]);
  },
  /** Spark's: the last millisecond of the window that its `window` is. */
  WINDOW_TIME: (context, node) => {
    if (!checkCount(context, node, { least: 1, most: 1, signature: "window_time(window)" })) return null;
    const bound = context.bind(node.arguments[0] as Expression);
    if (bound === null) return null;
    const parts = structParts(bound);
    if (parts !== null) return { ...parts[2] };
    const message = `"window_time" takes the window of GROUP BY, not ${formatType(bound.type)}`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: node.span, hint: "write window_time(window)" });
  },
  MOD: (context, node) => {
    if (!checkCount(context, node, { least: 2, most: 2, signature: "MOD(a, b)" })) return null;
    const bound = bindAll(context, node.arguments);
    if (bound === null) return null;
    const [left, right] = bound as [BoundExpression, BoundExpression];
    return bindArithmetic(context.report, { id: "MOD", left, right, span: node.span });
  },
  TIMESTAMPADD: (context, node) => {
    if (!checkCount(context, node, { least: 3, most: 3, signature: "TIMESTAMPADD(unit, count, t)" })) return null;
    return bindTimestampAdd(context, node);
  },
  TIMESTAMPDIFF: (context, node) => {
    if (!checkCount(context, node, { least: 3, most: 3, signature: "TIMESTAMPDIFF(unit, from, to)" })) return null;
    return bindTimestampDiff(context, node);
  },
};

const addUnits: readonly string[] = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];

/** `TIMESTAMPADD(MINUTE, 5, t)` is `t + INTERVAL '5' MINUTE`. */
function bindTimestampAdd(context: BindContext, node: CallNode): BoundExpression | null {
  const [unitNode, countNode, timeNode] = node.arguments as [Expression, Expression, Expression];
  const unit = unitOf(unitNode);
  if (unit === null || !addUnits.includes(unit)) {
    const message = `"TIMESTAMPADD" takes a unit first, one of ${addUnits.join(", ")}`;
    context.report.error({ code: "ARGUMENT-TYPE", message, span: unitNode.span });
  }
  const bound = bindAll(context, [countNode, timeNode]);
  if (bound === null || unit === null || !addUnits.includes(unit)) return null;
  const [count, time] = bound as [BoundExpression, BoundExpression];
  if (!isTemporal(time.type)) {
    const message = `argument 3 of "TIMESTAMPADD" is ${formatType(time.type)}, but a date or timestamp is expected`;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span: timeNode.span });
  }
  const one = intervalOf(1n, unit as IntervalUnit);
  const [left, factor] = [literal(one.value, one.type), count];
  const right = bindArithmetic(context.report, { id: "MUL", left, right: factor, span: countNode.span });
  if (right === null) return null;
  return bindArithmetic(context.report, { id: "ADD", left: time, right, span: node.span });
}
