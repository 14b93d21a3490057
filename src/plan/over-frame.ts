/**
 * The frame of OVER: which rows of its partition a row's aggregates read. ROWS counts rows back from the current one; RANGE goes by
 * the time that ORDER BY names, to all rows of the current row's own time. A frame never reads rows behind these.
 */
import type { FrameBound, WindowFrame, WindowSpecification } from "../sql/tree.ts";
import { bindExpression, type Surroundings } from "./bind-expression.ts";

export type Frame =
  /** From `preceding` rows (null: all) to `until` rows before the current one, 0 = to itself. */
  | { readonly unit: "ROWS"; readonly preceding: number | null; readonly until: number }
  /** From `preceding` ms (null: all) before the row's time to that time. */
  | { readonly unit: "RANGE"; readonly preceding: number | null; readonly until: 0 };

export const ALL_SO_FAR: Frame = { unit: "ROWS", preceding: null, until: 0 };
/** Without a frame peers are in it. */
const DEFAULT: Frame = { unit: "RANGE", preceding: null, until: 0 };
const MOST_PRECEDING = 100_000;
const HINT = "write ROWS BETWEEN 2 PRECEDING AND CURRENT ROW";
const RANGE_HINT = "write RANGE BETWEEN INTERVAL '10' MINUTE PRECEDING AND CURRENT ROW";

/** Null after an error. */
export function bindFrame(surroundings: Surroundings, { frame }: WindowSpecification): Frame | null {
  const { report } = surroundings;
  if (frame === null) return DEFAULT;
  if (frame.unit === "RANGE") return bindRange(surroundings, frame);
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
  return { unit: "ROWS", preceding, until };
}

function bindRange(surroundings: Surroundings, { start, end, span }: WindowFrame): Frame | null {
  const { report } = surroundings;
  if (end.kind !== "currentRow")
    return report.unsupported("a RANGE frame that ends elsewhere than at CURRENT ROW", span, RANGE_HINT);
  if (start.kind === "unboundedPreceding") return DEFAULT;
  if (start.kind === "currentRow") return { unit: "RANGE", preceding: 0, until: 0 };
  if (start.kind !== "preceding")
    return report.unsupported("a RANGE frame that starts elsewhere than at a time PRECEDING", span, RANGE_HINT);
  const expression = bindExpression(surroundings, start.offset);
  if (expression === null) return null;
  const value = expression.kind === "literal" && typeof expression.value === "bigint" ? expression.value : null;
  if (expression.type.kind === "interval_day" && value !== null && value >= 0n && value <= Number.MAX_SAFE_INTEGER)
    return { unit: "RANGE", preceding: Number(value), until: 0 };
  const message = "a RANGE frame starts an INTERVAL of days or less, not below zero, before the current row";
  return report.error({ code: "OVER-FRAME", message, span: start.offset.span, hint: RANGE_HINT });
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
  const whole = expression.kind === "literal" && typeof expression.value === "bigint";
  const value = whole && !expression.type.kind.startsWith("interval") ? (expression.value as bigint) : null;
  if (value !== null && value >= 0n && value <= BigInt(MOST_PRECEDING)) return Number(value);
  const message = `the rows of a frame are a whole literal from 0 to ${MOST_PRECEDING}`;
  return surroundings.report.error({ code: "OVER-FRAME", message, span: bound.offset.span, hint: HINT });
}
