/** Random expressions over random columns, each in Flink SQL and in DuckDB SQL (`node.ts` has the mapping). */
import type { DataType } from "../../src/core/type.ts";
import { formatType } from "../../src/core/type-text.ts";
import { decimalResult, decimalRounded } from "../../src/plan/type-rules.ts";
import type { Cell } from "./cell.ts";
import { duckType, flinkText, isNanoseconds, isWhole, randomCell } from "./cell.ts";
import type { Dice } from "./dice.ts";
import {
  anyBad,
  BIGINT,
  BOOLEAN,
  caseNode,
  coalesce,
  DATE,
  DOUBLE,
  dividedHalfUp,
  fromUnscaled,
  hugeint,
  INT,
  literalNode,
  logic,
  type Node,
  narrowed,
  STRING,
  same,
  unscaled,
  wrapped,
} from "./node.ts";

type Decimal = Extract<DataType, { kind: "decimal" }>;

const wholes: readonly DataType[] = [{ kind: "tinyint" }, { kind: "smallint" }, INT, BIGINT];
const patterns = ["%", "a%", "%b", "_", "%é%", "__", "a_c", "%\\%%", "", "%_"];

/** A column to build on, with cells that occur in it, so that comparisons are sometimes true. */
export interface Leaf extends Node {
  readonly samples: readonly Cell[];
}

function sameKind(a: DataType, b: DataType): boolean {
  return formatType(a) === formatType(b);
}

export class Expressions {
  readonly #dice: Dice;
  readonly #leaves: readonly Leaf[];
  /** Whether expressions may make a row bad. */
  readonly #failing: boolean;

  constructor(dice: Dice, leaves: readonly Leaf[], failing: boolean) {
    this.#dice = dice;
    this.#leaves = leaves;
    this.#failing = failing;
  }

  /** Of any type. */
  any(depth: number): Node {
    if (depth === 0 || this.#dice.chance(0.4)) return this.#dice.pick(this.#leaves);
    const leaf = this.#dice.pick(this.#leaves).type;
    if (leaf.kind === "decimal" && this.#dice.chance(0.4)) return this.#product(leaf);
    return this.of(this.#dice.pick([leaf, leaf, INT, BIGINT, STRING, BOOLEAN, DOUBLE]), depth);
  }

  of(type: DataType, depth: number): Node {
    if (depth <= 0) return this.#atom(type);
    if (this.#dice.chance(0.2)) return this.#choice(type, depth - 1);
    if (isWhole(type)) return this.#whole(type, depth - 1);
    switch (type.kind) {
      case "boolean":
        return this.condition(depth);
      case "decimal":
        return this.#decimal(type, depth - 1);
      case "float":
      case "double":
        return this.#float(type, depth - 1);
      case "string":
        return this.#text(depth - 1);
      case "date":
      case "timestamp":
      case "timestamp_ltz":
        return this.#time(type, depth - 1);
      default:
        return this.#atom(type);
    }
  }

  #atom(type: DataType): Node {
    const fitting = this.#leaves.filter((leaf) => sameKind(leaf.type, type));
    return fitting.length > 0 && this.#dice.chance(0.8) ? this.#dice.pick(fitting) : this.#literal(type);
  }

  #literal(type: DataType): Node {
    const samples = this.#leaves.filter((leaf) => sameKind(leaf.type, type)).flatMap((leaf) => leaf.samples);
    if (samples.length > 0 && this.#dice.chance(0.7)) return literalNode(type, this.#dice.pick(samples));
    return literalNode(type, this.#dice.chance(0.05) ? null : randomCell(this.#dice, type));
  }

  #choice(type: DataType, depth: number): Node {
    const [a, b] = [this.of(type, depth), this.of(type, depth)];
    const computed = a.computed === true || b.computed === true;
    switch (this.#dice.below(3)) {
      case 0:
        return { ...caseNode(this.condition(depth), a, b), computed };
      case 1:
        return { ...coalesce(a, b), computed };
      default:
        return {
          ...caseNode(
            same(BOOLEAN, [this.#atom(type)], (x) => `${x} IS NULL`),
            a,
            b,
          ),
          computed,
        };
    }
  }

  condition(depth: number): Node {
    const next = depth - 1;
    if (depth <= 0) return this.#test(0);
    switch (this.#dice.below(8)) {
      case 0:
      case 1:
        return logic("AND", this.condition(next), this.condition(next));
      case 2:
      case 3:
        return logic("OR", this.condition(next), this.condition(next));
      case 4:
        return same(BOOLEAN, [this.condition(next)], (x) => `(NOT ${x})`);
      case 5: {
        const test = this.#dice.pick(["TRUE", "FALSE", "NOT TRUE", "NOT FALSE", "NULL", "NOT NULL"]);
        return same(BOOLEAN, [this.condition(next)], (x) => `((${x}) IS ${test})`);
      }
      default:
        return this.#test(next);
    }
  }

  #test(depth: number): Node {
    const operand = this.any(depth);
    const { type } = operand;
    const other = (): Node => (this.#dice.chance(0.7) ? this.#literal(type) : this.of(type, depth));
    switch (this.#dice.below(type.kind === "string" ? 8 : 6)) {
      case 0: {
        const not = this.#dice.pick(["", "NOT "]);
        return same(BOOLEAN, [operand], (x) => `(${x} IS ${not}NULL)`);
      }
      case 1: {
        const not = this.#dice.pick(["", "NOT "]);
        const list = Array.from({ length: this.#dice.between(1, 4) }, () => this.#literal(type));
        return same(BOOLEAN, [operand, ...list], (x, ...values) => `(${x} ${not}IN (${values.join(", ")}))`);
      }
      case 2: {
        const not = this.#dice.pick(["", "NOT "]);
        return between(operand, [other(), other()], not);
      }
      case 3: {
        const not = this.#dice.pick(["", "NOT "]);
        return same(BOOLEAN, [operand, other()], (x, y) => `(${x} IS ${not}DISTINCT FROM ${y})`);
      }
      case 6:
      case 7:
        return this.#like(operand);
      default:
        return this.#compare(operand, other());
    }
  }

  #compare(a: Node, b: Node): Node {
    const operator = this.#dice.pick(["=", "<>", "<", "<=", ">", ">="]);
    const right = isWhole(a.type) && this.#dice.chance(0.2) ? this.#atom(this.#dice.pick(wholes)) : b;
    return same(BOOLEAN, [a, right], (x, y) => `(${x} ${operator} ${y})`);
  }

  #like(operand: Node): Node {
    const pattern = this.#dice.pick(patterns);
    const not = this.#dice.pick(["", "NOT "]);
    const tail = pattern.includes("\\") || this.#dice.chance(0.2) ? " ESCAPE '\\'" : "";
    return same(BOOLEAN, [operand], (x) => `(${x} ${not}LIKE ${flinkText(pattern)}${tail})`);
  }

  #whole(type: DataType, depth: number): Node {
    const kind = this.#dice.below(8);
    if (kind < 3) return this.#arithmetic(type, depth);
    if (kind === 3) return this.#sign(type, depth);
    if (kind === 4) return this.#castToWhole(type, depth);
    if (kind === 5 && type.kind === "int") return this.#measure(depth);
    if (kind === 6 && type.kind === "bigint") return this.#calendar() ?? this.#atom(type);
    return kind === 7 ? this.#extreme(type, depth) : this.#atom(type);
  }

  #extreme(type: DataType, depth: number): Node {
    const name = this.#dice.pick(["GREATEST", "LEAST"]);
    const [a, b] = [this.of(type, depth), this.of(type, depth)];
    const node = same(type, [a, b], (x, y) => `${name}(${x}, ${y})`);
    return { ...node, duck: `CASE WHEN (${a.duck}) IS NOT NULL AND (${b.duck}) IS NOT NULL THEN ${node.duck} END` };
  }

  #arithmetic(type: DataType, depth: number): Node {
    const a = this.of(type, depth);
    const operator = this.#dice.pick(["+", "-", "*", "/", "%"]);
    const divides = operator === "/" || operator === "%";
    if (!this.#failing && !divides) return a;
    const b = this.#failing ? this.of(type, depth) : literalNode(type, BigInt(this.#dice.between(2, 9)));
    const [x, y] = [hugeint(a.duck), hugeint(b.duck)];
    const flink = `(${a.flink} ${operator} ${b.flink})`;
    if (!divides) return narrowed(type, `(${x} ${operator} ${y})`, flink, anyBad(a.bad, b.bad));
    const wide = `(${x} ${operator === "/" ? "//" : "%"} nullif(${y}, 0))`;
    if (!this.#failing) return { type, flink, duck: `CAST(${wide} AS ${duckType(type)})`, bad: null };
    const zero = `coalesce(${y} = 0 AND ${x} IS NOT NULL, FALSE)`;
    return narrowed(type, wide, flink, anyBad(a.bad, b.bad, zero));
  }

  #sign(type: DataType, depth: number): Node {
    const a = this.of(type, depth);
    if (!this.#failing) return same(type, [a], (x) => `(+${x})`);
    return this.#dice.chance(0.5)
      ? narrowed(type, `abs(${hugeint(a.duck)})`, `ABS(${a.flink})`, a.bad)
      : narrowed(type, `(-${hugeint(a.duck)})`, `(- ${a.flink})`, a.bad);
  }

  /** From another whole type, from DECIMAL, BOOLEAN or text. */
  #castToWhole(type: DataType, depth: number): Node {
    const source = this.#dice.below(4);
    if (source === 0 && this.#failing) return castText(type, this.of(STRING, depth));
    if (source === 1) {
      const a = this.condition(depth);
      return same(type, [a], (x) => `CAST(${x} AS ${formatType(type)})`);
    }
    const decimals = this.#leaves.filter((leaf) => leaf.type.kind === "decimal");
    const a = source === 2 && decimals.length > 0 ? this.#dice.pick(decimals) : this.of(this.#dice.pick(wholes), depth);
    const wide = a.type.kind === "decimal" ? hugeint(`trunc(${a.duck})`) : hugeint(a.duck);
    return { type, flink: `CAST(${a.flink} AS ${formatType(type)})`, duck: wrapped(type, wide), bad: a.bad };
  }

  #measure(depth: number): Node {
    const text = this.of(STRING, depth);
    if (this.#dice.chance(0.5)) {
      return { ...same(INT, [text], (x) => `CHAR_LENGTH(${x})`), duck: `CAST(length(${text.duck}) AS INTEGER)` };
    }
    const needle = this.#dice.pick(["a", "b", "é", "日"]);
    const node = same(INT, [text], (x) => `POSITION('${needle}' IN ${x})`);
    return { ...node, duck: `CAST(${node.duck} AS INTEGER)` };
  }

  /** EXTRACT over a TIMESTAMP up to microseconds or a DATE. */
  #calendar(): Node | null {
    const times = this.#leaves.filter(
      ({ type }) => "precision" in type && type.kind === "timestamp" && !isNanoseconds(type),
    );
    if (times.length === 0) return null;
    const unit = this.#dice.pick(["YEAR", "QUARTER", "MONTH", "DAY", "HOUR", "MINUTE", "DOY"]);
    return same(BIGINT, [this.#dice.pick(times)], (x) => `EXTRACT(${unit} FROM ${x})`);
  }

  #decimal(type: DataType, depth: number): Node {
    if (type.kind !== "decimal" || this.#dice.chance(0.5)) return this.#atom(type);
    const a = this.of(type, depth);
    // One digit is lost at either end, so that no result needs more than 38.
    if (this.#dice.chance(0.5) || type.precision > 36) return same(type, [a], (x) => `(- ${x})`);
    const b = this.of(type, depth);
    const operator = this.#dice.pick(["+", "-"]);
    const wider: DataType = { kind: "decimal", precision: type.precision + 1, scale: type.scale };
    const node = same(wider, [a, b], (x, y) => `(${x} ${operator} ${y})`);
    const cast = (text: string): string => `CAST(${text} AS ${duckType(wider)})`;
    // Cast back: what does not fit is NULL.
    return {
      ...node,
      type,
      flink: `CAST(${node.flink} AS ${formatType(type)})`,
      duck: `TRY_CAST((${cast(a.duck)} ${operator} ${cast(b.duck)}) AS ${duckType(type)})`,
    };
  }

  /** `*`, `/` or ROUND of a DECIMAL, with its own type; small enough that no result has more than 38 digits. */
  #product(type: Decimal): Node {
    const a = this.#atom(type);
    if (this.#dice.chance(0.3)) return this.#rounded(type, a);
    const smaller = this.#leaves.map((leaf) => leaf.type).filter((other) => other.kind === "decimal");
    const other = this.#dice.pick<Decimal>([...smaller, { kind: "decimal", precision: 3, scale: 1 }]);
    const b = this.#atom(other);
    const id = this.#failing && this.#dice.chance(0.5) ? "DIV" : "MUL";
    const result = decimalResult(id, type, other);
    if (type.precision + other.precision + 1 > 38 || result.precision + result.scale > 60) return a;
    const [x, y] = [unscaled(a.duck), unscaled(b.duck)];
    const flink = `(${a.flink} ${id === "DIV" ? "/" : "*"} ${b.flink})`;
    if (id === "MUL") return { type: result, flink, duck: fromUnscaled(result, `(${x} * ${y})`), bad: null };
    const more = result.scale - type.scale + other.scale;
    if (type.precision + more > 37) return a;
    const duck = fromUnscaled(result, dividedHalfUp(`(${x} * ${10n ** BigInt(more)}::HUGEINT)`, y));
    return { type: result, flink, duck, bad: `coalesce(${y} = 0 AND ${x} IS NOT NULL, FALSE)` };
  }

  #rounded(type: Decimal, a: Node): Node {
    const digits = this.#dice.below(type.scale + 1);
    const result = decimalRounded(type, digits);
    if (result.precision > 38 || type.precision > 36) return a;
    const units = dividedHalfUp(unscaled(a.duck), `${10n ** BigInt(type.scale - result.scale)}::HUGEINT`);
    return { ...same(result, [a], (x) => `ROUND(${x}, ${digits})`), duck: fromUnscaled(result, units) };
  }

  #float(type: DataType, depth: number): Node {
    if (this.#dice.chance(0.3)) {
      const a = this.of(this.#dice.pick(wholes.slice(0, 3)), depth);
      return { ...same(type, [a], (x) => `CAST(${x} AS ${formatType(type)})`) };
    }
    const a = this.#atom(type);
    const operator = this.#dice.pick(["+", "-", "*"]);
    const b = operator === "*" ? literalNode(type, this.#dice.pick([2, 0.5, -4])) : this.#atom(type);
    return { ...same(type, [a, b], (x, y) => `(${x} ${operator} ${y})`), computed: true };
  }

  #text(depth: number): Node {
    const text = this.of(STRING, depth);
    switch (this.#dice.below(7)) {
      case 0:
        return same(STRING, [text, this.of(STRING, depth)], (x, y) => `(${x} || ${y})`);
      case 1: {
        const [from, length] = [this.#dice.between(1, 4), this.#dice.between(0, 5)];
        return same(STRING, [text], (x) => `SUBSTRING(${x}, ${from}, ${length})`);
      }
      case 2:
        return same(STRING, [text], (x) => `REPLACE(${x}, 'a', 'éé')`);
      case 3:
        return { ...same(STRING, [text], (x) => `TRIM(${x})`), duck: `trim(${text.duck}, ' ')` };
      case 4: {
        const length = this.#dice.between(0, 3);
        return same(STRING, [text], (x) => `LEFT(${x}, ${length})`);
      }
      case 5:
        return this.#castToText(depth);
      default:
        return text;
    }
  }

  #castToText(depth: number): Node {
    const decimals = this.#leaves.filter(({ type }) => type.kind === "decimal" && type.precision > type.scale);
    const dates = this.#leaves.filter(({ type }) => type.kind === "date");
    const from = this.#dice.pick([this.of(this.#dice.pick(wholes), depth), ...decimals, ...dates]);
    const node = same(STRING, [from], (x) => `CAST(${x} AS STRING)`);
    return from.type.kind === "date" ? { ...node, duck: `strftime(${from.duck}, '%Y-%m-%d')` } : node;
  }

  #time(type: DataType, depth: number): Node {
    if (isNanoseconds(type) || this.#dice.chance(0.3)) return this.#atom(type);
    const a = this.#atom(type);
    if (type.kind === "date") {
      const timestamps = this.#leaves.filter((leaf) => leaf.type.kind === "timestamp" && !isNanoseconds(leaf.type));
      if (timestamps.length === 0 || this.#dice.chance(0.5)) return a;
      return same(DATE, [this.#dice.pick(timestamps)], (x) => `CAST(${x} AS DATE)`);
    }
    if (depth >= 0 && this.#dice.chance(0.5)) {
      const unit = this.#dice.pick(["HOUR", "MINUTE", "DAY", "MONTH", "YEAR"]);
      return {
        ...same(type, [a], (x) => `FLOOR(${x} TO ${unit})`),
        duck: `CAST(date_trunc('${unit}', ${a.duck}) AS TIMESTAMP)`,
      };
    }
    const hours = this.#dice.between(1, 30);
    // Years before 1 and after 9999 are not Flink's.
    const inside = `year(${a.duck}) BETWEEN 2 AND 9998`;
    const sign = this.#dice.pick(["+", "-"]);
    const plain = same(type, [a], (x) => `(${x} ${sign} INTERVAL '${hours}' HOUR)`);
    return {
      ...plain,
      flink: `CASE WHEN EXTRACT(YEAR FROM ${a.flink}) BETWEEN 2 AND 9998 THEN ${plain.flink} ELSE ${a.flink} END`,
      duck: `CASE WHEN ${inside} THEN ${plain.duck} ELSE ${a.duck} END`,
    };
  }
}

/** CAST(text AS integer): trimmed, digits behind the point cut off. */
function castText(type: DataType, text: Node): Node {
  const trimmed = `trim(${text.duck}, chr(32) || chr(9) || chr(10))`;
  const pattern = "[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)";
  const digits = `TRY_CAST('0' || regexp_extract(${trimmed}, '^[+-]?([0-9]*)', 1) AS HUGEINT)`;
  const value = `CASE WHEN regexp_full_match(${trimmed}, '${pattern}') THEN CASE WHEN starts_with(${trimmed}, '-') THEN -${digits} ELSE ${digits} END END`;
  const unread = `((${text.duck}) IS NOT NULL AND (${value}) IS NULL)`;
  return narrowed(type, value, `CAST(${text.flink} AS ${formatType(type)})`, anyBad(text.bad, unread));
}

/** Written out as a pair of comparisons by either engine: one that is false outweighs one that fails. */
function between(operand: Node, [low, high]: readonly [Node, Node], not: string): Node {
  const above = same(BOOLEAN, [operand, low], (x, y) => `(${x} >= ${y})`);
  const below = same(BOOLEAN, [operand, high], (x, y) => `(${x} <= ${y})`);
  const pair = logic("AND", above, below);
  return {
    ...pair,
    flink: `(${operand.flink} ${not}BETWEEN ${low.flink} AND ${high.flink})`,
    duck: not === "" ? pair.duck : `(NOT ${pair.duck})`,
  };
}
