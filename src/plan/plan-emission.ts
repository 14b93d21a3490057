/** When the rows of a window's groups leave: what SET says about it, checked already. */
import { parseDuration } from "../core/duration.ts";
import { parseEmission } from "../core/emission.ts";
import type { Span } from "../core/error.ts";
import type { CatalogTable } from "./catalog.ts";
import { lateRowsOf } from "./late-rows.ts";
import type { Emission, Window } from "./plan.ts";
import type { QueryContext } from "./query-context.ts";

const EARLY = "table.exec.emit.early-fire";

export interface WindowPlace {
  readonly window: Window;
  /** Where the rows come from. */
  readonly table: CatalogTable;
  readonly legacy: boolean;
  readonly span: Span;
}

/** `legacy`: GROUP BY names the window, as Flink's early-fire settings ask for. Undefined after an error. */
export function emissionOf(
  { settings, report }: QueryContext,
  { window, table, legacy, span }: WindowPlace,
): Emission | null | undefined {
  const asked = settings.get("emit");
  const everyMs = (asked === undefined ? null : parseEmission(asked)) ?? null;
  const { allowedMs, policy, judgedBy } = lateRowsOf(table, settings);
  if (policy === "update" && allowedMs === 0) {
    const hint = "SET 'late.allowed' = '10 min' says how long";
    const message = "'late.policy' is 'update', but nothing says how long windows are kept";
    report.error({ code: "SETTING-VALUE", message, span, hint });
    return undefined;
  }
  if (window.kind === "session" && (everyMs !== null || policy !== "drop" || judgedBy === "table")) {
    const hint =
      "a session's rows leave once, when it closes: SET 'emit' = 'on-close', and take 'late.policy' = 'drop', without a late table and judged by partitions";
    report.unsupported("sessions whose rows leave early or are corrected, or whose late rows are kept", span, hint);
    return undefined;
  }
  const later = allowedMs === 0 ? null : { everyMs: null, allowedMs };
  if (everyMs !== null) return { everyMs, allowedMs };
  if (settings.get(`${EARLY}.enabled`)?.trim().toLowerCase() !== "true") return later;
  if (legacy && window.kind !== "cumulating" && window.kind !== "session") {
    return { everyMs: parseDuration(settings.get(`${EARLY}.delay`) ?? "0 s") ?? 0, allowedMs };
  }
  const hint = "SET 'emit' = 'every 10 s' is for every window";
  report.unsupported(`${EARLY} with a window in FROM`, span, hint);
  return undefined;
}
