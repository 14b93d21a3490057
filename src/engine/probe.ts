/**
 * Expressions over one record, worked out one by one in a kernel of its own: what each gives, or that it fails. Used for words
 * about a row that a running job refused; the running kernel is not touched, and its rules are the ones that count.
 */
import type { SourcePartition } from "../connectors/connector.ts";
import { type CellValue, readCell } from "../core/value.ts";
import type { InputRecord } from "../kernel/input.ts";
import type { Kernel } from "../kernel/kernel.ts";
import { type BoundExpression, type PlanNode, planVersion, type TableDefinition } from "../plan/plan.ts";
import { compilePlan } from "./compile.ts";
import type { SourceFormats } from "./compile-source.ts";

export interface ProbeInput {
  readonly kernel: Kernel;
  readonly table: TableDefinition;
  readonly formats: SourceFormats;
  readonly record: InputRecord;
  readonly partition: SourcePartition;
}

export type ProbeResult = { readonly failed: true } | { readonly failed: false; readonly value: CellValue };

/** Expressions are over the table's columns, by position. Null when the record does not give exactly one row. */
export function probe(input: ProbeInput, expressions: readonly BoundExpression[]): ProbeResult[] | null {
  const { kernel, formats, record, partition } = input;
  const root = scanOf(input.table);
  const queries = expressions.map((expression, index) => ({
    label: String(index),
    target: { kind: "print" as const },
    root: projectOf(root, expression),
    changes: null,
  }));
  kernel.load(compilePlan({ version: planVersion, queries, settings: {} }, () => formats).program);
  kernel.ensurePartitions(0, 1);
  kernel.nameTopic(0, 0, partition.topic, partition.partition);
  kernel.input(0).layRecord(record);
  kernel.ingestBegin(0, 1);
  while (kernel.ingestNext(0));
  if (kernel.sourceCounters(0).rows !== 1) return null;
  return expressions.map(({ type }, query) => {
    const batch = kernel.takeOutput(query);
    const column = batch?.columns[0];
    return column === undefined ? { failed: true } : { failed: false, value: readCell(column, type, 0) };
  });
}

/** All columns: those that nothing reads are not decoded. Without event time, which has been judged already. */
function scanOf(table: TableDefinition): Extract<PlanNode, { kind: "scan" }> {
  const fields = table.columns.map(({ name, type, nullable }) => ({ name, type, nullable }));
  const columns = table.columns.map((_, index) => index);
  return { kind: "scan", id: "probe", schema: { fields }, table: { ...table, watermark: null }, columns };
}

function projectOf(input: PlanNode, expression: BoundExpression): PlanNode {
  const { type } = expression;
  const schema = { fields: [{ name: "value", type, nullable: true }] };
  return { kind: "project", id: "probe", schema, input, columns: [{ name: "value", expression }] };
}
