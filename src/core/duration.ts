/**
 * Lengths of time and sizes as Flink writes them in options: `500 ms`, `10 s`, `5min`, `2 h`, `1 d`; `128MB`, `64 kb`. A number
 * without a unit is milliseconds, or bytes. Units: Flink's TimeUtils and MemorySize.
 */

const msPerUnit = new Map<string, number>();
defineUnits(msPerUnit, 1, ["", "ms", "milli", "millis", "millisecond", "milliseconds"]);
defineUnits(msPerUnit, 1000, ["s", "sec", "secs", "second", "seconds"]);
defineUnits(msPerUnit, 60_000, ["m", "min", "mins", "minute", "minutes"]);
defineUnits(msPerUnit, 3_600_000, ["h", "hour", "hours"]);
defineUnits(msPerUnit, 86_400_000, ["d", "day", "days"]);

const bytesPerUnit = new Map<string, number>();
defineUnits(bytesPerUnit, 1, ["", "b", "bytes"]);
defineUnits(bytesPerUnit, 1024, ["k", "kb", "kib", "kibibytes"]);
defineUnits(bytesPerUnit, 1024 ** 2, ["m", "mb", "mib", "mebibytes"]);
defineUnits(bytesPerUnit, 1024 ** 3, ["g", "gb", "gib", "gibibytes"]);
defineUnits(bytesPerUnit, 1024 ** 4, ["t", "tb", "tib", "tebibytes"]);

/** Whole milliseconds, or null when the text is no length of time or is beyond 2^53 ms. */
export function parseDuration(text: string): number | null {
  return parseQuantity(text, msPerUnit);
}

/** Bytes, or null when the text is no size. */
export function parseSize(text: string): number | null {
  return parseQuantity(text, bytesPerUnit);
}

const shownUnits = ["d", "h", "min", "s"] as const;

/** In the largest unit that leaves no rest: `90 s`, `2 h`, `0 ms`. */
export function formatDuration(ms: number): string {
  const sizeOf = (unit: string): number => msPerUnit.get(unit) as number;
  const unit = ms === 0 ? undefined : shownUnits.find((unit) => ms % sizeOf(unit) === 0);
  return unit === undefined ? `${ms} ms` : `${ms / sizeOf(unit)} ${unit}`;
}

function parseQuantity(text: string, units: ReadonlyMap<string, number>): number | null {
  const match = /^\s*(\d{1,16})\s*([a-z]*)\s*$/i.exec(text);
  const scale = match === null ? undefined : units.get((match[2] as string).toLowerCase());
  if (match === null || scale === undefined) return null;
  const value = Number(match[1]) * scale;
  return Number.isSafeInteger(value) ? value : null;
}

function defineUnits(units: Map<string, number>, scale: number, names: readonly string[]): void {
  for (const name of names) units.set(name, scale);
}
