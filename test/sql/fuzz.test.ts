/**
 * Random texts: parsing never throws, spans lie in the text and nest, errors are sorted and can be rendered. Texts are made
 * from the words of the language, from the golden files with tokens dropped, doubled and swapped, and from raw characters.
 * `MILLRACE_FUZZ_SEED` repeats a run, `MILLRACE_FUZZ_RUNS` makes it longer.
 */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { keywords } from "../../src/sql/keywords.ts";
import { tokenize } from "../../src/sql/lexer.ts";
import { parse } from "../../src/sql/parse.ts";
import { renderError } from "../../src/sql/render-error.ts";
import { nodesOf } from "./tree-walk.ts";

const seed = Number(process.env.MILLRACE_FUZZ_SEED ?? 20_241_106);
const numRuns = Number(process.env.MILLRACE_FUZZ_RUNS ?? 1500);

const folder = join(import.meta.dir, "../golden/parse");
const golden = readdirSync(folder)
  .filter((name) => name.endsWith(".sql"))
  .map((name) => readFileSync(join(folder, name), "utf8"));
const statements = golden.flatMap((text) => text.split(";"));

const pieces = [
  ...[...keywords.keys()],
  ...[
    "a",
    "b.c",
    "`x y`",
    "t1",
    "1",
    "2.5",
    "1e9",
    "'s'",
    "'it''s'",
    "X'0f'",
    "U&'\\0041'",
    "OPTIONS",
    "EXECUTE",
    "BEGIN",
  ],
  ...["(", ")", "[", "]", ",", ".", ";", "*", "/", "%", "+", "-", "||", "=", "<>", "!=", "<", "<=", ">", ">=", "=>"],
  ...["/*+", "*/", "--x\n", "/* x */", "'", "`", '"', "\n", "?", "é", "🚀", "STATEMENT SET", "FOR SYSTEM_TIME AS OF"],
];

const words = fc.array(fc.constantFrom(...pieces), { maxLength: 40 }).map((parts) => parts.join(" "));
const raw = fc.string({ unit: "binary", maxLength: 60 });

/** A golden statement with some of its tokens dropped, doubled, or swapped for others. */
const mutated = fc
  .tuple(
    fc.constantFrom(...statements),
    fc.array(
      fc.record({
        at: fc.nat(),
        how: fc.constantFrom("drop", "double", "swap", "put"),
        piece: fc.constantFrom(...pieces),
      }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
  )
  .map(([text, changes]) => {
    const images = tokenize(text).tokens.map(({ image }) => image);
    for (const { at, how, piece } of changes) {
      const i = images.length === 0 ? 0 : at % images.length;
      if (how === "drop") images.splice(i, 1);
      else if (how === "double") images.splice(i, 0, images[i] ?? piece);
      else if (how === "put") images.splice(i, 0, piece);
      else images[i] = piece;
    }
    return images.join(" ");
  });

function check(text: string): void {
  const { statements: parsed, errors } = parse(text);
  let last = 0;
  for (const statement of parsed) {
    expect(statement.span.start).toBeGreaterThanOrEqual(last);
    last = statement.span.end;
    for (const { node, parent } of nodesOf(statement)) {
      const { start, end } = node.span;
      const within = parent?.span ?? { start: 0, end: text.length };
      if (!(start >= within.start && start <= end && end <= within.end)) {
        throw new Error(`span ${start}–${end} of ${node.kind} is not within ${within.start}–${within.end} in: ${text}`);
      }
    }
  }
  for (const [i, error] of errors.entries()) {
    expect(error.span.start).toBeGreaterThanOrEqual(errors[i - 1]?.span.start ?? 0);
    expect(error.span.end).toBeGreaterThanOrEqual(error.span.start);
    expect(error.span.end).toBeLessThanOrEqual(text.length);
    expect(error.message).not.toContain("undefined");
    expect(renderError({ text, fileName: "f.sql", error })).toContain("^");
  }
  if (errors.length === 0)
    expect(parsed.length > 0 || tokenize(text).tokens.every(({ image }) => image === ";")).toBe(true);
}

describe(`fuzz with seed ${seed}`, () => {
  for (const [name, texts] of [
    ["words of the language", words],
    ["changed statements", mutated],
    ["raw characters", raw],
  ] as const) {
    test(`${name}: no throw, spans nest, errors are sorted and rendered`, () => {
      fc.assert(fc.property(texts, check), { seed, numRuns });
    }, 60_000);
  }

  test("every beginning of every golden file is read without a throw", () => {
    for (const text of golden) {
      for (let end = 0; end < text.length; end += 37) check(text.slice(0, end));
    }
  }, 60_000);
});
