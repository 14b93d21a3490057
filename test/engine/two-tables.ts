/** Two tables for joins: rows from a seed, some of them late, over several partitions, and each with its partition's watermark before it. */
import { expect } from "bun:test";
import type { CellValue } from "../../src/core/value.ts";
import type { QueryStatus } from "../../src/engine/status.ts";
import { runSimulated } from "./run-simulated.ts";
import { SimulatedSource, seededRandom } from "./simulated-source.ts";

const source = "WITH ('connector' = 'filesystem', 'path' = 'simulated', 'format' = 'json')";
export const tables = `
  CREATE TABLE orders (id BIGINT, item STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '2' SECOND) ${source};
  CREATE TABLE ships (id BIGINT, item STRING, x INT, ts TIMESTAMP(3), WATERMARK FOR ts AS ts - INTERVAL '1' SECOND) ${source};
`;
export const delays = { orders: 2000, ships: 1000 };

export interface Row {
  readonly id: number;
  readonly item: string | null;
  readonly x: number | null;
  /** Epoch milliseconds. */
  readonly ts: number;
}

export const START = 1_714_521_600_000;
export const stamp = (ms: number): string => new Date(ms).toISOString().replace("T", " ").replace("Z", "");

/** Records of each partition of a table. */
export function rowsOf(seed: number, most: number): Row[][] {
  const random = seededRandom(seed);
  const pick = (below: number): number => Math.floor(random() * below);
  const items = 1 + pick(15);
  const step = 1 + pick(900);
  const back = random() < 0.3 ? 500 : 8000;
  // Of every other seed times are on edges: of windows, of bounds and of watermarks, or a millisecond before.
  const edge = (ms: number): number => (seed % 2 === 0 ? Math.floor(ms / 500) * 500 - pick(2) : ms);
  let id = 0;
  return Array.from({ length: 1 + pick(3) }, () => {
    let now = START + pick(5000);
    return Array.from({ length: pick(most) }, () => {
      now += pick(step);
      const item = random() < 0.1 ? null : `item ${pick(items)}${"long ".repeat(pick(2) * 6)}`;
      return { id: id++, item, x: random() < 0.1 ? null : pick(10), ts: edge(now - (random() < 0.2 ? pick(back) : 0)) };
    });
  });
}

export type Parts = Readonly<Record<"orders" | "ships", Row[][]>>;

export interface Judged extends Row {
  readonly before: number;
}

/** Every row with its partition's watermark before it. */
export function judged(partitions: readonly Row[][], delay: number): Judged[] {
  return partitions.flatMap((rows) => {
    let mark = Number.NEGATIVE_INFINITY;
    return rows.map((row) => {
      const before = mark;
      mark = Math.max(mark, row.ts - delay);
      return { ...row, before };
    });
  });
}

/** `seed`: how the records are read. */
export async function run(
  seed: number,
  sql: string,
  parts: Parts,
): Promise<{ rows: CellValue[][]; query: QueryStatus }> {
  const { sinks, status } = await runSimulated(`${tables} ${sql}`, (table) => {
    const lines = parts[table as keyof Parts].map((rows) =>
      rows.map((row) => JSON.stringify({ ...row, ts: stamp(row.ts) })),
    );
    return new SimulatedSource(lines, { seed, maxBatch: 1 + (seed % 4) * 70 });
  });
  const [query] = status.queries as [QueryStatus];
  expect(query.rows).toBe(query.counted + query.late + query.filtered + query.bad);
  expect(query.accounting?.difference).toBe(0);
  return { rows: [...(sinks[0]?.rows ?? [])], query };
}
