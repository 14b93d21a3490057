/** A bound expression as SQL-like text, with the casts that binding wrote. For people: `explainPlan` and errors. */

import { unreachable } from "../core/error.ts";
import type { Schema } from "../core/type.ts";
import { formatType } from "../core/type-text.ts";
import { formatValue } from "../core/value.ts";
import type { BoundExpression, LiteralValue } from "./plan.ts";
import { isInterval, isString, isTemporal } from "./type-rules.ts";

const infix: Readonly<Record<string, string>> = {
  AND: "AND",
  OR: "OR",
  EQ: "=",
  NE: "<>",
  LT: "<",
  LE: "<=",
  GT: ">",
  GE: ">=",
  ADD: "+",
  SUB: "-",
  MUL: "*",
  DIV: "/",
  MOD: "%",
  IS_DISTINCT_FROM: "IS DISTINCT FROM",
  IS_NOT_DISTINCT_FROM: "IS NOT DISTINCT FROM",
  LIKE: "LIKE",
};

const postfix: Readonly<Record<string, string>> = {
  IS_NULL: "IS NULL",
  IS_NOT_NULL: "IS NOT NULL",
  IS_TRUE: "IS TRUE",
  IS_FALSE: "IS FALSE",
  IS_NOT_TRUE: "IS NOT TRUE",
  IS_NOT_FALSE: "IS NOT FALSE",
};

export function printExpression(expression: BoundExpression, input: Schema): string {
  const print = (node: BoundExpression): string => printExpression(node, input);
  switch (expression.kind) {
    case "column":
      return input.fields[expression.index]?.name ?? `#${expression.index}`;
    case "literal":
      return printLiteral(expression);
    case "cast":
      return `${expression.try ? "TRY_CAST" : "CAST"}(${print(expression.operand)} AS ${formatType(expression.type)})`;
    case "case": {
      const whens = expression.whens.map(({ when, then }) => `WHEN ${print(when)} THEN ${print(then)}`);
      return `CASE ${whens.join(" ")} ELSE ${print(expression.otherwise)} END`;
    }
    case "call":
      return printCall(expression, print);
    default:
      return unreachable(expression);
  }
}

function printCall(
  { function: id, arguments: given }: Extract<BoundExpression, { kind: "call" }>,
  print: (node: BoundExpression) => string,
): string {
  const args = id === "AND" || id === "OR" ? given.flatMap((argument) => chainOf(id, argument)) : given;
  const texts = args.map((argument) => {
    const text = print(argument);
    const compound = argument.kind === "call" && (argument.function in infix || argument.function in postfix);
    return compound && (id in infix || id in postfix || id === "NEG") ? `(${text})` : text;
  });
  const operator = infix[id];
  if (operator !== undefined && texts.length >= 2 && !(id === "LIKE" && texts.length > 2)) {
    return texts.join(` ${operator} `);
  }
  if (postfix[id] !== undefined) return `${texts[0]} ${postfix[id]}`;
  return `${id}(${texts.join(", ")})`;
}

/** The parts of `a AND b AND …`, however they are nested. */
function chainOf(id: string, node: BoundExpression): BoundExpression[] {
  if (node.kind !== "call" || node.function !== id) return [node];
  return node.arguments.flatMap((argument) => chainOf(id, argument));
}

function printLiteral({ value, type }: Extract<BoundExpression, { kind: "literal" }>): string {
  if (value === null) return type.kind === "null" ? "NULL" : `NULL:${formatType(type)}`;
  if (isString(type)) return `'${(value as string).replaceAll("'", "''")}'`;
  const text = formatLiteral({ value, type });
  if (isInterval(type)) return `INTERVAL '${text}' ${type.kind === "interval_day" ? "DAY TO SECOND" : "YEAR TO MONTH"}`;
  if (isTemporal(type)) return `${type.kind.toUpperCase()} '${text}'`;
  return text;
}

/** `formatValue` takes numbers where the plan has bigint for the narrower kinds. */
function formatLiteral({ value, type }: { value: LiteralValue; type: BoundExpression["type"] }): string {
  const narrow = type.kind === "date" || type.kind === "time" || type.kind === "interval_month";
  return formatValue(type, narrow ? Number(value) : value);
}
