/**
 * What the engine asks of a connector, one value a connector: its option names, what it can do, and how its sources and sinks
 * are made. The registry is a list of these; adding a connector is one file and one row.
 */
import type { Clock, EncodeRows, Share, Sink, Source } from "../connectors/connector.ts";
import type { TableOptions } from "../connectors/options.ts";
import type { Schema } from "../core/type.ts";
import type { MetadataKey } from "../plan/catalog.ts";
import type { TableDefinition } from "../plan/plan.ts";

export interface SinkContext {
  readonly clock: Clock;
  /** Rows as the table's format writes them; for sinks that move bytes. */
  readonly encode: EncodeRows;
}

export interface SourceContext {
  readonly clock: Clock;
  /** Blocks the engine's thread. */
  readonly sleep: (ms: number) => void;
  /** The partitions to read. */
  readonly share: Share;
}

export interface Connector {
  readonly name: string;
  /** Whether records need a `format`, need none, or come in a form of the connector's own ("json"). */
  readonly format: "required" | "none" | "json";
  /** Whether its records have keys beside their values. */
  readonly keyed: boolean;
  readonly acceptsUpdates: boolean;
  readonly metadata: readonly MetadataKey[];
  optionNames(schema: Schema): readonly string[];
  /** Throws EngineError for options it cannot honour. Opens nothing. Null = cannot be read / written. */
  readonly checkSource: ((from: TableOptions, schema: Schema) => void) | null;
  readonly checkSink: ((from: TableOptions, schema: Schema) => void) | null;
  createSource(table: TableDefinition, context: SourceContext): Source;
  createSink(table: TableDefinition, context: SinkContext): Sink;
}

/** Columns that are in the records themselves. */
export function physicalSchema(columns: TableDefinition["columns"]): Schema {
  return { fields: columns.filter((column) => column.source === "physical") };
}

export function tableOptions(table: Pick<TableDefinition, "name" | "options">): TableOptions {
  return { table: table.name, options: table.options };
}
