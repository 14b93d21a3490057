/** Statements, one at a time: `parse.ts` finds their ends, and reads SET, RESET and statement sets itself. */
import type { IToken } from "chevrotain";
import { type Rule, tokenSpan } from "./grammar-base.ts";
import { DefinitionGrammar } from "./grammar-definition.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import type { ExplainMode, HintOption, Identifier, QualifiedName, Statement } from "./tree.ts";

export type Insert = Extract<Statement, { kind: "insert" }>;

/** The parser of one statement. Building it takes tens of milliseconds: keep one. */
export class StatementGrammar extends DefinitionGrammar {
  constructor(options: { readonly validate: boolean }) {
    super(options);
    this.performSelfAnalysis();
  }

  readonly statement: Rule<[], Statement> = this.RULE("statement", () =>
    this.OR({
      ERR_MSG: "a statement such as SELECT, INSERT INTO, CREATE TABLE, CREATE VIEW, DROP, SET or EXPLAIN",
      DEF: [
        { ALT: (): Statement => this.SUBRULE(this.create) },
        { ALT: (): Statement => this.SUBRULE(this.drop) },
        { ALT: (): Statement => this.SUBRULE(this.insert) },
        { ALT: (): Statement => this.SUBRULE(this.explain) },
        { ALT: (): Statement => this.SUBRULE(this.queryStatement) },
      ],
    }),
  );

  readonly queryStatement: Rule<[], Statement> = this.RULE("queryStatement", (): Statement => {
    const start: IToken = this.LA(1);
    const query = this.SUBRULE(this.query);
    return { kind: "query", query, span: this.span(start) };
  });

  readonly insert: Rule<[], Insert> = this.RULE("insert", (): Insert => {
    const start = this.CONSUME(K.INSERT);
    this.ACTION(() => this.#refuseOverwrite());
    this.CONSUME(K.INTO, { ERR_MSG: "INTO after INSERT" });
    this.OPTION1(() => this.CONSUME(K.TABLE));
    const into: QualifiedName = this.SUBRULE(this.qualifiedName, { ARGS: ["a table name after INSERT INTO"] });
    const hintOptions: HintOption[] = this.SUBRULE(this.hints);
    this.ACTION(() => this.#refusePartition());
    const columns: Identifier[] | undefined = this.OPTION2({
      GATE: () => !this.startsQuery(1),
      DEF: () => this.SUBRULE(this.nameList),
    });
    const query = this.SUBRULE(this.query);
    return { kind: "insert", into, hintOptions, columns: columns ?? [], query, span: this.span(start) };
  });

  #refuseOverwrite(): void {
    if (!this.isWord(1, "OVERWRITE")) return;
    this.unsupported("INSERT OVERWRITE", tokenSpan(this.LA(1)), "write INSERT INTO");
    this.require(false, "INTO");
  }

  #refusePartition(): void {
    if (!this.is(1, K.PARTITION)) return;
    const hint = "name the columns: INSERT INTO t (a, b) SELECT …";
    this.unsupported("INSERT INTO … PARTITION", tokenSpan(this.LA(1)), hint);
    this.require(false, "a query");
  }

  /** `EXPLAIN [PLAN FOR | WATERMARK | ANALYZE | ESTIMATED_COST, CHANGELOG_MODE, …] statement`. The details ask for nothing we hold back. */
  readonly explain: Rule<[], Statement> = this.RULE("explain", (): Statement => {
    const start = this.CONSUME(K.EXPLAIN);
    const mode = this.OPTION(() =>
      this.OR1([
        {
          GATE: () => this.is(1, K.PLAN),
          ALT: (): ExplainMode => {
            this.CONSUME(K.PLAN);
            this.CONSUME(K.FOR);
            return "plan";
          },
        },
        {
          GATE: () => this.is(1, K.WATERMARK),
          ALT: (): ExplainMode => {
            this.CONSUME(K.WATERMARK);
            return "watermark";
          },
        },
        {
          GATE: () => this.isWord(1, "ANALYZE"),
          ALT: (): ExplainMode => {
            this.CONSUME(T.Word);
            return "analyze";
          },
        },
        {
          ALT: (): ExplainMode => {
            this.AT_LEAST_ONE_SEP({
              SEP: T.Comma,
              ERR_MSG: "a statement",
              DEF: () => this.SUBRULE(this.explainDetail),
            });
            return "plan";
          },
        },
      ]),
    );
    const statement = this.OR2({
      ERR_MSG: "SELECT, INSERT INTO or a query after EXPLAIN",
      DEF: [
        { ALT: (): Statement => this.SUBRULE(this.insert) },
        { ALT: (): Statement => this.SUBRULE(this.queryStatement) },
      ],
    });
    return { kind: "explain", mode: mode ?? "plan", statement, span: this.span(start) };
  });

  readonly explainDetail: Rule<[], null> = this.RULE("explainDetail", () => {
    const details = ["ESTIMATED_COST", "CHANGELOG_MODE", "JSON_EXECUTION_PLAN", "PLAN_ADVICE"];
    this.require(
      this.isWord(1, ...details),
      "PLAN FOR, ANALYZE, WATERMARK, ESTIMATED_COST, CHANGELOG_MODE, SELECT or INSERT INTO",
    );
    this.CONSUME(T.Word);
    return null;
  });
}
