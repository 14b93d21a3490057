/**
 * Flink SQL text to statements, with every error of the text in one pass. Statements end at `;` (the lexer knows which
 * are inside strings and comments); an error costs the statement it is in, and often only the column, option or select
 * item. A statement is handed on only if nothing was wrong with it. `parse` never throws on text.
 */
import { EOF, type IRecognitionException } from "chevrotain";
import type { Span } from "../core/error.ts";
import { tokenSpan } from "./grammar-base.ts";
import { type Insert, StatementGrammar } from "./grammar-statement.ts";
import { K } from "./keywords.ts";
import { type SqlToken, shorten, tokenize } from "./lexer.ts";
import { MAX_ERRORS, MAX_NESTING, MAX_TREE_DEPTH } from "./limits.ts";
import { parseSet } from "./parse-set.ts";
import { type Segment, splitStatements, startsLine } from "./split.ts";
import { isForeignStatement, openingOfSet, refuseStatement } from "./statement-words.ts";
import { type Surroundings, syntaxError } from "./syntax-error.ts";
import type { Parsed, SqlError, Statement } from "./tree.ts";
import { depthExceeds } from "./tree-depth.ts";

export function parse(text: string): Parsed {
  return new TextParser(text).run();
}

let grammar: StatementGrammar | null = null;

/** Built on first use: it takes tens of milliseconds. */
function sharedGrammar(): StatementGrammar {
  grammar ??= new StatementGrammar({ validate: false });
  return grammar;
}

interface OpenSet {
  readonly opening: Span;
  readonly explain: boolean;
  readonly inserts: Insert[];
  /** Errors there were when it was opened: more of them, and the set is not handed on. */
  readonly errorsBefore: number;
}

class TextParser {
  readonly #text: string;
  readonly #statements: Statement[] = [];
  readonly #errors: SqlError[] = [];
  #set: OpenSet | null = null;
  /** What is to be read next: a statement, or the one behind a `;` that was forgotten. */
  #rest: Segment | null = null;

  constructor(text: string) {
    this.#text = text;
  }

  run(): Parsed {
    const { tokens, errors } = tokenize(this.#text);
    for (const segment of splitStatements({ tokens, errors, length: this.#text.length })) {
      this.#rest = segment;
      while (this.#rest !== null && this.#errors.length < MAX_ERRORS) this.#segment(this.#rest);
    }
    if (this.#set !== null) {
      const message = "the statement set that starts here is not closed";
      this.#fail({ code: "SYNTAX", message, span: this.#set.opening, hint: "close it with END;" });
    }
    this.#errors.sort((a, b) => a.span.start - b.span.start || a.span.end - b.span.end);
    return { statements: this.#statements, errors: atMost(this.#errors) };
  }

  #fail(error: SqlError): void {
    this.#errors.push(error);
  }

  #segment(segment: Segment): void {
    this.#rest = null;
    const first = segment.tokens[0];
    if (first === undefined) {
      this.#errors.push(...segment.lexical);
      return;
    }
    const word = first.image.toUpperCase();
    const opening = openingOfSet(segment.tokens);
    if (opening !== null) this.#openSet(segment, opening);
    else if (word === "SET" || word === "RESET") this.#setting(segment);
    else if (this.#set !== null) this.#insideSet(segment, this.#set);
    else this.#add(this.#statement(segment));
  }

  #add(statement: Statement | null): void {
    if (statement !== null) this.#statements.push(statement);
  }

  /** What the lexer found odd is no error in `SET k = 10s;`: there the text counts. */
  #setting(segment: Segment): void {
    const { statement, error } = parseSet(this.#text, segment.tokens);
    const unread = segment.lexical.filter(({ code }) => code !== "UNEXPECTED-CHARACTER" && code !== "NOT-A-NUMBER");
    const errors = error === null ? unread : segment.lexical.length > 0 ? segment.lexical : [error];
    this.#errors.push(...errors);
    if (this.#set !== null) this.#refuseInSet(segment);
    else if (errors.length === 0) this.#add(statement);
  }

  #openSet(segment: Segment, opening: { readonly length: number; readonly explain: boolean }): void {
    const head = segment.tokens.slice(0, opening.length);
    const span = { start: tokenSpan(head[0] as SqlToken).start, end: tokenSpan(head.at(-1) as SqlToken).end };
    if (this.#set !== null) this.#refuseInSet(segment);
    this.#set = { opening: span, explain: opening.explain, inserts: [], errorsBefore: this.#errors.length };
    const tokens = segment.tokens.slice(opening.length);
    if (tokens.length > 0) this.#insideSet({ ...segment, tokens }, this.#set);
    else this.#errors.push(...segment.lexical);
  }

  #insideSet(segment: Segment, set: OpenSet): void {
    const { tokens } = segment;
    const last = tokens.at(-1) as SqlToken;
    if (tokens.length === 1 && last.tokenType === K.END) {
      this.#errors.push(...segment.lexical);
      this.#closeSet(set, last);
      return;
    }
    if (tokens[0]?.tokenType !== K.INSERT) {
      this.#refuseInSet(segment);
      return;
    }
    const statement = this.#statement(segment);
    if (statement?.kind === "insert") set.inserts.push(statement);
    const error = this.#errors.at(-1);
    if (last.tokenType === K.END && statement === null && error?.span.start === last.startOffset) {
      this.#errors[this.#errors.length - 1] = missingSemicolon(last);
      this.#closeSet(set, last);
    }
  }

  #refuseInSet({ tokens }: Segment): void {
    const first = tokens[0] as SqlToken;
    const message = `a statement set holds INSERT INTO statements only, found '${shorten(first.image)}'`;
    this.#fail({ code: "SYNTAX", message, span: tokenSpan(first), hint: "close the set before it with END;" });
  }

  #closeSet(set: OpenSet, end: SqlToken): void {
    this.#set = null;
    if (this.#errors.length > set.errorsBefore) return;
    const span = { start: set.opening.start, end: tokenSpan(end).end };
    if (set.inserts.length === 0) {
      this.#fail({ code: "SYNTAX", message: "the statement set holds no INSERT INTO", span, hint: null });
      return;
    }
    const statement: Statement = { kind: "statementSet", inserts: set.inserts, span };
    this.#add(set.explain ? { kind: "explain", mode: "plan", statement, span } : statement);
  }

  /** Null: errors were reported. */
  #statement(segment: Segment): Statement | null {
    const { tokens, lexical } = segment;
    const refused = isForeignStatement(tokens) ? refuseStatement(tokens) : tooDeep(tokens);
    if (refused !== null) {
      this.#errors.push(...lexical, refused);
      return null;
    }
    const parser = sharedGrammar();
    parser.begin([...tokens]);
    const statement = parser.statement() as Statement | undefined;
    const exceptions = parser.errors.filter(({ token }) => token.tokenType !== EOF || lexical.length === 0);
    const last = exceptions.at(-1);
    if (last !== undefined) this.#rest = this.#resume(last, segment);
    const errors = [...lexical, ...this.#wordsFor(exceptions, segment, parser)];
    this.#errors.push(...errors);
    const onlySemicolon = errors.length === 1 && last !== undefined && this.#isForgottenSemicolon(last);
    if (statement === undefined || (errors.length > 0 && !onlySemicolon)) return null;
    const deep = depthExceeds(statement, MAX_TREE_DEPTH);
    if (deep === null) return statement;
    this.#fail(tooComplex(deep));
    return null;
  }

  /** What the parser found, but not behind what the lexer could not read, and no place twice. */
  #wordsFor(exceptions: readonly IRecognitionException[], segment: Segment, parser: StatementGrammar): SqlError[] {
    const said = new Set(parser.complaints.map(({ span }) => span.start));
    const syntax = exceptions.map((exception) => this.#describe(exception, segment, parser));
    const found = [...parser.complaints, ...syntax.filter(({ span }) => !said.has(span.start))];
    const firstOdd = segment.lexical[0]?.span.start ?? Number.POSITIVE_INFINITY;
    return found.filter(({ span }) => span.start < firstOdd);
  }

  #describe(exception: IRecognitionException, segment: Segment, parser: StatementGrammar): SqlError {
    if (parser.tooDeep !== null && exception.token === parser.tooDeep) return nestingError(tokenSpan(parser.tooDeep));
    if (this.#isForgottenSemicolon(exception)) return missingSemicolon(exception.token as SqlToken);
    const around: Surroundings = {
      tokens: segment.tokens,
      end: segment.end,
      notes: parser.notesOf(exception),
    };
    return syntaxError(exception, around);
  }

  /** Words that open statements and stand nowhere else, first on their line. */
  #startsStatement(token: SqlToken): boolean {
    const type = token.tokenType;
    return (type === K.CREATE || type === K.INSERT || type === K.DROP) && startsLine(this.#text, token.startOffset);
  }

  #isForgottenSemicolon({ name, token }: IRecognitionException): boolean {
    return name === "NotAllInputParsedException" && this.#startsStatement(token as SqlToken);
  }

  /** Where a `;` was forgotten, the next statement is still to be read. */
  #resume({ token }: IRecognitionException, segment: Segment): Segment | null {
    if (token.tokenType === EOF) return null;
    const from = Math.max(1, (token as SqlToken).index - (segment.tokens[0]?.index ?? 0));
    const at = segment.tokens.findIndex((candidate, i) => i >= from && this.#startsStatement(candidate));
    return at === -1 ? null : { ...segment, tokens: segment.tokens.slice(at), lexical: [] };
  }
}

/** The first errors, and one that says there are more. */
function atMost(errors: SqlError[]): readonly SqlError[] {
  const last = errors[MAX_ERRORS - 1];
  if (last === undefined) return errors;
  const message = `the text has at least ${MAX_ERRORS} errors: it was read no further`;
  return [...errors.slice(0, MAX_ERRORS), { code: "TOO-MANY-ERRORS", message, span: last.span, hint: null }];
}

function missingSemicolon(token: SqlToken): SqlError {
  const message = `expected ';' before '${token.image}'`;
  return { code: "SYNTAX", message, span: tokenSpan(token), hint: "every statement ends with ';'" };
}

function tooDeep(tokens: readonly SqlToken[]): SqlError | null {
  const token = tokens.find(({ depth }) => depth >= MAX_NESTING);
  return token === undefined ? null : nestingError(tokenSpan(token));
}

function nestingError(span: Span): SqlError {
  const message = `parentheses and operators nest deeper than ${MAX_NESTING} here`;
  return { code: "TOO-DEEP", message, span, hint: "split the statement: put parts of it into views" };
}

function tooComplex(span: Span): SqlError {
  const message = `more than ${MAX_TREE_DEPTH} operators follow one another here`;
  return { code: "TOO-DEEP", message, span, hint: "write IN (…) for many alternatives, or put parts into views" };
}
