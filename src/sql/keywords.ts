/**
 * The token types of the grammar. Flink reserves some three hundred words; here a word is reserved only where the grammar
 * could not tell a name from a keyword, so that columns called `timestamp`, `user`, `value` or `count` need no back ticks.
 *
 * Word ⊃ Alias: every word that may be a name is a Word; those that may be an alias without AS are an Alias too. A word
 * that goes on with the query (LEFT, LIMIT, OVER, …) may name a column but not an alias, or `FROM t LEFT JOIN u` would
 * read LEFT as the alias of t.
 */
import { createToken, Lexer, type TokenType } from "chevrotain";

function token(name: string, label: string, categories: TokenType[] = []): TokenType {
  return createToken({ name, label, pattern: Lexer.NA, categories });
}

/** Any name: identifiers in and out of back ticks, and words that are not reserved. */
export const Word = token("Word", "a name");
/** Names that may follow an expression or a table without AS. */
export const Alias = token("Alias", "a name", [Word]);
export const Identifier = token("Identifier", "a name", [Alias]);
export const QuotedIdentifier = token("QuotedIdentifier", "a name", [Alias]);

/** Operators that stand between two operands. */
export const Infix = token("Infix", "an operator");
export const Star = token("Star", "'*'", [Infix]);
export const Slash = token("Slash", "'/'", [Infix]);
export const Percent = token("Percent", "'%'", [Infix]);
export const Plus = token("Plus", "'+'", [Infix]);
export const Minus = token("Minus", "'-'", [Infix]);
export const Concat = token("Concat", "'||'", [Infix]);
export const Equal = token("Equal", "'='", [Infix]);
export const NotEqual = token("NotEqual", "'<>'", [Infix]);
export const Less = token("Less", "'<'", [Infix]);
export const LessEqual = token("LessEqual", "'<='", [Infix]);
export const Greater = token("Greater", "'>'", [Infix]);
export const GreaterEqual = token("GreaterEqual", "'>='", [Infix]);

export const NumberLiteral = token("NumberLiteral", "a number");
export const StringLiteral = token("StringLiteral", "a string in single quotes");
/** `X'0aff'`. */
export const BinaryLiteral = token("BinaryLiteral", "a binary literal");
/** `U&'\0041'`. */
export const UnicodeLiteral = token("UnicodeLiteral", "a string");

export const LeftParen = token("LeftParen", "'('");
export const RightParen = token("RightParen", "')'");
export const LeftBracket = token("LeftBracket", "'['");
export const RightBracket = token("RightBracket", "']'");
export const Comma = token("Comma", "','");
export const Dot = token("Dot", "'.'");
export const Semicolon = token("Semicolon", "';'");
/** `=>` */
export const Arrow = token("Arrow", "'=>'");
/** `/*+` and the end of that comment. */
export const HintStart = token("HintStart", "'/*+'");
export const HintEnd = token("HintEnd", "'*/'");
/** Matches nothing: consuming it raises an error whose text says what was expected. */
export const Never = token("Never", "something else");

/** Never a name without back ticks. */
const reserved = [
  "ALL AND AS BETWEEN BY CASE CREATE DISTINCT DROP ELSE END EXCEPT FALSE FOR FROM GROUP HAVING IN INSERT INTERSECT",
  "INTO IS JOIN LIKE NOT NULL ON OR ORDER SELECT TABLE THEN TRUE UNION VALUES WHEN WHERE WITH",
] as const;

/** A name, but no alias without AS. */
const continuing = [
  "ASC ASYMMETRIC CROSS DESC ESCAPE FETCH FILTER FULL IGNORE INNER LATERAL LEFT LIMIT MATCH_RECOGNIZE MINUS NATURAL",
  "OFFSET OUTER OVER PARTITION PIVOT QUALIFY RANGE RESPECT RIGHT RLIKE ROWS SIMILAR SYMMETRIC TABLESAMPLE UNPIVOT",
  "USING WINDOW WITHIN",
] as const;

/** A name wherever a name can stand. */
const free = [
  "ARRAY BOTH CAST CEIL CEILING COMMENT CONSTRAINT CURRENT DATE DESCRIPTOR DISTRIBUTED ENFORCED EXISTS EXPLAIN",
  "EXTRACT FIRST FLOOR FOLLOWING IF INTERVAL KEY LAST LEADING LOCAL MAP MATERIALIZED METADATA NEXT NULLS OF ONLY",
  "OVERLAY PARTITIONED PLACING PLAN POSITION PRECEDING PRECISION PRIMARY ROW SUBSTRING SYSTEM_TIME TEMPORARY TIME",
  "TIMESTAMP TIMESTAMP_LTZ TO TRAILING TRIM TRY_CAST UESCAPE UNBOUNDED UNKNOWN VARYING VIEW VIRTUAL WATERMARK",
  "WITHOUT ZONE",
] as const;

type Split<Text extends string> = Text extends `${infer Head} ${infer Tail}` ? Head | Split<Tail> : Text;
export type Keyword = Split<(typeof reserved | typeof continuing | typeof free)[number]>;

const split = (lines: readonly string[]): string[] => lines.flatMap((line) => line.split(" "));
const infixWords: readonly string[] = ["AND", "OR"];

function keywordTokens(): ReadonlyMap<string, TokenType> {
  const tokens = new Map<string, TokenType>();
  for (const word of split(reserved)) tokens.set(word, token(word, word, infixWords.includes(word) ? [Infix] : []));
  for (const word of split(continuing)) tokens.set(word, token(word, word, [Word]));
  for (const word of split(free)) tokens.set(word, token(word, word, [Alias]));
  return tokens;
}

/** Token types of keywords by their upper-case text. */
export const keywords: ReadonlyMap<string, TokenType> = keywordTokens();

/** The same by property: `K.SELECT`. */
export const K = Object.fromEntries(keywords) as Readonly<Record<Keyword, TokenType>>;

const reservedTypes: ReadonlySet<TokenType> = new Set(split(reserved).map((word) => keywords.get(word) as TokenType));

export function isReserved(type: TokenType): boolean {
  return reservedTypes.has(type);
}

const punctuation: readonly TokenType[] = [
  ...[Word, Alias, Identifier, QuotedIdentifier, Infix, Never],
  ...[Star, Slash, Percent, Plus, Minus, Concat, Equal, NotEqual, Less, LessEqual, Greater, GreaterEqual],
  ...[NumberLiteral, StringLiteral, BinaryLiteral, UnicodeLiteral, LeftParen, RightParen, LeftBracket, RightBracket],
  ...[Comma, Dot, Semicolon, Arrow, HintStart, HintEnd],
];

/** Every token type, for the parser. */
export const vocabulary: TokenType[] = [...punctuation, ...keywords.values()];
