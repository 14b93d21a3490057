/**
 * Logic, numbers and casts whose values are known from elsewhere: what Flink's own tests assert, Java's documented forms, and
 * the corners of each rule. Values are the oracle's: bigint in the type's unit, DECIMAL unscaled; `poison` is an error.
 */
import { describe } from "bun:test";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { poison } from "../oracle/expression-value.ts";
import {
  BIGINT,
  BOOLEAN,
  call,
  cast,
  char,
  DOUBLE,
  decimal,
  double,
  either,
  FLOAT,
  failing,
  INT,
  int,
  isFalse,
  isTrue,
  literal,
  SMALLINT,
  STRING,
  TINYINT,
  text,
  tryCast,
  varchar,
} from "./expression-build.ts";
import { golden } from "./expression-golden.ts";

const dec = (unscaled: bigint, precision: number, scale: number): BoundExpression =>
  literal(unscaled, decimal(precision, scale));
const big = (value: bigint): BoundExpression => literal(value, BIGINT);
const LEAST = -(2n ** 63n);
const NINES = 10n ** 38n - 1n;

describe("logic", () => {
  const failed = call("GT", BOOLEAN, failing, int(0));
  const yes = call("EQ", BOOLEAN, int(1), int(1));
  const no = call("NE", BOOLEAN, int(1), int(1));
  const unknown = call("EQ", BOOLEAN, int(1), literal(null, INT));
  golden([
    ["FALSE AND an error is FALSE", call("AND", BOOLEAN, failed, no), false],
    ["TRUE OR an error is TRUE", call("OR", BOOLEAN, failed, yes), true],
    ["TRUE AND an error is an error", call("AND", BOOLEAN, yes, failed), poison],
    ["NULL AND an error is an error", call("AND", BOOLEAN, unknown, failed), poison],
    ["NULL AND FALSE is FALSE", call("AND", BOOLEAN, unknown, no), false],
    ["NULL OR FALSE is NULL", call("OR", BOOLEAN, unknown, no), null],
    ["a literal FALSE decides without the rest", call("AND", BOOLEAN, isFalse, failed), false],
    ["NOT NULL is NULL", call("NOT", BOOLEAN, unknown), null],
    ["NULL IS NOT TRUE", call("IS_NOT_TRUE", BOOLEAN, unknown), true],
    ["an error wins over NULL", call("ADD", INT, literal(null, INT), failing), poison],
    ["IS NULL of an error is an error", call("IS_NULL", BOOLEAN, failing), poison],
    ["COALESCE does not look behind the first value", call("COALESCE", INT, int(1), failing), 1n],
    ["COALESCE of an error is an error", call("COALESCE", INT, failing, int(1)), poison],
    [
      "NULL is not distinct from NULL",
      call("IS_NOT_DISTINCT_FROM", BOOLEAN, literal(null, INT), literal(null, INT)),
      true,
    ],
    ["NULL is distinct from 1", call("IS_DISTINCT_FROM", BOOLEAN, literal(null, INT), int(1)), true],
    ["an error in a branch of CASE not taken does not count", either(no, failing, int(7)), 7n],
    ["an error in the branch taken counts", either(yes, failing, int(7)), poison],
    ["an error in the condition counts", either(failed, int(1), int(7)), poison],
    ["a NULL condition is not taken", either(unknown, int(1), int(7)), 7n],
    ["a literal condition picks its branch", either(isTrue, int(1), failing), 1n],
  ]);
});

describe("whole numbers", () => {
  golden([
    ["7 / 2 is 3", call("DIV", INT, int(7), int(2)), 3n],
    ["-7 / 2 is -3", call("DIV", INT, int(-7), int(2)), -3n],
    ["MOD(-26, 5) is -1", call("MOD", INT, int(-26), int(5)), -1n],
    ["division by zero is an error", failing, poison],
    ["an INT does not wrap", call("ADD", INT, int(2147483647), int(1)), poison],
    ["a TINYINT does not wrap", call("SUB", TINYINT, literal(-128n, TINYINT), literal(1n, TINYINT)), poison],
    ["a BIGINT does not wrap", call("MUL", BIGINT, big(2n ** 62n), big(2n)), poison],
    ["the least BIGINT times -1 overflows", call("MUL", BIGINT, big(LEAST), big(-1n)), poison],
    ["the least BIGINT divided by -1 overflows", call("DIV", BIGINT, big(LEAST), big(-1n)), poison],
    ["the least BIGINT modulo -1 is 0", call("MOD", BIGINT, big(LEAST), big(-1n)), 0n],
    ["ABS of the least BIGINT overflows", call("ABS", BIGINT, big(LEAST)), poison],
    ["NEG of the least INT overflows", call("NEG", INT, int(-2147483648)), poison],
    ["ROUND to negative digits", call("ROUND", INT, int(-1250), int(-2)), -1300n],
    ["TRUNCATE to negative digits", call("TRUNCATE", INT, int(-1299), int(-2)), -1200n],
    ["ROUND beyond all digits is 0", call("ROUND", BIGINT, big(2n ** 62n), int(-20)), 0n],
    ["GREATEST is NULL when one is", call("GREATEST", INT, int(1), literal(null, INT), int(3)), null],
  ]);
});

describe("floating point", () => {
  const nan = double(Number.NaN);
  golden([
    ["1 / 0 is infinite", call("DIV", DOUBLE, double(1), double(0)), Number.POSITIVE_INFINITY],
    ["0 / 0 is NaN", call("DIV", DOUBLE, double(0), double(0)), Number.NaN],
    ["NaN is not equal to itself", call("EQ", BOOLEAN, nan, nan), false],
    ["NaN is unequal to itself", call("NE", BOOLEAN, nan, nan), true],
    ["NaN is not at least anything", call("GE", BOOLEAN, nan, double(0)), false],
    ["0.0 equals -0.0", call("EQ", BOOLEAN, double(0), double(-0)), true],
    ["a NaN in the middle of GREATEST is passed over", call("GREATEST", DOUBLE, double(1), nan, double(3)), 3],
    ["FLOAT arithmetic rounds to 32 bits", call("ADD", FLOAT, literal(16777216, FLOAT), literal(1, FLOAT)), 16777216],
    ["ROUND is half away from zero", call("ROUND", DOUBLE, double(-2.5)), -3],
    ["ROUND works on the decimal a DOUBLE prints as", call("ROUND", DOUBLE, double(1.005), int(2)), 1.01],
    ["CEIL of -0.5 is -0.0", call("CEIL", DOUBLE, double(-0.5)), -0],
    ["POWER(1, NaN) is NaN, as in Java", call("POWER", DOUBLE, double(1), nan), Number.NaN],
  ]);
});

describe("DECIMAL", () => {
  golden([
    ["-2 / 3.0 is -0.666667", call("DIV", decimal(8, 6), dec(-2n, 1, 0), dec(30n, 2, 1)), -666_667n],
    ["division by zero is an error", call("DIV", decimal(8, 6), dec(-2n, 1, 0), dec(0n, 2, 1)), poison],
    ["sums of different scales", call("ADD", decimal(11, 2), dec(123n, 10, 2), dec(-50n, 10, 1)), -377n],
    ["products are rounded half up", call("MUL", decimal(5, 1), dec(-25n, 3, 1), dec(1n, 3, 1)), -3n],
    ["beyond 38 digits is NULL", call("MUL", decimal(38, 0), dec(10n ** 37n, 38, 0), dec(10n, 38, 0)), null],
    ["two of 38 digits do not wrap", call("ADD", decimal(38, 0), dec(NINES, 38, 0), dec(NINES, 38, 0)), null],
    [
      "two negative ones of 38 digits do not wrap",
      call("SUB", decimal(38, 0), dec(-NINES, 38, 0), dec(NINES, 38, 0)),
      null,
    ],
    [
      "38 digits times 38 digits at full scale",
      call("MUL", decimal(38, 37), dec(NINES, 38, 38), dec(NINES, 38, 37)),
      NINES - 1n,
    ],
    ["38 digits by 38 digits", call("DIV", decimal(38, 6), dec(NINES, 38, 38), dec(3n, 38, 38)), null],
    ["a long divisor", call("DIV", decimal(38, 37), dec(NINES - 1n, 38, 0), dec(NINES, 38, 0)), 10n ** 37n],
    ["MOD has the dividend's sign", call("MOD", decimal(10, 2), dec(-2650n, 10, 2), dec(50n, 10, 1)), -150n],
    ["FLOOR of -1.25 is -2", call("FLOOR", decimal(9, 0), dec(-125n, 10, 2)), -2n],
    ["CEIL of -1.25 is -1", call("CEIL", decimal(9, 0), dec(-125n, 10, 2)), -1n],
    ["SIGN keeps the type", call("SIGN", decimal(10, 2), dec(-125n, 10, 2)), -100n],
    ["ROUND(-1.250, 1) is -1.3", call("ROUND", decimal(9, 1), dec(-1250n, 10, 3), int(1)), -13n],
  ]);
});

describe("casts between numbers", () => {
  golden([
    ["BIGINT to INT wraps", cast(big(2n ** 31n), INT), -(2n ** 31n)],
    ["DECIMAL to INT is cut, then wraps", cast(dec(-1999n, 10, 2), INT), -19n],
    ["DECIMAL beyond BIGINT keeps its low bits", cast(dec(2n ** 64n + 5n, 38, 0), BIGINT), 5n],
    ["DOUBLE to INT saturates", cast(double(1e30), INT), 2147483647n],
    ["DOUBLE to SMALLINT saturates at 32 bits, then wraps", cast(double(1e30), SMALLINT), -1n],
    ["NaN to BIGINT is 0", cast(double(Number.NaN), BIGINT), 0n],
    ["TRUE to INT is 1", cast(isTrue, INT), 1n],
    ["0.0 to BOOLEAN is FALSE", cast(double(0), BOOLEAN), false],
    ["DOUBLE to DECIMAL goes by its text", cast(double(1.005), decimal(10, 2)), 101n],
    ["NaN to DECIMAL is an error", cast(double(Number.NaN), decimal(10, 2)), poison],
    ["DECIMAL to DECIMAL too narrow is NULL", cast(dec(12345n, 5, 0), decimal(4, 0)), null],
    ["DECIMAL to DOUBLE is the nearest", cast(dec(1n, 38, 38), DOUBLE), 1e-38],
    ["BIGINT to FLOAT rounds once", cast(big(2n ** 60n + 2n ** 36n + 1n), FLOAT), Math.fround(2 ** 60 + 2 ** 37)],
  ]);
});

describe("casts of text to numbers", () => {
  golden([
    ["'1.234' to INT is 1", cast(text("1.234"), INT), 1n],
    ["' 123 ' to INT is 123", cast(text(" 123 "), INT), 123n],
    ["'-3276913443134' to INT is an error", cast(text("-3276913443134"), INT), poison],
    ["'-3276913443134' to BIGINT fits", cast(text("-3276913443134"), BIGINT), -3276913443134n],
    ["'9223372036854775808' to BIGINT is an error", cast(text("9223372036854775808"), BIGINT), poison],
    ["'-9223372036854775808' to BIGINT fits", cast(text("-9223372036854775808"), BIGINT), LEAST],
    ["'' to INT is an error", cast(text(""), INT), poison],
    ["'+' to INT is an error", cast(text("+"), INT), poison],
    ["'1e3' to INT is an error", cast(text("1e3"), INT), poison],
    ["TRY_CAST gives NULL instead", tryCast(text("abc"), INT), null],
    ["TRY_CAST does not hide its operand's error", tryCast(cast(failing, STRING), INT), poison],
    ["'1e3' to DOUBLE is 1000", cast(text("1e3"), DOUBLE), 1000],
    ["' -Infinity ' to DOUBLE", cast(text(" -Infinity "), DOUBLE), Number.NEGATIVE_INFINITY],
    ["'1.5d' to DOUBLE, as Java reads it", cast(text("1.5d"), DOUBLE), 1.5],
    ["halfway between two doubles goes to even", cast(text("9007199254740993"), DOUBLE), 9007199254740992],
    ["just above halfway goes up", cast(text(`9007199254740993.${"0".repeat(60)}1`), DOUBLE), 9007199254740994],
    ["the least subnormal", cast(text("4.9e-324"), DOUBLE), 5e-324],
    ["half the least subnormal is 0", cast(text("2.4703282292062327e-324"), DOUBLE), 0],
    ["' 12.345e1 ' to DECIMAL", cast(text(" 12.345e1 "), decimal(10, 1)), 1235n],
    ["'99999' to DECIMAL(4, 1) is NULL", cast(text("99999"), decimal(4, 1)), null],
    ["'1x' to DECIMAL is an error", cast(text("1x"), decimal(4, 1)), poison],
    ...["t", "TRUE", "y", "Yes", "1"].map((word) => [`'${word}' is TRUE`, cast(text(word), BOOLEAN), true] as const),
    ...["f", "False", "n", "NO", "0"].map((word) => [`'${word}' is FALSE`, cast(text(word), BOOLEAN), false] as const),
    ["'2' to BOOLEAN is an error", cast(text("2"), BOOLEAN), poison],
  ]);
});

describe("casts of values to text", () => {
  const shown = (value: number, expected: string) =>
    [`${value} prints as ${expected}`, cast(double(value), STRING), expected] as const;
  golden([
    shown(1, "1.0"),
    shown(0.001, "0.001"),
    shown(0.0009, "9.0E-4"),
    shown(1234567, "1234567.0"),
    shown(12345678, "1.2345678E7"),
    shown(-0, "-0.0"),
    shown(5e-324, "4.9E-324"),
    shown(2e23, "2.0E23"),
    shown(1.7976931348623157e308, "1.7976931348623157E308"),
    shown(Number.NaN, "NaN"),
    shown(Number.NEGATIVE_INFINITY, "-Infinity"),
    ["FLOAT 0.1 prints as 0.1", cast(literal(0.1, FLOAT), STRING), "0.1"],
    ["FLOAT 1139219.25 ties to the even digit", cast(literal(1139219.25, FLOAT), STRING), "1139219.2"],
    ["BOOLEAN prints in capitals", cast(isTrue, STRING), "TRUE"],
    ["DECIMAL keeps its scale", cast(dec(-5n, 5, 3), STRING), "-0.005"],
    ["the least BIGINT", cast(big(LEAST), STRING), "-9223372036854775808"],
    ["CHAR(7) pads", cast(text("héllo"), char(7)), "héllo  "],
    ["VARCHAR(2) cuts characters, not bytes", cast(text("héllo"), varchar(2)), "hé"],
  ]);
});
