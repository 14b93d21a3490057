/**
 * Expressions by precedence climbing (Pratt 1973): one recursive rule, so that nesting costs the stack little. Levels are
 * Calcite's: `[ ] .` · unary + − · `* / % ||` · `+ −` · BETWEEN IN LIKE · comparisons · IS · NOT · AND · OR.
 */
import type { IToken, TokenType } from "chevrotain";
import type { Rule } from "./grammar-base.ts";
import { CallGrammar } from "./grammar-call.ts";
import { ABOVE_PREDICATES } from "./grammar-special.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import type { BinaryOperator, Expression } from "./tree.ts";

const UNARY = 80;
const NOT_LEVEL = 26;
const IS_LEVEL = 28;
const PREDICATE = 32;
const AND_LEVEL = 24;

const infixLevels: ReadonlyMap<TokenType, number> = new Map([
  ...[T.Star, T.Slash, T.Percent, T.Concat].map((type) => [type, 60] as const),
  ...[T.Plus, T.Minus].map((type) => [type, 40] as const),
  ...[T.Equal, T.NotEqual, T.Less, T.LessEqual, T.Greater, T.GreaterEqual].map((type) => [type, 30] as const),
  [K.AND, AND_LEVEL],
  [K.OR, 22],
]);

const predicates: readonly TokenType[] = [K.BETWEEN, K.IN, K.LIKE];

/** What is to the left of an operator, and the first token of it. */
type InfixRule = Rule<[left?: Expression, start?: IToken], Expression>;
type NegatableRule = Rule<[operand?: Expression, start?: IToken, not?: boolean], Expression>;

/** Stand-ins while the grammar is recorded. */
const noToken: IToken = { image: "", startOffset: 0, endOffset: -1, tokenType: T.Never, tokenTypeIdx: -1 };
const none: Expression = { kind: "null", span: { start: 0, end: 0 } };

const anExpression = "a column or an expression";

export abstract class ExpressionGrammar extends CallGrammar {
  /** Whether the parenthesis at `LA(distance)` opens a query. */
  protected abstract startsQuery(distance: number): boolean;

  /** Level of the operator that comes next; -1 when none does. */
  #nextLevel(): number {
    const type = this.LA(1).tokenType;
    const infix = infixLevels.get(type);
    if (infix !== undefined) return infix;
    if (type === K.IS) return IS_LEVEL;
    if (predicates.includes(type)) return PREDICATE;
    return type === K.NOT && this.is(2, ...predicates) ? PREDICATE : -1;
  }

  /** An expression of operators that bind tighter than `above`. */
  readonly expression: Rule<[above?: number], Expression> = this.RULE("expression", (above = 0) =>
    this.nested(() => {
      const start: IToken = this.LA(1);
      let left: Expression = this.SUBRULE(this.prefix);
      this.MANY({
        GATE: () => this.#nextLevel() > above,
        DEF: () => {
          const operand = left;
          left = this.OR([
            { ALT: () => this.SUBRULE(this.infix, { ARGS: [operand, start] }) },
            { ALT: () => this.SUBRULE(this.isTest, { ARGS: [operand, start] }) },
            { ALT: () => this.SUBRULE(this.predicate, { ARGS: [operand, start] }) },
          ]);
        },
      });
      return left;
    }),
  );

  readonly infix: InfixRule = this.RULE("infix", (left = none, start = noToken): Expression => {
    const token = this.CONSUME(T.Infix);
    const right = this.SUBRULE(this.expression, { ARGS: [infixLevels.get(token.tokenType) ?? 0] });
    const operator = (token.image === "!=" ? "<>" : token.image.toUpperCase()) as BinaryOperator;
    return { kind: "binaryOperation", operator, left, right, span: this.span(start) };
  });

  /** `IS [NOT] NULL|TRUE|FALSE|UNKNOWN` and `IS [NOT] DISTINCT FROM`. */
  readonly isTest: InfixRule = this.RULE("isTest", (operand = none, start = noToken): Expression => {
    this.CONSUME(K.IS);
    const not = this.OPTION(() => this.CONSUME(K.NOT)) !== undefined;
    return this.OR1({
      ERR_MSG: "NULL, TRUE, FALSE, UNKNOWN or DISTINCT FROM",
      DEF: [
        {
          ALT: (): Expression => {
            this.CONSUME(K.DISTINCT);
            this.CONSUME(K.FROM);
            const right = this.SUBRULE(this.expression, { ARGS: [30] });
            return { kind: "isDistinctFrom", left: operand, right, not, span: this.span(start) };
          },
        },
        {
          ALT: (): Expression => {
            const word = this.OR2([
              { ALT: () => this.CONSUME(K.NULL) },
              { ALT: () => this.CONSUME(K.TRUE) },
              { ALT: () => this.CONSUME(K.FALSE) },
              { ALT: () => this.CONSUME(K.UNKNOWN) },
            ]);
            const test = word.image?.toUpperCase() as "NULL";
            return { kind: "is", operand, test, not, span: this.span(start) };
          },
        },
      ],
    });
  });

  /** `[NOT] BETWEEN`, `[NOT] IN`, `[NOT] LIKE`. */
  readonly predicate: InfixRule = this.RULE("predicate", (left = none, start = noToken) => {
    const not = this.OPTION(() => this.CONSUME(K.NOT)) !== undefined;
    return this.OR({
      ERR_MSG: "BETWEEN, IN or LIKE",
      DEF: [
        { ALT: () => this.SUBRULE(this.between, { ARGS: [left, start, not] }) },
        { ALT: () => this.SUBRULE(this.isIn, { ARGS: [left, start, not] }) },
        { ALT: () => this.SUBRULE(this.like, { ARGS: [left, start, not] }) },
      ],
    });
  });

  readonly between: NegatableRule = this.RULE("between", (operand = none, start = noToken, not = false): Expression => {
    this.CONSUME(K.BETWEEN);
    const symmetric = this.OPTION({
      GATE: () => !this.is(2, K.AND, T.Dot),
      DEF: () =>
        this.OR([
          { ALT: () => this.CONSUME(K.SYMMETRIC).tokenType === K.SYMMETRIC },
          { ALT: () => this.CONSUME(K.ASYMMETRIC).tokenType === K.SYMMETRIC },
        ]),
    });
    const low = this.SUBRULE1(this.expression, { ARGS: [ABOVE_PREDICATES] });
    this.CONSUME(K.AND, { ERR_MSG: "AND and the upper bound of BETWEEN" });
    const high = this.SUBRULE2(this.expression, { ARGS: [ABOVE_PREDICATES] });
    return { kind: "between", operand, low, high, not, symmetric: symmetric === true, span: this.span(start) };
  });

  readonly isIn: NegatableRule = this.RULE("isIn", (operand = none, start = noToken, not = false): Expression => {
    this.CONSUME(K.IN);
    const isQuery = this.startsQuery(1);
    this.CONSUME(T.LeftParen, { ERR_MSG: "'(' and a list or a query" });
    return this.OR([
      {
        GATE: () => isQuery,
        ALT: (): Expression => {
          const query = this.SUBRULE(this.query);
          this.CONSUME1(T.RightParen);
          return { kind: "inQuery", operand, query, not, span: this.span(start) };
        },
      },
      {
        ALT: (): Expression => {
          const values = this.SUBRULE(this.plainArguments);
          this.CONSUME2(T.RightParen);
          return { kind: "in", operand, values, not, span: this.span(start) };
        },
      },
    ]);
  });

  readonly like: NegatableRule = this.RULE("like", (operand = none, start = noToken, not = false): Expression => {
    this.CONSUME(K.LIKE);
    const pattern = this.SUBRULE1(this.expression, { ARGS: [ABOVE_PREDICATES] });
    const mark = this.OPTION(() => {
      this.CONSUME(K.ESCAPE);
      return this.SUBRULE2(this.expression, { ARGS: [ABOVE_PREDICATES] });
    });
    return { kind: "like", operand, pattern, escape: mark ?? null, not, span: this.span(start) };
  });

  readonly prefix: Rule<[], Expression> = this.RULE("prefix", () =>
    this.OR({
      ERR_MSG: anExpression,
      DEF: [
        {
          ALT: (): Expression => {
            const first = this.CONSUME(K.NOT);
            const operand = this.SUBRULE1(this.expression, { ARGS: [NOT_LEVEL] });
            return { kind: "unary", operator: "NOT", operand, span: this.span(first) };
          },
        },
        {
          ALT: (): Expression => {
            const first = this.CONSUME(T.Minus);
            const operand = this.SUBRULE2(this.expression, { ARGS: [UNARY] });
            return { kind: "unary", operator: "-", operand, span: this.span(first) };
          },
        },
        {
          ALT: (): Expression => {
            const first = this.CONSUME(T.Plus);
            const operand = this.SUBRULE3(this.expression, { ARGS: [UNARY] });
            return { kind: "unary", operator: "+", operand, span: this.span(first) };
          },
        },
        { ALT: () => this.SUBRULE(this.postfix) },
      ],
    }),
  );

  /** An operand with what hangs on it: `a[1].b`. */
  readonly postfix: Rule<[], Expression> = this.RULE("postfix", (): Expression => {
    const start = this.LA(1);
    let operand = this.SUBRULE(this.primary);
    this.MANY(() => {
      operand = this.OR([
        {
          ALT: (): Expression => {
            this.CONSUME(T.LeftBracket);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(T.RightBracket);
            return { kind: "item", operand, index, span: this.span(start) };
          },
        },
        {
          ALT: (): Expression => {
            this.CONSUME(T.Dot);
            const field = this.SUBRULE(this.fieldName, { ARGS: ["a field name after '.'"] });
            return { kind: "fieldAccess", operand, field, span: this.span(start) };
          },
        },
      ]);
    });
    return operand;
  });

  readonly primary: Rule<[], Expression> = this.RULE("primary", () =>
    this.OR({
      ERR_MSG: anExpression,
      DEF: [
        { GATE: () => this.startsSpecial(), ALT: () => this.SUBRULE(this.special) },
        { ALT: () => this.SUBRULE(this.columnOrCall) },
        { ALT: () => this.SUBRULE(this.literal) },
        { GATE: () => this.startsQuery(1), ALT: () => this.SUBRULE(this.scalarQuery) },
        { ALT: () => this.SUBRULE(this.parenthesised) },
      ],
    }),
  );

  readonly scalarQuery: Rule<[], Expression> = this.RULE("scalarQuery", (): Expression => {
    const first = this.CONSUME(T.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(T.RightParen);
    return { kind: "scalarQuery", query, span: this.span(first) };
  });

  /** `(a)` is `a` with its own span; `(a, b)` is a row. */
  readonly parenthesised: Rule<[], Expression> = this.RULE("parenthesised", (): Expression => {
    const first = this.CONSUME(T.LeftParen);
    const items = this.SUBRULE(this.plainArguments);
    this.CONSUME(T.RightParen);
    const only = items.length === 1 ? items[0] : undefined;
    return only ?? { kind: "row", items, span: this.span(first) };
  });
}
