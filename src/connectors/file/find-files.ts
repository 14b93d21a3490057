/**
 * Which files a path stands for: itself, every file below a folder, or what a glob matches. Files and folders whose names begin
 * with `.` or `_` are unfinished or hidden by convention and never read, unless the path names them. The order is that of the
 * absolute paths, so that every run numbers the files alike.
 */
import { type Dirent, readdirSync, type Stats, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { EngineError, ExitCode } from "../../core/error.ts";
import type { FileSourceOptions } from "./options.ts";

export interface FoundFiles {
  readonly files: readonly string[];
  /** Whether the path is there at all: false for a path that names nothing and a glob without a match. */
  readonly exists: boolean;
}

/** Throws EngineError (74) where the path may not be read. */
export function findFiles(options: FileSourceOptions): FoundFiles {
  const { path, pattern } = options;
  const found = findAll(options, path);
  if (found === null) return { files: [], exists: false };
  const files = pattern === null ? found : found.filter((file) => pattern.test(file));
  return { files: files.sort(), exists: true };
}

/** Throws EngineError (74) that names the path. */
export function missingPath(options: FileSourceOptions): EngineError {
  const { path, table } = options;
  const what = isGlob(path) ? `no file matches path "${path}"` : `path "${path}" is not there`;
  return new EngineError(`table "${table}": ${what}`, {
    domain: "user",
    code: "PATH-NOT-FOUND",
    exitCode: ExitCode.configuration,
    hint: `it is looked up from "${process.cwd()}"`,
  });
}

function findAll(options: FileSourceOptions, path: string): string[] | null {
  const absolute = resolve(path);
  const stat = statOf(options, absolute);
  if (stat === "folder") return filesBelow(options, absolute);
  if (stat === "file") return [absolute];
  if (stat === "other") throw notReadable(options, path, "it is a pipe, a socket or a device");
  if (!isGlob(path)) return null;
  const matches = globMatches(options, absolute);
  return matches.length === 0 ? null : matches;
}

function isGlob(path: string): boolean {
  return /[*?[{]/.test(path);
}

/** Walks from the last folder before the first wildcard. Symbolic links to files are followed, to folders not. */
function globMatches(options: FileSourceOptions, absolute: string): string[] {
  const parts = absolute.split("/");
  const firstGlob = parts.findIndex(isGlob);
  const root = parts.slice(0, firstGlob).join("/") || "/";
  if (statOf(options, root) !== "folder") return [];
  const glob = new Bun.Glob(parts.slice(firstGlob).join("/"));
  const names = guarded(options, root, () => [...glob.scanSync({ cwd: root, onlyFiles: false })]);
  return names.map((name) => join(root, name)).filter((file) => statOf(options, file) === "file");
}

function filesBelow(options: FileSourceOptions, folder: string): string[] {
  const entries = guarded(options, folder, () => readdirSync(folder, { withFileTypes: true }));
  return entries.filter(isShown).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return filesBelow(options, path);
    return statOf(options, path) === "file" ? [path] : [];
  });
}

function isShown(entry: Dirent): boolean {
  return !entry.name.startsWith(".") && !entry.name.startsWith("_");
}

/** Pipes, sockets and devices have no positions to resume from: they are `other`. Follows symbolic links. */
function statOf(options: FileSourceOptions, path: string): "file" | "folder" | "other" | "absent" {
  return guarded(options, path, () => {
    const stat = statOrNull(path);
    if (stat === null) return "absent";
    if (stat.isFile()) return "file";
    return stat.isDirectory() ? "folder" : "other";
  });
}

function statOrNull(path: string): Stats | null {
  try {
    return statSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR" || code === "ENAMETOOLONG") return null;
    throw error;
  }
}

function guarded<T>(options: FileSourceOptions, path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    throw notReadable(options, path, (cause as Error).message, cause);
  }
}

function notReadable(options: FileSourceOptions, path: string, why: string, cause?: unknown): EngineError {
  return new EngineError(`table "${options.table}": "${path}" is not readable: ${why}`, {
    domain: "external",
    code: "PATH-NOT-READABLE",
    exitCode: ExitCode.configuration,
    hint: "a path is a file, a folder or a glob that this user may read",
    cause,
  });
}
