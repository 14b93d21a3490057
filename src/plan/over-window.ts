/** `OVER w` and `OVER (w ORDER BY …)`: the window that the SELECT defines behind WINDOW, with what stands in the parentheses. */
import type { NamedWindow, WindowSpecification } from "../sql/tree.ts";
import { type Reporter, suggest } from "./report.ts";

/** The window written out. One in the list may go on from those before it. Null after an error. */
export function namedWindow(
  report: Reporter,
  written: WindowSpecification,
  windows: readonly NamedWindow[],
): WindowSpecification | null {
  const { base } = written;
  if (base === null) return written;
  const at = windows.findIndex(({ name }) => name.name === base.name);
  const found = windows[at];
  if (found === undefined) {
    const names = windows.map(({ name }) => name.name);
    const hint = suggest(base.name, names, "windows are") ?? `write WINDOW ${base.name} AS (…) behind the conditions`;
    return report.error({
      code: "UNKNOWN-WINDOW",
      message: `there is no window "${base.name}"`,
      span: base.span,
      hint,
    });
  }
  const known = namedWindow(report, found.window, windows.slice(0, at));
  return known && joined(report, known, written);
}

/** SQL:2003 7.11: PARTITION BY is the named window's; ORDER BY may be added where it has none, and a frame where it has none. */
function joined(
  report: Reporter,
  known: WindowSpecification,
  written: WindowSpecification,
): WindowSpecification | null {
  const name = written.base?.name ?? "";
  const twice =
    written.partitionBy.length > 0
      ? "PARTITION BY"
      : known.orderBy.length > 0 && written.orderBy.length > 0
        ? "ORDER BY"
        : known.frame !== null && written.frame !== null
          ? written.frame.unit
          : null;
  if (twice !== null) {
    const message = `${twice} stands behind window "${name}", which has its own`;
    return report.error({ code: "WINDOW-TWICE", message, span: written.span, hint: "write the window out" });
  }
  return {
    base: null,
    partitionBy: known.partitionBy,
    orderBy: written.orderBy.length > 0 ? written.orderBy : known.orderBy,
    frame: written.frame ?? known.frame,
    span: written.span,
  };
}
