/**
 * Syntax tree to bound expression: every name resolved, every type known, every implicit cast written out. A node that is
 * wrong is reported and becomes null; its neighbours are still bound, so that one pass finds every error.
 */
import { type Span, unreachable } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression } from "../sql/tree.ts";
import { bindCall } from "./bind-call.ts";
import { type BindContext, bindAll } from "./bind-context.ts";
import {
  bindBetween,
  bindBinary,
  bindCase,
  bindIn,
  bindIs,
  bindIsDistinct,
  bindUnary,
  literalForm,
  negate,
} from "./bind-operator.ts";
import { bindExtract, bindRoundTime } from "./bind-time.ts";
import { bindType } from "./bind-type.ts";
import { castTo, temporalLiteral } from "./cast.ts";
import { call, literal, tooComplex } from "./expression.ts";
import { readDate, readInterval, readNumber, readTime, readTimestamp } from "./literal-text.ts";
import type { BoundExpression } from "./plan.ts";
import type { Reporter } from "./report.ts";
import { BOOLEAN, castsExplicitly, isNumeric, isString, isTemporal, NULL, STRING } from "./type-rules.ts";

type Of<K extends Expression["kind"]> = Extract<Expression, { kind: K }>;

/** Nodes inside nodes. The stack holds several frames a level. */
const MAX_DEPTH = 500;

/** The surroundings without the recursion. */
export type Surroundings = Omit<BindContext, "bind">;

export function bindExpression(surroundings: Surroundings, node: Expression): BoundExpression | null {
  const { report } = surroundings;
  let depth = 0;
  const context: BindContext = {
    ...surroundings,
    bind(inner) {
      if (depth >= MAX_DEPTH) {
        const message = `expressions nest deeper than ${MAX_DEPTH}`;
        return report.error({ code: "TOO-COMPLEX", message, span: node.span, hint: "split it into a view" });
      }
      depth++;
      const bound = bindNode(context, inner);
      depth--;
      return bound && spanned(bound, inner.span);
    },
  };
  const bound = context.bind(node);
  if (bound === null || !tooComplex([bound])) return bound;
  const message = "the expression is too large once views and subqueries are written out";
  return report.error({ code: "TOO-COMPLEX", message, span: node.span });
}

function bindNode(context: BindContext, node: Expression): BoundExpression | null {
  const { report } = context;
  switch (node.kind) {
    case "column":
      return context.scope.resolve(node.name);
    case "number":
    case "string":
    case "binary":
    case "boolean":
    case "null":
    case "temporal":
    case "interval":
      return bindLiteral(report, node);
    case "unary":
      return bindSigned(context, node);
    case "binaryOperation":
      return bindBinary(context, node);
    case "is":
      return bindIs(context, node);
    case "isDistinctFrom":
      return bindIsDistinct(context, node);
    case "between":
      return bindBetween(context, node);
    case "in":
      return bindIn(context, node);
    case "like":
      return bindLike(context, node);
    case "case":
      return bindCase(context, node);
    case "cast":
      return bindCast(context, node);
    case "extract":
      return bindExtract(context, node);
    case "roundTime":
      return bindRoundTime(context, node);
    case "trim":
      return bindTrim(context, node);
    case "call":
      return bindCall(context, node);
    case "fieldAccess": {
      const row = context.bind(node.operand);
      return row && context.scope.field(row, node.field);
    }
    case "item":
      return bindItem(context, node);
    default:
      return refuse(report, node);
  }
}

/** Cells of a record's headers are all that can be read by a key: they are looked up while the record is at hand. */
function bindItem(context: BindContext, node: Of<"item">): BoundExpression | null {
  const { report } = context;
  const operand = context.bind(node.operand);
  if (operand === null) return null;
  const { kind } = operand.type;
  if (kind !== "map" && kind !== "array") {
    const message = `"[…]" reads a cell of an ARRAY or a MAP, not of ${formatType(operand.type)}`;
    return report.error({ code: "TYPE-MISMATCH", message, span: node.span });
  }
  const { index } = node;
  const cell = index.kind === "string" ? context.scope.cell(operand, index.value) : null;
  if (cell !== null) return cell;
  const hint =
    index.kind === "string"
      ? "headers of a kafka table can be read: headers['id']; so can fields of a ROW: data.id"
      : "headers of a kafka table are read by a name that is written out: headers['id']";
  return report.unsupported("reading ARRAY and MAP elements", node.span, hint);
}

/** A view's expression keeps its own span. */
function spanned(bound: BoundExpression, span: Span): BoundExpression {
  if (bound.kind === "column" || bound.kind === "literal" || bound.span !== undefined) return bound;
  return { ...bound, span };
}

type Refused = Of<"star" | "inQuery" | "exists" | "scalarQuery" | "row" | "array" | "map" | "descriptor">;

function refuse(report: Reporter, node: Refused): null {
  switch (node.kind) {
    case "star":
      return report.error({ code: "STAR-PLACE", message: '"*" stands in SELECT and COUNT(*) only', span: node.span });
    case "inQuery":
      return report.unsupported("IN with a query here", node.span, "it stands in WHERE, alone or between ANDs");
    case "exists":
      return report.unsupported("EXISTS here", node.span, "it stands in WHERE, alone or between ANDs");
    case "scalarQuery":
      return report.unsupported("a query as a value", node.span);
    case "row":
    case "array":
    case "map":
      return report.unsupported(`making ${node.kind.toUpperCase()} values`, node.span);
    case "descriptor":
      return report.error({
        code: "DESCRIPTOR-PLACE",
        message: '"DESCRIPTOR" stands in TUMBLE(…), HOP(…) and CUMULATE(…) only',
        span: node.span,
      });
    default:
      return unreachable(node);
  }
}

type LiteralNode = Of<"number" | "string" | "binary" | "boolean" | "null" | "temporal" | "interval">;

function bindLiteral(report: Reporter, node: LiteralNode): BoundExpression | null {
  switch (node.kind) {
    case "number":
      return bindNumber(report, node, false);
    case "string":
      return literal(node.value, { kind: "char", length: [...node.value].length });
    case "binary":
      return literal(
        Uint8Array.from(node.hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
        { kind: "bytes" },
      );
    case "boolean":
      return literal(node.value, BOOLEAN);
    case "null":
      return literal(null, NULL);
    case "temporal":
      return bindTemporalLiteral(report, node);
    case "interval": {
      const interval = readInterval(node.text, node.from, node.to);
      if (interval === null) return intervalError(report, node);
      return literal(node.negative ? -(interval.value as bigint) : interval.value, interval.type);
    }
    default:
      return unreachable(node);
  }
}

function bindNumber(report: Reporter, node: Of<"number">, negative: boolean): BoundExpression | null {
  const read = readNumber(node.text, negative);
  if (read !== null) return literal(read.value, read.type);
  const message = `the number ${negative ? "-" : ""}${node.text} is out of range`;
  const hint = "whole numbers go up to 64 bits; CAST('…' AS DECIMAL(38, 0)) takes 38 digits";
  return report.error({ code: "NUMBER-RANGE", message, span: node.span, hint });
}

/** The minus of a number belongs to it, so that −2^63 can be written. */
function bindSigned(context: BindContext, node: Of<"unary">): BoundExpression | null {
  if (node.operator === "-" && node.operand.kind === "number") return bindNumber(context.report, node.operand, true);
  return bindUnary(context, node);
}

function bindTemporalLiteral(report: Reporter, node: Of<"temporal">): BoundExpression | null {
  const read = { DATE: readDate, TIME: readTime, TIMESTAMP: readTimestamp, TIMESTAMP_LTZ: readTimestamp }[node.type];
  const text = read(node.text);
  const precision = Math.min(text?.precision ?? 0, node.type === "TIME" ? 3 : 9);
  const kind = node.type.toLowerCase() as "date" | "time" | "timestamp" | "timestamp_ltz";
  const type = kind === "date" ? ({ kind } as const) : ({ kind, precision } as const);
  const folded = text && temporalLiteral(node.text, type);
  if (folded) return folded;
  const message = `'${node.text}' is no ${node.type}`;
  return report.error({ code: "LITERAL-FORMAT", message, span: node.span, hint: literalForm(type) });
}

function intervalError(report: Reporter, node: Of<"interval">): null {
  const range = node.to === null ? node.from : `${node.from} TO ${node.to}`;
  const examples: Readonly<Record<string, string>> = {
    "YEAR TO MONTH": "INTERVAL '1-6' YEAR TO MONTH",
    "DAY TO SECOND": "INTERVAL '1 02:30:00' DAY TO SECOND",
    "MINUTE TO SECOND": "INTERVAL '1:30' MINUTE TO SECOND",
  };
  const hint = `write ${examples[range] ?? `INTERVAL '5' ${node.from}`}`;
  return report.error({
    code: "LITERAL-FORMAT",
    message: `'${node.text}' is no interval of ${range}`,
    span: node.span,
    hint,
  });
}

function bindCast(context: BindContext, node: Of<"cast">): BoundExpression | null {
  const { report } = context;
  const operand = context.bind(node.operand);
  const type = bindType(report, node.type);
  if (operand === null || type === null) return null;
  if (!castsExplicitly(operand.type, type)) {
    const message = `${formatType(operand.type)} cannot be cast to ${formatType(type)}`;
    const epoch = isNumeric(operand.type) && isTemporal(type);
    const hint = epoch ? "write TO_TIMESTAMP_LTZ(…, 3) for milliseconds since 1970, (…, 0) for seconds" : null;
    return report.error({ code: "TYPE-MISMATCH", message, span: node.span, hint });
  }
  const cast = castTo(operand, type);
  if (cast.kind !== "cast" || cast.operand !== operand) return cast;
  if (node.try) return { ...cast, try: true, nullable: true };
  const text = operand.kind === "literal" && isString(operand.type) && isTemporal(type) ? operand.value : null;
  if (typeof text !== "string") return cast;
  const message = `'${text}' cannot be read as ${formatType(type)}`;
  return report.error({ code: "LITERAL-FORMAT", message, span: node.span, hint: literalForm(type) });
}

function bindLike(context: BindContext, node: Of<"like">): BoundExpression | null {
  const { report } = context;
  const nodes = [node.operand, node.pattern, ...(node.escape === null ? [] : [node.escape])];
  const bound = bindAll(context, nodes);
  if (bound === null) return null;
  for (const [i, argument] of bound.entries()) {
    const span = nodes[i]?.span ?? node.span;
    if (!isString(argument.type) && argument.type.kind !== "null") {
      const message = `an operand of LIKE is ${formatType(argument.type)}, but a string is expected`;
      return report.error({ code: "ARGUMENT-TYPE", message, span, hint: "write CAST(… AS STRING)" });
    }
    if (i === 0 || argument.kind === "literal") continue;
    const what = i === 1 ? "a pattern of LIKE that is no literal" : "an ESCAPE that is no literal";
    return report.unsupported(what, span, "STARTSWITH, ENDSWITH and POSITION take columns");
  }
  const [operand, pattern, escapeText] = bound as [BoundExpression, BoundExpression, BoundExpression?];
  if (escapeText?.kind === "literal" && [...String(escapeText.value ?? "")].length !== 1) {
    return report.error({
      code: "LITERAL-FORMAT",
      message: "ESCAPE takes one character",
      span: node.escape?.span ?? node.span,
    });
  }
  const args = [operand, pattern, ...(escapeText === undefined ? [] : [escapeText])].map((argument) =>
    argument.kind === "literal" ? castTo(argument, STRING) : argument,
  );
  return negate(call("LIKE", args, { type: BOOLEAN }), node.not);
}

function bindTrim(context: BindContext, node: Of<"trim">): BoundExpression | null {
  const nodes = node.characters === null ? [node.operand] : [node.operand, node.characters];
  const bound = bindAll(context, nodes);
  if (bound === null) return null;
  for (const [i, argument] of bound.entries()) {
    if (isString(argument.type) || argument.type.kind === "null") continue;
    const message = `an operand of TRIM is ${formatType(argument.type)}, but a string is expected`;
    const span = nodes[i]?.span ?? node.span;
    return context.report.error({ code: "ARGUMENT-TYPE", message, span, hint: "write CAST(… AS STRING)" });
  }
  const [operand, characters = literal(" ", STRING)] = bound as [BoundExpression, BoundExpression?];
  const args = [operand, characters].map((part) => (part.type.kind === "null" ? castTo(part, STRING) : part));
  return call(`TRIM_${node.side}`, args, { type: STRING });
}
