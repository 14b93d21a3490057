/** Tokens into statements at each `;`. Semicolons in strings and comments are no tokens, so they end nothing. */
import type { Span } from "../core/error.ts";
import { tokenSpan } from "./grammar-base.ts";
import { Semicolon } from "./keywords.ts";
import type { SqlToken } from "./lexer.ts";
import type { SqlError } from "./tree.ts";

/** One statement, or the nothing between two semicolons. */
export interface Segment {
  /** Without the `;`. */
  readonly tokens: readonly SqlToken[];
  /** The `;`, or the end of the text. */
  readonly end: Span;
  /** What the lexer found in it. */
  readonly lexical: readonly SqlError[];
}

export interface Tokens {
  readonly tokens: readonly SqlToken[];
  readonly errors: readonly SqlError[];
  /** Of the text, in UTF-16 units. */
  readonly length: number;
}

export function splitStatements({ tokens, errors, length }: Tokens): Segment[] {
  const segments: Segment[] = [];
  let from = 0;
  let error = 0;
  for (let at = 0; at <= tokens.length; at++) {
    const token = tokens[at];
    if (token !== undefined && token.tokenType !== Semicolon) continue;
    const own = tokens.slice(from, at);
    const limit = token === undefined ? length : token.startOffset;
    const firstError = error;
    while (error < errors.length && (errors[error] as SqlError).span.start <= limit) error++;
    const last = own.at(-1);
    const behind = last === undefined ? length : tokenSpan(last).end;
    const end = token === undefined ? { start: behind, end: behind } : tokenSpan(token);
    segments.push({ tokens: own, end, lexical: errors.slice(firstError, error) });
    from = at + 1;
  }
  return segments;
}

/** Whether only blanks stand before the offset on its line. */
export function startsLine(text: string, offset: number): boolean {
  for (let at = offset - 1; at >= 0; at--) {
    const character = text[at];
    if (character === "\n") return true;
    if (character !== " " && character !== "\t" && character !== "\r") return false;
  }
  return true;
}
