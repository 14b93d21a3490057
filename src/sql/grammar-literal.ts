/** Literals. Their text is kept as written; only quotes and escapes are undone. */
import type { IToken } from "chevrotain";
import { type Rule, tokenSpan } from "./grammar-base.ts";
import { TypeGrammar } from "./grammar-type.ts";
import {
  BinaryLiteral,
  Comma,
  K,
  LeftParen,
  Minus,
  NumberLiteral,
  Plus,
  RightParen,
  StringLiteral,
  UnicodeLiteral,
  Word,
} from "./keywords.ts";
import { stringValue } from "./lexer.ts";
import type { Expression, IntervalUnit } from "./tree.ts";

type TemporalType = Extract<Expression, { kind: "temporal" }>["type"];

const units: readonly string[] = ["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "MINUTE", "SECOND"];
const aUnit = "a unit: SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER or YEAR";

/** Singular and upper-case; null for what is no unit of an interval. */
function intervalUnit(word: string): IntervalUnit | null {
  const upper = word.toUpperCase();
  const singular = upper.endsWith("S") ? upper.slice(0, -1) : upper;
  return units.includes(singular) ? (singular as IntervalUnit) : null;
}

export abstract class LiteralGrammar extends TypeGrammar {
  /** Whether DATE, TIME or TIMESTAMP opens a literal rather than being a name. */
  protected startsTemporal(): boolean {
    if (this.is(1, K.DATE, K.TIME, K.TIMESTAMP, K.TIMESTAMP_LTZ)) return this.is(2, StringLiteral);
    return false;
  }

  protected startsInterval(): boolean {
    if (!this.is(1, K.INTERVAL)) return false;
    const value = this.is(2, Plus, Minus) ? 3 : 2;
    return this.is(value, StringLiteral) || (this.is(value, NumberLiteral) && this.isName(value + 1));
  }

  /** Literals that are told by their first token. */
  readonly literal: Rule<[], Expression> = this.RULE(
    "literal",
    (): Expression =>
      this.OR([
        {
          ALT: (): Expression => {
            const token = this.CONSUME(NumberLiteral);
            return { kind: "number", text: token.image, span: tokenSpan(token) };
          },
        },
        {
          ALT: (): Expression => {
            const token = this.CONSUME(StringLiteral);
            return { kind: "string", value: stringValue(token), span: tokenSpan(token) };
          },
        },
        { ALT: (): Expression => this.SUBRULE(this.binary) },
        { ALT: (): Expression => this.SUBRULE(this.unicode) },
        { ALT: (): Expression => ({ kind: "boolean", value: true, span: tokenSpan(this.CONSUME(K.TRUE)) }) },
        { ALT: (): Expression => ({ kind: "boolean", value: false, span: tokenSpan(this.CONSUME(K.FALSE)) }) },
        { ALT: (): Expression => ({ kind: "null", span: tokenSpan(this.CONSUME(K.NULL)) }) },
      ]),
  );

  readonly binary: Rule<[], Expression> = this.RULE("binary", (): Expression => {
    const token = this.CONSUME(BinaryLiteral);
    const hex = stringValue(token).toLowerCase();
    const span = tokenSpan(token);
    if (!/^([0-9a-f]{2})*$/.test(hex)) {
      const hint = "two hexadecimal digits make a byte: X'0aff'";
      this.complain({
        code: "LITERAL-FORMAT",
        message: "a binary literal holds pairs of hexadecimal digits",
        span,
        hint,
      });
    }
    return { kind: "binary", hex, span };
  });

  readonly unicode: Rule<[], Expression> = this.RULE("unicode", (): Expression => {
    const token = this.CONSUME(UnicodeLiteral);
    const mark = this.OPTION(() => {
      this.CONSUME(K.UESCAPE);
      this.require([...stringValue(this.LA(1))].length === 1, "one character in single quotes");
      return stringValue(this.CONSUME(StringLiteral));
    });
    return { kind: "string", value: this.ACTION(() => this.#unescape(token, mark ?? "\\")), span: this.span(token) };
  });

  /** `\0041` is one UTF-16 unit, `\+01F600` a code point, `\\` the escape character itself. */
  #unescape(token: IToken, mark: string): string {
    const parts = stringValue(token).split(mark);
    let value = parts[0] as string;
    for (let i = 1; i < parts.length; i++) {
      const part = parts[i] as string;
      const match = /^(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4}))/.exec(part);
      const point = Number.parseInt(match?.[1] ?? match?.[2] ?? "", 16);
      if (part === "" && i + 1 < parts.length) value += mark + parts[++i];
      else if (match !== null && point <= 0x10ffff) value += String.fromCodePoint(point) + part.slice(match[0].length);
      else {
        const message = `'${mark}' in a unicode literal is followed by four hexadecimal digits, or '+' and six`;
        this.complain({ code: "LITERAL-FORMAT", message, span: tokenSpan(token) });
        break;
      }
    }
    return value;
  }

  readonly temporal: Rule<[], Expression> = this.RULE("temporal", (): Expression => {
    const word = this.OR([
      { ALT: () => this.CONSUME(K.DATE) },
      { ALT: () => this.CONSUME(K.TIME) },
      { ALT: () => this.CONSUME(K.TIMESTAMP) },
      { ALT: () => this.CONSUME(K.TIMESTAMP_LTZ) },
    ]);
    const text = stringValue(this.CONSUME(StringLiteral));
    return { kind: "temporal", type: word.image?.toUpperCase() as TemporalType, text, span: this.span(word) };
  });

  readonly interval: Rule<[], Expression> = this.RULE("interval", (): Expression => {
    const first = this.CONSUME(K.INTERVAL);
    const sign = this.OPTION1(() => this.OR([{ ALT: () => this.CONSUME(Minus) }, { ALT: () => this.CONSUME(Plus) }]));
    const negative = sign?.tokenType === Minus;
    const text = stringValue(this.CONSUME(StringLiteral, { ERR_MSG: "a string after INTERVAL: INTERVAL '5' MINUTE" }));
    const from = this.SUBRULE1(this.unit);
    const to = this.OPTION2(() => {
      this.CONSUME(K.TO);
      return this.SUBRULE2(this.unit);
    });
    return { kind: "interval", text, negative, from, to: to ?? null, span: this.span(first) };
  });

  /** `MINUTE`, `MINUTES`, `SECOND(3)`. The precision changes nothing: intervals are exact here. */
  readonly unit: Rule<[], IntervalUnit> = this.RULE("unit", () => {
    this.require(intervalUnit(this.LA(1).image) !== null, aUnit);
    const unit = intervalUnit(this.CONSUME(Word, { ERR_MSG: aUnit }).image);
    this.OPTION(() => {
      this.CONSUME(LeftParen);
      this.AT_LEAST_ONE_SEP({ SEP: Comma, ERR_MSG: "a number", DEF: () => this.CONSUME(NumberLiteral) });
      this.CONSUME(RightParen);
    });
    return unit ?? "SECOND";
  });
}
