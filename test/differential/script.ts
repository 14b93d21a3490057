/**
 * Random scripts: one table with its rows, spread over partitions and not quite in order of time, and queries over it. Every
 * query comes as Flink SQL and as the two DuckDB queries that give its rows and its counts.
 */
import type { DataType } from "../../src/core/type.ts";
import { formatType } from "../../src/core/type-text.ts";
import { type Cell, duckLiteral, duckType, jsonText, randomCell } from "./cell.ts";
import type { Dice } from "./dice.ts";
import { Expressions, type Leaf } from "./expression.ts";
import { INT, type Node } from "./node.ts";

export interface TableColumn {
  readonly name: string;
  readonly type: DataType;
  /** Cells most rows take, so that groups have more than one row. */
  readonly common: readonly Cell[];
  readonly nullShare: number;
}

export interface TableRow {
  readonly partition: number;
  readonly timeMs: number;
  /** Own partition's watermark before the row; null = there is none yet. */
  readonly watermarkMs: number | null;
  readonly cells: readonly Cell[];
}

export interface RandomTable {
  readonly columns: readonly TableColumn[];
  readonly rows: readonly TableRow[];
  /** JSON records by partition, undecodable ones among them. */
  readonly records: readonly (readonly string[])[];
  readonly createFlink: string;
  readonly createDuck: string;
  readonly leaves: readonly Leaf[];
}

const TIME_BASES = [0, 1_714_521_600_000, -62_000_000_000, 999_999_999_000];

function randomType(dice: Dice): DataType {
  const precision = dice.pick([1, 5, 9, 10, 18, 19, 30, 38]);
  return dice.pick<DataType>([
    { kind: "boolean" },
    { kind: "tinyint" },
    { kind: "smallint" },
    { kind: "int" },
    { kind: "bigint" },
    { kind: "float" },
    { kind: "double" },
    { kind: "decimal", precision, scale: dice.below(Math.min(precision, 12) + 1) },
    { kind: "string" },
    { kind: "string" },
    { kind: "bytes" },
    { kind: "date" },
    { kind: "time", precision: dice.pick([0, 3]) },
    { kind: "timestamp", precision: dice.pick([0, 3, 6, 9]) },
    { kind: "timestamp_ltz", precision: dice.pick([0, 3, 6, 9]) },
  ]);
}

function randomColumn(dice: Dice, index: number): TableColumn {
  const type = randomType(dice);
  return {
    name: dice.pick([`c${index}`, `c${index}`, `C ${index}`, `é${index}`, `select${index}`]),
    type,
    common: Array.from({ length: dice.between(1, 5) }, () => randomCell(dice, type)),
    nullShare: dice.pick([0, 0, 0.1, 0.5, 1]),
  };
}

function quoted(name: string): string {
  return /^c\d+$/.test(name) ? name : `\`${name}\``;
}

export function randomTable(dice: Dice): RandomTable {
  const columns = Array.from({ length: dice.between(1, 8) }, (_, i) => randomColumn(dice, i));
  const kind = dice.pick(["timestamp", "timestamp_ltz", "computed"]);
  const delayMs = dice.pick([0, 1, 1000, 5000, 60_000]);
  const partitions = dice.between(1, 3);
  const rows = randomRows(dice, columns, { partitions, delayMs });
  const records: string[][] = Array.from({ length: partitions }, () => []);
  for (const [index, row] of rows.entries()) {
    const into = records[row.partition] as string[];
    if (dice.chance(0.03))
      into.push(dice.pick(["{", '{"id":"x"}', "[1]", '{"id":1}', "", '{"id":2147483648,"ts":null}']));
    into.push(record(dice, columns, { row, index, kind }));
  }
  const time: DataType = { kind: kind === "timestamp" ? "timestamp" : "timestamp_ltz", precision: 3 };
  const leaves = leavesOf(columns, rows, time);
  const expressions = new Expressions(dice, leaves, true);
  const computed = Array.from({ length: dice.pick([0, 0, 1, 2]) }, (_, i) => ({
    ...expressions.any(2),
    name: `x${i}`,
  }));
  return {
    columns,
    rows,
    records,
    ...createTable(columns, rows, { kind, delayMs, computed }),
    leaves: [...leaves, ...computed.map((node) => ({ ...node, flink: node.name, samples: [] }))],
  };
}

function randomRows(
  dice: Dice,
  columns: readonly TableColumn[],
  { partitions, delayMs }: { readonly partitions: number; readonly delayMs: number },
): TableRow[] {
  const count = dice.chance(0.04)
    ? dice.between(2000, 5000)
    : dice.pick([0, 1, dice.below(10), dice.below(60), dice.below(300)]);
  const base = dice.pick(TIME_BASES) + dice.below(100_000);
  const step = dice.pick([0, 10, 500, 5000]);
  const wander = dice.pick([1, delayMs + 1, 2 * delayMs + 1000]);
  const watermarks: (number | null)[] = Array.from({ length: partitions }, () => null);
  return Array.from({ length: count }, (_, index) => {
    const partition = dice.below(partitions);
    const timeMs = base + index * step - dice.below(wander);
    const watermarkMs = watermarks[partition] ?? null;
    watermarks[partition] = Math.max(watermarkMs ?? Number.NEGATIVE_INFINITY, timeMs - delayMs);
    const cells = columns.map(({ type, common, nullShare }) => {
      if (dice.chance(nullShare)) return null;
      return dice.chance(0.8) ? dice.pick(common) : randomCell(dice, type);
    });
    return { partition, timeMs, watermarkMs, cells };
  });
}

function record(
  dice: Dice,
  columns: readonly TableColumn[],
  { row, index, kind }: { readonly row: TableRow; readonly index: number; readonly kind: string },
): string {
  const iso = new Date(row.timeMs).toISOString();
  const time =
    kind === "computed"
      ? `"ms":${row.timeMs}`
      : `"ts":"${kind === "timestamp" ? iso.slice(0, -1).replace("T", " ") : iso}"`;
  const fields = [`"id":${index}`, time];
  for (const [i, { name, type }] of columns.entries()) {
    const cell = row.cells[i] as Cell;
    if (cell === null && dice.chance(0.5)) continue;
    fields.push(`${JSON.stringify(name)}:${jsonText(dice, type, cell)}`);
  }
  if (dice.chance(0.1)) fields.push('"other":{"id":[1,"}"]}');
  const ordered = dice.chance(0.3) ? dice.shuffled(fields) : fields;
  return `{${ordered.join(dice.pick([",", ", "]))}}`;
}

interface TableTime {
  readonly kind: string;
  readonly delayMs: number;
}

function createTable(
  columns: readonly TableColumn[],
  rows: readonly TableRow[],
  { kind, delayMs, computed }: TableTime & { readonly computed: readonly (Node & { readonly name: string })[] },
): { readonly createFlink: string; readonly createDuck: string } {
  const time =
    kind === "computed"
      ? "ms BIGINT, ts AS TO_TIMESTAMP_LTZ(ms, 3)"
      : `ts ${kind === "timestamp" ? "TIMESTAMP(3)" : "TIMESTAMP_LTZ(3)"}`;
  const own = columns.map(({ name, type }) => `, ${quoted(name)} ${formatType(type)}`).join("");
  const made = computed.map(({ name, flink }) => `, ${name} AS ${flink}`).join("");
  const seconds = `${Math.floor(delayMs / 1000)}.${String(delayMs % 1000).padStart(3, "0")}`;
  const watermark = delayMs === 0 ? "ts" : `ts - INTERVAL '${seconds}' SECOND`;
  const createFlink = `CREATE TABLE t (id INT NOT NULL, ${time}${own}${made}, WATERMARK FOR ts AS ${watermark})
WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json', 'bad-row.policy' = 'skip');`;
  const names = columns.map(({ type }, i) => `, c${i} ${duckType(type)}`).join("");
  const values = rows.map(({ timeMs, watermarkMs, cells }, index) => {
    const spelled = cells.map((cell, i) => duckLiteral((columns[i] as TableColumn).type, cell));
    return `(${[index, timeMs, watermarkMs ?? "NULL", `make_timestamp(${timeMs}000)`, ...spelled].join(", ")})`;
  });
  const insert = values.length === 0 ? "" : `INSERT INTO t VALUES ${values.join(",\n")};`;
  const createDuck = `CREATE OR REPLACE TABLE t (id INTEGER, time_ms BIGINT, watermark_ms BIGINT, ts TIMESTAMP${names}); ${insert}`;
  return { createFlink, createDuck };
}

function leavesOf(columns: readonly TableColumn[], rows: readonly TableRow[], time: DataType): Leaf[] {
  const sample = rows.slice(0, 20);
  const own = columns.map(({ name, type }, i) => ({
    type,
    flink: quoted(name),
    duck: `c${i}`,
    bad: null,
    samples: sample.map((row) => row.cells[i] as Cell).filter((cell) => cell !== null),
  }));
  return [
    ...own,
    { type: INT, flink: "id", duck: "id", bad: null, samples: [0n, 3n, 10n] },
    { type: time, flink: "ts", duck: "ts", bad: null, samples: sample.map((row) => BigInt(row.timeMs) * 1000n) },
  ];
}
