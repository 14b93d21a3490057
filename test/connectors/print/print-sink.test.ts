import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { createBlackholeSink } from "../../../src/connectors/blackhole/blackhole-sink.ts";
import type { EncodedRows } from "../../../src/connectors/connector.ts";
import { readPrintOptions } from "../../../src/connectors/print/options.ts";
import { createPrintSink, type PrintSinkInput, type PrintTurn } from "../../../src/connectors/print/print-sink.ts";
import { safeText } from "../../../src/connectors/print/safe-text.ts";
import { type Batch, Op } from "../../../src/core/batch.ts";
import { batchFromRows } from "../../../src/core/batch-builder.ts";
import type { Schema } from "../../../src/core/type.ts";
import { type CellValue, readCell } from "../../../src/core/value.ts";
import { encodeCsv } from "../../../src/formats/csv.ts";

const schema: Schema = {
  fields: [
    { name: "page", type: { kind: "string" }, nullable: true },
    { name: "clicks", type: { kind: "bigint" }, nullable: false },
  ],
};

function batchOf(rows: [string | null, bigint][], op: readonly Op[] | null = null): Batch {
  return batchFromRows(schema, rows, { op: op === null ? null : Uint8Array.from(op) });
}

/** Strings and numbers only. */
function encodeJson(batch: Batch): EncodedRows {
  const lines = Array.from({ length: batch.rows }, (_, row) => {
    const pairs = batch.schema.fields.map(({ name, type }, index) => {
      const value: CellValue = readCell(batch.columns[index] as Batch["columns"][0], type, row);
      return `${JSON.stringify(name)}:${typeof value === "bigint" ? value : JSON.stringify(value)}`;
    });
    return Buffer.from(`{${pairs.join(",")}}`);
  });
  const offsets = new Int32Array(lines.length + 1);
  lines.forEach((line, index) => {
    offsets[index + 1] = (offsets[index] as number) + line.length;
  });
  return { rows: lines.length, bytes: Buffer.concat(lines), offsets, keyBytes: null, keyOffsets: null };
}

function printer(input: Partial<PrintSinkInput> & { columns?: number; color?: boolean } = {}) {
  const { columns = null, color = false, ...rest } = input;
  const written = { text: "" };
  const sink = createPrintSink({
    form: "table",
    style: () => ({ columns, color }),
    turn: { last: null },
    schema: null,
    identifier: null,
    encodeJson,
    encodeCsv,
    ...rest,
    write: (text) => {
      written.text += text;
    },
  });
  return { sink, written };
}

function printed(batches: readonly Batch[], input: Parameters<typeof printer>[0] = {}): string {
  const { sink, written } = printer(input);
  for (const batch of batches) sink.write(batch);
  return written.text;
}

describe("table", () => {
  test("aligns columns, numbers to the right, with one header", () => {
    expect(
      printed([
        batchOf([
          ["/home", 8012n],
          [null, 7n],
        ]),
        batchOf([["/cart", 12n]]),
      ]),
    ).toBe(" page  | clicks\n-------+--------\n /home |   8012\n null  |      7\n /cart |     12\n");
  });

  test("repeats the header when a column grows and after a screenful", () => {
    const grown = printed([batchOf([["/a", 1n]]), batchOf([["/longer", 2n]]), batchOf([["/b", 3n]])]);
    expect(grown.match(/ page/g)).toHaveLength(2);
    const rows = Array.from({ length: 100 }, (_, row): [string, bigint] => ["/a", BigInt(row % 10)]);
    const lines = printed([batchOf(rows)]).split("\n");
    expect(lines.flatMap((line, index) => (line.startsWith(" page") ? [index] : []))).toEqual([0, 42, 84]);
  });

  test("shows the columns of a result without rows when it is over, once and only then", async () => {
    for (const [form, header] of [
      ["table", " page | clicks\n------+--------\n"],
      ["csv", "page,clicks\r\n"],
      ["json", ""],
      ["changelog", ""],
    ] as const) {
      const empty = printer({ form, schema });
      empty.sink.write(batchOf([]));
      expect(empty.written.text).toBe("");
      await empty.sink.close();
      expect([form, empty.written.text]).toEqual([form, header]);
      const some = printer({ form, schema });
      some.sink.write(batchOf([["/a", 1n]]));
      const before = some.written.text;
      await some.sink.close();
      expect(some.written.text).toBe(before);
    }
  });

  test("repeats the header after another sink wrote", () => {
    const turn: PrintTurn = { last: null };
    const one = printer({ turn });
    const other = printer({ turn });
    for (const { sink } of [one, one, other, one]) sink.write(batchOf([["/a", 1n]]));
    expect(one.written.text.match(/ page/g)).toHaveLength(2);
  });

  test("a time that does not fit keeps its end, where it differs from the next", () => {
    const times: Schema = {
      fields: [
        { name: "window_start", type: { kind: "timestamp", precision: 3 }, nullable: false },
        { name: "page", type: { kind: "string" }, nullable: false },
      ],
    };
    const noon = BigInt(Date.UTC(2024, 4, 1, 12)) * 1000n;
    const rows = [0n, 60_000_000n].map((after) => [noon + after, "/home"]);
    expect(printed([batchFromRows(times, rows)], { columns: 22 }).split("\n")).toEqual([
      " window_start | page",
      "--------------+-------",
      " …01 12:00:00 | /home",
      " …01 12:01:00 | /home",
      "",
    ]);
  });

  test("keeps every line within the terminal and cuts nothing in a pipe", () => {
    const long = `/${"x".repeat(100)}`;
    const batch = batchOf([[long, 123_456_789_012_345n]]);
    for (const columns of [40, 60, 90]) {
      const lines = printed([batch], { columns }).trimEnd().split("\n");
      for (const line of lines) expect(Bun.stringWidth(line)).toBeLessThanOrEqual(columns);
      expect(lines.at(-1)).toContain("…");
      expect(lines.at(-1)).toContain("123456789012345");
    }
    expect(printed([batch])).toContain(long);
  });

  test("aligns wide characters by the columns they take", () => {
    const lines = printed([
      batchOf([
        ["日本", 1n],
        ["abcd", 2n],
      ]),
    ]).split("\n");
    expect(Bun.stringWidth(lines[2] as string)).toBe(Bun.stringWidth(lines[3] as string));
  });

  test("shows what kind of change a row is once there is more than new rows", () => {
    const changes = batchOf(
      [
        ["/a", 1n],
        ["/a", 2n],
      ],
      [Op.updateBefore, Op.updateAfter],
    );
    expect(printed([changes, batchOf([["/b", 3n]])])).toBe(
      " op | page | clicks\n----+------+--------\n -U | /a   |      1\n +U | /a   |      2\n +I | /b   |      3\n",
    );
  });

  test("uses colour only where it is asked to", () => {
    const changes = batchOf([["/a", 1n]], [Op.delete]);
    expect(printed([changes])).not.toContain("\u001b");
    expect(printed([changes], { color: true })).toContain("\u001b[31m");
  });
});

describe("safe text", () => {
  test("lets no control character through to a terminal", () => {
    expect(safeText("a\u001b[2Jb\nc\td\u0007é日👍")).toBe("a\\u001b[2Jb\\nc\\td\\u0007é日👍");
    expect(safeText("a\u202eb\u2028\u009b")).toBe("a\\u202eb\\u2028\\u009b");
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        const codes = [...safeText(text)].map((character) => character.codePointAt(0) as number);
        expect(codes.every((code) => code >= 32 && (code < 127 || code > 159))).toBe(true);
      }),
    );
    expect(printed([batchOf([["\u001b]0;owned\u0007", 1n]])])).not.toContain("\u001b");
  });
});

describe("changelog, JSON and CSV", () => {
  const batches = [batchOf([["/a,b", 1n]]), batchOf([[null, 2n]])];
  const changes = batchOf([["/a", 1n]], [Op.delete]);

  test("writes Flink's changelog, with its identifier", () => {
    expect(printed(batches, { form: "changelog" })).toBe("+I[/a,b, 1]\n+I[null, 2]\n");
    expect(printed([changes], { form: "changelog", identifier: "out" })).toBe("out> -D[/a, 1]\n");
  });

  test("writes one JSON object a line", () => {
    expect(printed(batches, { form: "json" })).toBe('{"page":"/a,b","clicks":1}\n{"page":null,"clicks":2}\n');
    expect(printed([changes], { form: "json" })).toBe('{"op":"-D","page":"/a","clicks":1}\n');
  });

  test("writes one CSV header, then rows", () => {
    expect(printed(batches, { form: "csv" })).toBe('page,clicks\r\n"/a,b",1\r\n,2\r\n');
    expect(printed([changes, changes], { form: "csv" })).toBe("op,page,clicks\r\n-D,/a,1\r\n-D,/a,1\r\n");
  });

  test("writes nothing for no rows", () => {
    for (const form of ["table", "json", "csv", "changelog"] as const)
      expect(printed([batchOf([])], { form })).toBe("");
  });
});

describe("options", () => {
  test("are Flink's", () => {
    const read = (options: Record<string, string>) => readPrintOptions({ table: "out", options });
    expect(read({})).toEqual({ identifier: null, standardError: false });
    expect(read({ "print-identifier": "p", "standard-error": "true" })).toEqual({
      identifier: "p",
      standardError: true,
    });
    expect(() => read({ "standard-error": "yes" })).toThrow('option "standard-error" is "yes"');
  });
});

describe("blackhole", () => {
  test("counts what it takes", () => {
    const sink = createBlackholeSink();
    sink.write(batchOf([["/a", 1n]]));
    sink.write(batchOf([["/a", 1n]]));
    expect(sink.rows).toBe(2);
  });
});
