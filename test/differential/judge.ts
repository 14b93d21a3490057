/** Runs one random script through the engine and through DuckDB, and says where they differ. */
import { formatType } from "../../src/core/type-text.ts";
import type { CellValue } from "../../src/core/value.ts";
import { runSimulated, type SimulatedRun } from "../engine/run-simulated.ts";
import { SimulatedSource } from "../engine/simulated-source.ts";
import { type Cell, comparable, decimalText } from "./cell.ts";
import { Dice } from "./dice.ts";
import type { DuckDb } from "./duckdb.ts";
import { type OutputCheck, type RandomQuery, randomProjection } from "./query.ts";
import { type RandomTable, randomTable } from "./script.ts";
import { randomWindowQuery } from "./window-query.ts";

export interface RandomScript {
  readonly seed: number;
  readonly table: RandomTable;
  readonly queries: readonly RandomQuery[];
}

export function randomScript(seed: number): RandomScript {
  const dice = new Dice(seed);
  const table = randomTable(dice);
  const queries = Array.from({ length: dice.pick([1, 1, 2, 2, 3, 4]) }, (_, index) =>
    dice.chance(0.3) ? randomProjection(dice, table, index) : randomWindowQuery(dice, table, index),
  );
  return { seed, table, queries };
}

export function scriptText({ table, queries }: RandomScript): string {
  return `${table.createFlink}\n${queries.map((query) => query.views + query.flink).join("\n")}\n`;
}

export interface Expected {
  readonly rows: readonly (readonly Cell[])[];
  /** late, filtered, bad, counted */
  readonly counts: readonly Cell[];
  readonly overflows: boolean;
}

export async function expectedOf(duck: DuckDb, script: RandomScript): Promise<Expected[]> {
  await duck.run(script.table.createDuck);
  const expected: Expected[] = [];
  for (const query of script.queries) {
    const overflows = query.duckOverflows === null ? 0 : ((await duck.rows(query.duckOverflows))[0]?.[0] ?? 0);
    const rows = await duck.rows(query.duckRows);
    expected.push({ rows, counts: (await duck.rows(query.duckCounts))[0] ?? [], overflows: overflows !== 0 });
  }
  return expected;
}

/** Null = all is as expected, else the first difference. */
export async function differenceOf(
  script: RandomScript,
  expected: readonly Expected[],
  read: { seed: number; maxBatch: number },
): Promise<string | null> {
  const overflows = expected.some((each) => each.overflows);
  let run: SimulatedRun;
  try {
    run = await runSimulated(scriptText(script), () => new SimulatedSource(script.table.records, read));
  } catch (error) {
    const { message } = error as Error;
    return overflows && /sum|overflow|range/i.test(message) ? null : `the engine refuses: ${message}`;
  }
  if (overflows) return "a sum that its type cannot hold did not fail the job";
  for (const [index, query] of script.queries.entries()) {
    const status = run.status.queries[index];
    const counts = [status?.late, status?.filtered, status?.bad, status?.counted];
    const wanted = expected[index] as Expected;
    if (String(counts) !== String(wanted.counts)) {
      return `query ${index}: late, filtered, bad, counted are ${counts}, not ${wanted.counts}`;
    }
    const difference = rowsDiffer(query, run.sinks[index]?.rows ?? [], wanted.rows, script);
    if (difference !== null) return `query ${index}: ${difference}`;
  }
  return null;
}

function rowsDiffer(
  query: RandomQuery,
  got: readonly CellValue[][],
  wanted: Expected["rows"],
  script: RandomScript,
): string | null {
  if (got.length !== wanted.length) return `${got.length} rows, not ${wanted.length}`;
  const rows = query.isProjection ? byNumber(got, script) : got;
  if (rows === null) return "rows of one partition changed their order";
  for (const [at, row] of rows.entries()) {
    for (const [column, check] of query.outputs.entries()) {
      const want = wanted[at] as readonly Cell[];
      const within = check.within === null ? 0 : Number(want[check.within] ?? 0);
      const [a, b] = [plainCell(check, row[column] as CellValue), wantedCell(check, want[column] as Cell)];
      if (!agree(a, b, within))
        return `row ${at}, column o${column} (${formatType(check.type)}): ${String(a)}, not ${String(b)}`;
    }
  }
  return null;
}

/** By row number, or null where a partition's rows are out of order. */
function byNumber(rows: readonly CellValue[][], { table }: RandomScript): CellValue[][] | null {
  const last = new Map<number, number>();
  for (const row of rows) {
    const id = Number(row[0]);
    const partition = table.rows[id]?.partition ?? -1;
    if ((last.get(partition) ?? -1) >= id) return null;
    last.set(partition, id);
  }
  return [...rows].sort((a, b) => Number(a[0]) - Number(b[0]));
}

function plainCell({ type }: OutputCheck, cell: CellValue): Cell {
  if (cell instanceof Uint8Array) return Buffer.from(cell).toString("hex").toUpperCase();
  if (typeof cell === "number" && type.kind !== "double" && type.kind !== "float") return String(cell);
  return comparable(type, cell as Cell);
}

function wantedCell({ type, unscaled }: OutputCheck, cell: Cell): Cell {
  if (cell === null || type.kind !== "decimal") return cell;
  if (unscaled) return decimalText(BigInt(cell as string), type.scale);
  return (cell as string).replace(/^(-?)\./, "$10.");
}

function agree(a: Cell, b: Cell, within: number): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (typeof a !== "number" || typeof b !== "number") return false;
  return Math.abs(a - b) <= within || (!Number.isFinite(within) && !Number.isNaN(a));
}
