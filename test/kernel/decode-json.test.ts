/** What the JSON decoder makes of records: rows, bad rows, keys and paths, arrays, layouts that change, batches that break. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import { type DecodeOptions, TestDecoder, type TestField } from "./decode-harness.ts";
import { BIGINT, STRING } from "./harness.ts";

const ID: TestField = { path: ["id"], type: BIGINT };
const NAME: TestField = { path: ["name"], type: STRING };

function values(fields: readonly TestField[], records: readonly string[], options: Partial<DecodeOptions> = {}) {
  return new TestDecoder(fields, options).run(records).rows.map((row) => row.values);
}

function reasons(records: readonly (string | Uint8Array)[], options: Partial<DecodeOptions> = {}, fields = [ID, NAME]) {
  return new TestDecoder(fields, options)
    .run(records)
    .bad.map(({ record, reason, column }) => [record, reason, column]);
}

describe("records", () => {
  test("an object is a row, fields by name, in any order, extra ones ignored", () => {
    const records = ['{"id":1,"name":"a"}', '{"x":[{"id":9}],"name":"b","id":2,"y":{"name":"z"}}'];
    expect(values([ID, NAME], records)).toEqual([
      [1n, "a"],
      [2n, "b"],
    ]);
  });

  test("a missing field and a null are NULL", () => {
    expect(values([ID, NAME], ["{}", '{"id":null,"name":null}'])).toEqual([
      [null, null],
      [null, null],
    ]);
  });

  test("a missing field is bad where fields may not be missing, a null is not", () => {
    expect(reasons(['{"id":null,"name":"x"}', '{"id":1}', "{}"], { failOnMissingField: true })).toEqual([
      [1, 20, "name"],
      [2, 20, "id"],
    ]);
  });

  test("the last of repeated keys wins, also when it is null or repeats an object", () => {
    const nested: TestField = { path: ["u", "id"], type: BIGINT };
    const records = [
      '{"id":1,"id":2}',
      '{"id":1,"id":null}',
      '{"id":"x","id":3}',
      '{"u":{"id":4},"u":{}}',
      '{"u":{"id":4},"u":null}',
      '{"u":{"id":4,"id":5}}',
    ];
    expect(values([ID, nested], records)).toEqual([
      [2n, null],
      [null, null],
      [3n, null],
      [null, null],
      [null, null],
      [null, 5n],
    ]);
  });

  test("keys match by their meaning, escapes and empty keys included", () => {
    const fields: TestField[] = [ID, { path: [""], type: STRING }, { path: ["é😀"], type: STRING }];
    const records = ['{"\\u0069d":7,"":"empty","\\u00e9\\ud83d\\ude00":"x"}', '{"ID":1,"id ":2,"é😀":"y"}'];
    expect(values(fields, records)).toEqual([
      [7n, "empty", "x"],
      [null, null, "y"],
    ]);
  });

  test("an object is wanted where a path leads on: anything else but null does not fit", () => {
    const fields: TestField[] = [{ path: ["u", "id"], type: BIGINT }];
    expect(values(fields, ['{"u":{"id":1}}', '{"u":null}', '{"u":{}}'])).toEqual([[1n], [null], [null]]);
    expect(reasons(['{"u":3}', '{"u":[]}'], {}, fields)).toEqual([
      [0, 19, "u.id"],
      [1, 19, "u.id"],
    ]);
    expect(values(fields, ['{"u":3}'], { ignoreParseErrors: true })).toEqual([[null]]);
  });

  test("records without a value are skipped and counted, other values than objects are bad", () => {
    const decoder = new TestDecoder([ID]);
    const { rows, bad, counters } = decoder.run(["", " ", "\n", "\r\n", "[]", "null", "1", '"x"', "true", '{"id":1}']);
    expect(rows.map((row) => row.record)).toEqual([9]);
    expect(bad.map(({ record, reason }) => [record, reason])).toEqual([5, 6, 7, 8].map((record) => [record, 18]));
    expect(counters).toEqual({ records: 10, rows: 1, skipped: 5, bad: 4, ahead: 0, elements: 0 });
  });

  test("with parse errors ignored, text that is no object is skipped and a value that does not fit is NULL", () => {
    const decoder = new TestDecoder([ID, NAME], { ignoreParseErrors: true });
    const { rows, bad, counters } = decoder.run(["{", "3", '{"id":"x","name":"a"}', new Uint8Array([0xff])]);
    expect(rows).toEqual([{ record: 2, values: [null, "a"] }]);
    expect(bad).toEqual([]);
    expect(counters.skipped).toBe(3);
  });

  test("a byte order mark in front is no part of the text", () => {
    expect(values([ID], ['\ufeff{"id":1}', ' {"id":2}'])).toEqual([[1n], [2n]]);
    expect(reasons(['{"id":1}\ufeff', '\ufeff\ufeff{"id":1}'])).toEqual([
      [0, 16, null],
      [1, 16, null],
    ]);
  });
});

describe("top-level arrays", () => {
  test("each object of the array is a row, other elements are bad", () => {
    const decoded = new TestDecoder([ID]).run(['[{"id":1}, {"id":2},3,{"id":"x"},{"id":4}]', '{"id":5}']);
    expect(decoded.rows).toEqual([
      { record: 0, values: [1n] },
      { record: 0, values: [2n] },
      { record: 0, values: [4n] },
      { record: 1, values: [5n] },
    ]);
    expect(decoded.bad.map(({ record, reason }) => [record, reason])).toEqual([
      [0, 18],
      [0, 19],
    ]);
  });

  test("a malformed array gives no row at all", () => {
    expect(reasons(['[{"id":1},{"id":2]', '[{"id":1},]'])).toEqual([
      [0, 16, null],
      [1, 16, null],
    ]);
  });

  test("an array of any length goes on over as many vectors as it needs", () => {
    for (const length of [2047, 2048, 2049, 4096, 5000]) {
      const array = `[${Array.from({ length }, (_, i) => `{"id":${i}}`).join(",")}]`;
      const { rows, counters } = new TestDecoder([ID]).run(['{"id":-1}', array, '{"id":-2}']);
      const ids = rows.map(({ values: [id] }) => Number(id));
      expect(ids).toEqual([-1, ...Array.from({ length }, (_, i) => i), -2]);
      expect(rows.map((row) => row.record)).toEqual([0, ...Array.from({ length }, () => 1), 2]);
      expect(counters.rows).toBe(length + 2);
    }
  });
});

describe("malformed text", () => {
  const checkedByFull = [
    '{"id":1,"x":01}',
    '{"id":1,"x":1.}',
    '{"id":1,"x":-}',
    '{"id":1,"x":tru}',
    '{"id":1,"x":"\t"}',
    '{"id":1,"x":"\\x"}',
    '{"id":1,"x":"\\u12g4"}',
    '{"id":1,"x":[1,2}}',
    '{"id":1,"x":{"a" 1}}',
  ];
  const checkedAlways = [
    '{"id":1',
    '{"id":1}}',
    '{"id":1} x',
    '{"id" 1}',
    "{id:1}",
    "{'id':1}",
    '{"id":1,}',
    '{,"id":1}',
    '{"id":}',
  ];

  test("full validation refuses what JSON.parse refuses, wherever it is", () => {
    for (const record of [...checkedByFull, ...checkedAlways]) {
      expect(() => JSON.parse(record)).toThrow();
      expect({ record, reasons: reasons([record]) }).toEqual({ record, reasons: [[0, 16, null]] });
    }
  });

  test("projected validation reads past what it does not read", () => {
    for (const record of checkedByFull) {
      expect({ record, rows: values([ID], [record], { validation: "projected" }) }).toEqual({ record, rows: [[1n]] });
    }
    for (const record of checkedAlways) {
      const found = reasons([record], { validation: "projected" });
      expect({ record, found }).toEqual({ record, found: [[0, 16, null]] });
    }
  });

  test("nesting of any depth is walked over", () => {
    const depth = 300_000;
    const deep = (open: string, close: string) => `{"x":${open.repeat(depth)}${close.repeat(depth)},"id":1}`;
    expect(values([ID], [deep("[", "]"), deep('{"a":[', "]}").replace("[]", "[0]")])).toEqual([[1n], [1n]]);
    expect(reasons([deep("[", "}")])).toEqual([[0, 16, null]]);
    expect(values([ID], [deep("[", "]")], { validation: "projected" })).toEqual([[1n]]);
  });

  test("text that is not UTF-8 is refused: anywhere in full, in what is read in projected", () => {
    const broken = (before: string, after: string) =>
      new Uint8Array([...Buffer.from(before), 0xc3, 0x28, ...Buffer.from(after)]);
    const unread = broken('{"id":1,"x":"', '"}');
    const read = broken('{"id":1,"name":"', '"}');
    expect(reasons([unread, read])).toEqual([
      [0, 17, null],
      [1, 17, null],
    ]);
    expect(reasons([unread, read], { validation: "projected" })).toEqual([[1, 17, null]]);
  });
});

/** Twelve records of each of several shapes. */
function shape(keys: readonly string[], from: number): string[] {
  return Array.from({ length: 12 }, (_, i) => {
    const members = keys.map((key) => `"${key}":${key === "id" ? from + i : `"${key}${i}"`}`);
    return `{${members.join(",")}}\n`;
  });
}

describe("layouts", () => {
  test("shapes that change in mid-stream, more of them than are remembered, give the same rows", () => {
    const shapes = [
      ["id", "name"],
      ["name", "id"],
      ["id"],
      ["x", "id", "y", "name"],
      ["name"],
      ["name", "q", "id"],
      ["a", "b"],
    ];
    const blocks = shapes.map((keys, index) => shape(keys, index * 100));
    const sorted = blocks.flat();
    const mixed = Array.from({ length: 12 }, (_, i) => blocks.map((block) => block[i] as string)).flat();
    for (const records of [sorted, mixed, [...mixed, ...sorted, ...mixed]]) {
      const expected = records.map((record) => {
        const { id, name } = JSON.parse(record);
        return [id === undefined ? null : BigInt(id), name ?? null];
      });
      expect(values([ID, NAME], records)).toEqual(expected);
    }
  });

  test("every byte at every place of a record of a known shape is judged as JSON.parse judges it", () => {
    const fields: TestField[] = [ID, NAME, { path: ["u", "d"], type: { kind: "double" } }];
    const good = '{"id":12,"x":"ab","u":{"d":1.5},"t":[1,"a"],"name":"cd"}';
    for (const validation of ["full", "projected"] as const) {
      const decoder = new TestDecoder(fields, { validation });
      decoder.run(Array.from({ length: 8 }, () => good));
      const bytes = new TextEncoder().encode(good);
      for (let at = 0; at < bytes.length; at++) {
        const records = Array.from({ length: 256 }, (_, byte) => {
          const record = bytes.slice();
          record[at] = byte;
          return record;
        });
        const known = decoder.run([bytes, ...records, bytes]);
        const alone = new TestDecoder(fields, { validation }).run(
          records.map((record) => Buffer.concat([record, padding])),
        );
        expect(known.rows.slice(1, -1).map(({ record, values }) => [record - 1, values])).toEqual(
          alone.rows.map(({ record, values }) => [record, values]),
        );
        if (validation === "projected") continue;
        const accepted = new Set(known.rows.map((row) => row.record - 1));
        for (const { record, reason } of known.bad) if (reason === 19) accepted.add(record - 1);
        records.forEach((record, byte) => {
          expect({ at, byte, accepted: accepted.has(byte) }).toEqual({ at, byte, accepted: isJson(record) });
        });
      }
    }
  }, 60_000);

  test("an insertion anywhere in a record of a known shape is judged as JSON.parse judges it", () => {
    const fields: TestField[] = [ID, { path: ["u", "d"], type: STRING }];
    const good = '{"id":12,"u":{"d":"x"},"t":[1,["a",{}]],"name":{"a":{"b":1}}}';
    const pieces = [
      '"',
      '""',
      '"x"',
      ":",
      '":',
      ",",
      "{",
      "}",
      "[]",
      "1",
      "0",
      "-",
      ".",
      " ",
      "\t",
      "\u001f",
      "\\",
      "null",
      '"a":1,',
      '"id":3,',
      '"u":{},',
    ];
    const decoder = new TestDecoder(fields);
    decoder.run(Array.from({ length: 8 }, () => good));
    for (let at = 0; at <= good.length; at++) {
      const records = pieces.map((piece) => good.slice(0, at) + piece + good.slice(at));
      const known = decoder.run([good, ...records, good]);
      const alone = new TestDecoder(fields).run(records.map((record) => record + " ".repeat(17_000)));
      expect(known.rows.slice(1, -1).map(({ record, values }) => [record - 1, values])).toEqual(
        alone.rows.map(({ record, values }) => [record, values]),
      );
      const bad = new Set(known.bad.filter(({ reason }) => reason === 16).map(({ record }) => record - 1));
      records.forEach((record, index) => {
        expect({ record, bad: bad.has(index) }).toEqual({ record, bad: !isJson(new TextEncoder().encode(record)) });
      });
    }
  });

  test("a learned record with repeated keys does not make the first one count", () => {
    const records = Array.from({ length: 30 }, (_, i) => `{"id":${i},"name":"a","id":${i + 100}}`);
    expect(values([ID], records)).toEqual(records.map((_, i) => [BigInt(i + 100)]));
    const nested = Array.from({ length: 30 }, (_, i) => `{"u":{"id":${i}},"u":{"x":1}}`);
    expect(values([{ path: ["u", "id"], type: BIGINT }], nested)).toEqual(nested.map(() => [null]));
  });

  test("values that do not fit turn up one by one among records of a known shape", () => {
    const records = Array.from({ length: 300 }, (_, i) => `{"id":${i % 7 === 3 ? '"x"' : i},"name":"n${i}"}\n`);
    const { rows, bad } = new TestDecoder([NAME, ID]).run(records);
    expect(rows.map((row) => row.values)).toEqual(
      records.flatMap((_, i) => (i % 7 === 3 ? [] : [[`n${i}`, BigInt(i)]])),
    );
    expect(bad.map(({ record }) => record)).toEqual(records.flatMap((_, i) => (i % 7 === 3 ? [i] : [])));
  });
});

const padding = new Uint8Array(17_000).fill(32);

function isJson(record: Uint8Array): boolean {
  try {
    JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(record));
    return true;
  } catch {
    return false;
  }
}

describe("batches", () => {
  const types: readonly DataType[] = [BIGINT, STRING, { kind: "timestamp", precision: 3 }];
  const fields = types.map((type, index) => ({ path: [`c${index}`], type }));
  const record = (i: number) =>
    i % 9 === 4
      ? `[{"c0":${i}},{"c1":"é${i}"}]\n`
      : `{"c0":${i},"c1":"text ${i}","c2":"2024-05-01 12:00:${String(i % 60).padStart(2, "0")}.123"}\n`;

  test("a stream cut at every place gives the same rows", () => {
    const records = Array.from({ length: 120 }, (_, i) => record(i));
    const whole = values(fields, records);
    for (let cut = 0; cut <= records.length; cut++) {
      const decoder = new TestDecoder(fields);
      const parts = [records.slice(0, cut), records.slice(cut)].flatMap((part) => decoder.run(part).rows);
      expect(parts.map((row) => row.values)).toEqual(whole);
    }
  });

  test("more rows than a vector holds, and records longer than a chunk", () => {
    const records = Array.from({ length: 7000 }, (_, i) =>
      i % 1000 === 7 ? `{"c0":${i},"c1":"${"long ".repeat(10_000)}"}` : record(i),
    );
    const { rows, counters } = new TestDecoder(fields).run(records);
    expect(counters.rows).toBe(rows.length);
    expect(rows.length).toBe(records.reduce((sum, text) => sum + [JSON.parse(text)].flat().length, 0));
    for (const {
      record: index,
      values: [id, text],
    } of rows) {
      if (id !== null) expect(Number(id)).toBe(index);
      if (index % 1000 === 7) expect((text as string).length).toBe(50_000);
    }
  });
});
