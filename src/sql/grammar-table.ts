/** FROM: joins, subqueries and table functions. */
import type { IToken } from "chevrotain";
import type { Rule } from "./grammar-base.ts";
import { afterTable, alsoAfterTable, SourceGrammar } from "./grammar-source.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import type { TableReference } from "./tree.ts";

type Join = Extract<TableReference, { kind: "join" }>;

export abstract class TableGrammar extends SourceGrammar {
  /** Tables separated by commas, each with its joins; a comma is a cross join. */
  readonly fromClause: Rule<[], TableReference> = this.RULE("fromClause", () => {
    this.CONSUME(K.FROM);
    const start: IToken = this.LA(1);
    let left = this.SUBRULE1(this.joined);
    this.MANY(() => {
      this.CONSUME(T.Comma);
      const right = this.SUBRULE2(this.joined);
      left = { kind: "join", type: "CROSS", left, right, on: null, using: [], span: this.span(start) };
    });
    return left;
  });

  readonly joined: Rule<[], TableReference> = this.RULE("joined", () => {
    const start: IToken = this.LA(1);
    let left = this.SUBRULE(this.tablePrimary);
    this.MANY(() => {
      left = this.SUBRULE(this.join, { ARGS: [left, start] });
    });
    this.mayFollow(`',', ${afterTable}`, alsoAfterTable);
    return left;
  });

  readonly join: Rule<[left?: TableReference, start?: IToken], Join> = this.RULE(
    "join",
    (leftSide?: TableReference, start: IToken = this.LA(1)): Join => {
      const left = leftSide as TableReference;
      const type = this.SUBRULE(this.joinType);
      this.CONSUME(K.JOIN);
      const right = this.SUBRULE(this.tablePrimary);
      const isCross = type === "CROSS";
      const on = this.OPTION1({
        GATE: () => !isCross,
        DEF: () => {
          this.CONSUME(K.ON);
          return this.SUBRULE(this.expression);
        },
      });
      const using = this.OPTION2({
        GATE: () => !isCross && on === undefined,
        DEF: () => {
          this.CONSUME(K.USING);
          return this.SUBRULE(this.nameList);
        },
      });
      this.require(isCross || on !== undefined || using !== undefined, "ON or USING after the joined table");
      return { kind: "join", type, left, right, on: on ?? null, using: using ?? [], span: this.span(start) };
    },
  );

  readonly joinType: Rule<[], Join["type"]> = this.RULE("joinType", (): Join["type"] => {
    const word = this.OPTION1(() =>
      this.OR([
        { ALT: () => this.CONSUME(K.INNER) },
        { ALT: () => this.CONSUME(K.CROSS) },
        { ALT: () => this.CONSUME(K.LEFT) },
        { ALT: () => this.CONSUME(K.RIGHT) },
        { ALT: () => this.CONSUME(K.FULL) },
      ]),
    );
    const type = (word?.image?.toUpperCase() ?? "INNER") as Join["type"];
    this.OPTION2({ GATE: () => type !== "INNER" && type !== "CROSS", DEF: () => this.CONSUME(K.OUTER) });
    return type;
  });

  readonly tablePrimary: Rule<[], TableReference> = this.RULE("tablePrimary", () =>
    this.OR({
      ERR_MSG: "a table, a table function or a query in parentheses",
      DEF: [
        { GATE: () => this.startsQuery(1), ALT: () => this.SUBRULE(this.subquery) },
        { ALT: () => this.SUBRULE(this.parenthesisedJoin) },
        { ALT: () => this.SUBRULE(this.wrappedFunction) },
        { GATE: () => this.is(2, T.LeftParen), ALT: () => this.SUBRULE(this.bareFunction) },
        { ALT: () => this.SUBRULE(this.namedTable) },
      ],
    }),
  );

  readonly subquery: Rule<[], TableReference> = this.RULE("subquery", (): TableReference => {
    const first = this.CONSUME(T.LeftParen);
    const query = this.SUBRULE(this.query);
    this.CONSUME(T.RightParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: "subquery", query, alias, span: this.span(first) };
  });

  readonly parenthesisedJoin: Rule<[], TableReference> = this.RULE("parenthesisedJoin", () =>
    this.nested(() => {
      this.CONSUME(T.LeftParen);
      const table = this.SUBRULE(this.joined);
      this.CONSUME(T.RightParen);
      return table;
    }),
  );

  /** `TABLE(TUMBLE(…))`. */
  readonly wrappedFunction: Rule<[], TableReference> = this.RULE("wrappedFunction", (): TableReference => {
    const first = this.CONSUME(K.TABLE);
    this.CONSUME(T.LeftParen, { ERR_MSG: "'(' and a table function after TABLE" });
    const called = this.SUBRULE(this.tableFunction);
    this.CONSUME(T.RightParen);
    const alias = this.SUBRULE(this.tableAlias);
    return { ...called, alias, span: this.span(first) };
  });

  readonly bareFunction: Rule<[], TableReference> = this.RULE("bareFunction", (): TableReference => {
    const start: IToken = this.LA(1);
    const called = this.SUBRULE(this.tableFunction);
    const alias = this.SUBRULE(this.tableAlias);
    return { ...called, alias, span: this.span(start) };
  });
}
