/** Why a query's next window is still open. */
import { formatDuration } from "../core/duration.ts";
import type { QueryStatus, SourceStatus } from "../engine/status.ts";

/** What it waits for, and who holds that back; null where no window with rows is open. */
export function waitsFor(query: QueryStatus, sources: readonly SourceStatus[]): string | null {
  const { nextWindowEnd, operators, behindMs = 0 } = query;
  if (nextWindowEnd === null) return null;
  const read = new Set(operators.map(({ table }) => table));
  const [last] = sources
    .filter(({ name }) => read.has(name))
    .sort((a, b) => (a.watermark ?? Number.NEGATIVE_INFINITY) - (b.watermark ?? Number.NEGATIVE_INFINITY));
  if (last === undefined) return null;
  const by = last.holdback ?? `every partition of ${last.name} is silent or at its end`;
  if (last.watermark === null) return `the first watermark of ${last.name}; ${by}`;
  // A window [start, end) is closed by a watermark of its end − 1 ms.
  const missing = nextWindowEnd - 1 + behindMs - last.watermark;
  if (missing <= 0) return "its rows are about to leave";
  const end =
    behindMs === 0
      ? "the end"
      : `the end and ${formatDuration(behindMs)} more, by which rows joined by time may come later`;
  return `the watermark of ${last.name}, which is ${lengthText(missing)} before ${end}; ${by}`;
}

/** To a tenth of its unit. */
function lengthText(ms: number): string {
  if (ms < 1000) return `${ms} ms`;
  if (ms < 120_000) return `${(ms / 1000).toFixed(1)} s`;
  return ms < 7_200_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}
