/**
 * A recorded run, and what a replay of it says: `run --record FILE` writes one line a window with its digest and a chain over all
 * windows before it; `replay --verify FILE` runs the script again and names the first window that is another. Pure.
 */
import { EngineError } from "../core/error.ts";
import { hex, type QueryDigest, type WindowDigest } from "./result-digest.ts";

const VERSION = 1;

export interface RecordedQuery {
  readonly label: string;
  readonly windows: QueryDigest;
}

export interface Recording {
  /** Hash of the plan. */
  readonly plan: string;
  /** Where the input ended, by source and partition. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How often silent partitions were set aside or woke: that depends on time. */
  readonly idleChanges: number;
  readonly queries: readonly RecordedQuery[];
}

/** JSON lines: a head, then the windows of every query with the chain of their digests. */
export function recordingText({ plan, sources, idleChanges, queries }: Recording): string {
  const labels = queries.map(({ label }) => label);
  const lines: object[] = [{ millrace: "recording", version: VERSION, plan, sources, idleChanges, queries: labels }];
  for (const { label, windows } of queries) {
    let chain = "";
    for (const window of windows) {
      chain = hex(Bun.hash.xxHash64(JSON.stringify([chain, window.window, window.rows, window.digest])));
      lines.push({ query: label, ...window, chain });
    }
  }
  return lines.map((line) => `${JSON.stringify(line)}\n`).join("");
}

/** Throws EngineError when the text is none, or was changed. */
export function parseRecording(text: string, name: string): Recording {
  const lines = text.split("\n").filter((line) => line !== "");
  const values = lines.map((line, index) => parseLine(line, `line ${index + 1} of "${name}"`));
  const [head, ...windows] = values;
  if (head?.millrace !== "recording") throw notARecording(`"${name}" is no recording`, "write one with run --record");
  if (head.version !== VERSION)
    throw notARecording(`"${name}" is of version ${String(head.version)}`, "record it again");
  const { plan, sources, idleChanges, queries } = head as unknown as Omit<Recording, "queries"> & { queries: string[] };
  const chains = new Map<string, string>();
  const found = new Map<string, WindowDigest[]>(queries.map((label) => [label, []]));
  windows.forEach((value, index) => {
    const { query, chain, ...window } = value as unknown as WindowDigest & { query: string; chain: string };
    const expected = hex(
      Bun.hash.xxHash64(JSON.stringify([chains.get(query) ?? "", window.window, window.rows, window.digest])),
    );
    if (chain !== expected) {
      throw notARecording(
        `line ${index + 2} of "${name}" is not what was recorded`,
        "the chain of digests breaks there",
      );
    }
    chains.set(query, chain);
    found.get(query)?.push(window);
  });
  return { plan, sources, idleChanges, queries: queries.map((label) => ({ label, windows: found.get(label) ?? [] })) };
}

function parseLine(line: string, place: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // Said below, with its place.
  }
  throw notARecording(`${place} is no JSON object`, "write a recording with run --record");
}

function notARecording(message: string, hint: string): EngineError {
  return new EngineError(message, { domain: "user", code: "RECORDING", hint });
}

export interface Divergence {
  readonly query: string;
  /** Empty where the result has no windows. */
  readonly window: string;
  /** Null: the window is on one side only. */
  readonly recorded: WindowDigest | null;
  readonly replayed: WindowDigest | null;
  readonly what: string;
}

/** Every window that is another, by query and window. */
export function divergences(recorded: Recording, replayed: readonly RecordedQuery[]): Divergence[] {
  const labels = [...new Set([...recorded.queries, ...replayed].map(({ label }) => label))];
  return labels.flatMap((query) => {
    const [then, now] = [recorded.queries, replayed].map(
      (queries) => new Map(queries.find(({ label }) => label === query)?.windows.map((one) => [one.window, one])),
    ) as [Map<string, WindowDigest>, Map<string, WindowDigest>];
    const windows = [...new Set([...then.keys(), ...now.keys()])].sort();
    return windows.flatMap((window): Divergence[] => {
      const [a, b] = [then.get(window) ?? null, now.get(window) ?? null];
      const what = difference(a, b);
      return what === null ? [] : [{ query, window, recorded: a, replayed: b, what }];
    });
  });
}

/** Null where the windows are the same. */
function difference(recorded: WindowDigest | null, replayed: WindowDigest | null): string | null {
  if (recorded === null) return `${rows(replayed?.rows ?? 0)}, and the window was not there`;
  if (replayed === null) return `the window is not there, and had ${rows(recorded.rows)}`;
  if (recorded.rows !== replayed.rows) return `${rows(replayed.rows)}, recorded were ${recorded.rows}`;
  if (recorded.digest !== replayed.digest) return otherRows(recorded, replayed);
  for (const [column, then] of Object.entries(recorded.doubles)) {
    const now = replayed.doubles[column] ?? [0, 0];
    if (!near(then, now, recorded.rows)) return `the sum of column "${column}" is ${now[0]}, recorded was ${then[0]}`;
  }
  return null;
}

function otherRows({ hashes: then }: WindowDigest, { hashes: now, rows: count }: WindowDigest): string {
  if (then === null || now === null) return `some of its ${rows(count)} are others`;
  const left = new Map<string, number>();
  for (const hash of then) left.set(hash, (left.get(hash) ?? 0) + 1);
  let others = 0;
  for (const hash of now) {
    const there = left.get(hash) ?? 0;
    if (there === 0) others++;
    else left.set(hash, there - 1);
  }
  return `${others} of its ${rows(count)} ${others === 1 ? "is another" : "are others"}`;
}

/** Each value may be off by 4 units in the last place of the magnitudes it was added up from; the sum of them by as much again a row. */
function near(
  [a, magnitude]: readonly [number, number],
  [b, other]: readonly [number, number],
  count: number,
): boolean {
  const largest = Math.max(Math.abs(magnitude), Math.abs(other), Math.abs(a), Math.abs(b));
  return Math.abs(a - b) <= largest * Number.EPSILON * (4 + count);
}

function rows(count: number): string {
  return `${count.toLocaleString("en-US")} ${count === 1 ? "row" : "rows"}`;
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
