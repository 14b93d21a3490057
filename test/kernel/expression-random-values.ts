/** Random rows of one table with a column of every type: NULLs, extremes, text that is no number, zeros. */
import type { DataType } from "../../src/core/type.ts";
import type { DecimalType } from "../../src/plan/type-rules.ts";
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
const limits: Readonly<Record<string, bigint>> = { tinyint: 7n, smallint: 15n, int: 31n, bigint: 63n };
const DAY_US = 86_400_000_000n;
/** Days of 0000-01-01 and 9999-12-31. */
const FIRST_DAY = -719_528n;
const LAST_DAY = 2_932_896n;

export class RandomValues {
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

  chance(probability: number): boolean {
    return this.#next() < probability;
  }

  row(): Value[] {
    return columnTypes.map((type) => (this.chance(0.12) ? null : this.value(type)));
  }

  #big(bits: bigint): bigint {
    let value = 0n;
    for (let i = 0; i < 5; i++) value = (value << 30n) | BigInt(this.below(2 ** 30));
    return value & ((1n << bits) - 1n);
  }

  value(type: DataType): Value {
    switch (type.kind) {
      case "boolean":
        return this.chance(0.5);
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
        return this.chance(0.3) ? this.choose([0n, -1n, FIRST_DAY, LAST_DAY, 19_782n]) : this.#day();
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
    if (this.chance(0.25)) return this.choose([0n, 1n, -1n, limit - 1n, -limit, 2n, 10n, -7n]);
    const value = this.#big(bits) >> BigInt(this.below(Number(bits)));
    return this.chance(0.5) ? value : -value;
  }

  #float(): number {
    if (this.chance(0.2))
      return this.choose([0, -0, 1, -1, 0.5, 1e300, -1e300, 5e-324, 2 ** 53, 1e7, 0.001, 123456.789]);
    const value = (this.#next() - 0.5) * 10 ** (this.below(24) - 8);
    return this.chance(0.4) ? Math.round(value * 100) / 100 : value;
  }

  #decimal({ precision }: DecimalType): bigint {
    const limit = 10n ** BigInt(precision);
    if (this.chance(0.2)) return this.choose([0n, 1n, -1n, limit - 1n, 1n - limit]);
    const value = this.#big(127n) % 10n ** BigInt(1 + this.below(precision));
    return this.chance(0.5) ? value : -value;
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
    const micros = this.chance(0.25)
      ? this.choose([0n, -1n, 999_999n, FIRST_DAY * DAY_US, LAST_DAY * DAY_US + DAY_US - 1n, 1_709_210_096_789_123n])
      : this.#day() * DAY_US + (this.#big(50n) % DAY_US);
    if (precision > 6) return (micros % (100_000n * DAY_US)) * 1000n + BigInt(this.below(1000));
    const unit = 10n ** BigInt(6 - precision);
    const rest = ((micros % unit) + unit) % unit;
    return micros - rest;
  }
}
