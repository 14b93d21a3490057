/**
 * The frame of OVER: which rows of its partition a row's aggregates read. ROWS counts rows back from the current one. A frame
 * never reads rows behind the current one.
 */
import type { FrameBound, WindowFrame, WindowSpecification } from "../sql/tree.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";

/** Rows before the current one: from `preceding` of them (null: all) to `until` of them, 0 = to the current row. */
export interface Frame {
  readonly preceding: number | null;
  readonly until: number;
}

export const ALL_SO_FAR: Frame = { preceding: null, until: 0 };
const MOST_PRECEDING = 100_000;
const HINT = "write ROWS BETWEEN 2 PRECEDING AND CURRENT ROW";

/** Null after an error. */
export function bindFrame(surroundings: Surroundings, over: WindowSpecification): Frame | null {
  const { report } = surroundings;
  const { frame } = over;
  if (frame === null) return report.unsupported("OVER without a ROWS frame", over.span, HINT);
  if (frame.unit !== "ROWS") return report.unsupported("OVER with a RANGE frame", frame.span, HINT);
  const until = endOf(surroundings, frame);
  const preceding = until === null ? undefined : startOf(surroundings, frame);
  if (until === null || preceding === undefined) return null;
  if (until > 0 && preceding === null) {
    return report.unsupported("a frame from UNBOUNDED PRECEDING to rows before the current one", frame.span, HINT);
  }
  if (preceding !== null && preceding < until) {
    const message = "the frame ends before it begins";
    return report.error({ code: "OVER-FRAME", message, span: frame.span, hint: HINT });
  }
  return { preceding, until };
}

function endOf(surroundings: Surroundings, { end, span }: WindowFrame): number | null {
  if (end.kind === "currentRow") return 0;
  if (end.kind === "preceding") return rowsOf(surroundings, end);
  const what = "a frame that ends elsewhere than at CURRENT ROW or rows PRECEDING";
  return surroundings.report.unsupported(what, span, HINT);
}

/** Undefined after an error. */
function startOf(surroundings: Surroundings, { start, span }: WindowFrame): number | null | undefined {
  if (start.kind === "currentRow") return 0;
  if (start.kind === "unboundedPreceding") return null;
  if (start.kind === "preceding") return rowsOf(surroundings, start) ?? undefined;
  surroundings.report.unsupported("a frame that starts elsewhere than a number of rows PRECEDING", span, HINT);
  return undefined;
}

function rowsOf(surroundings: Surroundings, bound: Extract<FrameBound, { offset: unknown }>): number | null {
  const expression = bindExpression(surroundings, bound.offset);
  if (expression === null) return null;
  const value = expression.kind === "literal" && typeof expression.value === "bigint" ? expression.value : null;
  if (value !== null && value >= 0n && value <= BigInt(MOST_PRECEDING)) return Number(value);
  const message = `the rows of a frame are a whole literal from 0 to ${MOST_PRECEDING}`;
  return surroundings.report.error({ code: "OVER-FRAME", message, span: bound.offset.span, hint: HINT });
}
