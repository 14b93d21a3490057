/** Columns, calls with everything that may hang on them (DISTINCT, FILTER, OVER), and ORDER BY lists. */
import type { IToken } from "chevrotain";
import { type Rule, tokenSpan, toName } from "./grammar-base.ts";
import { plainCall, SpecialGrammar } from "./grammar-special.ts";
import { Arrow, Comma, Dot, Identifier as IdentifierToken, K, LeftParen, RightParen, Star, Word } from "./keywords.ts";
import type {
  Expression,
  FrameBound,
  Identifier,
  Node,
  OrderItem,
  QualifiedName,
  WindowFrame,
  WindowSpecification,
} from "./tree.ts";

type Call = Extract<Expression, { kind: "call" }>;

/** Arguments as they are collected: all with a name or all without. */
export interface Arguments<Value> {
  readonly positional: Value[];
  readonly named: { readonly name: Identifier; readonly value: Value }[];
}

/** Functions that are called without parentheses. */
const clockWords = ["CURRENT_TIMESTAMP", "CURRENT_DATE", "CURRENT_TIME", "LOCALTIME", "LOCALTIMESTAMP"];

const BELOW_AND = 24;

export abstract class CallGrammar extends SpecialGrammar {
  readonly columnOrCall: Rule<[], Expression> = this.RULE("columnOrCall", (): Expression => {
    const first = this.CONSUME(Word);
    const parts: Identifier[] = [toName(first)];
    this.MANY(() => {
      this.CONSUME(Dot);
      parts.push(this.SUBRULE(this.fieldName, { ARGS: ["a name after '.'"] }));
    });
    const name: QualifiedName = { parts, span: this.span(first) };
    const call = this.OPTION(() => this.SUBRULE(this.callArguments, { ARGS: [name] }));
    if (call !== undefined) return call;
    const single = parts.length === 1 && first.tokenType === IdentifierToken;
    if (single && clockWords.includes(first.image.toUpperCase())) return plainCall(first, [], name.span);
    return { kind: "column", name, span: name.span };
  });

  /** From the parenthesis behind a function's name to the end of its OVER. */
  readonly callArguments: Rule<[name?: QualifiedName], Call> = this.RULE(
    "callArguments",
    (name?: QualifiedName): Call => {
      const nameSpan = name?.span ?? tokenSpan(this.LA(0));
      const args: Arguments<Expression> = { positional: [], named: [] };
      this.CONSUME(LeftParen);
      const quantifier = this.OPTION1(() =>
        this.OR1([{ ALT: () => this.CONSUME(K.DISTINCT) }, { ALT: () => this.CONSUME(K.ALL) }]),
      );
      const star = this.OPTION2(() =>
        this.OR2([
          { ALT: () => this.CONSUME(Star).image === "*" },
          { ALT: () => this.SUBRULE(this.argumentList, { ARGS: [args] }) },
        ]),
      );
      this.CONSUME(RightParen);
      const filter = this.OPTION3({ GATE: () => this.is(2, LeftParen), DEF: () => this.SUBRULE(this.filter) });
      const over = this.OPTION4(() => this.SUBRULE(this.window));
      const text = (name?.parts ?? []).map((part) => part.name).join(".");
      return {
        kind: "call",
        name: text.toUpperCase(),
        nameSpan,
        arguments: args.positional,
        named: args.named,
        distinct: quantifier?.tokenType === K.DISTINCT,
        star: star === true,
        filter: filter ?? null,
        over: over ?? null,
        span: { start: nameSpan.start, end: tokenSpan(this.LA(0)).end },
      };
    },
  );

  readonly argumentList: Rule<[into?: Arguments<Expression>], false> = this.RULE(
    "argumentList",
    (into: Arguments<Expression> = { positional: [], named: [] }): false => {
      this.SUBRULE1(this.argument, { ARGS: [into] });
      this.MANY(() => {
        this.CONSUME(Comma);
        this.SUBRULE2(this.argument, { ARGS: [into] });
      });
      this.mayFollow("',', an operator");
      return false;
    },
  );

  readonly argument: Rule<[into?: Arguments<Expression>], Node> = this.RULE(
    "argument",
    (into: Arguments<Expression> = { positional: [], named: [] }) => {
      this.checkMix(into);
      const name = this.OPTION({ GATE: () => this.is(2, Arrow), DEF: () => this.SUBRULE(this.argumentName) });

      const value = this.SUBRULE(this.expression);
      if (name === undefined) into.positional.push(value);
      else into.named.push({ name, value });
      return value;
    },
  );

  /** Arguments have names or have none. */
  protected checkMix<Value>(before: Arguments<Value>): void {
    const named = this.is(2, Arrow);
    this.require(named || before.named.length === 0, "an argument with a name, as before it: name => value");
    this.require(!named || before.positional.length === 0, "an argument without a name, as before it");
  }

  /** `NAME =>`; the name in upper case. */
  readonly argumentName: Rule<[], Identifier> = this.RULE("argumentName", () => {
    const name = this.SUBRULE(this.identifier);
    this.CONSUME(Arrow);
    return { ...name, name: (name.name ?? "").toUpperCase() };
  });

  readonly filter: Rule<[], Expression> = this.RULE("filter", () => {
    this.CONSUME(K.FILTER);
    this.CONSUME(LeftParen);
    this.CONSUME(K.WHERE);
    const condition = this.SUBRULE(this.expression);
    this.mayFollow("an operator");
    this.CONSUME(RightParen);
    return condition;
  });

  readonly orderItems: Rule<[], OrderItem[]> = this.RULE("orderItems", () => {
    this.CONSUME(K.ORDER);
    this.CONSUME(K.BY);
    const items = [this.SUBRULE1(this.orderItem)];
    this.MANY(() => {
      this.CONSUME(Comma);
      items.push(this.SUBRULE2(this.orderItem));
    });
    return items;
  });

  readonly orderItem: Rule<[], OrderItem> = this.RULE("orderItem", (): OrderItem => {
    const start: IToken = this.LA(1);
    const expression = this.SUBRULE(this.expression);
    const direction = this.OPTION1(() =>
      this.OR1([{ ALT: () => this.CONSUME(K.ASC) }, { ALT: () => this.CONSUME(K.DESC) }]),
    );
    const nulls = this.OPTION2(() => {
      this.CONSUME(K.NULLS);
      return this.OR2([{ ALT: () => this.CONSUME(K.FIRST) }, { ALT: () => this.CONSUME(K.LAST) }]);
    });
    const place = nulls === undefined ? null : nulls.tokenType === K.FIRST ? "FIRST" : "LAST";
    return { expression, descending: direction?.tokenType === K.DESC, nulls: place, span: this.span(start) };
  });

  /** `OVER (…)`, or `OVER` and the name of a window. */
  readonly window: Rule<[], WindowSpecification> = this.RULE("window", (): WindowSpecification => {
    this.CONSUME(K.OVER);
    return this.OR({
      ERR_MSG: "'(' and the window after OVER, or a window's name",
      DEF: [
        { ALT: () => this.SUBRULE(this.windowBody) },
        {
          ALT: (): WindowSpecification => {
            const base = this.SUBRULE(this.identifier, { ARGS: ["a window's name after OVER"] });
            return { base, partitionBy: [], orderBy: [], frame: null, span: base.span };
          },
        },
      ],
    });
  });

  /** `([w] [PARTITION BY …] [ORDER BY …] [ROWS|RANGE …])`. */
  readonly windowBody: Rule<[], WindowSpecification> = this.RULE("windowBody", (): WindowSpecification => {
    const first = this.CONSUME(LeftParen);
    const base = this.OPTION4({
      GATE: () => this.isName(1) && !this.is(1, K.PARTITION, K.ORDER, K.ROWS, K.RANGE),
      DEF: () => this.SUBRULE(this.identifier),
    });
    const partitionBy = this.OPTION1(() => {
      this.CONSUME(K.PARTITION);
      this.CONSUME(K.BY);
      return this.SUBRULE(this.plainArguments);
    });
    const orderBy = this.OPTION2(() => this.SUBRULE(this.orderItems));
    const frame = this.OPTION3(() => this.SUBRULE(this.frame));
    this.mayFollow("PARTITION BY, ORDER BY, ROWS, RANGE");
    this.CONSUME(RightParen);
    return {
      base: base ?? null,
      partitionBy: partitionBy ?? [],
      orderBy: orderBy ?? [],
      frame: frame ?? null,
      span: this.span(first),
    };
  });

  readonly frame: Rule<[], WindowFrame> = this.RULE("frame", (): WindowFrame => {
    const first = this.OR1([{ ALT: () => this.CONSUME(K.ROWS) }, { ALT: () => this.CONSUME(K.RANGE) }]);
    const unit = first.tokenType === K.ROWS ? "ROWS" : "RANGE";
    return this.OR2([
      {
        GATE: () => this.is(1, K.BETWEEN),
        ALT: (): WindowFrame => {
          this.CONSUME(K.BETWEEN);
          const start = this.SUBRULE1(this.frameBound);
          this.CONSUME(K.AND, { ERR_MSG: "AND and the end of the frame" });
          return { unit, start, end: this.SUBRULE2(this.frameBound), span: this.span(first) };
        },
      },
      {
        ALT: (): WindowFrame => {
          const start = this.SUBRULE3(this.frameBound);
          return { unit, start, end: { kind: "currentRow" }, span: this.span(first) };
        },
      },
    ]);
  });

  readonly frameBound: Rule<[], FrameBound> = this.RULE("frameBound", (): FrameBound => {
    return this.OR1({
      ERR_MSG: "a bound such as UNBOUNDED PRECEDING, 2 PRECEDING or CURRENT ROW",
      DEF: [
        {
          GATE: () => this.is(1, K.CURRENT) && this.isWord(2, "ROW"),
          ALT: (): FrameBound => {
            this.CONSUME(K.CURRENT);
            this.CONSUME(K.ROW);
            return { kind: "currentRow" };
          },
        },
        {
          GATE: () => this.is(1, K.UNBOUNDED) && this.is(2, K.PRECEDING, K.FOLLOWING),
          ALT: (): FrameBound => {
            this.CONSUME(K.UNBOUNDED);
            const preceding = this.SUBRULE1(this.direction);
            return { kind: preceding === true ? "unboundedPreceding" : "unboundedFollowing" };
          },
        },
        {
          ALT: (): FrameBound => {
            const offset = this.SUBRULE(this.expression, { ARGS: [BELOW_AND] });
            const preceding = this.SUBRULE2(this.direction);
            return { kind: preceding === true ? "preceding" : "following", offset };
          },
        },
      ],
    });
  });

  /** `PRECEDING` gives true, `FOLLOWING` false. */
  readonly direction: Rule<[], boolean> = this.RULE("direction", () => {
    const word = this.OR({
      ERR_MSG: "PRECEDING or FOLLOWING",
      DEF: [{ ALT: () => this.CONSUME(K.PRECEDING) }, { ALT: () => this.CONSUME(K.FOLLOWING) }],
    });
    return word.tokenType === K.PRECEDING;
  });
}
