/** Casts by Flink's rules, one value at a time. */
import type { DataType } from "../../src/core/type.ts";
import { rescale } from "./expression-decimal.ts";
import { javaText, shortestDecimal } from "./expression-float.ts";
import { formatTime, parseTimeText, timeToTime } from "./expression-time.ts";
import { bitsOf, inBits, type Operand, poison, type Value } from "./expression-value.ts";

const temporal = new Set(["date", "time", "timestamp", "timestamp_ltz"]);
const texts = new Set(["string", "char", "varchar"]);

/** The operand is neither NULL nor poison. */
export function castValue(operand: Operand, to: DataType): Value {
  if (JSON.stringify(operand.type) === JSON.stringify(to)) return operand.value;
  if (texts.has(to.kind)) return toLength(toText(operand), to);
  if (temporal.has(to.kind))
    return texts.has(operand.type.kind) ? parseTimeText(operand.value as string, to) : timeToTime(operand, to);
  switch (to.kind) {
    case "boolean":
      return toBoolean(operand);
    case "decimal":
      return toDecimal(operand, to);
    case "double":
    case "float":
      return toFloat(operand, to.kind === "float");
    default:
      return toWhole(operand, to);
  }
}

function decimalText(unscaled: bigint, scale: number): string {
  const digits = (unscaled < 0n ? -unscaled : unscaled).toString().padStart(scale + 1, "0");
  const text = scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
  return unscaled < 0n ? `-${text}` : text;
}

function toText({ value, type }: Operand): string {
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "TRUE" : "FALSE";
  if (typeof value === "number") return javaText(value, type.kind === "float");
  if (type.kind === "decimal") return decimalText(value as bigint, type.scale);
  return temporal.has(type.kind) ? formatTime(value as bigint, type) : String(value);
}

function toLength(text: string, to: DataType): string {
  if (to.kind === "string") return text;
  if (to.kind !== "char" && to.kind !== "varchar") throw new Error("not a text type");
  const characters = [...text].slice(0, to.length);
  if (to.kind === "char") while (characters.length < to.length) characters.push(" ");
  return characters.join("");
}

const trim = (value: Value): string => (value as string).replace(/^[\0- ]+|[\0- ]+$/g, "");

function toBoolean({ value, type }: Operand): Value {
  if (typeof value !== "string") return type.kind === "decimal" ? value !== 0n : Boolean(value) || Number.isNaN(value);
  const word = trim(value).toLowerCase();
  if (["t", "true", "y", "yes", "1"].includes(word)) return true;
  return ["f", "false", "n", "no", "0"].includes(word) ? false : poison;
}

const numberPattern = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** unscaled × 10^exponent */
function readDecimal(text: string): { readonly unscaled: bigint; readonly exponent: number } {
  const [mantissa, exponent = "0"] = text.toLowerCase().split("e") as [string, string?];
  const [whole, behind = ""] = mantissa.replace(/^\+/, "").split(".") as [string, string?];
  const digits = BigInt(`${whole.replace("-", "")}${behind}` || "0");
  return { unscaled: whole.startsWith("-") ? -digits : digits, exponent: Number(exponent) - behind.length };
}

function toDecimal({ value, type }: Operand, to: Extract<DataType, { kind: "decimal" }>): Value {
  if (typeof value === "boolean") return rescale(value ? 1n : 0n, 0, to.scale, to);
  if (typeof value === "bigint") return rescale(value, type.kind === "decimal" ? type.scale : 0, to.scale, to);
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return poison;
    if (value === 0) return 0n;
    const { digits, exponent, negative } = shortestDecimal(value);
    return fromExponent(negative ? -digits : digits, exponent, to);
  }
  const text = trim(value);
  if (!numberPattern.test(text)) return poison;
  const { unscaled, exponent } = readDecimal(text);
  return fromExponent(unscaled, exponent, to);
}

function fromExponent(unscaled: bigint, exponent: number, to: Extract<DataType, { kind: "decimal" }>): Value {
  if (unscaled === 0n) return 0n;
  if (exponent > 100) return null;
  if (exponent >= 0) return rescale(unscaled * 10n ** BigInt(exponent), 0, to.scale, to);
  return rescale(unscaled, Math.min(-exponent, 2000), to.scale, to);
}

function toFloat({ value, type }: Operand, float: boolean): Value {
  const round = float ? Math.fround : (x: number): number => x;
  if (type.kind === "decimal") return round(Number(decimalText(value as bigint, type.scale)));
  if (typeof value === "bigint") return float ? nearestFloat(value) : Number(value);
  if (typeof value !== "string") return round(Number(value));
  const text = trim(value);
  if (/^[+-]?(NaN|Infinity)$/.test(text)) return Number(text.replace(/^[+-]NaN/, "NaN"));
  return numberPattern.test(text.replace(/[dDfF]$/, "")) ? round(Number(text.replace(/[dDfF]$/, ""))) : poison;
}

/** Rounded once: what a double cannot hold is kept as one odd bit below its half. */
function nearestFloat(value: bigint): number {
  const magnitude = value < 0n ? -value : value;
  if (magnitude < 2n ** 53n) return Math.fround(Number(value));
  const odd = magnitude % 4096n === 0n ? 0n : 1n;
  const float = Math.fround(Number((magnitude / 4096n) | odd) * 4096);
  return value < 0n ? -float : float;
}

function toWhole({ value, type }: Operand, to: DataType): Value {
  const bits = bitsOf(to);
  if (typeof value === "boolean") return value ? 1n : 0n;
  if (typeof value === "number") return BigInt.asIntN(bits, saturate(value, bits > 32 ? 64 : 32));
  if (typeof value === "bigint") {
    const whole = type.kind === "decimal" ? value / 10n ** BigInt(type.scale) : value;
    return BigInt.asIntN(bits, whole);
  }
  const match = /^([+-]?)(\d*)(\.\d*)?$/.exec(trim(value));
  if (match === null || match[2] + (match[3] ?? "") === "") return poison;
  const magnitude = BigInt(match[2] || "0");
  return inBits(match[1] === "-" ? -magnitude : magnitude, bits);
}

function saturate(value: number, bits: number): bigint {
  if (Number.isNaN(value)) return 0n;
  const most = 2n ** BigInt(bits - 1) - 1n;
  if (value >= Number(most)) return most;
  if (value <= -Number(most)) return value < -Number(most) || bits === 64 ? -most - 1n : BigInt(Math.trunc(value));
  return BigInt(Math.trunc(value));
}
