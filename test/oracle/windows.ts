/**
 * The naive window oracle: what a batch job would compute from the same rows in the same partitions. Every row is put into the
 * list of its windows, whatever their kind, and the own partition's watermark before the row judges each window apart. Plain
 * objects, Maps and Sets, no cleverness.
 */

export interface OracleRow {
  readonly partition: number;
  /** Event time in ms; null = the row has none. */
  readonly timeMs: number | null;
  readonly key: string | null;
  readonly user: bigint | null;
}

export interface OracleSpec {
  readonly kind: "tumbling" | "hopping" | "cumulating";
  readonly sizeMs: number;
  /** Not read when tumbling. */
  readonly stepMs?: number;
  readonly offsetMs: number;
  /** The watermark's distance from the latest row. */
  readonly delayMs: number;
}

export interface OracleWindow {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly key: string | null;
  count: number;
  readonly users: Set<bigint>;
  /** Of the users that are there, each as often as it comes. */
  sum: bigint;
  known: number;
}

export interface OracleResult {
  /** By window end, then key (NULL first, bytes order). */
  readonly windows: readonly OracleWindow[];
  /** Rows that every one of their windows refused. */
  readonly late: number;
  /** Rows that at least one window took. */
  readonly counted: number;
  /** Windows that refused a row which another one took. */
  readonly missed: number;
  /** Rows in no window: between hopping windows with a slide beyond their size. */
  readonly outside: number;
}

export function windowOracle(rows: Iterable<OracleRow>, spec: OracleSpec): OracleResult {
  const watermarks = new Map<number, number>();
  const windows = new Map<string, OracleWindow>();
  const totals = { late: 0, counted: 0, missed: 0, outside: 0 };
  for (const row of rows) {
    if (row.timeMs === null) continue;
    const before = watermarks.get(row.partition) ?? Number.NEGATIVE_INFINITY;
    const candidate = row.timeMs - spec.delayMs;
    if (candidate > before) watermarks.set(row.partition, candidate);
    const all = windowsOf(row.timeMs, spec);
    const open = all.filter(({ end }) => before < end - 1);
    if (all.length === 0) totals.outside++;
    else if (open.length === 0) totals.late++;
    else {
      totals.counted++;
      totals.missed += all.length - open.length;
    }
    for (const window of open) count(windows, row, window);
  }
  return { windows: [...windows.values()].sort(byEndThenKey), ...totals };
}

export interface Bounds {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

/** Every window that holds the time. */
export function windowsOf(timeMs: number, { kind, sizeMs, stepMs = sizeMs, offsetMs }: OracleSpec): Bounds[] {
  const windows: Bounds[] = [];
  if (kind === "cumulating") {
    const start = floorTo(timeMs, sizeMs, offsetMs);
    for (let end = start + stepMs; end <= start + sizeMs; end += stepMs) windows.push({ start, end });
  } else {
    const step = kind === "tumbling" ? sizeMs : stepMs;
    const last = floorTo(timeMs, step, offsetMs);
    for (let start = last; start > timeMs - sizeMs - step; start -= step) windows.push({ start, end: start + sizeMs });
  }
  return windows.filter(({ start, end }) => start <= timeMs && timeMs < end);
}

function floorTo(value: number, size: number, offset: number): number {
  return Math.floor((value - offset) / size) * size + offset;
}

function count(windows: Map<string, OracleWindow>, row: OracleRow, { start, end }: Bounds): void {
  const id = `${start}|${end}|${row.key === null ? "-" : `+${row.key}`}`;
  let entry = windows.get(id);
  if (entry === undefined) {
    entry = { windowStart: start, windowEnd: end, key: row.key, count: 0, users: new Set(), sum: 0n, known: 0 };
    windows.set(id, entry);
  }
  entry.count++;
  if (row.user === null) return;
  entry.users.add(row.user);
  entry.sum += row.user;
  entry.known++;
}

function byEndThenKey(a: OracleWindow, b: OracleWindow): number {
  if (a.windowEnd !== b.windowEnd) return a.windowEnd - b.windowEnd;
  if (a.key === null || b.key === null) return (a.key === null ? 0 : 1) - (b.key === null ? 0 : 1);
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}
