/** Numbers: doubles to the bit, floats rounded once, integers and decimals exact. MILLRACE_FUZZ sets how many random ones. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { CellValue } from "../../src/core/value.ts";
import { decodeOne, defaults, TestDecoder } from "./decode-harness.ts";
import { expectedOf } from "./decode-oracle.ts";
import { random } from "./harness.ts";

const COUNT = Number(process.env.MILLRACE_FUZZ ?? 20_000);
const DOUBLE: DataType = { kind: "double" };
const FLOAT: DataType = { kind: "float" };

/** The values of one column, one record a text; half of the records have a shape that is learned, half have none. */
function column(type: DataType, texts: readonly string[]): (CellValue | undefined)[] {
  const records = texts.map((text, i) => (i % 2 === 0 ? `{"v":${text},"w":1}` : `{"w" :1,"v":${text}}`));
  const values: (CellValue | undefined)[] = texts.map(() => undefined);
  for (const { record, values: row } of new TestDecoder([{ path: ["v"], type }]).run(records).rows)
    values[record] = row[0];
  return values;
}

function expectDoubles(texts: readonly string[]): void {
  const found = column(DOUBLE, texts);
  texts.forEach((text, i) => {
    if (!Object.is(found[i], JSON.parse(text)))
      expect({ text, found: found[i] }).toEqual({ text, found: JSON.parse(text) });
  });
}

const bits = new DataView(new ArrayBuffer(8));

function doubleOf(high: number, low: number): number {
  bits.setUint32(0, high);
  bits.setUint32(4, low);
  return bits.getFloat64(0);
}

/** The exact decimal text of |m| × 2^k. */
function exactText(m: bigint, k: number): string {
  if (k >= 0) return `${m << BigInt(k)}`;
  return `${m * 5n ** BigInt(-k)}e${k}`;
}

/** A finite double, not negative, as m × 2^k. */
function partsOf(value: number): { m: bigint; k: number } {
  bits.setFloat64(0, value);
  const biased = Number((bits.getBigUint64(0) >> 52n) & 2047n);
  const fraction = bits.getBigUint64(0) & ((1n << 52n) - 1n);
  return biased === 0 ? { m: fraction, k: -1074 } : { m: fraction | (1n << 52n), k: biased - 1075 };
}

describe("DOUBLE", () => {
  test(`random bit patterns come back bit for bit (${COUNT})`, () => {
    const next = random(11);
    for (let left = COUNT; left > 0; left -= 10_000) {
      const texts: string[] = [];
      while (texts.length < Math.min(left, 10_000)) {
        const value = doubleOf(next() * 2 ** 32, next() * 2 ** 32);
        if (Number.isFinite(value)) texts.push(String(value).replace("Infinity", "0"));
      }
      expectDoubles(texts);
    }
  }, 600_000);

  test("random decimal texts of every length and exponent agree with JSON.parse", () => {
    const next = random(12);
    const digits = (count: number) => Array.from({ length: count }, () => Math.floor(next() * 10)).join("");
    const texts = Array.from({ length: Math.min(COUNT, 200_000) }, () => {
      const whole = next() < 0.3 ? "0" : `${1 + Math.floor(next() * 9)}${digits(Math.floor(next() * 24))}`;
      const fraction = next() < 0.6 ? `.${digits(1 + Math.floor(next() * 24))}` : "";
      const exponent = next() < 0.5 ? `e${Math.floor(next() * 700) - 350}` : "";
      return (next() < 0.5 ? "-" : "") + whole + fraction + exponent;
    });
    expectDoubles(texts);
  }, 600_000);

  test("the middle between two doubles goes to the even one, a last digit beside it to its side", () => {
    const next = random(13);
    const texts = Array.from({ length: 3000 }, (_, i) => {
      const special = [0, Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE, 1, 2 ** 53];
      const value =
        i < special.length ? (special[i] as number) : Math.abs(doubleOf(next() * 2 ** 32, next() * 2 ** 32));
      if (!Number.isFinite(value)) return ["0"];
      const { m, k } = partsOf(value);
      const middle = exactText(2n * m + 1n, k - 1);
      const [digits = "", exponent = "0"] = middle.split("e");
      const above = `${digits}${"0".repeat(i % 40)}1e${Number(exponent) - (i % 40) - 1}`;
      const below = `${BigInt(digits) * 10n - 1n}e${Number(exponent) - 1}`;
      return [middle, above, below];
    }).flat();
    expectDoubles(texts);
  }, 60_000);

  test("edges of the range, signed zeros and texts of a thousand digits", () => {
    expectDoubles([
      ...[
        "0",
        "-0",
        "0.0",
        "-0e5",
        "1e308",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
      ],
      ...["1e309", "-1e400", "1e99999999999", "5e-324", "2.4703282292062327e-324", "2.4703282292062328e-324", "1e-400"],
      ...["2.2250738585072011e-308", "2.2250738585072014e-308", "1e-99999999999", "0e99999999999"],
      ...[
        "9007199254740993",
        "9007199254740992.999",
        "9007199254740993.0000000000000000000000000001",
        "123456789012345678901",
      ],
      `1${"0".repeat(1000)}`,
      `0.${"0".repeat(1000)}1`,
      `${"9".repeat(1000)}e-1000`,
      `1.${"3".repeat(1000)}`,
      `2.${"0".repeat(1200)}1`,
    ]);
  });

  test("strings are read as Java reads them; other values do not fit", () => {
    const good = { '"1.5"': 1.5, '" 2e3 "': 2000, '"+.5"': 0.5, '"5."': 5, '"-Infinity"': -Infinity, '"1\\u0032"': 12 };
    for (const [text, value] of Object.entries(good))
      expect({ text, value: decodeOne(DOUBLE, text) }).toEqual({ text, value });
    expect(decodeOne(DOUBLE, '"NaN"')).toBeNaN();
    for (const text of ['"x"', '""', '"1e"', '"1 2"', '"."', "true", "[]", "{}"]) {
      expect({ text, value: decodeOne(DOUBLE, text) }).toEqual({ text, value: { bad: 19 } });
    }
  });
});

describe("FLOAT", () => {
  test("a text is rounded once, also where its double lies in the middle of two floats", () => {
    const next = random(14);
    const floats = new DataView(new ArrayBuffer(4));
    const texts: string[] = [];
    const expected: number[] = [];
    while (texts.length < 3000) {
      floats.setUint32(0, (next() * 0x7f80_0000) | 0);
      const low = floats.getFloat32(0);
      floats.setUint32(0, floats.getUint32(0) + 1);
      const high = floats.getFloat32(0);
      const even = floats.getUint32(0) % 2 === 0 ? high : low;
      if (!Number.isFinite(high)) continue;
      const { m, k } = partsOf(low);
      const wide = partsOf(high);
      // Both on the smaller scale; their sum is twice the middle.
      const scale = Math.min(k, wide.k);
      const sum = (m << BigInt(k - scale)) + (wide.m << BigInt(wide.k - scale));
      const [digits = "", exponent = "0"] = exactText(sum, scale - 1).split("e");
      texts.push(`${digits}e${exponent}`, `${digits}${"0".repeat(30)}1e${Number(exponent) - 31}`);
      texts.push(`${BigInt(digits) * 10n ** 30n - 1n}e${Number(exponent) - 30}`);
      expected.push(even, high, low);
    }
    const found = column(FLOAT, texts);
    texts.forEach((text, i) => {
      if (!Object.is(found[i], expected[i])) expect({ text, found: found[i] }).toEqual({ text, found: expected[i] });
    });
  });

  test("edges of the range", () => {
    const cases: [string, number][] = [
      ["3.4028234663852886e38", 3.4028234663852886e38],
      ["340282356779733661637539395458142568448", Infinity],
      ["340282356779733661637539395458142568447.9", 3.4028234663852886e38],
      ["3.4028235677973366e38", 3.4028234663852886e38],
      ["1e-45", 1.401298464324817e-45],
      ["7.006492321624085e-46", 0],
      ["7.006492321624086e-46", 1.401298464324817e-45],
      ["-1e39", -Infinity],
      ["-0", -0],
      ["0.1", Math.fround(0.1)],
    ];
    for (const [text, value] of cases) {
      const found = decodeOne(FLOAT, text);
      expect({ text, same: Object.is(found, value), found }).toEqual({ text, same: true, found });
    }
  });
});

describe("integers", () => {
  const kinds = ["tinyint", "smallint", "int", "bigint"] as const;
  const widths = { tinyint: 8n, smallint: 16n, int: 32n, bigint: 64n };

  test("values around every limit, written in every way, are exact or do not fit", () => {
    for (const kind of kinds) {
      const limit = 1n << (widths[kind] - 1n);
      for (const edge of [0n, limit, -limit, limit * 2n, -limit * 2n]) {
        for (let value = edge - 2n; value <= edge + 2n; value++) {
          const fits = value >= -limit && value < limit;
          const expected = fits ? (kind === "bigint" ? value : Number(value)) : { bad: 19 };
          const forms = [
            `${value}`,
            `${value}.0`,
            `${value}.9`,
            `${value * 10n}e-1`,
            `"${value}"`,
            `" ${value}\\n"`,
            `${value}e0`,
          ];
          for (const text of forms) {
            // -0.9 is cut to 0, and so on: the fraction never changes which side of a limit a cut value lies on.
            expect({ kind, text, found: decodeOne({ kind }, text) }).toEqual({ kind, text, found: expected });
          }
        }
      }
    }
  }, 60_000);

  test("fractions are cut, exponents worked out, huge ones refused", () => {
    const cases: [string, CellValue | { bad: number }][] = [
      ["112.013", 112n],
      ["-112.999", -112n],
      ["1e3", 1000n],
      ["1.5E+2", 150n],
      ["12345e-3", 12n],
      ["0.00000000000000000000001e25", 100n],
      ["1e-99999999999999999999", 0n],
      ["0e99999999999999999999", 0n],
      ["1e99999999999999999999", { bad: 19 }],
      ["9223372036854775807.99999", 9223372036854775807n],
      ["92233720368547758070e-1", 9223372036854775807n],
      ["0.9223372036854775807e19", 9223372036854775807n],
      ["100000000000000000000", { bad: 19 }],
      ["12345678901234567890123e-10", 1234567890123n],
      ['"+12"', 12n],
      ['"1.5"', { bad: 19 }],
      ['"1e3"', { bad: 19 }],
      ['""', { bad: 19 }],
      ['"abc"', { bad: 19 }],
      ["true", { bad: 19 }],
      ["[1]", { bad: 19 }],
      ["null", null],
    ];
    for (const [text, value] of cases) {
      expect({ text, value: decodeOne({ kind: "bigint" }, text) }).toEqual({ text, value });
    }
  });
});

describe("DECIMAL", () => {
  test("is exact at any scale, half away from zero, NULL when it has too many digits", () => {
    const next = random(15);
    for (const [precision, scale] of [
      [1, 0],
      [5, 2],
      [10, 10],
      [19, 4],
      [20, 0],
      [38, 0],
      [38, 18],
      [38, 38],
    ] as const) {
      const type: DataType = { kind: "decimal", precision, scale };
      const texts = Array.from({ length: 400 }, () => {
        const digits = Array.from({ length: 1 + Math.floor(next() * 45) }, () => Math.floor(next() * 10)).join("");
        const point = Math.floor(next() * (digits.length + 1));
        const whole = digits.slice(0, point).replace(/^0+/, "") || "0";
        const fraction = digits.slice(point);
        const exponent = next() < 0.3 ? `e${Math.floor(next() * 80) - 40}` : "";
        return (next() < 0.5 ? "-" : "") + whole + (fraction === "" ? "" : `.${fraction}`) + exponent;
      });
      const found = column(type, texts);
      texts.forEach((text, i) => {
        const field = { path: ["v"], type };
        const [row] = expectedOf(new TextEncoder().encode(`{"v":${text}}`), [field], defaults).rows;
        expect({ precision, scale, text, found: found[i] as bigint }).toEqual({
          precision,
          scale,
          text,
          found: row?.[0] as bigint,
        });
      });
    }
  });

  test("ends of the range", () => {
    const type: DataType = { kind: "decimal", precision: 38, scale: 2 };
    const most = "9".repeat(36);
    expect(decodeOne(type, `${most}.99`)).toBe(BigInt(`${most}99`));
    expect(decodeOne(type, `-${most}.994`)).toBe(-BigInt(`${most}99`));
    expect(decodeOne(type, `${most}.995`)).toBeNull();
    expect(decodeOne(type, "0.005")).toBe(1n);
    expect(decodeOne(type, "-0.005")).toBe(-1n);
    expect(decodeOne(type, "0.00499999999999999999999999999999999999999")).toBe(0n);
    expect(decodeOne(type, '" 1.5 "')).toBe(150n);
    expect(decodeOne(type, '"1,5"')).toEqual({ bad: 19 });
    expect(decodeOne(type, "1e99999999999")).toBeNull();
    expect(decodeOne(type, "1e-99999999999")).toBe(0n);
  });
});
