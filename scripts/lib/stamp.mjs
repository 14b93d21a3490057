/** Where set-up keeps its outputs, and the note of what each was made from. A stamp is written by rename, so it is whole. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(fileURLToPath(new URL("../..", import.meta.url)));
/** `MILLRACE_BUILD_DIR` puts it elsewhere (tests). */
export const buildFolder = process.env.MILLRACE_BUILD_DIR
  ? resolve(process.env.MILLRACE_BUILD_DIR)
  : join(root, "build");

/** Null when there is none or it cannot be read: the step runs again. */
export function readStamp(name) {
  try {
    return JSON.parse(readFileSync(join(buildFolder, `${name}.stamp.json`), "utf8"));
  } catch {
    return null;
  }
}

export function writeStamp(name, stamp) {
  const path = join(buildFolder, `${name}.stamp.json`);
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, `${JSON.stringify(stamp, null, 2)}\n`);
  renameSync(temporary, path);
}

/** SHA-256 of names and contents of files and folders (sorted, recursive) and of the words given. Absent files count too. */
export function hashOf({ paths, words = [] }) {
  const hash = createHash("sha256");
  for (const word of words) hash.update(`word ${word}\n`);
  for (const path of paths) addPath(hash, path);
  return hash.digest("hex");
}

function addPath(hash, path) {
  let bytes = null;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if (error.code !== "EISDIR") hash.update(`absent ${path}\n`);
    else for (const name of readdirSync(path).sort()) addPath(hash, join(path, name));
    return;
  }
  hash.update(`file ${path} ${bytes.length}\n`);
  hash.update(bytes);
}
