/**
 * A plan as text for people: one tree a query, the sink on top, what every operator computes, the types it gives. The
 * text depends on the plan only, so it can be compared. Secrets among options are not shown.
 */
import { formatDuration } from "../core/duration.ts";
import { isSecretOption } from "../core/secret.ts";
import type { Field, Schema } from "../core/type.ts";
import { formatField } from "../core/type-text.ts";
import { inputsOf } from "./inputs.ts";
import type {
  AggregateCall,
  Emission,
  NamedExpression,
  Plan,
  PlanNode,
  PlannedQuery,
  SinkTarget,
  TableDefinition,
  Window,
} from "./plan.ts";
import { printExpression } from "./print-expression.ts";

/** Ends with a line break, unless the plan has no query. */
export function explainPlan(plan: Plan): string {
  const settings = Object.entries(plan.settings).map(([key, value]) => `  ${key} = ${value}`);
  const head = settings.length === 0 ? [] : [["settings", ...settings].join("\n")];
  return [...head, ...plan.queries.map(explainQuery)].map((part) => `${part}\n`).join("\n");
}

/** One query, without the last line break. */
export function explainQuery(query: PlannedQuery): string {
  return [query.label, ...explainTarget(query.target), ...tree(query.root, "")].join("\n");
}

function explainTarget(target: SinkTarget): string[] {
  switch (target.kind) {
    case "print":
      return ["  to: the terminal"];
    case "view":
      return [`  to: view ${target.name}`, ...optionLines(target.options, "     ")];
    case "table":
      return [`  to: table ${target.table.name}`, ...optionLines(target.table.options, "     ")];
  }
}

function tree(node: PlanNode, indent: string): string[] {
  const [head, ...details] = describe(node);
  const lines = [`${indent}└─ ${head}`, ...details.map((line) => `${indent}     ${line}`)];
  return [...lines, ...inputsOf(node).flatMap((input) => tree(input, `${indent}   `))];
}

/** The first line of a node, as the tree has it. */
export function nodeTitle(node: PlanNode): string {
  return describe(node)[0] ?? node.kind;
}

function joinLine(node: Extract<PlanNode, { kind: "join" }>): string {
  const keys = node.schema.fields.slice(0, node.keys).map(({ name }) => name);
  return `${node.type} join${keys.length === 0 ? "" : ` on ${keys.join(", ")}`}${boundsText(node)}`;
}

function describe(node: PlanNode): string[] {
  switch (node.kind) {
    case "scan":
      return describeScan(node);
    case "filter":
      return [`filter ${printExpression(node.condition, node.input.schema)}`];
    case "project":
      return ["project", ...node.columns.map((column) => columnLine(column, node.input.schema))];
    case "windowAssign":
      return [`window ${windowText(node.window, node.input.schema)}`];
    case "over": {
      const input = node.input.schema;
      const keys = node.partitionBy.map((key) => printExpression(key, input));
      return [
        `over ${frameText(node)}${keys.length === 0 ? "" : ` of each ${keys.join(", ")}`}`,
        ...node.calls.map((made) => aggregateLine(made, input)),
      ];
    }
    case "sort": {
      const keys = node.partitionBy.map((key) => printExpression(key, node.input.schema));
      const time = node.input.schema.fields[node.timeColumn]?.name ?? `#${node.timeColumn}`;
      return [`in order of ${time}${keys.length === 0 ? "" : `, late by ${keys.join(", ")}`}`];
    }
    case "lead": {
      const keys = node.partitionBy.map((key) => printExpression(key, node.input.schema));
      const of = keys.length === 0 ? "" : ` of each ${keys.join(", ")}`;
      const [row, rows] = ["the row behind", `the row ${node.rows} behind`];
      return [
        `with ${node.rows === 1 ? row : rows}${of}`,
        ...node.ahead.map((one) => columnLine(one, node.input.schema)),
      ];
    }
    case "rank":
    case "windowTop": {
      const input = node.input.schema;
      const order = node.orderBy.map(({ expression, descending, nullsFirst }) => {
        const nulls = nullsFirst === descending ? ` NULLS ${nullsFirst ? "FIRST" : "LAST"}` : "";
        return `${printExpression(expression, input)}${descending ? " DESC" : ""}${nulls}`;
      });
      const window = node.kind === "rank" ? [] : [windowOfTop(node)];
      const groups = [...window, ...node.partitionBy.map((key) => printExpression(key, input))];
      const first = node.function === "ROW_NUMBER" ? `the first ${node.most}` : `${node.function} to ${node.most}`;
      const of = groups.length === 0 ? "" : ` of each ${groups.join(", ")}`;
      return [`${first}${of} by ${order.join(", ")}${node.kind === "rank" ? ", as changes" : ""}`];
    }
    case "union":
      return [`the rows of ${node.inputs.length} queries`];
    case "join":
      return [joinLine(node)];
    case "groupAggregate": {
      const input = node.input.schema;
      const of = node.ofChanges ? " of changes" : "";
      return [
        `aggregate${of} without a window`,
        ...node.keys.map((key) => `key ${columnLine(key, input)}`),
        ...node.aggregates.map((made) => aggregateLine(made, input)),
      ];
    }
    case "windowAggregate": {
      const input = node.input.schema;
      return [
        `aggregate ${windowText(node.window, input)}${emissionText(node.emission)}`,
        ...node.keys.map((key) => `key ${columnLine(key, input)}`),
        ...node.aggregates.map((made) => aggregateLine(made, input)),
      ];
    }
  }
}

function windowOfTop({ window, input }: Extract<PlanNode, { kind: "windowTop" }>): string {
  return window.ofResults === true ? "window" : `window ${windowText(window, input.schema)}`;
}

function frameText({ preceding, until = 0, range, input }: Extract<PlanNode, { kind: "over" }>): string {
  if (range !== undefined) {
    const time = printExpression(range, input.schema);
    return preceding === null
      ? `all rows up to their ${time}`
      : `the rows of ${formatDuration(preceding)} up to their ${time}`;
  }
  if (preceding === null) return "all rows so far";
  if (until === 0) return preceding === 0 ? "the current row" : `the last ${preceding + 1} rows`;
  return preceding === until ? `the row ${until} before` : `the rows ${preceding} to ${until} before`;
}

function columnLine({ name, expression }: NamedExpression, input: Schema): string {
  return line({ name, ...expression }, printExpression(expression, input));
}

function aggregateLine(made: AggregateCall, input: Schema): string {
  const args = made.arguments.map((argument) => printExpression(argument, input));
  const parameters = made.parameters.map(String);
  const inside = [...(args.length === 0 ? ["*"] : args), ...parameters].join(", ");
  const filter = made.filter === null ? "" : ` FILTER (WHERE ${printExpression(made.filter, input)})`;
  return line(made, `${made.function}(${made.distinct ? "DISTINCT " : ""}${inside})${filter}`);
}

/** `name TYPE = what it is`, or without the latter where the name says it. */
function line(field: Field, text: string): string {
  return field.name === text ? formatField(field) : `${formatField(field)} = ${text}`;
}

function boundsText({ input, right, keys, window, interval }: Extract<PlanNode, { kind: "join" }>): string {
  if (interval === null) return window === null ? ", which keeps all rows" : "";
  const [a, b] = [input, right].map(({ schema }) => schema.fields[keys]?.name ?? `#${keys}`);
  return `, right ${b} - left ${a} from ${formatDuration(interval.leastMs)} to ${formatDuration(interval.mostMs)}`;
}

function windowText(window: Window, input: Schema): string {
  const offset = window.offsetMs === 0 ? "" : ` offset ${formatDuration(window.offsetMs)}`;
  const time = input.fields[window.timeColumn]?.name ?? `#${window.timeColumn}`;
  if (window.ofResults === true) return "results of the same window";
  return `${window.kind} ${lengthsText(window)}${offset} on ${time}`;
}

function emissionText(emission: Emission | null): string {
  if (emission === null) return "";
  const { everyMs, allowedMs } = emission;
  const early =
    everyMs === null ? "" : `, rows ${everyMs === 0 ? "as they change" : `every ${formatDuration(everyMs)}`}`;
  return `${early}${allowedMs === 0 ? "" : `, late rows for ${formatDuration(allowedMs)}`}`;
}

function lengthsText({ kind, sizeMs, stepMs }: Window): string {
  const [size, step] = [formatDuration(sizeMs), formatDuration(stepMs)];
  switch (kind) {
    case "tumbling":
      return size;
    case "hopping":
      return `${size} every ${step}`;
    case "cumulating":
      return `to ${size} by ${step}`;
    case "session":
      return `with a gap of ${size}`;
  }
}

function describeScan(node: Extract<PlanNode, { kind: "scan" }>): string[] {
  const { table } = node;
  const all = { fields: table.columns };
  const columns = node.columns.flatMap((index) => {
    const column = table.columns[index];
    if (column === undefined) return [];
    const field = formatField(column);
    switch (column.source) {
      case "computed":
        return [`${field} AS ${printExpression(column.expression, all)}`];
      case "metadata":
        return [`${field} METADATA FROM '${column.key}'`];
      default:
        return [field];
    }
  });
  return [
    `scan ${node.late === true ? "late rows of " : ""}${table.name}`,
    ...columns,
    ...watermarkLine(table),
    ...optionLines(table.options, ""),
  ];
}

function watermarkLine(table: TableDefinition): string[] {
  const { watermark } = table;
  if (watermark === null) return ["no watermark"];
  const name = table.columns[watermark.column]?.name ?? "";
  return [`watermark for ${name} = ${printExpression(watermark.expression, { fields: table.columns })}`];
}

function optionLines(options: Readonly<Record<string, string>>, indent: string): string[] {
  return Object.entries(options)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, value]) => `${indent}'${key}' = ${isSecretOption(key) ? "***" : `'${value}'`}`);
}
