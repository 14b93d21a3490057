/**
 * An error with the place it is about, for people: message, file:line:column, the line, a caret under the span, a hint.
 *
 *     error[SYNTAX]: expected ',' or FROM, found 'FORM'
 *      --> job.sql:3:10
 *       |
 *     3 | SELECT a FORM clicks
 *       |          ^^^^
 *       = hint: did you mean 'FROM'?
 *
 * Pure: the same for parse and bind errors, for files and prompts; colours are the caller's.
 */
import { type Cell, cellsOf, visible } from "./text-cells.ts";
import type { SqlError } from "./tree.ts";

/** Functions that colour a text; without them none is coloured. */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly red: (text: string) => string;
  readonly blue: (text: string) => string;
}

export interface RenderErrorRequest {
  /** The whole text the span is into. */
  readonly text: string;
  readonly fileName: string;
  readonly error: SqlError;
  readonly paint?: Paint;
}

/** Line and column count from 1; the column counts characters. */
export interface Place {
  readonly line: number;
  readonly column: number;
  /** UTF-16 offsets of the line in the text, its end without the line break. */
  readonly lineStart: number;
  readonly lineEnd: number;
}

const same = (text: string): string => text;
const plain: Paint = { bold: same, red: same, blue: same };

/** Columns of a line that are shown; longer ones are cut around the span. */
const MAX_COLUMNS = 160;
/** Columns shown before the span when a line is cut. */
const BEFORE_SPAN = 60;
/** Characters looked at on either side of the span: lines may be megabytes long. */
const REACH = 800;

/** Lines are joined by `\n`; there is none at the end. */
export function renderError({ text, fileName, error, paint = plain }: RenderErrorRequest): string {
  const start = Math.min(Math.max(0, error.span.start), text.length);
  const place = placeOf(text, start);
  const number = String(place.line);
  const gutter = " ".repeat(number.length);
  const bar = paint.blue("|");
  const { shown, carets } = underline(text, place, { start, end: Math.max(error.span.end, start) });
  const lines = [
    `${paint.bold(paint.red(`error[${error.code}]`))}${paint.bold(`: ${visible(error.message)}`)}`,
    `${gutter}${paint.blue("-->")} ${visible(fileName)}:${place.line}:${place.column}`,
    `${gutter} ${bar}`,
    `${paint.blue(number)} ${bar} ${shown}`.trimEnd(),
    `${gutter} ${bar} ${carets.replace(/\^+/, paint.red)}`,
  ];
  if (error.hint !== null) lines.push(`${gutter} ${paint.blue("=")} hint: ${visible(error.hint)}`);
  return lines.join("\n");
}

/** Where an offset is. Lines end at `\n` or `\r\n`. */
export function placeOf(text: string, offset: number): Place {
  let line = 1;
  let lineStart = 0;
  for (let at = text.indexOf("\n"); at !== -1 && at < offset; at = text.indexOf("\n", at + 1)) {
    line++;
    lineStart = at + 1;
  }
  const newline = text.indexOf("\n", lineStart);
  let lineEnd = newline === -1 ? text.length : newline;
  if (lineEnd > lineStart && text[lineEnd - 1] === "\r") lineEnd--;
  const column = [...text.slice(lineStart, Math.min(offset, lineEnd))].length + 1;
  return { line, column, lineStart, lineEnd };
}

interface Underlined {
  readonly shown: string;
  readonly carets: string;
}

function underline(text: string, place: Place, span: { readonly start: number; readonly end: number }): Underlined {
  const from = Math.max(place.lineStart, span.start - REACH);
  const to = Math.min(place.lineEnd, span.start + REACH);
  const start = Math.min(span.start, place.lineEnd) - from;
  const end = Math.max(start, Math.min(span.end, place.lineEnd) - from);
  const cells = cellsOf(text.slice(from, to));
  const cut = window(cells, start);
  const before = cut.cells.filter((cell) => cell.end <= start);
  const under = cut.cells.filter((cell) => cell.end > start && cell.start < end);
  const head = cut.cutBefore || from > place.lineStart ? "…" : "";
  const tail = cut.cutBehind || to < place.lineEnd ? "…" : "";
  const shown = head + cut.cells.map((cell) => cell.text).join("") + tail;
  return { shown, carets: " ".repeat(head.length + columns(before)) + "^".repeat(Math.max(1, columns(under))) };
}

/** At most `MAX_COLUMNS` of the cells, with the one at offset `start` among them. */
function window(
  cells: readonly Cell[],
  start: number,
): { cells: readonly Cell[]; cutBefore: boolean; cutBehind: boolean } {
  if (columns(cells) <= MAX_COLUMNS) return { cells, cutBefore: false, cutBehind: false };
  let first = cells.findIndex((cell) => cell.end > start);
  if (first === -1) first = cells.length;
  for (let room = BEFORE_SPAN; first > 0 && room > 0; room -= cells[first]?.width ?? 0) first--;
  let behind = first;
  for (let room = MAX_COLUMNS; behind < cells.length && room > 0; room -= cells[behind - 1]?.width ?? 0) behind++;
  return { cells: cells.slice(first, behind), cutBefore: first > 0, cutBehind: behind < cells.length };
}

function columns(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}
