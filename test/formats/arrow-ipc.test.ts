import { describe, expect, test } from "bun:test";
import { tableFromIPC } from "apache-arrow";
import type { Batch } from "../../src/core/batch.ts";
import { batchFromRows } from "../../src/core/batch-builder.ts";
import { decodeBatch, encodeBatch } from "../../src/core/batch-bytes.ts";
import type { DataType, Schema } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import { encodeArrowStream } from "../../src/formats/arrow-ipc.ts";
import { findArrowReader } from "./arrow-reader.ts";

/** Type, a value with its NULL beside it, and what an independent reader must say about both. */
const columns: readonly { type: DataType; value: CellValue; arrow: string; text: string }[] = [
  { type: { kind: "boolean" }, value: true, arrow: "bool", text: "True" },
  { type: { kind: "tinyint" }, value: -128, arrow: "int8", text: "-128" },
  { type: { kind: "smallint" }, value: 32_767, arrow: "int16", text: "32767" },
  { type: { kind: "int" }, value: -2_147_483_648, arrow: "int32", text: "-2147483648" },
  { type: { kind: "bigint" }, value: 9_007_199_254_740_993n, arrow: "int64", text: "9007199254740993" },
  { type: { kind: "float" }, value: 0.5, arrow: "float", text: "0.5" },
  { type: { kind: "double" }, value: 0.1, arrow: "double", text: "0.1" },
  {
    type: { kind: "decimal", precision: 38, scale: 2 },
    value: -(10n ** 37n) - 5n,
    arrow: "decimal128(38, 2)",
    text: `-1${"0".repeat(35)}.05`,
  },
  { type: { kind: "string" }, value: "naïve 🦆", arrow: "string", text: "naïve 🦆" },
  { type: { kind: "bytes" }, value: new Uint8Array([0, 255]), arrow: "binary", text: "00ff" },
  { type: { kind: "date" }, value: 19_782, arrow: "date32[day]", text: "2024-02-29" },
  { type: { kind: "time", precision: 3 }, value: 45_296_789, arrow: "time32[ms]", text: "12:34:56.789000" },
  {
    type: { kind: "timestamp", precision: 3 },
    value: 1_714_564_800_123_456n,
    arrow: "timestamp[us]",
    text: "1714564800123456",
  },
  { type: { kind: "timestamp", precision: 9 }, value: -1n, arrow: "timestamp[ns]", text: "-1" },
  { type: { kind: "timestamp_ltz", precision: 3 }, value: 5n, arrow: "timestamp[us, tz=UTC]", text: "5" },
  { type: { kind: "timestamp_ltz", precision: 9 }, value: 7n, arrow: "timestamp[ns, tz=UTC]", text: "7" },
  { type: { kind: "interval_day" }, value: -93_784_005n, arrow: "duration[ms]", text: "-93784005" },
];
const schema: Schema = {
  fields: columns.map(({ type }, index) => ({ name: `c${index}`, type, nullable: true })),
};

/** Row 0 holds the values, row 1 NULLs, row 2 the values again: so every bitmap and offset is exercised. */
function sample(): Batch {
  const row = columns.map(({ value }) => value);
  return batchFromRows(schema, [row, row.map(() => null), row]);
}

const reader = findArrowReader();
if (typeof reader !== "function") console.log(`skipped: Arrow streams in pyarrow (${reader.reason})`);

describe("Arrow IPC stream", () => {
  test.skipIf(typeof reader !== "function")("pyarrow reads every type, value and NULL as we mean them", () => {
    if (typeof reader !== "function") return;
    const travelled = decodeBatch(encodeBatch(sample()), schema);
    const reading = reader(encodeArrowStream(schema, [sample(), travelled]));
    expect(reading.schema).toEqual(columns.map(({ arrow }, index) => [`c${index}`, arrow, true]));
    columns.forEach(({ text }, index) => {
      expect([`c${index}`, reading.columns[`c${index}`]]).toEqual([`c${index}`, [text, null, text, text, null, text]]);
    });
  });

  test.skipIf(typeof reader !== "function")("a stream without rows still carries its schema", () => {
    if (typeof reader !== "function") return;
    for (const batches of [[], [batchFromRows(schema, [])]]) {
      const reading = reader(encodeArrowStream(schema, batches));
      expect(reading.schema.length).toBe(columns.length);
      expect(reading.columns.c4).toEqual([]);
    }
  });

  test("apache-arrow reads back year-month intervals, which pyarrow has no type for", () => {
    const months: Schema = { fields: [{ name: "m", type: { kind: "interval_month" }, nullable: true }] };
    const table = tableFromIPC(encodeArrowStream(months, [batchFromRows(months, [[14], [null]])]));
    expect(String(table.schema.fields[0]?.type)).toBe("Interval<YEAR_MONTH>");
    expect(table.getChildAt(0)?.get(1)).toBeNull();
    expect(Array.from(table.getChildAt(0)?.get(0) ?? [])).toEqual([1, 2]);
  });

  test("a type that has no columns here is refused by name", () => {
    const nested: Schema = {
      fields: [{ name: "a", type: { kind: "array", element: { kind: "int" } }, nullable: true }],
    };
    expect(() => encodeArrowStream(nested, [])).toThrow("type array has no Arrow form");
  });
});
