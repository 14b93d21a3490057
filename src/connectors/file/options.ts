/**
 * The options of `'connector' = 'filesystem'`, with Flink's names and defaults. A path is a file, a folder or a glob, with or
 * without `file://`; other schemes belong to storage that is not built in.
 */
import { fileURLToPath } from "node:url";
import { optionError, readDuration, readSize, readText, requiredText, type TableOptions } from "../options.ts";

export interface FileSourceOptions {
  readonly table: string;
  /** As the person wrote it, for messages. */
  readonly path: string;
  /** Matches whole absolute paths; null = every file. */
  readonly pattern: RegExp | null;
  /** How often to look for new files; null = the files there are, then the end. */
  readonly monitorIntervalMs: number | null;
}

export interface FileSinkOptions {
  readonly table: string;
  readonly folder: string;
  /** A file is finished once it is at least so large. */
  readonly rollBytes: number;
  /** … or once it is so old. */
  readonly rollAfterMs: number;
}

const DEFAULT_ROLL_BYTES = 128 * 1024 * 1024;
const DEFAULT_ROLL_MS = 30 * 60_000;

/** What a filesystem table can have beside `connector` and the options of its format. */
export const fileOptionNames: readonly string[] = [
  "path",
  "source.path.regex-pattern",
  "source.monitor-interval",
  "sink.rolling-policy.file-size",
  "sink.rolling-policy.rollover-interval",
];

/** Throws EngineError (74). */
export function readFileSourceOptions(from: TableOptions): FileSourceOptions {
  const monitorIntervalMs = readDuration(from, "source.monitor-interval");
  if (monitorIntervalMs === 0) {
    throw optionError(from, 'option "source.monitor-interval" is 0', "leave it out to read the files once");
  }
  return {
    table: from.table,
    path: readPath(from),
    pattern: readPattern(from),
    monitorIntervalMs,
  };
}

/** Throws EngineError (74). */
export function readFileSinkOptions(from: TableOptions): FileSinkOptions {
  return {
    table: from.table,
    folder: readPath(from),
    rollBytes: readSize(from, "sink.rolling-policy.file-size") ?? DEFAULT_ROLL_BYTES,
    rollAfterMs: readDuration(from, "sink.rolling-policy.rollover-interval") ?? DEFAULT_ROLL_MS,
  };
}

function readPath(from: TableOptions): string {
  const text = requiredText(from, "path");
  if (text.includes("\0")) throw optionError(from, 'option "path" holds a NUL character', "remove it");
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1]?.toLowerCase();
  if (scheme === undefined) return text;
  if (scheme !== "file") {
    throw optionError(from, `no storage for "${scheme}:" in path "${text}"`, "use a local path");
  }
  // `file:/data` and `file:///data` are one path; anything else after two slashes would be a host.
  try {
    return fileURLToPath(text);
  } catch (cause) {
    throw optionError(
      from,
      `path "${text}" names no local file: ${(cause as Error).message}`,
      "use file:///folder/file",
    );
  }
}

function readPattern(from: TableOptions): RegExp | null {
  const text = readText(from, "source.path.regex-pattern");
  if (text === null) return null;
  try {
    return new RegExp(`^(?:${text})$`, "s");
  } catch (cause) {
    const message = `option "source.path.regex-pattern" is no regular expression: ${(cause as Error).message}`;
    throw optionError(from, message, "it is matched against whole absolute paths");
  }
}
