/**
 * Streams of JSON records for fuzzing: a few shapes with values of every kind that come again and again (so that layouts are
 * learned), records of no shape at all, and both with bytes flipped, dropped, doubled and swapped.
 */
import type { DataType } from "../../src/core/type.ts";
import type { DecodeOptions, TestField } from "./decode-harness.ts";

export type Random = () => number;

const types: readonly DataType[] = [
  { kind: "boolean" },
  { kind: "tinyint" },
  { kind: "smallint" },
  { kind: "int" },
  { kind: "bigint" },
  { kind: "bigint" },
  { kind: "float" },
  { kind: "double" },
  { kind: "double" },
  { kind: "decimal", precision: 10, scale: 2 },
  { kind: "decimal", precision: 38, scale: 18 },
  { kind: "decimal", precision: 3, scale: 3 },
  { kind: "string" },
  { kind: "string" },
  { kind: "varchar", length: 3 },
  { kind: "bytes" },
  { kind: "date" },
  { kind: "time", precision: 0 },
  { kind: "time", precision: 3 },
  { kind: "timestamp", precision: 3 },
  { kind: "timestamp", precision: 0 },
  { kind: "timestamp", precision: 9 },
  { kind: "timestamp_ltz", precision: 3 },
  { kind: "timestamp_ltz", precision: 6 },
];

/** Some longer than 16 and 32 bytes, some that need escapes, some that are prefixes of others. */
const plainNames: readonly string[] = [
  "a",
  "b",
  "ab",
  "id",
  "event_timestamp",
  "session_duration_seconds",
  "a_key_that_is_longer_than_thirty_two_bytes_by_far",
  "schlüssel",
  "",
];
/** No layout has these. */
const oddNames: readonly string[] = ['quo"te', "back\\slash", "__proto__"];
const names: readonly string[] = [...plainNames, ...oddNames];

export function pick<T>(random: Random, list: readonly T[]): T {
  return list[Math.floor(random() * list.length)] as T;
}

export function below(random: Random, limit: number): number {
  return Math.floor(random() * limit);
}

export function randomFields(random: Random): TestField[] {
  const fields: TestField[] = [];
  for (const name of names) {
    const roll = random();
    if (roll < 0.35) fields.push({ path: [name], type: pick(random, types) });
    else if (roll < 0.5) {
      fields.push({ path: [name, "id"], type: pick(random, types) });
      if (random() < 0.5) fields.push({ path: [name, "in", "deep"], type: pick(random, types) });
    }
  }
  return fields.length > 0 ? fields : [{ path: ["a"], type: pick(random, types) }];
}

export function randomOptions(random: Random): DecodeOptions {
  const ignoreParseErrors = random() < 0.4;
  return {
    validation: random() < 0.6 ? "full" : "projected",
    ignoreParseErrors,
    failOnMissingField: !ignoreParseErrors && random() < 0.2,
    timestampFormat: pick(random, ["lenient", "SQL", "ISO-8601"]),
  };
}

function randomDigits(random: Random, most: number): string {
  let text = "";
  for (let left = 1 + below(random, most); left > 0; left--) text += below(random, 10);
  return text;
}

export function randomNumber(random: Random): string {
  const sign = random() < 0.3 ? "-" : "";
  const whole = random() < 0.3 ? "0" : `${1 + below(random, 9)}${random() < 0.7 ? randomDigits(random, 6) : ""}`;
  const long = random() < 0.1 ? randomDigits(random, 25) : "";
  const fraction = random() < 0.3 ? `.${randomDigits(random, random() < 0.2 ? 30 : 4)}` : "";
  const exponent =
    random() < 0.08 ? `${pick(random, ["e", "E"])}${pick(random, ["", "+", "-"])}${below(random, 30)}` : "";
  return sign + (whole === "0" ? "0" : whole + long) + fraction + exponent;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, "0");
}

export function randomTime(random: Random): string {
  const year =
    random() < 0.9 ? String(1900 + below(random, 200)) : pick(random, ["0000", "9999", "+12345", "-0044", "-123456"]);
  const day = `${year}-${twoDigits(below(random, 14))}-${twoDigits(below(random, 33))}`;
  if (random() < 0.15) return day;
  const fraction = random() < 0.7 ? `.${randomDigits(random, random() < 0.7 ? 3 : 10)}` : "";
  const seconds = random() < 0.9 ? `:${twoDigits(below(random, 61))}${fraction}` : "";
  const clock = `${twoDigits(below(random, 25))}:${twoDigits(below(random, 61))}${seconds}`;
  if (random() < 0.15) return clock;
  const zone =
    random() < 0.6
      ? ""
      : pick(random, ["Z", "z", "+02:00", "-0530", "+01", " +01:00", "+19:00", "+18:00:01", "+00:00:30"]);
  return day + pick(random, [" ", " ", "T", "t", "_"]) + clock + zone;
}

/** A time that is one, of the form every style reads fast. */
function goodTime(random: Random): string {
  const ms = below(random, 2 ** 41);
  const text = new Date(ms).toISOString();
  return pick(random, [text, text.slice(0, -1), text.replace("T", " ").slice(0, -1), text.replace("T", " ")]);
}

const strings: readonly string[] = [
  "",
  "x",
  "true",
  "TRUE ",
  "false",
  " 12 ",
  "+7",
  "-9223372036854775808",
  "9223372036854775808",
  "1e3",
  "NaN",
  "-Infinity",
  ".5",
  "5.",
  "QUJD",
  "QUI=",
  "QQ==",
  "Q===",
  ":colon first",
  "ends with a colon:",
  ",",
  "}",
  '{"a":1}',
  "a longer string that does not fit into sixteen bytes",
  "Grüße",
  "日本語",
  "😀",
  "tab\tand\nnewline",
  'quote " and \\ backslash',
  "\ud800 alone",
  "\u0000",
];

/** A string as JSON, with some characters escaped that need not be. */
export function quote(random: Random, text: string): string {
  const plain = JSON.stringify(text);
  if (random() < 0.9) return plain;
  return plain.replace(/[a-z/]/g, (letter) =>
    random() < 0.2 ? `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}` : letter,
  );
}

function randomScalar(random: Random): string {
  const roll = random();
  if (roll < 0.35) return randomNumber(random);
  if (roll < 0.45) return pick(random, ["true", "false", "null", "null"]);
  if (roll < 0.6) return quote(random, random() < 0.6 ? goodTime(random) : randomTime(random));
  if (roll < 0.7) return quote(random, randomNumber(random));
  return quote(random, pick(random, strings));
}

export interface Style {
  readonly before: string;
  readonly colon: string;
  readonly comma: string;
  readonly end: string;
}

const styles: readonly Style[] = [
  { before: "", colon: ":", comma: ",", end: "" },
  { before: "", colon: ":", comma: ",", end: "\n" },
  { before: "", colon: ": ", comma: ", ", end: "\r\n" },
  { before: "\n    ", colon: ":  ", comma: ",\n    ", end: "\n" },
  { before: " ", colon: " : ", comma: " ,\n  ", end: "" },
];

function randomValue(random: Random, style: Style, depth: number): string {
  const roll = random();
  if (depth === 0 || roll < 0.8) return randomScalar(random);
  const items = Array.from({ length: below(random, 4) }, () => randomValue(random, style, depth - 1));
  if (roll < 0.87) return `[${style.before}${items.join(style.comma)}${style.before}]`;
  const members = items.map(
    (item) => `${quote(random, pick(random, ["id", "in", "deep", ...names]))}${style.colon}${item}`,
  );
  return `{${style.before}${members.join(style.comma)}${style.before}}`;
}

/** Key names with a maker of values; nested when the value is a list of members. */
type Shape = readonly (readonly [string, Shape | (() => string)])[];

interface ShapeInput {
  readonly fields: readonly TestField[];
  readonly path: readonly string[];
}

function randomShape(random: Random, { fields, path }: ShapeInput): Shape {
  const odd = random() < 0.15 ? oddNames : [];
  const keys = (path.length === 0 ? [...plainNames, ...odd] : ["id", "in", "deep", "x"]).filter(() => random() < 0.5);
  if (random() < 0.1) keys.push(pick(random, keys.length > 0 ? keys : ["id"]));
  if (keys.length === 0) keys.push("id");
  return keys.map((key) => {
    const here = [...path, key];
    const onTheWay = fields.some(
      (field) => field.path.length > here.length && here.every((k, i) => k === field.path[i]),
    );
    if (here.length < 3 && random() < (onTheWay ? 0.9 : 0.2)) return [key, randomShape(random, { fields, path: here })];
    const field = fields.find((one) => one.path.length === here.length && here.every((k, i) => k === one.path[i]));
    return [key, field !== undefined && random() < 0.95 ? fitting(random, field.type) : anyMaker(random)];
  });
}

function anyMaker(random: Random): () => string {
  return pick(random, [
    () => randomScalar(random),
    () => randomNumber(random),
    () => String(below(random, 1e6)),
    () => JSON.stringify(goodTime(random)),
    () => JSON.stringify(randomDigits(random, 30)),
    () => JSON.stringify(pick(random, strings)),
  ]);
}

/** Values that a field of the type takes, nearly always. */
function fitting(random: Random, type: DataType): () => string {
  const rarely = random() < 0.3 ? 0.02 : 0;
  const usual = usualValue(random, type);
  return () => (random() < rarely ? randomScalar(random) : usual());
}

function usualValue(random: Random, type: DataType): () => string {
  switch (type.kind) {
    case "boolean":
      return () => pick(random, ["true", "false"]);
    case "tinyint":
      return () => String(below(random, 256) - 128);
    case "smallint":
    case "int":
      return () => String(below(random, 65_536) - 32_768);
    case "bigint":
      return () => `${pick(random, ["", "-"])}${1 + below(random, 9)}${randomDigits(random, 17)}`;
    case "float":
    case "double":
    case "decimal":
      return () => randomNumber(random);
    case "bytes":
      return () => JSON.stringify(pick(random, ["", "QUJD", "QUI=", "QQ=="]));
    case "date":
      return () => JSON.stringify(goodTime(random).slice(0, 10));
    case "time":
      return () => JSON.stringify(goodTime(random).slice(11, 19));
    case "timestamp":
    case "timestamp_ltz": {
      const separator = pick(random, [" ", "T"]);
      const end = type.kind === "timestamp_ltz" ? "Z" : "";
      return () => JSON.stringify(goodTime(random).slice(0, 23).replace(/[ T]/, separator) + end);
    }
    default:
      return () => JSON.stringify(pick(random, strings.slice(0, 26)));
  }
}

function writeShape(shape: Shape, style: Style): string {
  const members = shape.map(
    ([key, value]) =>
      JSON.stringify(key) + style.colon + (typeof value === "function" ? value() : writeShape(value, style)),
  );
  return `{${style.before}${members.join(style.comma)}${style.before}}`;
}

const utf8 = new TextEncoder();
const bytesThatMatter = utf8.encode('{}[]:,"\\ \n\t\u001f\u007f0123456789-+.eEtfnul/u');

/** One kind of bracket for another, where there is one. */
function swapBracket(random: Random, bytes: number[]): void {
  const brackets = bytes.flatMap((byte, index) => ("{}[]".includes(String.fromCharCode(byte)) ? [index] : []));
  const at = pick(random, brackets);
  if (at !== undefined) bytes[at] = (bytes[at] as number) ^ 0x26;
}

/** One to three small accidents. */
export function mutate(random: Random, record: Uint8Array): Uint8Array {
  let bytes = Array.from(record);
  for (let left = 1 + below(random, 3); left > 0; left--) {
    const at = below(random, bytes.length + 1);
    const byte = random() < 0.7 ? pick(random, [...bytesThatMatter]) : below(random, 256);
    const roll = random();
    if (roll < 0.1) swapBracket(random, bytes);
    else if (roll < 0.3) bytes[Math.min(at, bytes.length)] = byte;
    else if (roll < 0.55) bytes.splice(at, 0, byte);
    else if (roll < 0.8) bytes.splice(at, 1 + below(random, 3));
    else if (roll < 0.9) bytes.splice(at, 0, ...bytes.slice(at, at + below(random, 20)));
    else bytes = bytes.slice(0, at);
  }
  return new Uint8Array(bytes);
}

/** A stream of `count` records, most of which fit the fields. */
export function randomRecords(random: Random, fields: readonly TestField[], count: number): Uint8Array[] {
  const style = random() < 0.7 ? pick(random, styles.slice(0, 3)) : pick(random, styles);
  const shapes = Array.from({ length: 1 + below(random, 6) }, () => randomShape(random, { fields, path: [] }));
  const accidents = pick(random, [0, 0.02, 0.1, 0.3]);
  const wild = pick(random, [0, 0.05, 0.5]);
  return Array.from({ length: count }, () => {
    const text = random() < wild ? wildRecord(random) : writeShape(pick(random, shapes), style) + style.end;
    const record = utf8.encode(text);
    return random() < accidents ? mutate(random, record) : record;
  });
}

function wildRecord(random: Random): string {
  const style = pick(random, styles);
  const roll = random();
  if (roll < 0.05) return pick(random, ["", "\n", " \t", "null", "12", '"x"', "[]", "{}", "[[]]", "\ufeff{}", "{} {}"]);
  const object = (): string => {
    const members = Array.from(
      { length: below(random, 6) },
      () => `${quote(random, pick(random, names))}${style.colon}${randomValue(random, style, 3)}`,
    );
    return `{${style.before}${members.join(style.comma)}${style.before}}`;
  };
  if (roll < 0.2) {
    const items = Array.from({ length: below(random, 5) }, () => (random() < 0.9 ? object() : randomScalar(random)));
    return `[${items.join(style.comma)}]${style.end}`;
  }
  return object() + style.end;
}
