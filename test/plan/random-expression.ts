/** Random well-typed SQL expressions over the columns of `columnsSql`, as text, from a seeded generator. */

export const columnsSql = `CREATE TABLE t (
  b BOOLEAN, i INT NOT NULL, l BIGINT, f FLOAT, d DOUBLE, m DECIMAL(10, 2), s STRING, v VARCHAR(5), dt DATE, tm TIME(3),
  ts TIMESTAMP(3), tz TIMESTAMP_LTZ(6), r ROW<x INT, y ROW<z STRING>>
) WITH ('connector' = 'datagen');`;

export type Family = "boolean" | "number" | "string" | "timestamp" | "date" | "interval";
export const families: readonly Family[] = ["boolean", "number", "string", "timestamp", "date", "interval"];

type Make = (depth: number) => string;

export class ExpressionGenerator {
  readonly #random: () => number;

  /** `random` gives numbers in [0, 1). */
  constructor(random: () => number) {
    this.#random = random;
  }

  make(family: Family, depth: number): string {
    if (depth <= 0) return this.#leaf(family);
    return this.#pick(this.#forms(family))(depth - 1);
  }

  #pick<T>(items: readonly T[]): T {
    return items[Math.floor(this.#random() * items.length)] as T;
  }

  #leaf(family: Family): string {
    const leaves: Readonly<Record<Family, readonly string[]>> = {
      boolean: ["b", "TRUE", "FALSE", "b IS NULL", "t.b"],
      number: ["i", "l", "f", "d", "m", "1", "2.50", "1e3", "-7", "9223372036854775807", "t.i", "r.x"],
      string: ["s", "v", "'abc'", "''", "'it''s'", "r.y.z"],
      timestamp: ["ts", "tz", "TIMESTAMP '2024-05-01 12:00:00.123'", "TO_TIMESTAMP_LTZ(l, 3)", "TO_TIMESTAMP(s)"],
      date: ["dt", "DATE '2024-05-01'", "TO_DATE(s)"],
      interval: ["INTERVAL '5' MINUTE", "INTERVAL '1 02:03:04.5' DAY TO SECOND", "-INTERVAL '2' HOUR"],
    };
    return this.#pick(leaves[family]);
  }

  #of(family: Family): Make {
    return (depth) => this.make(family, depth);
  }

  #any(depth: number): string {
    return this.make(this.#pick(["number", "string", "timestamp", "date"] as const), depth);
  }

  #forms(family: Family): readonly Make[] {
    switch (family) {
      case "boolean":
        return [...this.#choice(family), ...this.#comparisons(), ...this.#conditions()];
      case "number":
        return [...this.#choice(family), ...this.#numbers()];
      case "string":
        return [...this.#choice(family), ...this.#strings()];
      default:
        return [...(family === "interval" ? [] : this.#choice(family)), ...this.#times(family)];
    }
  }

  #choice(family: Family): Make[] {
    const [n, b, of] = [this.#of("number"), this.#of("boolean"), this.#of(family)];
    return [
      (d) => `CASE WHEN ${b(d)} THEN ${of(d)} WHEN ${b(d)} THEN ${of(d)} ELSE ${of(d)} END`,
      (d) => `CASE ${n(d)} WHEN ${n(d)} THEN ${of(d)} END`,
      (d) => `COALESCE(${of(d)}, ${of(d)}, NULL)`,
      (d) => `IF(${b(d)}, ${of(d)}, NULL)`,
      (d) => `NULLIF(${of(d)}, ${of(d)})`,
    ];
  }

  #comparisons(): Make[] {
    return (["number", "string", "timestamp", "date", "boolean"] as const).map((family) => {
      const of = this.#of(family);
      return (d) => `(${of(d)} ${this.#pick(["=", "<>", "<", "<=", ">", ">="])} ${of(d)})`;
    });
  }

  #conditions(): Make[] {
    const [n, s, b, ts] = [this.#of("number"), this.#of("string"), this.#of("boolean"), this.#of("timestamp")];
    return [
      (d) => `(${b(d)} AND ${b(d)} OR NOT ${b(d)})`,
      (d) => `(${this.#any(d)} IS ${this.#pick(["", "NOT "])}NULL)`,
      (d) => `(${b(d)} IS ${this.#pick(["TRUE", "NOT TRUE", "FALSE", "UNKNOWN", "NOT UNKNOWN"])})`,
      (d) => `(${n(d)} ${this.#pick(["", "NOT "])}BETWEEN ${n(d)} AND ${n(d)})`,
      (d) => `(${s(d)} ${this.#pick(["", "NOT "])}IN (${s(d)}, ${s(d)}))`,
      (d) => `(${s(d)} LIKE 'a%')`,
      (d) => `(${n(d)} IS NOT DISTINCT FROM ${n(d)})`,
      (d) => `(${ts(d)} > '2024-05-01 00:00:00')`,
      (d) => `STARTSWITH(${s(d)}, ${s(d)})`,
    ];
  }

  #numbers(): Make[] {
    const [n, s, ts] = [this.#of("number"), this.#of("string"), this.#of("timestamp")];
    return [
      (d) => `(${n(d)} ${this.#pick(["+", "-", "*", "/", "%"])} ${n(d)})`,
      (d) => `(- ${n(d)})`,
      (d) => `${this.#pick(["ABS", "FLOOR", "CEIL", "SIGN", "SQRT", "LN", "EXP"])}(${n(d)})`,
      (d) => `ROUND(${n(d)}, ${this.#pick(["0", "2", "-1", "i"])})`,
      (d) => `POWER(${n(d)}, ${n(d)})`,
      (d) => `GREATEST(${n(d)}, ${n(d)}, ${n(d)})`,
      (d) => `CHAR_LENGTH(${s(d)})`,
      (d) => `CAST(${n(d)} AS ${this.#pick(["INT", "BIGINT", "DOUBLE", "DECIMAL(12, 3)"])})`,
      (d) => `TRY_CAST(${s(d)} AS INT)`,
      (d) => `EXTRACT(${this.#pick(["YEAR", "HOUR", "EPOCH", "DOW"])} FROM ${ts(d)})`,
      (d) => `TIMESTAMPDIFF(${this.#pick(["DAY", "SECOND", "MONTH"])}, ${ts(d)}, ${ts(d)})`,
    ];
  }

  #strings(): Make[] {
    const [s, ts] = [this.#of("string"), this.#of("timestamp")];
    return [
      (d) => `(${s(d)} || ${s(d)})`,
      (d) => `${this.#pick(["UPPER", "LOWER", "TRIM", "REVERSE", "INITCAP"])}(${s(d)})`,
      (d) => `SUBSTRING(${s(d)} FROM 2 FOR i)`,
      (d) => `REPLACE(${s(d)}, ${s(d)}, ${s(d)})`,
      (d) => `TRIM(LEADING 'x' FROM ${s(d)})`,
      (d) => `CAST(${this.#any(d)} AS ${this.#pick(["STRING", "VARCHAR(3)", "CHAR(4)"])})`,
      (d) => `DATE_FORMAT(${ts(d)}, 'yyyy-MM-dd')`,
      (d) => `CONCAT_WS(',', ${s(d)}, ${s(d)})`,
    ];
  }

  #times(family: "timestamp" | "date" | "interval"): Make[] {
    const [ts, dt, iv] = [this.#of("timestamp"), this.#of("date"), this.#of("interval")];
    switch (family) {
      case "timestamp":
        return [
          (d) => `(${ts(d)} ${this.#pick(["+", "-"])} ${iv(d)})`,
          (d) => `FLOOR(${ts(d)} TO ${this.#pick(["HOUR", "DAY", "MONTH", "WEEK"])})`,
          (d) => `CAST(${dt(d)} AS TIMESTAMP(3))`,
          (d) => `TIMESTAMPADD(${this.#pick(["MINUTE", "MONTH"])}, ${this.#pick(["3", "i"])}, ${ts(d)})`,
        ];
      case "date":
        return [(d) => `(${dt(d)} + INTERVAL '1' MONTH)`, (d) => `CAST(${ts(d)} AS DATE)`];
      case "interval":
        return [(d) => `(${iv(d)} ${this.#pick(["+", "-"])} ${iv(d)})`, () => "(INTERVAL '1' SECOND * i)"];
    }
  }
}
