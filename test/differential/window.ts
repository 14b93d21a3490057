/** Tumbling windows in every way a query may write them, and what DuckDB computes for them from `time_ms`. */
import type { DataType } from "../../src/core/type.ts";
import type { Dice } from "./dice.ts";
import type { Leaf } from "./expression.ts";

const SIZES = [1, 250, 1000, 7000, 60_000, 60_000, 90_000, 3_600_000, 3_600_000, 86_400_000];

/** What is windowed: a table or view whose event time is `ts`. */
interface Windowed {
  readonly name: string;
  readonly leaves: readonly Leaf[];
}

export interface RandomWindow {
  /** Behind FROM. */
  readonly flink: string;
  /** Leading items of GROUP BY. */
  readonly group: readonly string[];
  /** start, end and time of the window, as the query names them. */
  readonly bounds: readonly [string, string, string];
  /** Start in ms, over the table's `time_ms`. */
  readonly start: string;
  readonly sizeMs: number;
}

function interval(ms: number): string {
  const [sign, size] = [ms < 0 ? "-" : "", Math.abs(ms)];
  if (size > 0 && size % 86_400_000 === 0) return `INTERVAL '${sign}${size / 86_400_000}' DAY`;
  if (size > 0 && size % 3_600_000 === 0) return `INTERVAL '${sign}${size / 3_600_000}' HOUR`;
  const text = `${Math.floor((size % 60_000) / 1000)}.${String(size % 1000).padStart(3, "0")}`;
  if (size < 60_000) return `INTERVAL '${sign}${text}' SECOND`;
  const minutes = Math.floor(size / 60_000);
  const rest = text.padStart(6, "0");
  if (minutes < 60) return `INTERVAL '${sign}${minutes}:${rest}' MINUTE TO SECOND`;
  return `INTERVAL '${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}' HOUR TO SECOND`;
}

function startOf(sizeMs: number, offsetMs: number): string {
  return `(time_ms - (((time_ms - (${offsetMs})) % ${sizeMs} + ${sizeMs}) % ${sizeMs}))`;
}

/** A table function in FROM. */
export function randomWindow(dice: Dice, from: Windowed): RandomWindow {
  const sizeMs = dice.pick(SIZES);
  const offsetMs = dice.chance(0.4) && sizeMs > 1 ? dice.between(1 - sizeMs, sizeMs - 1) : 0;
  const size = interval(sizeMs);
  const call = dice.chance(0.3)
    ? `TUMBLE(DATA => TABLE ${from.name}, TIMECOL => DESCRIPTOR(ts), SIZE => ${size}${offsetMs === 0 ? "" : `, `}${offsetMs === 0 ? "" : `OFFSET => ${interval(offsetMs)}`})`
    : `TUMBLE(TABLE ${from.name}, DESCRIPTOR(ts), ${size}${offsetMs === 0 ? "" : `, ${interval(offsetMs)}`})`;
  return {
    flink: dice.chance(0.5) ? `TABLE(${call})` : call,
    group: ["window_start", "window_end"],
    bounds: ["window_start", "window_end", "window_time"],
    start: startOf(sizeMs, offsetMs),
    sizeMs,
  };
}

/** `GROUP BY TUMBLE(ts, size)`, the older way. */
export function legacyWindow(dice: Dice, from: Windowed): RandomWindow {
  const sizeMs = dice.pick(SIZES);
  const size = interval(sizeMs);
  return {
    flink: from.name,
    group: [`TUMBLE(ts, ${size})`],
    bounds: [`TUMBLE_START(ts, ${size})`, `TUMBLE_END(ts, ${size})`, `TUMBLE_ROWTIME(ts, ${size})`],
    start: startOf(sizeMs, 0),
    sizeMs,
  };
}

/** `start` is the window's start in ms as the DuckDB query at hand names it. window_time has the type of `ts`. */
export function boundLeaves({ sizeMs, bounds }: RandomWindow, from: Windowed, start: string): Leaf[] {
  const type: DataType = { kind: "timestamp", precision: 3 };
  const timeType = from.leaves.find(({ flink }) => flink === "ts")?.type ?? type;
  const added = [0, sizeMs, sizeMs - 1];
  return bounds.map((flink, i) => ({
    type: i === 2 ? timeType : type,
    flink,
    duck: `make_timestamp((${start} + ${added[i]}) * 1000)`,
    bad: null,
    samples: [0n],
  }));
}
