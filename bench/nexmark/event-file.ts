/** A file of Nexmark events, made once. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { forEachEvent, recordOf } from "./events.ts";

export const SEED = 1;
export const buildFolder = fileURLToPath(new URL("../../build/bench/nexmark/", import.meta.url));

/** Path of the file with so many events, a line of JSON each. */
export function eventFile(events: number): string {
  const path = `${buildFolder}events-${events}.json`;
  if (existsSync(path)) return path;
  mkdirSync(buildFolder, { recursive: true });
  const file = openSync(`${path}.part`, "w");
  let lines: string[] = [];
  const flush = (): void => {
    writeSync(file, lines.join(""));
    lines = [];
  };
  forEachEvent(events, SEED, (event) => {
    if (lines.push(`${recordOf(event)}\n`) === 10_000) flush();
  });
  flush();
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}
