/**
 * SET and RESET. Flink matches them by pattern before its parser sees them, so that `SET pipeline.name = my-job` needs no
 * quotes: keys and values without quotes are taken from the text as they stand, up to the first blank.
 */
import type { IToken } from "chevrotain";
import type { Span } from "../core/error.ts";
import { Equal, StringLiteral } from "./keywords.ts";
import { type SqlToken, stringValue } from "./lexer.ts";
import type { SqlError, Statement } from "./tree.ts";

type Set = Extract<Statement, { kind: "set" | "reset" }>;

export interface SetResult {
  readonly statement: Set | null;
  readonly error: SqlError | null;
}

interface Written {
  readonly text: string;
  readonly span: Span;
}

/** `tokens` are those of one statement without its `;`, the first being SET or RESET. */
export function parseSet(text: string, tokens: readonly SqlToken[]): SetResult {
  const first = tokens[0] as SqlToken;
  const span = spanOf(tokens);
  const isSet = first.image.toUpperCase() === "SET";
  if (tokens.length === 1) {
    return isSet
      ? done({ kind: "set", key: null, value: null, keySpan: span, valueSpan: span, span })
      : done({ kind: "reset", key: null, span });
  }
  const equal = isSet ? tokens.findIndex((token) => token.tokenType === Equal) : tokens.length;
  const second = tokens[1] as SqlToken;
  if (isSet && equal === -1)
    return failed(`expected '=' and a value after the key '${second.image}'`, spanOf(tokens.slice(1)));
  const key = written(text, tokens.slice(1, equal));
  if (key === null)
    return failed(`expected a configuration key after ${isSet ? "SET" : "RESET"}`, spanOf(tokens.slice(1)));
  if (!isSet) return done({ kind: "reset", key: key.text, span });
  const rest = tokens.slice(equal + 1);
  if (rest.length === 0) return failed(`expected a value after '='`, { start: span.end, end: span.end });
  const value = written(text, rest);
  if (value === null) return failed("expected one value after '='", spanOf(rest));
  return done({ kind: "set", key: key.text, value: value.text, keySpan: key.span, valueSpan: value.span, span });
}

/** One string in quotes, or a run of text without blanks; null for anything else. */
function written(text: string, tokens: readonly SqlToken[]): Written | null {
  if (tokens.length === 0) return null;
  const span = spanOf(tokens);
  const only = tokens.length === 1 ? tokens[0] : undefined;
  if (only?.tokenType === StringLiteral) return { text: stringValue(only), span };
  const raw = text.slice(span.start, span.end);
  return /[\s'"`]/.test(raw) ? null : { text: raw, span };
}

function spanOf(tokens: readonly IToken[]): Span {
  const first = tokens[0];
  const last = tokens.at(-1);
  return { start: first?.startOffset ?? 0, end: (last?.endOffset ?? -1) + 1 };
}

function done(statement: Set): SetResult {
  return { statement, error: null };
}

function failed(message: string, span: Span): SetResult {
  const hint = "write SET 'key' = 'value';";
  return { statement: null, error: { code: "SYNTAX", message, span, hint } };
}
