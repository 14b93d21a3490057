/**
 * What every part of the grammar shares: names, spans, notes for error messages, and the way back into a list after an
 * error. The grammar is a Chevrotain parser with embedded actions, one class per file, each extending the one before:
 * base → type → literal → special → expression → table → query → definition → statement.
 *
 * Rules run once with made-up tokens when the parser is built ("recording"), so they must not branch on what a token
 * holds except in gates. Optional parts are decided by one token; where that is not enough a GATE looks further.
 */
import {
  EmbeddedActionsParser,
  EOF,
  type IToken,
  isRecognitionException,
  type ParserMethod,
  type TokenType,
} from "chevrotain";
import type { Span } from "../core/error.ts";
import {
  Comma,
  Dot,
  Identifier,
  K,
  LeftParen,
  Never,
  QuotedIdentifier,
  RightParen,
  vocabulary,
  Word,
} from "./keywords.ts";
import type { SqlToken } from "./lexer.ts";
import { MAX_ERRORS, MAX_NESTING } from "./limits.ts";
import { phrases } from "./phrases.ts";
import type { Identifier as Name, Node, QualifiedName, SqlError } from "./tree.ts";

export type Rule<Args extends unknown[], Result> = ParserMethod<Args, Result>;

/** What could have stood behind a token, should an error follow there. */
export interface Follow {
  /** `startOffset` of the token. */
  readonly behind: number;
  /** Separated by `, `. Words in capitals are also what a misspelt word is compared with. */
  readonly expected: string;
  /** More words for that, which would make the message too long. */
  readonly also: string;
}

/** The notes of the parser at the time of an error. */
export interface Notes {
  /** What may go on behind the last complete clause. */
  readonly follow: Follow | null;
  /** The last name that stood where a keyword may have been meant: an alias without AS, a column's name. */
  readonly loose: Follow | null;
}

export abstract class GrammarBase extends EmbeddedActionsParser {
  /** Errors that do not end the statement. */
  complaints: SqlError[] = [];
  #follow: Follow | null = null;
  #loose: Follow | null = null;
  /** Notes at the errors after which parsing went on. */
  readonly #notes = new Map<unknown, Notes>();
  /** The token where the nesting became too deep. */
  tooDeep: IToken | null = null;
  #nesting = 0;

  constructor(options: { readonly validate: boolean }) {
    super(vocabulary, { maxLookahead: 1, skipValidations: !options.validate, errorMessageProvider: phrases });
  }

  /** Takes the tokens of one statement, without its `;`. */
  begin(tokens: IToken[]): void {
    this.input = tokens;
    this.complaints = [];
    this.#follow = null;
    this.#loose = null;
    this.#notes.clear();
    this.tooDeep = null;
    this.#nesting = 0;
  }

  /** From the first token or node of a rule to the last token taken. */
  protected span(first: IToken | Node): Span {
    const start = "span" in first ? first.span.start : first.startOffset;
    return { start, end: (this.LA(0).endOffset ?? -1) + 1 };
  }

  protected is(distance: number, ...types: readonly TokenType[]): boolean {
    return types.includes(this.LA(distance).tokenType);
  }

  protected isName(distance: number): boolean {
    const type = this.LA(distance).tokenType;
    return type === Word || (Word.categoryMatchesMap?.[type.tokenTypeIdx as number] ?? false);
  }

  /** Whether an unquoted word that is no keyword stands there, in any case. */
  protected isWord(distance: number, ...words: readonly string[]): boolean {
    const token = this.LA(distance);
    return token.tokenType !== QuotedIdentifier && words.includes(token.image.toUpperCase());
  }

  /** Unless `ok`, the statement ends here with `expected …, found …`. */
  protected require(ok: boolean, expected: string): void {
    if (!ok && !this.RECORDING_PHASE) this.consume(255, Never, { ERR_MSG: expected });
  }

  /** Reports and goes on. */
  protected complain(error: { code: string; message: string; hint?: string; span: Span }): void {
    if (!this.RECORDING_PHASE) this.complaints.push({ ...error, hint: error.hint ?? null });
  }

  protected unsupported(what: string, span: Span, hint?: string): void {
    const message = `${what} is not part of this release`;
    this.complain({ code: "NOT-SUPPORTED", message, span, ...(hint === undefined ? {} : { hint }) });
  }

  /** Notes what may go on behind the last token taken. */
  protected mayFollow(expected: string, also = ""): void {
    this.#follow = { behind: this.LA(0).startOffset, expected, also };
  }

  /** Notes that the last token taken is a name only if no keyword was meant. */
  protected wasLoose(expected: string, also = ""): void {
    this.#loose = { behind: this.LA(0).startOffset, expected, also };
  }

  /** What was noted when the exception was thrown. */
  notesOf(exception: unknown): Notes {
    return this.#notes.get(exception) ?? { follow: this.#follow, loose: this.#loose };
  }

  /** Every recursive rule goes through here. */
  protected nested<Result>(parse: () => Result): Result {
    if (this.RECORDING_PHASE) return parse();
    if (++this.#nesting > MAX_NESTING) {
      this.tooDeep = this.LA(1);
      this.require(false, "less nesting");
    }
    const result = parse();
    this.#nesting--;
    return result;
  }

  /**
   * Parses one part of a list. After an error in it, skips to the comma behind it, to a token that `ends` the list, or to
   * the parenthesis that closes it, so that the rest is checked too; null then. Gives the error on where none comes.
   */
  protected recover<Result>(parse: () => Result, ends: readonly TokenType[] = []): Result | null {
    if (this.RECORDING_PHASE) return parse();
    const nesting = this.#nesting;
    const depth = depthOf(this.LA(1));
    try {
      return parse();
    } catch (error) {
      const isSyntax = error instanceof Error && isRecognitionException(error);
      if (!isSyntax || this.tooDeep !== null || this.#notes.size >= MAX_ERRORS) throw error;
      this.#nesting = nesting;
      this.#notes.set(error, { follow: this.#follow, loose: this.#loose });
      for (let next = this.LA(1); next.tokenType !== EOF; next = this.SKIP_TOKEN()) {
        if (next.tokenType === RightParen && depthOf(next) < depth) return null;
        if (depthOf(next) === depth && (next.tokenType === Comma || ends.includes(next.tokenType))) return null;
      }
      throw error;
    }
  }

  readonly identifier: Rule<[expected?: string], Name> = this.RULE("identifier", (expected = "a name") =>
    toName(this.CONSUME(Word, { ERR_MSG: expected })),
  );

  /** A name behind a dot; END is one there, as in `window.end`, as if it were in back ticks. */
  readonly fieldName: Rule<[expected?: string], Name> = this.RULE("fieldName", (expected = "a name") =>
    this.OR({
      ERR_MSG: expected,
      DEF: [
        { ALT: () => this.SUBRULE(this.identifier, { ARGS: [expected] }) },
        { ALT: (): Name => ({ ...toName(this.CONSUME(K.END)), quoted: true }) },
      ],
    }),
  );

  readonly qualifiedName: Rule<[expected?: string], QualifiedName> = this.RULE(
    "qualifiedName",
    (expected = "a name") => {
      const first = this.SUBRULE(this.identifier, { ARGS: [expected] });
      const parts = [first];
      this.MANY(() => {
        this.CONSUME(Dot);
        parts.push(this.SUBRULE2(this.identifier, { ARGS: ["a name after '.'"] }));
      });
      return { parts, span: this.span(first) };
    },
  );

  /** `(a, b)`. */
  readonly nameList: Rule<[expected?: string], Name[]> = this.RULE("nameList", (expected = "a column name") => {
    this.CONSUME(LeftParen);
    const names = [this.SUBRULE(this.identifier, { ARGS: [expected] })];
    this.MANY(() => {
      this.CONSUME(Comma);
      names.push(this.SUBRULE2(this.identifier, { ARGS: [expected] }));
    });
    this.mayFollow("','");
    this.CONSUME(RightParen);
    return names;
  });
}

/** The parser is fed `SqlToken`s only, but for Chevrotain's own end of input. */
export function isSqlToken(token: IToken): token is SqlToken {
  return "closedBy" in token;
}

function depthOf(token: IToken): number {
  return isSqlToken(token) ? token.depth : 0;
}

/** A name token as written, its back ticks undone. */
export function toName(token: IToken): Name {
  const span = { start: token.startOffset, end: (token.endOffset ?? -1) + 1 };
  if (token.tokenType === Identifier || !/^[`"]/.test(token.image)) return { name: token.image, quoted: false, span };
  const quote = token.image.charAt(0);
  return { name: token.image.slice(1, -1).replaceAll(quote + quote, quote), quoted: true, span };
}

/** The span of one token. */
export function tokenSpan(token: IToken): Span {
  return { start: token.startOffset, end: (token.endOffset ?? -1) + 1 };
}
