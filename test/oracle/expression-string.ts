/** String functions on arrays of code points. */
import type { BoundExpression } from "../../src/plan/plan.ts";
import { type Operand, poison, type Value } from "./expression-value.ts";

type Compute = (call: Extract<BoundExpression, { kind: "call" }>, args: readonly Operand[]) => Value;

const text = (operand: Operand | undefined): string => operand?.value as string;
const number = (operand: Operand | undefined): number => Number(operand?.value as bigint);
/** What the kernel lets a text grow to by a number in the data. */
const MOST_GROWN = 1 << 20;

/** Java's toUpperCase on the letters whose mapping is one code point. */
function mapCase(value: string, map: (character: string) => string): string {
  return [...value].map((character) => ([...map(character)].length === 1 ? map(character) : character)).join("");
}

function likePattern(pattern: string, escaping: string | undefined): RegExp {
  let source = "";
  const characters = [...pattern];
  for (let i = 0; i < characters.length; i++) {
    const character = characters[i] as string;
    if (character === escaping) source += quote(characters[++i] as string);
    else if (character === "%") source += "[^]*";
    else source += character === "_" ? "[^]" : quote(character);
  }
  return new RegExp(`^(?:${source})$`, "u");
}

function quote(character: string): string {
  return character.replace(/[\\^$.*+?()[\]{}|/-]/g, (special) => `\\${special}`).replace("\\-", "-");
}

function substring(value: string, position: number, length: number): Value {
  if (length < 0) return null;
  const characters = [...value];
  const start = position > 0 ? position - 1 : position < 0 ? characters.length + position : 0;
  return start < 0 ? "" : characters.slice(start, start + length).join("");
}

function trim(value: string, set: string, sides: "both" | "leading" | "trailing"): string {
  const members = new Set(set);
  const characters = [...value];
  if (sides !== "trailing") while (characters.length > 0 && members.has(characters[0] as string)) characters.shift();
  if (sides !== "leading") while (members.has(characters.at(-1) as string)) characters.pop();
  return characters.join("");
}

function pad(value: string, length: number, filling: string, left: boolean): Value {
  if (length < 0 || filling === "") return null;
  if (length > MOST_GROWN) return poison;
  const characters = [...value];
  if (characters.length >= length) return characters.slice(0, length).join("");
  const fill = [...filling];
  const added = Array.from({ length: length - characters.length }, (_, at) => fill[at % fill.length]).join("");
  return left ? added + value : value + added;
}

function splitIndex(value: string, separator: string, index: number): Value {
  if (index < 0 || value === "") return null;
  return (separator === "" ? [value] : value.split(separator))[index] ?? null;
}

function initcap(value: string): string {
  return value.replace(/[0-9A-Za-z]+/g, (word) => {
    const rest = word.slice(1).replace(/[A-Z]/g, (letter) => letter.toLowerCase());
    return (word[0] as string).replace(/[a-z]/, (letter) => letter.toUpperCase()) + rest;
  });
}

export const stringFunctions: Readonly<Record<string, Compute>> = {
  CONCAT: (_, args) => args.map(text).join(""),
  UPPER: (_, [a]) => mapCase(text(a), (character) => character.toUpperCase()),
  LOWER: (_, [a]) => mapCase(text(a), (character) => character.toLowerCase()),
  INITCAP: (_, [a]) => initcap(text(a)),
  CHAR_LENGTH: (_, [a]) => BigInt([...text(a)].length),
  SUBSTRING: (_, [a, from, length]) =>
    substring(text(a), number(from), length === undefined ? 2 ** 31 : number(length)),
  TRIM_BOTH: (_, [a, set]) => trim(text(a), text(set), "both"),
  TRIM_LEADING: (_, [a, set]) => trim(text(a), text(set), "leading"),
  TRIM_TRAILING: (_, [a, set]) => trim(text(a), text(set), "trailing"),
  REPLACE: (_, [a, from, to]) =>
    text(from) === ""
      ? `${text(to)}${[...text(a)].map((c) => c + text(to)).join("")}`
      : text(a).replaceAll(text(from), () => text(to)),
  POSITION: (_, [needle, a]) => {
    const at = text(a).indexOf(text(needle));
    return at < 0 ? 0n : BigInt([...text(a).slice(0, at)].length + 1);
  },
  LIKE: (_, [a, pattern, escaping]) =>
    likePattern(text(pattern), escaping === undefined ? undefined : text(escaping)).test(text(a)),
  STARTSWITH: (_, [a, b]) => text(a).startsWith(text(b)),
  ENDSWITH: (_, [a, b]) => text(a).endsWith(text(b)),
  LPAD: (_, [a, length, filling]) => pad(text(a), number(length), text(filling), true),
  RPAD: (_, [a, length, filling]) => pad(text(a), number(length), text(filling), false),
  REVERSE: (_, [a]) => [...text(a)].reverse().join(""),
  REPEAT: (_, [a, count]) => {
    const bytes = Buffer.byteLength(text(a));
    if (number(count) <= 0 || bytes === 0) return "";
    return number(count) * bytes > MOST_GROWN ? poison : text(a).repeat(number(count));
  },
  LEFT: (_, [a, length]) => [...text(a)].slice(0, Math.max(0, number(length))).join(""),
  RIGHT: (_, [a, length]) => (number(length) <= 0 ? "" : [...text(a)].slice(-number(length)).join("")),
  SPLIT_INDEX: (_, [a, separator, index]) => splitIndex(text(a), text(separator), number(index)),
  ASCII: (_, [a]) => BigInt(Buffer.from(text(a)).length === 0 ? 0 : Buffer.from(text(a)).readInt8(0)),
};
