/** Windows in every way a query may write them, and what DuckDB computes for them from `time_ms`. */
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
  /** Tumbling: start in ms, over the table's `time_ms`. */
  readonly start: string;
  readonly sizeMs: number;
  /** List of the windows that hold a row, each { ws, we } in ms. */
  readonly all: string;
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

function tumbling(sizeMs: number, offsetMs: number): Pick<RandomWindow, "start" | "sizeMs" | "all"> {
  const start = startOf(sizeMs, offsetMs);
  return { start, sizeMs, all: `[{'ws': ${start}, 'we': ${start} + ${sizeMs}}]` };
}

interface Lengths {
  readonly sizeMs: number;
  readonly stepMs: number;
  readonly offsetMs: number;
}

function hopping({ sizeMs, stepMs, offsetMs }: Lengths): string {
  const last = startOf(stepMs, offsetMs);
  const most = Math.ceil(sizeMs / stepMs);
  const start = `${last} - i * ${stepMs}`;
  return `[{'ws': ${start}, 'we': ${start} + ${sizeMs}} for i in range(0, ${most}) if ${start} + ${sizeMs} > time_ms]`;
}

function cumulating({ sizeMs, stepMs, offsetMs }: Lengths): string {
  const start = startOf(sizeMs, offsetMs);
  const end = `${start} + i * ${stepMs}`;
  return `[{'ws': ${start}, 'we': ${end}} for i in range(1, ${sizeMs / stepMs + 1}) if ${end} > time_ms]`;
}

const SHARED_SIZES = [250, 1000, 7000, 60_000, 60_000, 90_000, 3_600_000, 86_400_000];

/** A row is in a few windows. The step may divide the size or not. */
function sharedLengths(dice: Dice, divides: boolean): Lengths {
  const sizeMs = dice.pick(SHARED_SIZES);
  const parts = dice.pick([2, 5, 10]);
  const stepMs = divides ? sizeMs / parts : Math.ceil(sizeMs / dice.between(2, 9)) + dice.pick([0, 1, 10]);
  return { sizeMs, stepMs, offsetMs: dice.chance(0.4) ? dice.between(-2 * sizeMs, 2 * sizeMs) : 0 };
}

/** HOP or CUMULATE in FROM. */
export function sharedWindow(dice: Dice, from: Windowed): RandomWindow {
  const hops = dice.chance(0.6);
  const lengths = sharedLengths(dice, !hops || dice.chance(0.5));
  const [step, size, offset] = [lengths.stepMs, lengths.sizeMs, lengths.offsetMs].map(interval);
  const [name, stepName] = hops ? ["HOP", "SLIDE"] : ["CUMULATE", "STEP"];
  const named = dice.chance(0.3);
  const args = named
    ? [`SIZE => ${size}`, `${stepName} => ${step}`, `DATA => TABLE ${from.name}`, "TIMECOL => DESCRIPTOR(ts)"]
    : [`TABLE ${from.name}`, "DESCRIPTOR(ts)", step, size];
  if (lengths.offsetMs !== 0) args.push(named ? `\`OFFSET\` => ${offset}` : `${offset}`);
  const call = `${name}(${args.join(", ")})`;
  return {
    flink: dice.chance(0.5) ? `TABLE(${call})` : call,
    group: ["window_start", "window_end"],
    bounds: ["window_start", "window_end", "window_time"],
    start: "",
    sizeMs: lengths.sizeMs,
    all: hops ? hopping(lengths) : cumulating(lengths),
  };
}

/** `GROUP BY HOP(ts, slide, size)`, or Spark's `GROUP BY window(ts, size, slide, start)`. */
export function namedHop(dice: Dice, from: Windowed): RandomWindow {
  const drawn = sharedLengths(dice, dice.chance(0.5));
  const spark = dice.chance(0.5);
  const lengths = spark ? drawn : { ...drawn, offsetMs: 0 };
  const { sizeMs, stepMs, offsetMs } = lengths;
  const args = `ts, ${interval(stepMs)}, ${interval(sizeMs)}`;
  const start = offsetMs === 0 ? "" : `, '${offsetMs} milliseconds'`;
  return {
    flink: from.name,
    group: [spark ? `window(ts, '${sizeMs} milliseconds', '${stepMs} milliseconds'${start})` : `HOP(${args})`],
    bounds: spark
      ? ["window.start", "window.end", "window_time(window)"]
      : [`HOP_START(${args})`, `HOP_END(${args})`, `HOP_ROWTIME(${args})`],
    start: "",
    sizeMs,
    all: hopping(lengths),
  };
}

/** TUMBLE in FROM. */
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
    ...tumbling(sizeMs, offsetMs),
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
    ...tumbling(sizeMs, 0),
  };
}

/** `start` and `end` are the window's in ms as the DuckDB query at hand names them. window_time has the type of `ts`. */
export function boundLeaves(
  { bounds }: RandomWindow,
  from: Windowed,
  { start, end }: { readonly start: string; readonly end: string },
): Leaf[] {
  const type: DataType = { kind: "timestamp", precision: 3 };
  const timeType = from.leaves.find(({ flink }) => flink === "ts")?.type ?? type;
  const times = [start, end, `${end} - 1`];
  return bounds.map((flink, i) => ({
    type: i === 2 ? timeType : type,
    flink,
    duck: `make_timestamp((${times[i]}) * 1000)`,
    bad: null,
    samples: [0n],
  }));
}
