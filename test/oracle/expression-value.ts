/** What the oracle computes with. */
import type { DataType } from "../../src/core/type.ts";

/** An error in a lane. */
export const poison = Symbol("poison");
export type Value = null | boolean | bigint | number | string | typeof poison;

export interface Operand {
  readonly value: Value;
  readonly type: DataType;
}

export function bitsOf(type: DataType): number {
  switch (type.kind) {
    case "tinyint":
      return 8;
    case "smallint":
      return 16;
    case "int":
    case "date":
      return 32;
    default:
      return 64;
  }
}

/** The number where its width holds it. */
export function inBits(value: bigint, bits: number): bigint | typeof poison {
  return BigInt.asIntN(bits, value) === value ? value : poison;
}

export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return quotient * b > a ? quotient - 1n : quotient;
}

export function floorMod(a: bigint, b: bigint): bigint {
  return a - floorDiv(a, b) * b;
}

/** Steps of a temporal type's number in a second, or 0 for DATE. */
export function stepsPerSecond(type: DataType): bigint {
  if (type.kind === "time") return 1000n;
  return "precision" in type && type.precision > 6 ? 1_000_000_000n : 1_000_000n;
}
