/**
 * Rows as an aligned table that goes on for ever: columns are as wide as what they have held so far, numbers stand to the right,
 * and the header comes again when a column grew, when rows of something else stood in between, or after a screenful. In a
 * terminal a row takes one line: the widest columns give way until it fits; in a pipe nothing is cut.
 */
import type { Batch } from "../../core/batch.ts";
import type { DataType } from "../../core/type.ts";
import { cellTexts, hasChanges, opText } from "./cells.ts";
import { safeText } from "./safe-text.ts";

export interface TableStyle {
  /** Characters in a line; null = no limit. */
  readonly columns: number | null;
  readonly color: boolean;
}

interface TableColumn {
  readonly name: string;
  readonly toRight: boolean;
  /** Times differ at their end: there the end is what stays. */
  readonly keepsEnd: boolean;
  readonly cells: readonly string[];
}

const ROWS_BETWEEN_HEADERS = 40;
const NARROWEST = 6;
/** Space around a cell, and the line to the next. */
const CELL_FRAME = 3;

export class TableWriter {
  /** Widest content of each column so far, header included. */
  #widths: number[] = [];
  #shown: number[] = [];
  #names: readonly string[] = [];
  #rowsSinceHeader = ROWS_BETWEEN_HEADERS;

  /** Something else was printed in between: the header is due again. */
  interrupt(): void {
    this.#rowsSinceHeader = ROWS_BETWEEN_HEADERS;
  }

  format(batch: Batch, style: TableStyle): string {
    if (batch.rows === 0) return "";
    const columns = columnsOf(batch, this.#names[0] === "op");
    const widths = this.#fit(columns, style);
    let text = "";
    for (let row = 0; row < batch.rows; row++) {
      if (this.#rowsSinceHeader >= ROWS_BETWEEN_HEADERS) text += this.#header(columns, widths, style);
      this.#rowsSinceHeader++;
      text += paintRow(
        lineOf(columns, widths, (column) => column.cells[row] as string),
        style,
        opText(batch, row),
      );
    }
    return text;
  }

  /** The header of a table that got no rows. */
  header(batch: Batch, style: TableStyle): string {
    const columns = columnsOf(batch, false);
    return this.#header(columns, this.#fit(columns, style), style);
  }

  /** Widths to draw with; a change of columns or widths makes the header due. */
  #fit(columns: readonly TableColumn[], style: TableStyle): number[] {
    const names = columns.map(({ name }) => name);
    if (names.join("\0") !== this.#names.join("\0")) {
      this.#names = names;
      this.#widths = [];
    }
    this.#widths = columns.map((column, index) => {
      return Math.max(this.#widths[index] ?? 0, textWidth(column.name), ...column.cells.map(textWidth));
    });
    const widths = style.columns === null ? this.#widths : squeeze(this.#widths, style.columns);
    if (widths.join() !== this.#shown.join()) this.#rowsSinceHeader = ROWS_BETWEEN_HEADERS;
    this.#shown = widths;
    return widths;
  }

  #header(columns: readonly TableColumn[], widths: readonly number[], style: TableStyle): string {
    this.#rowsSinceHeader = 0;
    const names = lineOf(columns, widths, (column) => column.name);
    const rule = widths.map((width) => "-".repeat(width + 2)).join("+");
    return style.color ? `\u001b[1m${names}\u001b[22m\n\u001b[2m${rule}\u001b[22m\n` : `${names}\n${rule}\n`;
  }
}

/** With an `op` column in front once there are changes to tell. */
function columnsOf(batch: Batch, opShown: boolean): TableColumn[] {
  const texts = cellTexts(batch);
  const columns = batch.schema.fields.map(({ name, type }, index) => ({
    name: safeText(name),
    toRight: isNumeric(type),
    keepsEnd: type.kind === "timestamp" || type.kind === "timestamp_ltz",
    cells: texts[index] as string[],
  }));
  if (!opShown && !hasChanges(batch)) return columns;
  const ops = Array.from({ length: batch.rows }, (_, row) => opText(batch, row));
  return [{ name: "op", toRight: false, keepsEnd: false, cells: ops }, ...columns];
}

function isNumeric(type: DataType): boolean {
  return ["tinyint", "smallint", "int", "bigint", "float", "double", "decimal"].includes(type.kind);
}

/** Takes from the widest columns, one character at a time, until a line fits or nothing can give. */
function squeeze(widths: readonly number[], lineWidth: number): number[] {
  const fitted = [...widths];
  let excess = fitted.reduce((sum, width) => sum + width + CELL_FRAME, -1) - lineWidth;
  while (excess > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if ((fitted[widest] as number) <= NARROWEST) break;
    fitted[widest] = (fitted[widest] as number) - 1;
    excess--;
  }
  return fitted;
}

function lineOf(
  columns: readonly TableColumn[],
  widths: readonly number[],
  textOf: (column: TableColumn) => string,
): string {
  const cells = columns.map((column, index) => ` ${fitCell(textOf(column), widths[index] as number, column)} `);
  return cells.join("|").trimEnd();
}

function fitCell(text: string, width: number, { toRight, keepsEnd, name }: TableColumn): string {
  // What a time is made of takes one column of the terminal a character.
  const end = keepsEnd && text !== name && text.length > width;
  const cut = end ? `…${text.slice(text.length - width + 1)}` : cutText(text, width);
  const pad = " ".repeat(Math.max(0, width - textWidth(cut)));
  return toRight ? pad + cut : cut + pad;
}

/** At most `width` columns of the terminal, the last one `…` where something was cut. */
function cutText(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let kept = "";
  let used = 1;
  for (const character of text) {
    used += textWidth(character);
    if (used > width) break;
    kept += character;
  }
  return `${kept}…`;
}

/** Columns in a terminal: CJK and emoji take two. */
function textWidth(text: string): number {
  return Bun.stringWidth(text);
}

function paintRow(line: string, style: TableStyle, op: string): string {
  if (!style.color || op === "+I") return `${line}\n`;
  return `${op.startsWith("-") ? "\u001b[31m" : "\u001b[32m"}${line}\u001b[39m\n`;
}
