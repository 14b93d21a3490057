/** Whole domains at once: every letter, every day, every power of ten, functions known to an ulp, and bytes that are no text. */
import { describe, expect, test } from "bun:test";
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { evaluate } from "../oracle/expression.ts";
import { poison, type Value } from "../oracle/expression-value.ts";
import { BIGINT, call, cast, column, DATE, DOUBLE, FLOAT, INT, STRING, text, tryCast } from "./expression-build.ts";
import { runThroughKernel } from "./expression-run.ts";
import { random } from "./harness.ts";

function overColumn(type: DataType, values: readonly Value[], expressions: readonly BoundExpression[]): Value[][] {
  return runThroughKernel(
    [type],
    values.map((value) => [value]),
    expressions,
  );
}

describe("letters", () => {
  /** The blocks string-case.ts covers. */
  const blocks = [
    [0x20, 0x17f],
    [0x386, 0x3ce],
    [0x400, 0x52f],
    [0x531, 0x556],
    [0x561, 0x586],
    [0x1e00, 0x1e95],
    [0x1ea0, 0x1eff],
    [0xff21, 0xff5a],
  ] as const;
  /** Java and JavaScript map these only together with their neighbours, or to the Turkish i. */
  const apart = new Set([0x130]);
  const codes = blocks.flatMap(([first, last]) => Array.from({ length: last - first + 1 }, (_, i) => first + i));
  const letters = codes.filter((code) => !apart.has(code)).map((code) => String.fromCodePoint(code));

  test.each(["UPPER", "LOWER"])("%s agrees with Unicode's simple mapping wherever it is covered", (name) => {
    const expression = call(name, STRING, column(0, STRING));
    const [found] = overColumn(STRING, letters, [expression]) as [Value[]];
    expect(found).toEqual(letters.map((letter) => evaluate(expression, [letter])));
  });
});

describe("days", () => {
  test("every part of every 97th day of the years 0 to 9999", () => {
    const days = Array.from({ length: 37_650 }, (_, i) => BigInt(i * 97 - 719_528));
    const units = ["YEAR", "MONTH", "DAY", "DOY", "WEEK", "ISOYEAR", "ISODOW", "CENTURY"];
    const parts = units.map((unit) => call("EXTRACT", BIGINT, text(unit), column(0, DATE)));
    const expressions = [...parts, cast(cast(column(0, DATE), STRING), DATE)];
    const found = overColumn(DATE, days, expressions);
    for (const [index, expression] of expressions.entries()) {
      expect(found[index]).toEqual(days.map((day) => evaluate(expression, [day])));
    }
  });
});

describe("floating point and text", () => {
  const seed = Number(process.env.MILLRACE_SEED ?? 7);

  test(`doubles print as Java's and read back (seed ${seed})`, () => {
    const next = random(seed);
    const bits = new DataView(new ArrayBuffer(8));
    const values = Array.from({ length: 6000 }, (_, i) => {
      bits.setUint32(0, next() * 2 ** 32);
      bits.setUint32(4, i % 3 === 0 ? 0 : next() * 2 ** 32);
      const value = bits.getFloat64(0);
      return Number.isFinite(value) ? value : i;
    });
    for (let exponent = -323; exponent <= 308; exponent++)
      values.push(Number(`1e${exponent}`), Number(`9.5e${exponent - 1}`));
    const printed = cast(column(0, DOUBLE), STRING);
    const [shown, back] = overColumn(DOUBLE, values, [printed, cast(printed, DOUBLE)]) as [Value[], Value[]];
    expect(shown).toEqual(values.map((value) => evaluate(printed, [value])));
    expect(back).toEqual(values);
  });

  test(`text of any length reads as the nearest double (seed ${seed})`, () => {
    const next = random(seed + 1);
    const digits = (): string => Array.from({ length: 1 + next() * 40 }, () => Math.floor(next() * 10)).join("");
    const values = Array.from({ length: 4000 }, () => `${digits()}.${digits()}e${Math.floor(next() * 680 - 350)}`);
    const [found] = overColumn(STRING, values, [cast(column(0, STRING), DOUBLE)]) as [Value[]];
    expect(found).toEqual(values.map(Number));
  });

  test(`floats print so that they read back (seed ${seed})`, () => {
    const next = random(seed + 2);
    const bits = new DataView(new ArrayBuffer(4));
    const values = Array.from({ length: 4000 }, (_, i) => {
      bits.setUint32(0, next() * 2 ** 32);
      const value = bits.getFloat32(0);
      return Number.isFinite(value) ? value : i;
    });
    const printed = cast(column(0, FLOAT), STRING);
    const [shown, back] = overColumn(FLOAT, values, [printed, cast(printed, FLOAT)]) as [Value[], Value[]];
    expect(shown).toEqual(values.map((value) => evaluate(printed, [value])));
    expect(back).toEqual(values);
  });
});

describe("functions of analysis", () => {
  test.each(["EXP", "LN", "LOG10", "LOG2", "SQRT"])("%s is right to two ulps", (name) => {
    const values = Array.from({ length: 1000 }, (_, i) => (i - 100) * 0.37 + 0.001);
    const expression = call(name, DOUBLE, column(0, DOUBLE));
    const [found] = overColumn(DOUBLE, values, [expression]) as [number[]];
    values.forEach((value, i) => {
      const exact = evaluate(expression, [value]) as number;
      if (Number.isNaN(exact)) expect(found[i]).toBeNaN();
      else expect(Math.abs((found[i] as number) - exact)).toBeLessThanOrEqual(Math.abs(exact) * 2 ** -51);
    });
  });

  test("POWER is right to two ulps, and exact on whole numbers", () => {
    const values = Array.from({ length: 60 }, (_, i) => i - 30);
    const power = call("POWER", DOUBLE, column(0, DOUBLE), { ...text(""), value: 3, type: DOUBLE } as BoundExpression);
    const [found] = overColumn(DOUBLE, values, [power]) as [number[]];
    expect(found).toEqual(values.map((value) => value ** 3));
  });
});

describe("whole numbers from text", () => {
  test("every TINYINT and its neighbours", () => {
    const values = Array.from({ length: 400 }, (_, i) => String(i - 200));
    const tiny: DataType = { kind: "tinyint" };
    const [found, tried] = overColumn(STRING, values, [
      cast(column(0, STRING), tiny),
      tryCast(column(0, STRING), tiny),
    ]) as [Value[], Value[]];
    const inside = (value: string): boolean => Number(value) >= -128 && Number(value) <= 127;
    expect(found).toEqual(values.map((value) => (inside(value) ? BigInt(value) : poison)));
    expect(tried).toEqual(values.map((value) => (inside(value) ? BigInt(value) : null)));
  });
});

describe("LIKE", () => {
  test("a pattern of many wildcards takes time by text times pattern, not more", () => {
    const value = "a".repeat(20_000);
    const pattern = call("LIKE", { kind: "boolean" }, column(0, STRING), text(`${"%a".repeat(30)}%b`));
    expect(overColumn(STRING, [value, `${value}b`], [pattern])).toEqual([[false, true]]);
  });
});

describe("long text", () => {
  test("one lane that asks for too much is an error, the others are not", () => {
    const lengths = [3n, 2n ** 20n + 1n, 2n ** 31n - 1n, -1n];
    const expression = call("CHAR_LENGTH", INT, call("LPAD", STRING, text("x"), column(0, INT), text("é")));
    expect(overColumn(INT, lengths, [expression])).toEqual([[3n, poison, poison, null]]);
  });
});
