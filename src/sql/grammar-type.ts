/** Types as written. Which names are types, and how many parameters they take, is for the binder. */
import { GrammarBase, type Rule } from "./grammar-base.ts";
import { Comma, Greater, K, LeftParen, Less, NumberLiteral, RightParen, StringLiteral, Word } from "./keywords.ts";
import type { TypeNode } from "./tree.ts";

type Fields = TypeNode["fields"];
type TypeArguments = Pick<TypeNode, "parameters" | "arguments" | "fields">;

const plain: TypeArguments = { parameters: [], arguments: [], fields: [] };
const wholeNumber = /^\d{1,10}$/;

export abstract class TypeGrammar extends GrammarBase {
  readonly type: Rule<[expected?: string], TypeNode> = this.RULE("type", (expected = "a type") =>
    this.nested(() => {
      const first = this.CONSUME(Word, { ERR_MSG: expected });
      let name = first.image.toUpperCase();
      this.OPTION1({ GATE: () => name === "DOUBLE", DEF: () => this.CONSUME(K.PRECISION) });
      this.OPTION2({
        GATE: () => ["CHAR", "CHARACTER", "BINARY"].includes(name),
        DEF: () => {
          this.CONSUME(K.VARYING);
          name = name === "BINARY" ? "VARBINARY" : "VARCHAR";
        },
      });
      const given = this.SUBRULE(this.typeArguments, { ARGS: [name] });
      const withLocalTimeZone = this.SUBRULE(this.timeZone, { ARGS: [name] });
      let node: TypeNode = { name, ...given, withLocalTimeZone, notNull: false, span: this.span(first) };
      this.MANY({
        GATE: () => this.is(1, K.ARRAY) && !node.notNull,
        DEF: () => {
          this.CONSUME(K.ARRAY);
          node = {
            ...node,
            ...plain,
            name: "ARRAY",
            arguments: [node],
            withLocalTimeZone: false,
            span: this.span(first),
          };
        },
      });
      const notNull = this.SUBRULE(this.nullability);
      return notNull === null ? node : { ...node, notNull, span: this.span(first) };
    }),
  );

  readonly typeArguments: Rule<[name?: string], TypeArguments> = this.RULE("typeArguments", (name = "") => {
    let given = plain;
    this.OPTION(() => {
      given = this.OR([
        { GATE: () => name === "ROW", ALT: () => ({ ...plain, fields: this.SUBRULE(this.rowFields) }) },
        { ALT: () => ({ ...plain, arguments: this.SUBRULE(this.angleTypes) }) },
        { ALT: () => ({ ...plain, parameters: this.SUBRULE(this.parameters) }) },
      ]);
    });
    return given;
  });

  readonly parameters: Rule<[], number[]> = this.RULE("parameters", () => {
    const parameters: number[] = [];
    this.CONSUME(LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      ERR_MSG: "a whole number",
      DEF: () => {
        this.require(wholeNumber.test(this.LA(1).image), "a whole number");
        parameters.push(Number(this.CONSUME(NumberLiteral, { ERR_MSG: "a whole number" }).image));
      },
    });
    this.mayFollow("','");
    this.CONSUME(RightParen);
    return parameters;
  });

  /** `<BIGINT, STRING>`. */
  readonly angleTypes: Rule<[], TypeNode[]> = this.RULE("angleTypes", () => {
    this.CONSUME(Less);
    const types = [this.SUBRULE(this.type)];
    this.MANY(() => {
      this.CONSUME(Comma);
      types.push(this.SUBRULE2(this.type));
    });
    this.mayFollow("','");
    this.CONSUME(Greater);
    return types;
  });

  /** `<a INT, b STRING 'a comment'>`, or the same in parentheses. */
  readonly rowFields: Rule<[], Fields> = this.RULE("rowFields", () => {
    let fields: Fields = [];
    this.OR([
      {
        ALT: () => {
          this.CONSUME(Less);
          fields = this.SUBRULE1(this.fields);
          this.CONSUME(Greater);
        },
      },
      {
        ALT: () => {
          this.CONSUME(LeftParen);
          fields = this.SUBRULE2(this.fields);
          this.CONSUME(RightParen);
        },
      },
    ]);
    return fields;
  });

  readonly fields: Rule<[], Fields> = this.RULE("fields", () => {
    const fields: Fields[number][] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      ERR_MSG: "a field name",
      DEF: () => {
        const name = this.SUBRULE(this.identifier, { ARGS: ["a field name"] });
        const type = this.SUBRULE(this.type, { ARGS: ["a type after the field name"] });
        this.OPTION(() => this.CONSUME(StringLiteral));
        fields.push({ name, type });
      },
    });
    this.mayFollow("','");
    return fields;
  });

  /** `WITH LOCAL TIME ZONE` gives true; `WITHOUT TIME ZONE` says nothing new. */
  readonly timeZone: Rule<[name?: string], boolean> = this.RULE("timeZone", (name = "") => {
    let local = false;
    this.OPTION({
      GATE: () => name === "TIMESTAMP" || name === "TIME",
      DEF: () =>
        this.OR([
          {
            ALT: () => {
              this.CONSUME(K.WITH);
              this.CONSUME(K.LOCAL, { ERR_MSG: "LOCAL: TIMESTAMP WITH LOCAL TIME ZONE" });
              this.CONSUME1(K.TIME);
              this.CONSUME1(K.ZONE);
              local = true;
            },
          },
          {
            ALT: () => {
              this.CONSUME(K.WITHOUT);
              this.CONSUME2(K.TIME);
              this.CONSUME2(K.ZONE);
            },
          },
        ]),
    });
    return local;
  });

  /** `NOT NULL` gives true, `NULL` false, nothing null. */
  readonly nullability: Rule<[], boolean | null> = this.RULE("nullability", () => {
    let notNull: boolean | null = null;
    this.OPTION(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.NOT);
            this.CONSUME1(K.NULL);
            notNull = true;
          },
        },
        {
          ALT: () => {
            this.CONSUME2(K.NULL);
            notNull = false;
          },
        },
      ]),
    );
    return notNull;
  });
}
