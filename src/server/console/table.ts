/** The rows of the latest windows. A window's start is dimmed where it repeats, so that windows read as blocks. */
import { formatCell } from "./format.ts";
import { isNumeric, type Row, type ViewInfo } from "./rows.ts";

export function drawHead(head: HTMLElement, info: ViewInfo): void {
  const line = document.createElement("tr");
  for (const column of info.columns) {
    const cell = document.createElement("th");
    cell.scope = "col";
    cell.textContent = column.name;
    cell.title = column.type;
    if (isNumeric(column)) cell.className = "number";
    if (column.name === "window_end") cell.classList.add("window-end");
    line.append(cell);
  }
  head.replaceChildren(line);
}

export function drawRows(body: HTMLElement, info: ViewInfo, rows: readonly Row[]): void {
  let before: Row | null = null;
  const lines = rows.map((row) => {
    const line = drawRow(info, row, before);
    before = row;
    return line;
  });
  body.replaceChildren(...lines);
}

/** A narrow screen shows the date of a time only where it is new. */
function cellParts(text: string, type: string): (string | HTMLElement)[] {
  const parts = type.startsWith("TIMESTAMP") ? /^(\d{4}-\d\d-\d\d )(.*)$/.exec(text) : null;
  if (parts === null) return [text];
  const date = document.createElement("span");
  date.className = "date";
  date.textContent = parts[1] as string;
  return [date, parts[2] as string];
}

function drawRow(info: ViewInfo, row: Row, before: Row | null): HTMLElement {
  const line = document.createElement("tr");
  const sameWindow =
    before !== null && info.windowColumn !== null && before[info.windowColumn] === row[info.windowColumn];
  if (before !== null && !sameWindow && info.windowColumn !== null) line.className = "next-window";
  for (const column of info.columns) {
    const value = row[column.name] ?? null;
    const cell = document.createElement("td");
    cell.append(...cellParts(formatCell(value, column.type), column.type));
    if (column.name === "window_end") cell.classList.add("window-end");
    if (isNumeric(column)) cell.classList.add("number");
    if (value === null) cell.classList.add("null");
    if (sameWindow && /^(TIMESTAMP|DATE|TIME)/.test(column.type) && before?.[column.name] === value)
      cell.classList.add("repeat");
    line.append(cell);
  }
  return line;
}
