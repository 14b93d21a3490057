/**
 * Spark's window function, `window(ts, '10 minutes' [, '1 minute' [, start]])` in GROUP BY, and its session_window(ts, '30 minutes'): the lengths are
 * text in words, the size comes first, and the slide, when there is one, may be any (in Spark it is at most the size).
 */
import type { Expression } from "../sql/tree.ts";
import type { CallNode } from "./bind-context.ts";
import { readIntervalWords } from "./interval-words.ts";
import type { Reporter } from "./report.ts";
import { checkedShape, type Length, type WindowShape, windowLength } from "./window-shape.ts";

const WINDOW = "WINDOW";
const SESSION = "SESSION_WINDOW";

export function isSpark(name: string): boolean {
  return name === WINDOW || name === SESSION;
}

const signature = "window(ts, '10 minutes', '1 minute')";

/** Null after an error. */
export function sparkShape(report: Reporter, node: CallNode): WindowShape | null {
  if (node.name === SESSION) return sessionShape(report, node);
  const [time, size, slide, start] = node.arguments;
  if (time === undefined || size === undefined || node.arguments.length > 4) {
    const message = `"window" takes 2 to 4 arguments, not ${node.arguments.length}`;
    return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint: `write ${signature}` });
  }
  const sizeLength = length(report, size, "size");
  const step = slide === undefined ? sizeLength : length(report, slide, "slide");
  const offset = start === undefined ? null : length(report, start, "start");
  if (sizeLength === null || step === null || (start !== undefined && offset === null)) return null;
  const kind = slide === undefined ? "tumbling" : "hopping";
  return checkedShape(report, kind, { size: sizeLength, step, offset });
}

function sessionShape(report: Reporter, node: CallNode): WindowShape | null {
  const [time, gap, ...others] = node.arguments;
  if (time === undefined || gap === undefined || others.length > 0) {
    const message = `"session_window" takes 2 arguments, not ${node.arguments.length}`;
    const hint = "write session_window(ts, '30 minutes')";
    return report.error({ code: "ARGUMENT-COUNT", message, span: node.span, hint });
  }
  const size = length(report, gap, "gap");
  return size && checkedShape(report, "session", { size, step: size, offset: null });
}

function length(report: Reporter, node: Expression, what: string): Length | null {
  if (node.kind !== "string") return windowLength(report, node, what);
  const ms = readIntervalWords(node.value);
  if (typeof ms === "number") return { ms, span: node.span };
  const message =
    ms === "calendar"
      ? `the ${what} of a window is a fixed time: months and years have no fixed length`
      : `the ${what} of a window is a length of time in words, not "${node.value}"`;
  const hint = ms === "calendar" ? "write days: '30 days'" : "write '10 minutes'";
  return report.error({ code: "WINDOW-SIZE", message, span: node.span, hint });
}
