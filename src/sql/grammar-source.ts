/** What FROM can name: tables with hints and aliases, table functions and their arguments. */
import { isSqlToken, type Rule, tokenSpan, toName } from "./grammar-base.ts";
import type { Arguments } from "./grammar-call.ts";
import { ExpressionGrammar } from "./grammar-expression.ts";
import * as T from "./keywords.ts";
import { K } from "./keywords.ts";
import { stringValue } from "./lexer.ts";
import type {
  Expression,
  HintOption,
  Identifier,
  QualifiedName,
  Query,
  TableAlias,
  TableArgument,
  TableReference,
} from "./tree.ts";

type FunctionArguments = Arguments<Expression | TableArgument>;
type TableFunction = Extract<TableReference, { kind: "tableFunction" }>;

/** What may go on behind a table. */
export const afterTable = "a join, WHERE, GROUP BY, HAVING, ORDER BY, LIMIT";
export const alsoAfterTable = "JOIN LEFT RIGHT FULL INNER CROSS ON USING UNION";
const queryStarts = [K.SELECT, K.WITH, K.VALUES];
const afterQuery = [T.RightParen, K.UNION, K.INTERSECT, K.EXCEPT, K.MINUS, K.ORDER, K.LIMIT, K.FETCH, K.OFFSET];

export abstract class SourceGrammar extends ExpressionGrammar {
  readonly #queries = new Map<number, boolean>();

  override begin(tokens: Parameters<ExpressionGrammar["begin"]>[0]): void {
    super.begin(tokens);
    this.#queries.clear();
  }

  /**
   * `((SELECT 1) UNION …)` is a query, `((SELECT 1) + 2)` is none: around an inner parenthesis there is a query if that
   * holds one and what follows it goes on with a query.
   */
  protected startsQuery(distance: number): boolean {
    const open = this.LA(distance);
    if (!isSqlToken(open) || open.tokenType !== T.LeftParen) return false;
    if (this.is(distance + 1, ...queryStarts)) return true;
    const inner = this.LA(distance + 1);
    if (!isSqlToken(inner) || inner.tokenType !== T.LeftParen || inner.closedBy === -1) return false;
    const known = this.#queries.get(open.index);
    if (known !== undefined) return known;
    const behind = distance + 2 + inner.closedBy - inner.index;
    const result = this.startsQuery(distance + 1) && this.is(behind, ...afterQuery);
    this.#queries.set(open.index, result);
    return result;
  }

  readonly namedTable: Rule<[], TableReference> = this.RULE("namedTable", (): TableReference => {
    const name = this.SUBRULE(this.qualifiedName);
    const options = this.SUBRULE(this.hints);
    const asOf = this.OPTION(() => this.SUBRULE(this.asOf));
    const alias = this.SUBRULE(this.tableAlias);
    return { kind: "table", name, options, asOf: asOf ?? null, alias, span: this.span(name) };
  });

  /** `FOR SYSTEM_TIME AS OF o.proc_time`. */
  readonly asOf: Rule<[], Expression> = this.RULE("asOf", () => {
    this.CONSUME(K.FOR);
    this.CONSUME(K.SYSTEM_TIME);
    this.CONSUME(K.AS);
    this.CONSUME(K.OF);
    return this.SUBRULE(this.expression);
  });

  /** `[AS] name [(columns)]`. */
  readonly tableAlias: Rule<[], TableAlias | null> = this.RULE("tableAlias", () => {
    const start = this.LA(1);
    const name = this.OPTION1(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(K.AS);
            return this.SUBRULE(this.identifier, { ARGS: ["an alias after AS"] });
          },
        },
        { ALT: () => this.SUBRULE(this.bareAlias, { ARGS: [afterTable, alsoAfterTable] }) },
      ]),
    );
    const columns = this.OPTION2({ GATE: () => name !== undefined, DEF: () => this.SUBRULE(this.nameList) });
    return name === undefined ? null : { name, columns: columns ?? [], span: this.span(start) };
  });

  /** An alias without AS. `instead` is what a misspelt word may have meant. */
  readonly bareAlias: Rule<[instead?: string, also?: string], Identifier> = this.RULE(
    "bareAlias",
    (instead = "", also = ""): Identifier => {
      const token = this.CONSUME(T.Alias);
      if (token.tokenType !== T.QuotedIdentifier) this.wasLoose(instead, also);
      return toName(token);
    },
  );

  /** `/*+ OPTIONS('key' = 'value', …) *\/` behind a table's name. */
  readonly hints: Rule<[], HintOption[]> = this.RULE("hints", () => {
    const options: HintOption[] = [];
    this.MANY(() => {
      this.CONSUME(T.HintStart);
      this.require(this.isWord(1, "OPTIONS"), "OPTIONS in a hint behind a table");
      this.CONSUME(T.Word);
      this.CONSUME(T.LeftParen);
      this.AT_LEAST_ONE_SEP({
        SEP: T.Comma,
        ERR_MSG: "an option: 'key' = 'value'",
        DEF: () => options.push(this.SUBRULE(this.hintOption)),
      });
      this.CONSUME(T.RightParen);
      this.CONSUME(T.HintEnd);
    });
    return options;
  });

  readonly hintOption: Rule<[], HintOption> = this.RULE("hintOption", () => {
    const first = this.CONSUME1(T.StringLiteral);
    this.CONSUME(T.Equal);
    const value = stringValue(this.CONSUME2(T.StringLiteral));
    return { key: stringValue(first), value, span: this.span(first) };
  });

  readonly tableFunction: Rule<[], TableFunction> = this.RULE("tableFunction", (): TableFunction => {
    const first = this.CONSUME(T.Word, { ERR_MSG: "a table function such as TUMBLE" });
    this.CONSUME(T.LeftParen);
    const into: FunctionArguments = { positional: [], named: [] };
    this.OPTION(() => {
      this.SUBRULE1(this.tableFunctionArgument, { ARGS: [into] });
      this.MANY(() => {
        this.CONSUME(T.Comma);
        this.SUBRULE2(this.tableFunctionArgument, { ARGS: [into] });
      });
    });
    this.mayFollow("','");
    this.CONSUME(T.RightParen);
    const { positional, named } = into;
    const nameSpan = tokenSpan(first);
    const name = first.image.toUpperCase();
    return {
      kind: "tableFunction",
      name,
      nameSpan,
      arguments: positional,
      named,
      alias: null,
      span: this.span(first),
    };
  });

  readonly tableFunctionArgument: Rule<[into?: FunctionArguments], Expression | TableArgument> = this.RULE(
    "tableFunctionArgument",
    (into: FunctionArguments = { positional: [], named: [] }) => {
      this.checkMix(into);
      const name = this.OPTION({ GATE: () => this.is(2, T.Arrow), DEF: () => this.SUBRULE(this.argumentName) });

      const value = this.OR([
        {
          GATE: () => this.is(1, K.TABLE) || this.startsQuery(1),
          ALT: (): Expression | TableArgument => this.SUBRULE(this.tableArgument),
        },
        { ALT: () => this.SUBRULE(this.expression) },
      ]);
      if (name === undefined) into.positional.push(value);
      else into.named.push({ name, value });
      return value;
    },
  );

  /** `TABLE t [PARTITION BY a, b]`, `TABLE (query)` or `(query)`. */
  readonly tableArgument: Rule<[], TableArgument> = this.RULE("tableArgument", (): TableArgument => {
    const start = this.LA(1);
    const word = this.OPTION1(() => this.CONSUME(K.TABLE));
    const table = this.OR({
      ERR_MSG: "a table after TABLE",
      DEF: [
        {
          ALT: (): QualifiedName | Query => {
            this.CONSUME1(T.LeftParen);
            const query = this.SUBRULE(this.query);
            this.CONSUME1(T.RightParen);
            return query;
          },
        },
        { ALT: () => this.SUBRULE(this.qualifiedName, { ARGS: ["a table after TABLE"] }) },
      ],
    });
    this.require(word !== undefined || start.tokenType === T.LeftParen, "TABLE");
    const partitionBy = this.OPTION2(() => this.SUBRULE(this.partitioning));
    return { kind: "tableArgument", table, partitionBy: partitionBy ?? [], span: this.span(start) };
  });

  /** The list ends where the next argument of the function begins: DESCRIPTOR, or a name with `=>`. */
  readonly partitioning: Rule<[], Expression[]> = this.RULE("partitioning", () => {
    this.CONSUME(K.PARTITION);
    this.CONSUME(K.BY);
    const first = this.SUBRULE1(this.expression);
    const columns: Expression[] = first.kind === "row" ? [...first.items] : [first];
    this.MANY({
      GATE: () => !(this.is(2, K.DESCRIPTOR) && this.is(3, T.LeftParen)) && !this.is(3, T.Arrow),
      DEF: () => {
        this.CONSUME(T.Comma);
        columns.push(this.SUBRULE2(this.expression));
      },
    });
    return columns;
  });
}
