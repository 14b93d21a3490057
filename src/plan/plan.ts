/**
 * The plan: what a script means, as plain, versioned, serialisable values. Every name is resolved, every type known, every
 * implicit cast written out, so that `engine/compile.ts` only translates. Function and aggregate names are the stable ids
 * of `functions.ts` and `aggregates.ts`. A change here is a change of `planVersion`.
 */
import type { Span } from "../core/error.ts";
import type { DataType, Field, Schema } from "../core/type.ts";

export const planVersion = 1;

/** Literal in the type's own unit; bigint for every integer and temporal kind and for DECIMAL's unscaled value. */
export type LiteralValue = null | boolean | bigint | number | string | Uint8Array;

/** `span`: where the script says it, for errors; absent where binding wrote it. Two that differ in it only are equal. */
export type BoundExpression =
  /** Column of the input, by position. */
  | { readonly kind: "column"; readonly index: number; readonly type: DataType; readonly nullable: boolean }
  | { readonly kind: "literal"; readonly value: LiteralValue; readonly type: DataType; readonly nullable: boolean }
  /** `arguments` have exactly the types the function's signature asks for. */
  | {
      readonly kind: "call";
      readonly function: string;
      readonly arguments: readonly BoundExpression[];
      readonly type: DataType;
      readonly nullable: boolean;
      readonly span?: Span;
    }
  | {
      readonly kind: "cast";
      readonly operand: BoundExpression;
      readonly type: DataType;
      readonly nullable: boolean;
      readonly try: boolean;
      readonly span?: Span;
    }
  /** Searched CASE; conditions are BOOLEAN, results all have `type`. */
  | {
      readonly kind: "case";
      readonly whens: readonly { readonly when: BoundExpression; readonly then: BoundExpression }[];
      readonly otherwise: BoundExpression;
      readonly type: DataType;
      readonly nullable: boolean;
      readonly span?: Span;
    };

/** Times are µs; `lateness_ms`: how long the window had been closed; `refused_by`: label of the query. */
export type LateColumn = "window_start" | "window_end" | "refusing_watermark" | "lateness_ms" | "refused_by";

export interface NamedExpression {
  readonly name: string;
  readonly expression: BoundExpression;
}

export interface WatermarkDefinition {
  /** Index of the time attribute among the table's columns. */
  readonly column: number;
  /** Over the table's columns; same type root as the column. */
  readonly expression: BoundExpression;
}

export type TableColumn = Field &
  (
    | { readonly source: "physical" }
    | { readonly source: "computed"; readonly expression: BoundExpression }
    | { readonly source: "metadata"; readonly key: string; readonly virtual: boolean }
    /**
     * A field inside the ROW column `root`, by the keys below it: `user.id`; or the cell of a MAP that is metadata, by its
     * key: `headers['id']`. Stands behind the declared columns, is made when a query reads it, and is NULL where a value on
     * the way is.
     */
    | { readonly source: "nested"; readonly root: number; readonly path: readonly string[] }
    /** Processing time, which `PROCTIME()` reads: the engine's clock when the row was read. Stands behind the declared columns. */
    | { readonly source: "clock" }
    /** Of the table's late rows alone: what refused them (`late-rows.ts`). Stands behind the declared columns. */
    | { readonly source: "late"; readonly key: LateColumn }
  );

/**
 * A table of the catalog, after binding. Computed columns see columns before them, physical, metadata and nested ones
 * (all by index). Every node and target of one plan that means the same table with the same options holds equal values.
 */
export interface TableDefinition {
  readonly name: string;
  readonly columns: readonly TableColumn[];
  readonly watermark: WatermarkDefinition | null;
  readonly primaryKey: readonly number[];
  readonly partitionedBy: readonly number[];
  /** WITH options, hints already merged in where a plan node holds the table. */
  readonly options: Readonly<Record<string, string>>;
}

/**
 * Windows cut on event time. A window ends every `stepMs`: tumbling, `stepMs` = `sizeMs`; hopping, any slide, and every
 * window is `sizeMs` long; cumulating, `sizeMs` is the longest, a multiple of the step, and all windows within it share
 * its start.
 */
export interface Window {
  readonly kind: "tumbling" | "hopping" | "cumulating" | "session";
  readonly sizeMs: number;
  readonly stepMs: number;
  /** Any sign, |offset| < step (tumbling, hopping) or size (cumulating). */
  readonly offsetMs: number;
  /** Index of the time attribute in the aggregate's input. */
  readonly timeColumn: number;
  /** The input's rows are results of these windows, and each falls into the one it came from: its time is window_time. */
  readonly ofResults?: boolean;
  /** The time attribute is processing time: the clock closes the windows, and no row is late. */
  readonly clock?: true;
}

/** Rows of a window that leave before it closes, or again after it, as changes. */
export interface Emission {
  /** How often rows of open windows leave, in ms: 0 = as they change, null = when the window closes. */
  readonly everyMs: number | null;
  /** How long a window that has closed still takes rows. */
  readonly allowedMs: number;
}

export interface AggregateCall {
  /** Id of `aggregates.ts`: COUNT, SUM, …, APPROX_COUNT_DISTINCT. COUNT(*) is COUNT with no argument. */
  readonly function: string;
  readonly arguments: readonly BoundExpression[];
  readonly distinct: boolean;
  readonly filter: BoundExpression | null;
  readonly type: DataType;
  readonly nullable: boolean;
  /** Literal parameters (precision of a sketch, separator of LISTAGG). */
  readonly parameters: readonly LiteralValue[];
  readonly name: string;
}

/**
 * What leaves a join: pairs, with rows that meet none of the sides named; or rows of the left side alone, those that meet some (IN,
 * EXISTS), that meet none (NOT EXISTS), or are known to meet none (NOT IN: a NULL on either side may be equal).
 */
export type JoinType = "inner" | "left" | "right" | "full" | "semi" | "anti" | "not-in";

/**
 * Logical operators. `id` = hash of the canonical logical subtree plus an ordinal: the identity its state is kept under.
 * No alias, output name, span or option enters it; a scan's table and the fields it reads do, by their names
 * (`node-id.ts`). Output columns of each node are `schema`.
 */
export type PlanNode =
  /**
   * Output column i is `table.columns[columns[i]]`, ascending: what the query reads, with the time attribute and the
   * columns of the WATERMARK expression. `columnsToRead` in `table-columns.ts` adds what computed columns are made from.
   */
  | {
      readonly kind: "scan";
      readonly id: string;
      readonly schema: Schema;
      readonly table: TableDefinition;
      readonly columns: readonly number[];
      /** The rows are those that window queries on the table refuse as late. */
      readonly late?: true;
    }
  | {
      readonly kind: "filter";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly condition: BoundExpression;
    }
  | {
      readonly kind: "project";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly columns: readonly NamedExpression[];
    }
  /**
   * Output columns, in order: window_start, window_end (TIMESTAMP(3)), window_time (the time column's type), keys…,
   * aggregates…. Keys are expressions over the input and never name the window.
   */
  | {
      readonly kind: "windowAggregate";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly window: Window;
      readonly keys: readonly NamedExpression[];
      readonly aggregates: readonly AggregateCall[];
      /** Null: each row leaves once, when its window closes. */
      readonly emission: Emission | null;
    }
  /**
   * Aggregation without a window: output columns keys…, aggregates…. A row a group, which changes as rows come; `ofChanges`: the
   * input's rows are such changes themselves, and those that are old or gone are taken back.
   */
  | {
      readonly kind: "groupAggregate";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly keys: readonly NamedExpression[];
      readonly aggregates: readonly AggregateCall[];
      readonly ofChanges: boolean;
    }
  /**
   * Rows of two inputs that are equal in their first `keys` columns: output columns are those keys, then the other columns of the left
   * input, then those of the right one, if its rows leave. `window`: both give results of windows of this shape, whose end is the first key (and its
   * start the second, where windows of one end differ in it). `interval`: the column behind the keys is each side's event time, and the
   * right one less the left one lies between these, both included; it is no output. Else the join is inner and keeps its rows.
   */
  | {
      readonly kind: "join";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly right: PlanNode;
      readonly type: JoinType;
      readonly keys: number;
      readonly window: Window | null;
      readonly interval: { readonly leastMs: number; readonly mostMs: number } | null;
    }
  /** The rows of all inputs, which have the same columns, in the order they come. */
  | {
      readonly kind: "union";
      readonly id: string;
      readonly schema: Schema;
      readonly inputs: readonly PlanNode[];
    }
  /**
   * Every row with aggregates over the last rows of its partition behind its columns: ROWS BETWEEN `preceding` PRECEDING (null:
   * UNBOUNDED) AND `until` PRECEDING (absent: CURRENT ROW). Rows come in order of time (window results, by window end and then key).
   */
  | {
      readonly kind: "over";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly partitionBy: readonly BoundExpression[];
      readonly preceding: number | null;
      readonly until?: number;
      /** The frame is by this time of the rows instead: from `preceding` ms before to the row's own time, which peers have, too. */
      readonly range?: BoundExpression;
      readonly calls: readonly AggregateCall[];
    }
  /**
   * Of the rows of a window the best of every group, ROW_NUMBER() OVER (PARTITION BY …, the window ORDER BY …) <= most, or another
   * rank, with that number, a BIGINT from 1, behind their columns. Equal rows are told apart by their other columns. Where the
   * input's rows are no results, window_start, window_end and window_time stand between their columns and the number.
   */
  | {
      readonly kind: "windowTop";
      readonly id: string;
      readonly function: "ROW_NUMBER" | "RANK" | "DENSE_RANK";
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly window: Window;
      readonly partitionBy: readonly BoundExpression[];
      readonly orderBy: readonly SortItem[];
      readonly most: number;
    }
  /**
   * Every row with expressions over the row `rows` behind it in its partition after its columns, NULL where there is none, and a
   * BIGINT, 1 where there is one. Rows leave when that row has come, or the input has ended.
   */
  | {
      readonly kind: "lead";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly partitionBy: readonly BoundExpression[];
      readonly rows: number;
      readonly ahead: readonly NamedExpression[];
    }
  /**
   * The best rows of every group, without a window: as `windowTop`, but rows come and go, and so do the output's, as changes.
   * `ofChanges`: the input's rows are changes, too.
   */
  | {
      readonly kind: "rank";
      readonly id: string;
      readonly function: "ROW_NUMBER" | "RANK" | "DENSE_RANK";
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly partitionBy: readonly BoundExpression[];
      readonly orderBy: readonly SortItem[];
      readonly most: number;
      readonly ofChanges: boolean;
    }
  /**
   * The input's rows in order of a time column, each as soon as the watermark has reached its time. Rows of a table are judged:
   * late is one whose time is not after the last that left for its key. `peers`: rows of one time are handed on together.
   */
  | {
      readonly kind: "sort";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly timeColumn: number;
      readonly partitionBy: readonly BoundExpression[];
      readonly peers: boolean;
    }
  /** Adds window_start, window_end, window_time behind the input's columns; drops nothing as late. */
  | {
      readonly kind: "windowAssign";
      readonly id: string;
      readonly schema: Schema;
      readonly input: PlanNode;
      readonly window: Window;
    };

export interface SortItem {
  readonly expression: BoundExpression;
  readonly descending: boolean;
  readonly nullsFirst: boolean;
}

export type SinkTarget =
  /** INSERT INTO a catalog table: `columns` of the query map to the table's physical and persisted columns in order. */
  | { readonly kind: "table"; readonly table: TableDefinition }
  /** A bare SELECT: rows go to the person. */
  | { readonly kind: "print" }
  /** CREATE MATERIALIZED VIEW. */
  | { readonly kind: "view"; readonly name: string; readonly options: Readonly<Record<string, string>> };

/** The query's rows are changes of rows that came before. */
export interface Changes {
  /**
   * Output columns that name a row: one of each list, none where there is one row only. The columns of a window say the same,
   * so they are one list. Null when they are not all there.
   */
  readonly key: readonly (readonly number[])[] | null;
}

export interface PlannedQuery {
  /** `insert into page_counts`, `select 1`, … for people. */
  readonly label: string;
  readonly root: PlanNode;
  readonly target: SinkTarget;
  /** Null: rows are only added. */
  readonly changes: Changes | null;
  /** Its rows belong to the result of the query so many places before it in the plan; absent or 0: to its own. */
  readonly part?: number;
}

export interface Plan {
  readonly version: typeof planVersion;
  readonly queries: readonly PlannedQuery[];
  /** SET options in force, after checking. */
  readonly settings: Readonly<Record<string, string>>;
}
