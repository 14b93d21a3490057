/**
 * Streams whose records are all of one or two shapes, so that every record fits a learned layout, with accidents so small that
 * they nearly do: a byte flipped, dropped, doubled, added or swapped, a byte traded with a neighbour, a record cut where it does
 * not end, two records joined. The chunk and the vector end in the middle of most of them.
 */
import type { DataType } from "../../src/core/type.ts";
import type { Stream } from "./decode-compare.ts";
import type { TestField } from "./decode-harness.ts";
import { below, pick, quote, type Random, randomNumber, randomOptions } from "./decode-random.ts";
import { random } from "./harness.ts";

interface Member {
  readonly key: string;
  readonly type: DataType | null;
  readonly value: () => string;
}

const STRING: DataType = { kind: "string" };
const texts = ["/home", "", "u-000123", "a,b", "}{", "Grüße", "日本語 😀", "sixteen bytes ok", "x".repeat(70)];

function memberKinds(next: Random): readonly Omit<Member, "key">[] {
  const digits = () => String(below(next, 10 ** (1 + below(next, 9))));
  const time = () => new Date(1.7e12 + below(next, 1e9)).toISOString();
  return [
    { type: { kind: "bigint" }, value: () => digits() + (next() < 0.2 ? digits() : "") },
    { type: { kind: "bigint" }, value: () => `-${1 + below(next, 1e6)}` },
    { type: { kind: "int" }, value: () => (next() < 0.02 ? "null" : String(below(next, 2 ** 31))) },
    { type: { kind: "double" }, value: () => `${below(next, 1e5)}.${below(next, 1e4)}` },
    { type: { kind: "decimal", precision: 10, scale: 2 }, value: () => `${below(next, 1e5)}.${10 + below(next, 90)}` },
    { type: STRING, value: () => JSON.stringify(pick(next, texts)) },
    { type: STRING, value: () => JSON.stringify(`u${digits()}`) },
    { type: STRING, value: () => quote(next, pick(next, ["tab\tbed", 'quo"te', "back\\slash", "plain", "/x/y"])) },
    { type: STRING, value: () => (next() < 0.5 ? "true" : "false") },
    { type: { kind: "boolean" }, value: () => (next() < 0.5 ? "true" : "false") },
    { type: { kind: "timestamp", precision: 3 }, value: () => `"${time().slice(0, 23).replace("T", " ")}"` },
    { type: { kind: "timestamp_ltz", precision: 3 }, value: () => `"${time().replace("T", " ")}"` },
    { type: null, value: () => `[${Array.from({ length: below(next, 4) }, () => randomNumber(next)).join(",")}]` },
    { type: null, value: () => `{"a":${digits()},"b":"${digits()}"}` },
    { type: null, value: () => randomNumber(next) },
    { type: null, value: () => "null" },
  ];
}

/** No layout fits a record in which a string begins with a colon, or an array holds a key. */
function oddKinds(next: Random): readonly Omit<Member, "key">[] {
  return [
    { type: STRING, value: () => JSON.stringify(pick(next, [":", '":', ...texts])) },
    { type: null, value: () => '["a","b:",{"c":[]}]' },
  ];
}

const keys = [
  "a",
  "b",
  "id",
  "ts",
  "user_id",
  "event_timestamp",
  "a_key_longer_than_thirty_two_bytes_for_sure",
  "ключ",
];

/** Members, a third of which nobody reads. */
function shapeOf(next: Random): Member[] {
  const kinds = next() < 0.8 ? memberKinds(next) : [...memberKinds(next), ...oddKinds(next)];
  return keys.filter(() => next() < 0.6).map((key) => ({ key, ...pick(next, kinds) }));
}

interface Spacing {
  readonly before: string;
  readonly colon: string;
  readonly comma: string;
  readonly end: string;
}

const spacings: readonly Spacing[] = [
  { before: "", colon: ":", comma: ",", end: "\n" },
  { before: "", colon: ":", comma: ",", end: "" },
  { before: "", colon: ": ", comma: ", ", end: "\r\n" },
  { before: "\n  ", colon: ": ", comma: ",\n  ", end: "\n" },
];

const utf8 = new TextEncoder();
const structure = utf8.encode('{}[]:,"\\ \n\r\t\u0000\u001f\u007f0123456789-+.eEtrufalsn/');
const numeric = utf8.encode("0.-+eE ");
const special = utf8.encode('"\\\n\t\u0001');

/** Digits and letters stand inside a token; every other byte at the end of one. */
const isInside = (byte: number): boolean => /[0-9A-Za-z]/.test(String.fromCharCode(byte));

/** Any place, or, where accidents matter most, one at the end of a token. */
function placeIn(next: Random, bytes: readonly number[]): number {
  if (next() < 0.4) return below(next, bytes.length);
  const edges = bytes.flatMap((byte, index) => (isInside(byte) ? [] : [index]));
  const at = (pick(next, edges) ?? 0) + below(next, 3) - 1;
  return Math.min(Math.max(at, 0), bytes.length - 1);
}

/** Of what numbers are made of, where a digit stands beside. */
function freshByte(next: Random, beside: readonly (number | undefined)[]): number {
  const roll = next();
  if (roll < 0.5 && beside.some((byte) => byte !== undefined && byte >= 48 && byte <= 57))
    return pick(next, [...numeric]);
  return roll < 0.8 ? pick(next, [...structure]) : below(next, 256);
}

/** One small accident. */
function nudge(next: Random, record: Uint8Array): Uint8Array {
  const bytes = Array.from(record);
  if (bytes.length === 0) return record;
  const at = placeIn(next, bytes);
  const byte = bytes[at] ?? 0;
  const fresh = freshByte(next, [bytes[at - 1], byte, bytes[at + 1]]);
  switch (below(next, 11)) {
    case 9:
    case 10:
      return breakNumber(next, bytes);
    case 0:
      bytes[at] = byte ^ (1 << below(next, 8));
      break;
    case 1:
      bytes[at] = fresh;
      break;
    case 2:
      bytes.splice(at, 0, fresh);
      break;
    case 3:
      bytes.splice(at, 1);
      break;
    case 4:
      bytes.splice(at, 0, byte);
      break;
    case 5:
      bytes.splice(at, 2, bytes[at + 1] ?? byte, byte);
      break;
    case 6:
      bytes.splice(below(next, bytes.length), 0, ...bytes.splice(at, 1));
      break;
    case 7:
      // From a structural byte to the next of its kind: a member or a string doubled or gone.
      return lineUp(next, bytes);
    default:
      bytes.splice(at, 1 + below(next, 8));
  }
  return new Uint8Array(bytes);
}

const before = ["0", "-", "+", ".", "00", " "].map((text) => [...utf8.encode(text)]);
const behind = [".", "e", "E+", "-", ".0.", " 1", "x", "e1"].map((text) => [...utf8.encode(text)]);

/** One run of digits gets something before it or behind it, or another byte for its first or last digit. */
function breakNumber(next: Random, bytes: readonly number[]): Uint8Array {
  const text = String.fromCharCode(...bytes);
  const run = pick(next, [...text.matchAll(/\d+/g)]);
  if (run === undefined) return new Uint8Array(bytes);
  const [first, last] = [run.index, run.index + run[0].length];
  const edited = [...bytes];
  const other = pick(next, [...utf8.encode('x/:" .-')]);
  const roll = below(next, 4);
  if (roll === 0) edited.splice(first, 0, ...pick(next, before));
  else if (roll === 1) edited.splice(last, 0, ...pick(next, behind));
  else edited[roll === 2 ? first : last - 1] = other;
  return new Uint8Array(edited);
}

/** Doubles or drops what lies between two equal structural bytes. */
function lineUp(next: Random, bytes: readonly number[]): Uint8Array {
  const kind = pick(next, [...utf8.encode('",:')]);
  const places = bytes.flatMap((byte, index) => (byte === kind ? [index] : []));
  const first = pick(next, places) ?? 0;
  const last = places.filter((place) => place > first)[below(next, 2)] ?? first;
  const middle = bytes.slice(first, last);
  const kept = next() < 0.5 ? [...middle, ...middle] : [];
  return new Uint8Array([...bytes.slice(0, first), ...kept, ...bytes.slice(last)]);
}

/** A special byte leaves one record and enters another, so that a chunk has as many as before. */
function trade(next: Random, records: Uint8Array[], from: number): void {
  const to = Math.min(records.length - 1, from + below(next, 8));
  const giver = Array.from(records[from] as Uint8Array);
  const places = giver.flatMap((byte, index) => (special.includes(byte) || byte < 32 ? [index] : []));
  const place = pick(next, places);
  if (place === undefined || to === from) return;
  const [byte = 34] = giver.splice(place, 1);
  const taker = Array.from(records[to] as Uint8Array);
  taker.splice(below(next, taker.length + 1), 0, next() < 0.7 ? byte : pick(next, [...special]));
  records[from] = new Uint8Array(giver);
  records[to] = new Uint8Array(taker);
}

/** The border between two records moves by a few bytes, or falls. */
function shift(next: Random, records: Uint8Array[], from: number): void {
  const [a, b] = [records[from], records[from + 1]];
  if (a === undefined || b === undefined) return;
  const both = Buffer.concat([a, b]);
  const border = next() < 0.2 ? both.length : a.length + below(next, 7) - 3;
  records[from] = new Uint8Array(both.subarray(0, border));
  records[from + 1] = new Uint8Array(both.subarray(border));
}

/** The head of one record and the tail of another, at a comma of each. */
function splice(next: Random, records: Uint8Array[], from: number): void {
  const [a, b] = [records[from], records[below(next, records.length)]];
  if (a === undefined || b === undefined) return;
  const cut = (bytes: Uint8Array): number => {
    const commas = Array.from(bytes).flatMap((byte, index) => (byte === 44 ? [index] : []));
    return pick(next, commas) ?? 0;
  };
  records[from] = new Uint8Array(Buffer.concat([a.subarray(0, cut(a)), b.subarray(cut(b))]));
}

function accident(next: Random, records: Uint8Array[], at: number): void {
  const roll = next();
  if (roll < 0.1) trade(next, records, at);
  else if (roll < 0.16) shift(next, records, at);
  else if (roll < 0.22) splice(next, records, at);
  else records[at] = nudge(next, records[at] as Uint8Array);
  if (next() < 0.1) records[at] = nudge(next, records[at] as Uint8Array);
}

/** Any stream is made again from its seed. Most records are untouched; from a few hundred to more than a vector of them. */
export function nearStream(seed: number): Stream {
  const next = random(seed ^ 0x5eed);
  const shapes = Array.from({ length: next() < 0.7 ? 1 : 2 }, () => shapeOf(next));
  const spacing = next() < 0.6 ? (spacings[0] as Spacing) : pick(next, spacings);
  const write = (shape: readonly Member[]): Uint8Array => {
    const members = shape.map(({ key, value }) => `"${key}"${spacing.colon}${value()}`);
    return utf8.encode(`{${spacing.before}${members.join(spacing.comma)}${spacing.before.trimEnd()}}${spacing.end}`);
  };
  const count = next() < 0.8 ? 200 + below(next, 400) : 2040 + below(next, 20);
  const records = Array.from({ length: count }, () => write(pick(next, shapes)));
  const every = pick(next, [2, 3, 5, 20, 100]);
  // The first ones are learned from.
  for (let at = 8 + below(next, 8); at < count; at += 1 + below(next, 2 * every)) accident(next, records, at);
  return { seed, fields: fieldsOf(next, shapes), options: randomOptions(next), records };
}

function fieldsOf(next: Random, shapes: readonly (readonly Member[])[]): TestField[] {
  const fields = new Map<string, TestField>();
  for (const { key, type } of shapes.flat()) {
    if (fields.has(key) || next() < 0.2) continue;
    fields.set(key, { path: [key], type: type !== null && next() < 0.95 ? type : STRING });
  }
  return fields.size > 0 ? [...fields.values()] : [{ path: ["id"], type: STRING }];
}
