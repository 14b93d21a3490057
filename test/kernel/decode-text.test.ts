/** Strings, bytes, booleans, dates and timestamps. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import { type DecodeOptions, decodeOne, TestDecoder } from "./decode-harness.ts";
import { BOOLEAN, STRING } from "./harness.ts";

const MISFIT = { bad: 19 };

function expectCases(type: DataType, cases: Record<string, unknown>, options: Partial<DecodeOptions> = {}): void {
  for (const [json, value] of Object.entries(cases)) {
    expect({ json, value: decodeOne(type, json, options) as unknown }).toEqual({ json, value });
  }
}

describe("STRING", () => {
  test("takes strings of any length, with and without escapes", () => {
    for (const length of [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 1000, 70_000]) {
      const plain = "x".repeat(length);
      expect(decodeOne(STRING, `"${plain}"`)).toBe(plain);
      expect(decodeOne(STRING, `"${plain}\\n"`)).toBe(`${plain}\n`);
      expect(decodeOne(STRING, `"\\u00e9${plain}"`)).toBe(`é${plain}`);
    }
  });

  test("every escape means what it means in JSON", () => {
    const text = '"\\/\b\f\n\r\t\u0000\u001f\u007f\u0080߿ࠀ￿\ufffe\ufdd0😀\u{10ffff}';
    const escaped = [...text]
      .map((c) =>
        [...Array(c.length).keys()].map((i) => `\\u${c.charCodeAt(i).toString(16).padStart(4, "0")}`).join(""),
      )
      .join("");
    expect(decodeOne(STRING, `"${escaped}"`)).toBe(text);
    expect(decodeOne(STRING, `"${escaped.toUpperCase().replaceAll("\\U", "\\u")}"`)).toBe(text);
    expect(decodeOne(STRING, JSON.stringify(text))).toBe(text);
    expect(decodeOne(STRING, '"\\"\\\\\\/\\b\\f\\n\\r\\t"')).toBe('"\\/\b\f\n\r\t');
  });

  test("a surrogate without its other half becomes U+FFFD", () => {
    expectCases(STRING, {
      '"\\ud800"': "\ufffd",
      '"\\udc00"': "\ufffd",
      '"\\ud800x"': "\ufffdx",
      '"\\ud800\\ud800\\udc00"': "\ufffd\u{10000}",
      '"\\udc00\\ud800"': "\ufffd\ufffd",
      '"\\ud800\\n"': "\ufffd\n",
      '"\\ud800\\u0041"': "\ufffdA",
    });
  });

  test("takes the raw text of numbers and booleans, and the compact text of objects and arrays", () => {
    expectCases(STRING, {
      "1.10": "1.10",
      "-0": "-0",
      "1E+02": "1E+02",
      true: "true",
      false: "false",
      null: null,
      "{}": "{}",
      '[1,{"a":"b c"}]': '[1,{"a":"b c"}]',
      '{ "a" : [ 1 , "x\\" y" ] ,\n"b":\t{ } }': '{"a":[1,"x\\" y"],"b":{}}',
    });
    expectCases({ kind: "varchar", length: 2 }, { '"abcd"': "abcd" });
  });
});

test("BOOLEAN is true for true and its text in any case, false for everything else", () => {
  expectCases(BOOLEAN, {
    true: true,
    '"true"': true,
    '" TRUE "': true,
    '"tr\\u0075e"': true,
    false: false,
    '"trueA"': false,
    '"yes"': false,
    '""': false,
    "1": false,
    "[]": false,
    '{"a":1}': false,
    null: null,
  });
});

test("BYTES is padded base64 of the standard alphabet", () => {
  const BYTES: DataType = { kind: "bytes" };
  for (let length = 0; length < 40; length++) {
    const bytes = new Uint8Array(Array.from({ length }, (_, i) => (i * 37 + length * 11) & 255));
    expect(decodeOne(BYTES, JSON.stringify(bytes.toBase64()))).toEqual(bytes);
    expect(decodeOne(BYTES, JSON.stringify(bytes.toBase64()).replaceAll("/", "\\/"))).toEqual(bytes);
  }
  expectCases(BYTES, {
    '"QQ"': MISFIT,
    '"QQ=x"': MISFIT,
    '"Q=Q="': MISFIT,
    '"===="': MISFIT,
    '"QQ-_"': MISFIT,
    '"QQ =="': MISFIT,
    "1": MISFIT,
    null: null,
  });
});

const MS_PER_DAY = 86_400_000;

describe("DATE", () => {
  test("every day of five centuries, and no other", () => {
    const records: string[] = [];
    const expected: number[] = [];
    for (let year = 1600; year < 2100; year++) {
      for (let month = 0; month <= 13; month++) {
        for (let day = 0; day <= 32; day++) {
          if (day > 1 && day < 28) continue;
          const text = `${year}-${String(month).padStart(2, "0")}-${String(day).padStart(2, "0")}`;
          const date = new Date(Date.UTC(year, month - 1, day));
          const exists = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
          records.push(`{"v":"${text}"}`);
          expected.push(exists ? date.getTime() / MS_PER_DAY : Number.NaN);
        }
      }
    }
    const type: DataType = { kind: "date" };
    const { rows } = new TestDecoder([{ path: ["v"], type }], { ignoreParseErrors: true }).run(records);
    rows.forEach(({ values: [value] }, index) => {
      const want = Number.isNaN(expected[index]) ? null : expected[index];
      if (value !== want)
        expect({ record: records[index], value }).toEqual({ record: records[index], value: want as number });
    });
    expect(rows.length).toBe(records.length);
  });

  test("only yyyy-MM-dd, with more digits or a sign as ISO 8601 writes them", () => {
    expectCases(
      { kind: "date" },
      {
        '"1970-01-01"': 0,
        '"0000-01-01"': -719_528,
        '"-0001-12-31"': -719_529,
        '"9999-12-31"': 2_932_896,
        '"+10000-01-01"': 2_932_897,
        '"1970-1-1"': MISFIT,
        '"70-01-01"': MISFIT,
        '"10000-01-01"': MISFIT,
        '"+1970-01-01"': MISFIT,
        '"1970-01-01 "': MISFIT,
        '"1970/01/01"': MISFIT,
        '"1970-01-01T00:00:00"': MISFIT,
        "0": MISFIT,
        null: null,
      },
    );
  });
});

test("TIME is HH:mm:ss with a fraction cut to the declared precision", () => {
  const cases = {
    '"00:00:00"': 0,
    '"23:59:59"': 86_399_000,
    '"12:00:00.5"': 43_200_500,
    '"12:00:00.999999999"': 43_200_999,
  };
  expectCases({ kind: "time", precision: 3 }, cases);
  expectCases({ kind: "time", precision: 0 }, { '"12:00:00.999"': 43_200_000 });
  const wrong = [
    '"24:00:00"',
    '"12:60:00"',
    '"12:00:60"',
    '"12:00"',
    '"12:00:00."',
    '"12:00:00Z"',
    '"1:00:00"',
    "5",
    "true",
  ];
  expectCases({ kind: "time", precision: 3 }, Object.fromEntries(wrong.map((text) => [text, MISFIT])));
});

describe("TIMESTAMP", () => {
  const type = (precision: number, kind: "timestamp" | "timestamp_ltz" = "timestamp"): DataType => ({
    kind,
    precision,
  });
  const noon = 1_714_564_800_000_000n;

  test("SQL style is Flink's: a blank, seconds, no zone; TIMESTAMP_LTZ has a literal Z", () => {
    const SQL = { timestampFormat: "SQL" } as const;
    expectCases(
      type(3),
      {
        '"2024-05-01 12:00:00"': noon,
        '"2024-05-01 12:00:00.1"': noon + 100_000n,
        '"2024-05-01 12:00:00.123456789"': noon + 123_000n,
        '"2024-05-01T12:00:00"': MISFIT,
        '"2024-05-01 12:00"': MISFIT,
        '"2024-05-01 12:00:00Z"': MISFIT,
        '"2024-05-01 12:00:00.123Z"': MISFIT,
        '"2024-05-01 12:00:00.1234567890"': MISFIT,
        '"2024-05-01"': MISFIT,
        "1714564800000": MISFIT,
        null: null,
      },
      SQL,
    );
    expectCases(
      type(3, "timestamp_ltz"),
      {
        '"2024-05-01 12:00:00Z"': noon,
        '"2024-05-01 12:00:00.123Z"': noon + 123_000n,
        '"2024-05-01 12:00:00"': MISFIT,
        '"2024-05-01 12:00:00.123"': MISFIT,
        '"2024-05-01 12:00:00+08:00"': MISFIT,
        '"2024-05-01 12:00:00z"': MISFIT,
      },
      SQL,
    );
  });

  test("ISO-8601 style is Flink's: a T, seconds optional", () => {
    const ISO = { timestampFormat: "ISO-8601" } as const;
    expectCases(
      type(6),
      {
        '"2024-05-01T12:00"': noon,
        '"2024-05-01T12:00:00.123456"': noon + 123_456n,
        '"2024-05-01T12:00:00Z"': MISFIT,
        '"2024-05-01 12:00:00"': MISFIT,
        '"2024-05-01 12:00:00.123"': MISFIT,
        '"2024-05-01t12:00:00"': MISFIT,
        "0": MISFIT,
      },
      ISO,
    );
    expectCases(
      type(3, "timestamp_ltz"),
      { '"2024-05-01T12:00:00.000Z"': noon, '"2024-05-01T12:00:00.000"': MISFIT },
      ISO,
    );
  });

  test("lenient style takes either form, any offset, and epoch milliseconds", () => {
    for (const kind of ["timestamp", "timestamp_ltz"] as const) {
      expectCases(type(3, kind), {
        '"2024-05-01 12:00:00"': noon,
        '"2024-05-01T12:00:00.000Z"': noon,
        '"2024-05-01 12:00:00.000Z"': noon,
        '"2024-05-01T12:00:00.000"': noon,
        '"2024-05-01 14:00:00+02:00"': noon,
        '"2024-05-01T06:30:00.0-0530"': noon,
        '"2024-05-01 13:00:00 +01"': noon,
        '"2024-05-01 12:00:00.12345678901"': noon + 123_000n,
        '"2024-05-02 06:00:00+18:00"': noon,
        '"2024-05-02 06:00:01+18:00:01"': MISFIT,
        '"2024-05-01 12:00:00+25:00"': MISFIT,
        '"2024-05-01 12:00:00 "': MISFIT,
        '"2024-05-01 12:00:00 UTC"': MISFIT,
        '"2024-05-01"': MISFIT,
        "1714564800000": noon,
        "1714564800000.9": noon,
        "1.7145648e12": noon,
        "-1": -1000n,
        "1e30": MISFIT,
        true: MISFIT,
      });
    }
  });

  test("the fraction is cut to the declared precision, toward the past", () => {
    const text = '"1969-12-31 23:59:59.987654321"';
    const kept = [
      -1_000_000n,
      -100_000n,
      -20_000n,
      -13_000n,
      -12_400n,
      -12_350n,
      -12_346n,
      -12_345_700n,
      -12_345_680n,
      -12_345_679n,
    ];
    kept.forEach((value, precision) => {
      expect({ precision, value: decodeOne(type(precision), text) }).toEqual({ precision, value });
    });
    expectCases(type(0), { "-1": -1_000_000n, "1999": 1_000_000n });
  });

  test("what no 64-bit number of the unit holds does not fit", () => {
    expectCases(type(9), {
      '"2262-04-11 23:47:16.854775807"': 2n ** 63n - 1n,
      '"2262-04-11 23:47:16.854775808"': MISFIT,
      '"1677-09-21 00:12:43.145224192"': -(2n ** 63n),
      '"1677-09-21 00:12:43.145224191"': MISFIT,
    });
    expectCases(type(6), {
      '"+294247-01-10 04:00:54.775807"': 2n ** 63n - 1n,
      '"+294247-01-10 04:00:54.775808"': MISFIT,
      '"-290308-12-21 19:59:05.224192"': -(2n ** 63n),
      '"-290308-12-21 19:59:05.224191"': MISFIT,
      "9223372036854775": 9_223_372_036_854_775_000n,
      "9223372036854776": MISFIT,
    });
  });

  test("every character of the usual form changed to every byte is read as the slow way reads it", () => {
    const good = "2024-02-29 23:59:58.123";
    for (const timestampFormat of ["lenient", "SQL", "ISO-8601"] as const) {
      const field = { path: ["v"], type: type(3) };
      for (let at = 0; at < good.length; at++) {
        const texts = Array.from(
          { length: 95 },
          (_, i) => good.slice(0, at) + String.fromCharCode(32 + i) + good.slice(at + 1),
        );
        const options = { timestampFormat, ignoreParseErrors: true };
        const records = texts.map((text) => JSON.stringify({ v: text }));
        const known = new TestDecoder([field], options).run([...records.slice(0, 1), ...records]);
        const slow = new TestDecoder([field], options).run(records.map((record) => record + " ".repeat(17_000)));
        expect(known.rows.slice(1).map((row) => row.values)).toEqual(slow.rows.map((row) => row.values));
      }
    }
  });
});
