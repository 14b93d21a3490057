/**
 * An exception of the parser to an error a person can act on: what was expected, in words; what was found, in quotes; and
 * a hint where a slip is likely: a misspelt keyword, a reserved word as a name, a string that was not closed, something
 * Flink has and this release has not.
 */
import { EOF, type IRecognitionException, type IToken } from "chevrotain";
import type { Span } from "../core/error.ts";
import { type Follow, type Notes, tokenSpan } from "./grammar-base.ts";
import * as T from "./keywords.ts";
import { type SqlToken, shorten } from "./lexer.ts";
import { nearest } from "./suggest.ts";
import type { SqlError } from "./tree.ts";

/** What surrounds the statement the exception came from. */
export interface Surroundings {
  readonly tokens: readonly SqlToken[];
  /** Where the statement ends: its `;`, or the end of the text. */
  readonly end: Span;
  readonly notes: Notes;
}

/** Words that Flink reads and this grammar does not, with the way round them. */
const notHere: ReadonlyMap<string, string | null> = new Map([
  ["INTERSECT", "write a join, or WHERE EXISTS"],
  ["EXCEPT", "write WHERE NOT EXISTS"],
  ["MINUS", "write WHERE NOT EXISTS"],
  ["NATURAL", "name the columns: JOIN … USING (a, b)"],
  ["LATERAL", "a table function stands in FROM by itself"],
  ["MATCH_RECOGNIZE", null],
  ["TABLESAMPLE", null],
  ["PIVOT", "write one aggregate with FILTER (WHERE …) for each value"],
  ["UNPIVOT", null],
  ["QUALIFY", "put the query in FROM (…) and filter it with WHERE"],
  ["OFFSET", null],
  ["WITHIN", null],
  ["IGNORE", null],
  ["RESPECT", null],
  ["SIMILAR", "write LIKE"],
  ["RLIKE", "write LIKE"],
  ["ILIKE", "write LOWER(x) LIKE 'a%'"],
]);

/** Tokens that follow a name, never the keyword that was read instead of it. */
const afterName: readonly unknown[] = [
  T.Comma,
  T.Dot,
  T.RightParen,
  T.K.AS,
  T.K.IS,
  T.K.FROM,
  T.Equal,
  T.Less,
  T.Greater,
  EOF,
];

export function syntaxError(exception: IRecognitionException, around: Surroundings): SqlError {
  const { tokens, notes } = around;
  const at =
    exception.token.tokenType === EOF ? tokens.length : (exception.token as SqlToken).index - (tokens[0]?.index ?? 0);
  const found = tokens[at];
  const previous = tokens[at - 1];
  const misread = misspelt(previous, notes.loose);
  if (misread !== null && previous !== undefined) {
    const expected = alternatives(notes.loose?.expected ?? "");
    return complaint({ expected, found: previous, hint: `did you mean '${misread}'?`, around });
  }
  const unsupported = found === undefined ? undefined : notHere.get(found.image.toUpperCase());
  if (found !== undefined && unsupported !== undefined) {
    const message = `${found.image.toUpperCase()} is not part of this release`;
    return { code: "NOT-SUPPORTED", message, span: tokenSpan(found), hint: unsupported };
  }
  const follow = notes.follow?.behind === previous?.startOffset ? notes.follow : null;
  const expected = phraseOf(exception.message, follow);
  const words = capitals(`${expected} ${follow?.also ?? ""}`);
  return complaint({
    expected,
    found,
    hint: hintFor({ found, previous, next: tokens[at + 1], expected, words }),
    around,
  });
}

/** What closes something may always be preceded by what goes on with it. */
const closings = ["';'", "')'", "',' or ')'", "'>'", "END", "']'"];

function phraseOf(phrase: string, follow: Follow | null): string {
  const closing = phrase === "" ? "';'" : phrase;
  if (follow === null || (phrase !== "" && !closings.includes(phrase))) return closing;
  return alternatives(`${follow.expected}, ${closing.replace("',' or ", "")}`);
}

/** `a, b, c` to `a, b or c`. */
function alternatives(list: string): string {
  const parts = list.split(", ");
  const last = parts.pop() ?? "";
  return parts.length === 0 ? last : `${parts.join(", ")} or ${last}`;
}

/** The keyword that a name behind which nothing fits was probably meant to be. */
function misspelt(name: IToken | undefined, loose: Follow | null): string | null {
  if (name === undefined || loose === null || loose.behind !== name.startOffset) return null;
  return nearest(name.image, capitals(`${loose.expected} ${loose.also}`));
}

function complaint(parts: {
  expected: string;
  found: SqlToken | undefined;
  hint: string | null;
  around: Surroundings;
}): SqlError {
  const { expected, found, hint, around } = parts;
  const what = found === undefined ? "the end of the statement" : quoted(found);
  const span = found === undefined ? around.end : tokenSpan(found);
  return { code: "SYNTAX", message: `expected ${expected}, found ${what}`, span, hint };
}

function quoted(token: SqlToken): string {
  return /['"`]/.test(token.image) ? shorten(token.image) : `'${shorten(token.image)}'`;
}

/** Words in capitals: the keywords a phrase names. */
function capitals(phrase: string): string[] {
  return phrase.match(/\b[A-Z][A-Z_]+\b/g) ?? [];
}

interface Place {
  readonly found: SqlToken | undefined;
  readonly previous: SqlToken | undefined;
  readonly next: SqlToken | undefined;
  readonly expected: string;
  readonly words: readonly string[];
}

function hintFor({ found, previous, next, expected, words }: Place): string | null {
  if (found === undefined) return unclosed(previous);
  const isWord = /^[\p{L}_]/u.test(found.image) && !T.isReserved(found.tokenType);
  const meant = isWord ? nearest(found.image, words) : null;
  if (meant !== null && meant !== found.image.toUpperCase()) return `did you mean '${meant}'?`;
  const wantsName = /\b(name|column|table|alias)\b/.test(expected.replace(/after .*/, ""));
  if (
    wantsName &&
    T.isReserved(found.tokenType) &&
    (expected.includes("name") || afterName.includes(next?.tokenType ?? EOF))
  ) {
    return `'${found.image}' is a reserved word: as a name it stands in back ticks, \`${found.image}\``;
  }
  if (previous?.tokenType === T.Comma && (T.isReserved(found.tokenType) || found.tokenType === T.RightParen)) {
    return "take the ',' before it away";
  }
  if (found.tokenType === T.Comma && expected.startsWith("a column"))
    return "there is a ',' too many, or something is missing before it";
  if (
    previous?.tokenType === T.StringLiteral &&
    previous.endOffset + 1 === found.startOffset &&
    /^[\p{L}\d]/u.test(found.image)
  ) {
    return "a quote is missing, or one too many; a quote inside a string is written twice";
  }
  return unclosed(previous) ?? unclosed(found) ?? slip({ found, previous, next, expected });
}

const statementWords = /^(SELECT|INSERT|CREATE|DROP)$/i;
const unitWords = /^(SECOND|MINUTE|HOUR|DAY|WEEK|MONTH|YEAR)S?$/i;

/** Small things that are often left out or written as elsewhere. */
function slip({ found, previous, next, expected }: Omit<Place, "words"> & { found: SqlToken }): string | null {
  if (expected.includes("';'") && statementWords.test(found.image)) return "is a ';' missing before it?";
  if (expected.startsWith("an option") && /^[\p{L}"`]/u.test(found.image)) {
    return "keys and values of options stand in single quotes";
  }
  const quantity = /^'\s*(-?\d+)\s*(\p{L}+)\s*'$/u.exec(previous?.image ?? "");
  if (expected.startsWith("a unit") && unitWords.test(quantity?.[2] ?? "")) {
    return `write INTERVAL '${quantity?.[1]}' ${quantity?.[2]?.toUpperCase()}`;
  }
  if (previous?.tokenType === T.NumberLiteral && unitWords.test(found.image)) {
    return `write INTERVAL '${previous.image}' ${found.image.toUpperCase()}`;
  }
  if (expected.includes("')'") && T.isReserved(found.tokenType)) return "is a ')' missing before it?";
  const twoStrings = previous?.tokenType === T.StringLiteral && found.tokenType === T.StringLiteral;
  const columnBegins = expected.includes("NOT NULL") && isWordToken(found) && next !== undefined && isWordToken(next);
  return expected.startsWith("','") && (twoStrings || columnBegins) ? "is a ',' missing before it?" : null;
}

function isWordToken({ image, tokenType }: SqlToken): boolean {
  return /^[\p{L}_`]/u.test(image) && !T.isReserved(tokenType);
}

/** A string over several lines is more likely one whose quote is missing. */
function unclosed(token: SqlToken | undefined): string | null {
  if (token?.tokenType !== T.StringLiteral || !token.image.includes("\n")) return null;
  return `the string ${shorten(token.image.slice(0, token.image.indexOf("\n")).trimEnd())} runs on over lines: is a quote missing?`;
}
