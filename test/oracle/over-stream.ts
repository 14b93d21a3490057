/**
 * OVER on the rows of one partition, naively: after every row the watermark is what it is, everything it has reached leaves in order of
 * time, and a row is late when a row of its key has left with the same time or a later one.
 */
import type { OracleRow } from "./windows.ts";

export interface Left {
  readonly row: OracleRow;
  /** Rows of its key that left before it, and itself, in order. */
  readonly history: readonly OracleRow[];
  /** The same, with all of its own time. */
  readonly peers: readonly OracleRow[];
}

/** The rows as they leave; rows without time are left out by the caller. */
export function overStream(
  rows: readonly OracleRow[],
  delayMs: number,
  keyOf: (row: OracleRow) => unknown,
): { readonly left: readonly Left[]; readonly late: number } {
  const out: OracleRow[] = [];
  const last = new Map<unknown, number>();
  let waiting: { readonly row: OracleRow; readonly time: number }[] = [];
  let watermark = Number.NEGATIVE_INFINITY;
  let late = 0;
  const leave = (reached: number): void => {
    const sorted = waiting.filter(({ time }) => time <= reached).toSorted((a, b) => a.time - b.time);
    waiting = waiting.filter(({ time }) => time > reached);
    for (const { row, time } of sorted) {
      last.set(keyOf(row), time);
      out.push(row);
    }
  };
  for (const row of rows) {
    const time = row.timeMs ?? 0;
    if (time <= (last.get(keyOf(row)) ?? Number.NEGATIVE_INFINITY)) late++;
    else waiting.push({ row, time });
    if (time - delayMs > watermark) {
      watermark = time - delayMs;
      leave(watermark);
    }
  }
  leave(Number.POSITIVE_INFINITY);
  const histories = new Map<unknown, OracleRow[]>();
  const left = out.map((row, i) => {
    const history = [...(histories.get(keyOf(row)) ?? []), row];
    histories.set(keyOf(row), history);
    const after = out.slice(i + 1).filter((other) => other.timeMs === row.timeMs && keyOf(other) === keyOf(row));
    return { row, history, peers: [...history, ...after] };
  });
  return { left, late };
}
