/**
 * What the console knows of a view: its rows, kept by primary key (or all of them where there is none), bounded in windows
 * and rows. Pure; the chart and the table are computed from it.
 */
export interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

export interface ViewInfo {
  readonly name: string;
  readonly columns: readonly ColumnInfo[];
  /** Null = rows are only added; none = there is one row. */
  readonly primaryKey: readonly string[] | null;
  readonly windowColumn: string | null;
  readonly rows: number;
  /** That left because the view was full. */
  readonly droppedRows: number;
}

/** bigint for whole numbers a double cannot hold. */
export type Cell = null | boolean | number | bigint | string;
export type Row = Readonly<Record<string, Cell>>;

export interface RowsEvent {
  readonly rows: readonly Row[];
  /** Change kinds, absent when all rows are new. */
  readonly ops?: readonly string[];
}

const MAX_ROWS = 20_000;
const MAX_WINDOWS = 240;

export class RowStore {
  readonly #info: ViewInfo;
  readonly #rows = new Map<string, Row>();
  #arrived = 0;
  /** Rows of the oldest window were left out: its sums are not whole. */
  #cut = false;

  constructor(info: ViewInfo) {
    this.#info = info;
  }

  get size(): number {
    return this.#rows.size;
  }

  /** Whether the only window there is has more rows than are kept. */
  get cut(): boolean {
    return this.#cut;
  }

  clear(): void {
    this.#rows.clear();
    this.#cut = false;
  }

  /** The newest rows of a view, `limit` at most: where there may be more, the oldest window has lost some, and goes. */
  load(event: RowsEvent, limit: number): void {
    this.clear();
    this.apply(event);
    if (event.rows.length >= limit) this.#dropOldestWindow();
  }

  apply({ rows, ops }: RowsEvent): void {
    rows.forEach((row, index) => {
      const op = ops?.[index] ?? "+I";
      const key = this.#keyOf(row);
      this.#rows.delete(key);
      if (op === "+I" || op === "+U") this.#rows.set(key, row);
    });
    this.#trim();
  }

  rows(): Iterable<Row> {
    return this.#rows.values();
  }

  /** Window starts there are, rising. */
  windows(): string[] {
    const { windowColumn } = this.#info;
    if (windowColumn === null) return [];
    const starts = new Set<string>();
    for (const row of this.#rows.values()) {
      const start = row[windowColumn];
      if (typeof start === "string") starts.add(start);
    }
    return [...starts].sort();
  }

  #keyOf(row: Row): string {
    const { primaryKey } = this.#info;
    if (primaryKey === null) return String(this.#arrived++);
    return JSON.stringify(primaryKey.map((name) => String(row[name])));
  }

  #trim(): void {
    const windows = this.windows();
    const { windowColumn } = this.#info;
    if (windowColumn !== null && windows.length > MAX_WINDOWS) {
      const first = windows[windows.length - MAX_WINDOWS] as string;
      for (const [key, row] of this.#rows) if (String(row[windowColumn]) < first) this.#rows.delete(key);
    }
    // Whole windows go: half of one would draw wrong sums.
    while (this.#rows.size > MAX_ROWS && this.#dropOldestWindow());
    for (const key of this.#rows.keys()) {
      if (this.#rows.size <= MAX_ROWS) return;
      this.#rows.delete(key);
      this.#cut = true;
    }
  }

  /** False where it is the only one, which stays, or there are no windows. */
  #dropOldestWindow(): boolean {
    const [oldest, next] = this.windows();
    const { windowColumn } = this.#info;
    if (next === undefined || windowColumn === null) {
      this.#cut = true;
      return false;
    }
    for (const [key, row] of this.#rows) if (row[windowColumn] === oldest) this.#rows.delete(key);
    return true;
  }
}

const NUMERIC = /^(TINYINT|SMALLINT|INT|BIGINT|FLOAT|DOUBLE|DECIMAL)/;

export function isNumeric(column: ColumnInfo): boolean {
  return NUMERIC.test(column.type);
}

/** Columns a chart can draw, best first: measures, not keys. */
export function valueColumns(info: ViewInfo): string[] {
  const measures = info.columns.filter((column) => isNumeric(column) && !info.primaryKey?.includes(column.name));
  return measures.map((column) => column.name);
}

/** Columns that can tell series apart: everything that is neither a time nor a measure. */
export function groupColumns(info: ViewInfo): string[] {
  const isTime = (column: ColumnInfo) => /^(TIMESTAMP|DATE|TIME)/.test(column.type);
  const keys = info.columns.filter((column) => !isTime(column));
  return keys
    .filter((column) => !isNumeric(column) || info.primaryKey?.includes(column.name) === true)
    .map((column) => column.name);
}

export interface Series {
  readonly name: string;
  readonly other: boolean;
  /** One a window; null where the group has no row. */
  readonly values: readonly (number | null)[];
  readonly total: number;
}

export interface ChartData {
  /** Seconds since 1970 of each window's wall clock, rising. */
  readonly times: readonly number[];
  readonly series: readonly Series[];
  /** Groups joined in the last series. */
  readonly others: number;
}

export interface ChartChoice {
  readonly value: string;
  /** Null: all rows of a window together. */
  readonly group: string | null;
  readonly top: number;
}

/** The groups with the largest sums of the value, and the rest as one. */
export function chartData(store: RowStore, windowColumn: string, choice: ChartChoice): ChartData {
  const windows = store.windows();
  const at = new Map(windows.map((start, index) => [start, index]));
  const groups = new Map<string, { values: (number | null)[]; total: number }>();
  for (const row of store.rows()) {
    const index = at.get(String(row[windowColumn]));
    const value = toNumber(row[choice.value] ?? null);
    if (index === undefined || value === null) continue;
    const name = choice.group === null ? choice.value : String(row[choice.group] ?? "NULL");
    const group = groups.get(name) ?? { values: windows.map(() => null), total: 0 };
    group.values[index] = (group.values[index] ?? 0) + value;
    group.total += value;
    groups.set(name, group);
  }
  const ranked = [...groups].sort(([a, x], [b, y]) => y.total - x.total || (a < b ? -1 : 1));
  const shown = ranked.length <= choice.top + 1 ? ranked : ranked.slice(0, choice.top);
  const series: Series[] = shown.map(([name, group]) => ({ name, other: false, ...group }));
  const rest = ranked.slice(shown.length);
  if (rest.length > 0) series.push(joinSeries(rest.map(([, group]) => group)));
  return { times: windows.map(windowSeconds), series, others: rest.length };
}

function joinSeries(groups: readonly { values: readonly (number | null)[]; total: number }[]): Series {
  const values = (groups[0]?.values ?? []).map((_, index) => {
    let sum: number | null = null;
    for (const group of groups) {
      const value = group.values[index] ?? null;
      if (value !== null) sum = (sum ?? 0) + value;
    }
    return sum;
  });
  return {
    name: `${groups.length} others`,
    other: true,
    values,
    total: groups.reduce((sum, { total }) => sum + total, 0),
  };
}

export function toNumber(cell: Cell): number | null {
  return typeof cell === "number" || typeof cell === "bigint" ? Number(cell) : null;
}

/** `2024-05-01 12:00:00[.fff][Z]` as it reads on the wall, in seconds. */
export function windowSeconds(text: string): number {
  return Date.parse(`${text.replace(" ", "T").replace(/Z$/, "")}Z`) / 1000;
}

/** Newest windows first, in a window the largest value first. */
export function latestRows(
  store: RowStore,
  windowColumn: string | null,
  choice: { value: string | null; limit: number },
): Row[] {
  const { value, limit } = choice;
  const rows = [...store.rows()].reverse();
  const byValue = (a: Row, b: Row): number =>
    value === null ? 0 : (toNumber(b[value] ?? null) ?? -Infinity) - (toNumber(a[value] ?? null) ?? -Infinity) || 0;
  if (windowColumn === null) return rows.slice(0, limit);
  const start = (row: Row): string => String(row[windowColumn] ?? "");
  return rows.sort((a, b) => (start(a) === start(b) ? byValue(a, b) : start(a) < start(b) ? 1 : -1)).slice(0, limit);
}
