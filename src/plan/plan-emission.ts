/** When the rows of a window's groups leave: what SET says about it, checked already. */
import { parseDuration } from "../core/duration.ts";
import { parseEmission } from "../core/emission.ts";
import type { Span } from "../core/error.ts";
import type { Emission, Window } from "./plan.ts";
import type { QueryContext } from "./query-context.ts";

const EARLY = "table.exec.emit.early-fire";

/** `legacy`: GROUP BY names the window, as Flink's early-fire settings ask for. Undefined after an error. */
export function emissionOf(
  { settings, report }: QueryContext,
  { window, legacy, span }: { readonly window: Window; readonly legacy: boolean; readonly span: Span },
): Emission | null | undefined {
  const asked = settings.get("emit");
  const everyMs = (asked === undefined ? null : parseEmission(asked)) ?? null;
  if (everyMs !== null) return { everyMs, allowedMs: 0 };
  if (settings.get(`${EARLY}.enabled`)?.trim().toLowerCase() !== "true") return null;
  if (legacy && window.kind !== "cumulating") {
    return { everyMs: parseDuration(settings.get(`${EARLY}.delay`) ?? "0 s") ?? 0, allowedMs: 0 };
  }
  const hint = "SET 'emit' = 'every 10 s' is for every window";
  report.unsupported(`${EARLY} with a window in FROM`, span, hint);
  return undefined;
}
