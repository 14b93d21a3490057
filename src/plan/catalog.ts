/**
 * What names mean while a script is planned: tables, views, and, through `ConnectorCatalog`, what a connector makes of a
 * table's options. The planner knows no connector; whoever owns them fills the interface.
 */
import type { Span } from "../core/error.ts";
import type { DataType, Field } from "../core/type.ts";
import type { Query, SqlError, Statement } from "../sql/tree.ts";
import type { BoundExpression, TableColumn, TableDefinition, WatermarkDefinition } from "./plan.ts";

/** One option as written in WITH (…) or in a hint. A hint's two spans are the same. */
export interface OptionText {
  readonly key: string;
  readonly value: string;
  readonly keySpan: Span;
  readonly valueSpan: Span;
}

export interface TableRequest {
  readonly name: string;
  /** Where to point when an option is missing. */
  readonly span: Span;
  /** Physical and metadata columns; one whose type is wrong is left out. */
  readonly columns: readonly TableColumn[];
  readonly primaryKey: readonly string[];
  readonly partitionedBy: readonly string[];
  /** `connector` among them. A key stands once. */
  readonly options: readonly OptionText[];
}

/** A METADATA key of a connector and its format. */
export interface MetadataKey {
  readonly key: string;
  /** The declared column must be one this can be cast to. */
  readonly type: DataType;
  /** Not writable = the column must be VIRTUAL. */
  readonly writable: boolean;
}

export interface TableCapabilities {
  /** Unknown options (nearest name as hint), values out of range, missing options, unknown connector. Spans are the options'. */
  readonly errors: readonly SqlError[];
  /** Can be read: FROM. */
  readonly source: boolean;
  /** Can be written: INSERT INTO. */
  readonly sink: boolean;
  /** Takes changelog kinds other than +I. */
  readonly acceptsUpdates: boolean;
  readonly metadata: readonly MetadataKey[];
}

/** Pure: checking opens nothing. Called once a CREATE TABLE, and again for each set of options a hint makes. */
export interface ConnectorCatalog {
  checkTable(request: TableRequest): TableCapabilities;
}

export type SettingCheck =
  | { readonly kind: "ok" }
  /** Taken, and said once. */
  | { readonly kind: "notice"; readonly message: string }
  | { readonly kind: "error"; readonly on: "key" | "value"; readonly message: string; readonly hint: string | null };

/** The table of settings, as `config` keeps it. */
export interface SettingsCatalog {
  check(key: string, value: string): SettingCheck;
  readonly names: readonly string[];
}

export const PROCESSING_TIME: DataType = { kind: "timestamp_ltz", precision: 3 };

/**
 * A table while planning. Fields inside ROW columns become columns of their own when something reads them: they are
 * appended, so indices stay what they are, and all readers of a table share them.
 */
export class CatalogTable {
  readonly name: string;
  readonly request: TableRequest;
  readonly capabilities: TableCapabilities;
  /** Names of columns whose definition was wrong: a reference to one is no second error. */
  readonly poisoned: ReadonlySet<string>;
  readonly #columns: TableColumn[];
  readonly #leaves = new Map<string, number>();
  /** This table under hints, by the options they make, so that equal hints share one table. */
  readonly #variants = new Map<string, CatalogTable>();
  #watermark: WatermarkDefinition | null = null;

  constructor(input: {
    readonly request: TableRequest;
    readonly columns: readonly TableColumn[];
    readonly capabilities: TableCapabilities;
    readonly poisoned: ReadonlySet<string>;
  }) {
    this.name = input.request.name;
    this.request = input.request;
    this.capabilities = input.capabilities;
    this.poisoned = input.poisoned;
    this.#columns = [...input.columns];
    for (const [index, column] of this.#columns.entries()) {
      if (column.source === "nested") this.#leaves.set(leafKey(column.root, column.path), index);
    }
  }

  get columns(): readonly TableColumn[] {
    return this.#columns;
  }

  get watermark(): WatermarkDefinition | null {
    return this.#watermark;
  }

  /** Once, by the binder of the table. */
  setWatermark(watermark: WatermarkDefinition | null): void {
    this.#watermark = watermark;
  }

  /** Once a computed column, in place of its placeholder. */
  setComputed(index: number, field: Field, expression: BoundExpression): void {
    this.#columns[index] = { ...field, source: "computed", expression };
  }

  /** Index of the column that holds the field `path` below the ROW column `root`, or the cell `path` of a MAP column. */
  leaf(root: number, path: readonly string[], field: Omit<Field, "name">): number {
    const key = leafKey(root, path);
    const known = this.#leaves.get(key);
    if (known !== undefined) return known;
    const column = this.#columns[root];
    const whole = column?.name ?? "";
    const name = column?.type.kind === "map" ? `${whole}[${quoted(path.join("."))}]` : [whole, ...path].join(".");
    const index = this.#columns.push({ ...field, name, source: "nested", root, path }) - 1;
    this.#leaves.set(key, index);
    return index;
  }

  /** Index of the column that holds processing time. */
  processingTime(): number {
    const known = this.#columns.findIndex(({ source }) => source === "clock");
    if (known >= 0) return known;
    return this.#columns.push({ name: "PROCTIME()", type: PROCESSING_TIME, nullable: false, source: "clock" }) - 1;
  }

  /** The same table with other options, as a hint makes it. `check` runs for options not seen before. */
  withOptions(options: readonly OptionText[], check: (request: TableRequest) => TableCapabilities): CatalogTable {
    const key = JSON.stringify(options.map((option) => [option.key, option.value]).sort());
    const known = this.#variants.get(key);
    if (known !== undefined) return known;
    const request = { ...this.request, options };
    const variant = new CatalogTable({
      request,
      columns: this.#columns,
      capabilities: check(request),
      poisoned: this.poisoned,
    });
    variant.setWatermark(this.#watermark);
    this.#variants.set(key, variant);
    return variant;
  }

  /** As the plan holds it. Taken once every query is planned, so that all agree on the columns. */
  definition(): TableDefinition {
    const indexOf = (name: string): number => this.#columns.findIndex((column) => column.name === name);
    return {
      name: this.name,
      columns: [...this.#columns],
      watermark: this.#watermark,
      primaryKey: this.request.primaryKey.map(indexOf),
      partitionedBy: this.request.partitionedBy.map(indexOf),
      options: Object.fromEntries(this.request.options.map(({ key, value }) => [key, value])),
    };
  }
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

function leafKey(root: number, path: readonly string[]): string {
  return JSON.stringify([root, path]);
}

/** CREATE VIEW: a macro. Its names mean what they meant where it was made. */
export interface CatalogView {
  readonly name: string;
  readonly columns: readonly { readonly name: string; readonly span: Span }[];
  readonly query: Query;
  readonly scope: Catalog;
  /** Its definition was wrong and has been reported. */
  readonly poisoned: boolean;
}

export type CatalogEntry =
  /** `node` is the statement with LIKE written out. */
  | { readonly kind: "table"; readonly table: CatalogTable; readonly node: Extract<Statement, { kind: "createTable" }> }
  | { readonly kind: "view"; readonly view: CatalogView }
  /** The late rows of a table, under the name its option `late.table` gives them. */
  | { readonly kind: "lateRows"; readonly table: CatalogTable }
  /** Records that gave no row, under the name that options `dead-letter.table` give them. */
  | { readonly kind: "deadLetters"; readonly table: CatalogTable }
  /** CREATE MATERIALIZED VIEW: a name that is taken; it is served, not read by other queries in this release. */
  | { readonly kind: "materializedView"; readonly name: string }
  /** A definition so wrong that nothing is known of it. */
  | { readonly kind: "poisoned" };

export class Catalog {
  readonly #entries: Map<string, CatalogEntry>;

  constructor(entries: ReadonlyMap<string, CatalogEntry> = new Map()) {
    this.#entries = new Map(entries);
  }

  get names(): readonly string[] {
    return [...this.#entries.keys()];
  }

  find(name: string): CatalogEntry | undefined {
    return this.#entries.get(name);
  }

  set(name: string, entry: CatalogEntry): void {
    this.#entries.set(name, entry);
  }

  delete(name: string): boolean {
    return this.#entries.delete(name);
  }

  /** What the names mean now, for a view that is written out later. */
  snapshot(): Catalog {
    return new Catalog(this.#entries);
  }
}
