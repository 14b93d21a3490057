/** DECIMAL by BigInt fractions: exact, then half up to the result's scale, NULL beyond its precision. */
import type { DataType } from "../../src/core/type.ts";
import { type Operand, poison, type Value } from "./expression-value.ts";

const power = (exponent: number): bigint => 10n ** BigInt(exponent);

/** a / b, half away from zero. */
export function roundHalfUp(a: bigint, b: bigint): bigint {
  const negative = a < 0n !== b < 0n;
  const [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  const quotient = (2n * x + y) / (2n * y);
  return negative ? -quotient : quotient;
}

/** unscaled × 10^−from as a number of the type. */
export function rescale(unscaled: bigint, from: number, to: number, type: DataType): Value {
  return fraction(unscaled * power(to), power(from), type);
}

/** The fraction × 10^scale is already in `numerator`. */
function fraction(numerator: bigint, denominator: bigint, type: DataType): Value {
  if (type.kind !== "decimal") throw new Error("not a decimal");
  const rounded = roundHalfUp(numerator, denominator);
  return (rounded < 0n ? -rounded : rounded) < power(type.precision) ? rounded : null;
}

function shape(a: Operand, b: Operand): { x: bigint; y: bigint; scale: number } {
  const [sa, sb] = [scaleOf(a), scaleOf(b)];
  const scale = Math.max(sa, sb);
  return { x: (a.value as bigint) * power(scale - sa), y: (b.value as bigint) * power(scale - sb), scale };
}

function scaleOf({ type }: Operand): number {
  return type.kind === "decimal" ? type.scale : 0;
}

function resultScale(type: DataType): number {
  return type.kind === "decimal" ? type.scale : 0;
}

export function addDecimals(type: DataType, a: Operand, b: Operand, sign: bigint): Value {
  const { x, y, scale } = shape(a, b);
  return rescale(x + sign * y, scale, resultScale(type), type);
}

export function multiplyDecimals(type: DataType, a: Operand, b: Operand): Value {
  return rescale((a.value as bigint) * (b.value as bigint), scaleOf(a) + scaleOf(b), resultScale(type), type);
}

export function divideDecimals(type: DataType, a: Operand, b: Operand): Value {
  if (b.value === 0n) return poison;
  const { x, y } = shape(a, b);
  return fraction(x * power(resultScale(type)), y, type);
}

export function moduloDecimals(type: DataType, a: Operand, b: Operand): Value {
  if (b.value === 0n) return poison;
  const { x, y, scale } = shape(a, b);
  return rescale(x % y, scale, resultScale(type), type);
}
