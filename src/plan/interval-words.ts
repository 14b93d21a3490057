/** Lengths of time in words, as Spark writes them: `10 minutes`, `1 hour 30 minutes`, `interval -5 seconds`. */

const MS: Readonly<Record<string, number>> = {
  week: 604_800_000,
  day: 86_400_000,
  hour: 3_600_000,
  minute: 60_000,
  second: 1000,
  millisecond: 1,
};
const calendarUnits: readonly string[] = ["month", "year"];

/** Ms; `calendar` when a month or a year is in it; null when the text is no length of time, or none of whole ms below 2^53. */
export function readIntervalWords(text: string): number | "calendar" | null {
  const words = text
    .trim()
    .toLowerCase()
    .replace(/^interval\s+/, "");
  if (!/^(?:[+-]?\d{1,16}\s+[a-z]+\s*)+$/.test(words)) return null;
  let ms = 0;
  let calendar = false;
  for (const [, count = "", unit = ""] of words.matchAll(/([+-]?\d+)\s+([a-z]+)/g)) {
    const name = unit.replace(/s$/, "");
    if (calendarUnits.includes(name)) calendar = true;
    else if (Object.hasOwn(MS, name)) ms += Number(count) * (MS[name] ?? 0);
    else return null;
  }
  if (calendar) return "calendar";
  return Number.isSafeInteger(ms) ? ms : null;
}
