/**
 * What a window function asks for: its parameters, and the size, step and offset they give. Rules as Flink's (SliceAssigners:
 * size and step above 0, a cumulating size is a multiple of its step, a tumbling offset is below the size; hopping and
 * cumulating take any offset). Beyond Flink a hopping size need be no multiple of the slide. The kernel tells rows that missed
 * windows apart by fewer than a slice of microseconds, and a slice is gcd(size, step): that bounds the windows a row is in.
 */
import { formatDuration } from "../core/duration.ts";
import type { Span } from "../core/error.ts";
import { formatType } from "../core/type-text.ts";
import type { Expression, TableArgument } from "../sql/tree.ts";
import { bindExpression } from "./bind-expression.ts";
import type { Window } from "./plan.ts";
import { selectScope, withoutAggregates } from "./query-context.ts";
import type { Reporter } from "./report.ts";

export type Argument = Expression | TableArgument;

/** A window without its time column. */
export type WindowShape = Pick<Window, "kind" | "sizeMs" | "stepMs" | "offsetMs">;

export interface WindowKind {
  readonly kind: Window["kind"];
  /** The parameters behind the time column, in order, OFFSET left out; the last is the size, or the gap. */
  readonly lengths: readonly string[];
  /** How to write it in FROM. */
  readonly signature: string;
  /** How to write it in GROUP BY; null where it has no place there. */
  readonly groupSignature: string | null;
}

/** By the name of the function. */
export const windowKinds: Readonly<Record<string, WindowKind>> = {
  TUMBLE: {
    kind: "tumbling",
    lengths: ["SIZE"],
    signature: "TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '5' MINUTE [, offset])",
    groupSignature: "TUMBLE(ts, INTERVAL '5' MINUTE)",
  },
  HOP: {
    kind: "hopping",
    lengths: ["SLIDE", "SIZE"],
    signature: "HOP(TABLE t, DESCRIPTOR(ts), INTERVAL '1' MINUTE, INTERVAL '10' MINUTE [, offset])",
    groupSignature: "HOP(ts, INTERVAL '1' MINUTE, INTERVAL '10' MINUTE)",
  },
  CUMULATE: {
    kind: "cumulating",
    lengths: ["STEP", "SIZE"],
    signature: "CUMULATE(TABLE t, DESCRIPTOR(ts), INTERVAL '1' HOUR, INTERVAL '1' DAY [, offset])",
    groupSignature: null,
  },
  SESSION: {
    kind: "session",
    lengths: ["GAP"],
    signature: "SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), INTERVAL '30' MINUTE)",
    groupSignature: "SESSION(ts, INTERVAL '30' MINUTE)",
  },
};

/** The window of this name, null where there is none. */
export function windowKind(name: string): WindowKind | null {
  return Object.hasOwn(windowKinds, name) ? (windowKinds[name] ?? null) : null;
}

/** A length of time and where the script says it. */
export interface Length {
  readonly ms: number;
  readonly span: Span;
}

/** The lengths in the order of the kind's parameters, and the offset behind them. Null after an error. */
export function windowShape(
  report: Reporter,
  { kind, lengths: names }: WindowKind,
  given: { readonly lengths: readonly Argument[]; readonly offset: Argument | undefined },
): WindowShape | null {
  const lengths = given.lengths.map((node, i) => windowLength(report, node, (names[i] ?? "size").toLowerCase()));
  const offset = given.offset === undefined ? null : windowLength(report, given.offset, "offset");
  if (given.offset !== undefined && offset === null) return null;
  const size = lengths[lengths.length - 1];
  const step = lengths[0];
  if (size == null || step == null) return null;
  if (kind === "session" && offset !== null && given.offset !== undefined)
    return report.error({ code: "WINDOW-SIZE", message: "a session window has no offset", span: given.offset.span });
  return checkedShape(report, kind, { size, step, offset });
}

interface Lengths {
  readonly size: Length;
  readonly step: Length;
  readonly offset: Length | null;
}

/** The rules that hold for the lengths together. Null after an error. */
export function checkedShape(report: Reporter, kind: Window["kind"], lengths: Lengths): WindowShape | null {
  const { size, step, offset } = lengths;
  const what = kind === "hopping" ? "slide" : "step";
  const positive = [
    checkPositive(report, kind === "session" ? "gap" : "size", size),
    step === size || checkPositive(report, what, step),
  ];
  if (positive.includes(false)) return null;
  if (kind === "cumulating" && size.ms % step.ms !== 0) {
    const message = `the size of a cumulating window is a multiple of its step: ${formatDuration(size.ms)} is none of ${formatDuration(step.ms)}`;
    return report.error({ code: "WINDOW-SIZE", message, span: size.span });
  }
  if (kind === "tumbling" && offset !== null && Math.abs(offset.ms) >= size.ms) {
    const message = `the offset of the window must be smaller than its size of ${size.ms} ms`;
    return report.error({ code: "WINDOW-SIZE", message, span: offset.span });
  }
  const tumbling = size.ms === step.ms;
  if (!tumbling && !checkOverlap(report, what, lengths)) return null;
  const period = kind === "cumulating" ? size.ms : step.ms;
  const offsetMs = (offset?.ms ?? 0) % period;
  // Adding 0 makes a plain 0 of the -0 that remainders of negative numbers give.
  return {
    kind: tumbling && kind !== "session" ? "tumbling" : kind,
    sizeMs: size.ms,
    stepMs: step.ms,
    offsetMs: offsetMs + 0,
  };
}

function checkPositive(report: Reporter, what: string, { ms, span }: Length): boolean {
  if (ms > 0 && Number.isSafeInteger(ms)) return true;
  report.error({ code: "WINDOW-SIZE", message: `the ${what} of a window must be more than 0`, span });
  return false;
}

/** Whether the kernel can tell apart the windows that a row has missed. */
function checkOverlap(report: Reporter, what: string, { size, step }: Lengths): boolean {
  const slice = greatestCommonDivisor(size.ms, step.ms);
  if (fits(size.ms, step.ms)) return true;
  const windows = Math.ceil(size.ms / step.ms);
  const most = UNITS_PER_MS * slice - (size.ms % step.ms === 0 ? 1 : 0);
  const slices = `slices of ${formatDuration(slice)}, the longest time that divides ${what} and size`;
  report.error({
    code: "WINDOW-SIZE",
    message: `a row would be in ${windows} windows; with ${slices}, it can be in ${most} at most`,
    span: step.span,
    hint: longerStep(what, size.ms, step.ms),
  });
  return false;
}

/** A time attribute is kept in microseconds. */
const UNITS_PER_MS = 1000;

function fits(sizeMs: number, stepMs: number): boolean {
  return Math.floor(sizeMs / stepMs) < UNITS_PER_MS * greatestCommonDivisor(sizeMs, stepMs);
}

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const steps = [
  ...[10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 20, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 20, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 4, 6, 8, 12, 24].map((n) => n * HOUR),
];

/** The shortest round step from the one asked for on that works. */
function longerStep(what: string, sizeMs: number, stepMs: number): string {
  const found = steps.find((ms) => ms >= stepMs && sizeMs % ms === 0 && fits(sizeMs, ms));
  if (found === undefined) return `make the ${what} longer, and the size a multiple of it`;
  return `a ${what} of ${formatDuration(found)} works`;
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** A length of time: an INTERVAL literal of days or less. Null after an error. */
export function windowLength(report: Reporter, node: Argument, what: string): Length | null {
  const { span } = node;
  if (node.kind === "tableArgument") {
    return report.error({ code: "WINDOW-SIZE", message: `the ${what} of a window is an INTERVAL`, span });
  }
  const scope = selectScope(report, null, null);
  const bound = bindExpression(withoutAggregates(report, scope, `the ${what} of a window`), node);
  if (bound === null) return null;
  if (bound.type.kind === "interval_month") {
    const message = `the ${what} of a window is a fixed time: months and years have no fixed length`;
    return report.error({ code: "WINDOW-SIZE", message, span, hint: "write days: INTERVAL '30' DAY" });
  }
  if (bound.kind === "literal" && bound.type.kind === "interval_day" && bound.value !== null) {
    return { ms: Number(bound.value), span };
  }
  const message = `the ${what} of a window is an INTERVAL literal, not ${formatType(bound.type)}`;
  return report.error({ code: "WINDOW-SIZE", message, span, hint: "write INTERVAL '5' MINUTE" });
}
