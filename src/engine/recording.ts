/**
 * A recorded run as text: JSON lines, one a window, between a head and an end, each with a chain over all lines before it, so that
 * a recording that was changed, cut or put together anew is told from a replay that differs. Pure.
 */
import { EngineError } from "../core/error.ts";
import type { QueryDigest, WindowDigest } from "./result-digest.ts";

const VERSION = 2;

export interface RecordedQuery extends QueryDigest {
  readonly label: string;
}

export interface Recording {
  /** Hash of the plan. */
  readonly plan: string;
  /** Where the input ended, by source and partition. */
  readonly sources: Readonly<Record<string, Readonly<Record<string, string>>>>;
  /** How often silent partitions were set aside or woke: that depends on time. */
  readonly idleChanges: number;
  /** As in the script; several may have one label. */
  readonly queries: readonly RecordedQuery[];
}

type Line = Readonly<Record<string, unknown>>;

export function recordingText({ queries, ...head }: Recording): string {
  const named = queries.map(({ label, floating }) => ({ label, floating }));
  const windows = queries.flatMap(({ windows }, query) => windows.map((window) => ({ query, ...window })));
  const lines: Line[] = [{ millrace: "recording", version: VERSION, ...head, queries: named }, ...windows];
  lines.push({ end: true });
  let chain = "";
  return lines
    .map((line) => {
      chain = chained(chain, line);
      return `${JSON.stringify({ ...line, chain })}\n`;
    })
    .join("");
}

function chained(chain: string, line: Line): string {
  return Bun.hash
    .xxHash64(chain + JSON.stringify(line))
    .toString(16)
    .padStart(16, "0");
}

/** Throws EngineError when the text is none, or was changed. */
export function parseRecording(text: string, name: string): Recording {
  const lines = text.split("\n").filter((line) => line !== "");
  const values = lines.map((line, index) => parseLine(line, `line ${index + 1} of "${name}"`));
  const [head] = values;
  if (head?.millrace !== "recording") throw notARecording(`"${name}" is no recording`, "write one with run --record");
  if (head.version !== VERSION) {
    throw notARecording(`"${name}" is of version ${String(head.version)}`, "record it again");
  }
  checkChain(values, name);
  if (!isHead(head)) throw notARecording(`line 1 of "${name}" is no head of a recording`, "record it again");
  const { plan, sources, idleChanges, queries } = head;
  const windows = queries.map((): WindowDigest[] => []);
  values.slice(1, -1).forEach((value, index) => {
    const { query, chain: _, ...window } = value;
    const place = windows[Number(query)];
    if (place === undefined || !isWindow(window))
      throw notARecording(`line ${index + 2} of "${name}" is no window of a recording`, "record it again");
    place.push(window);
  });
  return {
    plan,
    sources,
    idleChanges,
    queries: queries.map((query, index) => ({ ...query, windows: windows[index] ?? [] })),
  };
}

function checkChain(values: readonly Line[], name: string): void {
  let expected = "";
  values.forEach(({ chain, ...line }, index) => {
    expected = chained(expected, line);
    if (chain === expected) return;
    const hint = "the chain of digests breaks there";
    throw notARecording(`line ${index + 1} of "${name}" is not what was recorded`, hint);
  });
  if (values.at(-1)?.end !== true) throw notARecording(`"${name}" has no end`, "its last lines are missing");
}

type Head = Omit<Recording, "queries"> & { readonly queries: readonly Omit<RecordedQuery, "windows">[] };

/** The chain tells accidents; these tell what somebody has written. */
function isHead(line: Line | undefined): line is Line & Head {
  if (line === undefined || !isObject(line.sources) || !Object.values(line.sources).every(isObject)) return false;
  const named = Array.isArray(line.queries) && line.queries.every((one) => isObject(one) && isObject(one.floating));
  return named && typeof line.plan === "string" && typeof line.idleChanges === "number";
}

function isWindow(line: Line): line is Line & WindowDigest {
  const { window, rows, digest, parts } = line;
  if (typeof window !== "string" || typeof rows !== "number" || typeof digest !== "string") return false;
  return Array.isArray(parts) && parts.every((part) => isObject(part) && isPart(part));
}

function isPart({ name, rows, digest, doubles }: Line): boolean {
  if (
    typeof name !== "string" ||
    !(name.startsWith("#") || isRow(name)) ||
    typeof rows !== "number" ||
    !/^[0-9a-f]{16}$/.test(String(digest))
  )
    return false;
  return isObject(doubles) && Object.values(doubles).every((sum) => Array.isArray(sum) && sum.length === 2);
}

function isRow(text: string): boolean {
  try {
    return isObject(JSON.parse(text));
  } catch {
    return false;
  }
}

function isObject(value: unknown): value is Line {
  return typeof value === "object" && value !== null;
}

function parseLine(line: string, place: string): Line {
  try {
    const value: unknown = JSON.parse(line);
    if (isObject(value)) return value;
  } catch {
    // Said below, with its place.
  }
  throw notARecording(`${place} is no JSON object`, "write a recording with run --record");
}

function notARecording(message: string, hint: string): EngineError {
  return new EngineError(message, { domain: "user", code: "RECORDING", hint });
}
