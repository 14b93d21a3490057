/**
 * What a decoder gave for a stream, held against the oracle and against the general way. A difference fails with the seed, the
 * options and the record.
 */
import { expect } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import { describeJsonValue, findJsonFault, findUtf8Fault } from "../../src/formats/json-fault.ts";
import { type Decoded, type DecodeOptions, TestDecoder, type TestField } from "./decode-harness.ts";
import { BAD_FIELD, BAD_JSON, BAD_UTF8, type Expected, expectedOf, JsonText, plain } from "./decode-oracle.ts";
import { below } from "./decode-random.ts";
import { random } from "./harness.ts";

const BAD_FIRST = 16;

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

function cellText(value: Expected): string {
  if (value instanceof JsonText) return `json ${JSON.stringify(value.value)}`;
  if (value instanceof Uint8Array) return `bytes ${hex(value)}`;
  if (Object.is(value, -0)) return "-0";
  return `${typeof value} ${String(value)}`;
}

/** A cell as the oracle would write it: text that stands for an object or array by its meaning. */
function foundText(cell: CellValue, expected: Expected): string {
  if (!(expected instanceof JsonText) || typeof cell !== "string") return cellText(cell);
  const compact = cell.replace(/("(?:[^"\\]|\\.)*")|[ \t\r\n]+/g, "$1");
  return compact === cell ? `json ${JSON.stringify(plain(JSON.parse(cell)))}` : `not compact ${cell}`;
}

export interface Found {
  readonly rows: (readonly CellValue[])[];
  readonly bad: number[];
}

export function byRecord(decoded: Decoded, count: number): Found[] {
  const found: Found[] = Array.from({ length: count }, () => ({ rows: [], bad: [] }));
  for (const { record, values } of decoded.rows) found[record]?.rows.push(values);
  for (const { record, reason } of decoded.bad) found[record]?.bad.push(reason);
  return found;
}

export interface Stream {
  readonly seed: number;
  readonly fields: readonly TestField[];
  readonly options: DecodeOptions;
  readonly records: readonly Uint8Array[];
}

function describeRecord(stream: Stream, index: number): string {
  const record = stream.records[index] as Uint8Array;
  const text = new TextDecoder().decode(record);
  return `seed ${stream.seed} record ${index} ${JSON.stringify(stream.options)} ${JSON.stringify(stream.fields)}\n${text}\n${hex(record)}`;
}

/** Records that JSON.parse refuses are left to the other comparison where only what is read is checked. */
export function compareWithOracle(stream: Stream, found: readonly Found[]): number {
  let skipped = 0;
  stream.records.forEach((record, index) => {
    const expected = expectedOf(record, stream.fields, stream.options);
    const { rows, bad } = found[index] as Found;
    const reasons = expected.reasons.filter((reason) => reason >= BAD_FIRST);
    skipped += expected.reasons.length - reasons.length;
    if (stream.options.validation === "projected" && expected.rows.length === 0) return;
    const want = expected.rows.map((row) => row.map(cellText).join(" | "));
    const have = rows.map((row, at) =>
      row.map((cell, i) => foundText(cell, expected.rows[at]?.[i] ?? null)).join(" | "),
    );
    if (want.join("\n") === have.join("\n") && reasons.join() === bad.join()) return;
    expect({ rows: have, bad, at: describeRecord(stream, index) }).toEqual({ rows: want, bad: reasons, at: "" });
  });
  return skipped;
}

/** Whether what the decoder says of a refused record can be told: a fault where it sees one, and the path of what did not fit. */
export function compareFaults(stream: Stream, decoded: Decoded): void {
  for (const { record, reason, column, at } of decoded.bad) {
    const bytes = stream.records[record] as Uint8Array;
    if (isTold(bytes, { reason, column, at })) continue;
    throw new Error(`cannot be told: ${JSON.stringify({ reason, column, at })} ${describeRecord(stream, record)}`);
  }
}

function isTold(
  bytes: Uint8Array,
  { reason, column, at }: { reason: number; column: string | null; at: number },
): boolean {
  if (reason === BAD_JSON) return findJsonFault(bytes) !== null;
  if (reason === BAD_UTF8) return findUtf8Fault(bytes) !== null;
  if (at < 0 || at >= bytes.length) return false;
  const { path } = describeJsonValue(bytes, at);
  const element = /^\[\d+\]\.?/;
  if (path === null) return findJsonFault(bytes) !== null;
  if (reason !== BAD_FIELD) return path.replace(element, "") === "";
  // A key is shown as it is written, and cut.
  const shown = path.replace(element, "");
  return /[\\…]/.test(shown) || column === shown || column?.startsWith(`${shown}.`) === true;
}

/** So long that no chunk holds it: the record goes the general way. */
const padding = new Uint8Array(17_000).fill(32);

/** What a record gives must not depend on what was learned before. */
export function compareWithGeneralWay(stream: Stream, found: readonly Found[]): void {
  const some = stream.records.slice(0, 60);
  const padded = some.map((record) => Buffer.concat([record, padding]));
  const alone = byRecord(new TestDecoder(stream.fields, stream.options).run(padded), some.length);
  some.forEach((_, index) => {
    const shown = (one: Found): string =>
      one.rows.map((row) => row.map(cellText).join(" | ")).join("\n") + one.bad.join();
    const want = shown(alone[index] as Found);
    const have = shown(found[index] as Found);
    if (want !== have) expect({ have, at: describeRecord(stream, index) }).toEqual({ have: want, at: "" });
  });
}

/** The stream cut into batches at random places. */
export function decodeInBatches(stream: Stream): Decoded {
  const next = random(stream.seed + 1_000_003);
  const decoder = new TestDecoder(stream.fields, stream.options);
  const rows: Decoded["rows"][number][] = [];
  const bad: Decoded["bad"][number][] = [];
  let counters = { records: 0, rows: 0, skipped: 0, bad: 0, ahead: 0, elements: 0 };
  for (let from = 0; from < stream.records.length; ) {
    const to = Math.min(stream.records.length, from + 1 + below(next, next() < 0.2 ? 3 : 400));
    const decoded = decoder.run(stream.records.slice(from, to));
    for (const row of decoded.rows) rows.push({ ...row, record: row.record + from });
    for (const one of decoded.bad) bad.push({ ...one, record: one.record + from });
    counters = decoded.counters;
    from = to;
  }
  return { rows, bad, counters };
}
