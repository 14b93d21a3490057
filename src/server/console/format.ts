/** Numbers, durations and cells as people read them; and JSON that keeps long whole numbers. */
import type { Cell } from "./rows.ts";

const plain = new Intl.NumberFormat("en", { maximumFractionDigits: 3 });
const compact = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

export function formatCount(value: number): string {
  return Math.abs(value) < 1_000_000 ? plain.format(value) : compact.format(value);
}

export function formatAxis(value: number): string {
  return Math.abs(value) < 10_000 ? plain.format(value) : compact.format(value);
}

/** Decimals with all digits of their scale, where the column's SQL type is given. */
export function formatCell(cell: Cell, type = ""): string {
  if (cell === null) return "NULL";
  if (typeof cell !== "number" && typeof cell !== "bigint") return String(cell);
  const scale = /^DECIMAL\(\d+, (\d+)\)$/.exec(type)?.[1];
  if (scale === undefined) return plain.format(cell);
  const digits = Math.min(20, Number(scale));
  return new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(cell);
}

/** `0.1 %`; what is not quite nothing says so. */
export function formatShare(share: number): string {
  const percent = share * 100;
  return percent > 0 && percent < 0.001 ? "< 0.001 %" : `${plain.format(Number(percent.toPrecision(2)))} %`;
}

const UNITS: readonly [string, number][] = [
  ["d", 86_400],
  ["h", 3600],
  ["min", 60],
];

/** `850 ms`, `4.2 s`, `3 min 5 s`, `2 d 4 h`. */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  const seconds = ms / 1000;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const at = UNITS.findIndex(([, size]) => seconds >= size);
  const [unit, size] = UNITS[at] as [string, number];
  const [small, smallSize] = UNITS[at + 1] ?? ["s", 1];
  const rest = Math.floor((seconds % size) / smallSize);
  return `${Math.floor(seconds / size)} ${unit}${rest > 0 ? ` ${rest} ${small}` : ""}`;
}

interface SourceText {
  readonly source?: string;
}

/** Whole numbers beyond 2^53 become bigint where the browser shows the digits (JSON.parse source text access). */
export function parseJson<T>(text: string): T {
  const keepDigits = (_: string, value: unknown, context?: SourceText): unknown => {
    const whole = typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "");
    return whole ? BigInt(context?.source ?? "0") : value;
  };
  return JSON.parse(text, keepDigits as (key: string, value: unknown) => unknown) as T;
}
