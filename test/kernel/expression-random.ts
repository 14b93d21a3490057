/**
 * Random typed expression trees and random rows for them: NULLs, extremes, text that is no number, zero divisors. What they
 * ask for is always legal by the plan's type rules; whether it has a value is for the oracle to say.
 */
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { castsExplicitly, type DecimalType, decimalResult, decimalRounded } from "../../src/plan/type-rules.ts";
import type { Value } from "../oracle/expression-value.ts";

const BOOLEAN: DataType = { kind: "boolean" };
const INT: DataType = { kind: "int" };
const BIGINT: DataType = { kind: "bigint" };
const DOUBLE: DataType = { kind: "double" };
const STRING: DataType = { kind: "string" };
const decimal = (precision: number, scale: number): DecimalType => ({ kind: "decimal", precision, scale });

/** The columns of every random table. */
export const columnTypes: readonly DataType[] = [
  BOOLEAN,
  { kind: "tinyint" },
  { kind: "smallint" },
  INT,
  INT,
  BIGINT,
  BIGINT,
  { kind: "float" },
  DOUBLE,
  DOUBLE,
  decimal(10, 2),
  decimal(38, 10),
  decimal(5, 5),
  STRING,
  STRING,
  { kind: "date" },
  { kind: "time", precision: 3 },
  { kind: "timestamp", precision: 3 },
  { kind: "timestamp", precision: 6 },
  { kind: "timestamp", precision: 9 },
  { kind: "timestamp_ltz", precision: 3 },
];

/** Types that a tree may have beside those of columns. */
const moreTypes: readonly DataType[] = [
  { kind: "char", length: 4 },
  { kind: "varchar", length: 3 },
  { kind: "time", precision: 0 },
  { kind: "timestamp", precision: 0 },
  decimal(3, 0),
  decimal(20, 4),
];

export const allTypes: readonly DataType[] = [...columnTypes, ...moreTypes];

const words = [
  "",
  " ",
  "a",
  "abc",
  "abcabc",
  "Hello World",
  "é日🎉",
  "жΩß",
  "ÀÉ ÿ",
  "a,b,,c",
  "%_",
  "x".repeat(40),
  "ab".repeat(20),
];
const numbers = [
  "0",
  "1",
  "-1",
  " 42 ",
  "1.5",
  "-0.05",
  ".5",
  "1e3",
  "127",
  "128",
  "2147483648",
  "9223372036854775808",
  "NaN",
  "1e400",
  "true",
  "NO",
  "y",
];
const times = [
  "2024-02-29",
  "2024-05-01 12:34:56.789",
  "1969-12-31 23:59:59.999999999",
  "12:30",
  "23:59:59.5",
  "2023-02-30 00:00:00",
  "2023-13-01",
  "20240501",
  "01/02/2023",
  "9999-12-31 23:59:59",
];
const datePatterns = ["yyyy-MM-dd HH:mm:ss", "yyyyMMdd", "yyyyMMddHHmmss", "dd/MM/yyyy", "yyyy-MM-dd HH:mm:ss.SSS"];
const shownPatterns = [
  ...datePatterns,
  "yy-M-d",
  "d MMM uuuu",
  "MMMM EEEE",
  "h:mm a",
  "EEE D",
  "K k H",
  "'at' HH''mm",
  "SSSSSS",
  "Q",
];
const calendarUnits = ["MILLENNIUM", "CENTURY", "DECADE", "YEAR", "QUARTER", "MONTH", "WEEK", "DAY"];
const clockUnits = ["HOUR", "MINUTE", "SECOND", "MILLISECOND"];
const extractUnits = [...calendarUnits, "DOW", "ISODOW", "DOY", "ISOYEAR", "EPOCH"];

const limits: Readonly<Record<string, bigint>> = { tinyint: 7n, smallint: 15n, int: 31n, bigint: 63n };
const DAY_US = 86_400_000_000n;
/** Days of 0000-01-01 and 9999-12-31. */
const FIRST_DAY = -719_528n;
const LAST_DAY = 2_932_896n;

export class RandomExpressions {
  readonly #next: () => number;

  constructor(next: () => number) {
    this.#next = next;
  }

  below(count: number): number {
    return Math.floor(this.#next() * count);
  }

  choose<T>(options: readonly T[]): T {
    return options[this.below(options.length)] as T;
  }

  #chance(probability: number): boolean {
    return this.#next() < probability;
  }

  row(): Value[] {
    return columnTypes.map((type) => (this.#chance(0.12) ? null : this.value(type)));
  }

  #big(bits: bigint): bigint {
    let value = 0n;
    for (let i = 0; i < 5; i++) value = (value << 30n) | BigInt(this.below(2 ** 30));
    return value & ((1n << bits) - 1n);
  }

  value(type: DataType): Value {
    switch (type.kind) {
      case "boolean":
        return this.#chance(0.5);
      case "float":
        return Math.fround(Math.max(-3.4e38, Math.min(3.4e38, this.#float())));
      case "double":
        return this.#float();
      case "decimal":
        return this.#decimal(type);
      case "string":
      case "char":
      case "varchar":
        return this.#text(type);
      case "date":
        return this.#chance(0.3) ? this.choose([0n, -1n, FIRST_DAY, LAST_DAY, 19_782n]) : this.#day();
      case "time": {
        const unit = 10n ** BigInt(3 - type.precision);
        return (this.#big(40n) % (86_400_000n / unit)) * unit;
      }
      case "timestamp":
      case "timestamp_ltz":
        return this.#timestamp(type.precision);
      case "interval_day":
        return this.choose([0n, 1n, -1000n, 86_400_000n, -90_061_001n, this.#big(36n)]);
      case "interval_month":
        return this.choose([0n, 1n, -1n, 12n, -13n, 25n, this.#big(10n) - 512n]);
      default:
        return this.#whole(limits[type.kind] ?? 31n);
    }
  }

  #whole(bits: bigint): bigint {
    const limit = 1n << bits;
    if (this.#chance(0.25)) return this.choose([0n, 1n, -1n, limit - 1n, -limit, 2n, 10n, -7n]);
    const value = this.#big(bits) >> BigInt(this.below(Number(bits)));
    return this.#chance(0.5) ? value : -value;
  }

  #float(): number {
    if (this.#chance(0.2))
      return this.choose([0, -0, 1, -1, 0.5, 1e300, -1e300, 5e-324, 2 ** 53, 1e7, 0.001, 123456.789]);
    const value = (this.#next() - 0.5) * 10 ** (this.below(24) - 8);
    return this.#chance(0.4) ? Math.round(value * 100) / 100 : value;
  }

  #decimal({ precision }: DecimalType): bigint {
    const limit = 10n ** BigInt(precision);
    if (this.#chance(0.2)) return this.choose([0n, 1n, -1n, limit - 1n, 1n - limit]);
    const value = this.#big(127n) % 10n ** BigInt(1 + this.below(precision));
    return this.#chance(0.5) ? value : -value;
  }

  #text(type: DataType): string {
    const kind = this.below(10);
    const text = kind < 5 ? this.choose(words) : kind < 8 ? this.choose(numbers) : this.choose(times);
    if (!("length" in type)) return text;
    const characters = [...text].slice(0, type.length).join("");
    return type.kind === "char"
      ? characters.padEnd(type.length - [...characters].length + characters.length)
      : characters;
  }

  #day(): bigint {
    return FIRST_DAY + (this.#big(40n) % (LAST_DAY - FIRST_DAY + 1n));
  }

  #timestamp(precision: number): bigint {
    const micros = this.#chance(0.25)
      ? this.choose([0n, -1n, 999_999n, FIRST_DAY * DAY_US, LAST_DAY * DAY_US + DAY_US - 1n, 1_709_210_096_789_123n])
      : this.#day() * DAY_US + (this.#big(50n) % DAY_US);
    if (precision > 6) return (micros % (100_000n * DAY_US)) * 1000n + BigInt(this.below(1000));
    const unit = 10n ** BigInt(6 - precision);
    const rest = ((micros % unit) + unit) % unit;
    return micros - rest;
  }

  literal(type: DataType): BoundExpression {
    const value = this.#chance(0.08) ? null : this.value(type);
    return { kind: "literal", value: value as Exclude<Value, symbol>, type, nullable: value === null };
  }

  call(name: string, type: DataType, ...args: readonly BoundExpression[]): BoundExpression {
    return { kind: "call", function: name, arguments: args, type, nullable: true };
  }

  #leaf(type: DataType): BoundExpression {
    const columns = [...columnTypes.keys()].filter((index) => same(columnTypes[index] as DataType, type));
    if (columns.length === 0 || this.#chance(0.2)) return this.literal(type);
    return { kind: "column", index: this.choose(columns), type, nullable: true };
  }

  /** A tree of the type, at most `depth` calls deep. */
  tree(type: DataType, depth: number): BoundExpression {
    if (depth <= 0) return this.#leaf(type);
    const kind = this.below(12);
    if (kind === 0) return this.#case(type, depth);
    if (kind === 1) return this.call("COALESCE", type, this.tree(type, depth - 1), this.tree(type, depth - 1));
    if (kind === 2)
      return this.call(
        this.choose(["GREATEST", "LEAST"]),
        type,
        this.tree(type, depth - 1),
        this.tree(type, depth - 1),
      );
    if (kind <= 4) return this.#cast(type, depth);
    return this.#typed(type, depth);
  }

  #case(type: DataType, depth: number): BoundExpression {
    const whens = Array.from({ length: 1 + this.below(2) }, () => ({
      when: this.tree(BOOLEAN, depth - 1),
      // biome-ignore lint/suspicious/noThenProperty: a branch of CASE has one
      then: this.tree(type, depth - 1),
    }));
    return { kind: "case", whens, otherwise: this.tree(type, depth - 1), type, nullable: true };
  }

  #cast(type: DataType, depth: number): BoundExpression {
    const from = this.choose(allTypes.filter((source) => castsExplicitly(source, type)));
    return { kind: "cast", operand: this.tree(from, depth - 1), type, nullable: true, try: this.#chance(0.4) };
  }

  #typed(type: DataType, depth: number): BoundExpression {
    switch (type.kind) {
      case "boolean":
        return this.#boolean(depth);
      case "tinyint":
      case "smallint":
      case "int":
      case "bigint":
        return this.#integer(type, depth);
      case "float":
      case "double":
        return this.#floating(type, depth);
      case "decimal":
        return this.#exact(type, depth);
      case "string":
        return this.#string(depth);
      case "char":
      case "varchar":
        return this.#leaf(type);
      default:
        return this.#time(type, depth);
    }
  }

  #boolean(depth: number): BoundExpression {
    const next = (type: DataType): BoundExpression => this.tree(type, depth - 1);
    const kind = this.below(10);
    if (kind < 2) return this.call(this.choose(["AND", "OR"]), BOOLEAN, next(BOOLEAN), next(BOOLEAN));
    if (kind === 2) {
      const test = ["NOT", "IS_NULL", "IS_NOT_NULL", "IS_TRUE", "IS_FALSE", "IS_NOT_TRUE", "IS_NOT_FALSE"];
      return this.call(this.choose(test), BOOLEAN, next(BOOLEAN));
    }
    if (kind === 3) return this.call(this.choose(["IS_NULL", "IS_NOT_NULL"]), BOOLEAN, next(this.choose(allTypes)));
    if (kind === 4) return this.call(this.choose(["STARTSWITH", "ENDSWITH"]), BOOLEAN, next(STRING), next(STRING));
    if (kind === 5) return this.#like(next(STRING));
    const comparison = this.choose(["EQ", "NE", "LT", "LE", "GT", "GE", "IS_DISTINCT_FROM", "IS_NOT_DISTINCT_FROM"]);
    const type = this.choose(columnTypes);
    return this.call(comparison, BOOLEAN, next(type), next(type));
  }

  #like(text: BoundExpression): BoundExpression {
    const parts = ["%", "_", "a", "b", "abc", "é", "🎉", "!%", "!_", "!!", "%", ","];
    const pattern = Array.from({ length: this.below(5) }, () => this.choose(parts)).join("");
    const [given, escaping] = [textLiteral(pattern), textLiteral("!")];
    return this.call("LIKE", BOOLEAN, text, given, escaping);
  }

  #integer(type: DataType, depth: number): BoundExpression {
    const next = (of: DataType): BoundExpression => this.tree(of, depth - 1);
    const kind = this.below(8);
    if (kind < 4) return this.call(this.choose(["ADD", "SUB", "MUL", "DIV", "MOD"]), type, next(type), next(type));
    if (kind === 4) return this.call(this.choose(["NEG", "ABS", "SIGN", "FLOOR", "CEIL"]), type, next(type));
    if (kind === 5) return this.call(this.choose(["ROUND", "TRUNCATE"]), type, next(type), this.#small(depth));
    if (type.kind === "int") return this.#intFunction(depth);
    if (type.kind !== "bigint") return this.#leaf(type);
    const time = this.choose(
      columnTypes.filter(({ kind }) => kind === "date" || kind === "time" || kind.startsWith("timestamp")),
    );
    const units =
      time.kind === "time"
        ? clockUnits
        : time.kind === "date"
          ? extractUnits
          : [...extractUnits, ...clockUnits, "MICROSECOND"];
    if (this.#chance(0.8)) return this.call("EXTRACT", BIGINT, textLiteral(this.choose(units)), next(time));
    return this.call("UNIX_TIMESTAMP", BIGINT, next(STRING), textLiteral(this.choose(datePatterns)));
  }

  #intFunction(depth: number): BoundExpression {
    const text = (): BoundExpression => this.tree(STRING, depth - 1);
    const kind = this.below(4);
    if (kind === 0) return this.call("CHAR_LENGTH", INT, text());
    if (kind === 1) return this.call("POSITION", INT, text(), text());
    if (kind === 2) return this.call("ASCII", INT, text());
    const type: DataType = this.choose([
      { kind: "date" },
      { kind: "timestamp", precision: 3 },
      { kind: "timestamp", precision: 9 },
    ]);
    const unit = this.choose(["YEAR", "QUARTER", "MONTH", "WEEK", "DAY", "HOUR", "SECOND"]);
    return this.call("TIMESTAMPDIFF", INT, textLiteral(unit), this.tree(type, depth - 1), this.tree(type, depth - 1));
  }

  /** An INT of few characters or digits. */
  #small(depth: number): BoundExpression {
    if (this.#chance(0.7)) return { kind: "literal", value: BigInt(this.below(12) - 4), type: INT, nullable: false };
    return this.call("MOD", INT, this.tree(INT, depth - 1), { kind: "literal", value: 9n, type: INT, nullable: false });
  }

  #floating(type: DataType, depth: number): BoundExpression {
    const next = (): BoundExpression => this.tree(type, depth - 1);
    const kind = this.below(8);
    if (kind < 5) return this.call(this.choose(["ADD", "SUB", "MUL", "DIV", "MOD"]), type, next(), next());
    if (kind === 5) return this.call(this.choose(["ROUND", "TRUNCATE"]), type, next(), this.#small(depth));
    const names = ["NEG", "ABS", "SIGN", "FLOOR", "CEIL"];
    return this.call(this.choose(type.kind === "double" ? [...names, "SQRT"] : names), type, next());
  }

  /** DECIMAL operations have types of their own: the result is cast to the type asked for. */
  #exact(type: DecimalType, depth: number): BoundExpression {
    const decimals = allTypes.filter((candidate) => candidate.kind === "decimal");
    const [a, b] = [this.choose(decimals), this.choose(decimals)];
    const cast = (operand: BoundExpression): BoundExpression => ({
      kind: "cast",
      operand,
      type,
      nullable: true,
      try: false,
    });
    const kind = this.below(8);
    if (kind < 5) {
      const operator = this.choose(["ADD", "SUB", "MUL", "DIV", "MOD"] as const);
      const result = decimalResult(operator, a, b);
      return cast(this.call(operator, result, this.tree(a, depth - 1), this.tree(b, depth - 1)));
    }
    if (kind === 5) return this.call(this.choose(["NEG", "ABS", "SIGN"]), type, this.tree(type, depth - 1));
    if (kind === 6)
      return cast(this.call(this.choose(["FLOOR", "CEIL"]), decimalRounded(a, 0), this.tree(a, depth - 1)));
    const digits = this.below(8) - 2;
    const places: BoundExpression = { kind: "literal", value: BigInt(digits), type: INT, nullable: false };
    return cast(
      this.call(this.choose(["ROUND", "TRUNCATE"]), decimalRounded(a, digits), this.tree(a, depth - 1), places),
    );
  }

  #string(depth: number): BoundExpression {
    const text = (): BoundExpression => this.tree(STRING, depth - 1);
    const small = (): BoundExpression => this.#small(depth);
    switch (this.below(12)) {
      case 0:
        return this.call("CONCAT", STRING, text(), text(), text());
      case 1:
        return this.call("CONCAT_WS", STRING, text(), text(), text(), text());
      case 2:
        return this.call(this.choose(["UPPER", "LOWER", "INITCAP", "REVERSE"]), STRING, text());
      case 3:
        return this.call("SUBSTRING", STRING, text(), small(), ...(this.#chance(0.6) ? [small()] : []));
      case 4:
        return this.call(this.choose(["TRIM_BOTH", "TRIM_LEADING", "TRIM_TRAILING"]), STRING, text(), text());
      case 5:
        return this.call("REPLACE", STRING, text(), text(), text());
      case 6:
        return this.call(this.choose(["LPAD", "RPAD"]), STRING, text(), small(), text());
      case 7:
        return this.call("REPEAT", STRING, text(), small());
      case 8:
        return this.call(this.choose(["LEFT", "RIGHT"]), STRING, text(), small());
      case 9:
        return this.call("SPLIT_INDEX", STRING, text(), text(), small());
      case 10: {
        const type: DataType = this.choose([
          { kind: "timestamp", precision: 3 },
          { kind: "timestamp", precision: 9 },
          { kind: "timestamp_ltz", precision: 3 },
        ]);
        return this.call("DATE_FORMAT", STRING, this.tree(type, depth - 1), textLiteral(this.choose(shownPatterns)));
      }
      default:
        return this.call(
          "FROM_UNIXTIME",
          STRING,
          this.tree(BIGINT, depth - 1),
          textLiteral(this.choose(shownPatterns)),
        );
    }
  }

  #time(type: DataType, depth: number): BoundExpression {
    const next = (): BoundExpression => this.tree(type, depth - 1);
    const kind = this.below(6);
    if (kind < 2) {
      const interval: DataType = {
        kind: type.kind !== "time" && this.#chance(0.4) ? "interval_month" : "interval_day",
      };
      return this.call(this.choose(["ADD", "SUB"]), type, next(), this.literal(interval));
    }
    if (kind < 4) {
      const units =
        type.kind === "time"
          ? ["HOUR", "MINUTE"]
          : type.kind === "date"
            ? calendarUnits
            : [...calendarUnits, ...clockUnits];
      return this.call(this.choose(["FLOOR_TIME", "CEIL_TIME"]), type, next(), textLiteral(this.choose(units)));
    }
    const pattern = this.#chance(0.7) ? [textLiteral(this.choose(datePatterns))] : [];
    if (type.kind === "timestamp" && type.precision === 3)
      return this.call("TO_TIMESTAMP", type, this.tree(STRING, depth - 1), ...pattern);
    if (type.kind === "date") return this.call("TO_DATE", type, this.tree(STRING, depth - 1), ...pattern);
    if (type.kind !== "timestamp_ltz") return this.#leaf(type);
    const precision: BoundExpression = { kind: "literal", value: this.choose([0n, 3n]), type: INT, nullable: false };
    return this.call("TO_TIMESTAMP_LTZ", type, this.tree(BIGINT, depth - 1), precision);
  }
}

function textLiteral(value: string): BoundExpression {
  return { kind: "literal", value, type: STRING, nullable: false };
}

function same(a: DataType, b: DataType): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
