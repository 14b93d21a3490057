/**
 * Expressions and queries back to text, on one line, in one spelling: keywords in upper case, names quoted where they must
 * be, parentheses only where precedence asks for them. Parsing the text gives the same tree but for its spans.
 */
import { unreachable } from "../core/error.ts";
import { printIdentifier, printName, printString, printType } from "./print-name.ts";
import type {
  Expression,
  FrameBound,
  HintOption,
  OrderItem,
  Query,
  TableAlias,
  TableArgument,
  TableReference,
  WindowSpecification,
} from "./tree.ts";

type Of<Kind extends Expression["kind"]> = Extract<Expression, { kind: Kind }>;
type Select = Extract<Query, { kind: "select" }>;
type Table<Kind extends TableReference["kind"]> = Extract<TableReference, { kind: Kind }>;

/** Levels of `grammar-expression.ts`; operands that bind less are put in parentheses. */
const levels: Readonly<Record<string, number>> = {
  OR: 22,
  AND: 24,
  NOT: 26,
  "=": 30,
  "<>": 30,
  "<": 30,
  "<=": 30,
  ">": 30,
  ">=": 30,
  "+": 40,
  "-": 40,
  "*": 60,
  "/": 60,
  "%": 60,
  "||": 60,
};
const IS = 28;
const COMPARISON = 30;
const PREDICATE = 32;
const UNARY = 80;
const POSTFIX = 100;

export function printExpression(node: Expression): string {
  switch (node.kind) {
    case "column":
      return printName(node.name);
    case "star":
      return node.qualifier === null ? "*" : `${printName(node.qualifier)}.*`;
    case "number":
      return node.text;
    case "string":
      return printString(node.value);
    case "binary":
      return `X'${node.hex}'`;
    case "boolean":
      return node.value ? "TRUE" : "FALSE";
    case "null":
      return "NULL";
    case "temporal":
      return `${node.type} ${printString(node.text)}`;
    case "interval":
      return printInterval(node);
    case "unary":
      return node.operator === "NOT"
        ? `NOT ${operand(node.operand, 26)}`
        : `${node.operator} ${operand(node.operand, UNARY)}`;
    case "binaryOperation":
      return printBinary(node);
    case "is":
      return `${operand(node.operand, IS)} IS ${not(node)}${node.test}`;
    case "isDistinctFrom":
      return `${operand(node.left, IS)} IS ${not(node)}DISTINCT FROM ${operand(node.right, COMPARISON + 1)}`;
    case "between":
    case "in":
    case "inQuery":
    case "like":
      return printPredicate(node);
    case "exists":
      return `EXISTS (${printQuery(node.query)})`;
    case "scalarQuery":
      return `(${printQuery(node.query)})`;
    case "case":
      return printCase(node);
    case "cast":
      return `${node.try ? "TRY_CAST" : "CAST"}(${printExpression(node.operand)} AS ${printType(node.type)})`;
    case "extract":
      return `EXTRACT(${node.unit} FROM ${printExpression(node.operand)})`;
    case "roundTime":
      return `${node.function}(${printExpression(node.operand)} TO ${node.unit})`;
    case "trim":
      return printTrim(node);
    case "call":
      return printCall(node);
    case "row":
      return `ROW(${printList(node.items)})`;
    case "array":
      return `ARRAY[${printList(node.items)}]`;
    case "map":
      return `MAP[${node.entries.map((entry) => printList(entry)).join(", ")}]`;
    case "item":
      return `${operand(node.operand, POSTFIX)}[${printExpression(node.index)}]`;
    case "fieldAccess":
      return `${fieldOperand(node.operand)}.${printIdentifier(node.field)}`;
    case "descriptor":
      return `DESCRIPTOR(${node.columns.map(printIdentifier).join(", ")})`;
    default:
      return unreachable(node);
  }
}

/** `a.b` is one column, `(a).b` a field of column a. */
function fieldOperand(node: Expression): string {
  return node.kind === "column" ? `(${printName(node.name)})` : operand(node, POSTFIX);
}

function operand(node: Expression, least: number): string {
  return levelOf(node) < least ? `(${printExpression(node)})` : printExpression(node);
}

function levelOf(node: Expression): number {
  switch (node.kind) {
    case "unary":
      return node.operator === "NOT" ? 26 : UNARY;
    case "binaryOperation":
      return levels[node.operator] ?? 0;
    case "is":
    case "isDistinctFrom":
      return IS;
    case "between":
    case "in":
    case "inQuery":
    case "like":
      return PREDICATE;
    default:
      return POSTFIX;
  }
}

function printBinary({ operator, left, right }: Of<"binaryOperation">): string {
  const level = levels[operator] ?? 0;
  return `${operand(left, level)} ${operator} ${operand(right, level + 1)}`;
}

function not(node: { readonly not: boolean }): string {
  return node.not ? "NOT " : "";
}

function printPredicate(node: Of<"between" | "in" | "inQuery" | "like">): string {
  const head = `${operand(node.operand, PREDICATE)} ${not(node)}`;
  switch (node.kind) {
    case "between": {
      const bounds = `${operand(node.low, PREDICATE + 1)} AND ${operand(node.high, PREDICATE + 1)}`;
      return `${head}BETWEEN ${node.symmetric ? "SYMMETRIC " : ""}${bounds}`;
    }
    case "in":
      return `${head}IN (${printList(node.values)})`;
    case "inQuery":
      return `${head}IN (${printQuery(node.query)})`;
    case "like": {
      const mark = node.escape === null ? "" : ` ESCAPE ${operand(node.escape, PREDICATE + 1)}`;
      return `${head}LIKE ${operand(node.pattern, PREDICATE + 1)}${mark}`;
    }
    default:
      return unreachable(node);
  }
}

function printCase(node: Of<"case">): string {
  const head = node.operand === null ? "CASE" : `CASE ${printExpression(node.operand)}`;
  const whens = node.whens.map(({ when, then }) => ` WHEN ${printExpression(when)} THEN ${printExpression(then)}`);
  const otherwise = node.otherwise === null ? "" : ` ELSE ${printExpression(node.otherwise)}`;
  return `${head}${whens.join("")}${otherwise} END`;
}

function printTrim(node: Of<"trim">): string {
  const characters = node.characters === null ? "" : `${printExpression(node.characters)} `;
  return `TRIM(${node.side} ${characters}FROM ${printExpression(node.operand)})`;
}

function printInterval(node: Of<"interval">): string {
  const to = node.to === null ? "" : ` TO ${node.to}`;
  return `INTERVAL ${node.negative ? "-" : ""}${printString(node.text)} ${node.from}${to}`;
}

function printCall(node: Of<"call">): string {
  if (node.name === "POSITION" && node.arguments.length === 2) {
    const [needle, text] = node.arguments as readonly [Expression, Expression];
    return `POSITION(${operand(needle, PREDICATE + 1)} IN ${printExpression(text)})`;
  }
  if (node.name === "OVERLAY") return printOverlay(node.arguments);
  const named = node.named.map(({ name, value }) => {
    const shown = value.kind === "tableArgument" ? "TABLE" : printExpression(value);
    return `${printIdentifier(name)} => ${shown}`;
  });
  const list = node.star ? "*" : [...node.arguments.map(printExpression), ...named].join(", ");
  const filter = node.filter === null ? "" : ` FILTER (WHERE ${printExpression(node.filter)})`;
  const over = node.over === null ? "" : ` OVER (${printWindow(node.over)})`;
  return `${node.name}(${node.distinct ? "DISTINCT " : ""}${list})${filter}${over}`;
}

function printOverlay(args: readonly Expression[]): string {
  const [text, part, from, length] = args.map(printExpression);
  return `OVERLAY(${text} PLACING ${part} FROM ${from}${length === undefined ? "" : ` FOR ${length}`})`;
}

function printWindow({ base, partitionBy, orderBy, frame }: WindowSpecification): string {
  const parts: string[] = base === null ? [] : [printIdentifier(base)];
  if (partitionBy.length > 0) parts.push(`PARTITION BY ${printList(partitionBy)}`);
  if (orderBy.length > 0) parts.push(`ORDER BY ${printOrder(orderBy)}`);
  if (frame !== null) parts.push(`${frame.unit} BETWEEN ${printBound(frame.start)} AND ${printBound(frame.end)}`);
  return parts.join(" ");
}

function printBound(bound: FrameBound): string {
  switch (bound.kind) {
    case "currentRow":
      return "CURRENT ROW";
    case "unboundedPreceding":
      return "UNBOUNDED PRECEDING";
    case "unboundedFollowing":
      return "UNBOUNDED FOLLOWING";
    default:
      return `${operand(bound.offset, 25)} ${bound.kind.toUpperCase()}`;
  }
}

function printList(items: readonly Expression[]): string {
  return items.map(printExpression).join(", ");
}

function printOrder(items: readonly OrderItem[]): string {
  return items
    .map(({ expression, descending, nulls }) => {
      return `${printExpression(expression)}${descending ? " DESC" : ""}${nulls === null ? "" : ` NULLS ${nulls}`}`;
    })
    .join(", ");
}

export function printQuery(query: Query): string {
  switch (query.kind) {
    case "select":
      return printSelect(query);
    case "union":
      return `${printTerm(query.left, true)} UNION ${query.all ? "ALL " : ""}${printTerm(query.right, false)}`;
    case "values":
      return `VALUES ${query.rows.map((row) => `ROW(${printList(row)})`).join(", ")}`;
    case "with": {
      const tables = query.tables.map(({ name, columns, query: body }) => {
        const list = columns.length === 0 ? "" : ` (${columns.map(printIdentifier).join(", ")})`;
        return `${printIdentifier(name)}${list} AS (${printQuery(body)})`;
      });
      return `WITH ${tables.join(", ")} ${printQuery(query.body)}`;
    }
    default:
      return unreachable(query);
  }
}

/** A side of a UNION: what would take the rest of it in stands in parentheses. */
function printTerm(query: Query, isLeft: boolean): string {
  const ordered = query.kind === "select" && (query.orderBy.length > 0 || query.limit !== null);
  const wraps = ordered || query.kind === "with" || (query.kind === "union" && !isLeft);
  return wraps ? `(${printQuery(query)})` : printQuery(query);
}

function printSelect(node: Select): string {
  const items = node.items.map(({ expression, alias }) => {
    return `${printExpression(expression)}${alias === null ? "" : ` AS ${printIdentifier(alias)}`}`;
  });
  const parts = [`SELECT ${node.distinct ? "DISTINCT " : ""}${items.join(", ")}`];
  if (node.from !== null) parts.push(`FROM ${printTable(node.from)}`);
  if (node.where !== null) parts.push(`WHERE ${printExpression(node.where)}`);
  if (node.groupBy.length > 0) parts.push(`GROUP BY ${printList(node.groupBy)}`);
  if (node.having !== null) parts.push(`HAVING ${printExpression(node.having)}`);
  const windows = node.windows.map(({ name, window }) => `${printIdentifier(name)} AS (${printWindow(window)})`);
  if (windows.length > 0) parts.push(`WINDOW ${windows.join(", ")}`);
  if (node.orderBy.length > 0) parts.push(`ORDER BY ${printOrder(node.orderBy)}`);
  if (node.limit !== null) parts.push(`LIMIT ${printExpression(node.limit)}`);
  return parts.join(" ");
}

function printTable(node: TableReference): string {
  switch (node.kind) {
    case "table": {
      const asOf = node.asOf === null ? "" : ` FOR SYSTEM_TIME AS OF ${printExpression(node.asOf)}`;
      return `${printName(node.name)}${printHints(node.options)}${asOf}${printAlias(node.alias)}`;
    }
    case "subquery":
      return `(${printQuery(node.query)})${printAlias(node.alias)}`;
    case "tableFunction":
      return `TABLE(${node.name}(${printArguments(node)}))${printAlias(node.alias)}`;
    case "join":
      return printJoin(node);
    default:
      return unreachable(node);
  }
}

function printJoin(node: Table<"join">): string {
  const right = node.right.kind === "join" ? `(${printTable(node.right)})` : printTable(node.right);
  const on = node.on === null ? "" : ` ON ${printExpression(node.on)}`;
  const using = node.using.length === 0 ? "" : ` USING (${node.using.map(printIdentifier).join(", ")})`;
  return `${printTable(node.left)} ${node.type} JOIN ${right}${on}${using}`;
}

function printArguments(node: Table<"tableFunction">): string {
  const named = node.named.map(({ name, value }) => `${printIdentifier(name)} => ${printArgument(value)}`);
  return [...node.arguments.map(printArgument), ...named].join(", ");
}

function printArgument(value: Expression | TableArgument): string {
  if (value.kind !== "tableArgument") return printExpression(value);
  const table = "parts" in value.table ? printName(value.table) : `(${printQuery(value.table)})`;
  return `TABLE ${table}${value.partitionBy.length === 0 ? "" : ` PARTITION BY ${printList(value.partitionBy)}`}`;
}

function printHints(options: readonly HintOption[]): string {
  if (options.length === 0) return "";
  const list = options.map(({ key, value }) => `${printString(key)} = ${printString(value)}`);
  return ` /*+ OPTIONS(${list.join(", ")}) */`;
}

function printAlias(alias: TableAlias | null): string {
  if (alias === null) return "";
  const columns = alias.columns.length === 0 ? "" : `(${alias.columns.map(printIdentifier).join(", ")})`;
  return ` AS ${printIdentifier(alias.name)}${columns}`;
}
