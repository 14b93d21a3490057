/**
 * A query in its normal form. Whatever views, subqueries and WITH a text nests, every query of this release is one chain:
 *
 *     rows → filters → window? → filters on the window's columns → aggregate? → having → output columns
 *
 * The rows are a table's, or the results of another relation (`Results`) with what OVER adds to them. Expressions below the
 * aggregate count columns by their index in the rows, and the window's columns by the negative numbers here; above it they
 * count the aggregate's outputs (window_start, window_end, window_time, keys…, aggregates…). Composing a query over another
 * is therefore substitution, where no aggregate stands in the way, and pruning is seeing which columns are left.
 */
import type { Span } from "../core/error.ts";
import type { DataType } from "../core/type.ts";
import type { CatalogTable } from "./catalog.ts";
import { columnOf, rewrite } from "./expression.ts";
import type {
  AggregateCall,
  BoundExpression,
  Emission,
  JoinType,
  NamedExpression,
  SortItem,
  TableColumn,
  Window,
} from "./plan.ts";
import { TIMESTAMP_3 } from "./type-rules.ts";

export const WINDOW_START = -1;
export const WINDOW_END = -2;
export const WINDOW_TIME = -3;
/** Outputs of an aggregate before its keys. */
export const WINDOW_OUTPUTS = 3;

export interface RelationColumn {
  readonly name: string;
  /** Null: poisoned, a reference to it is no second error. */
  readonly expression: BoundExpression | null;
  /** Carries the event time that windows are cut on. */
  readonly rowtime: boolean;
  /** Where SELECT names it; null for a column of a table. */
  readonly span: Span | null;
  /** Of joined rows: what the table it comes from is called. */
  readonly qualifier?: string | null;
}

export interface Aggregation {
  /**
   * The groups are those of the relation's window; else they stay open for ever, and the results are changes. Columns of
   * the window may then be read below like any others, and are no outputs of the aggregate.
   */
  readonly windowed: boolean;
  readonly keys: readonly NamedExpression[];
  readonly aggregates: readonly AggregateCall[];
  /** Null: a window's rows leave once. */
  readonly emission: Emission | null;
  /** Late rows correct its windows: what reads the results would have to take rows back. */
  readonly corrected?: boolean;
}

/** OVER: the frame is the `preceding` rows before the current one, all of them when null, and that one; without the last `until`. */
export interface Over {
  readonly partitionBy: readonly BoundExpression[];
  readonly preceding: number | null;
  readonly until: number;
  /** Over the rows: the frame is by this time, `preceding` in ms, with all rows of the row's own. */
  readonly range: BoundExpression | null;
  readonly calls: readonly AggregateCall[];
}

/** A rank: rows of one window and these partitions, numbered in this order. */
export interface Top {
  /** Of no window: rows, and so numbers, come and go. */
  readonly updating?: { readonly ofChanges: boolean };
  readonly function: "ROW_NUMBER" | "RANK" | "DENSE_RANK";
  /** The rows' windows; null where the rows are results and those are the relation's. */
  readonly window: Window | null;
  readonly partitionBy: readonly BoundExpression[];
  readonly orderBy: readonly SortItem[];
  /** How many are kept; null until a condition says it. */
  readonly most: number | null;
  /** Of the rank, for errors. */
  readonly span: Span;
}

/** LEAD: what the row `rows` behind in its partition has. */
export interface Lead {
  readonly partitionBy: readonly BoundExpression[];
  readonly rows: number;
  readonly ahead: readonly NamedExpression[];
}

/** Rows of a stream in order of time, before OVER reads them. */
export interface Sorted {
  /** Index among the rows' columns. */
  readonly timeColumn: number;
  readonly partitionBy: readonly BoundExpression[];
  /** What reads them needs all rows of a time together. */
  readonly peers: boolean;
}

/** What stands in a table's place when rows are results. Their columns are `columns`, then what OVER adds, one a call. */
export interface Results {
  readonly relation: Relation;
  /** Over what the relation's columns are over. */
  readonly columns: readonly NamedExpression[];
  /** Which of them hold window_start, window_end and window_time. */
  readonly windowColumns: readonly number[];
  readonly over: Over | null;
  /** With it the window's columns, where it has the window, and the row's number. Never together with `over`. */
  readonly top: Top | null;
  readonly sorted?: Sorted;
  /** With it a column an expression, and one that says whether the row behind is there. */
  readonly lead?: Lead;
}

export interface JoinSide {
  readonly relation: Relation;
  /** Over the relation's top; null = poisoned. */
  readonly columns: readonly { readonly name: string; readonly expression: BoundExpression | null }[];
}

/** Rows of two relations: the columns of the left one, then those of the right one. */
export interface Join {
  readonly type: JoinType;
  readonly left: JoinSide;
  readonly right: JoinSide;
  /** What is equal: an expression over the columns of each side. */
  readonly keys: readonly (readonly [BoundExpression, BoundExpression])[];
  /** Both sides are results of windows of this shape, which are equal too. */
  readonly window: Window | null;
  /** The times of the two rows are close. */
  readonly interval: JoinInterval | null;
  readonly span: Span;
}

/** UNION ALL: expressions count the columns of the branches, which are as many and of the same types. */
export interface Union {
  readonly branches: readonly Relation[];
  readonly span: Span;
}

/** Whether the rows are those of the left side alone. */
export function leavesAlone(type: JoinType): boolean {
  return type === "semi" || type === "anti" || type === "not-in";
}

/** What expressions over joined rows count. */
function joinedColumns({ type, left, right }: Join): JoinSide["columns"] {
  return leavesAlone(type) ? left.columns : [...left.columns, ...right.columns];
}

/** What expressions over joined or united rows count; undefined where rows are neither. */
export function givenColumns({ join, union }: Relation): JoinSide["columns"] | undefined {
  return union?.branches[0]?.columns ?? (join && joinedColumns(join));
}

/** `right` less `left`, both event times and columns of their sides, lies between these, both included. */
export interface JoinInterval {
  readonly left: number;
  readonly right: number;
  readonly leastMs: number;
  readonly mostMs: number;
}

export interface Relation {
  /** Where the rows come from in the end. */
  readonly table: CatalogTable;
  /** Null: they are the table's own. */
  readonly results: Results | null;
  /** They are the rows of the table that its windows refuse as late. */
  readonly late?: true;
  /** They are joined rows; `results` is null then. */
  readonly join?: Join;
  /** They are rows of several queries; `results` is null then. */
  readonly union?: Union;
  readonly filters: readonly BoundExpression[];
  /** `timeColumn` is the table's index. */
  readonly window: Window | null;
  /** Where the script names the window. */
  readonly windowSpan?: Span;
  /** Whose sessions they are: PARTITION BY in FROM. Absent where GROUP BY names the window: its keys'. */
  readonly sessionKeys?: readonly BoundExpression[];
  /** Conditions that read a window column, before any aggregate. */
  readonly windowFilters: readonly BoundExpression[];
  readonly aggregation: Aggregation | null;
  readonly having: readonly BoundExpression[];
  readonly columns: readonly RelationColumn[];
}

/** A query that could not be understood as a whole: its columns are unknown, so nothing about them is an error. */
export interface PoisonedRelation {
  readonly poisoned: true;
}

export function isPoisoned(relation: Relation | PoisonedRelation): relation is PoisonedRelation {
  return "poisoned" in relation;
}

/** The relations whose rows this one reads. */
export function relationsBelow({ results, join, union }: Relation): readonly Relation[] {
  if (union !== undefined) return union.branches;
  if (join !== undefined) return [join.left.relation, join.right.relation];
  return results === null ? [] : [results.relation];
}

/** Whether the relation groups without a window: its results are changes. */
export function isUnbounded(relation: Relation): boolean {
  return relation.aggregation !== null && !relation.aggregation.windowed;
}

/** The table as a query sees it: its declared columns. */
export function tableRelation(table: CatalogTable): Relation {
  const columns = table.columns.flatMap((column, index): RelationColumn[] => {
    if (isHidden(column)) return [];
    const expression = table.poisoned.has(column.name) ? null : columnOf(index, column.type, column.nullable);
    return [{ name: column.name, expression, rowtime: table.watermark?.column === index, span: null }];
  });
  return { table, results: null, filters: [], window: null, windowFilters: [], aggregation: null, having: [], columns };
}

/** Stands behind the declared columns, for those who ask for it by other means than its name. */
function isHidden({ source }: TableColumn): boolean {
  return source === "nested" || source === "late" || source === "clock";
}

/** The window columns, as expressions below the aggregate. window_time has the type of the time attribute. */
export function windowColumns(relation: Relation, window: Window): RelationColumn[] {
  const timeType = rowColumnType(relation, window.timeColumn) ?? TIMESTAMP_3;
  return [
    { name: "window_start", expression: columnOf(WINDOW_START, TIMESTAMP_3, false), rowtime: false, span: null },
    { name: "window_end", expression: columnOf(WINDOW_END, TIMESTAMP_3, false), rowtime: false, span: null },
    { name: "window_time", expression: columnOf(WINDOW_TIME, timeType, false), rowtime: true, span: null },
  ];
}

function rowColumnType(relation: Relation, index: number): DataType | undefined {
  const { results, table } = relation;
  const given = givenColumns(relation);
  if (given !== undefined) return given[index]?.expression?.type;
  if (results === null) return table.columns[index]?.type;
  const own = results.columns[index]?.expression.type;
  const window = results.top?.window ?? null;
  return own ?? (window === null ? undefined : rowColumnType(results.relation, window.timeColumn));
}

/** Output number of the aggregate that a window column becomes. */
export function windowOutput(index: number): number {
  return -1 - index;
}

/** Whether the expression reads window_start, window_end or window_time of the window below. */
export function readsWindow(expression: BoundExpression): boolean {
  let found = false;
  rewrite(expression, (node) => {
    if (node.kind === "column" && node.index < 0) found = true;
    return found ? node : null;
  });
  return found;
}

/** Whether the expression reads a column of the table. */
export function readsTable(expression: BoundExpression): boolean {
  let found = false;
  rewrite(expression, (node) => {
    if (node.kind === "column" && node.index >= 0) found = true;
    return found ? node : null;
  });
  return found;
}

/** Number of the column that holds a row's rank, where it has one. */
export function rankColumn({ columns, top }: Results): number {
  return columns.length + (top === null || top.window === null ? 0 : WINDOW_OUTPUTS);
}

/** Conditions on the number of a row say how many are kept, too. */
function withLimits(relation: Relation, conditions: readonly BoundExpression[]): Relation {
  const { results } = relation;
  if (results === null || results.top === null) return relation;
  const limits = conditions.flatMap((condition) => limitOf(condition, rankColumn(results)) ?? []);
  const known = results.top.most === null ? limits : [...limits, results.top.most];
  const most = known.length === 0 ? null : Math.min(...known);
  return {
    ...relation,
    results: { ...results, top: { ...results.top, most } },
    filters: [...relation.filters, ...conditions],
  };
}

/** n of `rank <= n`, `rank < n + 1`, `rank = n` and the same turned around; null for anything else. */
function limitOf(condition: BoundExpression, rank: number): number | null {
  if (condition.kind !== "call" || condition.arguments.length !== 2) return null;
  const [a, b] = condition.arguments as readonly [BoundExpression, BoundExpression];
  const turned: Readonly<Record<string, string>> = { GE: "LE", GT: "LT", EQ: "EQ" };
  const straight = a.kind === "column" && a.index === rank;
  const name = straight ? condition.function : turned[condition.function];
  const [column, bound] = straight ? [a, b] : [b, a];
  if (column.kind !== "column" || column.index !== rank || bound.kind !== "literal" || typeof bound.value !== "bigint")
    return null;
  if (name === "LE" || name === "EQ") return Number(bound.value);
  return name === "LT" ? Number(bound.value) - 1 : null;
}

/** The relation with a condition of an outer WHERE put where it belongs. */
export function withConditions(relation: Relation, conditions: readonly BoundExpression[]): Relation {
  if (relation.aggregation !== null) return { ...relation, having: [...relation.having, ...conditions] };
  if (relation.results?.top != null) return withLimits(relation, conditions);
  const window = conditions.filter(readsWindow);
  const plain = conditions.filter((condition) => !readsWindow(condition));
  return {
    ...relation,
    filters: [...relation.filters, ...plain],
    windowFilters: [...relation.windowFilters, ...window],
  };
}
