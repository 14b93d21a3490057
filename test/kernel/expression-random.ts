/**
 * Random typed expression trees. What they ask for is always legal by the plan's type rules; whether it has a value is for
 * the oracle to say.
 */
import type { DataType } from "../../src/core/type.ts";
import type { BoundExpression } from "../../src/plan/plan.ts";
import { castsExplicitly, type DecimalType, decimalResult, decimalRounded } from "../../src/plan/type-rules.ts";
import type { Value } from "../oracle/expression-value.ts";
import { columnTypes, RandomValues } from "./expression-random-values.ts";

const BOOLEAN: DataType = { kind: "boolean" };
const INT: DataType = { kind: "int" };
const BIGINT: DataType = { kind: "bigint" };
const _DOUBLE: DataType = { kind: "double" };
const STRING: DataType = { kind: "string" };
const decimal = (precision: number, scale: number): DecimalType => ({ kind: "decimal", precision, scale });

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

export class RandomExpressions extends RandomValues {
  literal(type: DataType): BoundExpression {
    const value = this.chance(0.08) ? null : this.value(type);
    return { kind: "literal", value: value as Exclude<Value, symbol>, type, nullable: value === null };
  }

  call(name: string, type: DataType, ...args: readonly BoundExpression[]): BoundExpression {
    return { kind: "call", function: name, arguments: args, type, nullable: true };
  }

  #leaf(type: DataType): BoundExpression {
    const columns = [...columnTypes.keys()].filter((index) => same(columnTypes[index] as DataType, type));
    if (columns.length === 0 || this.chance(0.2)) return this.literal(type);
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
    return { kind: "cast", operand: this.tree(from, depth - 1), type, nullable: true, try: this.chance(0.4) };
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
    if (this.chance(0.8)) return this.call("EXTRACT", BIGINT, textLiteral(this.choose(units)), next(time));
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
    if (this.chance(0.7)) return { kind: "literal", value: BigInt(this.below(12) - 4), type: INT, nullable: false };
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
        return this.call("SUBSTRING", STRING, text(), small(), ...(this.chance(0.6) ? [small()] : []));
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
        kind: type.kind !== "time" && this.chance(0.4) ? "interval_month" : "interval_day",
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
    const pattern = this.chance(0.7) ? [textLiteral(this.choose(datePatterns))] : [];
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
