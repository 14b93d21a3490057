import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import { decodeBatch, encodeBatch } from "../../src/core/batch-bytes.ts";
import type { Schema } from "../../src/core/type.ts";

const schema: Schema = {
  fields: [
    { name: "flag", type: { kind: "boolean" }, nullable: true },
    { name: "page", type: { kind: "string" }, nullable: true },
    { name: "n", type: { kind: "bigint" }, nullable: true },
    { name: "d", type: { kind: "decimal", precision: 20, scale: 2 }, nullable: true },
    { name: "t", type: { kind: "tinyint" }, nullable: false },
  ],
};

const row = fc.tuple(
  fc.option(fc.boolean()),
  fc.option(fc.string({ unit: "binary" })),
  fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
  fc.option(fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n })),
  fc.integer({ min: -128, max: 127 }),
);
const batches = fc
  .record({
    rows: fc.array(row, { maxLength: 40 }),
    watermark: fc.option(fc.integer()),
    epoch: fc.nat(),
    ops: fc.boolean(),
  })
  .map(({ rows, ops, watermark, epoch }) =>
    batchFromRows(schema, rows, { watermark, epoch, op: ops ? new Uint8Array(rows.length).fill(2) : null }),
  );

describe("batch bytes", () => {
  test("decode gives back every batch that was encoded, buffer by buffer", () => {
    fc.assert(fc.property(batches, (batch) => expect(decodeBatch(encodeBatch(batch), schema)).toEqual(batch)));
  });

  test("buffers decoded are views: nothing is copied, each starts on a multiple of 8", () => {
    const bytes = encodeBatch(batchFromRows(schema, [[true, "a", 1n, 2n, 3]]));
    for (const column of decodeBatch(bytes, schema).columns) {
      expect(column.values.buffer).toBe(bytes.buffer);
      expect(column.values.byteOffset % 8).toBe(0);
    }
  });

  test("a batch cut at any byte, or with any length changed, is refused rather than read", () => {
    const bytes = encodeBatch(
      batchFromRows(schema, [
        [true, "abcdefghij", 1n, 2n, 3],
        [null, null, null, null, 0],
      ]),
    );
    for (let cut = 0; cut < bytes.length; cut++) expect(() => decodeBatch(bytes.slice(0, cut), schema)).toThrow();
    for (let at = 0; at < 12; at++) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ 0x40;
      expect(() => decodeBatch(changed, schema)).toThrow();
    }
  });

  test("offsets that fall or leave the values are refused", () => {
    const batch = batchFromRows({ fields: [{ name: "s", type: { kind: "string" }, nullable: false }] }, [
      ["ab"],
      ["c"],
    ]);
    const column = batch.columns[0];
    if (column === undefined) throw new Error("one column");
    for (const offsets of [
      [0, 3, 2],
      [-1, 2, 3],
      [0, 2, 4],
    ]) {
      const changed = { ...batch, columns: [{ ...column, offsets: Int32Array.from(offsets) }] };
      expect(() => encodeBatch(changed)).toThrow("offsets");
    }
  });
});
