/**
 * Which tables several workers may read side by side. A worker aggregates what it reads, and partial aggregates merge; a query that
 * depends on the order of rows, or has to see rows of all partitions together, reads its tables in the first worker alone. Pure.
 */

import type { QueryProgram } from "../kernel/program.ts";
import { DEAD_LETTERS } from "../plan/dead-letters.ts";
import type { CompiledJob, CompiledQuery, CompiledStage } from "./compile.ts";

/** Number of the source → what the query that keeps it in one worker does. */
export function pinnedSources(job: CompiledJob): ReadonlyMap<number, string> {
  const pinned = new Map<number, string>();
  for (const query of job.queries) {
    const reason = whyPinned(job, query);
    if (reason === null) continue;
    for (const source of query.sources)
      if (!pinned.has(source)) pinned.set(source, `query "${query.query.label}" ${reason}`);
  }
  // Letters are put where records are read: a table of them is read wherever its letters come from, or all of it in one place.
  const letters = job.sources.findIndex(
    (source, index) => pinned.has(index) && source.table.options.connector === DEAD_LETTERS,
  );
  if (letters >= 0)
    for (const index of job.sources.keys()) if (!pinned.has(index)) pinned.set(index, pinned.get(letters) ?? "");
  return pinned;
}

/** Null when partial results of the query merge. */
function whyPinned({ program }: CompiledJob, { stages }: CompiledQuery): string | null {
  const [first, ...others] = stages;
  if (first === undefined || stages.every(({ kind }) => kind === "late")) return null;
  if (others.some(({ reads }) => reads))
    return stages.some(({ kind }) => kind === "join") ? "joins tables" : "unites tables";
  if (stages.some(({ clocked }) => clocked)) return "has windows of processing time";
  if (first.kind === "project") return others.length === 0 ? null : reasonOf(others[0]);
  const reading = program.queries[first.query];
  if (reading !== undefined && goesByOrder(reading)) return "depends on the order of rows";
  if (first.kind === "group-aggregate") return null;
  if (reading?.kind !== "window-aggregate") return reasonOf(first);
  if (reading.window.kind === "session") return "has session windows";
  return reading.top === undefined ? null : "ranks rows";
}

/** Places of rows are told by partition, and workers number theirs each for itself. */
function goesByOrder(query: QueryProgram): boolean {
  return "aggregates" in query && query.aggregates.some(({ function: name }) => ORDERED.has(name));
}

const ORDERED: ReadonlySet<string> = new Set(["FIRST_VALUE", "LAST_VALUE", "LISTAGG"]);

function reasonOf(stage: CompiledStage | undefined): string {
  switch (stage?.kind) {
    case "sort":
    case "over":
    case "lead":
      return "needs the rows of a table in order";
    case "ranked":
      return "ranks rows";
    default:
      return "sees the rows of all partitions together";
  }
}
