/**
 * Identities of plan nodes: a 64-bit hash of what the node computes, and an ordinal where a plan computes the same twice.
 * State is kept under them, so they must not change when a query is renamed, reformatted or moved in its file. What enters:
 * the operator, its expressions by column position, and for a scan the table's name, the definitions of the columns it
 * reads and the watermark. What does not: aliases, output names, spans, options (another broker is the same stream) and
 * nullability. Hash: FNV-1a, 64 bits (Fowler, Noll, Vo), over the UTF-8 of a canonical text.
 */

import { formatType } from "../core/type-text.ts";
import { expressionKey, remapColumns } from "./expression.ts";
import type {
  AggregateCall,
  BoundExpression,
  NamedExpression,
  SortItem,
  TableColumn,
  TableDefinition,
  Window,
} from "./plan.ts";
import { columnsToRead } from "./table-columns.ts";

const FNV_OFFSET = 0xcbf29ce484222325n;
const FNV_PRIME = 0x100000001b3n;
const MASK = (1n << 64n) - 1n;

/** 16 hex digits. */
export function hashText(text: string): string {
  let hash = FNV_OFFSET;
  for (const byte of new TextEncoder().encode(text)) {
    hash = ((hash ^ BigInt(byte)) * FNV_PRIME) & MASK;
  }
  return hash.toString(16).padStart(16, "0");
}

/** Hands out ids for one plan. */
export class NodeIds {
  readonly #used = new Map<string, number>();

  /** `signature` covers the node and, by its hash, what is below it. */
  next(signature: string): string {
    const hash = hashText(signature);
    const ordinal = this.#used.get(hash) ?? 0;
    this.#used.set(hash, ordinal + 1);
    return `${hash}-${ordinal}`;
  }
}

export function scanSignature(table: TableDefinition, columns: readonly number[], late = false): string {
  const read = columnsToRead(table, columns);
  const position = (index: number): number => read.indexOf(index);
  const definitions = read.map((index) => columnSignature(table, index, position));
  const { watermark } = table;
  const timed = watermark && [position(watermark.column), positioned(watermark.expression, position)];
  return JSON.stringify([late ? "late" : "scan", table.name, definitions, columns.map(position), timed]);
}

function columnSignature(table: TableDefinition, index: number, position: (index: number) => number): unknown[] {
  const column = table.columns[index] as TableColumn;
  const type = formatType(column.type);
  switch (column.source) {
    case "physical":
      return ["physical", column.name, type];
    case "computed":
      return ["computed", positioned(column.expression, position)];
    case "metadata":
      return ["metadata", column.key, type];
    case "clock":
      return ["clock"];
    case "late":
      return ["late", column.key];
    case "nested":
      return ["nested", table.columns[column.root]?.name ?? "", ...column.path, type];
  }
}

function positioned(expression: BoundExpression, position: (index: number) => number): string {
  return expressionKey(remapColumns(expression, position));
}

/** Another query that scans the same table must not change what stands above this scan. */
function withoutOrdinal(id: string): string {
  return id.slice(0, id.indexOf("-"));
}

/** `input` is the id of the node below, here and in the others. */
export function filterSignature(input: string, condition: BoundExpression): string {
  return JSON.stringify(["filter", withoutOrdinal(input), expressionKey(condition)]);
}

export function projectSignature(input: string, columns: readonly BoundExpression[]): string {
  return JSON.stringify(["project", withoutOrdinal(input), columns.map(expressionKey)]);
}

export function assignSignature(input: string, window: Window): string {
  return JSON.stringify(["windowAssign", withoutOrdinal(input), windowKey(window)]);
}

export function aggregateSignature(
  input: string,
  parts: {
    readonly window: Window;
    readonly keys: readonly BoundExpression[];
    readonly aggregates: readonly AggregateCall[];
  },
): string {
  const aggregates = parts.aggregates.map(callKey);
  const keys = parts.keys.map(expressionKey);
  return JSON.stringify(["windowAggregate", withoutOrdinal(input), windowKey(parts.window), keys, aggregates]);
}

export function groupSignature(
  input: string,
  parts: { readonly keys: readonly BoundExpression[]; readonly aggregates: readonly AggregateCall[] },
): string {
  const keys = parts.keys.map(expressionKey);
  return JSON.stringify(["groupAggregate", withoutOrdinal(input), keys, parts.aggregates.map(callKey)]);
}

export function joinSignature(
  left: string,
  right: string,
  parts: {
    readonly type: string;
    readonly keys: number;
    readonly window: Window | null;
    readonly interval: { readonly leastMs: number; readonly mostMs: number } | null;
  },
): string {
  const window = parts.window === null ? null : windowKey({ ...parts.window, timeColumn: 0 });
  const interval = parts.interval === null ? [] : [[parts.interval.leastMs, parts.interval.mostMs]];
  const sides = [withoutOrdinal(left), withoutOrdinal(right)];
  return JSON.stringify(["join", ...sides, parts.type, parts.keys, window, ...interval]);
}

export function unionSignature(inputs: readonly { readonly id: string }[]): string {
  return JSON.stringify(["union", ...inputs.map(({ id }) => withoutOrdinal(id))]);
}

export function overSignature(
  input: string,
  parts: {
    readonly partitionBy: readonly BoundExpression[];
    readonly preceding: number | null;
    readonly until: number;
    readonly range: BoundExpression | null;
    readonly calls: readonly AggregateCall[];
  },
): string {
  const keys = parts.partitionBy.map(expressionKey);
  const until = parts.range !== null ? ["range", expressionKey(parts.range)] : parts.until === 0 ? [] : [parts.until];
  return JSON.stringify(["over", withoutOrdinal(input), keys, parts.preceding, parts.calls.map(callKey), ...until]);
}

export function leadSignature(
  input: string,
  parts: {
    readonly partitionBy: readonly BoundExpression[];
    readonly rows: number;
    readonly ahead: readonly NamedExpression[];
  },
): string {
  const ahead = parts.ahead.map(({ expression }) => expressionKey(expression));
  return JSON.stringify(["lead", withoutOrdinal(input), parts.partitionBy.map(expressionKey), parts.rows, ahead]);
}

export function sortSignature(
  input: string,
  parts: { readonly timeColumn: number; readonly partitionBy: readonly BoundExpression[] },
): string {
  return JSON.stringify(["sort", withoutOrdinal(input), parts.timeColumn, parts.partitionBy.map(expressionKey)]);
}

export function topSignature(
  input: string,
  parts: {
    readonly function: string;
    readonly window: Window | null;
    readonly partitionBy: readonly BoundExpression[];
    readonly orderBy: readonly SortItem[];
    readonly most: number;
  },
): string {
  const keys = parts.partitionBy.map(expressionKey);
  const order = parts.orderBy.map((item) => [expressionKey(item.expression), item.descending, item.nullsFirst]);
  const name = parts.function === "ROW_NUMBER" ? [] : [parts.function];
  const rest = [keys, order, parts.most, ...name];
  if (parts.window === null) return JSON.stringify(["rank", withoutOrdinal(input), ...rest]);
  return JSON.stringify(["windowTop", withoutOrdinal(input), windowKey(parts.window), ...rest]);
}

function callKey(made: AggregateCall): unknown[] {
  return [
    made.function,
    made.distinct,
    made.arguments.map(expressionKey),
    made.filter && expressionKey(made.filter),
    made.parameters.map(String),
  ];
}

function windowKey(window: Window): unknown[] {
  const of = window.ofResults === true ? ["results"] : [];
  return [window.kind, window.sizeMs, window.stepMs, window.offsetMs, window.timeColumn, ...of];
}
