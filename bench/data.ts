/** The standing data set on disk: seeded click events, one JSON object a line, made once and kept under build/bench. */
import { closeSync, existsSync, mkdirSync, openSync, renameSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createClickstream } from "../src/connectors/datagen/clickstream.ts";

export const benchFolder = fileURLToPath(new URL("../build/bench/", import.meta.url));

const SEED = 1;
const CHUNK_BYTES = 8 << 20;

/** Path of a file with this many events. */
export function clickFile(events: number): string {
  const path = `${benchFolder}clicks-${SEED}-${events}.ndjson`;
  if (existsSync(path)) return path;
  mkdirSync(benchFolder, { recursive: true });
  const stream = createClickstream({ seed: SEED });
  const buffer = new Uint8Array(CHUNK_BYTES);
  const file = openSync(`${path}.part`, "w");
  for (let done = 0; done < events; ) {
    const { rows, end } = stream.fill(buffer, 0, events - done);
    writeSync(file, buffer, 0, end);
    done += rows;
  }
  closeSync(file);
  renameSync(`${path}.part`, path);
  return path;
}
