/** Reads a changelog as what keeps rows would, and holds every change against what is kept. */
import { expect } from "bun:test";
import { Op } from "../../src/core/batch.ts";
import { type CellValue, readCell } from "../../src/core/value.ts";
import type { CollectingSink } from "./run-simulated.ts";

/** What a reader of the changelog holds in the end; every change must fit what it holds. */
export function applied(sink: CollectingSink): CellValue[][] {
  const held = new Map<string, number>();
  const rows = new Map<string, CellValue[]>();
  let updating: string | null = null;
  for (const batch of sink.batches) {
    for (let row = 0; row < batch.rows; row++) {
      const op = batch.op?.[row] ?? Op.insert;
      const cells = batch.schema.fields.map((field, i) =>
        readCell(batch.columns[i] as (typeof batch.columns)[number], field.type, row),
      );
      const key = textOf(cells);
      if (op === Op.insert || op === Op.updateAfter) {
        expect(op === Op.updateAfter).toBe(updating !== null);
        if (op === Op.updateAfter) expect(key).not.toBe(updating ?? "");
        updating = null;
        held.set(key, (held.get(key) ?? 0) + 1);
        rows.set(key, cells);
        continue;
      }
      expect(updating).toBeNull();
      expect(held.get(key) ?? 0).toBeGreaterThan(0);
      held.set(key, (held.get(key) ?? 0) - 1);
      if (op === Op.updateBefore) updating = key;
    }
  }
  expect(updating).toBeNull();
  return [...held].flatMap(([key, count]) => Array.from({ length: count }, () => rows.get(key) as CellValue[]));
}

function textOf(cells: readonly CellValue[]): string {
  return JSON.stringify(cells, (_, value) => (typeof value === "bigint" ? `${value}n` : value));
}

/** Rows as texts, in an order of their own. */
export const sorted = (rows: readonly (readonly CellValue[])[]): string[] => rows.map(textOf).sort();
