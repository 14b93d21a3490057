/**
 * The naive tumbling-window oracle: what a batch job would compute from the same rows in the same partitions, with the
 * documented rule for late rows (own partition's watermark before the row). Plain objects, Maps and Sets, no cleverness.
 */

export interface OracleRow {
  readonly partition: number;
  /** Event time in ms; null = the row has none. */
  readonly timeMs: number | null;
  readonly key: string | null;
  readonly user: bigint | null;
}

export interface OracleWindow {
  readonly windowStart: number;
  readonly windowEnd: number;
  readonly key: string | null;
  count: number;
  readonly users: Set<bigint>;
}

export interface OracleResult {
  /** By window end, then key (NULL first, bytes order). */
  readonly windows: readonly OracleWindow[];
  readonly late: number;
  readonly counted: number;
}

export function tumblingOracle(
  rows: Iterable<OracleRow>,
  window: { readonly sizeMs: number; readonly offsetMs: number; readonly delayMs: number },
): OracleResult {
  const watermarks = new Map<number, number>();
  const windows = new Map<string, OracleWindow>();
  let late = 0;
  let counted = 0;
  for (const row of rows) {
    if (row.timeMs === null) continue;
    const before = watermarks.get(row.partition) ?? Number.NEGATIVE_INFINITY;
    const candidate = row.timeMs - window.delayMs;
    if (candidate > before) watermarks.set(row.partition, candidate);
    const windowStart = row.timeMs - modulo(row.timeMs - window.offsetMs, window.sizeMs);
    const windowEnd = windowStart + window.sizeMs;
    if (before >= windowEnd - 1) {
      late++;
      continue;
    }
    counted++;
    const id = `${windowStart}|${row.key === null ? "-" : `+${row.key}`}`;
    let entry = windows.get(id);
    if (entry === undefined) {
      entry = { windowStart, windowEnd, key: row.key, count: 0, users: new Set() };
      windows.set(id, entry);
    }
    entry.count++;
    if (row.user !== null) entry.users.add(row.user);
  }
  return { windows: [...windows.values()].sort(byEndThenKey), late, counted };
}

function modulo(value: number, size: number): number {
  const rest = value % size;
  return rest < 0 ? rest + size : rest;
}

function byEndThenKey(a: OracleWindow, b: OracleWindow): number {
  if (a.windowEnd !== b.windowEnd) return a.windowEnd - b.windowEnd;
  if (a.key === null || b.key === null) return (a.key === null ? 0 : 1) - (b.key === null ? 0 : 1);
  return Buffer.compare(Buffer.from(a.key), Buffer.from(b.key));
}
