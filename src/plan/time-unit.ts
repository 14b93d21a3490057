/** Units of time as arguments: `TIMESTAMPDIFF(MINUTE, …)`. A unit arrives as a bare name or as a string. */
import type { Expression } from "../sql/tree.ts";
import { suggest } from "./report.ts";

/** Upper-case and singular; null when the argument is no name at all. */
export function unitOf(node: Expression): string | null {
  const written = writtenName(node);
  if (written === null) return null;
  return written
    .toUpperCase()
    .replace(/^SQL_TSI_/, "")
    .replace(/^(YEAR|QUARTER|MONTH|WEEK|DAY|HOUR|MINUTE|SECOND)S$/, "$1");
}

function writtenName(node: Expression): string | null {
  if (node.kind === "string") return node.value;
  if (node.kind !== "column" || node.name.parts.length !== 1) return null;
  return node.name.parts[0]?.name ?? null;
}

export function nearestUnit(unit: string, units: readonly string[]): string | null {
  return suggest(unit, units, "units are");
}
