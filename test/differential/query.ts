/**
 * Random queries over a random table. A query is its Flink SQL and two DuckDB queries: one gives the rows in the promised order
 * (window end, then keys with NULL first; a projection keeps the order of arrival), one what becomes of every row of the table:
 * late, filtered, bad or counted.
 */
import type { DataType } from "../../src/core/type.ts";
import { randomAggregates } from "./aggregate.ts";
import { duckOutput } from "./cell.ts";
import type { Dice } from "./dice.ts";
import { Expressions, type Leaf } from "./expression.ts";
import { anyBad, logic, type Node } from "./node.ts";
import type { RandomTable } from "./script.ts";

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

interface From {
  readonly views: string;
  readonly name: string;
  readonly leaves: readonly Leaf[];
  readonly filter: Node | null;
}

/** The table, or a view that computes columns and filters rows. */
function randomFrom(dice: Dice, table: RandomTable, index: number): From {
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
function columnNode(dice: Dice, expressions: Expressions): Node {
  for (;;) {
    const node = expressions.any(dice.between(0, 3));
    if (/\b(c\d+|id|ts)\b/.test(node.duck)) return node;
  }
}

function both(a: Node | null, b: Node | null): Node | null {
  return a === null || b === null ? (a ?? b) : logic("AND", a, b);
}

interface Judged {
  readonly filter: Node | null;
  readonly late: string;
  readonly parts: readonly Node[];
  readonly columns: readonly string[];
}

/** The table with the verdict on every row as `verdict`. */
function judged({ filter, late, parts, columns }: Judged): string {
  const bad = anyBad(...parts.map((part) => part.bad)) ?? "FALSE";
  const passes = filter === null ? "TRUE" : `coalesce(${filter.duck}, FALSE)`;
  const verdict = `CASE WHEN ${late} THEN 'late' WHEN ${filter?.bad ?? "FALSE"} THEN 'bad' WHEN NOT ${passes} THEN 'filtered' WHEN ${bad} THEN 'bad' ELSE 'counted' END`;
  return `(SELECT ${[`${verdict} AS verdict`, "id AS row_id", ...columns].join(", ")} FROM t)`;
}

function countsOf(source: string): string {
  const of = (verdict: string): string => `CAST(count(*) FILTER (verdict = '${verdict}') AS INTEGER)`;
  return `SELECT ${["late", "filtered", "bad", "counted"].map(of).join(", ")} FROM ${source}`;
}

export function randomProjection(dice: Dice, table: RandomTable, index: number): RandomQuery {
  const from = randomFrom(dice, table, index);
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

const SIZES = [1, 250, 1000, 7000, 60_000, 90_000, 3_600_000, 86_400_000];

function interval(ms: number): string {
  const [sign, size] = [ms < 0 ? "-" : "", Math.abs(ms)];
  if (size > 0 && size % 86_400_000 === 0) return `INTERVAL '${sign}${size / 86_400_000}' DAY`;
  if (size > 0 && size % 3_600_000 === 0) return `INTERVAL '${sign}${size / 3_600_000}' HOUR`;
  const text = `${sign}${Math.floor((size % 60_000) / 1000)}.${String(size % 1000).padStart(3, "0")}`;
  if (size < 60_000) return `INTERVAL '${text}' SECOND`;
  const minutes = Math.floor(size / 60_000);
  const rest = text.replace("-", "").padStart(6, "0");
  if (minutes < 60) return `INTERVAL '${sign}${minutes}:${rest}' MINUTE TO SECOND`;
  return `INTERVAL '${sign}${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}' HOUR TO SECOND`;
}

interface RandomWindow {
  readonly flink: string;
  /** Start in ms, over the table's `time_ms`. */
  readonly start: string;
  readonly sizeMs: number;
}

function randomWindow(dice: Dice, from: From): RandomWindow {
  const sizeMs = dice.pick(SIZES);
  const offsetMs = dice.chance(0.4) && sizeMs > 1 ? dice.between(1 - sizeMs, sizeMs - 1) : 0;
  const size = interval(sizeMs);
  const offset = offsetMs === 0 ? "" : `, ${interval(offsetMs)}`;
  const call =
    dice.chance(0.2) && offsetMs === 0
      ? `TUMBLE(DATA => TABLE ${from.name}, TIMECOL => DESCRIPTOR(ts), SIZE => ${size})`
      : `TUMBLE(TABLE ${from.name}, DESCRIPTOR(ts), ${size}${offset})`;
  const shifted = `(time_ms - (${offsetMs}))`;
  return {
    flink: dice.chance(0.5) ? `TABLE(${call})` : call,
    start: `(time_ms - ((${shifted} % ${sizeMs} + ${sizeMs}) % ${sizeMs}))`,
    sizeMs,
  };
}

export function randomWindowQuery(dice: Dice, table: RandomTable, index: number): RandomQuery {
  const from = randomFrom(dice, table, index);
  const expressions = new Expressions(dice, from.leaves, true);
  const window = randomWindow(dice, from);
  const where = dice.chance(0.5) ? expressions.condition(3) : null;
  const keys = Array.from({ length: dice.pick([0, 1, 1, 2, 3, 4]) }, () => keyNode(dice, expressions));
  const aggregates = randomAggregates(dice, expressions, { rows: table.rows.length });
  const above = [...boundLeaves(window), ...keys.map(keyLeaf), ...aggregates.flatMap(({ leaf }) => leaf ?? [])];
  const over = new Expressions(dice, above, false);
  const having = dice.chance(0.3) ? over.condition(2) : null;
  const projected = Array.from({ length: dice.pick([0, 0, 1, 2]) }, () => over.any(2));
  const plain = [
    ...boundLeaves(window),
    ...keys.map(keyLeaf),
    ...aggregates.flatMap(({ leaf }) => leaf ?? []),
    ...projected,
  ];
  const bare = aggregates.filter(({ leaf }) => leaf === null);
  const list = [...plain, ...bare].map(({ flink }, i) => `${flink} AS o${i}`).join(", ");
  const group = ["window_start", "window_end", ...keys.map((key) => key.flink)].join(", ");
  const source = judged({
    filter: both(from.filter, where),
    late: `coalesce(watermark_ms >= ${window.start} + ${window.sizeMs - 1}, FALSE)`,
    parts: [...keys, ...aggregates.flatMap(({ parts }) => parts)],
    columns: [
      `${window.start} AS ws`,
      ...keys.map((key, i) => `${key.duck} AS k${i}`),
      ...aggregates.flatMap(({ columns }) => columns),
    ],
  });
  const names = ["ws", ...keys.map((_, i) => `k${i}`)];
  const grouped = `FROM ${source} WHERE verdict = 'counted' GROUP BY ${names.join(", ")}`;
  const overflows = aggregates.flatMap(({ overflows }) => overflows ?? []);
  const columns = [
    ...plain.map(({ type, duck }) => duckOutput(type, duck)),
    ...bare.map(({ duck }) => duck),
    ...bare.map(({ within }) => within ?? "0"),
  ];
  const order = names.map((name) => `${name} ASC NULLS FIRST`).join(", ");
  return {
    views: from.views,
    flink: `SELECT ${list} FROM ${window.flink}${where === null ? "" : ` WHERE ${where.flink}`} GROUP BY ${group}${having === null ? "" : ` HAVING ${having.flink}`};`,
    duckCounts: countsOf(source),
    duckRows: `SELECT ${columns.join(", ")} ${grouped}${having === null ? "" : ` HAVING ${having.duck}`} ORDER BY ${order}`,
    duckOverflows:
      overflows.length === 0
        ? null
        : `SELECT CAST(count(*) AS INTEGER) FROM (SELECT 1 ${grouped} HAVING ${overflows.join(" OR ")})`,
    outputs: [
      ...plain.map(({ type }) => ({ type, unscaled: false, within: null })),
      ...bare.map(({ type, unscaled, within }, i) => ({
        type,
        unscaled,
        within: within === null ? null : plain.length + bare.length + i,
      })),
    ],
    isProjection: false,
  };
}

function keyNode(dice: Dice, expressions: Expressions): Node {
  for (;;) {
    const node = columnNode(dice, expressions);
    if (node.computed !== true) return node;
  }
}

function keyLeaf(key: Node, index: number): Leaf {
  return { type: key.type, flink: key.flink, duck: `k${index}`, bad: null, samples: [] };
}

function boundLeaves({ sizeMs }: RandomWindow): Leaf[] {
  const type: DataType = { kind: "timestamp", precision: 3 };
  const leaf = (flink: string, addedMs: number): Leaf => ({
    type,
    flink,
    duck: `make_timestamp((ws + ${addedMs}) * 1000)`,
    bad: null,
    samples: [0n],
  });
  return [leaf("window_start", 0), leaf("window_end", sizeMs)];
}
