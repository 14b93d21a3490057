/**
 * What a replay says of a recorded run: `replay --verify FILE` runs the script again and names the first window that is another,
 * with a row of it. Pure.
 */
import type { RecordedQuery, Recording } from "./recording.ts";
import { type DoubleSum, inBuckets, isInBuckets, type Part, type WindowDigest } from "./result-digest.ts";

export interface Divergence {
  readonly query: string;
  /** Empty where the result has no windows. */
  readonly window: string;
  /** Number of rows; null: the window is on one side only. */
  readonly recorded: number | null;
  readonly replayed: number | null;
  readonly what: string;
}

type Floating = RecordedQuery["floating"];

/** Every window that is another, the earliest first; results without windows are behind all that have some. */
export function divergences(recorded: readonly RecordedQuery[], replayed: readonly RecordedQuery[]): Divergence[] {
  const count = Math.max(recorded.length, replayed.length);
  const found = Array.from({ length: count }, (_, index) => ofQuery(recorded[index], replayed[index])).flat();
  return found.sort((a, b) => {
    if ((a.window === "") !== (b.window === "")) return a.window === "" ? 1 : -1;
    return a.window < b.window ? -1 : Number(a.window > b.window);
  });
}

function ofQuery(recorded: RecordedQuery | undefined, replayed: RecordedQuery | undefined): Divergence[] {
  const query = replayed?.label ?? recorded?.label ?? "";
  const floating = { ...recorded?.floating, ...replayed?.floating };
  const [then, now] = [recorded, replayed].map(
    (one) => new Map(one?.windows.map((window) => [window.window, window])),
  ) as [Map<string, WindowDigest>, Map<string, WindowDigest>];
  return [...new Set([...then.keys(), ...now.keys()])].flatMap((window) => {
    const [a, b] = [then.get(window) ?? null, now.get(window) ?? null];
    const what = difference(a, b, floating);
    return what === null ? [] : [{ query, window, recorded: a?.rows ?? null, replayed: b?.rows ?? null, what }];
  });
}

/** Null where the windows are the same. */
function difference(then: WindowDigest | null, now: WindowDigest | null, floating: Floating): string | null {
  if (then === null || now === null) {
    const one = (then ?? now) as WindowDigest;
    const first = one.parts[0]?.name ?? "";
    const example = isInBuckets(one) ? "" : `: ${first}`;
    if (then === null) return `${count(one.rows)}, and the window was not there${example}`;
    return `the window is not there, and had ${count(one.rows)}${example}`;
  }
  if (isInBuckets(then) !== isInBuckets(now)) return difference(inBuckets(then), inBuckets(now), floating);
  const others = otherParts(then, now, floating);
  const [first] = others;
  if (first === undefined) return null;
  const rows =
    then.rows === now.rows ? `of its ${count(now.rows)}` : `${count(now.rows)}, recorded were ${number(then.rows)};`;
  if (isInBuckets(now)) return `${rows} some are others, in ${number(others.length)} of 256 parts`;
  const { text, told } = describe(first, others, floating);
  return `${rows} ${text}${others.length > told ? ", among others" : ""}`;
}

/** A part as it was recorded and as the replay has it. */
interface Pair {
  readonly name: string;
  readonly recorded: Part | undefined;
  readonly replayed: Part | undefined;
}

/** The parts that differ; first those that the recording does not have. */
function otherParts(recorded: WindowDigest, replayed: WindowDigest, floating: Floating): Pair[] {
  const [a, b] = [recorded, replayed].map(({ parts }) => new Map(parts.map((part) => [part.name, part]))) as [
    Map<string, Part>,
    Map<string, Part>,
  ];
  return [...new Set([...b.keys(), ...a.keys()])]
    .map((name) => ({ name, recorded: a.get(name), replayed: b.get(name) }))
    .filter(({ recorded, replayed }) => !samePart(recorded, replayed, floating))
    .sort((one, two) => Number(one.recorded !== undefined) - Number(two.recorded !== undefined));
}

function samePart(then: Part | undefined, now: Part | undefined, floating: Floating): boolean {
  if (then === undefined || now === undefined) return false;
  return then.rows === now.rows && then.digest === now.digest && otherColumn(then, now, floating) === undefined;
}

/** The first column whose values are others. */
function otherColumn(then: Part, now: Part, floating: Floating): string | undefined {
  const columns = new Set([...Object.keys(then.doubles), ...Object.keys(now.doubles)]);
  return [...columns].find((column) => {
    return !near(
      then.doubles[column],
      now.doubles[column],
      now.rows,
      floating[column] === "float" ? 2 ** -23 : Number.EPSILON,
    );
  });
}

/** Each value may be off by 4 units in its last place, the sum of several by as much again each. */
function near(then: DoubleSum = [0, 0], now: DoubleSum = [0, 0], rows: number, epsilon: number): boolean {
  const [[a, magnitude], [b, other]] = [then, now];
  const largest = Math.max(Math.abs(magnitude), Math.abs(other), Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= largest * epsilon * (4 + rows);
}

/** A row that differs, with what stood in its place (the missing one with most columns in common), and how many of the `others` that tells. */
function describe(pair: Pair, others: readonly Pair[], floating: Floating): { text: string; told: number } {
  const { name, recorded, replayed } = pair;
  if (replayed === undefined) return { text: `${name} is not there`, told: 1 };
  if (recorded === undefined) {
    const place = mostAlike(name, others);
    if (place === undefined) return { text: `${name} was not there`, told: 1 };
    return { text: `one is ${name}, recorded was ${place}`, told: 2 };
  }
  if (recorded.rows !== replayed.rows) {
    return { text: `${name} is there ${times(replayed.rows)}, recorded was ${times(recorded.rows)}`, told: 1 };
  }
  const column = otherColumn(recorded, replayed, floating) as string;
  const [is, was] = [replayed, recorded].map(({ doubles }) => doubles[column]?.[0] ?? 0);
  return { text: `one is ${name} with "${column}" ${is}, recorded was ${was}`, told: 1 };
}

/** Candidates that are looked at. */
const MOST_CANDIDATES = 1000;

function mostAlike(name: string, others: readonly Pair[]): string | undefined {
  const row = Object.entries(JSON.parse(name) as object);
  const fewer = others
    .filter(({ recorded, replayed }) => (recorded?.rows ?? 0) > (replayed?.rows ?? 0))
    .slice(0, MOST_CANDIDATES);
  let [best, most] = [undefined as string | undefined, -1];
  for (const candidate of fewer) {
    const other = JSON.parse(candidate.name) as Record<string, unknown>;
    const alike = row.filter(([key, value]) => JSON.stringify(other[key]) === JSON.stringify(value)).length;
    if (alike > most) [best, most] = [candidate.name, alike];
  }
  return best;
}

function times(value: number): string {
  return value === 1 ? "once" : `${number(value)} times`;
}

function number(value: number): string {
  return value.toLocaleString("en-US");
}

function count(rows: number): string {
  return `${number(rows)} ${rows === 1 ? "row" : "rows"}`;
}

/** What may make the replay another run. */
export function replayNotices(recorded: Recording, replayed: Recording): string[] {
  const notices: string[] = [];
  if (recorded.plan !== replayed.plan) notices.push("the script or its settings are not those that were recorded");
  for (const name of new Set([...Object.keys(recorded.sources), ...Object.keys(replayed.sources)])) {
    const [then, now] = [recorded.sources[name] ?? {}, replayed.sources[name] ?? {}];
    for (const partition of new Set([...Object.keys(then), ...Object.keys(now)])) {
      const [a, b] = [then[partition], now[partition]];
      if (a !== b)
        notices.push(`table "${name}": ${partition} ends at ${b ?? "nothing"}, recorded was ${a ?? "nothing"}`);
    }
  }
  const changes = recorded.idleChanges + replayed.idleChanges;
  if (changes > 0)
    notices.push(`${changes} times a silent partition was set aside or woke: rows depend on when that was`);
  return notices;
}
