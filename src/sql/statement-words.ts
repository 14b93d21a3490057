/** First words of statements: those that open a statement set, and those Flink has and this release has not. */
import { tokenSpan } from "./grammar-base.ts";
import { K, QuotedIdentifier } from "./keywords.ts";
import type { SqlToken } from "./lexer.ts";
import type { SqlError } from "./tree.ts";

const openings: readonly { readonly words: string; readonly explain: boolean }[] = [
  { words: "EXECUTE STATEMENT SET BEGIN", explain: false },
  { words: "BEGIN STATEMENT SET", explain: false },
  { words: "EXPLAIN STATEMENT SET BEGIN", explain: true },
  { words: "EXPLAIN PLAN FOR STATEMENT SET BEGIN", explain: true },
];

/** How many tokens open a statement set, and whether it is only to be explained; null when none is opened. */
export function openingOfSet(
  tokens: readonly SqlToken[],
): { readonly length: number; readonly explain: boolean } | null {
  for (const { words, explain } of openings) {
    const wanted = words.split(" ");
    if (wanted.every((word, i) => isWord(tokens[i], word))) return { length: wanted.length, explain };
  }
  return null;
}

const foreign: ReadonlyMap<string, string | null> = new Map([
  ["USE", "tables have plain names here: there are no catalogs and databases"],
  ["SHOW", null],
  ["DESCRIBE", null],
  ["DESC", null],
  ["ALTER", "DROP the table and CREATE it anew"],
  ["ADD", null],
  ["REMOVE", null],
  ["LOAD", null],
  ["UNLOAD", null],
  ["ANALYZE", null],
  ["UPDATE", null],
  ["DELETE", null],
  ["MERGE", null],
  ["TRUNCATE", null],
  ["CALL", null],
  ["COMPILE", null],
  ["STOP", null],
  ["EXECUTE", "write EXECUTE STATEMENT SET BEGIN INSERT INTO …; END;"],
  ["BEGIN", "write BEGIN STATEMENT SET; INSERT INTO …; END;"],
  ["END", "END closes a statement set, and none is open"],
]);

export function isForeignStatement(tokens: readonly SqlToken[]): boolean {
  const first = tokens[0];
  return first !== undefined && first.tokenType !== QuotedIdentifier && foreign.has(first.image.toUpperCase());
}

export function refuseStatement(tokens: readonly SqlToken[]): SqlError {
  const first = tokens[0] as SqlToken;
  const word = first.image.toUpperCase();
  const hint = foreign.get(word) ?? null;
  const span = tokenSpan(first);
  if (first.tokenType === K.END || word === "EXECUTE" || word === "BEGIN") {
    return { code: "SYNTAX", message: `expected a statement, found '${first.image}'`, span, hint };
  }
  return { code: "NOT-SUPPORTED", message: `the statement ${word} is not part of this release`, span, hint };
}

function isWord(token: SqlToken | undefined, word: string): boolean {
  return token !== undefined && token.tokenType !== QuotedIdentifier && token.image.toUpperCase() === word;
}
