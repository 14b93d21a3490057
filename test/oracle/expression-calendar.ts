/** The calendar by JavaScript's Date, brought into its range by whole cycles of 400 years. */
import type { DataType } from "../../src/core/type.ts";
import { floorDiv, stepsPerSecond } from "./expression-value.ts";

export const DAY_SECONDS = 86_400n;
const CYCLE_DAYS = 146_097n;
const DAY_MS = 86_400_000;

export interface Fields {
  readonly days: bigint;
  readonly year: bigint;
  readonly month: number;
  readonly day: number;
  /** Nanoseconds of the day. */
  readonly nanos: bigint;
}

export function civil(days: bigint): { readonly year: bigint; readonly month: number; readonly day: number } {
  const cycles = floorDiv(days, CYCLE_DAYS);
  const date = new Date(Number(days - cycles * CYCLE_DAYS) * DAY_MS);
  return { year: BigInt(date.getUTCFullYear()) + cycles * 400n, month: date.getUTCMonth() + 1, day: date.getUTCDate() };
}

/** Months and days may overflow, as Date.UTC takes them. */
export function daysOf(year: bigint, month: number, day: number): bigint {
  const cycles = floorDiv(year - 2000n, 400n);
  return BigInt(Date.UTC(Number(year - cycles * 400n), month - 1, day) / DAY_MS) + cycles * CYCLE_DAYS;
}

export function monthLength(year: bigint, month: number): number {
  return Number(daysOf(year, month + 1, 1) - daysOf(year, month, 1));
}

export const stepsPerDay = (type: DataType): bigint => (type.kind === "date" ? 1n : stepsPerSecond(type) * DAY_SECONDS);

export function fieldsOf(value: bigint, type: DataType): Fields {
  const steps = stepsPerDay(type);
  const days = floorDiv(value, steps);
  return { days, ...civil(days), nanos: (value - days * steps) * ((DAY_SECONDS * 1_000_000_000n) / steps) };
}

export const two = (value: number | bigint): string => value.toString().padStart(2, "0");

/** Nine digits. */
export const fractionText = (nanos: bigint): string => (nanos % 1_000_000_000n).toString().padStart(9, "0");
