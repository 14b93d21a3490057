/**
 * Rows on a terminal or in a pipe: a table for people, JSON lines or CSV for programs, Flink's changelog for both. The sink is
 * formatting and a function to write with; the bytes of JSON and CSV come from codecs that are handed in. Where rows are changes
 * (updates, deletes) JSON and CSV get a first column `op`.
 */
import type { Batch } from "../../core/batch.ts";
import { batchFromRows, columnFromValues } from "../../core/batch-builder.ts";
import { unreachable } from "../../core/error.ts";
import type { Schema } from "../../core/type.ts";
import type { EncodeRows, Sink } from "../connector.ts";
import { hasChanges, opText } from "./cells.ts";
import { formatChangelog } from "./changelog.ts";
import { type TableStyle, TableWriter } from "./table.ts";

export type PrintForm = "table" | "json" | "csv" | "changelog";

export interface PrintSinkInput {
  readonly form: PrintForm;
  readonly write: (text: string) => void;
  /** Asked at every batch: terminals change their width. */
  readonly style: () => TableStyle;
  /** Who writes; a table repeats its header when another one wrote in between. One object for all sinks of an output. */
  readonly turn: PrintTurn;
  /** Columns of the rows to come; null = not known before the first. */
  readonly schema: Schema | null;
  /** Put before rows of a changelog; null = nothing. */
  readonly identifier: string | null;
  readonly encodeJson: EncodeRows;
  /** Header line, then rows. */
  readonly encodeCsv: (batch: Batch) => Uint8Array;
}

/** Which sink wrote last. */
export interface PrintTurn {
  last: object | null;
}

export function createPrintSink(input: PrintSinkInput): Sink {
  return new PrintSink(input);
}

const utf8 = new TextDecoder();

class PrintSink implements Sink {
  readonly #input: PrintSinkInput;
  readonly #table = new TableWriter();
  #wrote = false;
  #headerWritten = false;
  #withOp = false;

  constructor(input: PrintSinkInput) {
    this.#input = input;
  }

  async open(): Promise<void> {}

  write(batch: Batch): void {
    if (batch.rows === 0) return;
    const { turn } = this.#input;
    if (turn.last !== this) this.#table.interrupt();
    turn.last = this;
    this.#wrote = true;
    this.#input.write(this.#format(batch));
  }

  #format(batch: Batch): string {
    const { form, identifier, style } = this.#input;
    switch (form) {
      case "table":
        return this.#table.format(batch, style());
      case "changelog":
        return formatChangelog(batch, identifier);
      case "json":
        return this.#formatJson(batch);
      case "csv":
        return this.#formatCsv(batch);
      default:
        return unreachable(form);
    }
  }

  #formatJson(batch: Batch): string {
    const { rows, bytes, offsets } = this.#input.encodeJson(this.#tellChanges(batch));
    let text = "";
    for (let row = 0; row < rows; row++) text += `${utf8.decode(bytes.subarray(offsets[row], offsets[row + 1]))}\n`;
    return text;
  }

  /** The header is that of an empty batch: written once. */
  #formatCsv(batch: Batch): string {
    const { encodeCsv } = this.#input;
    const told = this.#tellChanges(batch);
    const bytes = encodeCsv(told);
    const headerBytes = this.#headerWritten ? encodeCsv({ ...told, rows: 0 }).length : 0;
    this.#headerWritten = true;
    return utf8.decode(bytes.subarray(headerBytes));
  }

  /** Once a batch held changes every later one says its ops, so that columns stay the same. */
  #tellChanges(batch: Batch): Batch {
    this.#withOp ||= hasChanges(batch);
    if (!this.#withOp) return batch;
    const ops = Array.from({ length: batch.rows }, (_, row) => opText(batch, row));
    const field = { name: "op", type: { kind: "string" }, nullable: false } as const;
    return {
      ...batch,
      schema: { fields: [field, ...batch.schema.fields] },
      columns: [columnFromValues(field.type, ops), ...batch.columns],
    };
  }

  async flush(): Promise<void> {}

  /** The columns of a result without rows are told all the same, to people and to what reads CSV. */
  async close(): Promise<void> {
    const { form, schema, style } = this.#input;
    if (this.#wrote || schema === null) return;
    if (form === "table") this.#input.write(this.#table.header(batchFromRows(schema, []), style()));
    else if (form === "csv") this.#input.write(utf8.decode(this.#input.encodeCsv(batchFromRows(schema, []))));
  }
}
