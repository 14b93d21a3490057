/**
 * Where rows go that the main thread takes: `view` tables and materialized views become views that HTTP reads, `print` tables
 * and bare SELECTs are written out. One receiver a query.
 */
import type { Sink } from "../connectors/connector.ts";
import { readPrintOptions } from "../connectors/print/options.ts";
import { createPrintSink, type PrintForm, type PrintTurn } from "../connectors/print/print-sink.ts";
import type { TableStyle } from "../connectors/print/table.ts";
import type { Batch } from "../core/batch.ts";
import type { EpochMs } from "../core/type.ts";
import { encodeCsv } from "../formats/csv.ts";
import { encodeJson } from "../formats/json-encode.ts";
import { keyOf } from "../plan/changelog.ts";
import type { Plan, PlannedQuery } from "../plan/plan.ts";
import { View, type ViewDefinition } from "../views/view.ts";
import { tableOptions } from "./connector-table.ts";
import { readViewOptions } from "./view-options.ts";

export interface PrintOutput {
  readonly form: PrintForm;
  write(text: string): void;
  writeError(text: string): void;
  style(): TableStyle;
}

export interface Outputs {
  readonly views: ReadonlyMap<string, View>;
  /** Takes a batch of a query. */
  readonly onRows: (query: number, batch: Batch) => void;
  readonly onWatermark: (query: number, watermark: EpochMs) => void;
  /** The input is used up: results without rows say what their columns would have been. */
  readonly close: () => Promise<void>;
}

interface Receiver {
  rows(batch: Batch): void;
  watermark(watermark: EpochMs): void;
  close(): Promise<void>;
}

export function createOutputs(plan: Plan, print: PrintOutput): Outputs {
  const views = new Map<string, View>();
  const turn: PrintTurn = { last: null };
  const receivers: (Receiver | null)[] = [];
  for (const [index, query] of plan.queries.entries()) {
    const { part = 0 } = query;
    receivers.push(part > 0 ? (receivers[index - part] ?? null) : receiverOf(query, { views, print, turn }));
  }
  return {
    views,
    onRows: (query, batch) => receivers[query]?.rows(batch),
    onWatermark: (query, watermark) => receivers[query]?.watermark(watermark),
    async close() {
      for (const receiver of new Set(receivers)) await receiver?.close();
    },
  };
}

interface Shared {
  readonly views: Map<string, View>;
  readonly print: PrintOutput;
  readonly turn: PrintTurn;
}

function receiverOf(query: PlannedQuery, shared: Shared): Receiver | null {
  const { target } = query;
  if (target.kind === "print") return printer(shared, query, { identifier: null, standardError: false });
  if (target.kind === "view") {
    const from = { table: target.name, options: target.options };
    return viewReceiver(shared.views, {
      name: target.name,
      primaryKey: keyOf(query.changes),
      query,
      ...readViewOptions(from),
    });
  }
  const { table } = target;
  if (table.options.connector === "print") return printer(shared, query, readPrintOptions(tableOptions(table)));
  if (table.options.connector !== "view") return null;
  const columns = table.columns.filter((column) => column.source === "physical");
  const declared = table.primaryKey.map((index) => columns.indexOf(table.columns[index] as (typeof columns)[number]));
  const primaryKey = declared.length === 0 ? keyOf(query.changes) : declared;
  return viewReceiver(shared.views, { name: table.name, primaryKey, query, ...readViewOptions(tableOptions(table)) });
}

type ViewRequest = Omit<ViewDefinition, "schema" | "transactional"> & { readonly query: PlannedQuery };

/** Several INSERTs into one view table fill the same view. */
function viewReceiver(views: Map<string, View>, { query, ...definition }: ViewRequest): Receiver {
  let view = views.get(definition.name);
  if (view === undefined) {
    view = new View({ ...definition, schema: query.root.schema, transactional: false });
    views.set(definition.name, view);
  }
  const target = view;
  return {
    rows: (batch) => target.append(batch),
    watermark: (watermark) => target.advance(watermark, 0),
    close: async () => {},
  };
}

function printer(
  { print, turn }: Shared,
  query: PlannedQuery,
  options: { readonly identifier: string | null; readonly standardError: boolean },
): Receiver {
  const sink: Sink = createPrintSink({
    form: print.form,
    write: (text) => (options.standardError ? print.writeError(text) : print.write(text)),
    style: () => print.style(),
    turn,
    schema: query.root.schema,
    identifier: options.identifier,
    encodeJson: (batch) => ({ ...encodeJson(batch), keyBytes: null, keyOffsets: null }),
    encodeCsv,
  });
  return { rows: (batch) => void sink.write(batch), watermark: () => {}, close: () => sink.close() };
}
