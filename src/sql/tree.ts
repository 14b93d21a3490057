/**
 * The syntax tree: what was written, with the span of every node, and nothing about what it means. Names are resolved,
 * types inferred and windows recognised in `plan/`. Produced by `parse` only; plain values that can be printed.
 */
import type { Span } from "../core/error.ts";

export interface Node {
  readonly span: Span;
}

/** One name; `quoted` when it stood in back ticks. Names are case-sensitive (Flink: Lex.JAVA). */
export interface Identifier extends Node {
  readonly name: string;
  readonly quoted: boolean;
}

/** `a.b.c` as written. */
export interface QualifiedName extends Node {
  readonly parts: readonly Identifier[];
}

/** A type as written: `DECIMAL(10, 2) NOT NULL`, `ROW<a INT, b STRING>`. `name` is upper-case. */
export interface TypeNode extends Node {
  readonly name: string;
  readonly parameters: readonly number[];
  /** ARRAY and MULTISET have one, MAP two. */
  readonly arguments: readonly TypeNode[];
  /** ROW's fields. */
  readonly fields: readonly { readonly name: Identifier; readonly type: TypeNode }[];
  readonly notNull: boolean;
  /** `WITH LOCAL TIME ZONE`. */
  readonly withLocalTimeZone: boolean;
}

export type IntervalUnit = "YEAR" | "QUARTER" | "MONTH" | "WEEK" | "DAY" | "HOUR" | "MINUTE" | "SECOND";

export type Expression =
  | (Node & { readonly kind: "column"; readonly name: QualifiedName })
  | (Node & { readonly kind: "star"; readonly qualifier: QualifiedName | null })
  /** Digits as written, so that 64-bit integers and decimals stay exact: `1`, `1.50`, `1e3`. */
  | (Node & { readonly kind: "number"; readonly text: string })
  | (Node & { readonly kind: "string"; readonly value: string })
  /** `X'0aff'`; value is the bytes in hex, lower-case. */
  | (Node & { readonly kind: "binary"; readonly hex: string })
  | (Node & { readonly kind: "boolean"; readonly value: boolean })
  | (Node & { readonly kind: "null" })
  /** `DATE '2024-05-01'`, `TIME '…'`, `TIMESTAMP '…'`. */
  | (Node & {
      readonly kind: "temporal";
      readonly type: "DATE" | "TIME" | "TIMESTAMP" | "TIMESTAMP_LTZ";
      readonly text: string;
    })
  /** `INTERVAL '1-2' YEAR TO MONTH`; `to` null for one unit; plural units are folded to singular. */
  | (Node & {
      readonly kind: "interval";
      readonly text: string;
      readonly negative: boolean;
      readonly from: IntervalUnit;
      readonly to: IntervalUnit | null;
    })
  | (Node & { readonly kind: "unary"; readonly operator: "-" | "+" | "NOT"; readonly operand: Expression })
  | (Node & {
      readonly kind: "binaryOperation";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
    })
  /** `IS [NOT] NULL|TRUE|FALSE|UNKNOWN`. */
  | (Node & {
      readonly kind: "is";
      readonly operand: Expression;
      readonly test: "NULL" | "TRUE" | "FALSE" | "UNKNOWN";
      readonly not: boolean;
    })
  | (Node & {
      readonly kind: "isDistinctFrom";
      readonly left: Expression;
      readonly right: Expression;
      readonly not: boolean;
    })
  | (Node & {
      readonly kind: "between";
      readonly operand: Expression;
      readonly low: Expression;
      readonly high: Expression;
      readonly not: boolean;
      readonly symmetric: boolean;
    })
  | (Node & {
      readonly kind: "in";
      readonly operand: Expression;
      readonly values: readonly Expression[];
      readonly not: boolean;
    })
  | (Node & { readonly kind: "inQuery"; readonly operand: Expression; readonly query: Query; readonly not: boolean })
  | (Node & { readonly kind: "exists"; readonly query: Query })
  | (Node & { readonly kind: "scalarQuery"; readonly query: Query })
  | (Node & {
      readonly kind: "like";
      readonly operand: Expression;
      readonly pattern: Expression;
      readonly escape: Expression | null;
      readonly not: boolean;
    })
  /** `operand` set = simple CASE. */
  | (Node & {
      readonly kind: "case";
      readonly operand: Expression | null;
      readonly whens: readonly { readonly when: Expression; readonly then: Expression }[];
      readonly otherwise: Expression | null;
    })
  | (Node & { readonly kind: "cast"; readonly operand: Expression; readonly type: TypeNode; readonly try: boolean })
  /** `EXTRACT(unit FROM operand)`; unit upper-case. */
  | (Node & { readonly kind: "extract"; readonly unit: string; readonly operand: Expression })
  /** `FLOOR(operand TO unit)` and CEIL. Plain FLOOR(x) is a call. */
  | (Node & {
      readonly kind: "roundTime";
      readonly function: "FLOOR" | "CEIL";
      readonly operand: Expression;
      readonly unit: string;
    })
  /** `TRIM([LEADING|TRAILING|BOTH] [characters] FROM operand)`. TRIM(x) is a call. */
  | (Node & {
      readonly kind: "trim";
      readonly side: "LEADING" | "TRAILING" | "BOTH";
      readonly characters: Expression | null;
      readonly operand: Expression;
    })
  /** `POSITION(needle IN operand)`, `SUBSTRING(x FROM a FOR b)`, `OVERLAY(…)` arrive as calls POSITION, SUBSTRING, OVERLAY with plain arguments. */
  | (Node & {
      readonly kind: "call";
      /** Upper-case. */
      readonly name: string;
      readonly nameSpan: Span;
      readonly arguments: readonly Expression[];
      readonly distinct: boolean;
      /** COUNT(*). */
      readonly star: boolean;
      readonly filter: Expression | null;
      readonly over: WindowSpecification | null;
      /** `name => value` arguments, upper-case names; then `arguments` is empty. */
      readonly named: readonly { readonly name: Identifier; readonly value: Expression | TableArgument }[];
    })
  | (Node & { readonly kind: "row" | "array"; readonly items: readonly Expression[] })
  | (Node & { readonly kind: "map"; readonly entries: readonly (readonly [Expression, Expression])[] })
  /** `a[1]`. */
  | (Node & { readonly kind: "item"; readonly operand: Expression; readonly index: Expression })
  /** `(expr).field`. `a.b` is a column with two parts: the binder decides. */
  | (Node & { readonly kind: "fieldAccess"; readonly operand: Expression; readonly field: Identifier })
  /** `DESCRIPTOR(a, b)`. */
  | (Node & { readonly kind: "descriptor"; readonly columns: readonly Identifier[] });

export type BinaryOperator = "+" | "-" | "*" | "/" | "%" | "||" | "=" | "<>" | "<" | "<=" | ">" | ">=" | "AND" | "OR";

export interface WindowSpecification extends Node {
  /** `OVER w`, `OVER (w …)`: a window that the SELECT defines behind WINDOW. */
  readonly base: Identifier | null;
  readonly partitionBy: readonly Expression[];
  readonly orderBy: readonly OrderItem[];
  readonly frame: WindowFrame | null;
}

export interface NamedWindow {
  readonly name: Identifier;
  readonly window: WindowSpecification;
}

export interface WindowFrame extends Node {
  readonly unit: "ROWS" | "RANGE";
  readonly start: FrameBound;
  readonly end: FrameBound;
}

export type FrameBound =
  | { readonly kind: "unboundedPreceding" | "currentRow" | "unboundedFollowing" }
  | { readonly kind: "preceding" | "following"; readonly offset: Expression };

export interface OrderItem extends Node {
  readonly expression: Expression;
  readonly descending: boolean;
  readonly nulls: "FIRST" | "LAST" | null;
}

/** `TABLE t [PARTITION BY k]`, or a parenthesised query, as an argument of a table function. */
export interface TableArgument extends Node {
  readonly kind: "tableArgument";
  readonly table: QualifiedName | Query;
  readonly partitionBy: readonly Expression[];
}

export interface HintOption extends Node {
  readonly key: string;
  readonly value: string;
}

export type TableReference =
  | (Node & {
      readonly kind: "table";
      readonly name: QualifiedName;
      readonly options: readonly HintOption[];
      readonly asOf: Expression | null;
      readonly alias: TableAlias | null;
    })
  | (Node & { readonly kind: "subquery"; readonly query: Query; readonly alias: TableAlias | null })
  /** `TABLE(TUMBLE(…))` and `TUMBLE(…)` alike. Positional arguments in order, or named ones. */
  | (Node & {
      readonly kind: "tableFunction";
      readonly name: string;
      readonly nameSpan: Span;
      readonly arguments: readonly (Expression | TableArgument)[];
      readonly named: readonly { readonly name: Identifier; readonly value: Expression | TableArgument }[];
      readonly alias: TableAlias | null;
    })
  | (Node & {
      readonly kind: "join";
      readonly type: "INNER" | "LEFT" | "RIGHT" | "FULL" | "CROSS";
      readonly left: TableReference;
      readonly right: TableReference;
      readonly on: Expression | null;
      readonly using: readonly Identifier[];
    });

export interface TableAlias extends Node {
  readonly name: Identifier;
  readonly columns: readonly Identifier[];
}

export interface SelectItem extends Node {
  readonly expression: Expression;
  readonly alias: Identifier | null;
}

/** What EXPLAIN asks: the plan, where watermarks come from, or what running it takes. */
export type ExplainMode = "plan" | "watermark" | "analyze";

export type Query =
  | (Node & {
      readonly kind: "select";
      readonly distinct: boolean;
      readonly items: readonly SelectItem[];
      /** Null for `SELECT 1`. */
      readonly from: TableReference | null;
      readonly where: Expression | null;
      readonly groupBy: readonly Expression[];
      readonly having: Expression | null;
      /** `WINDOW w AS (…)`. */
      readonly windows: readonly NamedWindow[];
      readonly orderBy: readonly OrderItem[];
      readonly limit: Expression | null;
    })
  | (Node & { readonly kind: "union"; readonly all: boolean; readonly left: Query; readonly right: Query })
  | (Node & { readonly kind: "values"; readonly rows: readonly (readonly Expression[])[] })
  | (Node & {
      readonly kind: "with";
      readonly tables: readonly {
        readonly name: Identifier;
        readonly columns: readonly Identifier[];
        readonly query: Query;
      }[];
      readonly body: Query;
    });

export interface ColumnDefinition extends Node {
  readonly name: Identifier;
  readonly source:
    | { readonly kind: "physical"; readonly type: TypeNode; readonly primaryKey: boolean }
    /** `c AS expression`. */
    | { readonly kind: "computed"; readonly expression: Expression }
    /** `c TYPE METADATA [FROM 'key'] [VIRTUAL]`. */
    | { readonly kind: "metadata"; readonly type: TypeNode; readonly key: string | null; readonly virtual: boolean };
  readonly comment: string | null;
}

export interface Option extends Node {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: string;
  readonly valueSpan: Span;
}

export type Statement =
  | (Node & {
      readonly kind: "createTable";
      readonly name: QualifiedName;
      readonly temporary: boolean;
      readonly ifNotExists: boolean;
      readonly columns: readonly ColumnDefinition[];
      readonly watermark: (Node & { readonly column: Identifier; readonly expression: Expression }) | null;
      readonly primaryKey: readonly Identifier[];
      readonly partitionedBy: readonly Identifier[];
      readonly options: readonly Option[];
      /** `LIKE other`. */
      readonly like: QualifiedName | null;
      /** Upper-case words behind LIKE, in order: `EXCLUDING OPTIONS`. */
      readonly likeOptions: readonly string[];
      readonly comment: string | null;
    })
  | (Node & {
      readonly kind: "createView";
      readonly name: QualifiedName;
      readonly columns: readonly Identifier[];
      readonly query: Query;
      readonly temporary: boolean;
      readonly ifNotExists: boolean;
      readonly materialized: boolean;
      readonly options: readonly Option[];
    })
  | (Node & {
      readonly kind: "drop";
      readonly object: "TABLE" | "VIEW" | "MATERIALIZED VIEW";
      readonly name: QualifiedName;
      readonly ifExists: boolean;
    })
  | (Node & {
      readonly kind: "insert";
      readonly into: QualifiedName;
      readonly hintOptions: readonly HintOption[];
      readonly columns: readonly Identifier[];
      readonly query: Query;
    })
  | (Node & { readonly kind: "statementSet"; readonly inserts: readonly Extract<Statement, { kind: "insert" }>[] })
  | (Node & { readonly kind: "query"; readonly query: Query })
  | (Node & { readonly kind: "explain"; readonly mode: ExplainMode; readonly statement: Statement })
  /** `SET;` has key null. `keySpan`/`valueSpan` are the span of the statement when absent. */
  | (Node & {
      readonly kind: "set";
      readonly key: string | null;
      readonly value: string | null;
      readonly keySpan: Span;
      readonly valueSpan: Span;
    })
  | (Node & { readonly kind: "reset"; readonly key: string | null });

/** One error of a text. `expected` names what could have stood there. */
export interface SqlError {
  readonly code: string;
  readonly message: string;
  readonly span: Span;
  readonly hint: string | null;
}

export interface Parsed {
  /** Statements that parsed, in order. */
  readonly statements: readonly Statement[];
  /** Every error of the text, in order; empty when all of it parsed. */
  readonly errors: readonly SqlError[];
}
