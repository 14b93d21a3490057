/**
 * The naive oracle of expressions: one row, one tree, plain JavaScript values. It knows nothing of lanes, registers or
 * instructions; numbers are BigInt, DECIMAL is its unscaled BigInt, times are BigInt in the unit their type is kept in. An
 * error is the value `poison`, which travels like NULL, wins over it, and counts only where it is picked.
 */
import type { BoundExpression } from "../../src/plan/plan.ts";
import { castValue } from "./expression-cast.ts";
import {
  addDecimals,
  divideDecimals,
  moduloDecimals,
  multiplyDecimals,
  rescale,
  roundHalfUp,
} from "./expression-decimal.ts";
import { javaRound } from "./expression-float.ts";
import { stringFunctions } from "./expression-string.ts";
import { addInterval, timeFunctions } from "./expression-time.ts";
import { bitsOf, inBits, type Operand, poison, type Value } from "./expression-value.ts";

type Call = Extract<BoundExpression, { kind: "call" }>;
type Compute = (call: Call, args: readonly Operand[]) => Value;

export function evaluate(expression: BoundExpression, row: readonly Value[]): Value {
  switch (expression.kind) {
    case "column":
      return row[expression.index] as Value;
    case "literal":
      if (expression.type.kind !== "float" || expression.value === null) return expression.value as Value;
      return Math.fround(expression.value as number);
    case "cast": {
      const operand = evaluate(expression.operand, row);
      if (operand === null || operand === poison) return operand;
      const result = castValue({ value: operand, type: expression.operand.type }, expression.type);
      return result === poison && expression.try ? null : result;
    }
    case "case":
      for (const { when, then } of expression.whens) {
        const condition = evaluate(when, row);
        if (condition === poison) return poison;
        if (condition === true) return evaluate(then, row);
      }
      return evaluate(expression.otherwise, row);
    default:
      return evaluateCall(expression, row);
  }
}

function evaluateCall(call: Call, row: readonly Value[]): Value {
  const values = call.arguments.map((argument) => evaluate(argument, row));
  const picked = pickLanes(call, values);
  if (picked !== undefined) return picked;
  if (values.includes(poison)) return poison;
  if (values.includes(null)) return null;
  const compute = strict[call.function];
  if (compute === undefined) throw new Error(`the oracle lacks ${call.function}`);
  return compute(
    call,
    values.map((value, at) => ({ value, type: (call.arguments[at] as BoundExpression).type })),
  );
}

/** Functions that look at NULL and poison themselves; undefined for all others. */
function pickLanes(call: Call, values: readonly Value[]): Value | undefined {
  const [a, b] = values;
  switch (call.function) {
    case "AND":
      return connect(values, false);
    case "OR":
      return connect(values, true);
    case "IS_NULL":
      return a === poison ? poison : a === null;
    case "IS_NOT_NULL":
      return a === poison ? poison : a !== null;
    case "IS_TRUE":
      return a === poison ? poison : a === true;
    case "IS_FALSE":
      return a === poison ? poison : a === false;
    case "IS_NOT_TRUE":
      return a === poison ? poison : a !== true;
    case "IS_NOT_FALSE":
      return a === poison ? poison : a !== false;
    case "COALESCE":
      return values.find((value) => value !== null) ?? null;
    case "IS_DISTINCT_FROM":
    case "IS_NOT_DISTINCT_FROM": {
      if (a === poison || b === poison) return poison;
      const same = a === null || b === null ? a === b : order(a as Value, b as Value) === 0;
      return same === (call.function === "IS_NOT_DISTINCT_FROM");
    }
    case "CONCAT_WS": {
      if (values.includes(poison)) return poison;
      if (a === null) return null;
      return values
        .slice(1)
        .filter((value) => value !== null)
        .join(a as string);
    }
    default:
      return undefined;
  }
}

function connect(values: readonly Value[], decisive: boolean): Value {
  if (values.includes(decisive)) return decisive;
  if (values.includes(poison)) return poison;
  return values.includes(null) ? null : !decisive;
}

/** −1, 0, 1, or NaN where neither is less, equal or greater. */
function order(a: Value, b: Value): number {
  if (typeof a === "string") return Buffer.compare(Buffer.from(a), Buffer.from(b as string));
  const [x, y] = [Number.isNaN(a) ? Number.NaN : a, b] as [number, number];
  if (x < y) return -1;
  if (x > y) return 1;
  return x === y ? 0 : Number.NaN;
}

function compared(test: (order: number) => boolean): Compute {
  return (_, [a, b]) => test(order((a as Operand).value, (b as Operand).value));
}

interface Arithmetic {
  readonly whole: (a: bigint, b: bigint) => bigint | typeof poison;
  readonly float: (a: number, b: number) => number;
  readonly decimal: (call: Call, a: Operand, b: Operand) => Value;
}

function arithmetic(rules: Arithmetic): Compute {
  return (call, args) => {
    const [a, b] = args as [Operand, Operand];
    const { type } = call;
    if (type.kind === "decimal") return rules.decimal(call, a, b);
    if (type.kind === "double") return rules.float(a.value as number, b.value as number);
    if (type.kind === "float") return Math.fround(rules.float(a.value as number, b.value as number));
    if (b.type.kind.startsWith("interval") && !a.type.kind.startsWith("interval")) {
      return addInterval(a, b, call.function === "ADD" ? 1n : -1n);
    }
    const result = rules.whole(a.value as bigint, b.value as bigint);
    return result === poison ? poison : inBits(result, bitsOf(type));
  };
}

function perType(rules: {
  readonly whole: (a: bigint) => bigint;
  readonly float: (a: number) => number;
  readonly decimal: (a: bigint, scale: number) => bigint;
}): Compute {
  return (call, [operand]) => {
    const { value, type } = operand as Operand;
    if (type.kind === "decimal") {
      const scale = call.type.kind === "decimal" ? call.type.scale : 0;
      const unscaled = rules.decimal(value as bigint, type.scale);
      return rescale(
        unscaled,
        call.function === "FLOOR" || call.function === "CEIL" || call.function === "SIGN" ? 0 : type.scale,
        scale,
        call.type,
      );
    }
    if (type.kind === "double") return rules.float(value as number);
    if (type.kind === "float") return Math.fround(rules.float(value as number));
    return inBits(rules.whole(value as bigint), bitsOf(call.type));
  };
}

function floorDecimal(value: bigint, scale: number): bigint {
  const unit = 10n ** BigInt(scale);
  const quotient = value / unit;
  return quotient * unit > value ? quotient - 1n : quotient;
}

function round(half: boolean): Compute {
  return (call, [x, n]) => {
    const { value, type } = x as Operand;
    const digits = n === undefined ? 0n : (n.value as bigint);
    if (type.kind === "double" || type.kind === "float") {
      const rounded = javaRound(value as number, digits, half);
      return type.kind === "float" ? Math.fround(rounded) : rounded;
    }
    const scale = type.kind === "decimal" ? type.scale : 0;
    let rounded = value as bigint;
    if (digits < scale) {
      const unit = 10n ** (BigInt(scale) - (digits < -90n ? -90n : digits));
      rounded = (half ? roundHalfUp(rounded, unit) : rounded / unit) * unit;
    }
    return call.type.kind === "decimal"
      ? rescale(rounded, scale, call.type.scale, call.type)
      : inBits(rounded, bitsOf(call.type));
  };
}

const magnitude = (value: bigint): bigint => (value < 0n ? -value : value);
const onDouble =
  (compute: (x: number) => number): Compute =>
  (_, [x]) =>
    compute((x as Operand).value as number);

function pick(better: (order: number) => boolean): Compute {
  return (_, args) => args.map(({ value }) => value).reduce((a, b) => (better(order(b, a)) ? b : a));
}

const strict: Readonly<Record<string, Compute>> = {
  NOT: (_, [a]) => !(a as Operand).value,
  EQ: compared((is) => is === 0),
  NE: compared((is) => is !== 0),
  LT: compared((is) => is < 0),
  LE: compared((is) => is <= 0),
  GT: compared((is) => is > 0),
  GE: compared((is) => is >= 0),
  GREATEST: pick((is) => is > 0),
  LEAST: pick((is) => is < 0),
  ADD: arithmetic({
    whole: (a, b) => a + b,
    float: (a, b) => a + b,
    decimal: (c, a, b) => addDecimals(c.type, a, b, 1n),
  }),
  SUB: arithmetic({
    whole: (a, b) => a - b,
    float: (a, b) => a - b,
    decimal: (c, a, b) => addDecimals(c.type, a, b, -1n),
  }),
  MUL: arithmetic({
    whole: (a, b) => a * b,
    float: (a, b) => a * b,
    decimal: (c, a, b) => multiplyDecimals(c.type, a, b),
  }),
  DIV: arithmetic({
    whole: (a, b) => (b === 0n ? poison : a / b),
    float: (a, b) => a / b,
    decimal: (c, a, b) => divideDecimals(c.type, a, b),
  }),
  MOD: arithmetic({
    whole: (a, b) => (b === 0n ? poison : a % b),
    float: (a, b) => a % b,
    decimal: (c, a, b) => moduloDecimals(c.type, a, b),
  }),
  NEG: perType({ whole: (a) => -a, float: (a) => -a, decimal: (a) => -a }),
  ABS: perType({ whole: magnitude, float: Math.abs, decimal: magnitude }),
  SIGN: perType({
    whole: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
    float: Math.sign,
    decimal: (a) => (a > 0n ? 1n : a < 0n ? -1n : 0n),
  }),
  FLOOR: perType({ whole: (a) => a, float: Math.floor, decimal: floorDecimal }),
  CEIL: perType({ whole: (a) => a, float: Math.ceil, decimal: (a, scale) => -floorDecimal(-a, scale) }),
  ROUND: round(true),
  TRUNCATE: round(false),
  SQRT: onDouble(Math.sqrt),
  EXP: onDouble(Math.exp),
  LN: onDouble(Math.log),
  LOG10: onDouble(Math.log10),
  LOG2: onDouble((x) => Math.log(x) / Math.LN2),
  POWER: (_, [x, y]) => ((x as Operand).value as number) ** ((y as Operand).value as number),
  ...stringFunctions,
  ...timeFunctions,
};
