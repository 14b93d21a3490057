/** Which line of a file a byte is in: counted from the file's beginning, for messages about one record. */
import { closeSync, openSync, readSync } from "node:fs";

const CHUNK_BYTES = 1 << 20;
/** Further in, counting would keep who waits for the message waiting: a second or so a GiB. */
const MOST_BYTES = 2 ** 31;

/** From 1; null beyond 2 GiB and where the file can no longer be read. */
export function lineAt(path: string, position: number): number | null {
  if (position > MOST_BYTES) return null;
  try {
    const file = openSync(path, "r");
    try {
      return countNewlines(file, position) + 1;
    } finally {
      closeSync(file);
    }
  } catch {
    return null;
  }
}

function countNewlines(file: number, end: number): number {
  const chunk = new Uint8Array(Math.min(CHUNK_BYTES, end));
  let lines = 0;
  for (let at = 0; at < end; ) {
    const read = readSync(file, chunk, 0, Math.min(chunk.length, end - at), at);
    if (read === 0) throw new RangeError(`the file ends before byte ${end}`);
    const part = chunk.subarray(0, read);
    for (let i = part.indexOf(10); i !== -1; i = part.indexOf(10, i + 1)) lines++;
    at += read;
  }
  return lines;
}
