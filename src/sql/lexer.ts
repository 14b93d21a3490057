/**
 * Text to tokens, by hand: one pass, linear, never throws. What is no token is reported and skipped, so that every error
 * of a text is found at once. Tokens carry how deep in parentheses they stand, which is how the parser finds its way back
 * to a list after an error. Lexical rules are those of Flink (Calcite's Lex.JAVA): names are case-sensitive and quoted by
 * back ticks, strings stand in single quotes, a quote is doubled to stand for itself.
 */
import type { IToken, TokenType } from "chevrotain";
import * as T from "./keywords.ts";
import { MAX_ERRORS } from "./limits.ts";
import type { SqlError } from "./tree.ts";

export interface SqlToken extends IToken {
  readonly endOffset: number;
  /** Open parentheses and brackets around the token; those themselves count as outside. */
  readonly depth: number;
  /** Place among the tokens of the text. */
  readonly index: number;
  /** `index` of the parenthesis or bracket that closes this one; -1 for all other tokens. */
  closedBy: number;
}

export interface Lexed {
  readonly tokens: SqlToken[];
  readonly errors: SqlError[];
}

export function tokenize(text: string): Lexed {
  return new Scanner(text).run();
}

const BACK_TICK = 0x60;
const QUOTE = 0x27;
const DOUBLE_QUOTE = 0x22;
const DOT = 0x2e;

const symbols: Readonly<Record<string, TokenType>> = {
  "(": T.LeftParen,
  ")": T.RightParen,
  "[": T.LeftBracket,
  "]": T.RightBracket,
  ",": T.Comma,
  ".": T.Dot,
  ";": T.Semicolon,
  "*": T.Star,
  "/": T.Slash,
  "%": T.Percent,
  "+": T.Plus,
  "-": T.Minus,
  "=": T.Equal,
  "<": T.Less,
  ">": T.Greater,
};

const longSymbols: Readonly<Record<string, TokenType>> = {
  "||": T.Concat,
  "<>": T.NotEqual,
  "!=": T.NotEqual,
  "<=": T.LessEqual,
  ">=": T.GreaterEqual,
  "=>": T.Arrow,
};

/** Written elsewhere, not in Flink SQL: accepted as one token, reported with what to write. */
const foreignSymbols: Readonly<Record<string, string>> = {
  "==": "equality is written with one '='",
  "::": "write CAST(x AS type)",
  "&&": "write AND",
  ":=": "a value is set with '='",
};

const spacePattern = /[\s\ufeff\u0085]+/y;
const wordPattern = /[\p{L}\p{Nl}_$][\p{L}\p{Nl}\p{Nd}\p{Mn}\p{Mc}\p{Pc}_$]*/uy;
const numberPattern = /(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?/y;
const strangePattern = /[^\p{L}\p{Nl}\s\u0021-\u007e]+/uy;
const typographicQuotes = "‘’‚‛“”„‟´′″";

class Scanner {
  readonly #text: string;
  readonly #tokens: SqlToken[] = [];
  readonly #errors: SqlError[] = [];
  #at = 0;
  readonly #open: SqlToken[] = [];
  #inHint = false;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Lexed {
    while (this.#at < this.#text.length) this.#step();
    return { tokens: this.#tokens, errors: this.#errors };
  }

  #step(): void {
    const code = this.#text.charCodeAt(this.#at);
    const space = code <= 32 || code >= 127 ? this.#match(spacePattern) : 0;
    if (space > 0) this.#at += space;
    else if (isWordStart(code) || code >= 127) this.#word();
    else if (isDigit(code) || (code === DOT && isDigit(this.#text.charCodeAt(this.#at + 1)))) this.#number();
    else if (code === QUOTE) this.#string(T.StringLiteral, 0);
    else if (code === BACK_TICK) this.#quotedName();
    else if (code === DOUBLE_QUOTE) this.#doubleQuoted();
    else this.#symbol(this.#text.slice(this.#at, this.#at + 2));
  }

  /** Length of the match at the current place; 0 for none. */
  #match(pattern: RegExp): number {
    pattern.lastIndex = this.#at;
    return pattern.test(this.#text) ? pattern.lastIndex - this.#at : 0;
  }

  #push(tokenType: TokenType, length: number): void {
    const index = this.#tokens.length;
    if (tokenType === T.RightParen || tokenType === T.RightBracket) {
      const opening = this.#open.pop();
      if (opening !== undefined) opening.closedBy = index;
    }
    const token: SqlToken = {
      image: this.#text.slice(this.#at, this.#at + length),
      startOffset: this.#at,
      endOffset: this.#at + length - 1,
      tokenType,
      tokenTypeIdx: tokenType.tokenTypeIdx as number,
      depth: this.#open.length,
      index,
      closedBy: -1,
    };
    this.#tokens.push(token);
    if (tokenType === T.LeftParen || tokenType === T.LeftBracket) this.#open.push(token);
    if (tokenType === T.Semicolon) {
      this.#open.length = 0;
      this.#inHint = false;
    }
    this.#at += length;
  }

  #report(error: { code: string; message: string; hint?: string }, end: number): void {
    const { code, message, hint = null } = error;
    if (this.#errors.length < MAX_ERRORS) this.#errors.push({ code, message, span: { start: this.#at, end }, hint });
  }

  #word(): void {
    const length = this.#match(wordPattern);
    const word = this.#text.slice(this.#at, this.#at + length);
    const keyword = length <= LONGEST_KEYWORD ? T.keywords.get(word.toUpperCase()) : undefined;
    if (length === 0) this.#strange();
    else if (this.#opensString(/x'/iy)) this.#string(T.BinaryLiteral, 1);
    else if (this.#opensString(/u&'/iy)) this.#string(T.UnicodeLiteral, 2);
    else this.#push(keyword ?? T.Identifier, length);
  }

  #opensString(prefix: RegExp): boolean {
    return this.#match(prefix) > 0;
  }

  #number(): void {
    const length = this.#match(numberPattern);
    const start = this.#at;
    this.#push(T.NumberLiteral, length);
    const rest = this.#match(wordPattern);
    if (rest === 0) return;
    const written = this.#text.slice(start, this.#at + rest);
    this.#at = start;
    const hint = "a name that starts with a digit stands in back ticks; text stands in single quotes";
    this.#report(
      { code: "NOT-A-NUMBER", message: `'${shorten(written)}' is neither a number nor a name`, hint },
      start + written.length,
    );
    this.#at = start + written.length;
  }

  /** From a quote, `prefix` characters on, to the one that closes it. */
  #string(tokenType: TokenType, prefix: number): void {
    const end = this.#closing("'", this.#at + prefix);
    const message = "the string that starts here is not closed";
    const hint = "close it with a single quote; a quote inside a string is written twice";
    if (end === -1) this.#unclosed({ code: "UNTERMINATED-STRING", message, hint });
    else this.#push(tokenType, end - this.#at);
  }

  #quotedName(): void {
    const end = this.#closing("`", this.#at);
    const message = "the name in back ticks that starts here is not closed";
    if (end === this.#at + 2) this.#report({ code: "SYNTAX", message: "a name in back ticks is empty" }, end);
    if (end === -1) this.#unclosed({ code: "UNTERMINATED-NAME", message, hint: "close it with a back tick" });
    else this.#push(T.QuotedIdentifier, end - this.#at);
  }

  #doubleQuoted(): void {
    const end = this.#closing('"', this.#at);
    const message = "double quotes have no meaning in Flink SQL";
    const hint = "strings stand in single quotes ('…'), names in back ticks (`…`)";
    if (end === -1) {
      this.#unclosed({ code: "SYNTAX", message, hint });
      return;
    }
    this.#report({ code: "SYNTAX", message, hint }, end);
    this.#push(T.QuotedIdentifier, end - this.#at);
  }

  /** Offset behind the quote that closes the one at `open`, doubled ones skipped; -1 when there is none. */
  #closing(quote: string, open: number): number {
    let at = this.#text.indexOf(quote, open + 1);
    while (at !== -1 && this.#text[at + 1] === quote) at = this.#text.indexOf(quote, at + 2);
    return at === -1 ? -1 : at + 1;
  }

  /** Nothing closes it up to the end of the text: goes on at the end of the line, where it was probably meant to close. */
  #unclosed(error: { code: string; message: string; hint?: string }): void {
    const line = this.#text.indexOf("\n", this.#at);
    const end = line === -1 ? this.#text.length : line;
    this.#report(error, this.#at + 1);
    this.#at = end;
  }

  #lineComment(): void {
    const end = this.#text.indexOf("\n", this.#at);
    this.#at = end === -1 ? this.#text.length : end;
  }

  #blockComment(): void {
    const end = this.#text.indexOf("*/", this.#at + 2);
    if (end === -1) {
      const message = "the comment that starts here is not closed";
      this.#report({ code: "UNTERMINATED-COMMENT", message, hint: "close it with */" }, this.#at + 2);
    }
    this.#at = end === -1 ? this.#text.length : end + 2;
  }

  #symbol(pair: string): void {
    const first = pair.charAt(0);
    const type = own(longSymbols, pair) ?? own(symbols, first);
    if (pair === "--") this.#lineComment();
    else if (pair === "/*" && this.#text[this.#at + 2] === "+") {
      this.#inHint = true;
      this.#push(T.HintStart, 3);
    } else if (pair === "/*") this.#blockComment();
    else if (pair === "*/" && this.#inHint) {
      this.#inHint = false;
      this.#push(T.HintEnd, 2);
    } else if (own(foreignSymbols, pair) !== undefined) this.#foreign(pair);
    else if (type !== undefined) this.#push(type, own(longSymbols, pair) === undefined ? 1 : 2);
    else this.#strange();
  }

  #foreign(pair: string): void {
    const hint = own(foreignSymbols, pair) ?? "";
    this.#report({ code: "SYNTAX", message: `'${pair}' is no operator of Flink SQL`, hint }, this.#at + 2);
    this.#push(T.Equal, 2);
  }

  /** Reports a run of characters that can stand nowhere as one. */
  #strange(): void {
    const length = Math.max(this.#match(strangePattern), String.fromCodePoint(this.#point()).length);
    const point = this.#point();
    const text = this.#text.slice(this.#at, this.#at + length);
    const name = `U+${point.toString(16).toUpperCase().padStart(4, "0")}`;
    const visible = !/^[\p{C}\p{Z}\p{M}]/u.test(text);
    const what = length > String.fromCodePoint(point).length ? "text" : "character";
    const message = `the ${what} ${visible ? `'${shorten(text)}' ` : ""}(${name}) has no meaning here`;
    const hint = typographicQuotes.includes(text.charAt(0)) ? "strings stand in plain single quotes: '…'" : undefined;
    this.#report({ code: "UNEXPECTED-CHARACTER", message, ...(hint === undefined ? {} : { hint }) }, this.#at + length);
    this.#at += length;
  }

  #point(): number {
    return this.#text.codePointAt(this.#at) as number;
  }
}

const LONGEST_KEYWORD = Math.max(...[...T.keywords.keys()].map((word) => word.length));

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function isWordStart(code: number): boolean {
  return (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || code === 95 || code === 36;
}

/** At most 40 characters of a text, for messages. */
export function shorten(text: string): string {
  const characters = [...text.slice(0, 100)];
  return characters.length > 40 ? `${characters.slice(0, 39).join("")}…` : text;
}

/** The text of a string token: quotes off, doubled quotes undone. */
export function stringValue(token: IToken): string {
  return token.image.slice(token.image.indexOf("'") + 1, -1).replaceAll("''", "'");
}

function own<Value>(table: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}
