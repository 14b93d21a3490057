/**
 * Records made to hurt: deep, wide, huge, at the edges of chunk and vector, in every odd encoding. Each stands among regular ones,
 * so that layouts are learned around it, and is judged as the oracle judges it; what the oracle is too recursive for is spelt out.
 */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import { byRecord, compareWithOracle, type Stream } from "./decode-compare.ts";
import { type DecodeOptions, defaults, TestDecoder, type TestField } from "./decode-harness.ts";
import { BIGINT, STRING } from "./harness.ts";

const BAD_JSON = 16;
const BAD_UTF8 = 17;
const utf8 = new TextEncoder();

const id: TestField = { path: ["id"], type: BIGINT };
const text: TestField = { path: ["text"], type: STRING };
const regular = (index: number): string => `{"id":${index},"text":"t${index}"}\n`;
const bytesOf = (record: string | Uint8Array): Uint8Array =>
  typeof record === "string" ? utf8.encode(record) : record;

/** Three regular records before, between and behind. */
function among(records: readonly (string | Uint8Array)[]): Uint8Array[] {
  const around = [1, 2, 3].map(regular);
  return [...around, ...records.flatMap((record) => [record, ...around])].map(bytesOf);
}

/** Both validations against the oracle, and nothing of a neighbour is lost. */
function judge(records: readonly Uint8Array[], fields: readonly TestField[] = [id, text]): void {
  for (const validation of ["full", "projected"] as const) {
    const options: DecodeOptions = { ...defaults, validation };
    const stream: Stream = { seed: 0, fields, options, records };
    const decoded = new TestDecoder(fields, options).run(records);
    compareWithOracle(stream, byRecord(decoded, records.length));
    expect(decoded.counters.records).toBe(records.length);
  }
}

/** Rows and reasons of the hostile records of `among`. */
function outcomes(records: readonly string[], fields: readonly TestField[], options: Partial<DecodeOptions> = {}) {
  const found = byRecord(new TestDecoder(fields, options).run(among(records)), 3 + records.length * 4);
  return records.map((_, index) => found[3 + index * 4]);
}

describe("nesting", () => {
  const depth = 100_000;
  const arrays = (open: string, close: string, inside = "") => open.repeat(depth) + inside + close.repeat(depth);
  const deep = [arrays("[", "]"), arrays('{"a":', "}", "1"), arrays('[{"id":', "}]", "0")];

  test("of 100,000 levels is walked over where nobody reads it", () => {
    const records = deep.map((value) => `{"x":${value},"id":7,"text":"t"}`);
    for (const validation of ["full", "projected"] as const) {
      for (const outcome of outcomes(records, [id, text], { validation })) {
        expect(outcome).toEqual({ rows: [[7n, "t"]], bad: [] });
      }
    }
  });

  test("is a STRING's text as it stands, and is refused when one bracket is amiss", () => {
    const records = deep.map((value) => `{"id":7,"text":${value}}`);
    expect(outcomes(records, [id, text])).toEqual(deep.map((value) => ({ rows: [[7n, value]], bad: [] })));
    const amiss = deep.flatMap((value) => [
      value.slice(0, -1),
      `${value.slice(0, -1)}"`,
      value.replace(/[\]}]/, ""),
      `${value}]`,
    ]);
    for (const outcome of outcomes(
      amiss.map((value) => `{"id":7,"text":${value}}`),
      [id, text],
    )) {
      expect(outcome).toEqual({ rows: [], bad: [BAD_JSON] });
    }
  });

  test("along a wanted path ends where the path does", () => {
    const path = Array.from({ length: 500 }, (_, level) => `k${level}`);
    const fields: TestField[] = [id, { path, type: BIGINT }];
    const inside = (value: string) =>
      `{"id":1,${path.map((key) => `"${key}":`).join("{")}${value}${"}".repeat(path.length)}`;
    judge(
      among([inside("42"), inside("[]"), inside('"x"'), inside("null"), inside("42}"), inside("42").slice(0, -1)]),
      fields,
    );
  });
});

describe("width", () => {
  test("keys of a megabyte, wanted, unread and escaped", () => {
    const long = "k".repeat(1 << 20);
    const fields: TestField[] = [id, { path: [long], type: BIGINT }];
    const escaped = `\\u006b${long.slice(1)}`;
    judge(
      among([
        `{"id":1,"${long}":2}`,
        `{"id":1,"${long}x":2,"${long}":3}`,
        `{"id":1,"${escaped}":4}`,
        `{"id":1,"${long}:5}`,
        `{"id":1,"${long}" 5}`,
      ]),
      fields,
    );
  });

  test("10,000 keys, the wanted ones anywhere, repeated ones: the last wins", () => {
    const members = Array.from({ length: 10_000 }, (_, index) => `"key${index}":${index}`);
    const wide = (extra: string, at: number) => `{${[...members.slice(0, at), extra, ...members.slice(at)].join(",")}}`;
    const fields: TestField[] = [id, { path: ["key0"], type: BIGINT }, { path: ["key9999"], type: BIGINT }];
    const records = [0, 5000, 10_000].flatMap((at) => [wide('"id":1', at), wide('"key0":-1', at), wide('"id"', at)]);
    judge(among([...records, `{${'"id":1,'.repeat(10_000)}"id":2}`, `{${'"id":1,'.repeat(10_000)}"id":null}`]), fields);
  });

  test("a table of 1,000 columns", () => {
    const fields = Array.from({ length: 1000 }, (_, index): TestField => ({ path: [`c${index}`], type: BIGINT }));
    const row = (from: number) => `{${fields.map(({ path }, index) => `"${path[0]}":${from + index}`).join(",")}}`;
    const broken = row(5).replace('"c999":', '"c999" ');
    judge([1, 2, 3].map(row).concat(broken, row(6), row(7).replace("1006", '"x"'), row(8)).map(bytesOf), fields);
  });

  test("numbers of 10,000 digits in every type", () => {
    const nines = "9".repeat(10_000);
    const numbers = [
      nines,
      `-${nines}`,
      `0.${nines}`,
      `1.${"0".repeat(10_000)}`,
      `${nines}.${nines}e-${nines}`,
      `1e${nines}`,
      `0e${nines}`,
      `0.${"0".repeat(9999)}1e10000`,
      `${nines}e-9999`,
      `0${nines}`,
      `${nines}.`,
      `-${nines}e`,
    ];
    const types: DataType[] = [
      BIGINT,
      { kind: "tinyint" },
      { kind: "double" },
      { kind: "float" },
      { kind: "decimal", precision: 38, scale: 18 },
      STRING,
      { kind: "boolean" },
      { kind: "date" },
    ];
    for (const type of types) {
      const fields: TestField[] = [id, { path: ["text"], type }];
      const records = numbers.flatMap((number) => [`{"id":1,"text":${number}}`, `{"id":1,"text":"${number}"}`]);
      judge(among(records), fields);
    }
  });

  test("strings of 64 MB, plain, escaped at either end, and unended", () => {
    const size = 64 << 20;
    const body = "x".repeat(size);
    const decoder = new TestDecoder([id, text]);
    const lengthOf = (value: string) => {
      const { rows, bad } = decoder.run([regular(1), `{"text":"${value}","id":5}`, regular(2)]);
      expect(rows.filter(({ record }) => record !== 1).map(({ values }) => values[0])).toEqual([1n, 2n]);
      const found = rows.find(({ record }) => record === 1)?.values;
      return found === undefined ? bad.map(({ reason }) => reason) : [found[0], (found[1] as string).length];
    };
    expect(lengthOf(body)).toEqual([5n, size]);
    expect(lengthOf(`\\n${body}`)).toEqual([5n, size + 1]);
    expect(lengthOf(`${body}\\u00e9`)).toEqual([5n, size + 1]);
    expect(lengthOf(`${body}\\`)).toEqual([BAD_JSON]);
    expect(lengthOf(`${body}\u0001`)).toEqual([BAD_JSON]);
  }, 120_000);
});

describe("encoding", () => {
  const inside = (bytes: readonly number[]) => [
    new Uint8Array([...utf8.encode('{"id":1,"text":"'), ...bytes, ...utf8.encode('"}\n')]),
    new Uint8Array([...utf8.encode('{"id":1,"x":"'), ...bytes, ...utf8.encode('","text":"t"}\n')]),
    new Uint8Array([...utf8.encode('{"id":1,"'), ...bytes, ...utf8.encode('":2,"text":"t"}\n')]),
  ];

  test("lone surrogates in escapes become U+FFFD, pairs become one character", () => {
    const escapes = [
      "\\ud800",
      "\\udc00",
      "\\ud800\\ud800",
      "\\udc00\\ud800",
      "\\ud83d\\ude00",
      "\\ud83d\\u0041",
      "\\ud83d\\n",
      "\\ud83dx\\ude00",
      "\\uD83D\\uDE0",
      "\\ud83d\\",
      "\\u",
      "\\ud8",
    ];
    judge(
      among(
        escapes.flatMap((letter) => [
          `{"id":1,"text":"${letter}"}`,
          `{"id":1,"text":"a${letter}b"}`,
          `{"${letter}":2,"text":"t"}`,
        ]),
      ),
    );
  });

  test("overlong forms, surrogates, bytes beyond U+10FFFF and cut sequences are no UTF-8", () => {
    const forms = [
      [0xc0, 0x80],
      [0xc1, 0xbf],
      [0xe0, 0x80, 0x80],
      [0xe0, 0x9f, 0xbf],
      [0xf0, 0x80, 0x80, 0x80],
      [0xf0, 0x8f, 0xbf, 0xbf],
      [0xed, 0xa0, 0x80],
      [0xed, 0xbf, 0xbf],
      [0xf4, 0x90, 0x80, 0x80],
      [0xf8, 0x88, 0x80, 0x80, 0x80],
      [0xff],
      [0xfe, 0xff],
      [0x80],
      [0xc3],
      [0xe2, 0x82],
      [0xf0, 0x9f, 0x98],
    ];
    judge(among(forms.flatMap(inside)));
    const good = [
      [0xc2, 0x80],
      [0xe0, 0xa0, 0x80],
      [0xed, 0x9f, 0xbf],
      [0xee, 0x80, 0x80],
      [0xef, 0xbf, 0xbf],
      [0xf0, 0x90, 0x80, 0x80],
      [0xf4, 0x8f, 0xbf, 0xbf],
    ];
    judge(among(good.flatMap(inside)));
  });

  test("a sequence cut by the end of one record is not completed by the next", () => {
    const halves = [
      [...utf8.encode('{"id":1,"text":"t"}'), 0xc3],
      [0xa9, ...utf8.encode('{"id":1,"text":"t"}')],
    ];
    const records = among(halves.map((bytes) => new Uint8Array(bytes)));
    judge(records);
    const joined = [1, 2, 3, 4].map(regular).map(bytesOf);
    joined.splice(2, 0, ...halves.map((bytes) => new Uint8Array(bytes)));
    judge(joined);
    expect(new TestDecoder([id]).run(joined).bad.map(({ record, reason }) => [record, reason])).toEqual([
      [2, BAD_UTF8],
      [3, BAD_UTF8],
    ]);
  });

  test("NUL and other control characters, raw and escaped, in every place", () => {
    const places = (control: string) => [
      `{"id":1,"text":"a${control}b"}`,
      `{"id":1,"a${control}":2,"text":"t"}`,
      `{"id":1${control},"text":"t"}`,
      `${control}{"id":1,"text":"t"}`,
      `{"id":1,"text":"t"}${control}`,
      `{"id":${control}1,"text":"t"}`,
    ];
    const controls = [
      "\u0000",
      "\u0001",
      "\b",
      "\t",
      "\n",
      "\u000b",
      "\f",
      "\r",
      "\u001f",
      " ",
      "\u007f",
      "\u0085",
      "\u00a0",
      "\u2028",
      "\ufeff",
    ];
    judge(
      among([
        ...controls.flatMap(places),
        ...["\\u0000", "\\u001f", "\\0", "\\v"].flatMap((letter) => places(letter).slice(0, 2)),
      ]),
    );
  });

  test("byte order marks, blank lines and line ends", () => {
    const mark = "\ufeff";
    const one = '{"id":1,"text":"t"}';
    judge(
      among([
        `${mark}${one}`,
        `${mark}${mark}${one}`,
        `${mark} ${one}`,
        ` ${mark}${one}`,
        `${one}${mark}`,
        mark,
        `${mark}\n`,
        `${mark}[${one}]`,
      ]),
    );
    judge(among(["", "\n", "\r\n", "\r", " ", "\t \n", "\u000b", "\u0000", "\u00a0\n", "\u2028"]));
    judge(
      among([
        `${one}\r\n`,
        `${one}\r`,
        `\n${one}`,
        `\r\n${one}\r\n\r\n`,
        `${one}\n\n${one}`,
        `{"id":1,\r\n"text":"t"}`,
        one.replace("t", "\r"),
      ]),
    );
    judge([`${mark}${one}`, one, `${mark}${one}`, one, one].map(bytesOf));
  });
});

describe("edges", () => {
  const CHUNK_BYTES = 16_384;
  /** `index` and as many x as make it `size` bytes. */
  const sized = (index: number, size: number): string => {
    const bare = `{"id":${index},"text":""}\n`;
    return bare.replace('""', `"${"x".repeat(size - bare.length)}"`);
  };
  const breakings: readonly ((record: string) => string)[] = [
    (record) => record,
    (record) => record.replace('"}', "}"),
    (record) => record.replace("}", ""),
    (record) => record.replace("{", ""),
    (record) => record.replace("x", '"'),
    (record) => record.replace("x", "\\"),
    (record) => record.replace("x", "\u0001"),
    (record) => record.replace("\n", ""),
    (record) => record.slice(0, 20),
  ];

  test("records as long as a chunk, a byte less, a byte more", () => {
    for (const size of [-17, -16, -1, 0, 1, 16, 17].map((more) => CHUNK_BYTES + more)) {
      const records = breakings.flatMap((brk) => [regular(1), brk(sized(2, size)), regular(3), brk(sized(4, size))]);
      judge(records.map(bytesOf));
    }
  });

  test("malformed records around the end of a chunk, wherever it falls in them", () => {
    for (let shift = 0; shift < 64; shift += 3) {
      for (const brk of breakings) {
        const records = Array.from({ length: 300 }, (_, index) => {
          const record = sized(index, index === 0 ? 64 + shift : 64);
          return index >= 253 && index <= 257 ? brk(record) : record;
        });
        judge(records.map(bytesOf));
      }
    }
  }, 60_000);

  test("malformed records around the end of a vector, arrays over it", () => {
    for (let at = 2044; at <= 2050; at++) {
      for (const brk of breakings) {
        const records = Array.from({ length: 2060 }, (_, index) =>
          index === at ? brk(sized(index, 40)) : sized(index, 40),
        );
        judge(records.map(bytesOf));
      }
      const rows = (count: number) =>
        `[${Array.from({ length: count }, (_, index) => regular(index).trim()).join(",")}]`;
      const around = Array.from({ length: at }, (_, index) => regular(index));
      judge(
        [...around, rows(5), regular(1), `${rows(4100).slice(0, -1)},7]`, regular(2), rows(3).slice(0, -1)].map(
          bytesOf,
        ),
      );
    }
  }, 60_000);
});
