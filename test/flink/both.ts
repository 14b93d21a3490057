/**
 * One query in Millrace and in Apache Flink, over the same records in the same order. Compared is what is left when the
 * changes of a result are applied, as a multiset, and the names of the columns' types. Rows must be in order within the
 * watermark's delay: which row is late depends in Flink on when the watermark was last sent.
 */
import { expect } from "bun:test";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { FlinkOracle, FlinkRows } from "../../scripts/flink/oracle.ts";
import { Op } from "../../src/core/batch.ts";
import type { DataType } from "../../src/core/type.ts";
import { formatType } from "../../src/core/type-text.ts";
import type { CellValue } from "../../src/core/value.ts";
import { decimalText } from "../differential/cell.ts";
import { type CollectingSink, runSimulated } from "../engine/run-simulated.ts";
import { SimulatedSource } from "../engine/simulated-source.ts";

/** A table of both: its name, what stands in CREATE TABLE's parentheses, and its records. */
export interface SharedTable {
  readonly name: string;
  readonly columns: string;
  readonly records: readonly string[];
  /** Millrace's alone, as they stand in WITH. */
  readonly options?: string;
}

export interface SharedScript {
  readonly tables: readonly SharedTable[];
  readonly views?: readonly string[];
  readonly query: string;
}

type Cell = null | string | number;
export interface Result {
  readonly types: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}
export type Outcome = Result | { readonly error: string };

function declare({ name, columns, options }: SharedTable, path: string): string {
  const more = options === undefined ? "" : `, ${options}`;
  return `CREATE TABLE ${name} (${columns}) WITH ('connector' = 'filesystem', 'path' = '${path}', 'format' = 'json'${more})`;
}

export async function inFlink(flink: FlinkOracle, { tables, views = [], query }: SharedScript): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), "millrace-flink-"));
  try {
    const tableDdl = tables.map((table) => {
      const path = join(folder, `${table.name}.json`);
      writeFileSync(path, table.records.map((record) => `${record}\n`).join(""));
      return declare({ name: table.name, columns: table.columns, records: table.records }, path);
    });
    const answer = await flink.ask({ declare: [...tableDdl, ...views], query });
    return "error" in answer ? answer : fromFlink(answer);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function inMillrace({ tables, views = [], query }: SharedScript): Promise<Outcome> {
  const text = [...tables.map((table) => declare(table, "simulated")), ...views, query, ""].join(";\n");
  try {
    const run = await runSimulated(text, (name) => {
      const records = tables.find((table) => table.name === name)?.records ?? [];
      return new SimulatedSource([records], { seed: 1, maxBatch: 1000 });
    });
    return fromMillrace(run.sinks);
  } catch (error) {
    return { error: (error as Error).message };
  }
}

function isFloating(type: string | undefined): boolean {
  return type === "DOUBLE" || type === "FLOAT";
}

/** Flink tells a literal's CHAR(n) from STRING, Millrace does not. */
function plainType(type: string): string {
  return type
    .replace(/ NOT NULL| \*(ROWTIME|PROCTIME)\*/g, "")
    .replace(/^(VAR)?CHAR\(\d+\)$/, "STRING")
    .replace(/^(VAR)?BINARY\(\d+\)$/, "BYTES");
}

function fromFlink({ types, rows }: FlinkRows): Result {
  const plain = types.map(plainType);
  const kept = new Kept();
  for (const [change, ...cells] of rows) {
    const row = cells.map((cell, i) => (cell !== null && isFloating(plain[i]) ? Number(cell) : cell));
    kept.apply(row, change === "+I" || change === "+U");
  }
  return { types: plain, rows: kept.rows() };
}

/** The branches of a UNION ALL are sinks of their own here. */
function fromMillrace(sinks: readonly CollectingSink[]): Result {
  const schema = sinks.flatMap(({ batches }) => batches[0] ?? [])[0]?.schema.fields ?? [];
  const kept = new Kept();
  for (const { rows, batches } of sinks) {
    let at = 0;
    for (const { op, rows: count } of batches) {
      for (let i = 0; i < count; i++) {
        const change = op?.[i] ?? Op.insert;
        const cells = (rows[at++] as CellValue[]).map((cell, c) => plainCell(schema[c]?.type as DataType, cell));
        kept.apply(cells, change === Op.insert || change === Op.updateAfter);
      }
    }
  }
  return { types: schema.map(({ type }) => plainType(formatType(type))), rows: kept.rows() };
}

function plainCell(type: DataType, cell: CellValue): Cell {
  if (cell === null) return null;
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("hex").toUpperCase();
  switch (type.kind) {
    case "float":
    case "double":
      return cell as number;
    case "decimal":
      return decimalText(cell as bigint, type.scale);
    case "timestamp":
    case "timestamp_ltz":
      return String((cell as bigint) * (type.precision > 6 ? 1n : 1000n));
    default:
      return String(cell);
  }
}

/** A multiset of rows. */
class Kept {
  readonly #counts = new Map<string, { readonly row: readonly Cell[]; count: number }>();

  apply(row: readonly Cell[], added: boolean): void {
    const key = JSON.stringify(row.map((cell) => (typeof cell === "number" ? `${cell}` : cell)));
    const kept = this.#counts.get(key) ?? { row, count: 0 };
    kept.count += added ? 1 : -1;
    this.#counts.set(key, kept);
  }

  rows(): readonly (readonly Cell[])[] {
    return [...this.#counts.values()].flatMap(({ row, count }) => {
      if (count < 0) throw new Error(`${JSON.stringify(row)} was taken back and never there`);
      return Array.from({ length: count }, () => row);
    });
  }
}

/** Both run it, and give the same rows. */
export async function expectSame(flink: FlinkOracle, script: SharedScript): Promise<void> {
  const millrace = await inMillrace(script);
  if ("error" in millrace) throw new Error(`Millrace: ${millrace.error}`);
  const theirs = await inFlink(flink, script);
  if ("error" in theirs) throw new Error(`Flink: ${theirs.error}`);
  expect(differenceOf(millrace, theirs)).toBeNull();
  expect(millrace.rows.length).toBeGreaterThan(0);
}

/** Exact columns first, so that floats that differ in the last digits do not change who stands beside whom. */
function inOrder(rows: Result["rows"]): (readonly Cell[])[] {
  const exact = (row: readonly Cell[]): string =>
    JSON.stringify(row.map((cell) => (typeof cell === "number" ? "" : cell)));
  return rows
    .map((row) => ({ row, key: exact(row) }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : byFloats(a.row, b.row)))
    .map(({ row }) => row);
}

function byFloats(a: readonly Cell[], b: readonly Cell[]): number {
  for (const [i, cell] of a.entries()) {
    if (typeof cell === "number" && cell !== b[i]) return cell - Number(b[i]);
  }
  return 0;
}

function agree(a: Cell | undefined, b: Cell | undefined, type: string | undefined): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "number" || typeof b !== "number") return false;
  return Math.abs(a - b) <= (type === "FLOAT" ? 1e-5 : 1e-9) * Math.max(1e-300, Math.abs(a), Math.abs(b));
}

/** Null = no difference. */
export function differenceOf(millrace: Result, flink: Result): string | null {
  if (flink.rows.length !== millrace.rows.length)
    return `${millrace.rows.length} rows, in Flink ${flink.rows.length}\n${sample(millrace)}\nin Flink\n${sample(flink)}`;
  const [ours, theirs] = [inOrder(millrace.rows), inOrder(flink.rows)];
  for (const [at, row] of ours.entries()) {
    const other = theirs[at] ?? [];
    const column = row.findIndex((cell, i) => !agree(cell, other[i], flink.types[i]));
    if (column >= 0)
      return `column ${column} (${flink.types[column]}): ${row[column]}, in Flink ${other[column]}; a row is ${JSON.stringify(row)}, in Flink ${JSON.stringify(other)}`;
  }
  if (ours.length > 0 && String(millrace.types) !== String(flink.types))
    return `types are ${millrace.types.join(", ")}, in Flink ${flink.types.join(", ")}`;
  return null;
}

function sample({ rows }: Result): string {
  return inOrder(rows)
    .slice(0, 12)
    .map((row) => JSON.stringify(row))
    .join("\n");
}
