/** Java's DateTimeFormatter patterns, by replacing runs of letters. */
import { daysOf, type Fields, fractionText, two } from "./expression-calendar.ts";
import { floorMod } from "./expression-value.ts";

const MONTHS = [
  "January",
  "February",
  "March",
  "April",
  "May",
  "June",
  "July",
  "August",
  "September",
  "October",
  "November",
  "December",
];
const DAYS = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/** Java's DateTimeFormatter, by replacing runs of letters. */
export function formatPattern(fields: Fields, pattern: string): string {
  return pattern.replace(/'((?:[^']|'')*)'|([A-Za-z])\2*/g, (run, quoted: string | undefined) => {
    if (quoted !== undefined) return quoted === "" ? "'" : quoted.replaceAll("''", "'");
    return formatRun(fields, run);
  });
}

function formatRun({ days, year, month, day, nanos }: Fields, run: string): string {
  const hour = Number(nanos / 3_600_000_000_000n);
  const pad = (value: number | bigint): string => value.toString().padStart(run.length, "0");
  switch (run[0]) {
    case "y":
    case "u": {
      const shown = run[0] === "y" && year <= 0n ? 1n - year : year;
      if (run.length === 2) return two((year < 0n ? -year : year) % 100n);
      const digits = (shown < 0n ? -shown : shown).toString().padStart(run.length, "0");
      return `${shown < 0n ? "-" : run.length >= 4 && shown > 9999n ? "+" : ""}${digits}`;
    }
    case "M":
      if (run.length < 3) return pad(month);
      return (MONTHS[month - 1] as string).slice(0, run.length === 3 ? 3 : 12);
    case "d":
      return pad(day);
    case "D":
      return pad(days - daysOf(year, 1, 1) + 1n);
    case "E":
      return (DAYS[Number(floorMod(days + 4n, 7n))] as string).slice(0, run.length < 4 ? 3 : 12);
    case "a":
      return hour < 12 ? "AM" : "PM";
    case "H":
      return pad(hour);
    case "k":
      return pad(hour === 0 ? 24 : hour);
    case "h":
      return pad(hour % 12 === 0 ? 12 : hour % 12);
    case "K":
      return pad(hour % 12);
    case "m":
      return pad((nanos / 60_000_000_000n) % 60n);
    case "s":
      return pad((nanos / 1_000_000_000n) % 60n);
    case "S":
      return fractionText(nanos).slice(0, run.length);
    default:
      return pad(Math.ceil(month / 3));
  }
}
