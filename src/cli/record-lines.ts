/**
 * Bytes of a JSON-lines text into Kafka records: one record a line, without its line end, blank lines left out. Where asked, a
 * record that has no `event_id` or `event_timestamp` gets one, spliced in as text so that nothing else about it changes.
 */
import { EngineError, ExitCode } from "../core/error.ts";
import type { EpochMs } from "../core/type.ts";
import type { ProducedRecords } from "./producer-port.ts";

/** What to add where it is missing. */
export interface Stamps {
  /** Null = add none. */
  readonly eventId: (() => string) | null;
  readonly eventTimestamp: (() => EpochMs) | null;
}

const NEWLINE = 10;
const RETURN = 13;
const BATCH_BYTES = 1 << 20;
/** No broker takes a record of this size. */
const MAX_LINE_BYTES = 64 << 20;

/** Batches of about a megabyte; the last may be smaller. */
export async function* recordsOf(pieces: AsyncIterable<Uint8Array>, stamps: Stamps): AsyncGenerator<ProducedRecords> {
  let lines: Uint8Array[] = [];
  let bytes = 0;
  let number = 0;
  for await (const raw of linesOf(pieces)) {
    number++;
    const line = stampLine(raw, number, stamps);
    if (line.length === 0) continue;
    lines.push(line);
    bytes += line.length;
    if (bytes < BATCH_BYTES) continue;
    yield joinRecords(lines, bytes);
    lines = [];
    bytes = 0;
  }
  if (lines.length > 0) yield joinRecords(lines, bytes);
}

/** In place: lines that each end with a newline become records without. `ends` becomes the records' ends. */
export function dropNewlines(buffer: Uint8Array, rows: number, ends: Int32Array): ProducedRecords {
  const offsets = new Int32Array(rows + 1);
  let start = 0;
  for (let row = 0; row < rows; row++) {
    const end = ends[row] as number;
    buffer.copyWithin(offsets[row] as number, start, end - 1);
    offsets[row + 1] = (offsets[row] as number) + end - 1 - start;
    start = end;
  }
  return { rows, bytes: buffer.subarray(0, offsets[rows]), offsets };
}

function joinRecords(lines: readonly Uint8Array[], bytes: number): ProducedRecords {
  const joined = new Uint8Array(bytes);
  const offsets = new Int32Array(lines.length + 1);
  lines.forEach((line, row) => {
    joined.set(line, offsets[row]);
    offsets[row + 1] = (offsets[row] as number) + line.length;
  });
  return { rows: lines.length, bytes: joined, offsets };
}

async function* linesOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  /** Pieces of a line whose end is still to come. */
  let tail: Uint8Array[] = [];
  let tailBytes = 0;
  for await (const piece of pieces) {
    let start = 0;
    for (let end = piece.indexOf(NEWLINE); end >= 0; end = piece.indexOf(NEWLINE, start)) {
      const part = piece.subarray(start, end);
      yield tail.length === 0 ? part : Buffer.concat([...tail, part]);
      tail = [];
      tailBytes = 0;
      start = end + 1;
    }
    if (start < piece.length) {
      tail.push(piece.slice(start));
      tailBytes += piece.length - start;
    }
    if (tailBytes > MAX_LINE_BYTES) throw lineTooLong();
  }
  if (tail.length > 0) yield Buffer.concat(tail);
}

function lineTooLong(): EngineError {
  return new EngineError(`the input has a line longer than ${MAX_LINE_BYTES} bytes`, {
    domain: "user",
    code: "LINE-TOO-LONG",
    hint: "one JSON object a line is wanted",
  });
}

/** Without surrounding blanks; empty for a blank line. Throws EngineError where a stamp is asked and the line is no object. */
function stampLine(raw: Uint8Array, number: number, stamps: Stamps): Uint8Array {
  const line = trimBlanks(raw);
  if (line.length === 0 || (stamps.eventId === null && stamps.eventTimestamp === null)) return line;
  const text = new TextDecoder().decode(line);
  const known = parseObject(text, number);
  const added: string[] = [];
  if (stamps.eventId !== null && !("event_id" in known)) added.push(`"event_id":"${stamps.eventId()}"`);
  if (stamps.eventTimestamp !== null && !("event_timestamp" in known)) {
    const time = new Date(stamps.eventTimestamp()).toISOString();
    added.push(`"event_timestamp":"${time.slice(0, 10)} ${time.slice(11, 23)}"`);
  }
  if (added.length === 0) return line;
  const separator = Object.keys(known).length === 0 ? "" : ",";
  return new TextEncoder().encode(`{${added.join(",")}${separator}${text.slice(1)}`);
}

function parseObject(text: string, number: number): object {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = null;
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) return value;
  throw new EngineError(`line ${number} of the input is no JSON object`, {
    domain: "user",
    code: "INPUT-LINE",
    exitCode: ExitCode.checkFailed,
    hint: "event_id and event_timestamp can be added to objects only; leave out the flags to send lines as they are",
  });
}

function trimBlanks(line: Uint8Array): Uint8Array {
  let start = 0;
  let end = line.length;
  while (start < end && isBlank(line[start] as number)) start++;
  while (end > start && isBlank(line[end - 1] as number)) end--;
  return line.subarray(start, end);
}

function isBlank(byte: number): boolean {
  return byte === 32 || byte === 9 || byte === RETURN;
}
