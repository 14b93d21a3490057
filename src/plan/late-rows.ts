/**
 * What becomes of rows that come too late for their windows: the options `late.*` of the table they are read from, where it has
 * them, else what SET says. The values were checked with the table, or by SET.
 */
import { parseDuration } from "../core/duration.ts";
import type { Span } from "../core/error.ts";
import type { CatalogTable } from "./catalog.ts";
import type { SettingValues } from "./plan-settings.ts";
import { type Relation, type Results, relationsBelow } from "./relation.ts";
import type { Reporter } from "./report.ts";

export interface LateRows {
  /** `drop`: counted; `side-output`: written to a table of their own; `update`: they correct windows that have closed. */
  readonly policy: "drop" | "side-output" | "update";
  /** How long a window that has closed still takes rows, in ms; 0 unless the policy is `update`. */
  readonly allowedMs: number;
  /** Whose watermark says which rows are late. */
  readonly judgedBy: "partition" | "table";
}

export function lateRowsOf(table: CatalogTable, settings: SettingValues): LateRows {
  const own = (key: string): string | undefined => table.request.options.find((option) => option.key === key)?.value;
  const value = (key: string): string | undefined => own(key) ?? settings.get(key);
  const word = (key: string): string | undefined => value(key)?.trim().toLowerCase();
  const judgedBy = word("late.judged-by") === "table" ? "table" : "partition";
  const policy = word("late.policy");
  if (policy === "update") return { policy, allowedMs: parseDuration(value("late.allowed") ?? "") ?? 0, judgedBy };
  const kept = policy === "side-output" || own("late.table") !== undefined;
  return { policy: kept ? "side-output" : "drop", allowedMs: 0, judgedBy };
}

/**
 * Says why late rows cannot correct a query on results: what it made of them cannot be taken back. False after an error.
 * `span`: where the query is, if the window has no place of its own.
 */
export function checkCorrections(report: Reporter, relation: Relation, span: Span): boolean {
  const { results: above, join } = relation;
  if (
    join !== undefined &&
    (join.interval !== null || join.window !== null) &&
    ![join.left, join.right].every((side) => checkTimed(report, side.relation, join.span))
  )
    return false;
  return relationsBelow(relation).every((one) => checkRead(report, one, { above, span }));
}

/** A relation that another one reads; `above`: what stands between them. */
function checkRead(
  report: Reporter,
  relation: Relation,
  { above, span }: { readonly above: Results | null; readonly span: Span },
): boolean {
  const { table } = relation;
  const asked = table.request.options.some(({ key, value }) => key === "late.policy" && value === "update");
  const corrected = relation.aggregation?.corrected === true;
  const keeps = table.request.options.some(({ key }) => key === "late.table");
  const ungrouped = (asked && above?.top?.window != null) || ((asked || keeps) && above?.sorted !== undefined);
  if (!corrected && !ungrouped) return checkCorrections(report, relation, span);
  if (!corrected && !asked) {
    report.unsupported(
      "'late.table' on a table that OVER reads",
      span,
      "late rows of OVER are counted: leave the option out",
    );
    return false;
  }
  const what = corrected ? "below another query" : "without GROUP BY";
  const hint = `FROM ${table.name} /*+ OPTIONS('late.policy' = 'drop') */ reads it without corrections`;
  report.unsupported(`'late.policy' = 'update' ${what}`, relation.windowSpan ?? above?.top?.span ?? span, hint);
  return false;
}

/** A side of a join by time or of windows, which judges the rows of a table itself. */
function checkTimed(report: Reporter, { table, results, join, aggregation }: Relation, span: Span): boolean {
  if (results !== null || join !== undefined || aggregation !== null) return true;
  const { options } = table.request;
  const own = options.find(({ key, value }) => key === "late.table" || (key === "late.policy" && value === "update"));
  if (own === undefined) return true;
  const hint = "late rows of a join are counted: leave the option out";
  report.unsupported(`'${own.key}' on a table that a join reads`, span, hint);
  return false;
}
