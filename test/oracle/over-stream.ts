/**
 * OVER on the rows of a table, naively: rows stand in the canonical sequence, by the watermark of their own partition before them, then
 * partition, then position. Before each row everything leaves that its watermark has reached, in order of time; it is late when a
 * row of its key has left with the same time or a later one.
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
  let reached = Number.NEGATIVE_INFINITY;
  let late = 0;
  const leave = (watermark: number): void => {
    if (watermark <= reached) return;
    reached = watermark;
    const sorted = waiting.filter(({ time }) => time <= watermark).toSorted((a, b) => a.time - b.time);
    waiting = waiting.filter(({ time }) => time > watermark);
    for (const { row, time } of sorted) {
      last.set(keyOf(row), time);
      out.push(row);
    }
  };
  for (const { row, before } of sequence(rows, delayMs)) {
    const time = row.timeMs ?? 0;
    leave(before);
    if (time <= (last.get(keyOf(row)) ?? Number.NEGATIVE_INFINITY)) late++;
    else waiting.push({ row, time });
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

/** The rows, those of a partition in their order, by the watermark before them. */
function sequence(rows: readonly OracleRow[], delayMs: number): { readonly row: OracleRow; readonly before: number }[] {
  const watermarks = new Map<number, number>();
  const judged = rows.map((row) => {
    const before = watermarks.get(row.partition) ?? Number.NEGATIVE_INFINITY;
    watermarks.set(row.partition, Math.max(before, (row.timeMs ?? 0) - delayMs));
    return { row, before };
  });
  return judged.toSorted((a, b) => {
    if (a.before !== b.before) return a.before < b.before ? -1 : 1;
    return a.row.partition - b.row.partition;
  });
}
