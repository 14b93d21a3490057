/** Content negotiation (RFC 9110, section 12.5.1): the representation a client likes best among those there are. */
import { nearestName } from "../core/nearest.ts";
import { badRequest, Problem } from "./problem.ts";

export const rowFormats = {
  json: "application/json",
  ndjson: "application/x-ndjson",
  csv: "text/csv",
  arrow: "application/vnd.apache.arrow.stream",
} as const;
export type RowFormat = keyof typeof rowFormats;
const names = Object.keys(rowFormats) as RowFormat[];

interface Range {
  readonly type: string;
  readonly subtype: string;
  readonly quality: number;
}

const MAX_RANGES = 64;

/** `format` wins over `accept`; without either, JSON. Throws Problem 400 or 406. */
export function chooseFormat(format: string | undefined, accept: string | undefined): RowFormat {
  if (format !== undefined) {
    const known = names.find((name) => name === format);
    if (known !== undefined) return known;
    const nearest = nearestName(format, names);
    const hint = nearest === null ? `the formats are ${names.join(", ")}` : `did you mean "${nearest}"?`;
    throw badRequest("unknown-format", `there is no format "${format.slice(0, 60)}"`, hint);
  }
  const best = preferred(
    accept,
    names.map((name) => rowFormats[name]),
  );
  if (best !== null) return names[best] as RowFormat;
  throw new Problem({
    status: 406,
    code: "not-acceptable",
    title: "No representation that is accepted",
    detail: `nothing that "Accept: ${accept?.slice(0, 200)}" takes is there`,
    hint: `take one of ${Object.values(rowFormats).join(", ")}, or say format=${names.join("|")}`,
  });
}

/** Index of the media type preferred; the earlier one where two are liked alike; null when none is accepted. */
export function preferred(accept: string | undefined, types: readonly string[]): number | null {
  if (accept === undefined || accept.trim() === "") return 0;
  const ranges = accept.split(",").slice(0, MAX_RANGES).map(parseRange);
  let best: number | null = null;
  let bestQuality = 0;
  types.forEach((mediaType, index) => {
    const quality = qualityOf(mediaType, ranges);
    if (quality > bestQuality) {
      best = index;
      bestQuality = quality;
    }
  });
  return best;
}

function parseRange(text: string): Range {
  const [media = "", ...parameters] = text.split(";").map((part) => part.trim().toLowerCase());
  const [type = "", subtype = ""] = media.split("/");
  const q = parameters.find((parameter) => parameter.startsWith("q="))?.slice(2);
  const quality = q === undefined ? 1 : Number(q);
  return { type, subtype, quality: quality >= 0 && quality <= 1 ? quality : 0 };
}

/** The most specific range that matches decides. */
function qualityOf(mediaType: string, ranges: readonly Range[]): number {
  const [type, subtype] = mediaType.split("/");
  let quality = 0;
  let specificity = -1;
  for (const range of ranges) {
    const exact = range.type === type && range.subtype === subtype ? 2 : -1;
    const partial = range.type === type && range.subtype === "*" ? 1 : -1;
    const any = range.type === "*" && range.subtype === "*" ? 0 : -1;
    const match = Math.max(exact, partial, any);
    if (match <= specificity) continue;
    specificity = match;
    quality = range.quality;
  }
  return quality;
}
