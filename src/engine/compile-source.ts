/**
 * A table's side of the kernel program: which fields are decoded into which registers, computed columns, and the event time.
 * Columns are asked for one by one while queries are compiled, so that nothing is decoded that nobody reads.
 */
import { PHYS_STR } from "../../assembly/shared/layout.ts";
import { assert } from "../core/error.ts";
import { physicalOf, unitsPerMs } from "../kernel/physical.ts";
import type {
  EventTimeProgram,
  Instruction,
  JsonDecodeProgram,
  JsonFieldProgram,
  MetadataProgram,
  RawDecodeProgram,
  Register,
  SourceProgram,
} from "../kernel/program.ts";
import { collectColumns } from "../plan/expression.ts";
import type { TableColumn, TableDefinition } from "../plan/plan.ts";
import { compileExpression } from "./compile-expression.ts";
import { unsupported } from "./flatten.ts";
import type { ProgramBuilder } from "./program-builder.ts";

/** How the bytes of one side of a record (value or key) are read. */
export type DecodeFormat =
  | ({ readonly kind: "json" } & Omit<JsonDecodeProgram, "kind" | "fields">)
  | { readonly kind: "raw" };

export interface SourceFormats {
  readonly value: DecodeFormat;
  /** Null when records have no key fields. */
  readonly key: DecodeFormat | null;
  /** Column name → field name in the key, for columns that the key holds. */
  readonly keyFields: ReadonlyMap<string, string>;
  readonly maxAheadMs: number | null;
  readonly nullTime: EventTimeProgram["nullHandling"];
  /** Whose watermark tells which rows are late. */
  readonly judgedBy?: "partition" | "table";
}

const plainMetadata = ["partition", "offset", "timestamp", "topic", "leader-epoch", "timestamp-type"] as const;

export class SourceCompiler {
  readonly table: TableDefinition;
  readonly #builder: ProgramBuilder;
  readonly #formats: SourceFormats;
  readonly #registers = new Map<number, Register>();
  readonly #valueFields: JsonFieldProgram[] = [];
  readonly #keyFields: JsonFieldProgram[] = [];
  readonly #metadata: MetadataProgram[] = [];
  readonly #compute: Instruction[] = [];

  constructor(builder: ProgramBuilder, table: TableDefinition, formats: SourceFormats) {
    this.#builder = builder;
    this.table = table;
    this.#formats = formats;
  }

  get judgedBy(): "partition" | "table" {
    return this.#formats.judgedBy ?? "partition";
  }

  /** The source register of a table column, decoding or computing it from now on. */
  register(column: number): Register {
    const known = this.#registers.get(column);
    if (known !== undefined) return known;
    const definition = this.table.columns[column];
    assert(definition !== undefined, `table "${this.table.name}" has a column ${column}`);
    const register = this.#make(definition);
    this.#registers.set(column, register);
    return register;
  }

  /** All columns asked for are known: the source's program. */
  finish(): SourceProgram {
    const eventTime = this.#eventTime();
    return {
      decode: this.#decode(this.#formats.value, this.#valueFields),
      keyDecode:
        this.#formats.key && this.#keyFields.length > 0 ? this.#decode(this.#formats.key, this.#keyFields) : null,
      metadata: this.#metadata,
      compute: this.#compute,
      eventTime,
    };
  }

  #make(column: TableColumn): Register {
    switch (column.source) {
      case "physical":
        return this.#field(column, [column.name]);
      case "nested": {
        const root = this.table.columns[column.root];
        assert(root !== undefined, `table "${this.table.name}" has a column ${column.root}`);
        return root.source === "metadata"
          ? this.#header(column.path)
          : this.#field(column, [root.name, ...column.path]);
      }
      case "metadata":
        return this.#metadataColumn(column);
      case "clock": {
        const register = this.#builder.allocate(physicalOf(column.type));
        this.#metadata.push({ kind: "clock", register });
        return register;
      }
      case "late":
        return this.#builder.allocate(physicalOf(column.type));
      case "computed": {
        const used = new Set<number>();
        collectColumns(column.expression, used);
        const inputs = this.table.columns.map((_, index) => (used.has(index) ? this.register(index) : 0));
        return this.#computed(() => compileExpression(this.#builder, column.expression, inputs));
      }
    }
  }

  #field(column: TableColumn, path: readonly string[]): Register {
    const { kind } = column.type;
    if (kind === "array" || kind === "map" || kind === "row") {
      throw unsupported(`column "${column.name}": a value of type ${kind.toUpperCase()} as a whole`);
    }
    const register = this.#builder.allocate(physicalOf(column.type));
    const inKey = this.#formats.keyFields.get(path[0] ?? "");
    const field = { type: column.type, register, name: column.name };
    if (inKey === undefined) this.#valueFields.push({ ...field, path });
    else this.#keyFields.push({ ...field, path: [inKey, ...path.slice(1)] });
    return register;
  }

  #metadataColumn(column: Extract<TableColumn, { source: "metadata" }>): Register {
    const { key } = column;
    const kind = plainMetadata.find((known) => known === key);
    if (kind === undefined) throw unsupported(`column "${column.name}": metadata "${key}" as a whole`);
    const register = this.#builder.allocate(physicalOf(column.type));
    this.#metadata.push({ kind, register });
    return register;
  }

  /** A cell of the headers. */
  #header(path: readonly string[]): Register {
    const [name = ""] = path;
    const register = this.#builder.allocate(PHYS_STR);
    this.#metadata.push({ kind: "header", register, name: this.#builder.constant(PHYS_STR, name) });
    return register;
  }

  #computed(compile: () => Register): Register {
    const register = this.#builder.compileAhead(compile);
    this.#compute.push(...this.#builder.takeInstructions([register]));
    return register;
  }

  #eventTime(): EventTimeProgram | null {
    const { watermark } = this.table;
    if (watermark === null) return null;
    const used = new Set<number>();
    collectColumns(watermark.expression, used);
    const inputs = this.table.columns.map((_, index) => (used.has(index) ? this.register(index) : 0));
    const timeRegister = this.register(watermark.column);
    const type = this.table.columns[watermark.column]?.type;
    assert(type !== undefined, "the time attribute is a column");
    return {
      timeRegister,
      watermarkRegister: this.#computed(() => compileExpression(this.#builder, watermark.expression, inputs)),
      unitsPerMs: unitsPerMs(type),
      maxAheadMs: this.#formats.maxAheadMs,
      nullHandling: this.#formats.nullTime,
    };
  }

  #decode(format: DecodeFormat, fields: readonly JsonFieldProgram[]): JsonDecodeProgram | RawDecodeProgram {
    if (format.kind === "json") return { ...format, fields };
    const [field] = fields;
    if (fields.length > 1) throw unsupported("format 'raw' with more than one column");
    return { kind: "raw", register: field?.register ?? null, utf8: field?.type.kind !== "bytes" };
  }
}
