/** Digests of results: the order of rows and what is taken back leave no trace, every other difference does. */
import { describe, expect, test } from "bun:test";
import { type Batch, Op } from "../../src/core/batch.ts";
import { columnFromValues } from "../../src/core/batch-builder.ts";
import { divergences } from "../../src/engine/replay.ts";
import { type QueryDigest, ResultDigest } from "../../src/engine/result-digest.ts";
import { seededRandom } from "./simulated-source.ts";

const fields = [
  { name: "window_end", type: { kind: "timestamp", precision: 3 }, nullable: false },
  { name: "page", type: { kind: "string" }, nullable: true },
  { name: "mean", type: { kind: "double" }, nullable: true },
] as const;

interface Row {
  readonly end: bigint;
  readonly page: string | null;
  readonly mean: number | null;
  readonly op?: Op;
}

function batchOf(rows: readonly Row[]): Batch {
  const values = [rows.map(({ end }) => end), rows.map(({ page }) => page), rows.map(({ mean }) => mean)];
  return {
    schema: { fields },
    rows: rows.length,
    columns: fields.map(({ type }, i) => columnFromValues(type, values[i] as never)),
    op: Uint8Array.from(rows.map(({ op = Op.insert }) => op)),
    watermark: null,
    epoch: 0,
  };
}

function digestOf(...batches: readonly (readonly Row[])[]): QueryDigest {
  const digest = new ResultDigest();
  for (const rows of batches) digest.add(batchOf(rows));
  return digest.windows;
}

const random = seededRandom(11);
const rows = Array.from(
  { length: 300 },
  (_, i): Row => ({
    end: BigInt(i % 7) * 10_000_000n,
    page: i % 13 === 0 ? null : `/p/${i % 40}`,
    mean: i % 17 === 0 ? null : random() * 1000,
  }),
);
const recordedOf = (windows: QueryDigest) => ({
  plan: "",
  sources: {},
  idleChanges: 0,
  queries: [{ label: "q", windows }],
});
const compared = (a: QueryDigest, b: QueryDigest) => divergences(recordedOf(a), [{ label: "q", windows: b }]);

describe("digests of results", () => {
  const whole = digestOf(rows);

  test("are a window each, whatever the order and the batches", () => {
    expect(whole.map(({ window }) => window)).toEqual(
      Array.from({ length: 7 }, (_, i) => `1970-01-01 00:${i === 6 ? "01:00" : `00:${i}0`}`),
    );
    const shuffled = rows.toSorted(() => random() - 0.5);
    expect(compared(whole, digestOf(shuffled.slice(0, 100), shuffled.slice(100)))).toEqual([]);
  });

  test("do not know of rows that were taken back", () => {
    const early = rows.map((row) => ({ ...row, page: `${row.page} early`, mean: 1e6 }));
    const changes = rows.flatMap((row, i): Row[] => [
      { ...(early[i] as Row), op: Op.updateBefore },
      { ...row, op: Op.updateAfter },
    ]);
    expect(compared(whole, digestOf(early, changes))).toEqual([]);
    const gone = [{ ...(rows[0] as Row), end: 990_000_000n }];
    expect(
      compared(
        whole,
        digestOf(
          rows,
          gone,
          gone.map((row) => ({ ...row, op: Op.delete })),
        ),
      ),
    ).toEqual([]);
  });

  test("tell any one value apart, and a sum of doubles by more than its last digits", () => {
    for (let i = 0; i < rows.length; i += 29) {
      const row = rows[i] as Row;
      const others: Row[] = [
        { ...row, page: `${row.page}x` },
        { ...row, end: row.end + 1_000n },
        { ...row, mean: row.mean === null ? 0 : null },
        { ...row, mean: Number.NaN },
        { ...row, mean: (row.mean ?? 0) + 0.001 },
      ];
      for (const other of others) expect(compared(whole, digestOf(rows.with(i, other))).length).toBeGreaterThan(0);
      if (row.mean === null) continue;
      expect(compared(whole, digestOf(rows.with(i, { ...row, mean: row.mean * (1 + 2 * Number.EPSILON) })))).toEqual(
        [],
      );
    }
    expect(compared(whole, digestOf(rows.slice(1)))[0]?.what).toBe("42 rows, recorded were 43");
    expect(compared(whole, digestOf(rows.with(5, { ...(rows[5] as Row), page: "other" })))[0]?.what).toBe(
      "1 of its 43 rows is another",
    );
  });
});
