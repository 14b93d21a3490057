/**
 * Which part of a query fails on a row, and on which values: the smallest expression that fails while everything it is made from
 * does not. Found by working parts out again over the one record (`probe.ts`), from the whole inwards, along the branches that
 * the row takes.
 */
import type { SourcePartition } from "../connectors/connector.ts";
import { assert, type Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import { type CellValue, formatValue } from "../core/value.ts";
import { splitJsonArray } from "../formats/json-fault.ts";
import type { InputRecord } from "../kernel/input.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { childrenOf, columnOf, conjunction, remapColumns } from "../plan/expression.ts";
import type { BoundExpression, Plan, TableDefinition } from "../plan/plan.ts";
import { printExpression } from "../plan/print-expression.ts";
import { isString } from "../plan/type-rules.ts";
import type { SourceFormats } from "./compile-source.ts";
import { flattenQuery, substitute } from "./flatten.ts";
import { type ProbeInput, type ProbeResult, probe } from "./probe.ts";

export interface FailedRow {
  /** Index of the source. */
  readonly source: number;
  /** Index of the query, null for the table's event time. */
  readonly query: number | null;
  /** Keys, then aggregates; or outputs; −1 filter or time. */
  readonly item: number;
  readonly record: InputRecord;
  readonly partition: SourcePartition;
}

export interface ExpressionFailure {
  /** `CAST(page AS INT) fails where page = 'x'`. It quotes the record. */
  readonly message: string;
  /** How the script could go on with such rows; null where nothing particular helps. */
  readonly hint: string | null;
  /** In the script, where the expression was written there. */
  readonly span: Span | undefined;
}

export type ExplainFailure = (row: FailedRow) => ExpressionFailure | null;

export interface ExplainerParts {
  readonly plan: Plan;
  /** Of the compiled job, in their order. */
  readonly sources: readonly { readonly table: TableDefinition }[];
  readonly formatsOf: (table: TableDefinition) => SourceFormats;
  readonly openKernel: () => Kernel;
}

const MOST_TEXT = 120;
/** Elements of a top-level array that are tried. */
const MOST_ELEMENTS = 1000;

/** The kernel is opened when the first row is explained, and kept. */
export function createExplainer({ plan, sources, formatsOf, openKernel }: ExplainerParts): ExplainFailure {
  let kernel: Kernel | null = null;
  return (row) => {
    const table = sources[row.source]?.table;
    assert(table !== undefined, `source ${row.source} exists`);
    kernel ??= openKernel();
    const suspects = row.query === null ? timeOf(table) : suspectsOf(plan, row.query, row.item);
    const base = { kernel, table, formats: formatsOf(table), partition: row.partition };
    const { bytes: whole } = row.record;
    for (const bytes of base.formats.value.kind === "json" ? rowsOf(whole) : [whole]) {
      const input = { ...base, record: { ...row.record, bytes } };
      const failing = firstFailing(input, suspects);
      if (failing !== null) return describe(input, narrow(input, failing));
    }
    return null;
  };
}

/** Elements of a top-level array one by one, since each is a row of its own. */
function rowsOf(bytes: Uint8Array): readonly Uint8Array[] {
  return splitJsonArray(bytes)?.slice(0, MOST_ELEMENTS) ?? [bytes];
}

interface Suspects {
  /** One of these failed; over the table's columns, in the order in which they are worked out. */
  readonly expressions: readonly BoundExpression[];
  /** Was true of the row; null = of every row. */
  readonly condition: BoundExpression | null;
}

function suspectsOf(plan: Plan, query: number, item: number): Suspects {
  const root = plan.queries[query]?.root;
  assert(root !== undefined, `query ${query} exists`);
  // Rows are refused by the stage that reads them; a result that fails ends the job.
  const [{ scan, below, operator }] = flattenQuery(root);
  assert(scan !== null, "the first stage reads a table");
  const aggregate = operator?.kind === "windowAggregate" || operator?.kind === "groupAggregate" ? operator : null;
  const over = (expression: BoundExpression): BoundExpression =>
    remapColumns(expression, (index) => scan.columns[index] as number);
  const filter = conjunction(below.filters);
  const suspects = (parts: readonly (BoundExpression | null | undefined)[], condition: BoundExpression | null) => ({
    expressions: parts.filter((one) => one !== null && one !== undefined).map(over),
    condition: condition && over(condition),
  });
  if (item < 0) {
    const time =
      aggregate?.kind === "windowAggregate" ? below.columns[aggregate.window.timeColumn]?.expression : undefined;
    return suspects([filter, time], null);
  }
  if (operator?.kind === "windowTop" || operator?.kind === "rank" || operator?.kind === "sort") {
    const order = "orderBy" in operator ? operator.orderBy.map(({ expression }) => expression) : [];
    const part = [...operator.partitionBy, ...order][item];
    return suspects([part && substitute(part, below.columns)], filter);
  }
  if (aggregate === null) return suspects([below.columns[item]?.expression], filter);
  const key = aggregate.keys[item]?.expression;
  const call = aggregate.aggregates[item - aggregate.keys.length];
  const parts = key !== undefined ? [key] : [...(call?.arguments ?? []), call?.filter ?? null];
  const overScan = parts.map((one) => one && substitute(one, below.columns));
  return suspects(overScan, filter);
}

function timeOf({ columns, watermark }: TableDefinition): Suspects {
  const column = watermark === null ? undefined : columns[watermark.column];
  if (watermark === null || column === undefined) return { expressions: [], condition: null };
  const time = columnOf(watermark.column, column.type, column.nullable);
  return { expressions: [time, watermark.expression], condition: null };
}

function firstFailing(input: ProbeInput, { expressions, condition }: Suspects): BoundExpression | null {
  const results = probe(input, condition === null ? expressions : [...expressions, condition]);
  const held = condition === null ? null : results?.at(-1);
  if (held !== null && (held === undefined || held.failed || held.value !== true)) return null;
  return expressions.find((_, index) => results?.[index]?.failed === true) ?? null;
}

interface Culprit {
  readonly node: BoundExpression;
  readonly parts: readonly { readonly expression: BoundExpression; readonly value: CellValue }[];
  /** Of the smallest part around it that was written in the script. */
  readonly span: Span | undefined;
}

/** `failing` fails. Ends at a part none of whose own parts fails. */
function narrow(input: ProbeInput, failing: BoundExpression): Culprit {
  let node = failing;
  let span: Span | undefined;
  for (;;) {
    span = spanOf(node) ?? span;
    const parts = partsOf(input.table, node);
    const results = parts.length === 0 ? [] : probe(input, parts);
    const next = responsible(node, parts, results ?? []);
    if (next !== null) {
      node = next;
      continue;
    }
    const values = parts.flatMap((expression, index) => {
      const result = results?.[index];
      return result === undefined || result.failed ? [] : [{ expression, value: result.value }];
    });
    return { node, parts: values, span };
  }
}

function spanOf(node: BoundExpression): Span | undefined {
  return node.kind === "column" || node.kind === "literal" ? undefined : node.span;
}

/** What a part is made from; a computed column from its expression. */
function partsOf(table: TableDefinition, node: BoundExpression): readonly BoundExpression[] {
  if (node.kind !== "column") return childrenOf(node);
  const column = table.columns[node.index];
  return column?.source === "computed" ? [column.expression] : [];
}

/** The part whose failure is the node's own; null when it fails by itself. */
function responsible(
  node: BoundExpression,
  parts: readonly BoundExpression[],
  results: readonly ProbeResult[],
): BoundExpression | null {
  if (node.kind !== "case") return parts.find((_, index) => results[index]?.failed === true) ?? null;
  for (let i = 0; i < parts.length - 1; i += 2) {
    const when = results[i];
    if (when?.failed === true) return parts[i] ?? null;
    if (when?.failed === false && when.value === true)
      return results[i + 1]?.failed === true ? (parts[i + 1] ?? null) : null;
  }
  return results.at(-1)?.failed === true ? (parts.at(-1) ?? null) : null;
}

function describe({ table }: ProbeInput, { node, parts, span }: Culprit): ExpressionFailure {
  const schema = { fields: table.columns };
  const text = cut(printExpression(node, schema));
  if (node.kind === "column") return { message: `the record's key does not fit column "${text}"`, hint: null, span };
  const where = parts
    .filter(({ expression }) => expression.kind !== "literal")
    .map(({ expression, value }) => `${cut(printExpression(expression, schema))} = ${valueText(expression, value)}`);
  const condition = where.length === 0 ? "" : ` where ${where.join(" and ")}`;
  const { what, hint } = failureOf(node, parts);
  return { message: `${text} ${what}${condition}`, hint, span };
}

const arithmetic = new Set(["ADD", "SUB", "MUL", "DIV", "NEG", "ABS"]);

function failureOf(node: BoundExpression, parts: Culprit["parts"]): { what: string; hint: string | null } {
  if (node.kind === "cast") return { what: "fails", hint: "TRY_CAST gives NULL where CAST fails" };
  if (node.kind !== "call") return { what: "fails", hint: null };
  const divides = node.function === "DIV" || node.function === "MOD";
  const divisor = divides ? parts[1]?.value : undefined;
  if (divisor === 0 || divisor === 0n) {
    return { what: "divides by zero", hint: "NULLIF(divisor, 0) gives NULL where the divisor is 0" };
  }
  if (!arithmetic.has(node.function)) return { what: "fails", hint: null };
  return { what: `overflows ${formatType(node.type)}`, hint: "cast its operands to a wider type" };
}

function valueText({ type }: BoundExpression, value: CellValue): string {
  const text = cut(formatValue(type, value));
  return isString(type) && value !== null ? `'${text.replaceAll("'", "''")}'` : text;
}

function cut(text: string): string {
  return text.length <= MOST_TEXT ? text : `${text.slice(0, MOST_TEXT).toWellFormed()}…`;
}
