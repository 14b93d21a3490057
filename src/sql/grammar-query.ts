/** Queries: SELECT, VALUES, UNION, WITH, and the ORDER BY and LIMIT behind them. */
import { EOF, type IToken, type TokenType } from "chevrotain";
import { type Rule, tokenSpan } from "./grammar-base.ts";
import { TableGrammar } from "./grammar-table.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import type { Expression, NamedWindow, OrderItem, QualifiedName, Query, SelectItem } from "./tree.ts";

type Select = Extract<Query, { kind: "select" }>;
type With = Extract<Query, { kind: "with" }>;

interface Tail {
  readonly orderBy: readonly OrderItem[];
  readonly limit: Expression | null;
}

/** What may stand behind an item; DROP and the like are there for a `;` that was forgotten. */
const afterItem: readonly TokenType[] = [
  ...[T.Comma, T.RightParen, EOF, K.FROM, K.WHERE, K.GROUP, K.HAVING, K.ORDER, K.LIMIT, K.FETCH, K.UNION, K.INTERSECT],
  ...[K.EXCEPT, K.MINUS, K.OFFSET, K.WINDOW, K.QUALIFY, K.END, K.CREATE, K.DROP, K.INSERT],
];
const anItem = "a column, an expression or '*'";
const notHere: Readonly<Record<string, string>> = { ROLLUP: "ROLLUP", CUBE: "CUBE", GROUPING: "GROUPING SETS" };

export abstract class QueryGrammar extends TableGrammar {
  readonly query: Rule<[], Query> = this.RULE("query", () =>
    this.nested((): Query => {
      const start: IToken = this.LA(1);
      const tables = this.OPTION(() => this.SUBRULE(this.withTables));
      const body = this.SUBRULE(this.orderedQuery);
      return tables === undefined ? body : { kind: "with", tables, body, span: this.span(start) };
    }),
  );

  readonly withTables: Rule<[], With["tables"]> = this.RULE("withTables", () => {
    const tables: With["tables"][number][] = [];
    this.CONSUME(K.WITH);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      ERR_MSG: "a name after WITH",
      DEF: () => {
        const name = this.SUBRULE(this.identifier);
        const columns = this.OPTION(() => this.SUBRULE(this.nameList));
        this.CONSUME(K.AS, { ERR_MSG: "AS and a query in parentheses" });
        this.CONSUME(T.LeftParen);
        const query = this.SUBRULE(this.query);
        this.CONSUME(T.RightParen);
        tables.push({ name, columns: columns ?? [], query });
      },
    });
    this.mayFollow("',', SELECT");
    return tables;
  });

  /** UNIONs, then ORDER BY and LIMIT, which belong to all of it. */
  readonly orderedQuery: Rule<[], Query> = this.RULE("orderedQuery", () => {
    const start: IToken = this.LA(1);
    let left = this.SUBRULE1(this.queryTerm);
    this.MANY(() => {
      this.CONSUME(K.UNION);
      const quantifier = this.OPTION(() =>
        this.OR([{ ALT: () => this.CONSUME(K.ALL) }, { ALT: () => this.CONSUME(K.DISTINCT) }]),
      );
      const right = this.SUBRULE2(this.queryTerm);
      left = { kind: "union", all: quantifier?.tokenType === K.ALL, left, right, span: this.span(start) };
    });
    const tail = this.SUBRULE(this.tail);
    return this.ACTION(() => this.#withTail(left, tail, start));
  });

  /** A tail behind anything but a plain SELECT orders a query around it: `SELECT * FROM (…) ORDER BY … LIMIT …`. */
  #withTail(query: Query, tail: Tail, start: IToken): Query {
    if (tail.orderBy.length === 0 && tail.limit === null) return query;
    const span = this.span(start);
    if (query.kind === "select" && start.tokenType === K.SELECT) return { ...query, ...tail, span };
    const star: SelectItem = {
      expression: { kind: "star", qualifier: null, span: query.span },
      alias: null,
      span: query.span,
    };
    return {
      kind: "select",
      distinct: false,
      items: [star],
      from: { kind: "subquery", query, alias: null, span: query.span },
      where: null,
      groupBy: [],
      having: null,
      windows: [],
      ...tail,
      span,
    };
  }

  readonly tail: Rule<[], Tail> = this.RULE("tail", (): Tail => {
    const orderBy = this.OPTION1(() => {
      const items = this.SUBRULE(this.orderItems);
      this.mayFollow("',', ASC, DESC, LIMIT");
      return items;
    });
    const limit = this.OPTION2(() =>
      this.OR1([{ ALT: () => this.SUBRULE(this.limit) }, { ALT: () => this.SUBRULE(this.fetch) }]),
    );
    return { orderBy: orderBy ?? [], limit: limit ?? null };
  });

  /** `LIMIT ALL` is none. */
  readonly limit: Rule<[], Expression | null> = this.RULE("limit", () => {
    this.CONSUME(K.LIMIT);
    return this.OR({
      ERR_MSG: "a number of rows after LIMIT",
      DEF: [
        {
          ALT: (): Expression | null => {
            this.CONSUME(K.ALL);
            return null;
          },
        },
        { ALT: (): Expression | null => this.SUBRULE(this.expression) },
      ],
    });
  });

  /** `FETCH FIRST n ROWS ONLY`: the standard's LIMIT. */
  readonly fetch: Rule<[], Expression> = this.RULE("fetch", () => {
    this.CONSUME(K.FETCH);
    this.OR1({ ERR_MSG: "FIRST", DEF: [{ ALT: () => this.CONSUME(K.FIRST) }, { ALT: () => this.CONSUME(K.NEXT) }] });
    const count = this.SUBRULE(this.literal);
    this.OR2({ ERR_MSG: "ROWS ONLY", DEF: [{ ALT: () => this.CONSUME(K.ROW) }, { ALT: () => this.CONSUME(K.ROWS) }] });
    this.CONSUME(K.ONLY);
    return count;
  });

  readonly queryTerm: Rule<[], Query> = this.RULE("queryTerm", () =>
    this.OR({
      ERR_MSG: "a query: SELECT, WITH or VALUES",
      DEF: [
        { ALT: () => this.SUBRULE(this.select) },
        { ALT: () => this.SUBRULE(this.values) },
        {
          ALT: () => {
            this.CONSUME(T.LeftParen);
            const query = this.SUBRULE(this.query);
            this.CONSUME(T.RightParen);
            return query;
          },
        },
      ],
    }),
  );

  readonly values: Rule<[], Query> = this.RULE("values", (): Query => {
    const first = this.CONSUME(K.VALUES);
    const items = this.SUBRULE(this.plainArguments);
    const rows = this.ACTION(() => items.map((item) => (item.kind === "row" ? item.items : [item])));
    return { kind: "values", rows, span: this.span(first) };
  });

  readonly select: Rule<[], Query> = this.RULE("select", (): Select => {
    const first = this.CONSUME(K.SELECT);
    const quantifier = this.OPTION1(() =>
      this.OR([{ ALT: () => this.CONSUME(K.DISTINCT) }, { ALT: () => this.CONSUME(K.ALL) }]),
    );
    const items = this.SUBRULE(this.selectItems);
    const from = this.OPTION2(() => this.SUBRULE(this.fromClause));
    const where = this.OPTION3(() => this.SUBRULE(this.where));
    const groupBy = this.OPTION4(() => this.SUBRULE(this.groupBy));
    const having = this.OPTION5(() => this.SUBRULE(this.having));
    const windows = this.OPTION6(() => this.SUBRULE(this.windows));
    return {
      kind: "select",
      distinct: quantifier?.tokenType === K.DISTINCT,
      items,
      from: from ?? null,
      where: where ?? null,
      groupBy: groupBy ?? [],
      having: having ?? null,
      windows: windows ?? [],
      orderBy: [],
      limit: null,
      span: this.span(first),
    };
  });

  readonly where: Rule<[], Expression> = this.RULE("where", () => {
    this.CONSUME(K.WHERE);
    const condition = this.SUBRULE(this.expression);
    this.mayFollow("an operator, GROUP BY, HAVING, ORDER BY, LIMIT", "AND OR UNION IS IN LIKE BETWEEN NOT");
    return condition;
  });

  readonly having: Rule<[], Expression> = this.RULE("having", () => {
    this.CONSUME(K.HAVING);
    const condition = this.SUBRULE(this.expression);
    this.mayFollow("an operator, ORDER BY, LIMIT", "AND OR UNION IS IN LIKE BETWEEN NOT");
    return condition;
  });

  /** `WINDOW w AS (…), v AS (…)`. */
  readonly windows: Rule<[], NamedWindow[]> = this.RULE("windows", () => {
    const windows: NamedWindow[] = [];
    this.CONSUME(K.WINDOW);
    this.AT_LEAST_ONE_SEP({
      SEP: T.Comma,
      DEF: () => {
        const name = this.SUBRULE(this.identifier, { ARGS: ["a window's name after WINDOW"] });
        this.CONSUME(K.AS);
        windows.push({ name, window: this.SUBRULE(this.windowBody) });
      },
    });
    return windows;
  });

  /** Each item is checked even after one that is wrong. */
  readonly selectItems: Rule<[], SelectItem[]> = this.RULE("selectItems", () => {
    const items: SelectItem[] = [];
    const add = (item: SelectItem | null): void => {
      if (item !== null) items.push(item);
    };
    add(this.recover(() => this.SUBRULE1(this.selectItem), [K.FROM]));
    this.MANY(() => {
      this.CONSUME(T.Comma);
      add(this.recover(() => this.SUBRULE2(this.selectItem), [K.FROM]));
    });
    return items;
  });

  readonly selectItem: Rule<[], SelectItem> = this.RULE("selectItem", (): SelectItem => {
    const start: IToken = this.LA(1);
    const expression = this.OR({
      ERR_MSG: anItem,
      DEF: [
        { GATE: () => this.startsStar(), ALT: () => this.SUBRULE(this.star) },
        { ALT: () => this.SUBRULE(this.expression) },
      ],
    });
    const alias = this.OPTION({
      GATE: () => this.is(1, K.AS) || expression.kind !== "star",
      DEF: () => this.SUBRULE(this.selectAlias),
    });
    this.mayFollow(alias === undefined ? "',', an operator, AS, FROM" : "',', FROM");
    this.require(afterItem.includes(this.LA(1).tokenType), "';'");
    return { expression, alias: alias ?? null, span: this.span(start) };
  });

  readonly selectAlias: Rule<[], SelectItem["alias"]> = this.RULE("selectAlias", () =>
    this.OR([
      {
        ALT: () => {
          this.CONSUME(K.AS);
          return this.SUBRULE(this.identifier, { ARGS: ["an alias after AS"] });
        },
      },
      { ALT: () => this.SUBRULE(this.bareAlias, { ARGS: ["',', FROM"] }) },
    ]),
  );

  /** `*` or `a.b.*`. */
  protected startsStar(): boolean {
    let at = 1;
    while (this.isName(at) && this.is(at + 1, T.Dot)) at += 2;
    return this.is(at, T.Star);
  }

  readonly star: Rule<[], Expression> = this.RULE("star", (): Expression => {
    const start: IToken = this.LA(1);
    const parts: QualifiedName["parts"][number][] = [];
    this.MANY(() => {
      parts.push(this.SUBRULE(this.identifier));
      this.CONSUME(T.Dot);
    });
    const before = this.LA(-1);
    const qualifier =
      parts.length === 0 ? null : { parts, span: { start: start.startOffset, end: (before.endOffset ?? -1) + 1 } };
    this.CONSUME(T.Star);
    return { kind: "star", qualifier, span: this.span(start) };
  });

  readonly groupBy: Rule<[], Expression[]> = this.RULE("groupBy", () => {
    this.CONSUME(K.GROUP);
    this.CONSUME(K.BY);
    const items = [this.SUBRULE1(this.groupItem)];
    this.MANY(() => {
      this.CONSUME(T.Comma);
      items.push(this.SUBRULE2(this.groupItem));
    });
    this.mayFollow("',', HAVING, ORDER BY, LIMIT", "UNION");
    return items;
  });

  readonly groupItem: Rule<[], Expression> = this.RULE("groupItem", () => {
    this.ACTION(() => {
      const word = this.LA(1);
      const form = Object.hasOwn(notHere, word.image.toUpperCase()) ? notHere[word.image.toUpperCase()] : undefined;
      if (form !== undefined && (this.is(2, T.LeftParen) || this.isWord(2, "SETS"))) {
        this.unsupported(`GROUP BY ${form}`, tokenSpan(word), "write one query for each grouping and UNION ALL them");
        this.require(false, "columns or expressions");
      }
    });
    return this.SUBRULE(this.expression);
  });
}
