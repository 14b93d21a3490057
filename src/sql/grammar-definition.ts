/** CREATE TABLE, CREATE VIEW and DROP. Errors in columns and options do not hide those behind them. */
import type { IToken } from "chevrotain";
import { type Rule, tokenSpan } from "./grammar-base.ts";
import { ColumnGrammar } from "./grammar-column.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import { stringValue } from "./lexer.ts";
import type { Identifier, Option, QualifiedName, Statement } from "./tree.ts";

type CreateTable = Extract<Statement, { kind: "createTable" }>;
type CreateView = Extract<Statement, { kind: "createView" }>;
type Dropped = Extract<Statement, { kind: "drop" }>["object"];
type Like = Pick<CreateTable, "like" | "likeOptions">;

const anOption = "an option: 'key' = 'value'";
const likeActions = ["INCLUDING", "EXCLUDING", "OVERWRITING"];
const likeParts = [
  "ALL",
  "CONSTRAINTS",
  "DISTRIBUTION",
  "GENERATED",
  "METADATA",
  "OPTIONS",
  "PARTITIONS",
  "WATERMARKS",
];

/** What CREATE makes that Flink has and this has not. */
const notCreated: Readonly<Record<string, string>> = {
  CATALOG: "tables live as long as the file that declares them",
  DATABASE: "tables live as long as the file that declares them",
  FUNCTION: "the built-in functions are all there are",
  MODEL: "there are no models",
  OR: "write CREATE … IF NOT EXISTS, or DROP first",
};

export abstract class DefinitionGrammar extends ColumnGrammar {
  readonly create: Rule<[], Statement> = this.RULE("create", () => {
    const start = this.CONSUME(K.CREATE);
    this.ACTION(() => this.#refuseUnknown());
    const temporary = this.OPTION(() => this.CONSUME(K.TEMPORARY)) !== undefined;
    return this.OR({
      ERR_MSG: "TABLE, VIEW, TEMPORARY or MATERIALIZED VIEW after CREATE",
      DEF: [
        { ALT: (): Statement => this.SUBRULE(this.createTable, { ARGS: [start, temporary] }) },
        { ALT: (): Statement => this.SUBRULE(this.createView, { ARGS: [start, temporary] }) },
        { ALT: (): Statement => this.SUBRULE(this.createMaterializedView, { ARGS: [start, temporary] }) },
      ],
    });
  });

  #refuseUnknown(): void {
    const word = this.LA(this.is(1, K.TEMPORARY) ? 2 : 1);
    const upper = word.image.toUpperCase();
    if (!Object.hasOwn(notCreated, upper)) return;
    this.unsupported(`CREATE ${upper === "OR" ? "OR REPLACE" : upper}`, tokenSpan(word), notCreated[upper]);
    this.require(false, "TABLE or VIEW");
  }

  readonly createTable: Rule<[start?: IToken, temporary?: boolean], CreateTable> = this.RULE(
    "createTable",
    (start: IToken = this.LA(0), temporary = false): CreateTable => {
      this.CONSUME(K.TABLE);
      const ifNotExists = this.SUBRULE(this.ifNotExists);
      const name = this.SUBRULE(this.qualifiedName, { ARGS: ["a table name"] });
      this.mayFollow("'(' and the columns, WITH, LIKE");
      const body = this.OPTION1(() => this.SUBRULE(this.tableElements));
      const comment = this.OPTION2(() => this.SUBRULE(this.comment));
      this.OPTION3(() => this.SUBRULE(this.distribution));
      const partitionedBy = this.OPTION4(() => this.SUBRULE(this.partitionedBy));
      const options = this.OPTION5(() => this.SUBRULE(this.options));
      const like = this.OPTION6(() => this.SUBRULE(this.likeTable));
      this.ACTION(() => this.#checkTable({ hasColumns: body !== undefined, hasLike: like !== undefined }));
      return {
        kind: "createTable",
        name,
        temporary,
        ifNotExists,
        columns: body?.columns ?? [],
        watermark: body?.watermark ?? null,
        primaryKey: body?.primaryKey ?? [],
        partitionedBy: partitionedBy ?? [],
        options: options ?? [],
        like: like?.like ?? null,
        likeOptions: like?.likeOptions ?? [],
        comment: comment ?? null,
        span: this.span(start),
      };
    },
  );

  #checkTable({ hasColumns, hasLike }: { hasColumns: boolean; hasLike: boolean }): void {
    if (this.is(1, K.AS)) {
      this.unsupported("CREATE TABLE … AS SELECT", tokenSpan(this.LA(1)), "declare the table, then INSERT INTO it");
      this.require(false, "the end of the statement");
    }
    this.require(hasColumns || hasLike, "'(' and the columns of the table");
    this.mayFollow("COMMENT, PARTITIONED BY, WITH, LIKE");
  }

  readonly ifNotExists: Rule<[], boolean> = this.RULE("ifNotExists", () => {
    const found = this.OPTION({
      GATE: () => !this.is(2, T.Dot, T.LeftParen, K.AS, K.WITH),
      DEF: () => {
        this.CONSUME(K.IF);
        this.CONSUME(K.NOT);
        return this.CONSUME(K.EXISTS);
      },
    });
    return found !== undefined;
  });

  readonly partitionedBy: Rule<[], Identifier[]> = this.RULE("partitionedBy", () => {
    this.CONSUME(K.PARTITIONED);
    this.CONSUME(K.BY);
    return this.SUBRULE(this.nameList);
  });

  /** `DISTRIBUTED BY HASH (a) INTO 4 BUCKETS` is understood so that the error can say what it is. */
  readonly distribution: Rule<[], null> = this.RULE("distribution", () => {
    const first = this.CONSUME(K.DISTRIBUTED);
    this.OPTION1(() => {
      this.CONSUME(K.BY);
      this.OPTION2(() => this.CONSUME1(T.Word));
      this.SUBRULE(this.nameList);
    });
    this.OPTION3(() => {
      this.CONSUME(K.INTO);
      this.CONSUME(T.NumberLiteral);
      this.CONSUME2(T.Word, { ERR_MSG: "BUCKETS" });
    });
    this.unsupported("DISTRIBUTED", this.span(first), "leave it out: the connector spreads the rows");
    return null;
  });

  /** `WITH ('key' = 'value', …)`. */
  readonly options: Rule<[], Option[]> = this.RULE("options", () => {
    const options: Option[] = [];
    const add = (option: Option | null): void => {
      if (option !== null) options.push(option);
    };
    this.CONSUME(K.WITH);
    this.CONSUME(T.LeftParen);
    this.recover(() => this.require(this.is(1, T.StringLiteral, T.RightParen), anOption));
    this.OPTION(() => add(this.recover(() => this.SUBRULE1(this.optionPair))));
    this.MANY(() => {
      this.CONSUME(T.Comma);
      add(this.recover(() => this.SUBRULE2(this.optionPair)));
    });
    this.CONSUME(T.RightParen);
    return options;
  });

  readonly optionPair: Rule<[], Option> = this.RULE("optionPair", (): Option => {
    const first = this.CONSUME1(T.StringLiteral, { ERR_MSG: anOption });
    this.CONSUME(T.Equal, { ERR_MSG: "'=' and the option's value" });
    const second = this.CONSUME2(T.StringLiteral, { ERR_MSG: "the option's value in single quotes" });
    this.mayFollow("','");
    this.require(this.is(1, T.Comma, T.RightParen), "',' or ')'");
    const key = stringValue(first);
    const value = stringValue(second);
    return { key, keySpan: tokenSpan(first), value, valueSpan: tokenSpan(second), span: this.span(first) };
  });

  /** `LIKE t [(INCLUDING OPTIONS EXCLUDING WATERMARKS …)]`. */
  readonly likeTable: Rule<[], Like> = this.RULE("likeTable", (): Like => {
    this.CONSUME(K.LIKE);
    const like = this.SUBRULE(this.qualifiedName, { ARGS: ["a table name after LIKE"] });
    const likeOptions: string[] = [];
    this.OPTION(() => {
      this.CONSUME(T.LeftParen);
      this.MANY({
        GATE: () => !this.is(1, T.RightParen),
        DEF: () => {
          this.require(this.isWord(1, ...likeActions), "INCLUDING, EXCLUDING or OVERWRITING");
          const action = this.CONSUME1(T.Word).image.toUpperCase();
          this.require(this.isWord(1, ...likeParts), "ALL, OPTIONS, WATERMARKS, GENERATED, METADATA or CONSTRAINTS");
          const part = this.OR([{ ALT: () => this.CONSUME(K.ALL) }, { ALT: () => this.CONSUME2(T.Word) }]);
          likeOptions.push(`${action} ${(part.image ?? "").toUpperCase()}`);
        },
      });
      this.CONSUME(T.RightParen);
    });
    return { like, likeOptions };
  });

  readonly createView: Rule<[start?: IToken, temporary?: boolean], CreateView> = this.RULE(
    "createView",
    (start: IToken = this.LA(0), temporary = false): CreateView => {
      this.CONSUME(K.VIEW);
      const ifNotExists = this.SUBRULE(this.ifNotExists);
      const name = this.SUBRULE(this.qualifiedName, { ARGS: ["a view name"] });
      const columns = this.OPTION1(() => this.SUBRULE(this.nameList));
      this.OPTION2(() => this.SUBRULE(this.comment));
      this.CONSUME(K.AS, { ERR_MSG: "AS and the view's query" });
      const query = this.SUBRULE(this.query);
      const shape = { columns: columns ?? [], query, temporary, ifNotExists, materialized: false, options: [] };
      return { kind: "createView", name, ...shape, span: this.span(start) };
    },
  );

  readonly createMaterializedView: Rule<[start?: IToken, temporary?: boolean], CreateView> = this.RULE(
    "createMaterializedView",
    (start: IToken = this.LA(0), temporary = false): CreateView => {
      this.CONSUME(K.MATERIALIZED);
      this.CONSUME(K.VIEW, { ERR_MSG: "VIEW after MATERIALIZED" });
      const ifNotExists = this.SUBRULE(this.ifNotExists);
      const name = this.SUBRULE(this.qualifiedName, { ARGS: ["a view name"] });
      const columns = this.OPTION1(() => this.SUBRULE(this.nameList));
      this.OPTION2(() => this.SUBRULE(this.comment));
      const options = this.OPTION3(() => this.SUBRULE(this.options));
      this.CONSUME(K.AS, { ERR_MSG: "AS and the view's query" });
      const query = this.SUBRULE(this.query);
      const shape = {
        columns: columns ?? [],
        query,
        temporary,
        ifNotExists,
        materialized: true,
        options: options ?? [],
      };
      return { kind: "createView", name, ...shape, span: this.span(start) };
    },
  );

  readonly drop: Rule<[], Statement> = this.RULE("drop", (): Statement => {
    const start = this.CONSUME(K.DROP);
    this.OPTION1(() => this.CONSUME(K.TEMPORARY));
    const object = this.SUBRULE(this.droppedKind);
    const ifExists = this.OPTION2({
      GATE: () => this.is(2, K.EXISTS),
      DEF: () => {
        this.CONSUME(K.IF);
        return this.CONSUME(K.EXISTS);
      },
    });
    const name: QualifiedName = this.SUBRULE(this.qualifiedName, { ARGS: ["a name after DROP"] });
    return { kind: "drop", object, name, ifExists: ifExists !== undefined, span: this.span(start) };
  });

  readonly droppedKind: Rule<[], Dropped> = this.RULE("droppedKind", (): Dropped => {
    const word = this.OR({
      ERR_MSG: "TABLE, VIEW or MATERIALIZED VIEW after DROP",
      DEF: [
        { ALT: () => this.CONSUME(K.TABLE) },
        { ALT: () => this.CONSUME1(K.VIEW) },
        { ALT: () => this.CONSUME(K.MATERIALIZED) },
      ],
    });
    const materialized = word.tokenType === K.MATERIALIZED;
    this.OPTION({ GATE: () => materialized, DEF: () => this.CONSUME2(K.VIEW) });
    if (materialized) return "MATERIALIZED VIEW";
    return word.tokenType === K.VIEW ? "VIEW" : "TABLE";
  });
}
