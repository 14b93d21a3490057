/**
 * Java's DateTimeFormatter patterns as the kernel's date programs (DATE_* of assembly/shared/opcode.ts): pairs of item and
 * width, literals followed by their bytes. The letters are those that make sense without a zone and in English; any other
 * is named in the answer. Java's rules: a run of one letter sets the width, text stands in quotes, '' is a quote.
 */
import * as op from "../../../assembly/shared/opcode.ts";

export type DatePattern =
  | { readonly ok: true; readonly program: Uint8Array }
  /** What to tell the person: names the letter or the place. */
  | { readonly ok: false; readonly message: string };

/** Runs longer than this are no pattern Java takes either. */
const MAX_RUN = 19;

type Item = readonly [item: number, width: number];

function number(item: number): (run: number) => Item | null {
  return (run) => (run <= 2 ? [item, run === 1 ? 0 : 2] : null);
}

const letters: Readonly<Record<string, (run: number) => Item | null>> = {
  u: (run) => year(op.DATE_YEAR, run),
  y: (run) => year(op.DATE_YEAR_OF_ERA, run),
  M: month,
  L: month,
  Q: (run) => (run <= 2 ? [op.DATE_QUARTER, run === 1 ? 0 : 2] : null),
  d: number(op.DATE_DAY),
  D: (run) => (run === 1 || run === 3 ? [op.DATE_DAY_OF_YEAR, run === 1 ? 0 : 3] : null),
  E: (run) => (run <= 3 ? [op.DATE_WEEKDAY_SHORT, run] : run === 4 ? [op.DATE_WEEKDAY_FULL, run] : null),
  a: (run) => (run === 1 ? [op.DATE_AM_PM, 1] : null),
  H: number(op.DATE_HOUR),
  k: number(op.DATE_HOUR_1_24),
  h: number(op.DATE_HOUR_1_12),
  K: number(op.DATE_HOUR_0_11),
  m: number(op.DATE_MINUTE),
  s: number(op.DATE_SECOND),
  S: (run) => (run <= 9 ? [op.DATE_FRACTION, run] : null),
};

function year(item: number, run: number): Item | null {
  if (run === 2) return [op.DATE_YEAR_SHORT, 2];
  return run <= 15 ? [item, run === 1 ? 0 : run] : null;
}

function month(run: number): Item | null {
  if (run === 3) return [op.DATE_MONTH_SHORT, 3];
  if (run === 4) return [op.DATE_MONTH_FULL, 4];
  return run <= 2 ? [op.DATE_MONTH, run === 1 ? 0 : 2] : null;
}

export function compileDatePattern(pattern: string): DatePattern {
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let literal = "";
  const flush = (): void => {
    const text = encoder.encode(literal);
    for (let at = 0; at < text.length; at += 255) {
      const part = text.subarray(at, at + 255);
      bytes.push(op.DATE_LITERAL, part.length, ...part);
    }
    literal = "";
  };
  for (let at = 0; at < pattern.length; ) {
    const character = pattern[at] as string;
    if (character === "'") {
      const quoted = readQuoted(pattern, at);
      if (quoted === null) return { ok: false, message: `has a quote that is not closed: '${pattern}'` };
      literal += quoted.text;
      at = quoted.end;
      continue;
    }
    if (!/[A-Za-z[\]{}#]/.test(character)) {
      literal += character;
      at++;
      continue;
    }
    const run = runLength(pattern, at);
    const item = run <= MAX_RUN ? (letters[character]?.(run) ?? null) : null;
    if (item === null) return { ok: false, message: unsupported(character, run) };
    flush();
    bytes.push(...item);
    at += run;
  }
  flush();
  return { ok: true, program: Uint8Array.from(bytes) };
}

function unsupported(character: string, run: number): string {
  const known = letters[character] !== undefined;
  const written = character.repeat(Math.min(run, 20));
  if (known) return `does not know '${written}': write '${character}' fewer times`;
  return `does not know '${character}': it takes ${Object.keys(letters).join(" ")}, and text in single quotes`;
}

function runLength(pattern: string, at: number): number {
  let end = at + 1;
  while (end < pattern.length && pattern[end] === pattern[at]) end++;
  return end - at;
}

/** `at` is an opening quote; the end is behind the closing one. */
function readQuoted(pattern: string, at: number): { readonly text: string; readonly end: number } | null {
  if (pattern[at + 1] === "'") return { text: "'", end: at + 2 };
  let text = "";
  for (let i = at + 1; i < pattern.length; i++) {
    if (pattern[i] !== "'") {
      text += pattern[i];
    } else if (pattern[i + 1] === "'") {
      text += "'";
      i++;
    } else {
      return { text, end: i + 1 };
    }
  }
  return null;
}
