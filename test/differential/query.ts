/**
 * Random queries over a random table. A query is its Flink SQL and two DuckDB queries: one gives the rows in the promised order
 * (window end, then keys with NULL first; a projection keeps the order of arrival), one what becomes of every row of the table:
 * late, filtered, bad or counted.
 */
import type { DataType } from "../../src/core/type.ts";
import { duckOutput } from "./cell.ts";
import type { Dice } from "./dice.ts";
import { Expressions, type Leaf } from "./expression.ts";
import { anyBad, logic, type Node } from "./node.ts";
import type { RandomTable } from "./script.ts";
import { boundLeaves, randomWindow } from "./window.ts";

export interface OutputCheck {
  readonly type: DataType;
  /** The DuckDB column is the unscaled whole number of a DECIMAL. */
  readonly unscaled: boolean;
  /** Which DuckDB column says how far a float may be off; null = equal. */
  readonly within: number | null;
}

export interface RandomQuery {
  /** Views it reads, if any. */
  readonly views: string;
  readonly flink: string;
  /** One row: late, filtered, bad, counted. */
  readonly duckCounts: string;
  readonly duckRows: string;
  /** One row: how many groups have a sum that its type cannot hold; the job fails if any has. Null = none can. */
  readonly duckOverflows: string | null;
  readonly outputs: readonly OutputCheck[];
  /** The first column is the row's number in the order of arrival within its partition. */
  readonly isProjection: boolean;
}

export interface From {
  readonly views: string;
  readonly name: string;
  readonly leaves: readonly Leaf[];
  readonly filter: Node | null;
}

/** The table, or a view that computes columns and filters rows. */
export function randomFrom(dice: Dice, table: RandomTable, index: number): From {
  if (!dice.chance(0.3)) return { views: "", name: "t", leaves: table.leaves, filter: null };
  const expressions = new Expressions(dice, table.leaves, true);
  const made = Array.from({ length: dice.between(1, 3) }, (_, i) => ({
    name: `v${i}`,
    node: columnNode(dice, expressions),
  }));
  const filter = dice.chance(0.5) ? expressions.condition(2) : null;
  const own = table.leaves.map((leaf) => leaf.flink);
  const list = [...own, ...made.map(({ name, node }) => `${node.flink} AS ${name}`)].join(", ");
  const where = filter === null ? "" : ` WHERE ${filter.flink}`;
  return {
    views: `CREATE VIEW view${index} AS SELECT ${list} FROM t${where};\n`,
    name: `view${index}`,
    leaves: [...table.leaves, ...made.map(({ name, node }) => ({ ...node, flink: name, samples: [] }))],
    filter,
  };
}

/** An expression that reads a column, with a type that NULL alone does not have. */
export function columnNode(dice: Dice, expressions: Expressions): Node {
  for (;;) {
    const node = expressions.any(dice.between(0, 3));
    if (/\b(c\d+|id|ts)\b/.test(node.duck)) return node;
  }
}

export function both(a: Node | null, b: Node | null): Node | null {
  return a === null || b === null ? (a ?? b) : logic("AND", a, b);
}

interface Judged {
  readonly filter: Node | null;
  readonly late: string;
  readonly parts: readonly Node[];
  readonly columns: readonly string[];
}

/** The table with the verdict on every row as `verdict`. */
export function judged({ filter, late, parts, columns }: Judged): string {
  const bad = anyBad(...parts.map((part) => part.bad)) ?? "FALSE";
  const passes = filter === null ? "TRUE" : `coalesce(${filter.duck}, FALSE)`;
  const verdict = `CASE WHEN ${late} THEN 'late' WHEN ${filter?.bad ?? "FALSE"} THEN 'bad' WHEN NOT ${passes} THEN 'filtered' WHEN ${bad} THEN 'bad' ELSE 'counted' END`;
  return `(SELECT ${[`${verdict} AS verdict`, "id AS row_id", ...columns].join(", ")} FROM t)`;
}

export function countsOf(source: string): string {
  const of = (verdict: string): string => `CAST(count(*) FILTER (verdict = '${verdict}') AS INTEGER)`;
  return `SELECT ${["late", "filtered", "bad", "counted"].map(of).join(", ")} FROM ${source}`;
}

export function randomProjection(dice: Dice, table: RandomTable, index: number): RandomQuery {
  const base = randomFrom(dice, table, index);
  const window = dice.chance(0.3) ? randomWindow(dice, base) : null;
  // Rows of a bare window: nothing is aggregated, so nothing is late.
  const bounds =
    window === null
      ? []
      : boundLeaves(window, base, { start: window.start, end: `${window.start} + ${window.sizeMs}` });
  const from = window === null ? base : { ...base, name: window.flink, leaves: [...base.leaves, ...bounds] };
  const expressions = new Expressions(dice, from.leaves, true);
  const where = dice.chance(0.6) ? expressions.condition(3) : null;
  const columns = Array.from({ length: dice.between(1, 5) }, () => expressions.any(dice.between(0, 4)));
  const list = ["id", ...columns.map((column, i) => `${column.flink} AS o${i}`)].join(", ");
  const source = judged({
    filter: both(from.filter, where),
    late: "FALSE",
    parts: columns,
    columns: columns.map((column, i) => `${column.duck} AS o${i}`),
  });
  const outputs = columns.map((column, i) => duckOutput(column.type, `o${i}`));
  return {
    views: from.views,
    flink: `SELECT ${list} FROM ${from.name}${where === null ? "" : ` WHERE ${where.flink}`};`,
    duckCounts: countsOf(source),
    duckRows: `SELECT ${["CAST(row_id AS VARCHAR)", ...outputs].join(", ")} FROM ${source} WHERE verdict = 'counted' ORDER BY row_id`,
    duckOverflows: null,
    outputs: [{ kind: "int" } as const, ...columns.map((column) => column.type)].map((type) => ({
      type,
      unscaled: false,
      within: null,
    })),
    isProjection: true,
  };
}
