/**
 * The forms of expression that are no plain call: CASE, CAST, EXTRACT, FLOOR … TO, TRIM, POSITION … IN, SUBSTRING … FROM,
 * OVERLAY, EXISTS, and the constructors of rows, arrays and maps. Their words stay usable as names: what follows decides.
 */
import type { IToken, TokenType } from "chevrotain";
import type { Rule } from "./grammar-base.ts";
import { tokenSpan } from "./grammar-base.ts";
import { LiteralGrammar } from "./grammar-literal.ts";
import { Comma, Dot, K, LeftBracket, LeftParen, RightBracket, RightParen, Word } from "./keywords.ts";
import type { Expression, Identifier, Query } from "./tree.ts";

type Case = Extract<Expression, { kind: "case" }>;
type TrimSide = Extract<Expression, { kind: "trim" }>["side"];
type Call = Extract<Expression, { kind: "call" }>;

const beforeParen: ReadonlySet<TokenType> = new Set([
  ...[K.CAST, K.TRY_CAST, K.EXTRACT, K.FLOOR, K.CEIL, K.CEILING, K.TRIM, K.POSITION, K.SUBSTRING, K.OVERLAY],
  ...[K.EXISTS, K.ROW, K.DESCRIPTOR],
]);

/** Precedence that an operand before `IN` or `FROM` must not fall below, so that IN is left for the form. */
export const ABOVE_PREDICATES = 32;

/** A plain call, as the standard's spellings of functions arrive. */
export function plainCall(word: IToken, args: readonly Expression[], span: Call["span"]): Call {
  const name = (word.image ?? "").toUpperCase();
  const rest = { distinct: false, star: false, filter: null, over: null, named: [] };
  return { kind: "call", name, nameSpan: tokenSpan(word), arguments: args, ...rest, span };
}

export abstract class SpecialGrammar extends LiteralGrammar {
  abstract readonly expression: Rule<[above?: number], Expression>;
  abstract readonly query: Rule<[], Query>;

  /** Whether the next tokens open one of the forms in this file, or a typed literal. */
  protected startsSpecial(): boolean {
    const { tokenType } = this.LA(1);
    if (tokenType === K.CASE) return true;
    if (beforeParen.has(tokenType)) return this.is(2, LeftParen);
    if (tokenType === K.ARRAY || tokenType === K.MAP) return this.is(2, LeftBracket);
    return this.startsTemporal() || this.startsInterval();
  }

  readonly special: Rule<[], Expression> = this.RULE(
    "special",
    (): Expression =>
      this.OR([
        { ALT: () => this.SUBRULE(this.caseExpression) },
        { ALT: () => this.SUBRULE(this.cast) },
        { ALT: () => this.SUBRULE(this.extract) },
        { ALT: () => this.SUBRULE(this.floor) },
        { ALT: () => this.SUBRULE(this.trim) },
        { ALT: () => this.SUBRULE(this.position) },
        { ALT: () => this.SUBRULE(this.substring) },
        { ALT: () => this.SUBRULE(this.overlay) },
        { ALT: () => this.SUBRULE(this.exists) },
        { ALT: () => this.SUBRULE(this.row) },
        { ALT: () => this.SUBRULE(this.array) },
        { ALT: () => this.SUBRULE(this.map) },
        { ALT: () => this.SUBRULE(this.descriptor) },
        { ALT: () => this.SUBRULE(this.interval) },
        { ALT: () => this.SUBRULE(this.temporal) },
      ]),
  );

  readonly caseExpression: Rule<[], Expression> = this.RULE("caseExpression", (): Expression => {
    const first = this.CONSUME(K.CASE);
    const whens: Case["whens"][number][] = [];
    const operand = this.OPTION1({
      GATE: () => !this.is(1, K.WHEN),
      DEF: () => this.SUBRULE1(this.expression),
    });
    this.AT_LEAST_ONE({
      ERR_MSG: "WHEN",
      DEF: () => {
        this.CONSUME(K.WHEN);
        const when = this.SUBRULE2(this.expression);
        this.CONSUME(K.THEN);
        // biome-ignore lint/suspicious/noThenProperty: the tree's name for THEN; it is never awaited
        whens.push({ when, then: this.SUBRULE3(this.expression) });
      },
    });
    const otherwise = this.OPTION2(() => {
      this.CONSUME(K.ELSE);
      return this.SUBRULE4(this.expression);
    });
    this.mayFollow("WHEN, ELSE");
    this.CONSUME(K.END);
    return { kind: "case", operand: operand ?? null, whens, otherwise: otherwise ?? null, span: this.span(first) };
  });

  readonly cast: Rule<[], Expression> = this.RULE("cast", (): Expression => {
    const first = this.OR([{ ALT: () => this.CONSUME(K.CAST) }, { ALT: () => this.CONSUME(K.TRY_CAST) }]);
    this.CONSUME(LeftParen);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(K.AS, { ERR_MSG: "AS and a type" });
    const type = this.SUBRULE(this.type, { ARGS: ["a type after AS"] });
    this.CONSUME(RightParen);
    return { kind: "cast", operand, type, try: first.tokenType === K.TRY_CAST, span: this.span(first) };
  });

  readonly extract: Rule<[], Expression> = this.RULE("extract", (): Expression => {
    const first = this.CONSUME(K.EXTRACT);
    this.CONSUME(LeftParen);
    const unit = this.CONSUME(Word, { ERR_MSG: "a unit of time such as YEAR or HOUR" }).image.toUpperCase();
    this.CONSUME(K.FROM);
    const operand = this.SUBRULE(this.expression);
    this.CONSUME(RightParen);
    return { kind: "extract", unit, operand, span: this.span(first) };
  });

  readonly floor: Rule<[], Expression> = this.RULE("floor", (): Expression => {
    const first = this.OR1([
      { ALT: () => this.CONSUME(K.FLOOR) },
      { ALT: () => this.CONSUME(K.CEIL) },
      { ALT: () => this.CONSUME(K.CEILING) },
    ]);
    this.CONSUME(LeftParen);
    const args = this.SUBRULE(this.plainArguments);
    const unit = this.OPTION(() => {
      this.CONSUME(K.TO);
      return this.CONSUME(Word, { ERR_MSG: "a unit of time such as DAY or HOUR" }).image.toUpperCase();
    });
    this.CONSUME(RightParen);
    const operand = args?.[0];
    if (unit === undefined || operand === undefined) return plainCall(first, args, this.span(first));
    const name = first.tokenType === K.FLOOR ? "FLOOR" : "CEIL";
    return { kind: "roundTime", function: name, operand, unit, span: this.span(first) };
  });

  /** `TRIM([LEADING|TRAILING|BOTH] [characters] FROM x)`; TRIM(x) is a call. */
  readonly trim: Rule<[], Expression> = this.RULE("trim", (): Expression => {
    const first = this.CONSUME(K.TRIM);
    this.CONSUME(LeftParen);
    const side = this.OPTION1({
      GATE: () => !this.is(2, Comma, Dot, RightParen, LeftParen, LeftBracket),
      DEF: () =>
        this.OR([
          { ALT: () => this.CONSUME(K.LEADING) },
          { ALT: () => this.CONSUME(K.TRAILING) },
          { ALT: () => this.CONSUME(K.BOTH) },
        ]),
    });
    const before = this.OPTION2({
      GATE: () => !this.is(1, K.FROM),
      DEF: () => this.SUBRULE(this.plainArguments),
    });
    const operand = this.OPTION3(() => {
      this.CONSUME(K.FROM);
      return this.SUBRULE(this.expression);
    });
    this.require(side === undefined || operand !== undefined, "FROM");
    this.CONSUME(RightParen);
    if (operand === undefined) return plainCall(first, before ?? [], this.span(first));
    const word = side?.image?.toUpperCase() ?? "BOTH";
    return { kind: "trim", side: word as TrimSide, characters: before?.[0] ?? null, operand, span: this.span(first) };
  });

  readonly position: Rule<[], Expression> = this.RULE("position", (): Expression => {
    const first = this.CONSUME(K.POSITION);
    this.CONSUME(LeftParen);
    const needle = this.SUBRULE1(this.expression, { ARGS: [ABOVE_PREDICATES] });
    this.CONSUME(K.IN);
    const text = this.SUBRULE2(this.expression);
    this.CONSUME(RightParen);
    return plainCall(first, [needle, text], this.span(first));
  });

  /** `SUBSTRING(x FROM a [FOR b])` and `SUBSTRING(x, a, b)`. */
  readonly substring: Rule<[], Expression> = this.RULE("substring", (): Expression => {
    const first = this.CONSUME(K.SUBSTRING);
    this.CONSUME(LeftParen);
    const args = [this.SUBRULE1(this.expression)];
    this.OR({
      ERR_MSG: "',' or FROM",
      DEF: [
        {
          ALT: () => {
            this.CONSUME(K.FROM);
            args.push(this.SUBRULE2(this.expression));
            this.OPTION(() => {
              this.CONSUME(K.FOR);
              args.push(this.SUBRULE3(this.expression));
            });
          },
        },
        {
          ALT: () => {
            this.MANY(() => {
              this.CONSUME(Comma);
              args.push(this.SUBRULE4(this.expression));
            });
          },
        },
      ],
    });
    this.CONSUME(RightParen);
    return plainCall(first, args, this.span(first));
  });

  /** `OVERLAY(x PLACING y FROM a [FOR b])`. */
  readonly overlay: Rule<[], Expression> = this.RULE("overlay", (): Expression => {
    const first = this.CONSUME(K.OVERLAY);
    this.CONSUME(LeftParen);
    const args = [this.SUBRULE1(this.expression)];
    this.CONSUME(K.PLACING);
    args.push(this.SUBRULE2(this.expression));
    this.CONSUME(K.FROM);
    args.push(this.SUBRULE3(this.expression));
    this.OPTION(() => {
      this.CONSUME(K.FOR);
      args.push(this.SUBRULE4(this.expression));
    });
    this.CONSUME(RightParen);
    return plainCall(first, args, this.span(first));
  });

  readonly exists: Rule<[], Expression> = this.RULE("exists", (): Expression => {
    const first = this.CONSUME(K.EXISTS);
    this.CONSUME(LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(RightParen);
    return { kind: "exists", query, span: this.span(first) };
  });

  readonly row: Rule<[], Expression> = this.RULE("row", (): Expression => {
    const first = this.CONSUME(K.ROW);
    this.CONSUME(LeftParen);
    const items = this.SUBRULE(this.plainArguments);
    this.CONSUME(RightParen);
    return { kind: "row", items, span: this.span(first) };
  });

  readonly array: Rule<[], Expression> = this.RULE("array", (): Expression => {
    const first = this.CONSUME(K.ARRAY);
    this.CONSUME(LeftBracket);
    const items = this.OPTION(() => this.SUBRULE(this.plainArguments));
    this.CONSUME(RightBracket);
    return { kind: "array", items: items ?? [], span: this.span(first) };
  });

  readonly map: Rule<[], Expression> = this.RULE("map", (): Expression => {
    const first = this.CONSUME(K.MAP);
    this.CONSUME(LeftBracket);
    const entries: (readonly [Expression, Expression])[] = [];
    this.MANY_SEP({
      SEP: Comma,
      DEF: () => {
        const key = this.SUBRULE1(this.expression);
        this.CONSUME(Comma, { ERR_MSG: "',' and a value: MAP['key', value]" });
        entries.push([key, this.SUBRULE2(this.expression)]);
      },
    });
    this.CONSUME(RightBracket);
    return { kind: "map", entries, span: this.span(first) };
  });

  readonly descriptor: Rule<[], Expression> = this.RULE("descriptor", (): Expression => {
    const first = this.CONSUME(K.DESCRIPTOR);
    const columns: readonly Identifier[] = this.SUBRULE(this.nameList);
    return { kind: "descriptor", columns, span: this.span(first) };
  });

  /** `a, b, c`: one or more. */
  readonly plainArguments: Rule<[], Expression[]> = this.RULE("plainArguments", () => {
    const items = [this.SUBRULE1(this.expression)];
    this.MANY(() => {
      this.CONSUME(Comma);
      items.push(this.SUBRULE2(this.expression));
    });
    this.mayFollow("',', an operator");
    return items;
  });
}
