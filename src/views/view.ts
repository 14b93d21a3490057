/**
 * A materialized view: what the server reads. It takes batches in the order the engine emits them and answers with
 * immutable batches; every answer names the watermark and epoch it reflects. A view of a job with checkpoints holds its
 * rows twice: `latest` as they arrive, `committed` as of the last committed epoch, which never goes back; without
 * checkpoints what is emitted is committed and there is one table. Single-threaded; no call waits.
 */
import type { Batch } from "../core/batch.ts";
import type { EpochMs, Schema } from "../core/type.ts";
import { decodeCursor, encodeCursor, type OrderItem, resolveOrder } from "./order.ts";
import { gatherRows, type RowReference, sequenceOf } from "./segment.ts";
import {
  compileSelection,
  firstRows,
  lastRows,
  type Selection,
  selectRows,
  sortedRows,
  windowColumnName,
} from "./select.ts";
import { type TableSettings, ViewTable } from "./table.ts";

export interface ViewDefinition {
  readonly name: string;
  readonly schema: Schema;
  /** Column indexes, none where there is one row; null = rows are only added. */
  readonly primaryKey: readonly number[] | null;
  /** Whether results become visible to committed reads only by `commit`. */
  readonly transactional: boolean;
  /** 'view.max-rows'; 1,000,000 unless set. */
  readonly maxRows?: number;
  /** 'view.max-bytes'; 1 GiB unless set. */
  readonly maxBytes?: number;
  /** 'view.log-rows': replaced rows kept for streams that resume; 100,000 unless set. */
  readonly logRows?: number;
}

export type Consistency = "committed" | "latest";

/** A read without order or cursor. */
export interface LimitedSelection extends Selection {
  readonly limit: number;
  readonly consistency?: Consistency;
}

export interface ViewQuery extends Selection {
  /** Absent = order of arrival. */
  readonly order?: readonly OrderItem[];
  /** ≥ 1 */
  readonly limit: number;
  readonly cursor?: string;
  /** Absent = committed. */
  readonly consistency?: Consistency;
}

/** What every answer reflects. */
export interface ViewPosition {
  readonly watermark: EpochMs | null;
  readonly epoch: number;
  /** Sequence of the last change; a stream continues from here. */
  readonly sequence: number;
}

export interface ViewRows extends ViewPosition {
  /** At most `limit` rows; op is null. */
  readonly batch: Batch;
  /** Cursor of the next page; null on the last. */
  readonly next: string | null;
}

export interface ViewChanges extends ViewPosition {
  /** With op where the view has updates; `watermark` and `epoch` are the answer's. */
  readonly batch: Batch;
  /** Sequence of the batch's last row; where the next read goes on. */
  readonly last: number;
}

export interface ViewInfo extends ViewPosition {
  readonly name: string;
  readonly schema: Schema;
  /** Null = rows are only added. */
  readonly primaryKey: readonly string[] | null;
  readonly windowColumn: string | null;
  readonly rows: number;
  readonly bytes: number;
  readonly windows: number;
  readonly droppedRows: number;
  readonly droppedWindows: number;
  /** First change that can still be streamed. */
  readonly logStart: number;
}

const DEFAULT_MAX_ROWS = 1_000_000;
const DEFAULT_MAX_BYTES = 2 ** 30;
const DEFAULT_LOG_ROWS = 100_000;

/** What a committed table still waits for: batches, and watermarks between them. */
interface Pending {
  readonly batch: Batch | null;
  readonly watermark: EpochMs | null;
  readonly epoch: number;
}

export class View {
  readonly #settings: TableSettings;
  readonly #latest: ViewTable;
  readonly #committed: ViewTable;
  #pending: Pending[] = [];
  readonly #listeners = new Set<() => void>();

  constructor(definition: ViewDefinition) {
    const { name, schema, primaryKey, transactional } = definition;
    const windowColumn = schema.fields.findIndex(
      (field) =>
        field.name === windowColumnName && (field.type.kind === "timestamp" || field.type.kind === "timestamp_ltz"),
    );
    this.#settings = {
      name,
      schema,
      primaryKey,
      windowColumn,
      maxRows: definition.maxRows ?? DEFAULT_MAX_ROWS,
      maxBytes: definition.maxBytes ?? DEFAULT_MAX_BYTES,
      logRows: definition.logRows ?? DEFAULT_LOG_ROWS,
    };
    this.#latest = new ViewTable(this.#settings);
    this.#committed = transactional ? new ViewTable(this.#settings) : this.#latest;
  }

  get name(): string {
    return this.#settings.name;
  }
  get schema(): Schema {
    return this.#settings.schema;
  }

  /** Takes ownership of the batch, whose buffers must not change any more. */
  append(batch: Batch): void {
    this.#latest.append(batch);
    this.#hold({ batch, watermark: batch.watermark, epoch: batch.epoch });
    this.#notify();
  }

  /** The watermark moved although no row came. */
  advance(watermark: EpochMs, epoch: number): void {
    this.#latest.advance(watermark, epoch);
    this.#hold({ batch: null, watermark, epoch });
    this.#notify();
  }

  /** Everything of epochs up to this one is committed. */
  commit(epoch: number): void {
    const waiting: Pending[] = [];
    for (const item of this.#pending) {
      if (item.epoch > epoch) waiting.push(item);
      else if (item.batch !== null) this.#committed.append(item.batch);
      else this.#committed.advance(item.watermark, item.epoch);
    }
    this.#pending = waiting;
    this.#committed.advance(null, epoch);
    this.#notify();
  }

  /** Calls after every change, until the function returned is called. The listener must not throw. */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  position(consistency: Consistency = "committed"): ViewPosition {
    const { watermark, epoch, sequence } = this.#table(consistency);
    return { watermark, epoch, sequence };
  }

  info(consistency: Consistency = "committed"): ViewInfo {
    const table = this.#table(consistency);
    const { name, schema, primaryKey, windowColumn } = this.#settings;
    return {
      name,
      schema,
      primaryKey: primaryKey?.map((index) => schema.fields[index]?.name ?? "") ?? null,
      windowColumn: schema.fields[windowColumn]?.name ?? null,
      rows: table.rows,
      bytes: table.bytes,
      windows: table.windows,
      droppedRows: table.droppedRows,
      droppedWindows: table.droppedWindows,
      logStart: table.logStart,
      ...this.position(consistency),
    };
  }

  /** Throws EngineError (domain user) that names the column, literal or cursor it does not understand. */
  read(query: ViewQuery): ViewRows {
    const { name, schema } = this.#settings;
    const table = this.#table(query.consistency ?? "committed");
    const order = resolveOrder(schema, name, query.order ?? []);
    const scope = { viewName: name, schema, order };
    const after = query.cursor === undefined ? null : decodeCursor(scope, query.cursor);
    const test = compileSelection(this.#settings, query);
    const limit = query.limit + 1;
    const found =
      order.length === 0
        ? firstRows(table.segments, test, { after, limit })
        : sortedRows(table.segments, test, { order, after, limit });
    const rows = found.slice(0, query.limit);
    const last = rows.at(-1);
    const next = found.length > query.limit && last !== undefined ? encodeCursor(scope, last) : null;
    return { ...this.#answer(table, rows, false), next };
  }

  /** The last `limit` live rows, in order of arrival. */
  tail(query: LimitedSelection): ViewRows {
    const table = this.#table(query.consistency ?? "committed");
    const test = compileSelection(this.#settings, query);
    const rows = lastRows(table.segments, test, query.limit);
    return { ...this.#answer(table, rows, false), next: null };
  }

  /**
   * Changes after a sequence, at most `limit` of them looked at, those that pass the conditions given. Null when some
   * are no longer here: the reader starts again from `tail`.
   */
  changesAfter(sequence: number, query: LimitedSelection): ViewChanges | null {
    const table = this.#table(query.consistency ?? "committed");
    const changes = table.changesAfter(sequence, query.limit);
    if (changes === null) return null;
    const test = compileSelection(this.#settings, query);
    const rows = selectRows(changes, test);
    const last = changes.at(-1);
    const answer = this.#answer(table, rows, true);
    return { ...answer, last: last === undefined ? sequence : sequenceOf(last.segment, last.row) };
  }

  #table(consistency: Consistency): ViewTable {
    return consistency === "latest" ? this.#latest : this.#committed;
  }

  #hold(item: Pending): void {
    if (this.#committed !== this.#latest) this.#pending.push(item);
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }

  #answer(table: ViewTable, rows: readonly RowReference[], withOp: boolean): ViewPosition & { readonly batch: Batch } {
    const { watermark, epoch, sequence } = table;
    const batch = { ...gatherRows(this.#settings.schema, rows, withOp), watermark, epoch };
    return { batch, watermark, epoch, sequence };
  }
}
