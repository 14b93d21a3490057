/** What stands between the parentheses of CREATE TABLE: columns, WATERMARK, PRIMARY KEY. */
import type { IToken } from "chevrotain";
import type { Span } from "../core/error.ts";
import { type Rule, tokenSpan } from "./grammar-base.ts";
import { QueryGrammar } from "./grammar-query.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import { stringValue } from "./lexer.ts";
import type { ColumnDefinition, Identifier, Statement } from "./tree.ts";

type CreateTable = Extract<Statement, { kind: "createTable" }>;
type Watermark = NonNullable<CreateTable["watermark"]>;
type ColumnSource = ColumnDefinition["source"];
type MetadataSource = Extract<ColumnSource, { kind: "metadata" }>;

export interface TableBody {
  readonly columns: ColumnDefinition[];
  watermark: Watermark | null;
  primaryKey: readonly Identifier[] | null;
}

const aColumn = "a column name, WATERMARK FOR or PRIMARY KEY";
const enforcedHint = "write PRIMARY KEY … NOT ENFORCED: the keys of a stream are taken on trust";

export abstract class ColumnGrammar extends QueryGrammar {
  readonly tableElements: Rule<[], TableBody> = this.RULE("tableElements", () => {
    const body: TableBody = { columns: [], watermark: null, primaryKey: null };
    this.CONSUME(T.LeftParen);
    this.recover(() => this.require(this.isName(1) || this.is(1, T.RightParen), aColumn));
    this.OPTION(() => this.recover(() => this.SUBRULE1(this.tableElement, { ARGS: [body] })));
    this.MANY(() => {
      this.CONSUME(T.Comma);
      this.recover(() => this.SUBRULE2(this.tableElement, { ARGS: [body] }));
    });
    this.CONSUME(T.RightParen);
    return body;
  });

  readonly tableElement: Rule<[body?: TableBody], null> = this.RULE(
    "tableElement",
    (body: TableBody = { columns: [], watermark: null, primaryKey: null }) => {
      this.ACTION(() => this.#refuseUnique());
      this.OR({
        ERR_MSG: aColumn,
        DEF: [
          {
            GATE: () => this.is(1, K.WATERMARK) && this.is(2, K.FOR),
            ALT: () => this.#setWatermark(body, this.SUBRULE(this.watermark)),
          },
          {
            GATE: () => this.is(1, K.PRIMARY) && this.is(2, K.KEY),
            ALT: () => this.#setKey(body, this.SUBRULE1(this.keyConstraint)),
          },
          {
            GATE: () => this.is(1, K.CONSTRAINT) && this.is(3, K.PRIMARY),
            ALT: () => {
              this.CONSUME(K.CONSTRAINT);
              this.SUBRULE(this.identifier);
              this.#setKey(body, this.SUBRULE2(this.keyConstraint));
            },
          },
          { ALT: () => body.columns.push(this.SUBRULE(this.column)) },
        ],
      });
      this.require(this.is(1, T.Comma, T.RightParen), "',' or ')'");
      return null;
    },
  );

  #refuseUnique(): void {
    if (!this.isWord(1, "UNIQUE") || !this.is(2, T.LeftParen)) return;
    this.unsupported("UNIQUE", tokenSpan(this.LA(1)), "a PRIMARY KEY … NOT ENFORCED is the one constraint there is");
    this.require(false, aColumn);
  }

  #setWatermark(body: TableBody, watermark: Watermark): void {
    if (body.watermark === null) body.watermark = watermark;
    else this.#complainTwice("WATERMARK", watermark.span);
  }

  #setKey(body: TableBody, key: { readonly names: readonly Identifier[]; readonly span: Span }): void {
    if (body.primaryKey === null) body.primaryKey = key.names;
    else this.#complainTwice("PRIMARY KEY", key.span);
  }

  #complainTwice(what: string, span: Span): void {
    this.complain({ code: "DUPLICATE-CLAUSE", message: `a table has one ${what}, this is the second`, span });
  }

  /** `WATERMARK FOR ts AS ts - INTERVAL '5' SECOND`. */
  readonly watermark: Rule<[], Watermark> = this.RULE("watermark", () => {
    const first = this.CONSUME(K.WATERMARK);
    this.CONSUME(K.FOR);
    const column = this.SUBRULE(this.identifier, { ARGS: ["the name of the time column after WATERMARK FOR"] });
    this.require(!this.is(1, T.Dot), "AS: the time column is a column of the table, no field of one");
    this.CONSUME(K.AS, { ERR_MSG: "AS and an expression: WATERMARK FOR ts AS ts - INTERVAL '5' SECOND" });
    const expression = this.SUBRULE(this.expression);
    this.mayFollow("',', an operator");
    return { column, expression, span: this.span(first) };
  });

  readonly keyConstraint: Rule<[], { names: Identifier[]; span: Span }> = this.RULE("keyConstraint", () => {
    const first = this.CONSUME(K.PRIMARY);
    this.CONSUME(K.KEY);
    const names = this.SUBRULE(this.nameList);
    this.SUBRULE(this.notEnforced, { ARGS: [first] });
    this.mayFollow("','");
    return { names, span: this.span(first) };
  });

  /** Flink refuses the default, ENFORCED, since nothing checks it. */
  readonly notEnforced: Rule<[first?: IToken], null> = this.RULE("notEnforced", (first: IToken = this.LA(0)) => {
    const found = this.OPTION(() => {
      this.CONSUME(K.NOT);
      return this.CONSUME(K.ENFORCED);
    });
    if (found === undefined) {
      const message = "the key is not declared NOT ENFORCED";
      this.complain({ code: "PRIMARY-KEY-ENFORCED", message, hint: enforcedHint, span: this.span(first) });
    }
    this.ACTION(() => this.isWord(1, "ENFORCED") && this.SKIP_TOKEN());
    return null;
  });

  readonly column: Rule<[], ColumnDefinition> = this.RULE("column", (): ColumnDefinition => {
    const name = this.SUBRULE(this.identifier, { ARGS: [aColumn] });
    this.ACTION(() => this.wasLoose("a column and its type, WATERMARK FOR, PRIMARY KEY", "CONSTRAINT"));
    const source = this.OR({
      ERR_MSG: "a type after the column name",
      DEF: [
        { ALT: (): ColumnSource => this.SUBRULE(this.computed) },
        { ALT: (): ColumnSource => this.SUBRULE(this.typed) },
      ],
    });
    const comment = this.OPTION(() => this.SUBRULE(this.comment));
    return { name, source, comment: comment ?? null, span: this.span(name) };
  });

  readonly computed: Rule<[], ColumnSource> = this.RULE("computed", (): ColumnSource => {
    this.CONSUME(K.AS);
    const expression = this.SUBRULE(this.expression);
    this.mayFollow("',', an operator, COMMENT");
    return { kind: "computed", expression };
  });

  readonly typed: Rule<[], ColumnSource> = this.RULE("typed", (): ColumnSource => {
    const type = this.SUBRULE(this.type, { ARGS: ["a type after the column name"] });
    this.mayFollow("',', NOT NULL, METADATA, PRIMARY KEY, COMMENT");
    const metadata = this.OPTION1(() => this.SUBRULE(this.metadata));
    const key = this.OPTION2({
      GATE: () => metadata === undefined,
      DEF: () => {
        const first = this.CONSUME(K.PRIMARY);
        this.CONSUME(K.KEY);
        this.SUBRULE(this.notEnforced, { ARGS: [first] });
        this.mayFollow("',', COMMENT");
        return first;
      },
    });
    if (metadata === undefined) return { kind: "physical", type, primaryKey: key !== undefined };
    return { kind: "metadata", type, ...metadata };
  });

  /** `METADATA [FROM 'key'] [VIRTUAL]`. */
  readonly metadata: Rule<[], Pick<MetadataSource, "key" | "virtual">> = this.RULE("metadata", () => {
    this.CONSUME(K.METADATA);
    const key = this.OPTION1(() => {
      this.CONSUME(K.FROM);
      return stringValue(this.CONSUME(T.StringLiteral, { ERR_MSG: "the metadata key in single quotes" }));
    });
    const word = this.OPTION2(() => this.CONSUME(K.VIRTUAL));
    this.mayFollow("',', FROM, VIRTUAL, COMMENT");
    return { key: key ?? null, virtual: word !== undefined };
  });

  readonly comment: Rule<[], string> = this.RULE("comment", () => {
    this.CONSUME(K.COMMENT);
    return stringValue(this.CONSUME(T.StringLiteral, { ERR_MSG: "the comment in single quotes" }));
  });
}
